"""The words of the pages: texts, moments, spans and values, in the reader's language and by the hall's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from hallwatch_collector.core.views import ForecastView

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")


@cache
def load_catalogue(language: Language) -> dict[str, str]:
    """Return every text of a language by its dotted key, such as ``windows.closed``."""
    text = files(__package__).joinpath("locale", f"{language}.toml").read_bytes()
    sections = msgspec.toml.decode(text, type=dict[str, dict[str, str]])
    return {f"{section}.{key}": value for section, entries in sections.items() for key, value in entries.items()}


class Words:
    """Says things in one language, at one moment, by the clock of one place."""

    def __init__(self, language: Language, now: float, timezone: str = "Asia/Shanghai") -> None:
        self.language = language
        self.other: Language = "en" if language == "zh-CN" else "zh-CN"
        self.now = now
        self._catalogue = load_catalogue(language)
        self._zone: tzinfo = ZoneInfo(timezone)

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalogue, its placeholders filled. The template escapes the result.

        A language that needs another text for one thing (``n`` is 1) has it under the key with ``_one`` at its end.
        """
        text = self._catalogue[key]
        if values.get("n") == 1:
            text = self._catalogue.get(f"{key}_one", text)
        return text.format(**values) if values else text

    def term(self, section: str, name: str) -> str:
        """Return the word for a coded name (a role, a kind, a metric), or the name itself when there is none."""
        return self._catalogue.get(f"{section}.{name}", name)

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

    def metric(self, key: str) -> str:
        """Return what a metric is called: ``toner_ratio[black]`` is "Toner left (black)"."""
        name, bracket, part = key.partition("[")
        return f"{self.term('metric', name)} {part.rstrip(']')}" if bracket else self.term("metric", name)

    def evidence(self, text: str) -> str:
        """Return what a device said (``jam=True``, ``toner_ratio[black]=0.03``) as people read it."""
        key, equals, told = text.rpartition("=")
        if not equals or told == "True":
            return key or text
        if key == "contact":
            return self.say("trouble.silent")
        if told == "False":
            return self.say("trouble.denied", what=key)
        try:
            return self.say("trouble.measured", what=self.metric(key), value=self.value(key, float(told)))
        except ValueError:
            return text

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
        return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


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
