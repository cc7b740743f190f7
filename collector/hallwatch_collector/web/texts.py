"""The words of the pages: texts, moments, spans and values, in the reader's language and by the hall's clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po

from hallwatch_agent.sentences import Sentence
from hallwatch_collector.core.orders.reports import REPORTED
from hallwatch_collector.core.parts import name_part
from hallwatch_collector.core.views import FaultView, ForecastView

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")
CODED_FACTS: Final = ("fault-at",)
"""Facts whose text is a code."""
SENTENCES: Final = "findings.po"
"""The one catalogue whose ids are sentences."""
UNSAID: Final = ("contact", "agent", "error")
"""What a fault may hang on that no device has said: nobody answered, nobody asked, nothing could be read."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]*(?:\[.*\])?")


@cache
def load_catalogue(language: Language) -> dict[str, str]:
    """Return every text of a language by its dotted key, such as ``windows.closed``: its gettext catalogues together.

    What one thing is called otherwise than several (``msgstr[0]`` beside ``msgstr[1]``) stands under the key with
    ``_one`` at its end.
    """
    texts: dict[str, str] = {}
    folder = _folder(language)
    for area in sorted(folder.iterdir(), key=lambda each: each.name):
        for message in read_po(BytesIO(area.read_bytes()), abort_invalid=True) if area.name != SENTENCES else ():
            key = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
            forms = [message.string or ""] if isinstance(message.string, str | None) else list(message.string)
            if key:
                texts[key] = forms[-1]
                texts.update({f"{key}_one": form for form in forms[:-1]})
    return texts


@cache
def load_sentences(language: Language) -> dict[str, str]:
    """Return the sentences of the checks in a language, by their templates in English; for English itself none."""
    area = _folder(language).joinpath(SENTENCES)
    if not area.is_file():
        return {}
    messages = read_po(BytesIO(area.read_bytes()), abort_invalid=True)
    return {str(each.id): str(each.string) for each in messages if each.id}


def _folder(language: Language) -> Traversable:
    return files(__package__).joinpath("locale", language.replace("-", "_"), "LC_MESSAGES")


class Words:
    """Says things in one language, at one moment, by the clock of one place; *parts* are the names of its parts."""

    def __init__(
        self, language: Language, now: float, timezone: str = "Asia/Shanghai", parts: Mapping[str, str] | None = None
    ) -> None:
        self.language = language
        self.other: Language = "en" if language == "zh-CN" else "zh-CN"
        self.now = now
        self._catalogue = load_catalogue(language)
        self._zone: tzinfo = ZoneInfo(timezone)
        self._parts = parts or {}

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue, its placeholders filled. The template escapes the result.

        A language that needs another text for one thing (``n`` is 1) has it as a plural form of gettext.
        """
        text = self._catalogue[key]
        if values.get("n") == 1:
            text = self._catalogue.get(f"{key}_one", text)
        return text.format(**values) if values else text

    def translate(self, text: str) -> str:
        """Return a sentence of the checks in this language; what has no translation, and any other text, as it is."""
        if not isinstance(text, Sentence):
            return text
        template = load_sentences(self.language).get(text.template, text.template)
        values = {name: self.translate(each) if isinstance(each, str) else each for name, each in text.values.items()}
        return template.format(**values)

    def language_of(self, text: str) -> Language:
        """Return in which language :meth:`translate` says a sentence."""
        is_known = isinstance(text, Sentence) and text.template in load_sentences(self.language)
        return self.language if is_known else "en"

    def term(self, section: str, name: str) -> str:
        """Return the word for a coded name (a role, a kind, a metric), or the name itself when there is none."""
        return self._catalogue.get(f"{section}.{name}", name)

    def word(self, section: str, name: str) -> str:
        """Return the word for what a device told (a condition, a metric, a fact); one that nobody named, in quotes."""
        return self._catalogue.get(f"{section}.{name}") or self.say("part.unknown", word=name)

    def part(self, what: str, *parts: str) -> str:
        """Return *what* with the parts that it is about: 墨粉不足(黑色). A part that nobody named stands in quotes."""
        names = [(part, name_part(self._parts, part)) for part in parts if part]
        if not names:
            return what
        if len(names) == 1 and not names[0][1]:
            return self.say("part.unnamed", what=what, part=names[0][0])
        return self.say(
            "part.named",
            what=what,
            part=self.listed(name or self.say("part.unknown", word=part) for part, name in names),
        )

    def told(self, section: str, key: str) -> str:
        """Return what a condition or metric is called: ``toner_ratio[black]`` is "Toner left (black)"."""
        name, _, part = key.removesuffix("]").partition("[")
        return self.part(self.word(section, name), part)

    def pick(self, chinese: str, english: str) -> str:
        """Return the one of two texts that is in the reader's language; the other when that one is missing."""
        first, second = (chinese, english) if self.language == "zh-CN" else (english, chinese)
        return first or second

    def listed(self, items: Iterable[str]) -> str:
        """Return the items as one phrase."""
        return self.say("page.list_separator").join(items)

    def clock(self, at: float) -> str:
        """Return a moment as the hall's clocks show it, with the date when it is not today's."""
        moment, today = (datetime.fromtimestamp(t, self._zone) for t in (at, self.now))
        key = "time.clock" if moment.date() == today.date() else "time.date_clock"
        return self.say(key, month=moment.month, day=moment.day, hour=moment.hour, minute=moment.minute)

    def full_clock(self, at: float) -> str:
        """Return a moment with its date and year, for lists that reach far back."""
        return f"{datetime.fromtimestamp(at, self._zone):%Y-%m-%d %H:%M}"

    def day_began_at(self) -> float:
        """Return when today began, by the hall's clocks."""
        today = datetime.fromtimestamp(self.now, self._zone)
        return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def iso(self, at: float) -> str:
        """Return a moment for machines (the ``datetime`` attribute)."""
        return datetime.fromtimestamp(at, self._zone).isoformat(timespec="seconds")

    def ago(self, at: float) -> str:
        """Return how long ago a moment was, in words; everything below a minute is "just now"."""
        age_s = self.now - at
        return self.say("time.now") if age_s < 60 else self.say("time.ago", span=self.span(age_s))

    def span(self, length_s: float) -> str:
        """Return a length of time in words, as precise as people need it."""
        seconds = max(0, round(length_s))
        minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
        if seconds < 60:
            return self.say("time.seconds", n=seconds)
        if minutes < 60:
            return self.say("time.minutes", n=minutes)
        if hours < 24:
            rest = minutes % 60
            return self.say("time.hours_minutes", h=hours, m=rest) if rest else self.say("time.hours", n=hours)
        return self.say("time.days", n=days)

    def forecast(self, forecast: ForecastView) -> str:
        """Return in how many days a value will reach its limit, and how sure that is; or that this is not known."""
        if forecast.likely is None or forecast.earliest is None:
            return self.say("forecast.unknown")
        likely, earliest = (self._days_until(moment) for moment in (forecast.likely, forecast.earliest))
        if not likely:
            return self.say("forecast.soon")
        if forecast.latest is None:
            return self.say("forecast.no_end", n=likely, earliest=earliest)
        latest = self._days_until(forecast.latest)
        if earliest == latest:
            return self.say("forecast.sure", n=likely)
        return self.say("forecast.range", n=likely, earliest=earliest, latest=latest)

    def _days_until(self, at: float) -> int:
        return max(0, round((at - self.now) / 86_400))

    def fact(self, key: str, text: str) -> str:
        """Return a fact as people read it: a coded one as its word, any other as it was told."""
        return self.term(key, text) if key in CODED_FACTS else text

    def evidence(self, text: str) -> str:
        """Return what a device said (``jam=True``, ``toner_ratio[black]=0.03``) as people read it."""
        key, equals, told = text.rpartition("=")
        if key == "error":
            return self.say("trouble.unread", why=self.word("error", told))
        if key in UNSAID:
            return self.say(f"trouble.no_{key}")
        if not equals or not _KEY.fullmatch(key):
            return text
        if told in ("True", "False"):
            return self.told("condition", key) if told == "True" else self._denied(key)
        return self._measured(key, told) or text

    def finding(self, fault: FaultView) -> str:
        """Return how a fault is known: what the device said, or a person, or, where none did, what came of asking."""
        if fault.fault.startswith(REPORTED):
            return fault.evidence
        said = self.evidence(fault.evidence)
        return said if fault.evidence.partition("=")[0] in UNSAID else self.say("trouble.evidence", text=said)

    def advice(self, fault: FaultView) -> str:
        """Return what to do first about a fault; what cannot be read is helped by why it cannot."""
        key, _, told = fault.evidence.partition("=")
        by_error = self._catalogue.get(f"advice.{told}", "") if key == "error" else ""
        return by_error or self.pick(fault.first_step, fault.first_step_en)

    def _denied(self, key: str) -> str:
        if f"denied.{key.partition('[')[0]}" in self._catalogue:
            return self.told("denied", key)
        return self.say("trouble.denied", what=self.told("condition", key))

    def _measured(self, key: str, told: str) -> str:
        try:
            return self.say("trouble.measured", what=self.told("metric", key), value=self.value(key, float(told)))
        except ValueError:
            return ""

    def value(self, key: str, value: float) -> str:
        """Return a metric's value with its unit, which the end of its name tells."""
        name = key.partition("[")[0]
        if not abs(value) < 1e15:  # a device's nonsense; neither a moment nor a span
            return f"{value:g}"
        if name.endswith("_at_s") and 0 <= value < 4e9:
            return self.clock(value)
        for ending, shown in _FORMATS:
            if name.endswith(ending):
                return shown(value)
        if name.endswith("_s"):
            return self.span(value) if value >= 60 else f"{value:.3g} s"
        number = f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
        unit = self._catalogue.get(f"unit.{name}", "{n}")
        return unit.format(n=number)


def _scaled(value: float, step: float, units: tuple[str, ...]) -> str:
    index = 0
    while abs(value) >= step and index < len(units) - 1:
        value, index = value / step, index + 1
    return f"{value:.3g} {units[index]}" if abs(value) < 100 else f"{value:.0f} {units[index]}"


_FORMATS: Final[tuple[tuple[str, Callable[[float], str]], ...]] = (
    ("_ratio", lambda value: f"{value:.0%}"),
    ("_bytes_per_s", lambda value: _scaled(value, 1000, ("B/s", "kB/s", "MB/s", "GB/s"))),
    ("_bits_per_s", lambda value: _scaled(value, 1000, ("bit/s", "kbit/s", "Mbit/s", "Gbit/s"))),
    ("_bytes", lambda value: _scaled(value, 1024, ("B", "KiB", "MiB", "GiB", "TiB"))),
    ("_per_s", lambda value: f"{value:.3g} /s"),
    ("_v", lambda value: f"{value:.0f} V"),
    ("_c", lambda value: f"{value:.0f} °C"),
)
