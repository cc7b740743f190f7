"""The words of a message as a channel takes them: harmless, in its language, no longer than it allows.

What must be said is kept when something has to go: the title, the first step, the mark of a test or a repeat, the link.
A digest says of each incident what it is, since when, what it does to the windows, the first step, and the link by
which it is acknowledged; where there is no room for all of that, less and less of it, in the end only what it is, under
the name of its hall. How many it can name so is asked before it is put together (:func:`count_named`); if it gets more
nevertheless, the others are counted, by what fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from msgspec import Struct

from hallwatch_agent.chat.words import cut, harmless, in_bytes
from hallwatch_collector.core.alerts.people import Language
from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.notify.message import Message, Part

FIRST_STEP: Final = ("第一步:", "First step:")
"""By which the line is known that tells what to do."""
SINCE: Final = ("自", "Since ")
EFFECT: Final = ("影响:", "Effect:")
"""The same for since when, and for what it does to the windows."""
_OCCASIONS: Final[dict[Occasion, tuple[str, str]]] = {
    "update": ("【更新】", "[update] "),
    "worse": ("【加重】", "[worse] "),
    "reminder": ("【提醒】", "[reminder] "),
    "hand-over": ("【交接】", "[handed to you] "),
    "back": ("【再次发生】", "[back again] "),
    "other": ("【新情况】", "[another fault] "),
}
_TEST: Final = ("【测试】", "[TEST] ")
_NOTHING_WRONG: Final = ("这是测试,无需处理", "This is a test; nothing needs to be done")
_AGAIN: Final = ("(重发,如已收到请忽略)", "(sent again; ignore it if you have it)")
_UNWRITTEN: Final = (
    "(采集服务暂时无法保存记录,重启后可能重发)",
    "(the collector cannot save its record now; this may be sent again after a restart)",
)
_DIGEST: Final = ("合并通知:{count}起", "{count} incidents in one message")
_MORE: Final = ("另有{count}起,详见页面", "{count} more; see the page")
_MORE_BY_KIND: Final = ("另有{count}起:{kinds},详见页面", "{count} more: {kinds}; see the page")
_KIND: Final = (("{name}{count}起", ","), ("{count} × {name}", ", "))
"""How many of a kind, and what stands between two kinds."""
_OVER: Final = ("已恢复", "recovered")
_OTHERS: Final = ("其他", "others")
MOST_KINDS: Final = 4
"""More kinds of fault are counted together."""
_LEFT_OUT: Final = ("…(另有{count}行,详见页面)", "… ({count} more lines; see the page)")
_PAGE: Final = ("详情与确认", "Details and acknowledgement")
TITLE_SHARE: Final = 3
"""A title takes a third of the room at most."""
LINK_SHARE: Final = 2 / 3
"""A link that takes more than this is left out: a short message is there to be read."""


class Form(Struct, frozen=True, kw_only=True):
    """What a channel takes."""

    most: int
    """Of the whole text, as *length* counts it."""
    length: Callable[[str], int] = in_bytes
    clean: Callable[[str], str] = harmless
    """Makes a text that a hall may have written harmless in this channel."""
    joint: str = "\n"
    """Between two lines."""
    show_link: Callable[[str, str], str] = lambda words, address: f"{words}: {address}"
    """Of its words and its address; empty: the channel shows it in another way."""
    notes: tuple[str, ...] = ()
    """Lines of the channel's own that are kept, such as a robot's keyword."""


class Words(Struct, frozen=True, kw_only=True):
    """A message in words."""

    title: str
    lines: tuple[str, ...]
    link: tuple[str, str] | None = None
    """The link's words and its address, also where a line shows it."""
    joint: str = "\n"

    @property
    def text(self) -> str:
        """All of it."""
        return self.joint.join((self.title, *self.lines))


class _Detail(NamedTuple):
    """What a digest says of each incident beside its title."""

    starts: tuple[str, ...]
    """How the lines begin."""
    link: bool
    """The link goes with them."""


_DETAILS: Final = (
    _Detail(SINCE + EFFECT + FIRST_STEP, link=True),
    _Detail(SINCE + EFFECT, link=True),
    _Detail(SINCE + EFFECT + FIRST_STEP, link=False),
    _Detail(SINCE + EFFECT, link=False),
)
"""The first for which there is room."""


class _Frame(Struct, frozen=True, kw_only=True):
    """What stands around what is told."""

    title: str
    kept: list[str]
    """The lines at the end."""
    link: tuple[str, str] | None
    room: int
    """What is left for the lines between."""


def render(message: Message, form: Form) -> Words:
    """Return a message in words that fit."""
    frame = _frame(message, form)
    if len(message.parts) == 1:
        lines = _fit_lines(message.parts[0].lines, form, frame.room, message.language)
    else:
        lines = _fit_parts(message.parts, form, frame.room, message.language)
    return Words(title=frame.title, lines=(*lines, *frame.kept), link=frame.link, joint=form.joint)


def count_named(message: Message, form: Form) -> int:
    """Return how many of a digest's incidents, from the first on, it can name when it is told of no more than these."""
    frame = _frame(message, form)
    return max(_count_titles(message.parts, form, frame.room, message.language), 1)


def _frame(message: Message, form: Form) -> _Frame:
    number = _number(message.language)
    link = _link_of(message)
    kept = [_NOTHING_WRONG[number]] if message.is_test else []
    kept += [_AGAIN[number]] if message.again else []
    kept += [_UNWRITTEN[number]] if any(part.unwritten for part in message.parts) else []
    kept += form.notes
    shown = form.show_link(*link) if link is not None else ""
    if shown and form.length(shown) <= (form.most - _length(kept, form)) * LINK_SHARE:
        kept.append(shown)
    room = form.most - _length(kept, form)
    title = cut(_title(message, form), max(min(room, form.most // TITLE_SHARE), 0), form.length)
    return _Frame(title=title, kept=kept, link=link, room=room - _length([title], form))


def first_step(part: Part) -> str:
    """Return the line that tells what to do; empty: there is none."""
    return next((line for line in part.lines if line.startswith(FIRST_STEP)), "")


def _number(language: Language) -> int:
    return 1 if language == "en" else 0


def _link_of(message: Message) -> tuple[str, str] | None:
    address = message.parts[0].link if len(message.parts) == 1 else message.page
    return (_PAGE[_number(message.language)], address) if address else None


def _title(message: Message, form: Form) -> str:
    number = _number(message.language)
    mark = _TEST[number] if message.is_test else ""
    if len(message.parts) > 1:
        return mark + _DIGEST[number].format(count=len(message.parts))
    part = message.parts[0]
    return (mark or _mark(part, number)) + form.clean(part.title)


def _mark(part: Part, number: int) -> str:
    return _OCCASIONS.get(part.occasion, ("", ""))[number]


def _fit_lines(lines: Sequence[str], form: Form, room: int, language: Language) -> list[str]:
    """Return as many lines as fit, from the first on; the first step before all others."""
    cleaned = [form.clean(line) for line in lines]
    order = sorted(range(len(lines)), key=lambda at: not lines[at].startswith(FIRST_STEP))
    if _length(cleaned, form) <= room:
        return cleaned
    said = _LEFT_OUT[_number(language)]
    room -= _length([said.format(count=len(lines))], form)
    chosen: dict[int, str] = {}
    for at in order:
        short = cut(cleaned[at], max(room - form.length(form.joint), 0) if not chosen else form.most, form.length)
        if _length([short], form) > room:
            break
        chosen[at] = short
        room -= _length([short], form)
    shown = [chosen[at] for at in sorted(chosen) if chosen[at]]
    left_out = len(lines) - len(shown)
    return [*shown, said.format(count=left_out)] if left_out and room >= 0 else shown


def _fit_parts(parts: Sequence[Part], form: Form, room: int, language: Language) -> list[str]:
    """Return each part's title, what else matters and its link; else its title and one line; else their titles; else as
    many of these as fit, and how many more."""
    for detail in _DETAILS:
        full = [line for at, part in enumerate(parts, 1) for line in _in_full(part, at, form, language, detail)]
        if _length(full, form) <= room:
            return full
    short = [line for number, part in enumerate(parts, 1) for line in _entry(part, number, form, language)]
    if _length(short, form) <= room:
        return short
    if _count_titles(parts, form, room, language) == len(parts):
        return _list_titles(parts, form, language)
    plain = _MORE[_number(language)].format(count=len(parts))
    whole = _count_more(parts, form, language)
    reserve = _length([whole if _length([whole], form) <= room // TITLE_SHARE else plain], form)
    named = _count_titles(parts, form, room - reserve, language)
    lines = _list_titles(parts[:named], form, language)
    room -= _length(lines, form)
    by_kind = _count_more(parts[named:], form, language)
    counted = by_kind if _length([by_kind], form) <= room else _MORE[_number(language)].format(count=len(parts) - named)
    return [*lines, counted] if _length([counted], form) <= room else lines


def _in_full(part: Part, number: int, form: Form, language: Language, detail: _Detail) -> Iterator[str]:
    """Yield a part's title, those of its lines that matter (the first one if none does), and its link."""
    yield f"{number}) {form.clean(_mark(part, _number(language)) + part.title)}"
    yield from map(form.clean, [line for line in part.lines if line.startswith(detail.starts)] or part.lines[:1])
    shown = form.show_link(_PAGE[_number(language)], part.link) if detail.link and part.link else ""
    if shown:
        yield shown


def _entry(part: Part, number: int, form: Form, language: Language) -> list[str]:
    line = first_step(part) or next(iter(part.lines), "")
    title = form.clean(f"{_mark(part, _number(language))}{part.title}")
    return [f"{number}) {title}", *([form.clean(line)] if line else [])]


def _list_titles(parts: Sequence[Part], form: Form, language: Language) -> list[str]:
    """Return the parts' titles, hall by hall; a hall's name is said once."""
    halls: dict[str, list[Part]] = {}
    for part in parts:
        halls.setdefault(part.hall_name, []).append(part)
    lines, number = [], 0
    for name, theirs in halls.items():
        lines.append(_heading(name, form))
        for part in theirs:
            number += 1
            lines.append(_short_entry(part, number, form, language))
    return lines


def _count_titles(parts: Sequence[Part], form: Form, room: int, language: Language) -> int:
    """Return of how many parts, from the first on, the titles fit."""
    halls: set[str] = set()
    widest = len(parts)  # as a number; which one a part gets depends on how many its hall has

    def fits(part: Part) -> bool:
        nonlocal room
        if part.hall_name not in halls:
            halls.add(part.hall_name)
            room -= _length([_heading(part.hall_name, form)], form)
        room -= _length([_short_entry(part, widest, form, language)], form)
        return room >= 0

    return sum(1 for _ in takewhile(fits, parts))


def _heading(hall: str, form: Form) -> str:
    return f"{form.clean(hall)}:"


def _short_entry(part: Part, number: int, form: Form, language: Language) -> str:
    title = part.title.replace(f"{part.hall_name} ", "", 1)
    return f"{number}) {form.clean(_mark(part, _number(language)) + title)}"


def _count_more(parts: Sequence[Part], form: Form, language: Language) -> str:
    """Say how many parts there are, of the most frequent kinds of fault how many each."""
    at = _number(language)
    kinds = Counter(_OVER[at] if part.over_at is not None else part.fault_name or _OTHERS[at] for part in parts)
    said = dict(kinds.most_common(MOST_KINDS))
    if rest := kinds.total() - sum(said.values()):
        said[_OTHERS[at]] = said.get(_OTHERS[at], 0) + rest
    each, joint = _KIND[at]
    words = joint.join(each.format(name=form.clean(name), count=count) for name, count in said.items())
    return _MORE_BY_KIND[at].format(count=len(parts), kinds=words)


def _length(lines: Sequence[str], form: Form) -> int:
    return sum(form.length(line) + form.length(form.joint) for line in lines)
