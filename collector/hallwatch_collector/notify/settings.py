"""``alerts.toml``: the channels, the people, and the steps of escalation. Secrets stand in files beside it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from msgspec import Meta, Struct, structs

from hallwatch_agent.tables import TableReader
from hallwatch_collector.core.alerts.people import Alerting, Quiet, Recipient, Step, Way
from hallwatch_collector.core.plan import Plan, say_twins
from hallwatch_collector.core.values import Duration, TimeOfDay, Weekday
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.notify.channel import Channel, Reason, SecretMissing
from hallwatch_collector.notify.channels import AnyChannel
from hallwatch_collector.problems import FileRefused, Problem, name_choices
from hallwatch_collector.tables import read_toml

log = logging.getLogger(__name__)

HEAD_AFTER_S: Final = 900.0
REPEAT_S: Final = 600.0
MOST_QUOTED: Final = 60
"""Of a wrong word so many characters are repeated."""


class WeeklyTest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When everybody on duty is sent a marked test."""

    day: Weekday = "mon"
    at: TimeOfDay = "09:00"


class AlertFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told what, when, and by which way."""

    channels: list[Channel] = []
    people: list[Recipient] = []
    steps: list[Step] = []
    """Left out: whoever repairs is told at once, three times ten minutes apart; after a quarter of an hour whoever may
    declare the end of a response."""
    update_pause_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    link_valid_s: Duration = 43_200.0
    """How long the link in a message can acknowledge."""
    weekly_test: WeeklyTest | None = None
    """Left out: none is sent by itself."""
    heartbeat_url_file: str = ""
    """A file with the address of a service that notices when nobody calls it any more (a dead man's switch)."""
    heartbeat_s: Annotated[float, Meta(ge=10, le=86_400)] = 60.0


def load_alerts(path: Path | None, plan: Plan) -> AlertFile:
    """Read and check the file; *None*: nobody is told. Raises :class:`FileRefused` with everything that is wrong."""
    if path is None:
        return AlertFile()
    return _load(path, plan, path.parent)


def load_in_force(path: Path, plan: Plan, kept: KeptFiles) -> AlertFile:
    """Return what is in force at a start: what the file says, or else what it said last.

    A mistake in it does not keep a hall from being watched. What is kept is taken whether its secrets are there or not:
    a channel without its own tells so itself. Raises :class:`FileRefused` where the file was never a good one.
    """
    try:
        return load_alerts(path, plan)
    except FileRefused as refused:
        with suppress(FileRefused):
            told = _load(kept.copy_of(path), plan, None)
            log.error("alerts.toml refused, the version before counts: %s", refused)
            return told
        raise


def load_unsent(path: Path, plan: Plan) -> AlertFile:
    """Read the file for a replay, in which nothing is sent: secrets are not asked for, channels may be left out.

    Raises :class:`FileRefused` with everything else that is wrong.
    """
    return _load(path, plan, None, unsent=True)


def _load(path: Path, plan: Plan, secrets: Path | None, *, unsent: bool = False) -> AlertFile:
    table, _ = read_toml(path)
    reader = TableReader({(AlertFile, "channels"): list[AnyChannel]})
    told = reader.read(table, AlertFile)
    readable = _read_part_of(told)
    missing = _check_secrets(readable, secrets) if secrets else ()
    if (unsent and not told.channels) or len(readable.channels) < len(told.channels):
        readable = _with_stand_ins(readable)
    problems = dict.fromkeys((*reader.problems, *_check(readable, plan), *missing))
    if problems:
        raise FileRefused(Problem(str(path), key, text) for key, text in problems)
    return told


def _read_part_of(told: AlertFile) -> AlertFile:
    """Return a file without those of its tables that could not be read."""
    people = [
        structs.replace(
            person,
            ways=[way for way in person.ways if isinstance(way, Way)],
            quiet=[quiet for quiet in person.quiet if isinstance(quiet, Quiet)],
        )
        for person in told.people
        if isinstance(person, Recipient)
    ]
    return structs.replace(
        told,
        channels=[each for each in told.channels if isinstance(each, Channel)],
        people=people,
        steps=[each for each in told.steps if isinstance(each, Step)],
    )


def _with_stand_ins(told: AlertFile) -> AlertFile:
    """Return a file that has a channel for each that is used in it: what it is of those left out is not known."""
    known = {channel.id for channel in told.channels}
    named = [way.channel for person in told.people for way in person.ways]
    named += [channel for step in told.steps for channel in step.channels]
    stand_ins = [_Unsent(id=name) for name in dict.fromkeys(named) if name not in known]
    return structs.replace(told, channels=[*told.channels, *stand_ins])


class _Unsent(Channel, frozen=True, kw_only=True, tag="unsent"):
    """A channel of which only the name is known; whether it needs an address is not asked."""


def alerting_of(told: AlertFile, plan: Plan) -> Alerting:
    """Return what the core needs of the file."""
    return Alerting(
        recipients=tuple(told.people),
        steps=tuple(told.steps or default_steps(plan)) if told.people else (),
        feeds=tuple(channel.id for channel in told.channels if channel.feed),
        update_pause_s=told.update_pause_s,
    )


def default_steps(plan: Plan) -> list[Step]:
    """Return the steps of a file that names none."""
    repair = [role.id for role in plan.roles if "repair" in role.may and "declare-end" not in role.may]
    lead = [role.id for role in plan.roles if "declare-end" in role.may]
    steps = [Step(to=repair, repeat_s=REPEAT_S)] if repair else []
    return [*steps, Step(to=lead, after_s=HEAD_AFTER_S if repair else 0.0, repeat_s=REPEAT_S)] if lead else steps


def read_secret(folder: Path, name: str) -> str:
    """Return what a secret's file holds; raise :class:`SecretMissing`, which names the file and not what is in it."""
    path = folder / name
    try:
        secret = path.read_text(encoding="utf-8-sig").strip()  # Windows' Notepad may write a mark before it
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "is not text"
        raise SecretMissing(Reason(f"{path}: {reason}", f"密钥文件 {path} 读不了({reason})")) from None
    if not secret:
        raise SecretMissing(Reason(f"{path} is empty", f"密钥文件 {path} 是空的"))
    return secret


def _check(told: AlertFile, plan: Plan) -> Iterator[tuple[str, str]]:
    channels = {channel.id: channel for channel in told.channels}
    yield from say_twins("channels", [channel.id for channel in told.channels])
    yield from say_twins("people", [person.name for person in told.people])
    for number, person in enumerate(told.people, 1):
        where = f"people[{number}] ({person.name})"
        yield from _check_roles(f"{where}.roles", person.roles, [role.id for role in plan.roles])
        for quiet in person.quiet:
            yield from _check_levels(f"{where}.quiet.levels", quiet.levels, plan)
        yield from _check_ways(where, person, channels)
    names = [*(role.id for role in plan.roles), *(group.id for group in plan.groups)]
    for number, step in enumerate(told.steps, 1):
        yield from _check_roles(f"steps[{number}].to", step.to, names)
        yield from _check_levels(f"steps[{number}].levels", step.levels, plan)
        yield from (
            (f"steps[{number}].channels", _say_unknown(each, channels))
            for each in step.channels
            if each not in channels
        )


def _check_ways(where: str, person: Recipient, channels: Mapping[str, Channel]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for at, way in enumerate(person.ways, 1):
        channel = channels.get(way.channel)
        key = f"{where}.ways[{at}]"
        if way.channel in seen:
            yield (
                f"{key}.channel",
                f"{way.channel} stands here twice; for a second address add a channel with its own id",
            )
        seen.add(way.channel)
        if channel is None:
            yield f"{key}.channel", _say_unknown(way.channel, channels)
        elif channel.feed:
            yield f"{key}.channel", f"{way.channel} is a feed: it tells a system of everything, not people"
        elif isinstance(channel, _Unsent):
            continue
        elif channel.takes_addresses and not way.to:
            yield f"{key}.to", f"is missing: {way.channel} needs to know where"
        elif way.to and not channel.takes_addresses:
            yield f"{key}.to", f"{way.channel} has one place only; leave it out"
        elif way.mention and not channel.takes_mentions:
            yield f"{key}.mention", f"{way.channel} cannot call single people; leave it out"


def _check_roles(key: str, named: list[str], known: list[str]) -> Iterator[tuple[str, str]]:
    yield from ((key, _say_unknown(name, known)) for name in named if name not in known)


def _check_levels(key: str, named: list[str], plan: Plan) -> Iterator[tuple[str, str]]:
    levels = [level.id for level in plan.levels]
    yield from ((key, _say_unknown(name, levels)) for name in named if name not in levels)


def _say_unknown(name: str, known: Iterable[str]) -> str:
    quoted = name if len(name) <= MOST_QUOTED else f"{name[:MOST_QUOTED]}…"
    return f"there is no {quoted!r}; {name_choices(name, known)}"


def _check_secrets(told: AlertFile, folder: Path) -> Iterator[tuple[str, str]]:
    options = [
        (f"channels ({channel.id}).{name}", file)
        for channel in told.channels
        for name, file in channel.secret_files().items()
    ]
    if told.heartbeat_url_file:
        options.append(("heartbeat_url_file", told.heartbeat_url_file))
    for key, file in options:
        try:
            read_secret(folder, file)
        except SecretMissing as error:
            yield key, f"{error}; it is to hold the secret alone"
