"""How often systems fail, and which way figures go (A1)."""

from __future__ import annotations

from itertools import pairwise

from hallwatch_agent.wire import Reading
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.events import FaultRaised, MeasureRaised
from hallwatch_collector.core.failures import down_ratio, failure_trend, rate_rule, say_rate
from hallwatch_collector.core.hall import Device, OpeningHours
from hallwatch_collector.core.model import Model
from hallwatch_collector.core.rules import FailuresRule
from hallwatch_collector.core.state import Failure
from hallwatch_collector.core.trend import trend_of
from parts.county import CATALOGUE, PLAN, Bench, hall, probe

HOUR = 3600.0
OFFICE = OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="09:00", to="17:00")
WARNING = "warn-technicians"


def a_hall_that_failed(*failures: tuple[str, float, float | None]) -> tuple[Model, FailuresRule]:
    systems = [Device(id=name, kind="system", name=name, probes=[probe()]) for name in ("core", "bureau")]
    model = Model(hall([], systems=systems), PLAN, CATALOGUE, Alerting())
    model.failures = [Failure(device=device, since=since, until=until) for device, since, until in failures]
    rule = rate_rule(model)
    assert rule is not None
    return model, rule


def test_time_in_which_two_were_out_of_order_counts_once() -> None:
    model, rule = a_hall_that_failed(
        ("core", 0, 6 * HOUR), ("bureau", 3 * HOUR, 9 * HOUR), ("core", 4 * HOUR, 5 * HOUR)
    )
    assert down_ratio(model, rule, 24 * HOUR) == 9 / 24
    assert down_ratio(model, rule, 27 * HOUR) == 6 / 24, "the first three hours are too long ago"


def test_what_is_out_of_order_now_counts_until_now() -> None:
    model, rule = a_hall_that_failed(("core", 18 * HOUR, None))
    assert down_ratio(model, rule, 24 * HOUR) == 6 / 24
    assert failure_trend(model, rule, 24 * HOUR) == "rising"
    assert failure_trend(model, rule, 40 * HOUR) == "falling"


def test_a_fault_with_which_all_goes_on_is_no_failure() -> None:
    """A server whose backup is old runs: it is not out of order for a day."""
    server = Device(id="server", kind="server", name="服务器", probes=[probe()])
    bench = Bench(hall([server]))
    bench.born()
    for _ in range(400):
        bench.wait(1.5)
        bench.tell(server={"reachable": True, "backup-missing": True})
    raised = [event.fault for event in bench.events if isinstance(event, FaultRaised)]
    assert raised == ["backup-missing"]
    assert bench.engine.state(bench.key).failures == []


def test_what_hangs_on_another_is_no_failure_of_its_own() -> None:
    link = Device(id="router", kind="router", name="路由器", probes=[probe()])
    behind = [Device(id="core", kind="system", name="核心", depends_on=["router"], probes=[probe()])]
    bench = Bench(hall([link], systems=behind))
    bench.born()
    for answers in (False, True) * 3:
        for _ in range(40):
            bench.wait(2)
            bench.report(
                *(Reading(each, "tcp", bench.now, conditions={"reachable": answers}) for each in ("router", "core"))
            )
    failed = bench.engine.state(bench.key).failures
    assert [failure.device for failure in failed] == ["router"] * 3
    measures = bench.engine.view(bench.key, bench.now).measures
    (warned,) = [each.text for each in measures if (each.clause, each.status) == ("A2", "open")]
    assert "路由器3次" in warned
    assert "呈上升趋势" in warned


def test_what_fails_all_day_is_not_said_anew_with_every_failure() -> None:
    """One of twenty systems after the other fails, every four minutes: each failure changes what the warning counts."""
    names = [f"sys-{number}" for number in range(20)]
    systems = [Device(id=name, kind="system", name=name, probes=[probe(interval_s=20)]) for name in names]
    bench = Bench(hall([], systems=systems))
    bench.born()
    for second in range(0, int(6 * HOUR), 20):
        bench.now += 20
        for events in bench.engine.on_tick(bench.now).values():
            bench.events += events
        broken = names[second // 240 % 20] if second % 240 < 120 else ""
        bench.report(*(Reading(name, "tcp", bench.now, conditions={"reachable": name != broken}) for name in names))
    said = [event.at for event in bench.events if isinstance(event, MeasureRaised) and event.template == WARNING]
    failed = sum(isinstance(event, FaultRaised) and event.device in names for event in bench.events)
    assert failed >= 85
    assert len(said) > 3, "it is kept up to date"
    assert all(later - earlier >= 599 for earlier, later in pairwise(said)), "and said at most every ten minutes"


def test_a_trend_is_more_than_noise() -> None:
    assert trend_of([1, 9, 1, 9, 1], 5, 0.2) == "", "too few to say"
    assert trend_of([10, 11, 12, 13, 14, 15], 5, 0.2) == "steady"
    assert trend_of([10, 10, 14, 18, 22, 22], 5, 0.2) == "rising"
    assert trend_of([22, 22, 18, 14, 10, 10], 5, 0.2) == "falling"
    assert trend_of([100, 100, 100, 110, 115, 115], 5, 0.2) == "steady"
    assert trend_of([6, 6, 48, 48, 48, 48, 48, 48, 6], 5, 0.2) == "falling", "a jump counts at once"
    assert trend_of([6, 6, 6, 6, 6, 6, 6, 48], 5, 0.2) == "rising"


MONDAY_NINE = 1_773_018_000.0  # 2026-03-09 09:00 in Shanghai, when the hall opens after its weekend


def a_hall_open_on_weekdays(*failures: tuple[str, float, float | None]) -> tuple[Model, FailuresRule]:
    systems = [Device(id=name, kind="system", name=name, probes=[probe()]) for name in ("core", "bureau")]
    model = Model(hall([], systems=systems, hours=[OFFICE]), PLAN, CATALOGUE, Alerting())
    model.failures = [Failure(device=device, since=since, until=until) for device, since, until in failures]
    rule = rate_rule(model)
    assert rule is not None
    return model, rule


def test_a_few_minutes_after_a_weekend_are_no_rate() -> None:
    model, rule = a_hall_open_on_weekdays(("core", MONDAY_NINE + 60, None))
    assert down_ratio(model, rule, MONDAY_NINE + 300) == 240 / (4 * HOUR), "not four of five minutes"
    assert down_ratio(model, rule, MONDAY_NINE + 8 * HOUR) == (8 * HOUR - 60) / (8 * HOUR), "a whole day is a day"


def test_what_failed_while_the_hall_was_closed_counts_only_for_the_time_in_which_it_is_open() -> None:
    sunday = [("core", MONDAY_NINE - each * HOUR, MONDAY_NINE - each * HOUR + 600) for each in (20, 16, 12, 8)]
    model, rule = a_hall_open_on_weekdays(*sunday, ("bureau", MONDAY_NINE - HOUR, None))
    assert down_ratio(model, rule, MONDAY_NINE - 60) == 0.0
    assert say_rate(model, rule, MONDAY_NINE - 60)[1] == "in 24 h "
    assert say_rate(model, rule, MONDAY_NINE)[1] == "in 24 h bureau 1×"
    assert down_ratio(model, rule, MONDAY_NINE + HOUR) == HOUR / (4 * HOUR)


def test_on_monday_morning_people_are_warned_after_an_hour_and_not_after_a_minute() -> None:
    core = Device(id="core", kind="system", name="核心", probes=[probe(interval_s=20)])
    bench = Bench(hall([], systems=[core], hours=[OFFICE]), MONDAY_NINE - 600)
    bench.born()
    raised = []
    for second in range(0, int(2 * HOUR), 20):
        bench.now += 20
        for events in bench.engine.on_tick(bench.now).values():
            bench.events += events
        bench.report(Reading("core", "tcp", bench.now, conditions={"reachable": second < 620}))
        raised = [each.at for each in bench.events if isinstance(each, FaultRaised) and each.fault == "failing-often"]
        if raised:
            break
    assert raised
    assert MONDAY_NINE + HOUR <= raised[0] <= MONDAY_NINE + HOUR + 120
