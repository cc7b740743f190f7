"""What is put around a message: the page on which a digest's reader finds all of it, and what waits for no digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from hallwatch_collector.core.alerts.state import Occasion
from hallwatch_collector.effects.alerts import make_posts
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.settings import AlertFile
from parts import alerted
from parts.county import PLAN
from parts.messages import make_part

TOP = PLAN.levels[0].id


@pytest.fixture
def dispatch(tmp_path: Path) -> Dispatch:
    made = Dispatch(AlertFile(), tmp_path, PLAN, lambda: 1_000_000.0)
    made.alerting = alerted.ALERTING
    return made


def test_a_digest_leads_to_the_page_that_shows_all_of_it(dispatch: Dispatch) -> None:
    here, there = make_part(), make_part(alert="A2", hall="east side")
    assert dispatch.page([here]) == "", "no address of the pages is configured"
    dispatch.link_to("https://hall.example.cn/", b"k" * 32)
    assert dispatch.page([here, here]) == "https://hall.example.cn/halls/330106/main"
    assert dispatch.page([there]) == "https://hall.example.cn/halls/330106/east%20side"
    assert dispatch.page([here, there]) == "https://hall.example.cn/"


@pytest.mark.parametrize(
    ("level", "occasion", "urgent"),
    [
        (TOP, "new", True), (TOP, "worse", True), (TOP, "back", True), (TOP, "update", False), (TOP, "over", False),
        (PLAN.levels[1].id, "new", False), ("", "new", False),
    ],
)  # fmt: skip
def test_what_is_new_at_the_highest_level_is_urgent(
    dispatch: Dispatch, level: str, occasion: Occasion, urgent: bool
) -> None:
    bench = alerted.bench()
    alerted.jam(bench)
    view = bench.engine.view(bench.key, bench.now)
    (alert,) = view.alerts
    told = structs.replace(
        alert, wording=structs.replace(alert.wording, level=level),
        deliveries=tuple(structs.replace(each, occasion=occasion) for each in alert.deliveries),
    )  # fmt: skip
    posts = list(make_posts(structs.replace(view, alerts=(told,)), dispatch))
    assert posts
    assert {post.item.urgent for post in posts} == {urgent}
    assert {post.item.part.fault_name for post in posts} == {"卡纸"}


def test_nothing_goes_where_the_file_leads_no_more(dispatch: Dispatch) -> None:
    bench = alerted.bench()
    alerted.jam(bench)
    view = bench.engine.view(bench.key, bench.now)
    assert list(make_posts(view, dispatch))
    dispatch.alerting = structs.replace(alerted.ALERTING, recipients=(alerted.WANG,))
    assert list(make_posts(view, dispatch)) == [], "an edit that the core has not taken up yet"
