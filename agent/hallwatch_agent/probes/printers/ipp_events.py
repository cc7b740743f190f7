"""Listening to a printer, or to a queue, by asking what has happened: IPP's ``ippget`` (RFC 3995, RFC 3996)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from pyipp.enums import IppOperation, IppStatus, IppTag

from hallwatch_agent.probes.printers.ipp import (
    EVENT,
    PRINTER,
    SUBSCRIPTION,
    Answer,
    Attributes,
    number,
    numbers,
    word,
    words,
)
from hallwatch_agent.probes.printers.ipp_link import Attribute, Link, check_status
from hallwatch_agent.probes.probe import CouldNotRead, Wake
from hallwatch_agent.wire import ReadError

OFFER: Final = ("notify-pull-method-supported", "notify-events-supported", "ippget-event-life")
METHOD: Final = "ippget"
INTERVAL: Final = "notify-get-interval"
EVENTS: Final = (
    "printer-state-changed",
    "printer-stopped",
    "printer-media-changed",
    "printer-restarted",
    "job-stopped",
)
"""What is listened to, as far as it is offered. Not each job: a reading in between would find nothing new."""
LEASE_S: Final = 600
"""A subscription is forgotten by the other side after so long: one that nobody asks for any more costs it nothing."""
RENEWED_AT: Final = 0.9
"""After this share of its lease it is given back, and another one made: servers grant few at a time."""
SHORTEST_PAUSE_S: Final = 2.0
RESTS_S: Final = 1.0
"""Between two subscriptions."""
USUAL_PAUSE_S: Final = 15.0
ASKED_IN_ITS_LIFE: Final = 4
NOT_OFFERED_S: Final = 6 * 3600.0
"""A printer that offers no events is asked again after so long: it may have got new firmware."""


async def follow(link: Link, wake: Wake) -> None:
    """Call *wake* at each event; return when the other side does not answer any more, for whatever reason.

    Also when it ends the subscription by itself: one that always does so is asked ever less often by whoever starts
    this again.
    """
    try:
        async with link:
            offer = (await link.demand(IppOperation.GET_PRINTER_ATTRIBUTES, [wanted(OFFER)])).group(PRINTER)
            events = [event for event in EVENTS if event in words(offer, "notify-events-supported")]
            if events and METHOD in words(offer, "notify-pull-method-supported"):
                while await _listen(link, events, number(offer, "ippget-event-life"), wake):
                    pass
                return
    except CouldNotRead:
        return  # the readings say it
    await asyncio.sleep(NOT_OFFERED_S)


def wanted(names: tuple[str, ...]) -> Attribute:
    """Return the attribute that names those to be answered."""
    return IppTag.KEYWORD, "requested-attributes", names


def pause_s(told: int | None, event_life_s: int | None) -> float:
    """Return how long to wait before asking again: as *told*, but several times in an event's life.

    CUPS keeps an event for 15 s and says that 60 s are soon enough.
    """
    pauses = [USUAL_PAUSE_S if told is None else float(told)]
    if event_life_s is not None:
        pauses.append(event_life_s / ASKED_IN_ITS_LIFE)
    return max(min(pauses), SHORTEST_PAUSE_S)


def parse_events(answer: Answer, seen: int) -> tuple[int, list[str]]:
    """Return the highest sequence number, and the names of the events beyond the number *seen*."""
    rows = [(number(event, "notify-sequence-number") or 0, _name(event)) for event in answer.all(EVENT)]
    return max([seen, *(at for at, _ in rows)]), [name for at, name in rows if at > seen]


def _name(event: Attributes) -> str:
    return word(event, "notify-subscribed-event") or "event"


async def _listen(link: Link, events: Sequence[str], event_life_s: int | None, wake: Wake) -> bool:
    """Listen by one subscription until it is to be made anew; tell whether it held so long."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + LEASE_S * RENEWED_AT
    subscription, seen = await _subscribe(link, events), 0
    while loop.time() < ends_at:
        link.renew()
        answer = await link.ask(
            IppOperation.GET_NOTIFICATIONS,
            [
                (IppTag.INTEGER, "notify-subscription-ids", subscription),
                (IppTag.INTEGER, "notify-sequence-numbers", seen + 1),
                (IppTag.BOOLEAN, "notify-wait", False),
            ],
        )
        if answer.status == IppStatus.ERROR_NOT_FOUND:
            wake("it has forgotten the subscription, as after a restart")
            return False
        seen, told = parse_events(check_status(answer), seen)
        if told:
            wake(", ".join(dict.fromkeys(told))[:200])
        if answer.status == IppStatus.OK_EVENTS_COMPLETE:
            return False
        told_s = next((number(attributes, INTERVAL) for _, attributes in answer.groups if INTERVAL in attributes), None)
        await asyncio.sleep(pause_s(told_s, event_life_s))
    link.renew()
    await link.ask(IppOperation.CANCEL_SUBSCRIPTION, [(IppTag.INTEGER, "notify-subscription-id", subscription)])
    await asyncio.sleep(RESTS_S)
    return True


async def _subscribe(link: Link, events: Sequence[str]) -> int:
    """Subscribe and return the subscription's number."""
    link.renew()
    answer = await link.ask(
        IppOperation.CREATE_PRINTER_SUBSCRIPTIONS,
        subscription=[
            (IppTag.KEYWORD, "notify-pull-method", METHOD),
            (IppTag.KEYWORD, "notify-events", events),
            (IppTag.INTEGER, "notify-lease-duration", LEASE_S),
        ],
    )
    ids = numbers(check_status(answer).group(SUBSCRIPTION), "notify-subscription-id")
    if not ids:
        raise CouldNotRead(ReadError.GARBAGE, "a subscription without a number")
    return ids[0]
