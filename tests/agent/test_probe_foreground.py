"""What is in front on a kiosk: on a real X server with a real window manager, and from recorded answers."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.probes import AnyProbe, Context, CouldNotRead
from hallwatch_agent.probes.computers.foreground import (
    NO_WINDOW,
    ForegroundProbe,
    Window,
    judge,
    parse_active_window,
    parse_window,
)
from hallwatch_agent.wire import ReadError
from parts.waiting import wait_until

RECORDED = """_NET_WM_PID(CARDINAL) = 4711
_NET_WM_NAME(UTF8_STRING) = "自助办税 \\"首页\\""
WM_NAME(COMPOUND_TEXT) = "kiosk"
"""


def test_the_kiosks_program_is_in_front() -> None:
    told = judge(Window("Kiosk.exe", "自助办税"), ("kiosk",), ("maintain.exe",), ("维护|检修",))
    assert told.conditions == {"in-foreground": True, "in-maintenance": False}
    assert told.facts == {"foreground": "kiosk"}


@pytest.mark.parametrize(
    ("window", "told"),
    [
        (Window("explorer.exe", ""), {"in-foreground": False, "in-maintenance": False}),
        (Window("Maintain.exe", ""), {"in-foreground": False, "in-maintenance": True}),
        (Window("kiosk.exe", "设备检修中"), {"in-foreground": True, "in-maintenance": True}),
        (Window(None, "设备检修中"), {"in-maintenance": True}),
        (Window(None, "首页"), {}),
        (Window("kiosk.exe", None), {"in-foreground": True}),
        (Window("maintain.exe", None), {"in-foreground": False, "in-maintenance": True}),
        (NO_WINDOW, {"in-foreground": False, "in-maintenance": False}),
        (Window(), {}),
    ],
)
def test_only_what_is_known_is_told(window: Window, told: dict[str, bool]) -> None:
    assert judge(window, ("kiosk",), ("maintain.exe",), ("维护|检修",)).conditions == told


def test_only_what_was_asked_is_told() -> None:
    assert judge(Window("x", "y"), ("x",), (), ()).conditions == {"in-foreground": True}
    assert judge(Window("x", "y"), (), (), ("y",)).conditions == {"in-maintenance": True}


def test_what_xprop_prints() -> None:
    assert parse_active_window("_NET_ACTIVE_WINDOW(WINDOW): window id # 0x1400003\n") == 0x1400003
    assert parse_active_window("_NET_ACTIVE_WINDOW(WINDOW): window id # 0x0\n") == 0
    alone = "_NET_ACTIVE_WINDOW:  not found.\n_NET_SUPPORTING_WM_CHECK(WINDOW): window id # 0x20020b\n"
    assert parse_active_window(alone) == 0
    assert parse_active_window("_NET_ACTIVE_WINDOW:  not found.\n_NET_SUPPORTING_WM_CHECK:  not found.\n") is None
    assert parse_window(RECORDED) == (4711, '自助办税 "首页"')
    assert parse_window("_NET_WM_PID:  not found.\n_NET_WM_NAME:  not found.\nWM_NAME:  not found.\n") == (None, None)


@given(st.text() | st.lists(st.sampled_from([*RECORDED.splitlines(keepends=True), '"', "\\", "0x"])).map("".join))
def test_whatever_xprop_prints_is_read(printed: str) -> None:
    active, (pid, title) = parse_active_window(printed), parse_window(printed)
    assert active is None or active >= 0
    assert pid is None or pid >= 0
    judge(Window(title=title), (), (), ("a|b",))


@pytest.mark.parametrize(
    ("options", "why"),
    [({}, "should be in front"), ({"maintenance_titles": ["("]}, "`maintenance_titles` is no usable")],
)
def test_options_that_look_for_nothing(options: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert({"kind": "foreground"} | options, AnyProbe)


def test_a_machine_without_a_display_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(CouldNotRead) as caught:
        ForegroundProbe(processes=("kiosk",)).read(Context())
    assert caught.value.error is ReadError.UNSUPPORTED
    with pytest.raises(CouldNotRead) as caught:
        ForegroundProbe(processes=("kiosk",), display=":999").read(Context())
    assert caught.value.error is ReadError.LOCAL


@contextmanager
def running(*command: str, **others: Any) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **others) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def x_server() -> Iterator[str]:
    """Run an X server without a screen; yield its display."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-nolisten", "tcp", "-screen", "0", "640x480x24"]
    with running(*command, pass_fds=[theirs]):
        os.close(theirs)
        with os.fdopen(ours) as told:
            yield f":{told.readline().strip()}"


@pytest.mark.e2e
def test_on_a_real_desktop(tmp_path: Path) -> None:
    assert shutil.which("Xvfb"), "Debian: xvfb"
    assert shutil.which("openbox"), "Debian: openbox"
    with x_server() as display:
        probe = ForegroundProbe(
            processes=("chromium",), maintenance_titles=("维护",), display=display, xauthority=str(tmp_path / "none")
        )
        with pytest.raises(CouldNotRead) as caught:
            probe.read(Context())
        assert caught.value.error is ReadError.UNSUPPORTED, "no window manager yet"
        environment = os.environ | {"DISPLAY": display, "HOME": str(tmp_path)}
        pages = [tmp_path / f"{name}.html" for name in ("home", "service")]
        for page, title in zip(pages, ("自助办税", "系统维护中"), strict=True):
            page.write_text(f"<!doctype html><meta charset=utf-8><title>{title}</title>", "utf-8")
        with running("openbox", env=environment):
            wait_until(lambda: told_of(probe) == {"in-foreground": False, "in-maintenance": False}, 20, every_s=0.1)
            for page, maintained in zip(pages, (False, True), strict=True):
                profile = tmp_path / page.stem
                kiosk = ["chromium", "--kiosk", "--no-sandbox", "--no-first-run", f"--user-data-dir={profile}"]
                expected = {"in-foreground": True, "in-maintenance": maintained}
                with running(*kiosk, page.as_uri(), env=environment):
                    wait_until(lambda: told_of(probe) == expected, 40, str(expected), every_s=0.2)  # noqa: B023
            wait_until(lambda: told_of(probe).get("in-foreground") is False, 20, every_s=0.1)


def told_of(probe: ForegroundProbe) -> dict[str, bool]:
    """Return what *probe* tells; nothing while windows come and go."""
    try:
        return probe.read(Context()).conditions
    except CouldNotRead:
        return {}
