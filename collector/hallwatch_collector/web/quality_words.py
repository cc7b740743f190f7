"""What a suggestion of a better rule says, in one sentence of either language."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.quality.suggestions import Suggestion
from hallwatch_collector.web.texts import Words

SECONDS_UNTIL_S: Final = 180.0


def say_suggestion(words: Words, told: Suggestion) -> str:
    """Say which setting would have been better, and what that would have spared and cost."""
    what = name_rule(words, told)
    return words.say(
        "quality.suggestion", what=what[:1].upper() + what[1:], setting=told.setting, was=f"{told.was:g}",
        value=f"{told.value:g}", false=told.false, fewer=told.fewer, real=_say_real(words, told),
    )  # fmt: skip


def name_rule(words: Words, told: Suggestion) -> str:
    """Return the device kind and fault that a suggestion is about."""
    fault = words.pick(told.fault_name, told.fault_name_en)
    what = words.say("quality.what", kind=words.term("kind", told.kind), fault=fault) if told.kind else fault
    return words.say("quality.only", what=what, device=told.device) if told.device else what


def _say_real(words: Words, told: Suggestion) -> str:
    median_s, worst_s = told.median_later_s, told.worst_later_s
    if not told.real:
        return words.say("quality.real_none")
    if median_s is None or worst_s is None:
        return words.say("quality.real_limit", n=told.real)
    if not worst_s:
        return words.say("quality.real_now", n=told.real)
    key = "quality.real_same" if median_s == worst_s else "quality.real_later"
    return words.say(key, n=told.real, median=_say_span(words, median_s), worst=_say_span(words, worst_s))


def _say_span(words: Words, length_s: float) -> str:
    """Return how much later, to the second where that is of interest."""
    return words.say("time.seconds", n=round(length_s)) if length_s < SECONDS_UNTIL_S else words.span(length_s)
