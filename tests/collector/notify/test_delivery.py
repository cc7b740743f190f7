"""What is told or logged of a delivery holds no secret that a channel read, whatever the other end or a defect says."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from hallwatch_agent.chat.reason import Reason
from hallwatch_collector.core.alerts.receipts import Receipt
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.notify.channel import Answer, Channel, Http, Kit, Never, NotNow, Taken
from hallwatch_collector.notify.courier import Courier, Place, Post
from hallwatch_collector.notify.lane import Item
from hallwatch_collector.notify.message import Message
from parts.messages import make_part

SECRET = "pä+7/x"
CODED = base64.b64encode(f"u:{SECRET}".encode()).decode()
SAID = f"wrong password {SECRET}, or {CODED}"


class Repeating(Channel, frozen=True, kw_only=True, tag="repeating"):
    """Repeats its secret."""

    says: Callable[[str], Answer]

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:
        """Read the secret, and say it."""
        return self.says(kit.secret("password"))


def fail(secret: str) -> Answer:
    raise ValueError(f"Illegal header value {secret!r} {CODED}")


def ask(says: Callable[[str], Answer]) -> Receipt:
    """Return what a courier tells of the first try."""
    told: list[Receipt] = []
    answered = threading.Event()

    def tell(_key: HallKey, receipts: Any) -> None:
        told.extend(each for each in receipts if each.outcome != "sent")
        if told:
            answered.set()

    channel = Repeating(id="c", says=says)
    courier = Courier({"c": channel}, lambda: Kit(secret=lambda _: SECRET, now=0.0), lambda: 0.0, lambda *_: None)  # type: ignore[arg-type,return-value]
    courier.start(tell)
    courier.show(HallKey("330106", "main"), [Post(place=Place("c"), item=Item(part=make_part(), decided_at=0.0))])
    assert answered.wait(10)
    courier.stop()
    return told[0]


@pytest.mark.parametrize("kind", [NotNow, Never])
def test_a_reason_holds_no_secret(kind: Any) -> None:
    receipt = ask(lambda secret: kind(Reason(f"refused: {secret}", f"拒收:{CODED}").because(SAID)))
    for text in (receipt.reason, receipt.reason_zh):
        assert "wrong password …, or " in text
        assert SECRET not in text
        assert CODED not in text


def test_a_defect_is_logged_without_the_secret_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        receipt = ask(fail)
    assert receipt.outcome == "held"
    assert receipt.reason_zh == "Hallwatch 程序出错,请查看日志"
    assert "Traceback" in caplog.text
    assert "Illegal header value '…'" in caplog.text
    assert SECRET not in caplog.text
    assert CODED not in caplog.text


class Broken(Channel, frozen=True, kw_only=True, tag="broken"):
    """Has a defect where it is asked how much it can name."""

    def names(self, message: Message) -> int:
        """Fail."""
        raise ValueError("a defect")

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:
        """Take it."""
        return Taken()


def test_a_defect_in_one_channel_keeps_no_other_from_being_served() -> None:
    taken: list[str] = []
    all_told = threading.Event()

    def tell(_key: HallKey, receipts: Any) -> None:
        taken.extend(each.alert for each in receipts if each.outcome == "accepted")
        if len(taken) == 4:
            all_told.set()

    parts = [make_part(alert=f"A{number}", incident=f"I-{number}") for number in range(3)]
    posts = [Post(place=Place("broken"), item=Item(part=each, decided_at=0.0)) for each in parts]
    posts.append(Post(place=Place("well"), item=Item(part=make_part(alert="A9"), decided_at=0.0)))
    channels = {"broken": Broken(id="broken"), "well": Repeating(id="well", says=lambda _: Taken())}
    courier = Courier(channels, lambda: Kit(secret=str, now=0.0), lambda: 0.0, lambda *_: None)  # type: ignore[arg-type,return-value]
    courier.start(tell)
    courier.show(HallKey("330106", "main"), posts)
    assert all_told.wait(10)
    assert courier.alive
    courier.stop()
