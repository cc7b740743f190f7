"""Signing a report (R5): in the record with what was signed; signed again after a change it is another version."""

from __future__ import annotations

import pytest
from msgspec import structs

from hallwatch_collector.core.commands import CommandRefused, SignReport, TakeNote, Tick
from hallwatch_collector.core.events import AnyEvent, ReportSigned
from hallwatch_collector.core.hall import Device
from hallwatch_collector.report.document import Document, Facts, Paragraph, Signature
from hallwatch_collector.report.record import Record
from hallwatch_collector.report.sections import write_report
from hallwatch_collector.report.signing import seal, tell_signatures, verify_signature
from hallwatch_collector.report.story import Rules, Source, tell_story
from hallwatch_collector.report.words import ReportWords
from parts.county import CATALOGUE, PLAN, Bench, hall, pc, probe

HEAD = ["head"]


@pytest.fixture
def bench() -> Bench:
    """Give a hall whose switch was away, and all windows with it, and is back: the report on that is to be signed."""
    switch = Device(id="sw-1", kind="switch", name="大厅交换机", probes=[probe()])
    computers = [pc(f"pc-{number}", f"w{number}", depends_on=["sw-1"]) for number in (1, 2)]
    bench = Bench(hall([switch, *computers]))
    bench.born()
    for reachable in (True, *(False for _ in range(8)), True):
        there = {"reachable": reachable}
        bench.tell(sw_1=there, pc_1=there, pc_2=there)
        bench.wait(1.5)
    return bench


def rules(bench: Bench) -> Rules:
    return Rules(bench.hall, PLAN, CATALOGUE)


def incident(bench: Bench) -> str:
    asked = [each for each in bench.engine.view(bench.key, bench.now).measures if each.signs_report]
    assert asked, "the plan asks for a signature"
    return asked[0].incident


def sign(bench: Bench, by: str, about: str) -> ReportSigned:
    bench.now += 60
    command = SignReport(by=by, roles=HEAD, incident=about, digest=seal(bench.events, about, rules(bench)))
    events = bench.engine.on_command(bench.key, command, bench.now)
    bench.events += events
    return next(event for event in events if isinstance(event, ReportSigned))


def told(bench: Bench, about: str) -> Document:
    source = Source(entries=1, first=1, last=1)
    story = tell_story(Record(bench.events), about, rules(bench), source, bench.now)
    return write_report(story, ReportWords(rules(bench), bench.now, story.began_at, story.course), tell_signatures)


def test_signing_does_the_step_and_stands_in_the_report(bench: Bench) -> None:
    about = incident(bench)
    step = next(each for each in bench.engine.view(bench.key, bench.now).measures if each.signs_report)
    with pytest.raises(CommandRefused, match="to-be-signed"):
        bench.engine.on_command(bench.key, Tick(by="王主任", roles=HEAD, measure=step.id), bench.now)
    signed = sign(bench, "王主任", about)
    assert signed.version == 1
    after = {each.id: each for each in bench.engine.view(bench.key, bench.now).measures}
    assert step.id not in after or (after[step.id].status, after[step.id].decided_by) == ("done", "王主任")
    document = told(bench, about)
    facts = {name: said for block in document.blocks if isinstance(block, Facts) for name, said in block.rows}
    assert facts["第1版"].startswith("王主任,")
    assert facts["第1版校验码"] == signed.digest
    (lines,) = (block.lines for block in document.blocks if isinstance(block, Signature))
    assert ("签发人", "王主任") in lines


def test_two_may_sign_one_version_each_once_and_a_change_makes_another(bench: Bench) -> None:
    about = incident(bench)
    first, second = sign(bench, "王主任", about), sign(bench, "陈局", about)
    assert (second.version, second.digest) == (1, first.digest), "a signature changes nothing of what is signed"
    with pytest.raises(CommandRefused, match="signed-already"):
        sign(bench, "王主任", about)
    note = TakeNote(by="李工", roles=["*"], incident=about, text="运营商补充说明")
    bench.events += bench.engine.on_command(bench.key, note, bench.now)
    said = [block.text for block in told(bench, about).blocks if isinstance(block, Paragraph)]
    assert "第1版签署之后处置记录又有变化,须核对后重新签署。" in said
    again = sign(bench, "王主任", about)
    assert (again.version, again.digest == first.digest) == (2, False)
    said = [block.text for block in told(bench, about).blocks if isinstance(block, Paragraph)]
    assert not any("重新签署" in text for text in said)


def test_whoever_has_the_record_can_check_what_was_signed(bench: Bench) -> None:
    about = incident(bench)
    signed = sign(bench, "王主任", about)
    assert verify_signature(bench.events, signed, rules(bench))
    forged: list[AnyEvent] = [
        structs.replace(event, evidence="什么也没有") if event.__struct_config__.tag == "fault-raised" else event
        for event in bench.events
    ]
    assert not verify_signature(forged, signed, rules(bench))


def test_the_digest_hangs_on_the_record_and_not_on_the_moment(bench: Bench) -> None:
    about = incident(bench)
    before = seal(bench.events, about, rules(bench))
    bench.wait(5)
    assert seal(bench.events, about, rules(bench)) == before


def test_signing_needs_the_right_and_an_incident(bench: Bench) -> None:
    for roles, about, code in ((["staff"], incident(bench), "no-right"), (HEAD, "inc-99", "unknown-incident")):
        with pytest.raises(CommandRefused, match=code):
            bench.engine.on_command(bench.key, SignReport(by="小陈", roles=roles, incident=about), bench.now)
