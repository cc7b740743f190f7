"""The score: what counts as in time, late, missed, cut short, not asked for; and how it is told."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.wire import Sign
from hallwatch_collector import plans
from hallwatch_collector.config import Report
from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.events import (
    AnyEvent,
    IncidentMoved,
    IncidentOpened,
    MeasureDecided,
    MeasureRaised,
    MeasureUndone,
    SignPosted,
    SignPut,
)
from hallwatch_collector.drills.course import tell_in_chinese
from hallwatch_collector.drills.evidence import Evidence
from hallwatch_collector.drills.paper import Result, in_lines, to_document
from hallwatch_collector.drills.scenario import (
    Acknowledged,
    Alerted,
    AnyExpected,
    Calm,
    Decided,
    Scenario,
    SignUp,
    shipped,
)
from hallwatch_collector.drills.score import Score, score
from hallwatch_collector.report.document import Paragraph
from hallwatch_collector.report.files import write_file
from hallwatch_collector.report.story import Rules
from hallwatch_collector.report.words import ReportWords
from parts.drill import START, make_twin_file, rehearser

BEGAN = 1000.0


def scenario(*expect: AnyExpected) -> Scenario:
    return msgspec.structs.replace(shipped()["fibre-cut"], expect=list(expect))


def expected(kind: type[Any], within_s: float = 60.0, **more: Any) -> Any:
    return kind(id=kind.__name__.lower(), title="事", title_en="it", within_s=within_s, **more)


def began(at: float = BEGAN) -> AnyEvent:
    return DrillStepped(at=at, act="start", scenario="fibre-cut", group="line", thing="rt", fault="off", by="王")


def opened(at: float, incident: str = "inc-1") -> AnyEvent:
    return IncidentOpened(at=at, incident=incident, device="rt", fault="network-down")


def moved(at: float, status: str) -> AnyEvent:
    return IncidentMoved(at=at, incident="inc-1", status=status, by="李工")


def raised(at: float, clause: str = "W1", mode: str = "ask") -> AnyEvent:
    return MeasureRaised(
        at=at, measure="m-1", incident="inc-1", template="t", clause=clause, mode=mode, subject="w1", owner="head",
        text="",
    )  # fmt: skip


def only(now: float, what: AnyExpected, *events: AnyEvent, ended: bool = False) -> tuple[str, float | None]:
    told: Score = score(scenario(what), Evidence(events), now, ended=ended)
    return told.lines[0].verdict, told.percent


def test_a_decision_counts_from_the_moment_it_was_asked_for() -> None:
    what = expected(Decided, clauses=["W1"])
    asked = (began(), raised(1100))
    decided = MeasureDecided(at=1160, measure="m-1", by="王", decision="declined", reason="不必")
    assert only(1150, what, *asked) == ("waiting", None)
    assert only(1160, what, *asked, decided) == ("kept", 100.0), "a no is an answer"
    assert only(1161, what, *asked) == ("missed", None), "nobody acted: that is no drill"
    assert only(1300, what, *asked, msgspec.structs.replace(decided, at=1161.0)) == ("late", 50.0)
    assert only(1150, what, *asked, ended=True) == ("cut-short", None)
    gone = MeasureUndone(at=1130, measure="m-1")
    assert only(1300, what, *asked, gone) == ("lapsed", None), "it was asked for"
    assert only(1300, what, *asked, msgspec.structs.replace(gone, at=1170.0)) == ("missed", None)
    assert only(1300, what, began()) == ("not-asked", None)


def test_the_program_counts_from_the_begin_of_the_trouble() -> None:
    what = expected(Alerted, of="line")
    assert only(900, what) == ("not-asked", None), "nothing has begun"
    assert only(1010, what, began()) == ("waiting", None)
    before = raised(990, "H1", "auto")
    assert only(1070, what, before, began()) == ("missed", 0.0), "what was told before is of something else"
    assert only(1070, what, began(), raised(1020, "H1", "auto")) == ("kept", 100.0)


def test_an_incident_that_comes_back_is_taken_on_once() -> None:
    what = expected(Acknowledged, 200.0)
    flaps = (began(), opened(1010), moved(1040, "recovered"), moved(1040, "closed"))
    assert only(1050, what, *flaps) == ("lapsed", None)
    again = (*flaps, opened(1070))
    assert only(1100, what, *again) == ("waiting", None)
    assert only(1300, what, *again, moved(1200, "acknowledged")) == ("kept", 100.0)


def test_a_row_of_incidents_is_not_calm() -> None:
    what = expected(Calm, 0.0)
    assert only(1100, what, began(), opened(1010)) == ("kept", 100.0)
    assert only(1100, what, began(), opened(1010), opened(1020, "inc-2")) == ("missed", 0.0)


def test_an_act_that_hangs_on_a_clause_counts_only_with_it() -> None:
    what = expected(Acknowledged, if_asked=["W1"])
    assert only(1200, what, began(), opened(1010)) == ("not-asked", None)
    assert only(1200, what, began(), opened(1010), raised(1010)) == ("missed", None)


def test_people_who_do_nothing_have_no_score_though_the_program_did_its_part() -> None:
    expect = [expected(Alerted, of="line"), expected(Acknowledged), expected(Decided, clauses=["W1"])]
    alone = [began(), opened(1010), raised(1010, "H1", "auto")]
    stopped = score(scenario(*expect), Evidence(alone), 1020, ended=True)
    assert [line.verdict for line in stopped.lines] == ["kept", "cut-short", "not-asked"]
    assert (stopped.percent, stopped.nobody_acted) == (None, True)
    taken = score(scenario(*expect), Evidence([*alone, moved(1015, "acknowledged")]), 1020, ended=True)
    assert (taken.percent, taken.nobody_acted) == (100.0, False)


def test_what_was_not_yet_due_at_the_end_is_told_apart_from_what_was_done() -> None:
    both = [began(), raised(1100), msgspec.structs.replace(raised(1150), measure="m-2", subject="w2")]
    done = MeasureDecided(at=1110, measure="m-1", by="王", decision="confirmed")
    (line,) = score(scenario(expected(Decided, clauses=["W1"])), Evidence([*both, done]), 1160, ended=True).lines
    assert (line.verdict, line.done, line.asked, line.left_open) == ("kept", 1, 1, 1)


def put(at: float, clause: str = "H2", text: str = "暂停使用") -> AnyEvent:
    return SignPut(at=at, sign=Sign("prn", text, "打印机", at, clause))


def test_a_sign_is_up_when_a_display_shows_it_or_somebody_posted_it() -> None:
    what = expected(SignUp, 30.0, clause="H2", of="line")
    due = (began(), put(1012))
    assert score(scenario(what), Evidence(due, {"prn"}), 1020).lines[0].took_s == 12.0
    alone = score(scenario(what), Evidence(due), 1400, ended=True)
    assert (alone.lines[0].verdict, alone.times.sign_s) == ("missed", None), "nobody posted it"
    posted = score(scenario(what), Evidence([*due, SignPosted(at=1200, place="prn", text="暂停使用", by="小周")]), 1400)
    (line,) = posted.lines
    assert (line.verdict, line.took_s, line.within_s, line.by) == ("kept", 200.0, 330.0, ("小周",))
    assert posted.times.sign_s == 200.0
    other = SignPosted(at=1100, place="prn", text="暂停服务", by="小周")
    assert only(1400, what, *due, other)[0] == "missed", "that is another sign"


def test_the_alert_is_measured_from_the_trouble_that_it_tells_of() -> None:
    alert = msgspec.structs.replace(raised(1491, "H1", "auto"), measure="m-9")
    crowd = DrillStepped(at=BEGAN, act="start", scenario="peak", group="queue", thing="q", fault="crowd", by="王")
    taken = (opened(1491), moved(1551, "acknowledged"))
    told = score(scenario(expected(Alerted, of="line")), Evidence([crowd, began(1480), alert, *taken]), 1600)
    assert (told.times.alert_s, told.lines[0].took_s) == (11.0, 11.0)
    assert told.times.acknowledge_s == 60.0, "since there was something to take on"


def test_where_nobody_acted_the_report_does_not_say_that_all_is_well(result: Result, tmp_path: Path) -> None:
    twin = make_twin_file(tmp_path, shipped()["fibre-cut"])
    words = ReportWords(Rules(twin.hall, *plans.load()), result.ended_at, result.began_at)
    what = scenario(expected(Acknowledged, 600.0))
    stopped = score(what, Evidence([began(), opened(1010)]), 1020, ended=True)
    document = to_document(msgspec.structs.replace(result, score=stopped), what, words)
    said = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    assert "没有人参与演练,不评分,人员办理的事项未作评估。" in said
    assert "没有遗漏和超时的事项。" not in said


EVENTS = st.one_of(
    st.builds(began, st.floats(900, 1500)),
    st.builds(opened, st.floats(900, 1500), st.sampled_from(["inc-1", "inc-2"])),
    st.builds(moved, st.floats(900, 1500), st.sampled_from(["acknowledged", "recovered", "closed"])),
    st.builds(raised, st.floats(900, 1500), st.sampled_from(["W1", "H1", "D4"]), st.sampled_from(["ask", "show"])),
    st.builds(MeasureUndone, at=st.floats(900, 1500), measure=st.just("m-1")),
)


@given(st.lists(EVENTS, max_size=12), st.floats(900, 3000), st.sampled_from(sorted(shipped())), st.booleans())
def test_any_record_has_a_score_within_bounds(events: list[AnyEvent], now: float, name: str, ended: bool) -> None:
    told = score(shipped()[name], Evidence(events), now, ended=ended)
    assert told.percent is None or 0 <= told.percent <= 100
    assert not (ended and not told.is_settled), "nothing waits when it is over"
    for line in told.lines:
        assert 0 <= line.earned <= line.points
        assert line.done <= line.asked


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("drill")
    played = rehearser(folder)(("fibre-cut", shipped()["fibre-cut"]), False)
    return Result(
        drill="fibre-cut", title="光纤被挖断", title_en="The fibre is cut", hall="330100/county-drill",
        hall_name="模拟县办税服务厅", began_at=START, ended_at=played.ended_at, by="王主任", entries=120, head="9:ab",
        score=played.score,
    )  # fmt: skip


def test_it_is_told_in_lines(result: Result) -> None:
    zh, en = ("\n".join(in_lines(result, language)) for language in ("zh", "en"))
    assert zh.startswith("[演练] 光纤被挖断")
    assert "未做" in zh
    assert en.startswith("[DRILL] The fibre is cut")
    assert "not done       decide what becomes of the windows  (uplink)" in en
    assert "in time        those who repair are told 12 s / 30 s" in en


@pytest.mark.parametrize("form", ["html", "docx", "pdf"])
def test_the_report_is_marked_as_a_drill_in_every_form(result: Result, form: str, tmp_path: Path) -> None:
    twin = make_twin_file(tmp_path, shipped()["fibre-cut"])
    words = ReportWords(Rules(twin.hall, *plans.load()), result.ended_at, result.began_at)
    document = to_document(result, shipped()["fibre-cut"], words)
    assert document.marks == ["演练"]
    content = write_file(document, form, Report(), result.ended_at)
    if form == "html":
        page = content.decode()
        assert all(text in page for text in ("演练", "应急演练评估报告", "决定窗口是否停办:上联光纤(市局网关)", "9:ab"))
    elif form == "docx":
        (tmp_path / "report.docx").write_bytes(content)
        with zipfile.ZipFile(tmp_path / "report.docx") as parts:
            text = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
        assert "演练" in text
    else:
        assert content.startswith(b"%PDF")


def test_the_course_is_told_in_chinese_too(tmp_path: Path) -> None:
    drill = ("certification-devices", shipped()["certification-devices"])
    played = rehearser(tmp_path)(drill, True)
    twin = make_twin_file(tmp_path, drill[1])
    told = list(tell_in_chinese(played.evidence.record, Rules(twin.hall, *plans.load()), played.ended_at))
    assert sum(line.startswith("inc-") for line in told) == played.score.incidents
    assert any("接手处理 (演练人员)" in line for line in told)
    assert not any(word in "".join(told) for word in ("raised", "moved", "measure"))
