"""What reads pages and tells of those that went wrong: our own chain, and Prometheus with Alertmanager.

Each has its own processes, so that their CPU time can be told apart.
"""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

from bench.flags import HOST, Pages, Receiver
from bench.footprint import cpu_s, start
from parts.agent import run_agent
from parts.collector import CollectorProcess
from parts.mosquitto import free_port, serve_mosquitto

READING_TIMEOUT_S = 0.9
LOG_CHARS = 4000
FEED = """\
update_pause_s = 3600
channels = [{{ id = "feed", kind = "webhook", url = "{url}", feed = true }}]
"""
ALERTMANAGER = """\
route: {{ receiver: hook, group_by: [page], group_wait: {group_wait_s:g}s, group_interval: 5m, repeat_interval: 4h }}
receivers: [{{ name: hook, webhook_configs: [{{ url: "{url}" }}] }}]
"""


class Poller(NamedTuple):
    """Something that reads every page, and tells of each that went wrong at a path of its own."""

    path: str
    system: str
    settings: str
    pids: list[int]
    is_ready: Callable[[], bool]
    """Whether it has read, and judged, every page."""

    def cpu_s(self) -> float:
        """Return what all its processes have cost so far."""
        return sum(cpu_s(pid) for pid in self.pids)


def start_hallwatch(
    stack: ExitStack, folder: Path, pages: Pages, receiver: Receiver, *, interval_s: float, hold_s: float
) -> Poller:
    """Start broker, collector and agent; a feed is told, as with Alertmanager, so that nothing is kept for a digest."""
    path = f"hallwatch-{interval_s:g}-{hold_s:g}"
    home = folder / path
    home.mkdir()
    broker = stack.enter_context(serve_mosquitto())
    (home / "alerts.toml").write_text(FEED.format(url=f"{receiver.url}/{path}"))
    collector = CollectorProcess(home, broker.port, before='alerts = "alerts.toml"\n')
    stack.callback(lambda: collector.process and collector.stop())
    stack.push(show_at_failure(collector.log))
    (home / "halls" / "xihu.toml").write_text(describe_hall(pages, interval_s, hold_s), encoding="utf-8")
    collector.start()
    agent = stack.enter_context(run_agent(home / "agent", "gw", (broker.host, broker.port)))
    processes: list[Any] = [broker._process, collector.process, agent.process]

    def is_ready() -> bool:
        return (collector.metric("hallwatch_readings_total") or 0) >= 2 * len(pages.names)

    settings = f"read every {interval_s:g} s, hold {hold_s:g} s"
    return Poller(path, "Hallwatch, polled", settings, [process.pid for process in processes], is_ready)


def show_at_failure(log: Path) -> Callable[..., None]:
    """Return what a stack does at its end: print the end of a log when something has failed."""

    def show(failure: type[BaseException] | None, *_: object) -> None:
        if failure is not None and log.exists():
            print(f"the end of {log}:\n{log.read_text(encoding='utf-8')[-LOG_CHARS:]}")

    return show


def describe_hall(pages: Pages, interval_s: float, hold_s: float) -> str:
    """Return a hall's file with a server for each page, which is right while the page says so."""
    lines = ['area = "330106"', 'hall = "xihu"', 'name = "测速"', 'agents = [{ id = "gw" }]']
    lines += [f'faults = [{{ fault = "http-failing", hold_s = {hold_s:g} }}]', "devices = ["]
    for name in pages.names:
        options = f'kind = "http", url = "http://{pages.address}/{name}", expect_text = "fault 0"'
        times = f"interval_s = {interval_s:g}, timeout_s = {READING_TIMEOUT_S:g}"
        lines.append(f'  {{ id = "{name}", kind = "server", name = "{name}", probes = [{{ {options}, {times} }}] }},')
    return "\n".join([*lines, "]", ""])


def start_prometheus(
    stack: ExitStack, folder: Path, pages: Pages, receiver: Receiver, *, interval_s: float, group_wait_s: float
) -> Poller:
    """Start Prometheus and Alertmanager; *interval_s* is between scrapes and between evaluations.

    Each page is a target, a rule in a group of its own, and a group of Alertmanager: then no alert waits for another,
    and the phases of scrapes and evaluations are spread as Prometheus spreads them.
    """
    path = f"prometheus-{interval_s:g}-{group_wait_s:g}"
    home = folder / path
    home.mkdir()
    (home / "alertmanager.yml").write_text(ALERTMANAGER.format(group_wait_s=group_wait_s, url=f"{receiver.url}/{path}"))
    manager, port = free_port(), free_port()
    (home / "rules.yml").write_text(json.dumps(describe_rules(pages)))  # YAML is a superset of JSON
    (home / "prometheus.yml").write_text(json.dumps(describe_scrapes(pages, interval_s, manager)))
    pids = [
        start(stack, [
            "prometheus-alertmanager", f"--config.file={home}/alertmanager.yml", f"--storage.path={home}/alertmanager",
            f"--web.listen-address={HOST}:{manager}", "--cluster.listen-address=",
        ]),
        start(stack, [
            "prometheus", f"--config.file={home}/prometheus.yml", f"--storage.tsdb.path={home}/tsdb",
            f"--web.listen-address={HOST}:{port}",
        ]),
    ]  # fmt: skip

    def is_ready() -> bool:
        if not (answers(manager) and answers(port)):
            return False
        read = [target for target in ask(port, "targets")["activeTargets"] if target["health"] == "up"]
        judged = [group for group in ask(port, "rules")["groups"] if not group["lastEvaluation"].startswith("0001")]
        return len(read) == len(judged) == len(pages.names)

    settings = f"scrape {interval_s:g} s, evaluate {interval_s:g} s, wait {group_wait_s:g} s"
    return Poller(path, "Prometheus + Alertmanager", settings, pids, is_ready)


def describe_scrapes(pages: Pages, interval_s: float, manager: int) -> dict[str, Any]:
    """Return the configuration of Prometheus: each page is a target."""
    targets = [
        {"targets": [pages.address], "labels": {"__metrics_path__": f"/{name}", "page": name}} for name in pages.names
    ]
    every = f"{interval_s:g}s"
    return {
        "global": {"scrape_interval": every, "evaluation_interval": every},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{manager}"]}]}]},
        "scrape_configs": [{"job_name": "pages", "static_configs": targets}],
    }


def describe_rules(pages: Pages) -> dict[str, Any]:
    """Return a rule for each page, without ``for``."""
    return {
        "groups": [
            {"name": name, "rules": [{"alert": "PageIsWrong", "expr": f'fault{{page="{name}"}} == 1'}]}
            for name in pages.names
        ]
    }


def answers(port: int) -> bool:
    """Tell whether Prometheus or Alertmanager is ready."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/-/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(port: int, what: str) -> Any:
    """Ask the API of Prometheus."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/api/v1/{what}", timeout=5) as answer:
        return json.load(answer)["data"]


def versions() -> str:
    """Return which Prometheus and Alertmanager these are."""
    said = [
        subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=20)
        for program in ("prometheus", "prometheus-alertmanager")
    ]
    return ", ".join(" ".join((each.stdout or each.stderr).split()[:3]) for each in said)
