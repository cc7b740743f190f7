"""Why a command is not carried out, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hallwatch_collector.core.commands import FORBIDDEN, CommandRefused
from hallwatch_collector.web import registers
from hallwatch_collector.web.desk import Desk
from hallwatch_collector.web.texts import Words


def say_refused(desk: Desk, words: Words, refused: CommandRefused) -> tuple[str, int, dict[str, Any]]:
    """Return why a command was refused, the status, and what programs are told beside the code.

    409: too late, or it fits nothing; 403: not for this person; 422: fields are wrong, and ``fields`` names each.
    """
    if wrong := registers.wrong_fields(refused):
        text = words.say("refusal.wrong-fields", wrong=registers.list_wrong(desk, words, refused))
        return text, 422, {"fields": wrong}
    coded: dict[str, Callable[[str], str]] = {
        "role": desk.renderer.role_names(words),
        "status": partial(words.term, "entry"),
    }
    named = {
        name: words.listed(map(coded[name], value.split(", "))) if name in coded else value
        for name, value in refused.fields.items()
    }
    status = 403 if refused.code in FORBIDDEN else 409
    return words.say(f"refusal.{refused.code}", **named), status, dict(refused.fields)
