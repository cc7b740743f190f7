"""The link to real brokers, the intake's patience with garbage, and the shelf of retained messages."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Assignment, Birth, Life, ProbeNow, Reading, Report, Sign, encode, topic
from hallwatch_collector import mqtt
from hallwatch_collector.config import Broker
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.intake import DROPPED, Intake, subscriptions
from hallwatch_collector.mqtt import Link
from hallwatch_collector.shelf import Shelf
from parts.mosquitto import Mosquitto, free_port, serve_mosquitto
from parts.nats import serve_nats
from parts.waiting import wait_until

XIHU = HallKey("330106", "xihu")
REPORTS = topic(*XIHU, "reports", "gw")
SIGN = topic(*XIHU, "signs", "prn-3")
GREETING = topic(*XIHU, "signs", "greeting")


class Ear:
    """A receiver that keeps what it gets; ``block`` makes it hold a message as a slow journal would."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.connections = 0
        self.greeted = False
        self.block = threading.Event()
        self.block.set()

    def on_message(self, name: str, payload: bytes) -> None:
        assert self.block.wait(10)
        if name == GREETING:
            self.greeted = True
        else:
            self.messages.append((name, payload))

    def on_connected(self) -> None:
        self.connections += 1

    def payloads(self, name: str) -> list[bytes]:
        return [payload for heard, payload in self.messages if heard == name]


@contextlib.contextmanager
def linked(settings: Broker, ear: Ear) -> Iterator[Link]:
    """Give a link whose subscriptions the broker has: it echoes to us what we published after them."""
    link, ear.greeted = Link(settings, subscriptions([]), ear), False
    link.start()
    try:
        wait_until(lambda: link.connected, 10, "connected")
        link.publish(GREETING, b"hello", retain=False)
        wait_until(lambda: ear.greeted, 10, "the echo of a greeting")
        yield link
    finally:
        ear.block.set()
        link.stop()


@contextlib.contextmanager
def client(port: int, name: str) -> Iterator[paho.Client]:
    other = paho.Client(CallbackAPIVersion.VERSION2, name)
    other.connect("127.0.0.1", port)
    other.loop_start()
    try:
        yield other
    finally:
        other.disconnect()
        other.loop_stop()


@pytest.fixture
def mosquitto() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.fixture(params=["mosquitto", "nats"])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    if request.param == "mosquitto":
        with serve_mosquitto() as broker:
            yield broker.port
    else:
        with serve_nats(tmp_path / "nats") as embedded:
            yield embedded.port


# -- the link


def test_what_is_published_from_any_thread_comes_in_order_and_stays_retained(port: int) -> None:
    ear = Ear()
    with linked(Broker(port=port), ear) as link:
        threads = [
            threading.Thread(target=lambda k=k: [link.publish(f"{SIGN}-{k}", b"%d" % n) for n in range(200)])
            for k in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Not a count of all that came: Mosquitto's own $SYS figures come in between.
        wait_until(lambda: all(len(ear.payloads(f"{SIGN}-{k}")) >= 200 for k in range(4)), 20, "the echoes")
        for k in range(4):
            assert ear.payloads(f"{SIGN}-{k}") == [b"%d" % n for n in range(200)]
    late = Ear()
    with linked(Broker(port=port, client_id="late"), late):
        wait_until(lambda: late.payloads(f"{SIGN}-3") == [b"199"], 10, "the retained message")


def test_the_session_keeps_what_came_while_we_were_away(port: int) -> None:
    ear = Ear()
    with linked(Broker(port=port), ear) as link, client(port, "agent") as agent:
        agent.publish(REPORTS, b"0", 1).wait_for_publish(5)
        wait_until(lambda: ear.payloads(REPORTS), 10)
        link.stop()
        for number in range(1, 50):
            agent.publish(REPORTS, b"%d" % number, 1).wait_for_publish(5)
    expected = {b"%d" % number for number in range(50)}
    with linked(Broker(port=port), ear):
        # What nats-server had already sent into the closing connection it sends again after 30 s.
        wait_until(lambda: set(ear.payloads(REPORTS)) == expected, 45, "the messages of the time away")


def test_a_message_is_acknowledged_only_when_it_was_taken(mosquitto: Mosquitto) -> None:
    ear = Ear()
    settings = Broker(port=mosquitto.port)
    with linked(settings, ear), client(mosquitto.port, "agent") as agent:
        ear.block.clear()
        agent.publish(REPORTS, b"undecided", 1).wait_for_publish(5)
        # The broker hands what is unacknowledged to the next holder of the session, as after a crash.
        second = Ear()
        with linked(settings, second):
            wait_until(lambda: second.payloads(REPORTS) == [b"undecided"], 10, "the message again")


def test_the_link_comes_back_by_itself(mosquitto: Mosquitto) -> None:
    ear = Ear()
    with linked(Broker(port=mosquitto.port), ear) as link:
        mosquitto.stop(signal.SIGKILL)
        wait_until(lambda: not link.connected, 10, "notices that the broker is away")
        wait_until(lambda: "refused" in link.last_error, 5, "says why")
        link.publish(SIGN, b"lost, and whoever publishes knows")
        mosquitto.start()
        wait_until(lambda: ear.connections == 2, 5, "connected again")
        link.publish(SIGN, b"after")
        wait_until(lambda: ear.payloads(SIGN) == [b"after"], 10)


def test_of_two_links_with_one_client_id_one_stays_and_the_other_says_why(port: int) -> None:
    settings = Broker(port=port, client_id="twin")
    links = [Link(settings, subscriptions([]), Ear()) for _ in range(2)]
    for link in links:
        link.start()
    try:
        wait_until(lambda: any("client id twin" in link.last_error for link in links), 40, "one gives way")
        away = next(link for link in links if "client id twin" in link.last_error)
        stays = links[1 - links.index(away)]
        wait_until(lambda: stays.connected, 5, "the other one is there")
        since = time.monotonic()
        wait_until(lambda: time.monotonic() - since > 3 or not stays.connected, 10)
        assert (stays.connected, away.connected) == (True, False)
        assert "client id twin" in away.trouble
    finally:
        for link in links:
            link.stop()


def test_a_broker_that_hangs_is_told_from_one_that_has_nothing_to_say(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt, "ASK_S", 0.2)
    monkeypatch.setattr(mqtt, "SILENT_S", 2.0)
    ear = Ear()
    with linked(Broker(port=port), ear) as link:
        heard = link._client.on_unsubscribe
        answers: list[object] = []
        link._client.on_unsubscribe = lambda *told: (answers.append(told), heard(*told))
        wait_until(lambda: len(answers) >= 3, 20, "a quiet broker answers")
        assert (link.answers, link.trouble) == (True, "")


def test_a_broker_that_hangs_is_said_to_be_away(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "ASK_S", 0.2)
    monkeypatch.setattr(mqtt, "SILENT_S", 1.0)
    with linked(Broker(port=mosquitto.port), Ear()) as link:
        mosquitto.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: "answers nothing" in link.trouble, 10, "says so")
            assert (link.connected, link.answers) == (True, False)
        finally:
            mosquitto.signal(signal.SIGCONT)
        wait_until(lambda: link.answers and not link.trouble, 10, "it answers again")


def test_a_defect_in_the_receiver_does_not_end_the_link(mosquitto: Mosquitto, caplog: pytest.LogCaptureFixture) -> None:
    class Clumsy(Ear):
        def on_connected(self) -> None:
            super().on_connected()
            raise ZeroDivisionError

        def on_message(self, name: str, payload: bytes) -> None:
            if payload == b"bad" and not self.payloads(REPORTS):
                super().on_message(name, payload)
                raise ZeroDivisionError
            super().on_message(name, payload)

    ear = Clumsy()
    with linked(Broker(port=mosquitto.port), ear) as link, client(mosquitto.port, "agent") as agent:
        agent.publish(REPORTS, b"bad", 1)
        agent.publish(REPORTS, b"good", 1)
        wait_until(lambda: b"good" in ear.payloads(REPORTS), 10, "the next message")
        assert link.alive
    assert "going on" in caplog.text


def test_refusals_are_said_in_words(mosquitto: Mosquitto, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("wrong\n")
    with serve_mosquitto("allow_anonymous false\npassword_file /dev/null") as guarded:
        link = Link(Broker(port=guarded.port, username="x", password_file=str(password)), subscriptions([]), Ear())
        link.start()
        wait_until(lambda: "Not authorized" in link.last_error, 10, "the reason")
        assert not link.connected
        link.stop()
        assert not link.alive


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``key.pem`` and the self-signed ``cert.pem`` of 127.0.0.1."""
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", *curve, *names, *files], check=True, capture_output=True)
    return folder


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
def test_tls_holds_and_carries_much(certificate: Path) -> None:
    files = f"certfile {certificate / 'cert.pem'}\nkeyfile {certificate / 'key.pem'}"
    port, ear = free_port(), Ear()
    with serve_mosquitto(f"listener {port} 127.0.0.1\nallow_anonymous true\n{files}"):
        settings = Broker(port=port, tls=True, ca_file=str(certificate / "cert.pem"))
        with linked(settings, ear) as link:
            for number in range(300):
                link.publish(SIGN, b"%d" % number + b" " * 20_000)
            wait_until(lambda: len(ear.messages) >= 300, 20, "300 large echoes over TLS")
        stranger = Link(Broker(port=port, tls=True), subscriptions([]), Ear())
        stranger.start()
        wait_until(lambda: "CERTIFICATE_VERIFY_FAILED" in stranger.last_error, 10, "an unknown issuer is refused")
        stranger.stop()


def test_the_brokers_own_figures_arrive(mosquitto: Mosquitto) -> None:
    ear = Ear()
    with linked(Broker(port=mosquitto.port), ear):
        wait_until(lambda: ear.payloads(DROPPED), 10, "Mosquitto's drop counter")


def test_one_may_listen_to_some_areas_only() -> None:
    first, _ = subscriptions(["330106", "330108"])
    assert "hallwatch/v1/330106/+/reports/+" in first
    assert "hallwatch/v1/330108/+/agents/+" in first
    assert not any(name.startswith("hallwatch/v1/+") for name in first)


def test_a_held_link_leaves_what_comes_with_the_broker(port: int) -> None:
    ear = Ear()
    with linked(Broker(port=port), ear) as link, client(port, "agent") as agent:
        link.hold("the journal is away")
        wait_until(lambda: not link.connected, 10, "it has left")
        assert link.last_error == "the journal is away"
        agent.publish(REPORTS, b"meanwhile", qos=1).wait_for_publish(10)
        link.hold("the journal is away")
        assert link.alive
        assert ear.payloads(REPORTS) == []
        link.release()
        # a broker that sent it while we left gives it half a minute before it sends it again
        wait_until(lambda: ear.payloads(REPORTS) == [b"meanwhile"], 60, "what came meanwhile")


# -- the intake


class Desk:
    """A destination with one hall and one agent."""

    def __init__(self) -> None:
        self.taken: list[tuple[HallKey, str, Report | Life]] = []
        self.heard: list[str] = []

    def take_report(self, key: HallKey, agent: str, report: Report, now: float) -> None:
        if report.readings and report.readings[0].device == "trap":
            raise ZeroDivisionError
        self.taken.append((key, agent, report))

    def take_life(self, key: HallKey, agent: str, life: Life, now: float) -> None:
        self.taken.append((key, agent, life))

    def hear(self, name: str, payload: bytes, now: float) -> None:
        self.heard.append(name)

    def knows(self, key: HallKey) -> bool:
        return key == XIHU

    def knows_agent(self, key: HallKey, agent: str) -> bool:
        return key == XIHU and agent == "gw"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def refused() -> Counter[str]:
    return Counter()


@pytest.fixture
def intake(desk: Desk, refused: Counter[str]) -> Intake:
    return Intake(desk, lambda reason, count: refused.update({reason: count}))


def report(device: str = "prn-3") -> bytes:
    return encode(Report("gw", "b1", 1, 1.0, [Reading(device, "tcp", 1.0)]))


def test_messages_go_where_they_belong(intake: Intake, desk: Desk, refused: Counter[str]) -> None:
    intake.take(REPORTS, report(), 1.0)
    intake.take(REPORTS, report(), 2.0)
    intake.take(topic(*XIHU, "agents", "gw"), encode(Birth("gw", "b1", 1, 1.0, 30)), 3.0)
    intake.take(topic(*XIHU, "agents", "gw"), b"", 3.0)
    intake.take(SIGN, encode(Sign("prn-3", "x", "y", 1.0, "H2")), 4.0)
    intake.take(topic(*XIHU, "orders", "gw"), encode(Assignment("gw", "d", [])), 4.0)
    intake.take(topic(*XIHU, "orders", "gw"), encode(ProbeNow("gw", ["prn-3"])), 4.0)
    intake.take(DROPPED, b"17", 5.0)
    assert [type(message).__name__ for _, _, message in desk.taken] == ["Report", "Report", "Birth"]
    assert desk.heard == [SIGN, topic(*XIHU, "orders", "gw")], "an order to probe now does not stand on its topic"
    assert intake.figures == {DROPPED: 17}
    assert not refused


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        (REPORTS, b"\xff\x00", "not-on-the-wire"),
        (REPORTS, b"", "not-on-the-wire"),
        (REPORTS, b"[" * 100_000, "not-on-the-wire"),
        (REPORTS, b" " * 2_000_000, "not-on-the-wire"),
        (REPORTS, b'{"agent":"gw","boot":"b","seq":1,"sent_at":NaN,"readings":[]}', "not-on-the-wire"),
        (REPORTS, b'{"agent":"gw","boot":"b","seq":"1","sent_at":1,"readings":[]}', "not-on-the-wire"),
        (topic(*XIHU, "agents", "gw"), b"{}", "not-on-the-wire"),
        (topic(*XIHU, "orders", "gw"), b"{", "not-on-the-wire"),
        ("hallwatch/v1/330106/xihu/reports/GW", report(), "not-on-the-wire"),
        ("hallwatch/v1/330106/xihu/nonsense/gw", report(), "not-on-the-wire"),
        ("something/else", report(), "not-on-the-wire"),
        (topic("330106", "west", "reports", "gw"), report(), "unknown-hall"),
        (topic(*XIHU, "agents", "nobody"), encode(Birth("nobody", "b1", 1, 1.0, 30)), "unknown-agent"),
        (topic(*XIHU, "agents", "gw"), encode(Birth("nobody", "b1", 1, 1.0, 30)), "forged-agent"),
        (SIGN, b"{}", "not-on-the-wire"),
        (topic(*XIHU, "board"), b"NaN", "not-on-the-wire"),
        (REPORTS, report("trap"), "internal-error"),
    ],
)
def test_garbage_is_counted_by_reason_and_hurts_nothing(name: str, payload: bytes, reason: str) -> None:
    desk, refused = Desk(), Counter[str]()
    intake = Intake(desk, lambda why, count: refused.update({why: count}))
    intake.take(name, payload, 1.0)
    intake.take(REPORTS, report(), 2.0)
    assert refused == {reason: 1}
    assert len(desk.taken) == 1


def test_garbage_on_our_own_topics_is_compared_with_what_should_stand(intake: Intake, desk: Desk) -> None:
    for branch in ("orders", "signs"):
        intake.take(topic(*XIHU, branch, "gw"), b"{", 1.0)
    assert desk.heard == [topic(*XIHU, "orders", "gw"), topic(*XIHU, "signs", "gw")]


@given(
    name=st.text(),
    branch=st.sampled_from(["agents", "reports", "orders", "signs", "notices", "board"]),
    payload=st.binary(),
)
def test_whatever_comes_never_raises(name: str, branch: str, payload: bytes) -> None:
    intake = Intake(Desk(), lambda *_: None)
    for heard in (name, f"hallwatch/v1/330106/xihu/{branch}/{name}", f"hallwatch/v1/{name}", f"$SYS/{name}"):
        intake.take(heard, payload, 1.0)
    assert intake.errors == 0


def test_made_up_topics_do_not_fill_the_memory(intake: Intake) -> None:
    for number in range(1000):
        intake.take(topic(*XIHU, "reports", f"made-up-{number}"), report(), 1.0)
        intake.take(f"$SYS/made-up/{number}", b"1", 1.0)
    assert len(intake._routes) == 0
    assert intake.figures == {}


# -- the shelf


class Wall:
    """A shelf with what it published and what it measured."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self.passing: list[tuple[str, bytes]] = []
        self.delays: list[tuple[str, float]] = []
        self.monotonic = 0.0
        self.shelf = Shelf(
            lambda name, payload, retain: (self.published if retain else self.passing).append((name, payload)),
            lambda key: key == XIHU,
            lambda name, delay_s: self.delays.append((name, delay_s)),
            lambda: self.monotonic,
        )

    def settle(self, after_s: float) -> None:
        self.monotonic += after_s
        self.shelf.settle()


@pytest.fixture
def wall() -> Wall:
    return Wall()


def test_a_sign_is_published_once_and_its_delay_measured(wall: Wall) -> None:
    wall.shelf.put(SIGN, b"a", 10.0)
    wall.shelf.put(SIGN, b"a", 10.1)
    wall.shelf.hear(SIGN, b"a", 10.25)
    wall.shelf.hear(SIGN, b"a", 10.3)
    wall.settle(99.0)
    assert wall.published == [(SIGN, b"a")]
    assert wall.delays == [(SIGN, 0.25)]


def test_what_is_passed_on_does_not_stand(wall: Wall) -> None:
    wall.shelf.pass_on(topic(*XIHU, "orders", "gw"), b"look")
    wall.settle(99.0)
    wall.shelf.restore()
    assert len(wall.passing) == 1
    assert wall.published == []


def test_what_was_not_heard_is_published_again_ever_more_seldom(wall: Wall) -> None:
    wall.shelf.put(SIGN, b"a", 0.0)
    for _ in range(1, 200):
        wall.settle(1.0)
    assert 4 <= len(wall.published) <= 9


def test_a_clock_set_back_delays_no_second_try(wall: Wall) -> None:
    wall.shelf.put(SIGN, b"a", 1_700_000_000.0)
    wall.shelf.put(topic(*XIHU, "signs", "w3"), b"b", 1_600_000_000.0)
    wall.settle(3.0)
    assert len(wall.published) == 4


def test_an_old_message_that_comes_after_the_new_one_is_put_right(wall: Wall) -> None:
    wall.shelf.put(SIGN, b"old", 0.0)
    wall.shelf.put(SIGN, b"new", 0.1)
    wall.shelf.hear(SIGN, b"new", 0.2)
    wall.shelf.hear(SIGN, b"old", 0.3)
    wall.settle(0.2)
    assert wall.published[-1] == (SIGN, b"new")
    wall.shelf.hear(SIGN, b"new", 0.6)
    count = len(wall.published)
    wall.settle(99.0)
    assert len(wall.published) == count


def test_strays_of_our_halls_are_cleared_those_of_others_are_not(wall: Wall) -> None:
    foreign = topic("330108", "north", "signs", "prn-1")
    wall.shelf.hear(SIGN, b"from before a crash", 1.0)
    wall.shelf.hear(foreign, b"theirs", 1.0)
    wall.shelf.hear("no/topic/of/ours", b"x", 1.0)
    wall.settle(0.1)
    assert wall.published == [(SIGN, b"")]
    wall.shelf.hear(SIGN, b"", 1.2)
    wall.settle(99.0)
    assert wall.published == [(SIGN, b"")]


def test_a_new_connection_gets_everything_again(wall: Wall) -> None:
    wall.shelf.put(SIGN, b"a", 0.0)
    wall.shelf.hear(SIGN, b"a", 0.1)
    wall.shelf.restore()
    assert wall.published == [(SIGN, b"a"), (SIGN, b"a")]
    wall.settle(60.0)
    assert len(wall.published) == 3, "until it is heard"


def test_replacing_a_branch_takes_what_is_not_named_and_nothing_else(wall: Wall) -> None:
    order = topic(*XIHU, "orders", "gw")
    wall.shelf.put(order, b"o", 0.0)
    wall.shelf.put(SIGN, b"a", 0.0)
    wall.shelf.replace(XIHU, "signs", {"w3": b"b"}, 1.0)
    assert wall.published[2:] == [(SIGN, b""), (topic(*XIHU, "signs", "w3"), b"b")]
    wall.shelf.forget(XIHU, 2.0)
    assert wall.published[-2:] == [(order, b""), (topic(*XIHU, "signs", "w3"), b"")]
