"""Delivers one message. What is told or logged of it holds none of the secrets that the channel read for it: other
programs repeat in their errors what they were sent."""

from __future__ import annotations

import logging
import traceback

from msgspec import structs

from hallwatch_agent.chat.reason import DEFECT
from hallwatch_agent.chat.secrecy import hide
from hallwatch_collector.notify.channel import Answer, Channel, Http, Kit, NotNow, SecretMissing, Taken, reason_of
from hallwatch_collector.notify.message import Message

log = logging.getLogger(__name__)


def deliver(channel: Channel, message: Message, kit: Kit, http: Http) -> Answer:
    """Deliver a message, and return what became of it; a defect of the channel is a temporary error."""
    read: list[str] = []

    def secret(name: str) -> str:
        read.append(kit.secret(name))
        return read[-1]

    try:
        answer = channel.deliver(message, structs.replace(kit, secret=secret), http)
    except SecretMissing as error:
        return NotNow(reason_of(error))
    except Exception:  # noqa: BLE001 - it is logged, without what its words may hold
        log.error("channel %s failed; it is tried again\n%s", channel.id, hide(traceback.format_exc(), read))
        return NotNow(DEFECT, maybe_taken=True)
    return answer if isinstance(answer, Taken) else structs.replace(answer, reason=answer.reason.without(read))
