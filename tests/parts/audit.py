"""What must be true of every journal, however often the collector that wrote it was killed.

Each function follows one kind of decision through the entries of a hall (as ``hallwatch journal show --json`` tells
them) and yields what is wrong: a decision taken twice, or one that contradicts what was decided before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

Entry = dict[str, Any]

INCIDENT_STEPS: Final = {
    "": {"detected"},
    "detected": {"acknowledged", "recovered", "closed"},
    "repairing": {"recovered", "closed"},
    "acknowledged": {"repairing", "recovered", "closed"},
    "recovered": {"detected", "acknowledged", "checked", "closed"},
    "checked": {"closed"},
    "closed": {"detected", "unchecked"},
    "unchecked": {"detected", "acknowledged", "checked", "closed"},
}
"""Status of an incident → what it may become."""


def audit(entries: Iterable[Entry]) -> list[str]:
    """Return everything that is wrong with the journal of one hall."""
    entries = list(entries)
    checks = (_numbers, _flips, _incidents, _measures, _windows, _signs)
    return [problem for check in checks for problem in check(entries)]


def signs_standing(entries: Iterable[Entry]) -> dict[str, Any]:
    """Return the signs that stand after these decisions, by place."""
    signs: dict[str, Any] = {}
    for entry in entries:
        event = entry["event"]
        if entry["kind"] == "sign-put":
            signs[event["sign"]["place"]] = event["sign"]
        elif entry["kind"] == "sign-taken":
            del signs[event["place"]]
    return signs


def faults_standing(entries: Iterable[Entry]) -> set[tuple[str, str, str]]:
    """Return the faults that stand after these decisions: device, fault, part."""
    faults: set[tuple[str, str, str]] = set()
    for entry in entries:
        if entry["kind"] == "fault-raised":
            faults.add(_alarm(entry))
        elif entry["kind"] == "fault-cleared":
            faults.discard(_alarm(entry))
    return faults


def _numbers(entries: list[Entry]) -> Iterator[str]:
    seqs = [entry["seq"] for entry in entries]
    if seqs != sorted(set(seqs)):
        yield "the numbers of the entries do not grow"


def _flips(entries: list[Entry]) -> Iterator[str]:
    """A fault is raised and cleared in turns, each at a later moment."""
    last: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        if entry["kind"] not in ("fault-raised", "fault-cleared"):
            continue
        alarm = _alarm(entry)
        before = last.get(alarm)
        if (before["kind"] if before else "fault-cleared") == entry["kind"]:
            yield f"{entry['seq']}: {entry['kind']} of {alarm} though it was already"
        if before and entry["at"] < before["at"]:
            yield f"{entry['seq']}: {entry['kind']} of {alarm} at a moment before entry {before['seq']}"
        last[alarm] = entry


def _incidents(entries: list[Entry]) -> Iterator[str]:
    """An incident takes the steps of its life in order, and a device has one at a time."""
    status: dict[str, str] = {}
    roots: dict[str, set[str]] = {}
    for entry in entries:
        if entry["kind"] not in ("incident-opened", "incident-moved"):
            _regroup(entry, roots)
            continue
        event = entry["event"]
        incident, after = event["incident"], event.get("status", "detected")
        before = status.get(incident, "")
        if after not in INCIDENT_STEPS[before]:
            yield f"{entry['seq']}: {incident} from {before or 'nothing'!r} to {after}"
        if entry["kind"] == "incident-opened":
            device, theirs = event["device"], roots.setdefault(incident, {event["device"]})
            if device not in theirs or bool(before) != event.get("reopened", False):
                yield f"{entry['seq']}: {incident} of {device} opened, known as {before!r} of {sorted(theirs)}"
            others = [other for other in status if device in roots[other] and other != incident]
            if any(status[other] != "closed" for other in others):
                yield f"{entry['seq']}: {device} has {incident} and, not closed, one of {others}"
        status[incident] = after


def _regroup(entry: Entry, roots: dict[str, set[str]]) -> None:
    """Follow which devices people joined in one incident, or parted again."""
    event = entry["event"]
    if entry["kind"] == "incident-merged":
        roots[event["into"]] |= roots[event["incident"]]
    elif entry["kind"] == "incident-split":
        roots[event["incident"]].discard(event["device"])


def _measures(entries: list[Entry]) -> Iterator[str]:
    """A measure is raised once, and again only reworded or after it was undone or decided; no two are the same."""
    open_as: dict[str, Any] = {}
    known: dict[str, tuple[Any, ...]] = {}
    for entry in entries:
        event, kind = entry["event"], entry["kind"]
        if kind == "measure-raised":
            number, text = event["measure"], (event["text"], event["owner"])
            if open_as.get(number) == text:
                yield f"{entry['seq']}: {number} raised again in the same words while it is open"
            what = tuple(event[key] for key in ("incident", "clause", "subject"))
            if known.setdefault(number, what) != what:
                yield f"{entry['seq']}: {number} is {known[number]} and {what}"
            for other, said in open_as.items():
                if other != number and (known[other], said) == (what, text):
                    yield f"{entry['seq']}: {number} is the same as {other}: {what}"
            open_as[number] = text
        elif kind == "measure-handed":
            number = event["measure"]
            known[number] = (event["incident"], known[number][1], event["subject"])
        elif kind == "measure-undone":
            if open_as.pop(event["measure"], None) is None:
                yield f"{entry['seq']}: {event['measure']} undone though it is not open"
        else:
            _answered(kind, event, open_as)


def _answered(kind: str, event: dict[str, Any], open_as: dict[str, Any]) -> None:
    if kind == "measure-decided":
        open_as.pop(event["measure"], None)
    elif kind == "measure-retracted":
        open_as[event["measure"]] = ""


def _windows(entries: list[Entry]) -> Iterator[str]:
    """What a window lost is told when it changes."""
    lost: dict[str, list[str]] = {}
    for entry in entries:
        if entry["kind"] == "window-changed":
            window, now = entry["event"]["window"], entry["event"]["lost"]
            if lost.get(window, []) == now:
                yield f"{entry['seq']}: {window} changed to what it was"
            lost[window] = now


def _signs(entries: list[Entry]) -> Iterator[str]:
    """A sign is put when there is none or another one, and taken when there is one."""
    signs: dict[str, Any] = {}
    for entry in entries:
        if entry["kind"] == "sign-put":
            sign = entry["event"]["sign"]
            if signs.get(sign["place"]) == sign:
                yield f"{entry['seq']}: the same sign put again at {sign['place']}"
            signs[sign["place"]] = sign
        elif entry["kind"] == "sign-taken" and signs.pop(entry["event"]["place"], None) is None:
            yield f"{entry['seq']}: a sign taken at {entry['event']['place']}, where none is"


def _alarm(entry: Entry) -> tuple[str, str, str]:
    event = entry["event"]
    return event["device"], event["fault"], event.get("part", "")
