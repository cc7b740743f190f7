"""A TCP server that is no server of what is asked: it is silent, talks nonsense, or hangs up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

HOST = "127.0.0.1"


@contextlib.contextmanager
def serve_socket(says: bytes | None, *, hangs_up: bool) -> Iterator[int]:
    """Give the port of a server that says something to whoever comes, after the first bytes when that is None."""
    stopped = threading.Event()

    def attend(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if says is None:
                connection.recv(1024)
            else:
                connection.sendall(says)
            if not hangs_up:
                stopped.wait(20)

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=attend, args=(connection,), daemon=True).start()

    with socket.create_server((HOST, 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            stopped.set()
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)
