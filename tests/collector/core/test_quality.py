"""How good the alerts of a week were: what is counted, what is false, and which rule would have been better."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_agent.wire import Reading
from hallwatch_collector.core import events as ev
from hallwatch_collector.core.alerts import events as al
from hallwatch_collector.core.alerts.people import Alerting, Quiet, Recipient, Way
from hallwatch_collector.core.catalogue import Catalogue, Fault
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import FaultOverride, Hall
from hallwatch_collector.core.quality.quality import Quality, weigh
from hallwatch_collector.core.quality.suggestions import LEAST_FALSE
from hallwatch_collector.core.quality.week import span_of, week_of
from hallwatch_collector.core.rules import ThresholdRule
from parts.alerted import ALERTING, FINE, deliveries, jam, receive
from parts.county import CATALOGUE, Bench, hall, pc, printer, probe

WEEK = "2026-W47"
MONDAY = span_of(WEEK, "Asia/Shanghai").start
NOW = MONDAY + 8 * 86_400
HALL = hall([printer("prn-1", "w1"), pc("pc-1", "w1"), pc("srv-1")])
HOUR = 3600.0


class Story:
    """A week of events, written by hand."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._number = 0

    def fault(self, at: float, lasts_s: float, *, device: str = "srv-1", fault: str = "no-answer") -> str:
        """Let a fault come and go, with its incident; return the incident."""
        self._number += 1
        incident = f"inc-{self._number}"
        self.add(
            ev.FaultRaised(at=at, device=device, fault=fault, since=at - 5, known_at=at),
            ev.IncidentOpened(at=at, incident=incident, device=device, fault=fault),
            ev.FaultCleared(at=at + lasts_s, device=device, fault=fault, since=at - 5),
            ev.IncidentMoved(at=at + lasts_s, incident=incident, status="recovered"),
        )
        return incident

    def tell(self, at: float, incident: str, *people: str, occasion: Any = "new", digest: bool = False) -> None:
        """Let a channel take a message."""
        alert = f"al-{incident}-{'+'.join(people)}"
        told = {"at": at, "alert": alert, "incident": incident, "edition": 1}
        self.add(
            al.AlertDecided(channel="bot", people=list(people), occasion=occasion, **told),
            al.AlertAccepted(digest=digest, **told),
        )

    def acknowledge(self, at: float, incident: str, by: str) -> None:
        """Let somebody take an incident on."""
        self.add(ev.IncidentMoved(at=at, incident=incident, status="acknowledged", by=by))

    def add(self, *events: AnyEvent) -> None:
        """Add events."""
        self.events += events

    def weigh(self, alerting: Alerting = ALERTING, within: Hall = HALL, catalogue: Catalogue = CATALOGUE) -> Quality:
        """Return what is told of the week."""
        events = sorted(self.events, key=lambda event: event.at)
        return weigh({"xihu.toml": within}, {within.key: events}, catalogue, alerting, week=WEEK, now=NOW)


def test_a_week_is_counted_by_person_and_by_rule() -> None:
    story, noon = Story(), MONDAY + 12 * HOUR
    mended = story.fault(noon, 1800)
    story.tell(noon + 1, mended, "张伟", "李敏")
    story.acknowledge(noon + 61, mended, "张伟")
    story.tell(noon + 120, mended, "张伟", "李敏", occasion="update")
    story.tell(noon + 1801, mended, "张伟", "李敏", occasion="over")
    ignored = story.fault(noon + HOUR, 1800)
    story.tell(noon + HOUR + 1, ignored, "张伟")
    story.tell(noon + HOUR + 601, ignored, "张伟", occasion="reminder")
    gone = story.fault(MONDAY + 86_400 + 23 * HOUR, 60)
    other = story.fault(MONDAY + 86_400 + 23 * HOUR, 700, device="prn-1", fault="jam")
    for incident in (gone, other):
        story.tell(MONDAY + 86_400 + 23 * HOUR + 5, incident, "李敏", digest=True)
    story.add(ev.AlarmJudged(at=MONDAY + 3 * 86_400, incident=other, false=True, by="李敏"))

    told = story.weigh()
    assert structs.asdict(told.told) == {
        "incidents": 4, "acted_on": 2, "unacknowledged": 3, "repeated": 1, "false": 2, "said_false": 1
    }  # fmt: skip
    zhang, li = sorted(told.people, key=lambda each: each.person, reverse=False)
    assert (zhang.person, zhang.new, zhang.follow_ups, zhang.reminders, zhang.digests) == ("张伟", 2, 2, 1, 0)
    assert (zhang.incidents, zhang.acted_on, zhang.unacknowledged, zhang.at_night) == (2, 1, 1, 0)
    assert (zhang.acknowledged, zhang.median_to_acknowledge_s) == (1, 60.0)
    assert (li.person, li.new, li.follow_ups, li.reminders, li.digests) == ("李敏", 1, 2, 0, 1)
    assert (li.incidents, li.acted_on, li.unacknowledged, li.at_night) == (3, 1, 2, 1)
    assert li.median_to_acknowledge_s is None
    rules = {(each.kind, each.fault): each.told for each in told.rules}
    assert rules["pc", "no-answer"].incidents == 3
    assert rules["pc", "no-answer"].repeated == 1
    assert rules["pc", "no-answer"].false == 1
    assert rules["printer", "jam"].said_false == 1


def test_a_digest_of_several_halls_is_one_message() -> None:
    """The receipts of its halls are taken in one after the other, each by the clock as it then is."""
    halls = [structs.replace(HALL, hall=name) for name in ("xihu", "gongshu")]
    events = {}
    for number, each in enumerate(halls):
        story, at = Story(), MONDAY + 10 * HOUR
        for later_s in (0, 20):
            story.tell(at + later_s + number * 0.004, story.fault(at, 600), "张伟", digest=True)
        events[each.key] = story.events
    told = weigh({each.hall: each for each in halls}, events, CATALOGUE, ALERTING, week=WEEK, now=NOW)
    assert [(each.digests, each.messages) for each in told.people] == [(2, 2)]


def test_quiet_hours_count_as_night() -> None:
    story, seven = Story(), MONDAY + 7 * HOUR
    story.tell(seven + 1, story.fault(seven, 60), "张伟")
    asleep = Recipient(
        name="张伟", roles=["technician"], ways=[Way(channel="bot")], quiet=[Quiet(from_="21:00", to="07:30")]
    )
    assert story.weigh().people[0].at_night == 0
    assert story.weigh(Alerting(recipients=(asleep,))).people[0].at_night == 1


def one(*more: AnyEvent, lasts_s: float = 60.0, device: str = "srv-1", fault: str = "no-answer") -> int:
    """Return how many false alarms there are when this is all that happened."""
    story, at = Story(), MONDAY + HOUR
    story.tell(at + 1, story.fault(at, lasts_s, device=device, fault=fault), "张伟")
    story.add(*more)
    return story.weigh().told.false


def test_what_went_away_by_itself_is_false_unless_something_came_of_it() -> None:
    at = MONDAY + HOUR + 20
    assert one() == 1
    assert one(lasts_s=601) == 0, "it lasted"
    assert one(ev.IncidentMoved(at=at, incident="inc-1", status="acknowledged", by="张伟")) == 0
    assert one(ev.IncidentAssigned(at=at, incident="inc-1", owner="李敏", by="张伟")) == 0
    assert one(ev.NoteTaken(at=at, incident="inc-1", by="张伟", text="看过")) == 0
    assert one(ev.WindowClosed(at=at, window="w1", by="auto")) == 0
    assert one(ev.EstimateChanged(at=at, incident="inc-1", back_at=at + 60)) == 1, "nobody said that"
    assert one(ev.IncidentMoved(at=at, incident="inc-1", status="closed", by="explained-by:sw-1")) == 0
    assert one(ev.WindowChanged(at=at, window="w1", lost=["filing"]), lasts_s=90) == 0, "somebody may have mended it"
    assert one(ev.WindowChanged(at=at, window="w1", lost=["filing"]), lasts_s=50) == 1, "nobody is as quick"
    asked = ev.MeasureRaised(
        at=at - 1, measure="m-1", incident="inc-1", template="t", clause="W1", mode="ask", subject="w1", owner="head",
        text="关",
    )  # fmt: skip
    assert one(asked) == 1
    assert one(asked, ev.MeasureDecided(at=at, measure="m-1", by="王主任", decision="declined")) == 0


def test_what_somebody_said_was_false_can_be_taken_back() -> None:
    said = ev.AlarmJudged(at=MONDAY + 2 * HOUR, incident="inc-1", false=True, by="张伟")
    back = ev.AlarmJudged(at=MONDAY + 3 * HOUR, incident="inc-1", false=False, by="李敏")
    assert one(said, lasts_s=1800) == 1
    assert one(said, back, lasts_s=1800) == 0


def test_what_began_in_another_week_counts_there() -> None:
    story = Story()
    for at in (MONDAY - 2 * HOUR, MONDAY + 7 * 86_400):
        story.tell(at + 1, story.fault(at, 60), "张伟")
    told = story.weigh()
    assert (told.told.incidents, told.people) == (0, ())


@given(
    st.lists(
        st.tuples(
            st.floats(0, 6 * 86_400), st.floats(1, 4000), st.sampled_from(["srv-1", "prn-1"]),
            st.lists(st.sampled_from(["张伟", "李敏", "王主任"]), unique=True), st.sampled_from(["", "ack", "said"]),
            st.sampled_from(["new", "update", "reminder", "over", "back"]), st.booleans(),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_counts_add_up(faults: list[Any]) -> None:
    story = Story()
    for at, lasts_s, device, people, act, occasion, digest in faults:
        began = MONDAY + HOUR + at
        incident = story.fault(began, lasts_s, device=device)
        if people:
            story.tell(began + 0.5, incident, *people, occasion=occasion, digest=digest)
        if act == "ack":
            story.acknowledge(began + lasts_s / 2, incident, "张伟")
        elif act == "said":
            story.add(ev.AlarmJudged(at=began + lasts_s + 9, incident=incident, false=True, by="李敏"))
    quality = story.weigh()
    told = quality.told
    assert told.incidents == sum(each.told.incidents for each in quality.rules) == sum(bool(each[3]) for each in faults)
    for name in ("acted_on", "unacknowledged", "repeated", "false", "said_false"):
        assert getattr(told, name) == sum(getattr(each.told, name) for each in quality.rules) <= told.incidents
    assert told.said_false <= told.false
    for person in quality.people:
        assert max(person.acted_on, person.unacknowledged) <= person.incidents <= told.incidents
        assert person.acknowledged <= person.acted_on
        assert person.at_night <= person.messages
    assert sum(each.incidents for each in quality.people) == sum(len(each[3]) for each in faults)


# -- which rule would have been better --------------------------------------------------------------------------------


def flapping_week(described: Hall) -> Bench:
    """Play a printer whose sensor says "jam" for a moment twelve times, and three real jams."""
    there = Bench(described, now=MONDAY + 9 * HOUR, alerting=ALERTING)
    there.born()
    there.tell(**FINE)
    for number in range(15):
        say_jam(there, 120 if number % 5 == 4 else 12)
        there.wait(1200)
        there.tell(**FINE)
    return there


def say_jam(there: Bench, lasts_s: float) -> None:
    """Let a printer say for so long that it jams, and then that it does not."""
    until = there.now + lasts_s
    while there.now < until:
        jam(there)
        take(there)
        there.wait(min(12.0, until - there.now) if until > there.now else 0)
    jam(there, jammed=False)
    there.wait(2)
    take(there)


def take(there: Bench) -> None:
    """Let the channels take all that is to be told."""
    for delivery in deliveries(there):
        if delivery.is_open:
            receive(there, "sent", delivery)
            receive(there, "accepted", delivery)


SLOW = [probe(interval_s=20)]
DEVICES = [
    printer("prn-1", "w1", probes=SLOW), pc("pc-1", "w1", probes=SLOW), printer("prn-2", "w2", probes=SLOW),
    pc("pc-2", "w2", probes=SLOW),
]  # fmt: skip


def judged(there: Bench) -> Quality:
    return weigh({"xihu.toml": there.hall}, {there.key: there.events}, CATALOGUE, ALERTING, week=WEEK, now=there.now)


def test_a_longer_hold_is_suggested_and_keeps_its_word() -> None:
    there = flapping_week(hall(DEVICES))
    before = judged(there)
    assert (before.told.incidents, before.told.false) == (15, 12)
    (said,) = before.suggestions
    assert (said.setting, said.was, said.value, said.device) == ("hold_s", 0.0, 30.0, "prn-1")
    assert (said.false, said.fewer, said.real) == (12, 12, 3)
    assert (said.median_later_s, said.worst_later_s) == (30.0, 30.0)
    assert said.toml == '[[faults]]\nfault = "jam"\ndevice = "prn-1"\nhold_s = 30'
    assert said.file == "xihu.toml"

    changed = hall(DEVICES, faults=[FaultOverride(fault="jam", device="prn-1", hold_s=30)])
    after = judged(flapping_week(changed))
    assert (after.told.incidents, after.told.false) == (3, 0), "the engine itself raises so many fewer"
    assert after.suggestions == ()
    assert judged(structs_with(there, changed)).suggestions == (), "nothing is suggested that is done already"


def structs_with(there: Bench, described: Hall) -> Bench:
    """Return the same record beside another hall file."""
    there.hall = described
    return there


def test_no_rule_is_suggested_that_would_lose_a_real_one() -> None:
    story = Story()
    for number in range(6):
        at = MONDAY + number * 2 * HOUR
        incident = story.fault(at, 100)
        story.tell(at + 1, incident, "张伟")
        if number == 0:
            story.acknowledge(at + 50, incident, "张伟")
    told = story.weigh()
    assert told.told.false == 5
    assert told.suggestions == ()


def test_a_rule_of_the_whole_hall_is_measured_by_what_the_hall_has_and_not_by_one_device_of_it() -> None:
    """``pc-1`` has a hold of its own, which a line for all devices does not change."""
    own = FaultOverride(fault="no-answer", device="pc-1", hold_s=50)
    story = Story()
    for number in range(6):
        at = MONDAY + number * 2 * HOUR
        story.tell(at + 1, story.fault(at, 55, device=("srv-1", "pc-1")[number == 5]), "张伟")
    (said,) = story.weigh(within=hall(list(HALL.devices), faults=[own])).suggestions
    (usual,) = [fault.hold_s for fault in CATALOGUE.faults if fault.id == "no-answer"]
    assert (said.device, said.was, said.fewer) == ("", usual, 5)


def test_one_false_alarm_is_no_reason() -> None:
    story = Story()
    story.tell(MONDAY + HOUR + 1, story.fault(MONDAY + HOUR, 20), "张伟")
    assert LEAST_FALSE > 1
    assert story.weigh().told.false == 1
    assert story.weigh().suggestions == ()


def test_what_flaps_is_seen_by_its_stretches() -> None:
    """An alarm that stood for minutes because its fault came and went held for a few seconds each time."""
    there = Bench(hall(DEVICES), now=MONDAY, alerting=ALERTING)
    there.born()
    there.tell(**FINE)
    for _ in range(6):
        say_jam(there, 5)
        there.wait(10)
    for _ in range(30):
        there.tell(**FINE)
        there.wait(15)
    last = [each for each in there.events if isinstance(each, ev.FaultCleared) and each.fault == "jam"][-1]
    assert len(last.stretches) == 4, "raised a third time, it flaps, and stands through the rest"
    assert all(end - start < 10 for start, end in last.stretches)
    assert last.at - last.since > 300
    told = judged(there).suggestions
    assert [(each.value, each.fewer) for each in told] == [(30.0, 3)]


def test_the_worst_value_is_kept_with_the_end_of_an_alarm() -> None:
    there = Bench(hall(DEVICES), now=MONDAY)
    there.born()
    for used in (0.98, 0.98, 0.98, 0.98, 0.991, 0.975, *[0.5] * 5):
        there.report(Reading("pc-1", "tcp", there.now, metrics={"disk_used_ratio": used}))
        there.wait(20)
    assert [each.worst for each in there.events if isinstance(each, ev.FaultCleared) and each.fault == "disk-full"] == [
        0.991
    ]


def test_a_wider_limit_is_suggested_where_no_hold_helps() -> None:
    when = ThresholdRule(metric="inside_c", above=60, clear_at=55)
    hot = Fault(id="hot", name="过热", name_en="too hot", when=when, hold_s=10, effect="degraded")
    story = Story()
    for number, worst in enumerate((61, 62, 62.5, 70, 71)):
        at = MONDAY + number * 2 * HOUR
        incident = story.fault(at, 3600, fault="hot")
        story.tell(at + 1, incident, "张伟")
        story.events = [
            structs.replace(each, worst=worst) if isinstance(each, ev.FaultCleared) and each.worst is None else each
            for each in story.events
        ]
        if worst < 70:
            story.add(ev.AlarmJudged(at=at + 9, incident=incident, false=True, by="张伟"))
    catalogue = structs.replace(CATALOGUE, faults=[*CATALOGUE.faults, hot])
    (said,) = story.weigh(catalogue=catalogue).suggestions
    assert (said.setting, said.was, said.value, said.false, said.fewer, said.real) == ("above", 60, 63, 3, 3, 2)
    assert said.worst_later_s is None, "when a limit was passed is not on record"
    assert said.toml == '[[faults]]\nfault = "hot"\ndevice = "srv-1"\nabove = 63'


@pytest.mark.parametrize("week", ["2026-47", "2026-W60", "W47", "0001-W01", "2026-W47\n"])
def test_what_is_no_week_is_refused(week: str) -> None:
    with pytest.raises(ValueError, match="W"):
        span_of(week, "Asia/Shanghai")


def test_a_week_is_named_by_the_clocks_of_its_hall() -> None:
    assert week_of(MONDAY, "Asia/Shanghai") == "2026-W47"
    assert week_of(MONDAY, "UTC") == "2026-W46"
    assert week_of(MONDAY, "Asia/Shanghai", 47) == "2025-W52"
