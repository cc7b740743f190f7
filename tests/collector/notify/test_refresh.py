"""What stands is told again to what forgets it: to the real Alertmanager, and by the rules of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.notify.channel import HttpAnswer, Kit, Never, NotNow, Reason, Request, Taken
from hallwatch_collector.notify.channels.alertmanager import MISSED, AlertmanagerChannel
from hallwatch_collector.notify.courier import Courier, Place, Post
from hallwatch_collector.notify.http import Client
from hallwatch_collector.notify.lane import Item
from hallwatch_collector.notify.refresh import MISSES, RETRY_SHARE, Standing
from parts.messages import clock, make_part
from parts.vendors.alertmanager import Alertmanager, serve_alertmanager
from parts.waiting import wait_until

MAIN = HallKey("330106", "main")
REFRESH_S = 0.4


def item(number: int, **more: object) -> Item:
    part = make_part(alert=f"A{number}", incident=f"I-{number}", began_at=clock() - 5, **more)
    return Item(part=part, decided_at=part.began_at)


def numbers(items: Sequence[Item]) -> list[str]:
    return [each.part.incident for each in items]


class Sender:
    """A courier to one Alertmanager."""

    def __init__(self, url: str) -> None:
        channel = AlertmanagerChannel(id="am", feed=True, urls=[url], refresh_s=REFRESH_S)
        self.receipts: list[tuple[str, str]] = []
        self.asked: list[Request] = []
        self._client = Client()
        self.courier = Courier({"am": channel}, lambda: Kit(secret=str, now=clock()), clock, self._send)
        self.courier.start(self._note)

    def tell(self, *items: Item) -> None:
        """Have these told, and wait for it."""
        self.courier.show(MAIN, [Post(place=Place("am"), item=each) for each in items])
        for each in items:
            wanted = (each.part.alert, "accepted")
            wait_until(lambda wanted=wanted: wanted in self.receipts, 5, "it is accepted")

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def _send(self, request: Request, limit_s: float) -> HttpAnswer:
        self.asked.append(request)
        return self._client(request, limit_s)

    def _note(self, _key: HallKey, receipts: Sequence[Receipt]) -> None:
        self.receipts += [(each.alert, each.outcome) for each in receipts]


@contextmanager
def send(url: str) -> Iterator[Sender]:
    """Run a courier for the time of a ``with`` block."""
    sender = Sender(url)
    try:
        yield sender
    finally:
        sender.courier.stop()
        sender.close()


def shown(server: Alertmanager) -> set[str]:
    return {alert["labels"]["incident"] for alert in server.alerts()}


@pytest.mark.e2e
def test_what_stands_stays_what_is_over_goes_and_all_goes_when_nobody_tells_it_again() -> None:
    with serve_alertmanager() as server:
        with send(server.url) as sender:
            sender.tell(item(1), item(2))
            until = time.monotonic() + 2 * MISSED * REFRESH_S  # it would have ended twice by then
            wait_until(lambda: time.monotonic() > until, 10, every_s=0.1)
            assert shown(server) == {"I-1", "I-2"}
            assert sender.receipts.count(("A1", "sent")) == 1, "telling it again is no step of its way"
            sender.tell(item(1, edition=2, occasion="over", over_at=clock() - 1))
            wait_until(lambda: shown(server) == {"I-2"}, 10, "the resolved one to vanish", every_s=0.2)
            asked = len(sender.asked)
            wait_until(lambda: len(sender.asked) >= asked + 4, 10, "it is told again")
            assert shown(server) == {"I-2"}, "what is over does not come back"
        wait_until(lambda: not shown(server), 10, "all to be forgotten", every_s=0.2)
        with send(server.url) as sender:
            sender.courier.stand(MAIN, [Post(place=Place("am"), item=item(2))])
            wait_until(lambda: shown(server) == {"I-2"}, 10, "what stands after a restart", every_s=0.2)
            assert sender.receipts == []
            sender.courier.stand(MAIN, [])
            wait_until(lambda: not shown(server), 10, "a hall that is dropped to be forgotten", every_s=0.2)


def test_it_is_told_again_in_time_and_sooner_after_a_failure() -> None:
    standing = Standing(60.0)
    assert standing.take(0.0) == ()
    standing.note([item(1), item(2)])
    assert numbers(standing.take(0.0)) == ["I-1", "I-2"]
    assert standing.take(100.0) == (), "it is on its way"
    standing.settle(Taken(), 100.0)
    assert standing.take(159.9) == ()
    for failure in range(MISSES):
        now = 160.0 + failure * 60.0 * RETRY_SHARE
        assert standing.reason == ""
        assert numbers(standing.take(now)) == ["I-1", "I-2"]
        standing.settle(NotNow(Reason("is away", "连不上")), now)
    assert "is away" in standing.reason
    assert standing.take(1000.0)
    standing.settle(Taken(), 1000.0)
    assert standing.reason == ""


def test_what_is_over_joined_or_gone_is_let_go() -> None:
    standing = Standing(60.0)
    standing.note([item(number) for number in range(4)])
    standing.note([item(0, occasion="over", over_at=1.0), item(1, occasion="joined")])
    assert numbers(standing.take(0.0)) == ["I-2", "I-3"]
    standing.settle(Taken(), 0.0)
    standing.hold("330106/main/", [item(3)])
    standing.hold("330106/other/", [])
    assert numbers(standing.take(60.0)) == ["I-3"]


def test_what_is_over_is_not_told_as_standing_though_the_far_end_refuses_to_hear_that_it_is() -> None:
    standing = Standing(60.0)
    standing.note([item(number) for number in range(3)])
    refused = Never(Reason("refuses it", "拒收"))
    standing.note_answer([item(0, edition=2, occasion="over", over_at=1.0), item(1, edition=2)], refused)
    standing.note_answer([item(2, edition=2, occasion="over", over_at=1.0)], NotNow(Reason("is away", "连不上")))
    assert numbers(standing.take(0.0)) == ["I-1", "I-2"]


def test_a_clock_that_is_set_back_makes_nobody_forget() -> None:
    standing = Standing(60.0)
    standing.note([item(1)])
    assert standing.take(3600.0)
    standing.settle(Taken(), 3600.0)
    assert standing.take(3659.0) == ()
    assert numbers(standing.take(10.0)) == ["I-1"]
