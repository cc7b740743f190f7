"""Drives the core with recorded time and tells what it would have done: ``hallwatch replay``.

Two things can be replayed: a *case*, which is a folder with ``hall.toml`` and ``scenario.toml`` (or a recording,
``reports.jsonl``), and a *recording* made by ``hallwatch run --record``: one message a line, as JSON with
``received_at``, ``topic`` and ``payload``. Nothing is sent, written or put up anywhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_agent.wire import (
    Life,
    NotOnTheWire,
    Report,
    decode_life,
    decode_report,
    encode,
    split_topic,
)
from hallwatch_collector import plans
from hallwatch_collector.core.commands import Acknowledge as AcknowledgeCommand
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.player import Player
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.scenario import (
    Acknowledge,
    AnyStep,
    Decide,
    EditHall,
    End,
    Restart,
    Scenario,
    Stage,
    Start,
    load_scenario,
)  # fmt: skip
from hallwatch_collector.simulate.world import NotInTheWorld

EXAMPLES = """examples:
  hallwatch replay tests/halls/printer-jam
  hallwatch replay monday.jsonl --hall halls/xihu.toml
"""


class Recorded(Struct, frozen=True):
    """One line of a recording."""

    received_at: Annotated[float, Meta(ge=0, le=4_102_444_800)]
    """Unix seconds, before the year 2100: time is played through second by second."""
    topic: str
    payload: Any
    """The message: as JSON, or as the text of it."""


def play_scenario(player: Player, scenario: Scenario, file: HallFile, known: Known) -> None:
    """Play a scenario to its end; raise :class:`FileRefused` or :class:`NotInTheWorld` when a step cannot be."""
    stage = Stage(file.hall, load_fault_kinds())
    steps = list(scenario.steps)
    at = scenario.start
    while at <= scenario.until:
        player.advance(at)
        while steps and steps[0][0] <= at:
            _, step = steps.pop(0)
            player.note(describe_step(step))
            stage.play(step, at)
            _play_in_collector(player, stage, step, file.path.parent, known)
        for sent in stage.second(at):
            player.receive(sent.agent, _over_the_wire(sent.message))
        at += 1.0


def describe_step(step: AnyStep) -> str:
    """Say in a few words what a step does."""
    match step:
        case Start() | End():
            return f"{'start' if isinstance(step, Start) else 'end'} {step.thing} {step.fault}"
        case Decide():
            return f"{step.by}: {type(step).__name__.lower()} {step.clause} {step.subject}"
        case Acknowledge():
            return f"{step.by}: acknowledge {step.thing}"
        case EditHall():
            return f"edit-hall {step.file}"
        case Restart():
            return "restart"


def _play_in_collector(player: Player, stage: Stage, step: AnyStep, folder: Path, known: Known) -> None:
    match step:
        case Decide():
            player.command(step.command(player.find_measure(step.clause, step.subject)))
        case Acknowledge():
            player.command(AcknowledgeCommand(by=step.by, incident=player.find_incident(step.thing)))
        case Restart():
            player.restart()
        case EditHall():
            edited = read_hall(folder / step.file, known)
            stage.use_hall(edited.hall)
            player.load(edited, None)


def _over_the_wire(message: Report | Life) -> Report | Life:
    """Encode and decode, so that a replay takes the same way as a message of a real agent."""
    return decode_report(encode(message)) if isinstance(message, Report) else decode_life(encode(message))


def play_recording(player: Player, messages: Iterable[Recorded]) -> None:
    """Play a recording; what the collector would have refused is counted in ``player.refused``."""
    for recorded in messages:
        player.advance(recorded.received_at)
        payload = recorded.payload.encode() if isinstance(recorded.payload, str) else encode(recorded.payload)
        try:
            topic = split_topic(recorded.topic)
            if (topic.area, topic.hall) != player.key or topic.branch not in ("agents", "reports"):
                player.refused["other-hall-or-branch"] += 1
            elif payload:
                message = decode_report(payload) if topic.branch == "reports" else decode_life(payload)
                player.receive(topic.leaf, message)
        except NotOnTheWire:
            player.refused["not-on-the-wire"] += 1


def read_recording(path: Path) -> Iterator[Recorded]:
    """Yield the messages of a recording; raise :class:`FileRefused` at the first line that is none."""
    decode = msgspec.json.Decoder(Recorded).decode
    number = 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield decode(line)
    except OSError as error:
        raise FileRefused([Problem(str(path), "", error.strerror or str(error))]) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        text = f"{error}; was it made by run --record?"
        raise FileRefused([Problem(str(path), f"line {number}", text)]) from None


def replay_case(folder: Path, plan: Path | None = None, *, as_json: bool = False) -> list[str]:
    """Replay a case and return what it tells, one event a line; raise :class:`FileRefused` when a file is wrong."""
    recording = folder / "reports.jsonl"
    if recording.exists():
        return replay_recording(recording, folder / "hall.toml", plan, as_json=as_json)
    rules, catalogue = plans.load(plan)
    known = Known.of(rules.classes, catalogue)
    file = read_hall(folder / "hall.toml", known)
    scenario = load_scenario(folder / "scenario.toml", file.hall.timezone)
    player = Player(rules, catalogue, file, scenario.start, as_json=as_json)
    try:
        play_scenario(player, scenario, file, known)
    except NotInTheWorld as error:
        raise FileRefused([Problem(str(folder / "scenario.toml"), "steps", str(error))]) from None
    return player.told()


def replay_recording(path: Path, hall: Path, plan: Path | None = None, *, as_json: bool = False) -> list[str]:
    """Replay a recording against a hall file; raise :class:`FileRefused` when a file is wrong."""
    rules, catalogue = plans.load(plan)
    file = read_hall(hall, Known.of(rules.classes, catalogue))
    messages = read_recording(path)
    first = next(messages, None)
    if first is None:
        raise FileRefused([Problem(str(path), "", "is empty")])
    player = Player(rules, catalogue, file, first.received_at, as_json=as_json)
    play_recording(player, chain([first], messages))
    return player.told()


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch replay``."""
    parser = subparsers.add_parser(
        "replay",
        help="drive the core from a recording or a scenario and print what it would have done",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=a_path, metavar="FILE|FOLDER", help="a recording, or the folder of a case")
    parser.add_argument("--hall", type=a_path, help="the hall file a recording belongs to")
    parser.add_argument("--plan", type=a_path, help="the plan to decide by (default: the shipped one)")
    parser.add_argument("--json", action="store_true", help="events as JSON, one a line")
    parser.set_defaults(run=run_replay)


def run_replay(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch replay``; return the exit code."""
    try:
        if not options.source.exists():
            sys.stderr.write(f"{options.source}: there is no such file or folder\n")
            return 1
        if options.source.is_dir():
            lines = replay_case(options.source, options.plan, as_json=options.json)
        elif options.hall is None:
            sys.stderr.write(f"{options.source}: say with --hall which hall file the recording belongs to\n")
            return 2
        else:
            lines = replay_recording(options.source, options.hall, options.plan, as_json=options.json)
    except (FileRefused, plans.PlanError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in lines))
    return 0
