"""What a live page is: a place in the address, the parts it shows, and how these come from the picture of a hall.

The server renders each part; the browser is sent those that changed. A page is data: adding one takes a file with a
:class:`LivePage`, its template and parts, and a line in ``live_pages.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from msgspec import Struct

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import Words


class Place(NamedTuple):
    """What a page is about: a hall (None: all halls) and perhaps something in it."""

    key: HallKey | None = None
    thing: str = ""
    """A device's, a window's or an incident's id; empty: the hall itself."""


class Scene(NamedTuple):
    """Everything of which a page is drawn."""

    source: Source
    place: Place
    view: HallView | None
    """The hall's picture; None on a page of all halls."""
    halls: tuple[HallView, ...]
    """On a page of all halls: their pictures, Hallwatch's own included; on a page of one hall Hallwatch's own only."""
    reader: Reader
    words: Words
    role_name: Callable[[str], str]
    """What a role is called in the plan."""
    prepared: Any = None
    """What :attr:`LivePage.prepare` found."""

    @property
    def hall(self) -> HallView:
        """The picture of the hall that the page is about; only for pages that are about one."""
        if self.view is None:
            raise LookupError("this page is not about one hall")
        return self.view


class Drawing(NamedTuple):
    """What a page says of a scene."""

    tab: str
    """The title of the browser's tab: how it is, before the name."""
    values: dict[str, Any]
    """For the templates of the parts."""
    page: dict[str, Any] = {}  # noqa: RUF012 - never written to
    """For the template of the page itself, which is rendered once."""


class LivePage(Struct, frozen=True, kw_only=True):
    """A live page."""

    path: str
    """Where it is, with ``{area}``, ``{hall}`` and ``{thing}``."""
    template: str
    parts: tuple[str, ...]
    """Of which it is made, by the names of their templates in ``templates/parts``."""
    draw: Callable[[Scene], Drawing | None]
    """Returns what it says, or None when what it is about is not, or no longer, there."""
    prepare: Callable[[Source, Place], Any] | None = None
    """Finds what takes a while, or waits for the database: in a worker's thread, before the page is drawn in the loop
    in which all pages are. So a page that is kept has none."""
    kept: bool = False
    """Whether many look at the same, so that it is worth keeping: rendered once for all of them."""
    shows: Callable[[HallView], object] = lambda view: view
    """Returns of a hall's picture what this page shows: while that is equal, what is kept need not be drawn anew."""

    @property
    def route(self) -> str:
        """Its path as the web framework takes it."""
        return self.path.replace("}", ":str}")

    def address(self, place: Place) -> str:
        """Return where it is of one place."""
        area, hall = place.key or ("", "")
        return self.path.format(area=area, hall=hall, thing=place.thing)
