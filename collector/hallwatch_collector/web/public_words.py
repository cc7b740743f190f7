"""Pages that the public reads say everything twice: large in the reader's language, small in the other one."""

from __future__ import annotations

from collections.abc import Callable

from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.texts import Words


def other_words(words: Words, timezone: str) -> Words:
    """Return the words of the other language."""
    return Words(words.other, words.now, timezone)


def say_small(words: Words, timezone: str) -> Callable[..., str]:
    """Return what says a text in the other language."""
    return other_words(words, timezone).say


def class_names(view: HallView, business: str) -> tuple[str, str]:
    """Return what a business class is called, in Chinese and, where it has such a name, in English."""
    return view.class_names.get(business, business), view.class_names_en.get(business, "")
