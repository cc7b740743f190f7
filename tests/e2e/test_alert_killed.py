"""Must hold: a collector killed with -9 a hundred times between decision and acceptance loses no alert. Who can tell a
repeat has each once; who cannot is told on the repeat that it may be one.

A real Mosquitto, a real journal, a real collector that dies a hundred times: at random, before the broker has its
acknowledgement, when a decision or a sending was just written down, and while a vendor holds the request, has taken it
without a word, or has just answered. Each printer jams once and is mended once, so a title tells which edition it is.
"""

from __future__ import annotations

import json
import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Reading
from parts.alert_audit import Record, check_alertmanager, check_people, check_program, read_record
from parts.collector import HOST, CollectorProcess, FakeAgent, wall_clock
from parts.executioner import Executioner
from parts.mosquitto import serve_mosquitto
from parts.outcomes import note_line
from parts.vendors.alertmanager import FailingAlertmanager
from parts.vendors.mail import Mailbox, serve_mail
from parts.vendors.web import Imitation, serve
from parts.vendors.webhook import SECRET, Receiver
from parts.vendors.wecom import Wecom
from parts.waiting import wait_until
from parts.zygote import raise_zygote

pytestmark = pytest.mark.e2e

SEED: Final = 20_261_122
KILLS: Final = 100
PRINTERS: Final = 110
MENDED_SHARE: Final = 0.8
LIVES: Final = 20
RANDOM_S: Final = 0.8
"""A collector begins in about 0.35 s, and has told what it was just told in a tenth of that."""
REST: Final = 6
"""So often one lives until all is told: what piles up for longer is told in digests that do not name all of it."""
PATIENCE_S: Final = 2.0
"""A moment that does not come within this is not waited for any longer."""
AIMS: Final = ("asked", "taken", "answered")
KINDS: Final = ("at random", "before PUBACK", "decision written", "sending written", *AIMS)
VENDORS: Final = ("hook", "am", "bot", "mail")
ALERTS = """\
steps = [{{ to = ["technical"] }}]
update_pause_s = 3600
channels = [
  {{ id = "bot", kind = "wecom", url_file = "robot" }},
  {{ id = "mail", kind = "smtp", host = "127.0.0.1", port = {mail}, security = "none", sender = "hall@example.cn" }},
  {{ id = "hook", kind = "webhook", url = "{hook}", secret_file = "hook-secret" }},
  {{ id = "am", kind = "alertmanager", urls = ["{am}"], feed = true }},
  {{ id = "topic", kind = "mqtt", port = {mqtt}, feed = true }},
]
people = [
  {{ name = "张伟", roles = ["technician"], ways = [{{ channel = "bot" }}] }},
  {{ name = "李敏", roles = ["technician"], ways = [{{ channel = "mail", to = "li@example.cn" }}] }},
  {{ name = "王强", roles = ["technician"], ways = [{{ channel = "hook" }}] }},
]
"""
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
"""
PRINTER = """\
[[devices]]
id = "p{0:03}"
kind = "printer"
name = "{0:03}号打印机"
serves = []
probes = [{{ kind = "tcp", agent = "gw", interval_s = 3600, host = "127.0.0.1", port = 9 }}]
"""


@dataclass
class Printers:
    """Jam once each, and are mended once."""

    agent: FakeAgent
    rng: random.Random
    jammed: list[int] = field(default_factory=list)
    unused: list[int] = field(default_factory=lambda: list(range(PRINTERS, 0, -1)))
    mended: list[int] = field(default_factory=list)

    def change(self, mended_share: float = 0.0) -> None:
        """Let one jam, or one be mended (which counts after a while), in a report of its own."""
        mend = bool(self.jammed) and self.rng.random() < mended_share
        number = self.jammed.pop(0) if mend else self.unused.pop()
        (self.mended if mend else self.jammed).append(number)
        conditions = {"reachable": True, "jam": not mend}
        self.agent.report(Reading(f"p{number:03}", "tcp", wall_clock(), conditions=conditions))


class Listener:
    """Hears what is told on the topic."""

    def __init__(self, port: int) -> None:
        self.told: list[dict[str, Any]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, "listener", clean_session=False)
        self._client.on_message = self._hear
        self._client.on_connect = lambda client, *_: client.subscribe("hallwatch-alerts/#", 1)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def close(self) -> None:
        """Go."""
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        if message.payload:
            self.told.append(json.loads(message.payload)["data"])


@dataclass
class World:
    """Everything around the collector."""

    collector: CollectorProcess
    executioner: Executioner
    agent: FakeAgent
    printers: Printers
    rng: random.Random
    hook: Receiver
    am: FailingAlertmanager
    bot: Wecom
    mail: Mailbox
    topic: Listener
    died: Counter[str] = field(default_factory=Counter)

    def open_journal(self) -> sqlite3.Connection:
        """Open the journal, to look into it."""
        return sqlite3.connect(f"file:{self.collector.folder / 'data' / 'journal.sqlite'}?mode=ro", uri=True)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        hook, am, bot = (stack.enter_context(serve(each)) for each in (Receiver(), FailingAlertmanager(), Wecom()))
        bot.now = lambda: time.monotonic() * 60  # it bears twenty messages a second
        mail = stack.enter_context(serve_mail())
        (tmp_path / "robot").write_text(bot.robot)
        (tmp_path / "hook-secret").write_text(SECRET)
        told = ALERTS.format(hook=hook.url, am=am.url, mail=mail.port, mqtt=broker.port)
        (tmp_path / "alerts.toml").write_text(told, encoding="utf-8")
        collector = CollectorProcess(tmp_path, broker.port, before='alerts = "alerts.toml"\n')
        hall = "\n".join([HALL, *(PRINTER.format(number) for number in range(1, PRINTERS + 1))])
        (tmp_path / "halls" / "xihu.toml").write_text(hall, encoding="utf-8")
        topic = Listener(broker.port)
        stack.callback(topic.close)
        agent = FakeAgent(broker.port, "330106", "xihu", "gw", hears="collector")
        stack.callback(agent.close)
        executioner = Executioner(stack.enter_context(raise_zygote(collector.log)), collector.command("run")[3:])
        rng = random.Random(SEED)
        made = World(
            collector, executioner, agent, Printers(agent, rng), rng,
            hook=hook, am=am, bot=bot, mail=mail, topic=topic,
        )  # fmt: skip
        for name in VENDORS:
            vendor: Imitation | Mailbox = getattr(made, name)
            vendor.meet = lambda moment, name=name: executioner.meet(name, moment)
        yield made


@pytest.mark.timeout(900)
def test_killed_a_hundred_times_no_alert_is_lost_and_repeats_are_marked(world: World) -> None:
    world.executioner.start()  # once in peace, so that the broker keeps its session
    wait_until(lambda: world.agent.heard, 20, "it speaks")
    world.agent.report(
        *(Reading(f"p{number:03}", "tcp", wall_clock(), conditions={"reachable": True, "jam": False})
          for number in range(1, PRINTERS + 1))
    )  # fmt: skip
    world.executioner.strike()
    began = time.monotonic()
    for number in range(KILLS):
        live_and_die(world, KINDS[number % len(KINDS)])
        if number % REST == 0:
            live_in_peace(world)
    took_s = time.monotonic() - began

    take_in(world)
    live_in_peace(world)
    check(world, took_s)


def live_in_peace(world: World) -> None:
    """Start collectors until nothing is left to tell.

    One that has more to tell than people can read would take its time; the next one has not told them anything yet.
    """
    for _ in range(LIVES):
        world.executioner.start()
        until = time.monotonic() + PATIENCE_S
        while (left := read(world).waiting()) and time.monotonic() < until:
            threading.Event().wait(0.02)
        world.executioner.strike()
        if not left:
            return
    raise AssertionError("it is never all told")


def take_in(world: World) -> None:
    """Wait until a collector knows how all printers are."""
    world.agent.heard.clear()
    world.executioner.start()
    try:
        wait_until(lambda: world.agent.heard, 20, "it speaks")
        standing = {f"p{number:03}" for number in world.printers.jammed}
        wait_until(lambda: set(known(world)) == standing, 40, "what stands is known", every_s=0.1)
    finally:
        world.executioner.strike()


def live_and_die(world: World, kind: str) -> None:
    """Start the collector and kill it at a moment of this kind."""
    world.agent.heard.clear()
    if kind in AIMS:
        world.executioner.aim(world.rng.choice(VENDORS), kind)  # what was left over may strike already
    world.executioner.start()
    bring_about(world, kind)
    world.died[kind if kind not in AIMS or world.executioner.struck.is_set() else "missed"] += 1
    world.executioner.strike()


def bring_about(world: World, kind: str) -> None:
    """Let a printer jam, or be mended, and return when it is time to kill.

    One that stands still when the report comes dies without having taken it: the broker brings it to the next one.
    """
    if kind == "at random":
        world.printers.change(MENDED_SHARE)
        threading.Event().wait(world.rng.uniform(0, RANDOM_S))
    elif kind == "before PUBACK":
        wait_until(lambda: world.agent.heard, 20, "it speaks")
        world.executioner.freeze()
        before = count_events(world)
        world.printers.change(MENDED_SHARE)
        assert count_events(world) == before
    elif kind == "decision written":
        watch(world, lambda journal: length(journal, "alert-decided"))
    elif kind == "sending written":
        watch(world, lambda journal: length(journal, "alert-sent"))
    else:
        world.printers.change()
        world.executioner.struck.wait(PATIENCE_S)


def watch(world: World, count: Callable[[sqlite3.Connection], int]) -> None:
    """Let something happen, and return the moment the journal has more of something."""
    with closing(world.open_journal()) as journal:
        before = count(journal)
        world.printers.change()
        until = time.monotonic() + PATIENCE_S
        while count(journal) == before and time.monotonic() < until:
            pass  # a pause would miss the moment


def count_events(world: World) -> int:
    """Return how many events the journal holds."""
    with closing(world.open_journal()) as journal:
        return length(journal)


def length(journal: sqlite3.Connection, kind: str = "%") -> int:
    """Return how many events of a kind there are."""
    found: int = journal.execute("SELECT count(*) FROM event WHERE kind LIKE ?", [kind]).fetchone()[0]
    return found


def known(world: World) -> list[str]:
    """Return the printers that the collector holds for jammed."""
    devices = world.collector.get("/api/halls/330106/xihu")["devices"]
    return [device["id"] for device in devices for fault in device["faults"] if fault["fault"] == "jam"]


def read(world: World) -> Record:
    """Read what the journal says of alerts."""
    with closing(world.open_journal()) as journal:
        return read_record(journal)


def check(world: World, took_s: float) -> None:
    """Compare what was decided with what arrived, and print the figures."""
    record, printers = read(world), world.printers
    note_line(f"{KILLS} kills in {took_s:.0f} s, seed {SEED}: " + ", ".join(f"{n} {k}" for k, n in world.died.items()))
    assert not record.kinds["alert-failed"]
    assert world.died["missed"] <= KILLS / 5, "most kills hit what they aimed at"
    devices = {title.partition("号打印机")[0][-3:] for title in record.titles.values()}
    assert devices == {f"{number:03}" for number in (*printers.jammed, *printers.mended)}
    wanted = record.wanted()
    assert set(wanted) == {"bot", "mail", "hook", "am", "topic"}
    whole = [told for asked in world.hook.asked if (told := asked.json())]  # who dies while sending sends a piece
    sent = [part for told in whole for part in told["data"]["parts"]]
    taken = [part for message in world.hook.taken for part in message["data"]["parts"]]
    check_program("hook", wanted["hook"], sent, taken)
    check_program("topic", wanted["topic"], world.topic.told, world.topic.told)
    check_people("bot", [record.titles[each] for each in wanted["bot"]], list(map(read_chat, world.bot.taken)))
    check_people("mail", [record.titles[each] for each in wanted["mail"]], list(map(read_mail, world.mail.taken)))
    check_alertmanager(wanted["am"], world.am.taken, [f"p{number:03}" for number in printers.mended])


def read_chat(told: dict[str, Any]) -> str:
    """Return what people read in the chat."""
    text: str = told["text"]["content"]
    return text


def read_mail(mail: EmailMessage) -> str:
    """Return what people read in a mail."""
    body = mail.get_body(("plain",))
    assert body
    return f"{mail['Subject']}\n{body.get_content()}"
