"""The demo as a newcomer meets it: one command, a page, faults to play with, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from hallwatch_collector.broker import choose_port
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e


class RunningDemo:
    """A demo in a process of its own, as `make run` starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "hallwatch_collector", "demo", "--data", str(folder), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.text = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.text += line

    @property
    def page(self) -> str:
        """The address that it printed."""
        found = re.search(r"page +(http://[^/\s]+)/", self.text)
        assert found, self.text
        return found[1]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.page + path, timeout=5) as answer:
            return str(answer.read().decode())

    def halls(self) -> dict[str, Any]:
        return {hall["hall"]: hall for hall in json.loads(self.get("/api/halls"))}

    def wait_until_running(self) -> None:
        wait_until(lambda: "Hallwatch is running" in self.text or self.process.poll() is not None, 60)
        assert "Hallwatch is running" in self.text, self.text

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it and see that it leaves nothing behind, within ten seconds."""
        if self.process.poll() is None:
            children = self.children()
            self.process.send_signal(number)
            assert self.process.wait(10) == (0 if number != signal.SIGKILL else -signal.SIGKILL)
            wait_until(lambda: not any(child.is_running() for child in children), 5)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextmanager
def running_demo(folder: Path, *options: str) -> Iterator[RunningDemo]:
    demo = RunningDemo(folder, *options)
    try:
        demo.wait_until_running()
        yield demo
    finally:
        demo.end()


@contextmanager
def running_demos(*folders: Path) -> Iterator[list[RunningDemo]]:
    """Start several at the same moment."""
    with ExitStack() as stack:
        demos = [RunningDemo(folder) for folder in folders]
        for demo in demos:
            stack.callback(demo.end)
        for demo in demos:
            demo.wait_until_running()
        yield demos


def simulate(folder: Path, *words: str) -> None:
    command = [
        sys.executable,
        "-m",
        "hallwatch_collector",
        "simulate",
        *words,
        "--state",
        str(folder / "simulation.json"),
    ]
    subprocess.run(command, check=True, timeout=20, stdout=subprocess.DEVNULL)


def metric_is(demo: RunningDemo, pattern: str) -> bool:
    return re.search(pattern, demo.get("/metrics"), re.MULTILINE) is not None


def test_this_machine_is_read_and_a_fault_can_be_played(tmp_path: Path) -> None:
    jammed = r'^hallwatch_fault_active\{.*device="prn-3".*fault="[a-z-]*jam[a-z-]*".*\} 1'
    with running_demo(tmp_path / "data", "--port", str(choose_port([]))) as demo:
        wait_until(lambda: metric_is(demo, r'^hallwatch_device_up\{area="local",.*device="pc".*\} 1'), 20)
        wait_until(lambda: metric_is(demo, r'^hallwatch_reading_memory_used_ratio\{area="local".*\} 0\.'), 20)
        wait_until(lambda: metric_is(demo, r'^hallwatch_device_up\{.*hall="county".*device="prn-3".*\} 1'), 20)
        assert metric_is(demo, r'^hallwatch_hall_info\{.*hall="county".*simulated="true"')
        assert metric_is(demo, r'^hallwatch_hall_info\{.*hall="this-machine".*simulated="false"')
        simulate(tmp_path / "data", "start", "prn-3", "jam")
        wait_until(lambda: metric_is(demo, jammed), 20)
        simulate(tmp_path / "data", "end", "prn-3", "jam")
        wait_until(lambda: not metric_is(demo, jammed), 20)


def test_the_second_start_goes_on_and_a_second_demo_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    jammed = r'^hallwatch_fault_active\{.*device="prn-3".*fault="[a-z-]*jam[a-z-]*".*\} 1'
    with running_demo(folder) as demo:
        page = demo.page
        other = RunningDemo(folder)
        other.process.wait(20)
        other.end()
        assert f"already running in {folder}: use that one ({demo.page}/)" in other.text
        simulate(folder, "start", "prn-3", "jam")
        wait_until(lambda: metric_is(demo, jammed), 20)
        demo.end(signal.SIGHUP)
    with running_demo(folder) as demo:
        assert demo.page == page
        wait_until(lambda: metric_is(demo, jammed), 20)
        demo.end(signal.SIGTERM)


def test_two_that_start_at_the_same_moment_do_not_meet(tmp_path: Path) -> None:
    with running_demos(tmp_path / "one", tmp_path / "two") as demos:
        ports = [json.loads((folder / "ports.json").read_bytes()) for folder in (tmp_path / "one", tmp_path / "two")]
        assert len({port for each in ports for port in each.values()}) == 4
        for folder, demo in zip((tmp_path / "one", tmp_path / "two"), demos, strict=True):
            assert f"(kept in {folder}/sign-ins.json)" in demo.text
            assert f"logs       {folder / 'logs'}" in demo.text
            assert " ended (" not in demo.text


def test_a_collector_that_does_not_stay_up_is_told_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "operator.token").mkdir(parents=True)
    demo = RunningDemo(folder)
    try:
        assert demo.process.wait(40) == 1
    finally:
        demo.end()
    assert f"the collector does not stay up; {folder / 'logs' / 'collector.log'} ends with:\n" in demo.text
    assert "operator.token: Is a directory" in demo.text
    assert "Traceback" not in demo.text


def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "journal.sqlite").mkdir(parents=True)
    demo = RunningDemo(folder)
    try:
        assert demo.process.wait(40) == 1
    finally:
        demo.end()
    assert f"{folder / 'journal.sqlite'}: unable to open database file" in demo.text
    assert "Traceback" not in demo.text


def is_agent_back(demo: RunningDemo, killed: int) -> bool:
    """Tell whether all four children live, a new agent among them; one may just be starting, or ending."""
    try:
        children = [child.cmdline() for child in living(demo) if child.pid != killed]
    except psutil.Error:
        return False
    return len(children) >= 4 and any("hallwatch_agent" in words for words in children)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux'")
def test_nothing_outlives_a_killed_demo_and_a_killed_child_comes_back(tmp_path: Path) -> None:
    with running_demo(tmp_path / "data") as demo:
        agent = next(child for child in demo.children() if "hallwatch_agent" in child.cmdline())
        os.kill(agent.pid, signal.SIGKILL)
        wait_until(lambda: is_agent_back(demo, agent.pid), 15, "the agent is back beside the other three")
        demo.end(signal.SIGKILL)


def living(demo: RunningDemo) -> list[psutil.Process]:
    return [child for child in demo.children() if child.status() != psutil.STATUS_ZOMBIE]
