"""The demo as a newcomer starts it: collector, broker, agent and the simulated hall, on free ports."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct
from playwright.sync_api import Browser, BrowserContext

from hallwatch_collector.config import TOKEN_FILE
from parts.port import free_port
from parts.waiting import wait_until

HALL: Final = "/halls/330100/county"
READY_S: Final = 90


class Demo(Struct, frozen=True):
    """A running demo."""

    folder: Path
    address: str

    def view(self) -> dict[str, object]:
        """Return the simulated hall as the API tells it."""
        token = (self.folder / TOKEN_FILE).read_text(encoding="ascii").strip()
        request = urllib.request.Request(f"{self.address}/api{HALL}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            told: dict[str, object] = json.load(answer)
        return told

    def play(self, verb: str, device: str, fault: str) -> None:
        """Have something happen in the simulated hall: ``start`` or ``end`` a fault."""
        state = ["--state", str(self.folder / "simulation.json")]
        command = [sys.executable, "-m", "hallwatch_collector", "simulate", verb, device, fault, *state]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def wait_for(self, *devices: str, limit_s: float = 60) -> None:
        """Wait until each of these devices has an incident that stands."""

        def have_all() -> bool:
            incidents = {each["device"] for each in self.view()["incidents"] if each["status"] == "detected"}  # type: ignore[attr-defined]
            return set(devices) <= incidents

        wait_until(have_all, limit_s, f"incidents of {', '.join(devices)}", 0.2)

    def sign_in(self, browser: Browser, name: str, size: tuple[int, int]) -> BrowserContext:
        """Return a browser of somebody of the demo, signed in by the form; an empty name: of nobody."""
        context = browser.new_context(viewport={"width": size[0], "height": size[1]})
        if name:
            page = context.new_page()
            page.goto(f"{self.address}/sign-in")
            page.locator("input[name=name]").fill(name)
            page.locator("input[name=password]").fill(self.passwords[name])
            page.locator("main form button").first.click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
            page.close()
        return context

    @property
    def passwords(self) -> dict[str, str]:
        """Name → password, as the demo drew them."""
        told: dict[str, str] = json.loads((self.folder / "sign-ins.json").read_text(encoding="utf-8"))
        return told


@contextmanager
def run_demo(folder: Path, hall: str | None = None) -> Iterator[Demo]:
    """Start a demo in *folder* and end it; with the text of another hall file in place of the shipped one."""
    port = free_port()
    if hall:
        (folder / "halls").mkdir()
        (folder / "halls" / "county.toml").write_text(hall, encoding="utf-8")
    command = [sys.executable, "-m", "hallwatch_collector", "demo", "--data", str(folder), "--port", str(port)]
    with (folder / "demo.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    demo = Demo(folder, f"http://127.0.0.1:{port}")
    try:
        try:
            wait_until(lambda: _is_seen(demo), READY_S, "the demo", 0.2)
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{(folder / 'demo.log').read_text()}") from None
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _is_seen(demo: Demo) -> bool:
    """Tell whether every device of the simulated hall was read."""
    try:
        devices = demo.view()["devices"]
    except OSError:
        time.sleep(0.2)  # noqa: TID251 - it starts
        return False
    return bool(devices) and all(device["state"] == "ok" for device in devices)  # type: ignore[attr-defined]
