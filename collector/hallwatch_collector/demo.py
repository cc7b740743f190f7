"""The demo: the whole of Hallwatch on one machine, that machine for real and a simulated county hall beside it.

Three children, started in order and restarted when they end: the collector (with its embedded broker), an agent that
reads this machine, and the simulator. Everything they write is in one folder; the next start goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from hallwatch_collector.broker import DEFAULT_PORT, choose_port, port_is_free
from hallwatch_collector.config import load_config
from hallwatch_collector.demo_people import admit_people
from hallwatch_collector.folderlock import FolderTaken, lock_folder
from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
from hallwatch_collector.simulate.cli import SHIPPED_HALL
from hallwatch_collector.supervise import Child
from hallwatch_collector.thismachine import AGENT, AREA, HALL, describe_this_machine

DEFAULT_WEB_PORT: Final = 8080
PORTS_FILE: Final = "ports.json"
READY_WITHIN_S: Final = 50.0
MOST_FAILURES: Final = 3
"""So often the collector may end before its page answers: what a killed demo held may be free a moment later."""
COLLECTOR: Final = """\
# Written anew at each start of the demo.
halls = "halls"
data_dir = "."

[broker]
embedded = true
port = {mqtt}

[web]
port = {web}
"""
AGENT_FILE: Final = """\
# Written anew at each start of the demo.
[identity]
area = "{area}"
hall = "{hall}"
agent = "{agent}"

[broker]
host = "127.0.0.1"
port = {mqtt}

[spool]
directory = {spool}
"""


class DemoError(Exception):
    """The demo cannot run; the text says why and what to do."""


Port = Annotated[int, Meta(ge=1, le=65_535)]


class Ports(Struct, frozen=True):
    """Where the broker and the page are; remembered in the folder."""

    mqtt: Port = DEFAULT_PORT
    web: Port = DEFAULT_WEB_PORT

    @property
    def page(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.web}/"


class Demo:
    """A demo in *folder*. *say* gets each line for the terminal; *web_port* None: remembered, else the default."""

    def __init__(self, folder: Path, say: Callable[[str], None], web_port: int | None = None) -> None:
        self._folder = folder
        self._say = say
        self._web_port = web_port
        self._children: list[Child] = []
        self._lock: int | None = None
        self._reserved: list[socket.socket] = []

    def start(self, ended: threading.Event) -> Ports:
        """Start everything and return where it is, as soon as the page answers; raise :class:`DemoError` if it cannot.

        When *ended* is set meanwhile, it returns early.
        """
        try:
            self._lock = lock_folder(self._folder)
        except FolderTaken as folder:
            page = remembered_ports(self._folder).page
            raise DemoError(
                f"a demo is already running in {folder}: use that one ({page}), or another folder (--data)"
            ) from None
        ports = self._choose_ports()
        write_files(self._folder, ports)
        config = load_config(self._folder / "collector.toml")
        try:
            admit_people(self._folder, config.journal_url, time.time())  # noqa: TID251
        except (JournalUnavailable, JournalUnusable) as error:
            raise DemoError(f"{self._folder / 'journal.sqlite'}: {error}") from error
        self._say(f"data       {self._folder}")
        self._say(f"logs       {self._folder / 'logs'}")
        state = str(self._folder / "simulation.json")
        county = str(self._folder / "halls" / "county.toml")
        self._run("collector", "hallwatch_collector", "run", "--config", str(self._folder / "collector.toml"))
        self._say(f"collector  starting, with its broker on 127.0.0.1:{ports.mqtt}")
        self._wait_for_page(ports, ended)
        if ended.is_set():
            return ports
        self._run("agent", "hallwatch_agent", "run", "--config", str(self._folder / "agent.toml"))
        self._say(f"agent      reads this machine as halls/{HALL}.toml says")
        broker = f"127.0.0.1:{ports.mqtt}"
        self._run(
            "simulator",
            "hallwatch_collector",
            "simulate",
            "run",
            "--broker",
            broker,
            "--hall",
            county,
            "--state",
            state,
        )
        self._say("simulator  plays the county hall: simulated, and marked so everywhere")
        return ports

    def stop(self) -> None:
        """End everything, those who report before the one who listens."""
        reporters = [threading.Thread(target=child.stop, args=(3.0,)) for child in self._children[1:]]
        for thread in reporters:
            thread.start()
        for thread in reporters:
            thread.join()
        for child in self._children[:1]:
            child.stop(5.0)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        for held in self._reserved:
            held.close()

    def _run(self, name: str, *command: str) -> None:
        log_file = self._folder / "logs" / f"{name}.log"
        # So that the log says where, should a library written in C bring it down.
        environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
        child = Child(name, [sys.executable, "-m", *command], log_file, environment=environment)
        self._children.append(child)
        child.start()

    def _choose_ports(self) -> Ports:
        kept = remembered_ports(self._folder)
        if self._web_port is not None and not self._take(self._web_port):
            raise DemoError(f"port {self._web_port} is taken: choose another one (--port), or none")
        web = self._web_port or self._take_one([kept.web, DEFAULT_WEB_PORT])
        ports = Ports(mqtt=self._take_one([kept.mqtt, DEFAULT_PORT]), web=web)
        (self._folder / PORTS_FILE).write_bytes(msgspec.json.encode(ports))
        return ports

    def _take_one(self, wanted: list[int]) -> int:
        """Take the first of these ports that is free, else any free one."""
        for port in wanted:
            if self._take(port):
                return port
        while not self._take(port := choose_port([])):
            pass
        return port

    def _take(self, port: int) -> bool:
        held = reserve_port(port)
        if held is not None:
            self._reserved.append(held)
        return held is not None

    def _wait_for_page(self, ports: Ports, ended: threading.Event) -> None:
        collector = self._children[0]
        deadline = time.monotonic() + READY_WITHIN_S
        while not ended.wait(0.1):
            if collector.pid is not None and page_answers(ports):
                return
            if collector.failures >= MOST_FAILURES or time.monotonic() > deadline:
                trouble = (
                    "the collector does not stay up"
                    if collector.failures >= MOST_FAILURES
                    else f"the page does not answer within {READY_WITHIN_S:.0f} s"
                )
                raise DemoError(f"{trouble}; {collector.log_file} ends with:\n{collector.last_words(10)}")


def remembered_ports(folder: Path) -> Ports:
    """Return the ports of the demo that runs in a folder, or ran there last; the usual ones where none did."""
    try:
        return msgspec.json.decode((folder / PORTS_FILE).read_bytes(), type=Ports)
    except (OSError, msgspec.MsgspecError):
        return Ports()


def reserve_port(port: int) -> socket.socket | None:
    """Keep a free TCP port of 127.0.0.1 from other demos, which may start at this moment; None: it is taken.

    What is held is the UDP port of the same number: the TCP port itself must stay free for the child that will listen
    there.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        held.bind(("127.0.0.1", port))
    except OSError:
        held.close()
        return None
    if not port_is_free(port):
        held.close()
        return None
    return held


def write_files(folder: Path, ports: Ports) -> None:
    """Write what the children read: the settings always, the halls only once, for they are the user's then."""
    halls = folder / "halls"
    halls.mkdir(parents=True, exist_ok=True)
    if not (halls / "county.toml").exists():
        shutil.copyfile(SHIPPED_HALL, halls / "county.toml")
    if not (halls / f"{HALL}.toml").exists():
        (halls / f"{HALL}.toml").write_text(describe_this_machine(), encoding="utf-8")
    (folder / "collector.toml").write_text(COLLECTOR.format(mqtt=ports.mqtt, web=ports.web), encoding="utf-8")
    spool = json.dumps(str((folder / "agent").absolute()), ensure_ascii=False)
    settings = AGENT_FILE.format(area=AREA, hall=HALL, agent=AGENT, mqtt=ports.mqtt, spool=spool)
    (folder / "agent.toml").write_text(settings, encoding="utf-8")


def page_answers(ports: Ports) -> bool:
    """Tell whether the collector says that it is healthy."""
    with closing(HTTPConnection("127.0.0.1", ports.web, timeout=2)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
