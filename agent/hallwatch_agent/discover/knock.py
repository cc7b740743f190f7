"""TCP: is somebody there, what does he say first, and what does he answer to one harmless question?"""

from __future__ import annotations

import asyncio
import contextlib
import html
import re
import ssl
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

from hallwatch_agent.discover.evidence import Page
from hallwatch_agent.probes.snmp_probe import text

MOST_READ_BYTES: Final = 32_768
MOST_UPSES: Final = 20
_status_line = re.compile(rb"^(?:HTTP|RTSP)/\d\.\d +(\d{3})")
_header = re.compile(rb"^(Server|WWW-Authenticate|Location)[ \t]*:[ \t]*([^\r\n]{0,300})", re.IGNORECASE | re.MULTILINE)
_title = re.compile(rb"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_plain_path = re.compile(r"[\w./~%&=+:;,@-]{0,200}", re.ASCII)
_ups_name = re.compile(r"[\w.-]{1,40}", re.ASCII)
_realm = re.compile(r'realm="([^"]*)"', re.IGNORECASE)


class Knock(Enum):
    """What came of a connection."""

    OPEN = "open"
    REFUSED = "refused"
    """The host lives, the port is closed."""
    SILENT = "silent"


async def knock(address: str, port: int, timeout_s: float) -> Knock:
    """Connect and hang up at once."""
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError) as error:
        # By class: Windows has numbers of its own for the same.
        return Knock.REFUSED if isinstance(error, ConnectionRefusedError | ConnectionResetError) else Knock.SILENT
    await _hang_up(writer)
    return Knock.OPEN


async def exchange(address: str, port: int, question: bytes, timeout_s: float, *, tls: bool = False) -> bytes:
    """Say *question* and return what comes back until the end, a time limit, or enough; empty when nothing does."""
    heard = bytearray()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(address, port, ssl=_any_tls() if tls else None)
            try:
                writer.write(question)
                while len(heard) < MOST_READ_BYTES and (chunk := await reader.read(4096)):
                    heard += chunk
                    if not question:  # a greeting is one line
                        break
            finally:
                await _hang_up(writer)
    return bytes(heard[:MOST_READ_BYTES])


async def read_page(address: str, port: int, path: str, timeout_s: float, *, tls: bool) -> Page | None:
    """Return what a page of a web server says of the device; None when no web server answers."""
    question = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: hallwatch-agent\r\nConnection: close\r\n\r\n"
    return parse_page(await exchange(address, port, question.encode(), timeout_s, tls=tls))


async def read_camera(address: str, port: int, timeout_s: float) -> str | None:
    """Return what an RTSP server calls itself; None when none answers (RFC 2326, section 10.1)."""
    question = f"OPTIONS rtsp://{address}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode()
    heard = await exchange(address, port, question, timeout_s)
    return parse_page(heard, b"RTSP").server if heard.startswith(b"RTSP/") else None  # type: ignore[union-attr]


async def read_upses(address: str, port: int, timeout_s: float) -> tuple[str, ...]:
    """Return the names of the UPSes for which a NUT server speaks; none without the library."""
    try:
        import aionut
    except ImportError:
        return ()
    client = aionut.AIONUTClient(address, port, timeout=timeout_s, persistent=False)
    try:
        names = sorted(await client.list_ups())
    except Exception:  # noqa: BLE001 - whatever it stumbles over, no NUT server has answered
        return ()
    finally:
        client.shutdown()
    return tuple(name for name in names if _ups_name.fullmatch(name))[:MOST_UPSES]


async def read_greeting(address: str, port: int, timeout_s: float) -> str:
    """Return the version that an SSH server tells (RFC 4253, section 4.2)."""
    heard = await exchange(address, port, b"", timeout_s)
    return text(heard.split(b"\n")[0])[:255] if heard.startswith(b"SSH-") else ""


def parse_page(answer: bytes, protocol: bytes = b"HTTP") -> Page | None:
    """Take from an HTTP (or RTSP) answer what says who the device is; None for any other bytes."""
    if not answer.startswith(protocol + b"/") or not _status_line.match(answer):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    headers = {name.lower(): text(value) for name, value in reversed(_header.findall(head))}
    title, realm = _title.search(body), _realm.search(headers.get(b"www-authenticate", ""))
    return Page(
        server=headers.get(b"server", "")[:80],
        title=" ".join(html.unescape(text(title[1])).split())[:80] if title else "",
        realm=realm[1][:80] if realm else "",
        location=headers.get(b"location", ""),
    )


def parse_location(location: str, address: str, port: int) -> tuple[int, str] | None:
    """Return port and path of a redirection on the same host; None for any other."""
    try:
        parts = urlsplit(location)
        onward = parts.port or {"https": 443, "http": 80}.get(parts.scheme, port)
    except ValueError:
        return None
    if not location or parts.hostname not in (None, address) or not _plain_path.fullmatch(parts.path):
        return None
    query = f"?{parts.query}" if parts.query and _plain_path.fullmatch(f"/{parts.query}") else ""
    return onward, (parts.path if parts.path.startswith("/") else f"/{parts.path}") + query


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()  # nobody waits for anything more, and a device need not keep the connection in mind
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _any_tls() -> ssl.SSLContext:
    """Devices have certificates of their own making and old TLS; nothing secret is said to them."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(ssl.SSLError):
        tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    return tls
