"""The command ``hallwatch demo``."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hallwatch_agent.commandline import a_path, a_port, describe
from hallwatch_collector.demo import Demo, DemoError, Ports
from hallwatch_collector.demo_people import PEOPLE, read_sign_ins
from hallwatch_collector.invocation import own_name

DEFAULT_FOLDER = Path("data")
READY = """
Hallwatch is running ({took_s:.0f} s).

  page       {page}
  metrics    {page}metrics

The board is open to everybody. To act, sign in as one of these, by role (kept in {folder}/sign-ins.json):

{people}

Try next, in another terminal:

{commands}

Nobody is sent alerts: `hallwatch notify --help` shows a file that has people told, and where it goes.

Ctrl-C ends everything; the next start goes on from here.
"""


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch demo``."""
    parser = subparsers.add_parser(
        "demo",
        help="run everything on this machine: it for real, and a simulated hall",
        description="Run broker, collector, an agent that reads this machine, and a simulated county hall. "
        "Ctrl-C ends them all; the next start goes on with the same data.",
    )
    parser.add_argument(
        "--data",
        type=a_path,
        default=DEFAULT_FOLDER,
        metavar="DIR",
        help="folder for everything it writes (%(default)s)",
    )
    parser.add_argument("--port", type=a_port, metavar="N", help="port of the page (8080, or another that is free)")
    parser.set_defaults(run=run_demo)


def run_demo(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch demo``; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if sys.platform != "win32" else [])):
        signal.signal(number, lambda *_: ended.set())
    if options.data.exists() and not options.data.is_dir():
        return _complain(f"{options.data} is no folder: name one with --data, or a new one")
    began = time.monotonic()
    demo = Demo(options.data, _say, options.port)
    try:
        ports = demo.start(ended)
        if not ended.is_set():
            _say(_next_steps(options.data, ports, time.monotonic() - began))
        ended.wait()
        _say("ending …")
    except DemoError as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(describe(error))
    finally:
        demo.stop()
    return 0


def _complain(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


def _next_steps(folder: Path, ports: Ports, took_s: float) -> str:
    state = "" if folder == DEFAULT_FOLDER else f" --state {folder}/simulation.json"
    hallwatch = own_name()
    commands = {
        f"{hallwatch} simulate start prn-3 jam{state}": "a printer jams: see window 3",
        f"{hallwatch} simulate end prn-3 jam{state}": "it works again",
        f"{hallwatch} simulate faults{state}": "what else can happen",
        f"{hallwatch} journal show --config {folder}/collector.toml": "what was decided, and when",
        f"edit {folder}/halls/this-machine.toml": "your own machine; takes effect at once",
    }
    people = "\n".join(_sign_ins(folder))
    width = max(map(len, commands))
    lines = "\n".join(f"  {command:<{width}}   {meaning}" for command, meaning in commands.items())
    return READY.format(took_s=took_s, page=ports.page, folder=folder, people=people, commands=lines)


def _sign_ins(folder: Path) -> Iterator[str]:
    """Yield the people of the demo with their passwords."""
    passwords = read_sign_ins(folder)
    for who in PEOPLE:
        if who.name in passwords:
            blanks = " " * (8 - 2 * len(who.name))  # a Chinese character is two columns wide
            yield f"  {who.name}{blanks}  {passwords[who.name]}   {', '.join(who.roles)}"


def _say(line: str) -> None:
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        # The terminal is gone; what follows is the orderly end that SIGHUP asked for.
        pass
