"""Serves the pages from a thread of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import uvicorn
from litestar.concurrency import set_asyncio_executor

from hallwatch_collector.config import Web
from hallwatch_collector.web.app import create_app, end_streams
from hallwatch_collector.web.source import Source

if sys.platform != "win32":
    import resource

THREADS: Final = 32
MOST_FILES: Final = 65_536
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
        _allow_open_files()
        # Most handlers wait for a database there; with asyncio's six threads on two cores a few slow answers (a report
        # as PDF, a photo, a password that is hashed) would keep every page waiting.
        set_asyncio_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="web"))
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


def _allow_open_files() -> None:
    """Let the process have as many connections open as the system allows it at all: 1024 otherwise, mostly."""
    if sys.platform != "win32":
        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = min(most, MOST_FILES) if most >= 0 else MOST_FILES
        with contextlib.suppress(OSError, ValueError):  # some systems say infinity, and mean less
            if 0 <= now < wanted:
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _listen(web: Web) -> socket.socket:
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    try:
        return socket.create_server((web.host, web.port), family=family, backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error  # without Python's additions
        raise WebServerError(f"web {web.host}:{web.port}: {reason}; see [web] in the collector's file") from error
