"""Which window somebody sits at: their browser remembers it."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, unquote

from litestar.datastructures import Cookie

from hallwatch_collector.core.views import HallView, WindowView
from hallwatch_collector.web.cookies import KEEP_S, AnyConnection, make_cookie

WINDOW_COOKIE: Final = "hallwatch_window"


def own_window(connection: AnyConnection, view: HallView) -> WindowView | None:
    """Return the window of a hall that was chosen at this browser; None: none, or one that is not there any more."""
    area, _, rest = unquote(connection.cookies.get(WINDOW_COOKIE, "")).partition("/")
    hall, _, id_ = rest.partition("/")
    if (area, hall) != (view.area, view.hall):
        return None
    return next((window for window in view.windows if window.id == id_), None)


def window_cookie(connection: AnyConnection, view: HallView, window: WindowView) -> Cookie:
    """Return the cookie that remembers a window."""
    kept = quote(f"{view.area}/{view.hall}/{window.id}", safe="")
    return make_cookie(connection, WINDOW_COOKIE, kept, same_site="lax", keep_s=KEEP_S)
