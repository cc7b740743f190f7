"""Alerts of a real collector: what a link is good for when the clock is set or the incident is back; a defect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from hallwatch_collector.core.commands import Acknowledge, HandOver
from hallwatch_collector.notify.links import LinkRefused
from hallwatch_collector.web.alert_pages import look_at
from hallwatch_collector.web.texts import Words
from parts.county import hall, printer
from parts.moved_collector import NOW, MovedCollector
from parts.vendors.webhook import SECRET

HALL = hall([printer("prn-1", "w1")])
ALERTS = """\
steps = [{ to = ["technical"] }]
channels = [
    { id = "hook", kind = "webhook", url = "http://127.0.0.1:9", secret_file = "hook-secret" },
    { id = "other", kind = "webhook", url = "http://127.0.0.1:9", secret_file = "hook-secret" },
]
people = [
    { name = "张伟", roles = ["technician"], ways = [{ channel = "hook" }] },
    { name = "李敏", roles = ["head"], ways = [{ channel = "other" }] },
]
"""


@pytest.fixture
def there(tmp_path: Path) -> Iterator[MovedCollector]:
    (tmp_path / "hook-secret").write_text(SECRET)
    (tmp_path / "alerts.toml").write_text(ALERTS, encoding="utf-8")
    there = MovedCollector(tmp_path, [HALL])
    jam(there, jammed=False)
    there.move(5)
    jam(there)
    yield there
    there.close()


def jam(there: MovedCollector, *, jammed: bool = True) -> None:
    there.tell(HALL, {"prn-1": {"reachable": True, "jam": jammed}})


def link_of(there: MovedCollector) -> str:
    """Return the ticket in the message of the only incident."""
    view = there.view(HALL)
    (alert,) = view.alerts
    return there.dispatch.link(view, alert, alert.deliveries[0]).rpartition("/")[2]


def page_of(there: MovedCollector, person: str) -> str:
    """Return the link in the message to somebody."""
    view = there.view(HALL)
    (alert,) = view.alerts
    return next(there.dispatch.link(view, alert, each) for each in alert.deliveries if person in each.people)


def standing(there: MovedCollector, ticket: str) -> str:
    return look_at(there.collector.redeem(ticket), Words("zh-CN", there.now)).standing


def test_a_link_stays_good_when_the_clock_is_set(there: MovedCollector) -> None:
    ticket = link_of(there)
    assert standing(there, ticket) == "open"
    for step_s in (3600.0, -7200.0):
        there.now += step_s
        there.collector.tick()
        assert standing(there, ticket) == "open"
    there.now = NOW + 86_400
    with pytest.raises(LinkRefused):
        standing(there, ticket)


def test_a_link_is_not_good_for_what_came_back(there: MovedCollector) -> None:
    ticket = link_of(there)
    there.move(5)
    jam(there, jammed=False)
    there.move(60, 10)
    assert standing(there, ticket) == "over"
    jam(there)
    assert (standing(there, ticket), standing(there, link_of(there))) == ("earlier", "open")


def test_what_was_taken_on_and_handed_over_can_be_taken_on_by_the_link_again(there: MovedCollector) -> None:
    incident = there.view(HALL).incidents[0].id
    there.collector.command(HALL.key, Acknowledge(by="张伟", incident=incident))
    assert "/ack/" not in page_of(there, "张伟")
    there.collector.command(HALL.key, HandOver(by="张伟", incident=incident, person="李敏"))
    ticket = page_of(there, "李敏").rpartition("/ack/")[2]
    assert there.dispatch.check(ticket).people == ("李敏",)
    assert standing(there, ticket) == "open"
    there.collector.command(HALL.key, Acknowledge(by="李敏", incident=incident, via="link"))
    assert standing(there, ticket) == "taken"


def test_a_defect_in_writing_down_does_not_keep_people_from_being_told(
    there: MovedCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(there.journal, "write", break_)
    there.move(5)
    jam(there, jammed=False)
    there.move(60, 10)
    held = [item for lane in there.dispatch.courier._lanes.values() for item in lane._items.values()]
    assert [item.part.occasion for item in held if item.part.hall == HALL.hall] == ["over"]
    assert any("ZeroDivisionError" in problem for problem in there.collector.problems())


def test_a_link_that_waits_for_the_morning_is_good_from_then_on(there: MovedCollector) -> None:
    view = there.view(HALL)
    (alert,) = view.alerts
    morning = there.now + 36_000
    address = there.dispatch.link(view, alert, structs.replace(alert.deliveries[0], hold_until=morning))
    assert there.dispatch.check(address.rpartition("/")[2]).until == int(morning + 43_200)
