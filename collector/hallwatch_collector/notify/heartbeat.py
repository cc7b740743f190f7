"""Calls a web address regularly, so that a service elsewhere notices when this machine, or its network, is gone.

As healthchecks.io and its like have it (https://healthchecks.io/docs/http_api/): the address by itself says that all is
well, ``/fail`` behind it that it is not. The service knows how long to wait for the next call, and tells people.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from hallwatch_agent.chat.exchange import Request, address_of, judge_status
from hallwatch_collector.notify.channel import SecretMissing
from hallwatch_collector.notify.http import Client
from hallwatch_collector.notify.settings import read_secret

LIMIT_S: Final = 10.0
MISSES: Final = 3
"""So many calls in a row fail before it counts as trouble: the service bears one or two missing ones as well."""
START_S: Final = 10.0
"""So long after its start the collector may need until all is well: the broker has to let it in."""
LOOK_S: Final = 0.2
JOIN_S: Final = 1.0

log = logging.getLogger(__name__)


class HeartbeatCall:
    """Calls from a thread of its own, which nothing waits for."""

    def __init__(
        self, folder: Path, file: str, every_s: float, client: Client, problems: Callable[[], Sequence[str]]
    ) -> None:
        """*file*, in *folder*, holds the address (empty: nobody is called); *client* is closed at the end.

        *problems* says what keeps the collector from its work; asked anew each time, it may raise or hang: then no call
        is made.
        """
        self._folder = folder
        self._file = file
        self._every_s = every_s
        self._client = client
        self._problems = problems
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat-url", daemon=True)
        self._missed = 0
        self._complaint = ""
        self.calls = 0
        """So many were answered as they should be, since the start."""

    @property
    def trouble(self) -> str:
        """What is wrong with calling, in words for people; empty: nothing."""
        if self._missed < MISSES:
            return ""
        return f"The heartbeat service (heartbeat_url_file) cannot be called: {self._complaint}"

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def use(self, file: str, every_s: float) -> None:
        """Call by this file, so often, from now on; an edit of the file's address is found at each call anyway."""
        if (file, every_s) != (self._file, self._every_s):
            self._file, self._every_s = file, every_s
            self._missed, self._complaint = 0, ""
            self._wake.set()

    def stop(self) -> None:
        """Call no more."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident:
            self._thread.join(JOIN_S)

    def call(self) -> None:
        """Call once. What goes wrong is logged, once, and counted."""
        if not self._file:
            return
        try:
            reason = self._ask(ill=self._is_ill())
        except (OSError, SecretMissing) as error:
            reason = str(error)
        if not reason:
            self.calls += 1
            if self._missed:
                log.info("the heartbeat service can be called again")
            self._missed, self._complaint = 0, ""
            return
        self._missed += 1
        if reason != self._complaint:
            log.warning("the heartbeat service cannot be called: %s", reason)
        self._complaint = reason

    def _is_ill(self) -> bool:
        return any(problem != self.trouble for problem in self._problems())

    def _ask(self, *, ill: bool) -> str:
        """Call; return what is wrong with the answer, empty: nothing."""
        address = address_of(read_secret(self._folder, self._file), "")
        if not address:
            return f"{self._file} holds no web address"
        url = _fail(address) if ill else address
        refusal = judge_status(self._client(Request(method="GET", url=url), LIMIT_S))
        return str(refusal.reason) if refusal else ""

    def _run(self) -> None:
        turn = self._begin
        while True:
            self._wake.clear()
            if self._stopping:
                break
            try:
                turn()
            except Exception:
                log.exception("a defect while calling the heartbeat service; going on")
            turn = self.call
            self._wake.wait(self._every_s)
        self._client.close()

    def _begin(self) -> None:
        """Call for the first time: once all is well, or does not become so."""
        until = time.monotonic() + START_S
        while self._is_ill() and time.monotonic() < until and not self._wake.wait(LOOK_S):
            pass
        self.call()


def _fail(address: str) -> str:
    """Return the address that says that something is wrong."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))
