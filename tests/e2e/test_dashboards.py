"""Every query of every dashboard finds data, with the labels that are shown, in a real Prometheus and VictoriaMetrics.

Both scrape a collector of the shipped county hall, in which things fail, are acknowledged, and recover.
"""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from hallwatch_agent.wire import Reading
from hallwatch_collector.simulate.cli import SHIPPED_HALL
from hallwatch_collector.simulate.statefile import Simulation, write_state
from hallwatch_collector.simulate.world import Standing
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.dashboards import FILES, Asked, find_queries
from parts.mosquitto import serve_mosquitto
from parts.prometheus import SCRAPE, QueryRefused, Store, serve_prometheus
from parts.simulation import run_simulation
from parts.vendors.webhook import SECRET, Receiver
from parts.victoriametrics import serve_victoriametrics
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

ALERTS: Final = """\
steps = [{{ to = ["technical"] }}]
channels = [{{ id = "hook", kind = "webhook", url = "{url}", secret_file = "hook-secret" }}]
people = [{{ name = "张伟", roles = ["technician", "network", "system"], ways = [{{ channel = "hook" }}] }}]
"""
LASTING: Final = (
    ("ups-1", "mains-out"), ("core-system", "http-error"), ("prn-4", "toner-low"), ("prn-3", "jam"),
    ("pc-2", "unplugged"), ("sw-hall", "port-down"),
)  # fmt: skip
PASSING: Final = (("display-1", "unplugged"),)
SPAN_S: Final = 20.0
CLASSES: Final = ("printers", "network", "power", "computers")
READING: Final = re.compile(r"(hallwatch_reading_\w+)\{")
MAY_BE_EMPTY: Final = {"part", "version"}
"""Empty labels are kept by no server: what has no part, and the version of the collector's look at itself."""
NOTHING: Final = {
    "printers: 预计用尽 A": "forecasts need days of readings",
    "printers: 预计用尽 B": "forecasts need days of readings",
}
"""Queries that find nothing in a minute of a hall, and why; everything else must find data."""


class Stores(NamedTuple):
    """The servers that have seen the same."""

    prometheus: Store
    victoriametrics: Store


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Give both servers, after a minute in the life of a hall."""
    folder = tmp_path_factory.mktemp("dashboards")
    with ExitStack() as stack:
        broker = stack.enter_context(serve_mosquitto())
        receiver = Receiver()
        receiver.start()
        stack.callback(receiver.stop)
        (folder / "hook-secret").write_text(SECRET)
        (folder / "alerts.toml").write_text(ALERTS.format(url=receiver.url), encoding="utf-8")
        collector = CollectorProcess(folder, broker.port, before='alerts = "alerts.toml"\n')
        scrape = folder / "scrape.yml"
        scrape.write_text(SCRAPE.format(target=collector.web_port))
        victoria = stack.enter_context(serve_victoriametrics(folder / "victoria", scrape=scrape))
        with collector.config.open("a") as file:
            file.write(f'[history]\nurl = "{victoria.url}"\n')
        shutil.copy(SHIPPED_HALL, folder / "halls" / "county.toml")
        collector.start()
        stack.callback(lambda: collector.process and collector.stop(9))
        prometheus = stack.enter_context(serve_prometheus(folder / "prometheus", collector.web_port))
        stack.enter_context(run_simulation(folder / "halls" / "county.toml", folder, broker.port))
        made = Stores(prometheus, Store(victoria.url))
        _live(collector, folder, broker.port, made)
        yield made


def _live(collector: CollectorProcess, folder: Path, mqtt_port: int, stores: Stores) -> None:
    """Let things fail and recover, and wait until both servers have seen it."""
    alive = 'hallwatch_agent_up{area="330100",hall="county",agent="gw"}'
    wait_until(lambda: collector.metric(alive) == 1, 20, "the hall lives")
    stranger = FakeAgent(mqtt_port, "330100", "county", "gw-2")
    stranger.report(Reading("pc-1", "tcp", wall_clock(), conditions={"reachable": True}))
    stranger.close()
    _put(folder, *LASTING, *PASSING)
    incident = wait_until(lambda: _incident_of(collector, PASSING[0][0]), 25, "an incident", 0.2)
    for words in (("acknowledge", incident), ("start-repair", incident)):
        done = collector.call(*words, "--by", "张伟")
        assert done.returncode == 0, done.stderr
    _put(folder, *LASTING)
    closed = 'hallwatch_incident_stage_seconds_count{stage="closed"}'
    wait_until(lambda: all(_value(store, closed) for store in stores), 40, "it is closed, and that was scraped", 0.5)
    told = "hallwatch_week_alerted_incidents"
    wait_until(lambda: all(_value(store, told) for store in stores), 20, "the week was counted", 0.5)


def _put(folder: Path, *faults: tuple[str, str]) -> None:
    standing = [Standing(thing, fault, wall_clock()) for thing, fault in faults]
    hall = str(folder / "halls" / "county.toml")
    write_state(folder / "simulation.json", Simulation(hall=hall, faults=standing))


def _incident_of(collector: CollectorProcess, device: str) -> str:
    found = [each["incident"] for each in collector.get("/api/halls/330100/county/incidents")]
    return next((each["id"] for each in found if each["device"] == device), "")


def _value(store: Store, query: str) -> float:
    return max((float(each["value"][1]) for each in store.find(query)), default=0.0)


@pytest.mark.parametrize("name", Stores._fields)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_query_finds_data_with_the_labels_that_are_shown(stores: Stores, path: Path, name: str) -> None:
    store: Store = getattr(stores, name)
    wrong = [told for asked in find_queries(path) if (told := judge(store, asked))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in CLASSES], ids=lambda path: path.stem)
def test_the_device_classes_work_on_the_history_too(stores: Stores, path: Path) -> None:
    """Its series have a label that those which were scraped have not, and no kind of device."""
    asked = [each for each in find_queries(path) if "hallwatch_reading_" in each.expr]
    changed = [each._replace(expr=READING.sub(r'\1{probe!="",', each.expr)) for each in asked]
    assert asked
    assert [told for each in changed if (told := judge(stores.victoriametrics, each))] == []


def judge(store: Store, asked: Asked) -> str:
    """Return what is wrong with what a query finds; empty: nothing."""
    try:
        series = store.find(asked.expr) if asked.instant else store.follow(asked.expr, SPAN_S)
    except QueryRefused as error:
        return f"{asked.where}: {error}"
    if asked.where in NOTHING:
        return f"{asked.where}: finds data after all; take it out of the list" if series else ""
    if not any(math.isfinite(value) for each in series for value in _values(each)):
        return f"{asked.where}: no data: {asked.expr}"
    missing = {label for each in series for label in asked.labels - each["metric"].keys() - MAY_BE_EMPTY}
    return f"{asked.where}: no label {', '.join(sorted(missing))}: {asked.expr}" if missing else ""


def _values(series: dict[str, Any]) -> list[float]:
    points = series["values"] if "values" in series else [series["value"]]
    return [float(value) for _, value in points]


def test_what_is_listed_as_finding_nothing_is_there() -> None:
    assert NOTHING.keys() <= {asked.where for path in FILES for asked in find_queries(path)}
