"""What every handler needs at hand, made once for the application."""

from __future__ import annotations

from typing import Final

from litestar.di import NamedDependency

from hallwatch_collector.config import read_secret
from hallwatch_collector.people.oidc import Provider
from hallwatch_collector.web.access import Gate
from hallwatch_collector.web.events import Announcer
from hallwatch_collector.web.news import News
from hallwatch_collector.web.render import Renderer
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.streams import Streams
from hallwatch_collector.web.throttle import Throttle
from hallwatch_collector.web.tickets import Tickets

MOST_REPORTS: Final = 5
REPORTS_WINDOW_S: Final = 600.0
"""So many reports by hand are taken from one address within that time."""
MOST_CODES: Final = 5
CODES_WINDOW_S: Final = 900.0
"""So many wrong codes of the set-up are looked at from one address within that time."""
MOST_SCREENS: Final = 30
"""So many times a minute an address is shown a new code to pair a screen."""
MOST_WEIGHED: Final = 30
"""So many times a minute somebody is told how good the alerts of a week were."""

LOOK_S: Final = 900.0
"""Within that time somebody looks at a list once, as far as the audit log goes."""


class Desk:
    """The collector as the pages see it, its renderer, its news and its gate."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.renderer = Renderer(source)
        self.news = News(source)
        self.announcer = Announcer()
        self.gate = Gate(source)
        self.metrics_token = read_secret(source.web.metrics_token_file).strip()
        """Of Prometheus; empty: none is asked."""
        self.streams = Streams()
        self.provider = _open_provider(source)
        """The bureau's own sign-in; None: there is none."""
        self.reports = Throttle(MOST_REPORTS, REPORTS_WINDOW_S)
        """Of reports by hand from anybody, by address."""
        self.set_ups = Throttle(MOST_CODES, CODES_WINDOW_S)
        """Of wrong codes of the set-up, by address."""
        self.new_screens = Throttle(MOST_SCREENS)
        """Of codes that were drawn for screens, by address."""
        self.looks = Throttle(1, LOOK_S)
        """Of looks at a list, by who looks, at which, and for what: turning its pages is one."""
        self.tickets = Tickets()
        """Of reports by hand: each is taken once."""
        self.wrong_links = Throttle()
        """Of links that are none of ours, by address."""
        self.weighed = Throttle(MOST_WEIGHED)
        """Of weeks that were counted, by address."""


def _open_provider(source: Source) -> Provider | None:
    oidc = source.web.oidc
    if not oidc.issuer:
        return None
    redirect = f"{source.web.address.rstrip('/')}/sign-in/oidc/return"
    return Provider(oidc, read_secret(oidc.client_secret_file), redirect, source.people.sealer)


TheDesk = NamedDependency[Desk]
"""The type of a handler's parameter ``desk``."""
