"""When people are told that the collector is gone: case by case, and what holds whatever happens."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hallwatch_agent.chat.exchange import Answer, Never, NotNow, Taken
from hallwatch_agent.collector_watch.case import NEXT, Case, Moment, Phase, Signal, Symptom, Telling
from hallwatch_agent.collector_watch.machine import LOOK_S, LOST_S, REFUSED_RETRY_S, UPDATE_PAUSE_S, Machine
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.wire import Heartbeat

BEAT_S = 10.0
START = 1_790_000_000.0
SETTINGS = CollectorWatch(channel="wecom", url_file="x")


class Scene:
    """An agent beside a broker and a collector, in a time of their own."""

    def __init__(self, settings: CollectorWatch = SETTINGS) -> None:
        self.settings = settings
        self.wall, self.monotonic = START, 1000.0
        self.machine = Machine(settings, self.now)
        self.beating = self.connected = False
        self.healthy = True
        self.boot, self.seq, self.beat_at = "b1", 0, 0.0
        self.answers: list[Answer] = []
        """What the channel says next; then it takes everything."""
        self.told: list[Telling] = []
        """What was sent."""
        self.taken: list[Telling] = []

    @property
    def now(self) -> Moment:
        return Moment(self.wall, self.monotonic)

    def begin(self) -> Scene:
        self.connect()
        self.beating = True
        self.wait(60)
        return self

    def connect(self) -> None:
        self.connected = True
        self.machine.connect(self.now)

    def disconnect(self) -> None:
        self.connected = False
        self.machine.disconnect(self.now)

    def beat(self, *, stopping: bool = False, kept: bool = False) -> None:
        self.seq += 1
        beat = Heartbeat(self.boot, self.seq, self.wall, BEAT_S, healthy=self.healthy, stopping=stopping)
        self.machine.hear(beat, self.now, kept=kept)

    def stop_in_order(self) -> None:
        self.beat(stopping=True)
        self.beating = False

    def start_collector(self) -> None:
        self.boot, self.seq, self.beating = f"{self.boot}x", 0, True

    def sleep(self, seconds: float, *, clock_runs: bool) -> None:
        """Let the machine sleep; the monotonic clock runs on meanwhile, or it does not."""
        self.wall += seconds
        self.monotonic += seconds if clock_runs else 0

    def restart(self) -> None:
        """End and start the agent, with what it keeps on disk."""
        case = self.machine.case
        kept = msgspec.json.decode(msgspec.json.encode(case), type=Case) if case else None
        self.machine = Machine(self.settings, self.now, kept)
        if self.connected:
            self.connect()

    def wait(self, seconds: float) -> None:
        until = self.monotonic + seconds
        while self.monotonic < until:
            step = min(LOOK_S, until - self.monotonic)
            self.wall, self.monotonic = self.wall + step, self.monotonic + step
            if self.connected and self.beating and self.monotonic - self.beat_at >= BEAT_S:
                self.beat_at = self.monotonic
                self.beat()
            self.look()

    def look(self) -> None:
        telling = self.machine.look(self.now)
        if telling is None:
            return
        self.told.append(telling)
        answer = self.answers.pop(0) if self.answers else Taken()
        if isinstance(answer, Taken):
            self.taken.append(telling)
        self.machine.answer(telling.serial, answer, self.now)

    @property
    def course(self) -> list[str]:
        """What people saw, in a word each."""
        return [("back" if each.over_at else str(each.symptom)) + ("+" if each.again else "") for each in self.taken]


@pytest.fixture
def scene() -> Scene:
    return Scene().begin()


def test_while_it_beats_nothing_is_told(scene: Scene) -> None:
    scene.wait(86_400)
    assert scene.told == []
    assert scene.machine.case is None


def test_silence_is_told_once_and_its_end_with_the_duration(scene: Scene) -> None:
    scene.beating = False
    last = scene.wall
    scene.wait(75)
    assert scene.told == []
    scene.wait(25)
    assert scene.course == ["silent"]
    assert scene.taken[0].since == pytest.approx(last, abs=BEAT_S)
    scene.wait(1000)
    scene.start_collector()
    scene.wait(10)
    assert scene.course == ["silent"], "one heartbeat does not make it well"
    scene.wait(30)
    assert scene.course == ["silent", "back"]
    assert scene.taken[1].over_at - scene.taken[1].since == pytest.approx(1100, abs=2 * BEAT_S)
    scene.wait(10_000)
    assert len(scene.told) == 2


def test_a_collector_that_never_was_is_told_too() -> None:
    scene = Scene()
    scene.connect()
    scene.wait(100)
    assert scene.course == ["silent"]
    assert scene.taken[0].never


def test_what_the_broker_kept_is_no_sign_of_life(scene: Scene) -> None:
    scene.beating = False
    for _ in range(12):
        scene.disconnect()
        scene.wait(1)
        scene.connect()
        scene.beat(kept=True)
        scene.wait(85)
    assert scene.told == [], "the broker that comes and goes is given its time"
    scene.wait(100)
    assert scene.course == ["silent"]


def test_a_kept_heartbeat_says_since_when(scene: Scene) -> None:
    other = Scene()
    other.connect()
    other.machine.hear(Heartbeat("b1", 9, START - 500, BEAT_S, healthy=True), other.now, kept=True)
    other.wait(100)
    assert other.taken[0].since == START - 500
    assert not other.taken[0].never


def test_a_heartbeat_that_comes_twice_counts_once(scene: Scene) -> None:
    scene.beating = False
    for _ in range(30):
        scene.seq -= 1
        scene.beat()
        scene.wait(5)
    assert scene.course == ["silent"]


def test_a_planned_stop_has_a_longer_patience(scene: Scene) -> None:
    scene.stop_in_order()
    scene.wait(890)
    assert scene.told == []
    scene.start_collector()
    scene.wait(100)
    assert scene.told == []
    scene.stop_in_order()
    scene.wait(910)
    assert scene.course == ["stopped"]
    scene.start_collector()
    scene.wait(40)
    assert scene.course == ["stopped", "back"]


def test_a_hall_that_is_watched_no_more_counts_as_stopped(scene: Scene) -> None:
    scene.machine.hear(None, scene.now, kept=False)
    scene.beating = False
    scene.wait(890)
    assert scene.told == []
    scene.wait(20)
    assert scene.course == ["stopped"]


def test_a_broker_that_is_away_is_told_as_that(scene: Scene) -> None:
    scene.disconnect()
    scene.wait(80)
    scene.connect()
    scene.wait(60)
    assert scene.told == []
    scene.disconnect()
    scene.wait(100)
    assert scene.course == ["away"]
    scene.connect()
    scene.wait(40)
    assert scene.course == ["away", "back"]


def test_the_broker_comes_back_and_the_collector_does_not(scene: Scene) -> None:
    scene.beating = False
    scene.disconnect()
    scene.wait(100)
    scene.connect()
    scene.wait(80)
    assert scene.course == ["away"]
    scene.wait(UPDATE_PAUSE_S)
    assert scene.course == ["away", "silent"]
    assert scene.taken[1].since == scene.taken[0].since


def test_what_is_so_no_more_is_not_told_late(scene: Scene) -> None:
    scene.answers = [NotNow("no way out")] * 6
    scene.beating = False
    scene.disconnect()
    scene.wait(120)
    scene.connect()
    tries = len(scene.told)
    scene.wait(80)
    assert len(scene.told) == tries, "the broker is there: that it is away would be wrong now"
    scene.answers.clear()
    scene.wait(400)
    assert scene.course == ["silent"]


def test_troubles_are_told_when_they_last(scene: Scene) -> None:
    scene.healthy = False
    scene.wait(550)
    scene.healthy = True
    scene.wait(60)
    assert scene.told == []
    scene.healthy = False
    scene.wait(620)
    assert scene.course == ["troubled"]
    scene.wait(300)
    scene.healthy = True
    scene.wait(40)
    assert scene.course == ["troubled", "back"]


def test_a_collector_that_falls_again_and_again_is_not_back(scene: Scene) -> None:
    scene.beating = False
    scene.wait(100)
    for _ in range(20):
        scene.boot, scene.seq = f"{scene.boot}y", 0
        scene.beat()
        scene.wait(40)
    assert scene.course == ["silent"]


def test_it_is_told_again_while_it_lasts(scene: Scene) -> None:
    scene.beating = False
    scene.wait(100 + 2 * 3600)
    assert scene.course == ["silent", "silent+", "silent+"]
    once = Scene(msgspec.structs.replace(SETTINGS, repeat_s=0)).begin()
    once.beating = False
    once.wait(100_000)
    assert once.course == ["silent"]


@pytest.mark.parametrize("clock_runs", [True, False])
@pytest.mark.parametrize("hours", [0.02, 14])
def test_sleep_is_no_silence(scene: Scene, hours: float, clock_runs: bool) -> None:
    for _ in range(5):
        scene.sleep(hours * 3600, clock_runs=clock_runs)
        scene.look()
        scene.wait(60)
    assert scene.told == []
    scene.sleep(hours * 3600, clock_runs=clock_runs)
    scene.disconnect()
    scene.wait(60)
    scene.connect()
    scene.wait(60)
    assert scene.told == []
    scene.beating = False
    scene.wait(100)
    assert scene.course == ["silent"]


def test_a_refused_message_is_tried_seldom_and_a_passing_error_more_often(scene: Scene) -> None:
    scene.answers = [Never("no such robot")]
    scene.beating = False
    scene.wait(100 + REFUSED_RETRY_S - 30)
    assert (len(scene.told), scene.course) == (1, [])
    scene.wait(60)
    assert scene.course == ["silent"]
    other = Scene().begin()
    other.answers = [NotNow("busy")] * 50
    other.beating = False
    other.wait(3600)
    assert 14 < len(other.told) < 22
    patient = Scene().begin()
    patient.answers = [NotNow("too many", after_s=600)]
    patient.beating = False
    patient.wait(680)
    assert len(patient.told) == 1


def test_whom_nobody_alarmed_nobody_need_calm(scene: Scene) -> None:
    scene.answers = [NotNow("no way out")] * 100
    scene.beating = False
    scene.wait(600)
    scene.start_collector()
    scene.wait(3600)
    assert scene.taken == []
    assert scene.machine.case is None


def test_what_may_have_arrived_is_marked_and_its_end_told(scene: Scene) -> None:
    scene.answers = [NotNow("cut", maybe_taken=True)]
    scene.beating = False
    scene.wait(120)
    assert [telling.perhaps for telling in scene.told] == [False, True]
    assert scene.told[0].serial == scene.told[1].serial, "by which a channel may know it"
    other = Scene().begin()
    other.answers = [NotNow("cut", maybe_taken=True), *[NotNow("gone")] * 5]
    other.beating = False
    other.wait(120)
    other.start_collector()
    other.wait(300)
    assert other.course == ["back"]


def test_an_answer_that_never_comes_holds_nothing_up(scene: Scene) -> None:
    scene.beating = False
    scene.wait(75)
    machine, sent = scene.machine, []
    for _ in range(40):
        scene.wall, scene.monotonic = scene.wall + LOOK_S, scene.monotonic + LOOK_S
        if telling := machine.look(scene.now):
            sent.append(telling)
    assert [telling.perhaps for telling in sent[:2]] == [False, True]
    assert sent[1].at - sent[0].at >= LOST_S


def test_a_restart_of_the_agent_tells_nothing_twice(scene: Scene) -> None:
    scene.beating = False
    scene.wait(100)
    for _ in range(10):
        scene.restart()
        scene.wait(120)
    assert scene.course == ["silent"]
    scene.start_collector()
    scene.wait(40)
    assert scene.course == ["silent", "back"]
    assert scene.taken[1].resumed
    scene.restart()
    scene.wait(200)
    assert len(scene.told) == 2


def test_a_crash_between_sending_and_the_answer_is_marked(scene: Scene) -> None:
    scene.beating = False
    scene.wait(75)
    scene.wall, scene.monotonic = scene.wall + 20, scene.monotonic + 20
    assert scene.machine.look(scene.now) is not None
    scene.restart()
    scene.wait(200)
    assert [telling.perhaps for telling in scene.told] == [True]


def test_while_it_may_be_back_nobody_is_told_that_it_is_gone(scene: Scene) -> None:
    scene.answers = [NotNow("no way out")]
    scene.beating = False
    scene.wait(78)
    assert scene.told == []
    scene.wait(12)
    scene.start_collector()
    scene.wait(100)
    assert len(scene.told) <= 1
    assert scene.taken == []


def test_every_way_leads_on() -> None:
    for phase in Phase:
        assert any(start == phase for start, _ in NEXT), phase
        assert any(end == phase for end in NEXT.values()), phase
    assert {signal for _, signal in NEXT} == set(Signal)


def outcome(answer: str) -> Answer:
    return {
        "taken": Taken(),
        "not-now": NotNow("busy"),
        "perhaps": NotNow("cut", maybe_taken=True),
        "never": Never("no"),
    }[answer]


ACTS = st.sampled_from(
    [
        *("die", "live", "stop", "sick", "sound", "connect", "disconnect", "restart", "sleep", "doze"),
        *("taken", "not-now", "perhaps", "never"),
    ]
)


def act(scene: Scene, what: str) -> None:
    match what:
        case "die":
            scene.beating = False
        case "live":
            scene.start_collector()
        case "stop" if scene.beating and scene.connected:
            scene.stop_in_order()
        case "sick" | "sound":
            scene.healthy = what == "sound"
        case "connect" if not scene.connected:
            scene.connect()
        case "disconnect" if scene.connected:
            scene.disconnect()
        case "restart":
            scene.restart()
        case "sleep" | "doze":
            scene.sleep(30_000, clock_runs=what == "sleep")
            scene.look()
        case "taken" | "not-now" | "perhaps" | "never":
            scene.answers.append(outcome(what))


def check(told: Iterable[tuple[Telling, bool]]) -> None:
    """Check a course: *bool* tells whether people may have seen it."""
    seen: Telling | None = None
    for telling, maybe in told:
        if telling.over_at:
            assert seen, "nobody is calmed whom nobody alarmed"
            assert telling.over_at >= telling.since or telling.resumed
        elif seen and not telling.perhaps and seen.serial != telling.serial:
            passed_s = telling.at - seen.at
            changed = seen.symptom != telling.symptom
            assert passed_s >= (UPDATE_PAUSE_S if changed else SETTINGS.repeat_s) - 2 * LOOK_S, "told twice"
        if maybe:
            seen = None if telling.over_at else telling


@settings(max_examples=300)
@given(st.lists(st.tuples(ACTS, st.sampled_from([1, 20, 100, 700, 2000])), max_size=30))
def test_whatever_happens_people_are_told_right(acts: list[tuple[str, float]]) -> None:
    scene = Scene().begin()
    for what, wait_s in acts:
        act(scene, what)
        scene.wait(wait_s)
    scene.answers.clear()
    scene.healthy = True
    if not scene.connected:
        scene.connect()
    scene.start_collector()
    scene.wait(1500)
    assert scene.machine.case is None, "in the end all is well, and nothing is left to tell"
    assert scene.course[-1:] in ([], ["back"]), "nobody still believes that it is gone"
    before = len(scene.told)
    scene.wait(4000)
    assert len(scene.told) == before
    scene.beating = False
    scene.wait(120)
    assert scene.course[-1:] == ["silent"], "and a death is told as ever"


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["sleep", "doze", "restart", "sound"]), st.integers(1, 3000)), max_size=20))
def test_while_the_collector_lives_nothing_is_ever_told(acts: list[tuple[str, float]]) -> None:
    scene = Scene().begin()
    for what, wait_s in acts:
        act(scene, what)
        scene.wait(wait_s)
    assert scene.told == []


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["die", "live", "stop", "connect", "disconnect", "restart", "taken", "not-now", "never"]),
            st.sampled_from([1, 20, 100, 700]),
        ),
        max_size=40,
    )
)
def test_nothing_is_told_twice_and_no_end_without_a_beginning(acts: list[tuple[str, float]]) -> None:
    scene = Scene().begin()
    for what, wait_s in acts:
        act(scene, what)
        scene.wait(wait_s)
    check((telling, telling in scene.taken) for telling in scene.told)


def test_symptoms_have_words() -> None:
    from hallwatch_agent.collector_watch.words import Speaker, word  # beside what it is about

    speaker = Speaker(identity="330106/xihu/gw", host="pc", broker="b:1")
    for symptom in Symptom:
        for over_at in (0.0, START + 90):
            telling = Telling(serial=1, symptom=symptom, since=START, at=START + 100, over_at=over_at)
            assert len(word(telling, speaker).lines) >= 3
