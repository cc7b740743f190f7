"""A device's past out of a real journal: first reading, downtime of the collector, faults; and reading it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from hallwatch_agent.wire import Birth, ProbeNow, Reading, Report, decode_order, encode, topic
from hallwatch_collector.collector import Collector
from hallwatch_collector.core.commands import CommandRefused
from hallwatch_collector.core.commands.looks import LookNow
from hallwatch_collector.core.events import LookAsked
from hallwatch_collector.journal import JournalUnavailable
from hallwatch_collector.people import Person
from hallwatch_collector.vigil import BEAT_S
from hallwatch_collector.web.app import create_app
from parts.people import ADMINISTRATOR, sign_in
from parts.register_hall import KEY, NOW, RegisterHall
from parts.web import OWN, PAGE


class Watched(RegisterHall):
    """A hall whose printer is read."""

    seq = 0

    def born(self) -> None:
        life = Birth(agent="gw", boot="a1", session=1, at=self.wall, keepalive_s=10)
        self.collector.on_message(topic(*KEY, "agents", "gw"), encode(life))

    def read(self, **conditions: bool) -> None:
        """Let a second pass and the agent tell what it read."""
        self.seq += 1
        self.wall += 1.0
        told = {"reachable": True} | {name.replace("_", "-"): holds for name, holds in conditions.items()}
        reading = Reading("prn-3", "snmp-printer", self.wall, conditions=told, metrics={"toner_ratio[black]": 0.4})
        report = Report(agent="gw", boot="a1", seq=self.seq, sent_at=self.wall, readings=[reading])
        self.collector.on_message(topic(*KEY, "reports", "gw"), encode(report))
        self.collector.tick()

    def spans(self) -> list[tuple[str, float, float]]:
        """Return how the printer was in the last 24 hours."""
        record = self.source.device(KEY, "prn-3")
        assert record
        assert record.past
        return [(span.state, span.since, span.until) for span in record.past.strip]


def enter(client: TestClient, hall: Watched) -> None:
    """Have a technician be signed in."""
    hall.people.admit(ADMINISTRATOR, NOW, password_hash="none", must_change=False)
    sign_in(client, hall.source, Person(name="李工", roles=["technician"]))


@pytest.fixture
def hall(tmp_path: Path) -> Any:
    hall = Watched(tmp_path)
    yield hall
    hall.stop()


def test_it_is_unknown_until_it_was_read_and_well_only_from_then_on(hall: Watched) -> None:
    hall.collector.tick()
    assert [state for state, *_ in hall.spans()] == ["unknown"]
    hall.born()
    hall.read()
    first = hall.wall
    for _ in range(30):
        hall.read()
    spans = hall.spans()
    assert [state for state, *_ in spans] == ["unknown", "ok"]
    assert spans[1][1] == pytest.approx(first, abs=1.5)


def test_a_fault_is_in_it_and_what_it_was_before_a_restart_too(hall: Watched) -> None:
    hall.collector.tick()
    hall.born()
    for _ in range(20):
        hall.read()
    for _ in range(30):
        hall.read(jam=True)
    for _ in range(60):
        hall.read(jam=False)
    states = [state for state, *_ in hall.spans()]
    assert states[:2] == ["unknown", "ok"]
    assert "unusable" in states
    assert states[-1] == "ok"
    hall.restart()
    hall.collector.tick()
    assert [state for state, *_ in hall.spans()][: len(states)] == states


def test_the_time_in_which_no_collector_ran_is_unknown_and_costs_no_more_than_a_beat(hall: Watched) -> None:
    hall.collector.tick()
    hall.born()
    for _ in range(int(BEAT_S * 3)):
        hall.read()
    stopped = hall.wall
    hall.stop()
    hall.wall += 3600
    started = hall.wall
    hall.start()
    hall.collector.tick()
    hall.born()
    hall.read()
    gap = max((span for span in hall.spans() if span[0] == "unknown"), key=lambda span: span[1])
    assert stopped - BEAT_S - 2 <= gap[1] <= stopped
    assert started <= gap[2] <= hall.wall


def test_a_hall_whose_file_went_away_was_not_watched_meanwhile(hall: Watched, tmp_path: Path) -> None:
    hall.collector.tick()
    text = hall.file.read_text(encoding="utf-8")
    for content in ("", text):
        hall.wall += 300
        hall.file.unlink() if not content else hall.file.write_text(content, encoding="utf-8")
        hall.wait(2)
        hall.wait(2)  # a file that is gone is looked for twice
    spans = hall.journal.watched(KEY, NOW - 10)
    assert len(spans) == 2
    assert spans[1][0] - spans[0][1] > 200


def test_a_record_that_cannot_be_read_leaves_the_page_and_says_so(hall: Watched) -> None:
    def fail(*_: object) -> None:
        raise JournalUnavailable("disk full")

    hall.source._device_pasts._read = fail  # type: ignore[assignment]
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        enter(client, hall)
        page = client.get(f"{PAGE}/devices/prn-3")
    assert page.status_code == 200
    assert "台账现在无法读取" in page.text


def test_reading_it_at_once_is_an_order_to_its_agent_and_on_record(hall: Watched) -> None:
    hall.collector.tick()
    hall.born()
    hall.read()
    sent: list[tuple[str, bytes]] = []
    hall.collector._shelf._publish = lambda name, payload, _retain: sent.append((name, payload))
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        enter(client, hall)
        told = {"command": "look-now", "device": "prn-3", "back": f"{PAGE}/devices/prn-3"}
        answer = client.post(f"{PAGE}/commands", data=told, headers=OWN, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}/devices/prn-3")
    orders = [decode_order(payload) for name, payload in sent if name == topic(*KEY, "orders", "gw")]
    assert orders == [ProbeNow(agent="gw", devices=["prn-3"], reason="person")]
    asked = [entry.event for entry in hall.journal.entries(KEY) if isinstance(entry.event, LookAsked)]
    assert [(each.devices, each.by) for each in asked] == [(["prn-3"], "李工")]


def test_what_nobody_can_read_now_is_refused_with_the_reason(hall: Watched) -> None:
    collector: Collector = hall.collector
    for device, code in (("prn-3", "nobody-looks"), ("rt-1", "unknown-thing"), ("hall:", "unknown-thing")):
        with pytest.raises(CommandRefused) as refused:
            collector.command(KEY, LookNow(by="李工", roles=["*"], device=device))
        assert refused.value.code == code
