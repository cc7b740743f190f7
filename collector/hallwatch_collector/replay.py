"""Drives the core with recorded time and tells what it would have done: ``hallwatch replay``.

Two things can be replayed: a *case*, which is a folder with ``hall.toml`` and ``scenario.toml`` (or a recording,
``reports.jsonl``; an ``alerts.toml`` beside them says who would have been told), and a *recording* made by ``hallwatch
run --record``: one message a line, as JSON with ``received_at``, ``topic`` and ``payload``. Nothing is sent, written or
put up anywhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct

from hallwatch_agent.commandline import a_path, in_one_line
from hallwatch_agent.wire import NotOnTheWire, decode_life, decode_report, encode, split_topic
from hallwatch_collector import plans
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.commands import Acknowledge as AcknowledgeCommand
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.notify.settings import alerting_of, load_unsent
from hallwatch_collector.player import Listen, Player
from hallwatch_collector.problems import FileRefused, Problem
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.scenario import Scenario, Stage, load_scenario
from hallwatch_collector.simulate.steps import (
    Acknowledge,
    Act,
    AnyStep,
    AskNext,
    Decide,
    EditHall,
    End,
    Figures,
    Restart,
    Start,
)
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
    coming = [_Coming(at, step, describe_step(step)) for at, step in scenario.steps]
    at = scenario.start
    while at <= scenario.until:
        player.advance(at)
        for each in [each for each in coming if each.at <= at]:
            if _play(player, stage, each, file.path.parent, known):
                coming.remove(each)
                coming += _rest(each, at)
        for sent in stage.second(at):
            player.receive(sent.agent, sent.arrived())
        at += 1.0
    if coming:
        left = "; ".join(describe_step(each.step) for each in coming)
        player.note(f"this plan never asked for what the scenario answers under others: {left}")


class _Coming(NamedTuple):
    """A step that is still to be played."""

    at: float
    step: AnyStep
    says: str
    """In the output; empty: it goes on with a series of which that was said."""


def _play(player: Player, stage: Stage, coming: _Coming, folder: Path, known: Known) -> bool:
    """Play a step; return False when it waits for what is not there yet."""
    step = coming.step
    if isinstance(step, Decide | Act) and step.waits:
        return player.attempt(_command(player, step), coming.says)
    player.note(coming.says)
    stage.play(step, coming.at)
    _play_in_collector(player, stage, step, folder, known)
    return True


def _rest(played: _Coming, at: float) -> list[_Coming]:
    """Return what of a series is still to come once one of it was played."""
    rest = played.step.next() if isinstance(played.step, Act) else None
    return [_Coming(at + rest.every_s, rest, "")] if rest else []


def describe_step(step: AnyStep) -> str:
    """Say in a few words what a step does."""
    match step:
        case Start() | End():
            says = f"{'start' if isinstance(step, Start) else 'end'} {step.thing} {step.fault}"
        case Figures():
            told = ", ".join(f"{name} {value:g}" for name, value in step.figures.items())
            says = f"{step.thing} tells {told or 'its usual figures'}"
        case Decide():
            says = f"{step.by}: {type(step).__name__.lower()} {step.clause} {step.subject}"
        case Acknowledge():
            says = f"{step.by}: acknowledge {step.thing}"
        case Act():
            often = f" ({step.count} times)" if step.count > 1 else ""
            says = f"{step.by}: {step.order} {step.thing}".rstrip() + often
        case EditHall():
            says = f"edit-hall {step.file}"
        case Restart():
            says = "restart"
        case AskNext():
            says = "what is next?"
    return says


def _play_in_collector(player: Player, stage: Stage, step: AnyStep, folder: Path, known: Known) -> None:
    match step:
        case Acknowledge():
            player.command(AcknowledgeCommand(by=step.by, incident=player.find_incident(step.thing)))
        case Decide() | Act():
            player.command(_command(player, step))
        case Restart():
            player.restart()
        case AskNext():
            player.tell_next_steps()
        case EditHall():
            edited = read_hall(folder / step.file, known)
            stage.use_hall(edited.hall)
            player.load(edited, None)


def _command(player: Player, step: Decide | Act) -> AnyCommand:
    """Return what a person says, about what is there now."""
    if isinstance(step, Decide):
        measure = player.find_measure(step.clause, step.subject, step.answers)
        return player.sign(measure, step.by, step.roles) or step.command(measure)
    return step.command(player.find_incident(step.thing))


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
    return play_case(folder, *plans.load(plan), as_json=as_json).told()


def play_case(
    folder: Path, plan: Plan, catalogue: Catalogue, *, as_json: bool = False, listen: Listen | None = None
) -> Player:
    """Play the scenario of a case to its end by a plan; raise :class:`FileRefused` when a file is wrong.

    *listen* hears what each call of the engine decided, while the hall still is as it was then.
    """
    known = Known.of(plan, catalogue)
    file = read_hall(folder / "hall.toml", known)
    scenario = load_scenario(folder / "scenario.toml", file.hall.timezone)
    player = Player(
        plan, catalogue, file, scenario.start, as_json=as_json, listen=listen, alerting=_read_alerting(folder, plan)
    )
    try:
        play_scenario(player, scenario, file, known)
    except NotInTheWorld as error:
        raise FileRefused([Problem(str(folder / "scenario.toml"), "steps", str(error))]) from None
    return player


def _read_alerting(folder: Path, plan: Plan) -> Alerting | None:
    """Return who is told in a case; None: it holds no ``alerts.toml``."""
    path = folder / "alerts.toml"
    return alerting_of(load_unsent(path, plan), plan) if path.exists() else None


def replay_recording(path: Path, hall: Path, plan: Path | None = None, *, as_json: bool = False) -> list[str]:
    """Replay a recording against a hall file; raise :class:`FileRefused` when a file is wrong."""
    rules, catalogue = plans.load(plan)
    file = read_hall(hall, Known.of(rules, catalogue))
    messages = read_recording(path)
    first = next(messages, None)
    if first is None:
        raise FileRefused([Problem(str(path), "", "is empty")])
    alerting = _read_alerting(path.parent, rules)
    player = Player(rules, catalogue, file, first.received_at, as_json=as_json, alerting=alerting)
    play_recording(player, chain([first], messages))
    return player.told()


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch replay``."""
    parser = subparsers.add_parser(
        "replay",
        help="drive the core from a recording or a scenario and print what it would have done",
        description="Play a recording, or the scenario of a case, and print what the collector would have done. "
        "Nothing is sent, written or put up anywhere. A case is a folder with hall.toml and scenario.toml; a "
        "recording is made by: hallwatch run --record FILE.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", type=a_path, metavar="FILE|FOLDER", help="a recording, or the folder of a case")
    parser.add_argument("--hall", type=a_path, help="the hall file a recording belongs to")
    told = "the file or name of the plan to decide by (default: %(default)s)"
    parser.add_argument("--plan", default=plans.DEFAULT, metavar="PLAN", help=told)
    parser.add_argument("--json", action="store_true", help="events as JSON, one a line")
    parser.set_defaults(run=run_replay)


def run_replay(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch replay``; return the exit code."""
    try:
        if not options.source.exists():
            sys.stderr.write(f"{options.source}: there is no such file or folder\n")
            return 1
        if options.source.is_dir():
            lines = replay_case(options.source, plans.find_plan(options.plan), as_json=options.json)
        elif options.hall is None:
            sys.stderr.write(f"{options.source}: say with --hall which hall file the recording belongs to\n")
            return 2
        else:
            lines = replay_recording(options.source, options.hall, plans.find_plan(options.plan), as_json=options.json)
    except FileRefused as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in lines))
    return 0
