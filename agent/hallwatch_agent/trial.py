"""``hallwatch-agent probe``: read something once, now, and show it."""

from __future__ import annotations

import queue
import threading
import time
import tomllib
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from hallwatch_agent.assignment import Task, load_assignment, task_from
from hallwatch_agent.commandline import in_one_line
from hallwatch_agent.config import BadConfig, load_config, secrets_beside
from hallwatch_agent.expectations import name_choices
from hallwatch_agent.job import Job, failed_reading, overdue_reading
from hallwatch_agent.probes import AnyProbe, Context, Probe
from hallwatch_agent.readers import Readers
from hallwatch_agent.tables import TableReader
from hallwatch_agent.wire import NotOnTheWire, ProbeOrder, ReadError, Reading, encode
from hallwatch_agent.work import GRACE_S

SMALLEST_SHOWN: Final = 0.001
"""What is smaller is shown to the sixth decimal: a millionth of a second is nothing that anybody reads."""


class BadTrial(ValueError):  # noqa: N818 - reads as a sentence
    """There is nothing such to read; the text says what there is."""


def find_tasks(name: str, options: list[str], config: Path, secrets: Path | None) -> list[Task]:
    """Return what *name* means: a kind of probe with options, else a device or device/probe of the kept assignment.

    The secret files are looked for in *secrets*; None: in the folder that the file *config* names.

    Raises :class:`BadTrial` with the valid choices.
    """
    kinds = probe_kinds()
    if name in kinds:
        return [_task_of_kind(name, kinds[name], options, secrets or secrets_beside(config))]
    choices = name_choices(name, kinds, most=len(kinds))
    if options:
        raise BadTrial(f"{name}: no such kind of probe; {choices}")
    try:
        found = load_config(config)
        assignment = load_assignment(found.assignment_path, found.identity.agent)
    except (BadConfig, NotOnTheWire, OSError) as error:
        raise BadTrial(f"{name}: no kind of probe ({choices}), and no device can be looked up:\n{error}") from None
    orders = assignment.probes if assignment else []
    wanted = [order for order in orders if name in (order.device, f"{order.device}/{order.name}")]
    if not wanted:
        devices = ", ".join(f"{order.device}/{order.name}" for order in orders) or "none, as no assignment has come yet"
        raise BadTrial(f"{name}: neither a kind of probe ({choices}) nor assigned here; assigned are {devices}")
    return [task_from(order, secrets or Path(found.secrets.directory)) for order in wanted]


def probe_kinds() -> dict[str, type[Probe]]:
    """Return the kinds of probes that this agent has, by their word in hall files."""
    return {str(kind.__struct_config__.tag): kind for kind in get_args(AnyProbe)}


def read_once(tasks: list[Task], again_after_s: float | None) -> list[Reading]:
    """Read all *tasks* at the same time; with *again_after_s* a second time, and return that."""
    readings = _read_all(tasks)
    if again_after_s is not None:
        threading.Event().wait(again_after_s)
        readings = _read_all(tasks)
    return readings


def show(reading: Reading, *, as_json: bool) -> str:
    """Return *reading* for people, or as one JSON object as it goes over the wire."""
    if as_json:
        return encode(reading).decode()
    lines = [f"{reading.device}/{reading.probe}, read in {reading.took_s:.3f} s"]
    if reading.error is not None:
        lines.append(f"  could not be read: {reading.error.value}: {reading.note}")
    told: dict[str, object] = {**reading.conditions, **reading.metrics, **reading.facts}
    width = max(map(len, told), default=0)
    lines += [f"  {key:{width}}  {in_words(value)}" for key, value in told.items()]
    return "\n".join(map(in_one_line, lines))


def in_words(value: object) -> str:
    """Return a value with as many figures as a person reads: four, and all of those before the decimal point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.4g}" if abs(value) >= SMALLEST_SHOWN else f"{round(value, 6) + 0.0:.6f}".rstrip("0").rstrip(".")


def _task_of_kind(name: str, kind: type[Probe], options: list[str], secrets: Path) -> Task:
    table = _options(options, kind)
    typed = _take_secrets(table, kind)
    reader = TableReader(strict=False)  # the command line knows only text
    probe = reader.read(table, kind)
    if reader.problems:
        wrong = "".join(f"{name}: {': '.join(filter(None, problem))}\n" for problem in reader.problems)
        fields = ", ".join(
            f"{field.name}=…" + (" (needed)" if field.required else "")
            for field in msgspec.structs.fields(kind)
            if field.name not in ("agent", "name", "interval_s")
        )
        raise BadTrial(f"{wrong}options of {name}: {fields}")
    order = ProbeOrder(device="here", name=name, kind=name, interval_s=probe.interval_s, timeout_s=probe.timeout_s)
    return Task(order, probe, context=Context(secrets=secrets, typed=typed))


def _options(texts: list[str], kind: type[Probe]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for text in texts:
        key, value = _option(text, kind)
        if key in table:
            raise BadTrial(f'{key} is given twice: write it once; a list is written {key}=\'["a", "b"]\'')
        table[key] = value
    return table


def _take_secrets(table: dict[str, Any], kind: type[Probe]) -> dict[str, str]:
    """Turn ``community=…``, typed in place of ``community_file=…``, into what the probe understands, and return it.

    Only a person at the command line may do so: hall files and the broker never hold a secret.
    """
    typed = {}
    for option in [option for option in table if f"{option}_file" in kind.__struct_fields__]:
        if f"{option}_file" in table:
            raise BadTrial(f"{option} and {option}_file are both given: give the secret itself or its file")
        typed[option] = str(table.pop(option))
        table[f"{option}_file"] = option
    return typed


def _option(text: str, kind: type[Probe]) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise BadTrial(f"{text!r}: write options as key=value, for example port=9100")
    is_secret = f"{key}_file" in kind.__struct_fields__  # may begin with any character
    if is_secret or not value.startswith(("[", "{", '"')):
        return key, value
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except (ValueError, RecursionError) as error:  # no TOML, or too long or too deep for Python
        raise BadTrial(f'{text}: {error}; a list is written ports=\'["a", "b"]\'') from None


def _read_all(tasks: list[Task]) -> list[Reading]:
    ended: queue.SimpleQueue[tuple[Job, Reading]] = queue.SimpleQueue()
    readers = Readers(lambda job, reading: ended.put((job, reading)), time.time)  # noqa: TID251 - a command's wiring
    jobs = [Job(task, task.probe) for task in tasks if task.probe is not None]
    limit_s = max((job.task.order.timeout_s for job in jobs), default=0.0) + GRACE_S
    until = time.monotonic() + limit_s
    readings: dict[Task, Reading] = {}
    try:
        for job in jobs:
            readers.start(job)
        while len(readings) < len(jobs) and (left_s := until - time.monotonic()) > 0:
            try:
                job, reading = ended.get(timeout=left_s)
            except queue.Empty:
                break
            readings[job.task] = reading
    finally:
        readers.close()
    at = time.time()  # noqa: TID251 - a command's wiring
    unread = {job.task: overdue_reading(job, limit_s, at) for job in jobs}
    return [
        readings.get(task) or unread.get(task) or failed_reading(task.order, ReadError.UNSUPPORTED, task.refusal, at)
        for task in tasks
    ]
