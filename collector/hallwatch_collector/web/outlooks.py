"""What a decision would do, in words: the figures before and after it, and who goes where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from hallwatch_collector.core.foresight import Load, Outlook
from hallwatch_collector.web.naming import Naming
from hallwatch_collector.web.texts import Words

NAMED_AT_MOST: Final = 5
"""So many windows are named; of more it is said how many they are."""


class Figure(NamedTuple):
    """A figure before and after a decision."""

    name: str
    before: str
    after: str
    trend: str
    """``better``, ``worse`` or ``same``."""


class Weighed(NamedTuple):
    """What a decision would do."""

    figures: tuple[Figure, ...]
    lines: tuple[str, ...]
    refused: bool = False


def weigh(outlook: Outlook, words: Words, name_of: Naming, class_name: Naming, register_name: Naming) -> Weighed:
    """Say what a decision would do; with figures only where windows change."""
    figures = tuple(_figures(outlook, words)) if outlook.changes_windows else ()
    return Weighed(figures, tuple(_lines(outlook, words, name_of, class_name, register_name)), bool(outlook.refused))


def _figures(outlook: Outlook, words: Words) -> Iterator[Figure]:
    before, after = outlook.before, outlook.after
    yield _compare(words.say("foresee.windows"), (before.windows, after.windows), str, more_is_better=True)
    if before.queue is not None and after.queue is not None:
        yield _compare(words.say("foresee.queue"), (before.queue, after.queue), lambda each: say_people(each, words))
    if before.wait_s is not None and after.wait_s is not None:
        yield _compare(words.say("foresee.wait"), (before.wait_s, after.wait_s), words.span)


def _compare(
    name: str, values: tuple[float, float], say: Callable[[float], str], *, more_is_better: bool = False
) -> Figure:
    said = (say(values[0]), say(values[1]))
    if said[0] == said[1]:
        return Figure(name, *said, "same")
    return Figure(name, *said, "better" if (values[1] > values[0]) == more_is_better else "worse")


def _lines(outlook: Outlook, words: Words, name_of: Naming, class_name: Naming, register_name: Naming) -> Iterator[str]:
    if outlook.refused:
        yield words.say("foresee.refused")
        return
    for flow in outlook.flows:
        said = {"business": class_name(flow.business), "before": say_windows(flow.before, words, name_of)}
        said |= {"after": say_windows(flow.after, words, name_of)}
        if flow.people is None:
            yield words.say("foresee.flow", **said)
        else:
            yield words.say("foresee.flow_people", people=say_people(flow.people, words), **said)
    effects = (
        ("foresee.signs_up", outlook.signs_up, name_of), ("foresee.signs_down", outlook.signs_down, name_of),
        ("foresee.registers", outlook.registers, register_name),
    )  # fmt: skip
    for key, names, naming in effects:
        if names:
            yield words.say(key, names=_some(map(naming, names), len(names), words, "foresee.places"))
    if outlook.ended:
        yield words.say("foresee.ended", names=words.listed(outlook.ended))
    if not outlook.changes_windows:
        does = outlook.ended or any(names for _, names, _ in effects)
        yield words.say("foresee.same_windows" if does else "foresee.only_noted")


def say_people(people: float, words: Words) -> str:
    """Return how many people, to the whole person above three: a queue of 4.33 is one of 4."""
    return words.say("foresee.people", n=f"{people:.0f}" if people >= 3 or people == int(people) else f"{people:.1f}")


def say_windows(windows: tuple[str, ...], words: Words, name_of: Naming) -> str:
    """Return some windows by name, or how many they are; none: that nobody takes it."""
    if not windows:
        return words.say("foresee.nowhere")
    return _some(map(name_of, windows), len(windows), words, "foresee.windows_count")


def _some(names: Iterable[str], count: int, words: Words, key: str) -> str:
    return words.listed(names) if count <= NAMED_AT_MOST else words.say(key, n=count)


def say_load(load: Load, words: Words) -> dict[str, str]:
    """Return the figures of now by their names; what nobody tells is left out."""
    told = {"windows": f"{load.windows} / {load.windows_in_use}"}
    if load.people is not None:
        told["people"] = say_people(load.people, words)
    if load.queue is not None:
        told["queue"] = say_people(load.queue, words)
    if load.wait_s is not None:
        told["wait"] = words.span(load.wait_s)
    return told
