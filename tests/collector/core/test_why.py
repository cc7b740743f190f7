"""Why: of a sign, measure, incident, window and fault the chain from the reading to the clause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from hallwatch_collector import plans
from hallwatch_collector.core import commands
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.conditions import CONDITIONS
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.plan import Occasion, Plan
from hallwatch_collector.core.why import EXPLAINERS, Kind, Link, NothingToExplain, Why
from hallwatch_collector.core.why import words as why_words
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.player import Player
from hallwatch_collector.replay import play_scenario
from hallwatch_collector.simulate.scenario import load_scenario

CASES = Path(__file__).parents[2] / "halls"
PLAN, CATALOGUE = plans.load()
Ask = Callable[[Kind, str], Why]


class Played:
    """A case played until some seconds after its start, and what can be asked then."""

    def __init__(self, case: str, until_s: float) -> None:
        known = Known.of(PLAN, CATALOGUE)
        file = read_hall(CASES / case / "hall.toml", known)
        scenario = load_scenario(CASES / case / "scenario.toml", file.hall.timezone)
        until = scenario.start + until_s
        steps = [step for step in scenario.steps if step[0] <= until]
        self.player = Player(PLAN, CATALOGUE, file, scenario.start)
        play_scenario(self.player, msgspec.structs.replace(scenario, until=until, steps=steps), file, known)
        self.now = until

    @property
    def engine(self) -> Engine:
        return self.player._engine

    def why(self, kind: Kind, name: str) -> list[Link]:
        return list(self.player.explain(kind, name).links)

    def measure(self, clause: str, subject: str) -> str:
        measures = self.engine.view(self.player.key, self.now).measures
        return next(
            each.id for each in measures if (each.clause, each.subject, each.status) == (clause, subject, "open")
        )

    def tell(self, command: AnyCommand) -> None:
        self.engine.on_command(self.player.key, command, self.now)


def stations(links: list[Link]) -> list[str]:
    """Return the stations of a chain, each run once."""
    told = [link.station for link in links]
    return [each for number, each in enumerate(told) if number == 0 or told[number - 1] != each]


@pytest.fixture(scope="module")
def jammed() -> Played:
    return Played("printer-jam", 100)


@pytest.fixture(scope="module")
def cut() -> Played:
    """The fibre is cut; the head closed the windows."""
    return Played("fibre-cut", 6300)


def test_a_measure_leads_from_the_reading_to_the_clause(jammed: Played) -> None:
    links = jammed.why("measure", jammed.measure("H1", "prn-1"))
    assert stations(links) == ["reading", "fault", "impact", "incident", "occasion", "measure"]
    reading, *_, measure = links
    assert (reading.about, reading.evidence, reading.at) == ("prn-1", "jam=True", jammed.now - 40)
    assert (measure.clause, measure.text[:6], measure.text_en[:12]) == ("H1", "请技术人员检", "a technician")


def test_the_conditions_that_the_plan_names_are_told_and_whether_they_hold(jammed: Played) -> None:
    conditions = [link for link in jammed.why("measure", jammed.measure("D1", "prn-1")) if link.station == "condition"]
    assert [(link.text_en, link.holds) for link in conditions] == [("expected to be over within 10 min.", True)]


def test_a_sign_is_explained_by_the_measure_that_puts_it_up(jammed: Played) -> None:
    links = jammed.why("sign", "prn-1")
    assert [link.station for link in links[-2:]] == ["measure", "sign"]
    assert (links[-1].clause, "暂停使用" in links[-1].text) == ("H2", True)


def test_a_sign_of_a_closed_window_names_who_closed_it(cut: Played) -> None:
    answers = [link for link in cut.why("sign", "w1") if link.station == "answer"]
    assert [(link.clause, link.text.partition(":")[0]) for link in answers] == [("W1", "王主任决定暂停")]


def test_an_incident_names_its_root_what_it_explains_and_its_level(cut: Played) -> None:
    links = cut.why("incident", "inc-2")
    told = {link.station: link for link in links}
    assert "核心征管系统" in told["cause"].text
    assert told["level"].clause == "R1"
    assert told["level"].text_en.startswith("Level Ⅲ by the rule: 50% of the windows lost classes")
    assert told["estimate"].text_en == "Expected back at 13:45:00 (as the technician says)."
    impacts = [link.text_en for link in links if link.station == "impact"]
    assert impacts[0].startswith("1号窗口, 2号窗口 cannot take"), "windows that lost the same stand together"


def test_a_fault_that_follows_another_leads_to_the_root(cut: Played) -> None:
    links = cut.why("fault", "system-down@core-system")
    assert stations(links) == ["reading", "fault", "cause", "reading", "fault"]
    assert (links[2].about, links[-1].about) == ("fibre", "fibre")
    assert cut.why("fault", "network-down@fibre")[-1].text_en == "It is the root cause: nothing upstream explains it."


def test_a_window_that_is_closed_says_for_what(cut: Played) -> None:
    links = cut.why("window", "w3")
    assert stations(links) == ["reading", "fault", "impact", "answer", "incident"]
    assert links[-1].about == "inc-2"


def test_a_level_that_a_person_set_is_told_with_the_reason() -> None:
    played = Played("printer-jam", 100)
    played.tell(commands.SetLevel(by="王主任", roles=["*"], incident="inc-1", level="Ⅰ", reason="舆情"))
    level = next(link for link in played.why("incident", "inc-1") if link.station == "level")
    assert (level.text, level.text_en) == ("王主任改定为Ⅰ级:舆情", "王主任 set level Ⅰ: 舆情")


def test_a_level_is_told_step_by_step_with_what_changed_and_that_it_does_not_sink() -> None:
    played = Played("two-causes-one-window", 300)
    first = played.why("incident", "inc-1")
    levels = [link.text_en for link in first if link.station == "level"]
    assert len(levels) == 1
    assert levels[0].startswith("Level Ⅳ by the rule: any other incident. Seen: the root cause is 共用打印机甲")
    second = next(each for each in played.engine.state(played.player.key).incidents if each.device == "prn-b")
    played.tell(commands.SetLevel(by="王主任", roles=["*"], incident=second.id, level="Ⅰ", reason="舆情"))
    told = [link.text_en for link in played.why("incident", second.id) if link.station == "level"]
    assert told[0] == "王主任 set level Ⅰ: 舆情"
    assert told[1].startswith("Level Ⅳ by the rule"), "what the rules gave is still told"


def test_the_highest_level_that_is_no_longer_so_is_told_to_stay() -> None:
    played = Played("core-system-down", 100)
    (incident,) = played.engine.view(played.player.key, played.now).incidents
    before = [link.text_en for link in played.why("incident", incident.id) if link.station == "level"]
    assert "does not sink" not in before[-1]
    model = played.engine._models[played.player.key]
    model.blames.clear()
    model._shares.clear()
    after = [link.text_en for link in played.why("incident", incident.id) if link.station == "level"]
    assert after[-1].startswith(before[-1])
    assert after[-1].endswith("it does not sink while the incident lasts.")


def test_a_report_by_hand_is_told_in_the_finders_words() -> None:
    played = Played("printer-jam", 30)
    found = commands.ReportFault(by="小陈", roles=["*"], thing="window:w1", effect="unusable", text="漏水")
    played.tell(found)
    links = played.why("window", "w1")
    assert links[0].text == "人工报障:小陈: 漏水"
    assert links[-1].station == "impact"


def test_a_measure_that_was_declined_is_told_so_and_not_that_it_is_over() -> None:
    played = Played("crowd-full", 200)
    name = played.measure("P1", "queue-1")
    played.tell(commands.Decline(by="王主任", roles=["*"], measure=name, reason="马上就好"))
    told = [(link.station, link.holds) for link in played.why("measure", name) if link.about == name]
    assert told == [("measure", True), ("answer", True)]


def test_what_was_repaired_is_told_to_be_over() -> None:
    played = Played("printer-jam", 400)
    links = played.why("incident", "inc-1")
    assert ("fault", "已消除:卡纸。") in [(link.station, link.text) for link in links]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("measure", "m-999"), ("incident", "inc-999"), ("sign", "nowhere"), ("window", "w99"),
        ("fault", "jam"), ("fault", "@"), ("fault", "jam@none"), ("fault", "toner-low@prn-1"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_not_explained(jammed: Played, kind: Kind, name: str) -> None:
    with pytest.raises(NothingToExplain):
        jammed.why(kind, name)


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("window", "w2", "2号窗口正常开放,业务不受影响。"),
        ("sign", "w2", "2号窗口现在没有标识。"),
    ],
)
def test_of_what_is_well_it_is_said_that_it_is(jammed: Played, kind: Kind, name: str, text: str) -> None:
    assert [link.text for link in jammed.why(kind, name)] == [text]


def test_everything_that_can_be_asked_is_answered() -> None:
    assert set(EXPLAINERS) == set(get_args(Kind))


def test_every_occasion_and_condition_has_words_in_both_languages() -> None:
    assert set(why_words.OCCASIONS) == set(get_args(Occasion))
    assert set(why_words.CONDITIONS) == set(CONDITIONS)
    assert all(text and text_en for text, text_en in why_words.OCCASIONS.values())


def test_every_rule_for_a_level_can_be_said() -> None:
    said = [why_words.say_rule(rule) for name in plans.shipped() for rule in plan(name).level_rules]
    assert all(text and text_en for text, text_en in said)


def plan(name: str) -> Plan:
    return plans.read_plan(plans.find_plan(name))


@pytest.mark.parametrize(
    "case", ["core-system-down", "two-causes-one-window", "mains-out", "window-closed-and-reopened"]
)
def test_whatever_stands_in_a_case_can_be_explained(case: str) -> None:
    for until_s in (90, 400, 1500):
        played = Played(case, until_s)
        view = played.engine.view(played.player.key, played.now)
        asked: list[tuple[Kind, str]] = [("measure", each.id) for each in view.measures]
        asked += [("incident", each.id) for each in view.incidents] + [("sign", each.place) for each in view.signs]
        asked += [("fault", f"{f.fault}@{device.id}") for device in view.devices for f in device.faults]
        asked += [("window", each.id) for each in view.windows if each.lost]
        for kind, name in asked:
            links = played.why(kind, name)
            assert links, (kind, name)
            assert all(link.text and link.text_en for link in links), (kind, name)
