"""What the public sees on a kiosk: is the hall's program in front, or the desktop, a message, the maintenance page?"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.computers.host import program_name
from hallwatch_agent.probes.patterns import compile_pattern
from hallwatch_agent.probes.probe import Context, CouldNotRead, FilePath, Probe, Told
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

Names = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=50)]
MOST_TITLE_CHARS: Final = 500
_window_id = re.compile(
    r"^(_NET_ACTIVE_WINDOW|_NET_SUPPORTING_WM_CHECK)\(WINDOW\): window id # 0x([0-9a-f]{1,16})", re.MULTILINE
)
_pid = re.compile(r"^_NET_WM_PID\(CARDINAL\) = (\d{1,10})\s*$", re.MULTILINE)
_title = re.compile(r'^(_NET_WM_NAME|WM_NAME)\([A-Z0-9_]+\) = "((?:[^"\\\n]|\\.)*)"', re.MULTILINE)


class Window(Struct, frozen=True):
    """The window in front. What is not known of it is None."""

    process: str | None = None
    title: str | None = None


NO_WINDOW: Final = Window("", "")
"""Nothing is in front: an empty desktop, or a locked screen."""


class ForegroundProbe(Probe, tag="foreground", frozen=True, kw_only=True):
    """Looks at the window in front, on Windows or under X11. The agent must run in the kiosk user's own session."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"in-foreground", "in-maintenance"})

    processes: Names = ()
    """Programs of which one must own that window, by the name of the executable, with or without ``.exe``."""
    maintenance_processes: Names = ()
    """Programs that mean maintenance while they are in front."""
    maintenance_titles: Names = ()
    """Regular expressions; a title in which one is found means maintenance: ``维护|检修``."""
    display: str = ""
    """X11: the display, ``:0``; left out: the agent's own (DISPLAY)."""
    xauthority: FilePath = ""
    """X11: the file that admits to the display; left out: the agent's own."""

    def __post_init__(self) -> None:
        """Refuse a probe that looks for nothing, and a title that is no regular expression."""
        if not (self.processes or self.maintenance_processes or self.maintenance_titles):
            raise ValueError(
                tell('name what should be in front, `processes = ["kiosk.exe"]`, or what means maintenance')
            )
        for title in self.maintenance_titles:
            compile_pattern(title, "maintenance_titles")

    def read(self, context: Context) -> Told:
        """Tell ``in-foreground`` and ``in-maintenance``, each if it was asked for and can be known."""
        context.preparing = "asking the desktop"
        window = _window_in_front(self.display, self.xauthority, self.timeout_s)
        return judge(window, self.processes, self.maintenance_processes, self.maintenance_titles)


def judge(window: Window, processes: Sequence[str], maintenance: Sequence[str], titles: Sequence[str]) -> Told:
    """Compare the window in front with what should be there."""
    conditions = {}
    process = None if window.process is None else program_name(window.process)
    if processes and process is not None:
        conditions["in-foreground"] = process in {program_name(name) for name in processes}
    signs: list[bool | None] = []
    if maintenance:
        signs.append(None if process is None else process in {program_name(name) for name in maintenance})
    if titles:
        signs.append(None if window.title is None else is_called(window.title[:MOST_TITLE_CHARS], titles))
    if True in signs or (signs and None not in signs):
        conditions["in-maintenance"] = True in signs
    return Told(conditions=conditions, facts={"foreground": process or "no window"} if process is not None else {})


def is_called(title: str, patterns: Sequence[str]) -> bool:
    """Tell whether one of *patterns* is found in a title."""
    sendable = title.encode("utf-8", "replace").decode()  # Windows lets half letters stand in it
    return any(compile_pattern(each, "maintenance_titles").search(sendable) for each in patterns)


def parse_active_window(printed: str) -> int | None:
    """Read ``xprop -root _NET_ACTIVE_WINDOW _NET_SUPPORTING_WM_CHECK``: the id of the window in front, 0 for none.

    Before the first window a window manager may show nothing but itself. None when there is none to tell (EWMH).
    """
    found = {name: int(number, 16) for name, number in _window_id.findall(printed)}
    return found.get("_NET_ACTIVE_WINDOW", 0) if found else None


def parse_window(printed: str) -> tuple[int | None, str | None]:
    """Read ``xprop -id … _NET_WM_PID _NET_WM_NAME WM_NAME``: the process id and the title, None where not told."""
    pid = _pid.search(printed)
    titles = {found[1]: found[2] for found in _title.finditer(printed)}
    title = titles.get("_NET_WM_NAME", titles.get("WM_NAME"))
    return int(pid[1]) if pid else None, None if title is None else re.sub(r"\\(.)", r"\1", title)


def _window_in_front(display: str, xauthority: str, timeout_s: float) -> Window:
    if sys.platform == "win32":
        return _windows_window()
    else:  # noqa: RET505 - the type checker then reads each branch for its own platform
        return _x11_window(display, xauthority, timeout_s)


def _windows_window() -> Window:
    if sys.platform == "win32":
        import ctypes
        import os

        import win32gui
        import win32process

        session = ctypes.c_ulong()
        ctypes.windll.kernel32.ProcessIdToSessionId(os.getpid(), ctypes.byref(session))
        if session.value == 0:
            raise CouldNotRead(ReadError.UNSUPPORTED, "a service sees no desktop: run an agent as the kiosk's user")
        handle = win32gui.GetForegroundWindow()
        if not handle:
            return NO_WINDOW
        _, pid = win32process.GetWindowThreadProcessId(handle)
        return Window(_name_of(pid), win32gui.GetWindowText(handle))
    else:  # noqa: RET505 - the type checker then reads each branch for its own platform
        return NO_WINDOW


def _x11_window(display: str, xauthority: str, timeout_s: float) -> Window:
    import os

    environment = os.environ | {"LC_ALL": "C.UTF-8"}  # else titles come in octal
    environment |= {"DISPLAY": display} if display else {}
    environment |= {"XAUTHORITY": xauthority} if xauthority else {}
    if not environment.get("DISPLAY"):
        raise CouldNotRead(
            ReadError.UNSUPPORTED, "no X11 display: set `display`; Wayland tells nobody what is in front"
        )
    active = parse_active_window(
        _ask_xprop(["-root", "_NET_ACTIVE_WINDOW", "_NET_SUPPORTING_WM_CHECK"], environment, timeout_s / 2)
    )
    if active is None:
        raise CouldNotRead(ReadError.UNSUPPORTED, "no window manager tells which window is in front (EWMH)")
    if active == 0:
        return NO_WINDOW
    asked = ["-id", str(active), "_NET_WM_PID", "_NET_WM_NAME", "WM_NAME"]
    try:
        pid, title = parse_window(_ask_xprop(asked, environment, timeout_s / 2))
    except CouldNotRead as failure:
        if "BadWindow" in failure.note:  # some window managers go on naming the last window when it has closed
            return NO_WINDOW
        raise
    return Window(None if pid is None else _name_of(pid), title)


def _ask_xprop(arguments: list[str], environment: dict[str, str], limit_s: float) -> str:
    import subprocess

    try:
        done = subprocess.run(["xprop", *arguments], capture_output=True, env=environment, timeout=limit_s, check=False)
    except FileNotFoundError:
        raise CouldNotRead(ReadError.UNSUPPORTED, "xprop is not installed (Debian: x11-utils)") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CouldNotRead(ReadError.LOCAL, f"xprop: {error}") from None
    if done.returncode:
        raise CouldNotRead(ReadError.LOCAL, f"xprop: {done.stderr.decode('utf-8', 'replace').strip()[:150]}")
    return done.stdout.decode("utf-8", "replace")


def _name_of(pid: int) -> str | None:
    """Return a process's name, None when it has ended or is not ours to look at."""
    import psutil

    try:
        return psutil.Process(pid).name()
    except (psutil.Error, ValueError, OverflowError):
        return None
