"""Waiting for something that another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.005


def wait_until(condition: Callable[[], T], limit_s: float, what: str = "", every_s: float = POLL_S) -> T:
    """Return *condition*'s first true value; fail the test when *limit_s* passes without one.

    A condition that costs something is asked less often: *every_s*.
    """
    until = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"not within {limit_s:g} s: {what or condition}")
        time.sleep(every_s)  # noqa: TID251 - the one place where tests wait for real processes
