"""The command ``hallwatch-agent``."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Final

from hallwatch_agent import __version__
from hallwatch_agent.commandline import a_number, a_path, run_command

DEFAULT_CONFIG: Final = Path("/etc/hallwatch/agent.toml") if sys.platform != "win32" else Path("agent.toml")
DESCRIPTION: Final = """\
Reads the devices of a hall and reports them to the Hallwatch collector over MQTT. What it reads is assigned by the
collector from the hall file; its own file says only where the broker is, who it is, and where it keeps its spool."""
EPILOG: Final = """\
examples:
  hallwatch-agent check --config agent.toml      say whether the file is right, and what the agent would do
  hallwatch-agent run --config agent.toml        work until SIGTERM or Ctrl-C
  hallwatch-agent probe host                     read this machine once, without broker or configuration
  hallwatch-agent probe tcp host=192.168.1.53 port=9100
  hallwatch-agent probe snmp-printer host=192.168.1.53 community=public --json
  hallwatch-agent discover --net 192.168.1.0/24
                                                 find the devices of a network, and write them down for the hall file
  hallwatch-agent collector-watch test --config agent.toml
                                                 send a marked test to those who are told that the collector is gone
  hallwatch-agent probe prn-3 --config agent.toml
                                                 read a device as the collector has assigned it

agent.toml, a whole file (lines that begin with # are optional):

"""
OK, WRONG = 0, 1
LONGEST_WAIT_S: Final = 3600.0
"""From one reading to the next, while a person waits."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0 fine, 1 not, 2 wrong usage, or how it was ended (130 Ctrl-C)."""
    return run_command(partial(_carry_out, arguments))


def _carry_out(arguments: list[str] | None) -> int:
    parser = _parser(arguments)
    options, further = parser.parse_known_args(arguments)
    if getattr(options, "options", None) is not None and not any(word.startswith("-") for word in further):
        options.options += further  # key=value may stand behind --json as well
    elif further:
        parser.error(f"unrecognized arguments: {' '.join(further)}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    return int(options.do(options))


def _parser(arguments: list[str] | None) -> argparse.ArgumentParser:
    from hallwatch_agent.discover.cli import add_options

    parser = argparse.ArgumentParser(
        prog="hallwatch-agent",
        description=DESCRIPTION,
        epilog=EPILOG + _example_file(arguments),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"hallwatch-agent {__version__}")
    commands = parser.add_subparsers(required=True, metavar="run | check | probe | discover | collector-watch")
    run = commands.add_parser("run", help="work until SIGTERM or Ctrl-C")
    run.set_defaults(do=_run)
    check = commands.add_parser("check", help="check the configuration, without network; exit code 1 when it is wrong")
    check.set_defaults(do=_check)
    probe = commands.add_parser("probe", help="show one reading")
    probe.add_argument("name", help="a device or device/probe of the kept assignment, or a kind of probe with options")
    probe.add_argument("options", nargs="*", metavar="key=value", help="options of the probe, for example port=9100")
    probe.add_argument("--json", action="store_true", help="one JSON object a reading, as it goes over the wire")
    probe.add_argument(
        "--again",
        type=a_number(0, LONGEST_WAIT_S),
        metavar="S",
        help="read a second time after S seconds, which shows rates",
    )
    probe.add_argument(
        "--secrets", type=a_path, metavar="DIR", help="folder of the secret files; default: as in agent.toml"
    )
    probe.set_defaults(do=_probe)
    discover = commands.add_parser("discover", help="find the devices of a network and write a piece of a hall file")
    add_options(discover)
    watch = commands.add_parser("collector-watch", help="try how people are told that the collector is gone")
    watch.add_argument("action", choices=["test"], help="send a marked test message, and say what became of it")
    watch.set_defaults(do=_try_watch)
    for command in (run, check, probe, discover, watch):
        command.add_argument("--config", type=a_path, default=DEFAULT_CONFIG, help="default: %(default)s")
    return parser


def _example_file(arguments: list[str] | None) -> str:
    """Only help needs it."""
    if not {"-h", "--help"} & set(sys.argv[1:] if arguments is None else arguments):
        return ""
    from hallwatch_agent.config import EXAMPLE

    return "".join(f"  {line}\n" for line in EXAMPLE.splitlines())


def _run(options: argparse.Namespace) -> int:
    from hallwatch_agent.config import BadConfig, load_config

    try:
        config = load_config(options.config)
    except BadConfig as error:
        print(error, file=sys.stderr)
        return WRONG

    from hallwatch_agent.run import Agent
    from hallwatch_agent.spool import SpoolTaken

    try:
        agent = Agent(config)
    except SpoolTaken as error:
        print(f"{error}; stop that one, or give this one an agent id of its own", file=sys.stderr)
        return WRONG
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: agent.stop())
    agent.run()
    return OK


def _check(options: argparse.Namespace) -> int:
    from hallwatch_agent.assignment import load_assignment, task_from
    from hallwatch_agent.config import BadConfig, find_spool_problem, load_config
    from hallwatch_agent.wire import NotOnTheWire

    try:
        config = load_config(options.config)
    except BadConfig as error:
        print(error, file=sys.stderr)
        return WRONG
    broker, spool = config.broker, config.spool
    if problem := find_spool_problem(config):
        print(f"{options.config}: {problem}", file=sys.stderr)
        return WRONG
    print(f"{options.config}: right")
    print(f"agent       {config.identity}")
    print(f"broker      {broker.host}:{broker.port}{', TLS' if broker.tls else ''}, keepalive {broker.keepalive_s} s")
    print(f"spool       {config.spool_path}, at most {spool.max_bytes} bytes and {spool.max_age_s:g} s")
    lacking = "" if Path(config.secrets.directory).is_dir() else "  NOT THERE: make it if the hall file names secrets"
    print(f"secrets     {config.secrets.directory}{lacking}")
    if config.traps:
        print(f"traps       {config.traps.listen}{_trap_problem(config.traps.address)}")
    if watch := config.collector_watch:
        print(f"watch       tells over {watch.channel} when the collector is silent for {watch.silent_s:g} s")
    try:
        kept = load_assignment(config.assignment_path, config.identity.agent)
    except (NotOnTheWire, OSError) as error:
        print(
            f"{config.assignment_path}: cannot be used: {error}; remove it, the collector sends it again",
            file=sys.stderr,
        )
        return WRONG
    if kept is None:
        print("assignment  none yet; the collector sends it at the first connection")
        return OK
    print(f"assignment  {kept.digest}, {len(kept.probes)} probes")
    for order in kept.probes:
        refusal = task_from(order, Path(config.secrets.directory)).refusal
        print(
            f"  {order.device}/{order.name} every {order.interval_s:g} s"
            + (f"  CANNOT RUN: {refusal}" if refusal else "")
        )
    return OK


def _trap_problem(address: tuple[str, int]) -> str:
    """Try whether traps could be received; an agent that runs already holds the port itself."""
    from hallwatch_agent.probes.probe import CouldNotRead
    from hallwatch_agent.traps import open_socket

    try:
        open_socket(address).close()
    except CouldNotRead as error:
        return f"  CANNOT LISTEN: {error.note}"
    return ""


def _try_watch(options: argparse.Namespace) -> int:
    from hallwatch_agent.chat.exchange import Taken
    from hallwatch_agent.collector_watch.watcher import send_test
    from hallwatch_agent.config import HINTS, BadConfig, load_config

    try:
        config = load_config(options.config)
    except BadConfig as error:
        print(error, file=sys.stderr)
        return WRONG
    settings = config.collector_watch
    if settings is None:
        print(f"{options.config}: collector_watch: is missing; give {HINTS['collector_watch']}", file=sys.stderr)
        return WRONG
    answer = send_test(config, settings, time.time())  # noqa: TID251 - signatures hold the time
    if isinstance(answer, Taken):
        print(f"{settings.channel}: taken; look whether the message is there")
        return OK
    perhaps = "; it may have arrived all the same" if getattr(answer, "maybe_taken", False) else ""
    print(f"{settings.channel}: NOT taken: {answer.reason}{perhaps}", file=sys.stderr)
    return WRONG


def _probe(options: argparse.Namespace) -> int:
    from hallwatch_agent.trial import BadTrial, find_tasks, read_once, show

    try:
        tasks = find_tasks(options.name, options.options, options.config, options.secrets)
    except BadTrial as error:
        print(error, file=sys.stderr)
        return WRONG
    readings = read_once(tasks, options.again)
    for reading in readings:
        print(show(reading, as_json=options.json))
    return OK if all(reading.error is None for reading in readings) else WRONG
