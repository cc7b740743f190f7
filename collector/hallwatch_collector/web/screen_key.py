"""By what the browser of a paired screen is known: a long-lived cookie with a key, and nothing else."""

from __future__ import annotations

from typing import Final

from litestar.datastructures import Cookie

from hallwatch_collector.screens import KnownScreen
from hallwatch_collector.web.cookies import AnyConnection
from hallwatch_collector.web.desk import Desk
from hallwatch_collector.web.visitor import hall_of

SCREEN_COOKIE: Final = "hallwatch_screen"
KEEP_S: Final = 400 * 86400
"""As long as browsers keep a cookie at most; each look at its state begins it anew."""


def key_of(connection: AnyConnection) -> str:
    """Return the key that a browser holds; empty: none."""
    return connection.cookies.get(SCREEN_COOKIE, "")


def find_screen(desk: Desk, connection: AnyConnection) -> KnownScreen | None:
    """Return the paired screen that asks; None: it is none. May block."""
    key = key_of(connection)
    return desk.source.find_screen(key) if key else None


def is_screen_here(desk: Desk, connection: AnyConnection) -> bool:
    """Tell whether a paired screen of the hall asks that the address names. May block."""
    screen = find_screen(desk, connection)
    return screen is not None and screen.hall == hall_of(connection)


def screen_cookie(connection: AnyConnection, key: str) -> Cookie:
    """Return the cookie that holds a key."""
    secure = connection.url.scheme == "https"
    return Cookie(
        key=SCREEN_COOKIE, value=key, path="/", max_age=KEEP_S, httponly=True, secure=secure, samesite="strict"
    )
