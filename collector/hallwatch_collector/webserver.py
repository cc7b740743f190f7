"""Serves the pages from a thread of their own."""

from __future__ import annotations

import os
import socket
import threading
from typing import Final

import uvicorn

from hallwatch_collector.config import Web
from hallwatch_collector.web.app import create_app, end_streams
from hallwatch_collector.web.source import Source

GOODBYE_S: Final = 2
"""How long open requests may take to end when the server stops."""


class WebServerError(OSError):
    """The pages cannot be served; the text says why and what to do."""


class WebServer:
    """uvicorn in a thread. The port is taken when this is made, so that a taken one is told at once."""

    def __init__(self, source: Source, web: Web) -> None:
        self._socket = _listen(web)
        self.address = f"http://{web.host if ':' not in web.host else f'[{web.host}]'}:{web.port}/"
        self._app = create_app(source)
        # Without proxies nobody is believed: uvicorn by itself would believe whoever calls from this machine.
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, timeout_graceful_shutdown=GOODBYE_S, server_header=False,
            proxy_headers=bool(web.proxies), forwarded_allow_ips=list(web.proxies),
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the server's thread still does its work."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End the live streams, then the server."""
        end_streams(self._app)
        self._server.should_exit = True
        self._thread.join(GOODBYE_S + 2)
        self._socket.close()


def _listen(web: Web) -> socket.socket:
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    try:
        return socket.create_server((web.host, web.port), family=family, backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error  # without Python's additions
        raise WebServerError(f"web {web.host}:{web.port}: {reason}; see [web] in the collector's file") from error
