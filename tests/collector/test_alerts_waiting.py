"""alerts.toml is edited while something waits for a channel: it goes where the file leads now, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_collector.notify.settings import load_alerts
from parts.county import PLAN, hall, printer
from parts.moved_collector import MovedCollector
from parts.vendors.sms_gateway import ACCOUNT, PASSWORD, SmsGateway
from parts.vendors.web import serve

HALL = hall([printer("prn-1", "w1")])
CHANNEL = """\
[[channels]]
kind = "sms"
id = "{name}"
url = "{url}"
json = {{ account = "{account}", password = "{password}", phone = "{{to}}", msg = "{{text}}" }}
success_pointer = "/code"
success = ["0"]
"""
PERSON = """\
[[people]]
name = "{name}"
roles = ["technician"]
ways = [{{ channel = "{channel}", to = "{to}" }}]
"""
ZHANG = PERSON.format(name="张伟", channel="one", to="13800000001")


class Place:
    """A collector with two channels of one gateway, which takes nothing for now; and an alert that waits for it."""

    def __init__(self, folder: Path, gateway: SmsGateway) -> None:
        self._path, self._url = folder / "alerts.toml", f"{gateway.url}/send"
        self._write(ZHANG)
        self.there, self.gateway = MovedCollector(folder, [HALL]), gateway
        gateway.too_fast = True
        for jammed in (False, True):
            self.there.tell(HALL, {"prn-1": {"reachable": True, "jam": jammed}})
            self.there.move(2)
        assert gateway.asked
        assert not gateway.taken

    def edit(self, people: str) -> None:
        """Have other people told; the gateway takes what comes from now on."""
        self._write(people)
        self.there.dispatch.take_up(load_alerts(self._path, PLAN))
        self.there.collector.use_alerting(self.there.alerting)
        self.gateway.too_fast = False
        self.gateway.asked.clear()
        self.there.move(120)

    def _write(self, people: str) -> None:
        channels = [
            CHANNEL.format(name=name, url=self._url, account=ACCOUNT, password=PASSWORD) for name in ("one", "two")
        ]
        self._path.write_text("\n".join(['steps = [{ to = ["technician"] }]', *channels, people]), encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serve(SmsGateway()) as gateway:
        made = Place(tmp_path, gateway)
        yield made
        made.there.close()
        made.there.dispatch.courier._http.close()  # type: ignore[attr-defined]


def test_it_goes_by_the_other_way_that_a_person_has_now(place: Place) -> None:
    place.edit(ZHANG.replace('"one"', '"two"').replace("0001", "0009"))
    assert [told["phone"] for told in place.gateway.taken] == ["13800000009"]
    assert place.there.collector.problems() == []


def test_it_goes_to_the_new_address(place: Place) -> None:
    place.edit(ZHANG.replace("0001", "0009"))
    assert [told["phone"] for told in place.gateway.taken] == ["13800000009"]


def test_it_goes_to_who_came_in_their_place_and_nowhere_else(place: Place) -> None:
    place.edit(PERSON.format(name="李敏", channel="one", to="13800000002"))
    assert [asked.json()["phone"] for asked in place.gateway.asked] == ["13800000002"]
    assert place.there.collector.problems() == []
