"""The conversation with a Network UPS Tools server (RFC 9271), by aionut; loads with the first reading."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Mapping
from typing import Any, Final

from aionut import AIONUTClient, NUTError

from hallwatch_agent.probes.contact import TELLING, error_of, in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead
from hallwatch_agent.wire import ReadError

STALE: Final = {"DATA-STALE", "DRIVER-NOT-CONNECTED"}
DENIED: Final = {"ACCESS-DENIED", "INVALID-PASSWORD", "INVALID-USERNAME", "PASSWORD-REQUIRED", "USERNAME-REQUIRED"}

logging.getLogger("aionut").setLevel(logging.INFO)  # in its debug log stands the password


class NutLink:
    """One question to a server, at each of its addresses until one answers."""

    def __init__(self, host: str, port: int, user: str | None, password: str | None) -> None:
        """*password* is quoted as the protocol wants it."""
        self._host = host
        self._port = port
        self._user = user
        self._password = password

    async def read(self, ups: str, limit_s: float, context: Context) -> Mapping[str, str] | None:
        """Return the variables of a UPS, None when the server has lost it; raise :class:`CouldNotRead` otherwise."""
        ends_at = asyncio.get_running_loop().time() + limit_s
        context.preparing = f"looking up {self._host}"
        addresses = await look_up(self._host, self._port, ends_at)
        context.preparing = ""
        failures: list[CouldNotRead] = []
        for left, (family, _, _, _, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share_s = (ends_at - asyncio.get_running_loop().time()) / left
            try:
                return await self._list(str(address[0]), ups, share_s)
            except OSError as error:
                failures.append(CouldNotRead(error_of(error, family, address), in_words(error)))
        raise min(failures, key=lambda failure: TELLING.index(failure.error)) from None

    async def _list(self, address: str, ups: str, limit_s: float) -> Mapping[str, str] | None:
        """Return the variables; None when the server has lost the UPS. Raises ``OSError`` when there is no server."""
        # Its own time limit asks again, on a second connection, and forgets the first: ours has to come before.
        client = AIONUTClient(address, self._port, self._user, self._password, timeout=2 * limit_s)
        try:
            async with asyncio.timeout(limit_s):
                try:
                    return await client.list_vars(ups)
                except NUTError as error:
                    await _explain(client, ups, error)
                    return None
        except TimeoutError:
            raise TimeoutError("no answer from upsd") from None
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, LookupError) as error:
            raise CouldNotRead(ReadError.GARBAGE, f"what came back is no NUT: {type(error).__name__}") from None
        finally:
            close(client)


async def _explain(client: AIONUTClient, ups: str, error: Exception) -> None:
    """Return when the server has lost the UPS; else raise what the error means."""
    if isinstance(error.__cause__, OSError):
        raise error.__cause__
    code = error_code(str(error))
    if code in STALE:
        return
    if code == "UNKNOWN-UPS":
        names = ", ".join(sorted(await client.list_ups())) or "none"
        raise CouldNotRead(ReadError.UNSUPPORTED, f"no UPS {ups}; there are: {names}")
    if code in DENIED:
        raise CouldNotRead(ReadError.DENIED, f"upsd says {code}")
    if code:
        raise CouldNotRead(ReadError.UNSUPPORTED, f"upsd says {code}")
    raise CouldNotRead(ReadError.GARBAGE, f"what came back is no NUT: {type(error).__name__}")


async def look_up(host: str, port: int, ends_at: float) -> list[Any]:
    """Return the addresses of *host*; raise :class:`CouldNotRead` (``local``) when it cannot be found."""
    try:
        async with asyncio.timeout_at(ends_at):
            return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise CouldNotRead(ReadError.LOCAL, f"{host}: no end of looking it up") from None
    except (OSError, UnicodeError) as error:
        raise CouldNotRead(ReadError.LOCAL, f"{host}: {in_words(error)}") from None


def close(client: AIONUTClient) -> None:
    """Hang up, also when the log-in has failed: the client then forgets that it is connected."""
    client.shutdown()
    writer: asyncio.StreamWriter | None = getattr(client, "_writer", None)
    if writer is not None:
        writer.close()


def error_code(words: str) -> str:
    """Return what follows ``ERR`` in the client's words, empty when nothing does."""
    found = re.search(r"\bERR ([A-Z-]+)", words)
    return found[1] if found else ""
