"""What every handler needs at hand, made once for the application."""

from __future__ import annotations

from litestar.di import NamedDependency

from hallwatch_collector.web.access import Gate
from hallwatch_collector.web.news import News
from hallwatch_collector.web.render import Renderer
from hallwatch_collector.web.source import Source


class Desk:
    """The collector as the pages see it, its renderer, its news and its gate."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.renderer = Renderer(source)
        self.news = News(source)
        self.gate = Gate(source.token)


TheDesk = NamedDependency[Desk]
"""The type of a handler's parameter ``desk``."""
