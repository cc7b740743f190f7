"""All channels are down for ten minutes while fifty incidents begin, grow and end: then everybody has each once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from hallwatch_collector.core.hall import Device, Hall, Window
from parts.all_channels import NAMES, AllChannels, serve_all
from parts.county import hall, printer, probe
from parts.moved_collector import MovedCollector
from parts.outcomes import note_line

INCIDENTS: Final = 50
DOWN_S: Final = 600.0
DRAIN_S: Final = 240.0
FINE: Final = {"reachable": True, "jam": False}
FIVE: Final = 5
"""Of five incidents one ends, one gets a second fault, one grows worse, and two stay as they began."""


def describe() -> Hall:
    """Return a hall of as many windows as incidents, each with a printer."""
    numbers = range(1, INCIDENTS + 1)
    windows = [Window(id=f"w{n}", number=n, name=f"{n:02}号窗口", classes=["certificates"]) for n in numbers]
    far = probe(interval_s=3600.0)
    devices = [printer(f"prn-{n}", f"w{n}", probes=[far]) for n in numbers]
    named = [Device(**{**_fields(each), "name": f"{n:02}号打印机"}) for n, each in enumerate(devices, 1)]
    return hall(named, windows=windows)


def _fields(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in device.__struct_fields__}


class Outage:
    """Fifty incidents while nothing can be told."""

    def __init__(self, there: MovedCollector, channels: AllChannels) -> None:
        self.there, self.channels, (self.hall,) = there, channels, there.halls
        there.tell(self.hall, {device.id: FINE for device in self.hall.devices})
        there.move(5)

    def take_down(self) -> None:
        """Let every channel fail in its own way."""
        channels = self.channels
        channels.lose_wecom()
        channels.dingtalk.shut_out_until = self.there.now + DOWN_S
        channels.feishu.fault = "500"
        channels.hook.fault = "slow"
        channels.sms.too_fast = True
        channels.mail.fault = "busy"

    def bring_up(self) -> None:
        """Let them all work again."""
        channels = self.channels
        channels.find_wecom()
        channels.feishu.fault = channels.hook.fault = channels.mail.fault = ""
        channels.sms.too_fast = False

    def happen(self) -> None:
        """Let the incidents begin, ten seconds apart, and go on."""
        planned: dict[int, list[tuple[str, dict[str, bool]]]] = {}
        for number in range(INCIDENTS):
            at, device = 10 * number, f"prn-{number + 1}"
            begins, goes_on = _life(number % FIVE)
            planned.setdefault(at, []).append((device, FINE | begins))
            if goes_on is not None and at + 40 < DOWN_S:
                planned.setdefault(at + 40, []).append((device, FINE | goes_on))
        for second in range(0, int(DOWN_S), 10):
            if second in planned:
                self.there.tell(self.hall, dict(planned[second]))
            self.there.move(10)


def _life(kind: int) -> tuple[dict[str, bool], dict[str, bool] | None]:
    """Return how an incident of a kind begins, and how it goes on."""
    jam = {"jam": True}
    return {
        0: (jam, None), 1: (jam, {"jam": False}), 2: (jam, jam | {"input-empty": True}),
        3: ({"waste-full": True}, jam | {"waste-full": True}), 4: (jam, None),
    }[kind]  # fmt: skip


@pytest.fixture
def outage(tmp_path: Path) -> Iterator[Outage]:
    with serve_all(tmp_path) as channels:
        there = MovedCollector(tmp_path, [describe()])
        channels.set_clock(lambda: there.now)
        yield Outage(there, channels)
        there.close()


def test_after_ten_minutes_without_channels_everybody_has_each_incident_once_as_it_is_now(outage: Outage) -> None:
    there, channels = outage.there, outage.channels
    outage.take_down()
    outage.happen()
    assert all(channels.messages(name) == [] for name in NAMES), "nothing gets through"
    tries = {name: len(each.asked) for name, each in channels.imitations.items()}
    outage.bring_up()
    there.move(DRAIN_S)

    alerts = there.alerts()
    assert len(alerts) == INCIDENTS
    assert sum(each.over_at is not None for each in alerts) == INCIDENTS // FIVE
    for name in NAMES:
        sent = len(channels.messages(name))
        note_line(f"ten minutes down, {name}: {tries.get(name, 'some')} tries meanwhile, then {sent} messages")
        decided = {
            _short(alert.wording.title): each.decided_at
            for alert in alerts for each in alert.deliveries if each.channel == name
        }  # fmt: skip
        shown = [_short(title) for title in channels.entries(name)]
        assert sorted(shown) == sorted(decided), f"{name}: each once, as it is now"
        moments = [decided[title] for title in shown]
        assert moments == sorted(moments), f"{name}: in the order in which they were decided"
    assert all(each.status == "accepted" for alert in alerts for each in alert.deliveries)
    for name, each in channels.imitations.items():
        assert len(each.asked) - tries[name] == len(each.taken), f"{name}: nothing that it would not take"


def _short(title: str) -> str:
    return title.replace("西湖 ", "", 1)
