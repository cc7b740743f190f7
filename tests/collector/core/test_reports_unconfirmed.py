"""Reports from anybody (R3), where a hall allows them: shown and looked at, and they cost no window anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.commands import AnyCommand, CommandRefused, ReportFault, ReportOver, ReportUnconfirmed
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.events import AnyEvent, FaultReported
from hallwatch_collector.core.orders.reports import MOST_UNCONFIRMED, UNCONFIRMED
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from parts.hall_file import GOOD

NOW = 1_773_104_400.0
PLAN, CATALOGUE = plans.load()


@pytest.fixture
def file(tmp_path: Path) -> HallFile:
    more = "".join(
        f'[[devices]]\nid = "kiosk-{n}"\nkind = "kiosk"\nname = "{n}号终端"\n' for n in range(MOST_UNCONFIRMED)
    )
    path = tmp_path / "hall.toml"
    path.write_text(GOOD + more, encoding="utf-8")
    return read_hall(path, Known.of(PLAN, CATALOGUE))


class Bench:
    """An engine with one hall that people report to."""

    def __init__(self, file: HallFile) -> None:
        self.key = file.hall.key
        self.engine = Engine(PLAN, CATALOGUE)
        self.engine.load_hall(file.hall, "d", None, NOW)

    def tell(self, command: AnyCommand) -> list[AnyEvent]:
        return self.engine.on_command(self.key, command, NOW + 1)

    def faults(self, device: str) -> list[str]:
        devices = self.engine.view(self.key, NOW).devices
        return [fault.fault for each in devices if each.id == device for fault in each.faults]

    def lost(self) -> list[str]:
        return [window.id for window in self.engine.view(self.key, NOW).windows if window.lost]


@pytest.fixture
def bench(file: HallFile) -> Bench:
    return Bench(file)


def somebody(thing: str) -> ReportUnconfirmed:
    return ReportUnconfirmed(by="现场人员", thing=thing, text="不出纸")


def test_it_is_an_incident_to_look_at_and_costs_nothing(bench: Bench) -> None:
    events = bench.tell(somebody("prn-3"))
    assert [each.effect for each in events if isinstance(each, FaultReported)] == ["unconfirmed"]
    assert bench.faults("prn-3") == [UNCONFIRMED]
    view = bench.engine.view(bench.key, NOW)
    assert [incident.device for incident in view.incidents] == ["prn-3"]
    assert (bench.lost(), view.signs) == ([], ())


def test_a_person_of_the_hall_confirms_it_by_reporting_the_same(bench: Bench) -> None:
    bench.tell(somebody("prn-3"))
    bench.tell(ReportFault(by="小陈", roles=["staff"], thing="prn-3", effect="unusable", text="确实坏了"))
    assert bench.faults("prn-3") == ["reported-unusable"]
    assert bench.lost() == ["w3"]
    assert len(bench.engine.view(bench.key, NOW).incidents) == 1, "it stays the same incident"


def test_or_says_that_it_is_over(bench: Bench) -> None:
    bench.tell(somebody("prn-3"))
    bench.tell(ReportOver(by="小陈", roles=["staff"], thing="prn-3", text="看过了,没有问题"))
    assert bench.faults("prn-3") == []


def test_what_is_known_already_is_not_taken_again(bench: Bench) -> None:
    bench.tell(somebody("prn-3"))
    with pytest.raises(CommandRefused, match="reported-already"):
        bench.tell(somebody("prn-3"))


def test_nobody_buries_a_hall_in_reports(bench: Bench) -> None:
    for number in range(MOST_UNCONFIRMED):
        bench.tell(somebody(f"kiosk-{number}"))
    with pytest.raises(CommandRefused, match="many-unconfirmed"):
        bench.tell(somebody("prn-3"))
    bench.tell(ReportFault(by="小陈", roles=["staff"], thing="prn-3", effect="unusable", text="坏了"))
    assert bench.faults("prn-3") == ["reported-unusable"], "people of the hall are heard all the same"


def test_what_is_not_there_is_not_reported(bench: Bench) -> None:
    with pytest.raises(CommandRefused, match="unknown-thing"):
        bench.tell(somebody("prn-99"))
