"""Calls to a heartbeat service: what it hears, and what becomes of a service that does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_collector.notify.heartbeat import MISSES, HeartbeatCall
from hallwatch_collector.notify.http import Client
from parts.vendors.healthchecks import PATH, HeartbeatService
from parts.vendors.web import serve
from parts.waiting import wait_until


@pytest.fixture
def service() -> Iterator[HeartbeatService]:
    with serve(HeartbeatService()) as service:
        yield service


class Setting:
    """A collector's problems, and the call."""

    def __init__(self, folder: Path, url: str) -> None:
        self.problems: list[str] = []
        self.file = folder / "heartbeat"
        self.file.write_text(f"{url}\n")
        self.client = Client()
        self.call = HeartbeatCall(folder, "heartbeat", 60, self.client, self.all_problems)

    def all_problems(self) -> list[str]:
        return [*self.problems, *filter(None, [self.call.trouble])]


@pytest.fixture
def setting(tmp_path: Path, service: HeartbeatService) -> Iterator[Setting]:
    setting = Setting(tmp_path, service.url + PATH)
    yield setting
    setting.client.close()


def test_it_says_how_the_collector_is(setting: Setting, service: HeartbeatService) -> None:
    setting.call.call()
    setting.problems = ["The broker is away"]
    setting.call.call()
    setting.problems = []
    setting.call.call()
    assert service.taken == ["", "/fail", ""]
    assert [(asked.method, asked.body) for asked in service.asked] == [("GET", b"")] * 3
    assert setting.call.calls == 3


@pytest.mark.parametrize("fault", ["500", "302", "cut", "429"])
def test_a_service_that_fails_is_logged_once_and_then_trouble(
    setting: Setting, service: HeartbeatService, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    service.fault = fault
    for _ in range(MISSES - 1):
        setting.call.call()
    assert setting.call.trouble == ""
    setting.call.call()
    assert setting.call.trouble.startswith("The heartbeat service (heartbeat_url_file) cannot be called: ")
    setting.call.call()
    assert len(caplog.records) == 1
    service.fault = ""
    setting.call.call()
    assert service.taken == [""], "that it could not be called is no reason to call it with /fail"
    assert setting.call.trouble == ""
    assert "22d3" not in caplog.text, "the address is a secret"


def test_wrong_addresses_are_told_without_their_key(setting: Setting, caplog: pytest.LogCaptureFixture) -> None:
    for text in ("", "not-an-address-5f1c9a0e", "http://127.0.0.1:9/ping/5f1c9a0e"):
        setting.file.write_text(text)
        for _ in range(MISSES):
            setting.call.call()
        assert setting.call.trouble
    assert "5f1c9a0e" not in caplog.text + setting.call.trouble


def test_a_service_that_hangs_holds_nobody_up(setting: Setting, service: HeartbeatService) -> None:
    service.fault = "slow"
    setting.call.start()
    wait_until(lambda: service.asked, 5, "it is called")
    setting.call.stop()
    service.released.set()
    setting.call._thread.join(5)
    assert not setting.call._thread.is_alive()


def test_it_goes_on_after_a_defect(tmp_path: Path, service: HeartbeatService) -> None:
    (tmp_path / "heartbeat").write_text(service.url + PATH)
    told = iter([RuntimeError("defect")])

    def problems() -> list[str]:
        for error in told:
            raise error
        return []

    call = HeartbeatCall(tmp_path, "heartbeat", 0.01, Client(), problems)
    call.start()
    wait_until(lambda: service.taken, 5, "it is called")
    call.stop()


def test_an_edit_counts_at_once(tmp_path: Path, service: HeartbeatService) -> None:
    for name, url in (("dead", "http://127.0.0.1:9/"), ("heartbeat", service.url + PATH)):
        (tmp_path / name).write_text(url)
    call = HeartbeatCall(tmp_path, "dead", 86_400, Client(), list)
    for _ in range(MISSES):
        call.call()
    assert call.trouble
    call.start()
    call.use("heartbeat", 86_400)
    wait_until(lambda: service.taken == [""], 5, "the new one is called")
    assert call.trouble == ""
    call.use("", 86_400)
    call.use("heartbeat", 86_400)
    wait_until(lambda: service.taken == ["", ""], 5, "it is called again once it is named again")
    call.stop()


def test_it_is_no_failure_that_all_is_not_well_yet(setting: Setting, service: HeartbeatService) -> None:
    told = iter([["The broker is away"], ["The broker is away"]])
    setting.call._problems = lambda: next(told, [])
    setting.call.start()
    wait_until(lambda: service.taken, 5, "it is called")
    setting.call.stop()
    assert service.taken == [""]
