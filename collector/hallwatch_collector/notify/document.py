"""A message as JSON, for programs: what the webhook and MQTT channels send."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import structs

from hallwatch_collector.notify.message import Message, Part

TYPE: Final = "hallwatch.alert"


def describe_message(message: Message, now: float) -> dict[str, Any]:
    """Return all of a message; *now* is when it is sent."""
    told = structs.asdict(message)
    told["key"] = message.key
    told["parts"] = [describe_part(part) for part in message.parts]
    return {"type": TYPE, "timestamp": now, "data": told}


def describe_part(part: Part) -> dict[str, Any]:
    """Return all that is told of one incident."""
    return {"key": part.key, **structs.asdict(part)}


def encode(told: Any) -> bytes:
    """Return JSON."""
    return msgspec.json.encode(told)
