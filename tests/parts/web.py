"""The pages, served for a test: in the test's own thread, or by uvicorn on loopback."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar.testing import TestClient

from hallwatch_collector.people import Person
from hallwatch_collector.web.app import create_app, end_streams
from hallwatch_collector.web.cookies import FORM_COOKIE, token_of
from hallwatch_collector.web.forms import TOKEN_HEADER
from hallwatch_collector.web.source import Source
from parts.fake_source import FakeSource
from parts.people import sign_in
from parts.waiting import wait_until

PAGE = "/halls/330106/xihu"
WORK = f"{PAGE}/work"
ONLOOKER = "审计员"
OWN = {"Sec-Fetch-Site": "same-origin"}


@contextmanager
def browse(source: Source, person: str = ONLOOKER, *roles: str) -> Iterator[TestClient]:
    """Give a client of the pages, signed in as somebody with these roles (every one unless any are given).

    *person* empty: nobody is signed in; :data:`ONLOOKER`: somebody who sees everything and may do nothing.
    """
    with TestClient(create_app(source), base_url="http://testserver.local") as client:
        if person:
            has = ["auditor"] if person == ONLOOKER else list(roles or ("*",))
            sign_in(client, source, Person(name=person, roles=has))
        else:
            client.cookies.set(FORM_COOKIE, "anybody's")  # as the first page gives it
            client.headers[TOKEN_HEADER] = token_of("anybody's")
        yield client


def take_form(client: TestClient, path: str) -> str:
    """Have somebody who is not signed in open a page with a form, and bring with its forms what it has; return it."""
    page = client.get(path).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token, page
    client.headers[TOKEN_HEADER] = token[1]
    return page


@contextmanager
def serve(source: FakeSource, port: int = 0) -> Iterator[str]:
    """Serve the pages by uvicorn, on a free port unless one is named; give their address."""
    app = create_app(source)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    try:
        wait_until(lambda: server.started, 10, "the web server")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        end_streams(app)
        server.should_exit = True
        thread.join(10)
    assert not thread.is_alive(), "open streams keep the web server from stopping"
