"""Listening to printers over IPP: how often they are asked, events that count once, subscriptions that end."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import pytest
from pyipp.enums import IppOperation, IppTag

from hallwatch_agent.probes import CouldNotRead
from hallwatch_agent.probes.printers import ipp_events
from hallwatch_agent.probes.printers.ipp import EVENT, Answer, Value
from hallwatch_agent.probes.printers.ipp_events import parse_events, pause_s
from hallwatch_agent.wire import ReadError


@pytest.mark.parametrize(
    ("told", "life_s", "pause"), [(60, 15, 3.75), (1, 15, 2.0), (30, None, 30.0), (None, None, 15.0), (10, 300, 10.0)]
)
def test_events_are_asked_for_several_times_in_their_life(told: int | None, life_s: int | None, pause: float) -> None:
    assert pause_s(told, life_s) == pause


def test_an_event_counts_once() -> None:
    events: list[dict[str, list[Value]]] = [
        {"notify-sequence-number": [at], "notify-subscribed-event": ["printer-stopped"]} for at in (3, 4)
    ]
    told = Answer(0, tuple((EVENT, event) for event in events))
    assert parse_events(told, 3) == (4, ["printer-stopped"])
    assert parse_events(told, 4) == (4, [])


class Scripted:
    """A link whose answers to notifications stand in a list; after the last, or two subscriptions, it is cut."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.asked: list[IppOperation] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def renew(self) -> None:
        pass

    async def demand(self, operation: IppOperation, asked: Any = ()) -> Answer:
        self.asked.append(operation)
        offer = {"notify-pull-method-supported": ["ippget"], "notify-events-supported": ["printer-stopped", "other"]}
        return Answer(0, ((4, {**offer, "ippget-event-life": [0]}),))

    async def ask(self, operation: IppOperation, asked: Any = (), subscription: Any = ()) -> Answer:
        self.asked.append(operation)
        if operation == IppOperation.CREATE_PRINTER_SUBSCRIPTIONS:
            assert (IppTag.KEYWORD, "notify-events", ["printer-stopped"]) in subscription
            if self.asked.count(operation) > 2:
                raise CouldNotRead(ReadError.REFUSED, "cut")
            return Answer(0, ((6, {"notify-subscription-id": [7]}),))
        if operation == IppOperation.GET_NOTIFICATIONS and not self._answers:
            raise CouldNotRead(ReadError.REFUSED, "cut")
        return self._answers.pop(0) if operation == IppOperation.GET_NOTIFICATIONS else Answer(0, ())


def follow_script(monkeypatch: pytest.MonkeyPatch, *answers: Answer) -> tuple[Any, list[str]]:
    monkeypatch.setattr(ipp_events, "SHORTEST_PAUSE_S", 0.0)
    monkeypatch.setattr(ipp_events, "RESTS_S", 0.0)
    link: Any = Scripted(*answers)
    calls: list[str] = []
    asyncio.run(ipp_events.follow(link, calls.append))
    return link, calls


STOPPED = Answer(0, ((7, {"notify-sequence-number": [1], "notify-subscribed-event": ["printer-stopped"]}),))
STOPPED_TWICE = ((7, {"notify-sequence-number": [2], "notify-subscribed-event": ["printer-stopped"]}),)


def test_a_cut_conversation_ends_the_listening_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    link, calls = follow_script(monkeypatch, STOPPED, STOPPED)
    assert calls == ["printer-stopped"]
    assert link.asked.count(IppOperation.CREATE_PRINTER_SUBSCRIPTIONS) == 1


@pytest.mark.parametrize("ended", [Answer(0x0406, ()), Answer(0x0007, STOPPED_TWICE)])
def test_a_printer_that_ends_the_subscription_is_read_and_the_listening_ends(
    ended: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, calls = follow_script(monkeypatch, STOPPED, ended, STOPPED)
    assert len(calls) == 2
    assert link.asked.count(IppOperation.CREATE_PRINTER_SUBSCRIPTIONS) == 1


def test_a_subscription_is_given_back_before_another_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ipp_events, "LEASE_S", 0)
    link, _ = follow_script(monkeypatch)
    once = [IppOperation.CREATE_PRINTER_SUBSCRIPTIONS, IppOperation.CANCEL_SUBSCRIPTION]
    assert link.asked[1:5] == [*once, *once]
