"""A real mail server on loopback (aiosmtpd), which can be told to fail."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
import warnings
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import trustme

from parts.mosquitto import free_port
from parts.vendors.web import Gone

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "hallwatch", "a secret, of course"


class Mailbox:
    """Takes mail; ``fault``: ``slow``, ``cut``, ``busy`` (450), ``broken`` (451), ``unknown`` (550 to a recipient)."""

    def __init__(self) -> None:
        self.fault = ""
        self.taken: list[EmailMessage] = []
        self.host, self.port = "127.0.0.1", 0
        self.released = asyncio.Event()
        self.meet: Callable[[str], None] = lambda _moment: None
        """As :class:`~parts.vendors.web.Imitation` has it."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient or not."""
        if self.fault == "unknown":
            return f"550 5.1.1 <{address}>: Recipient address rejected"
        if self.fault == "busy":
            return "450 4.7.1 too many messages, try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail or not."""
        if self.fault == "slow":
            await asyncio.wait_for(self.released.wait(), 20)
        if self.fault == "broken":
            return "451 4.3.0 queue file write error"
        try:
            self.meet("asked")
        except Gone:
            return "451 4.3.0 nobody reads this"
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.taken.append(mail)
        if self.fault == "cut":  # it has the mail, and does not say so
            assert server.transport is not None
            server.transport.close()
        self.meet("taken")
        asyncio.get_running_loop().call_soon(self.meet, "answered")  # once the answer is on the wire
        return "250 OK"


def _let_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


async def _see_off() -> None:
    """Wait until whoever left is gone: a connection that outlives its loop is a warning in some later test."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        await asyncio.wait(others, timeout=5)


@contextlib.contextmanager
def serve_mail(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run a mail server for the time of a ``with`` block; with *context* it wants STARTTLS and a login."""
    mailbox = Mailbox()
    options: dict[str, Any] = (
        {"tls_context": context, "require_starttls": True, "auth_required": True} if context else {}
    )
    controller = Controller(
        mailbox, hostname=mailbox.host, port=free_port(), authenticator=_let_in, ready_timeout=10, **options
    )  # fmt: skip
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.loop.call_soon_threadsafe(mailbox.released.set)
        asyncio.run_coroutine_threadsafe(_see_off(), controller.loop).result(10)
        controller.stop()


@contextlib.contextmanager
def serve_refusing_mail(ca: trustme.CA, user: str, password: str) -> Iterator[Controller]:
    """Run a mail server that lets one user in, refuses every recipient, and repeats the password as it does so."""

    class Refusing:
        async def handle_RCPT(self, *_: Any) -> str:  # noqa: N802 - the library's name
            coded = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            return f"550 5.7.1 echo: {password} {coded}"

    def let_in(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        said = data.password.decode() if isinstance(data, LoginPassword) else ""
        return AuthResult(success=right, handled=False, message=None if right else f"535 5.7.8 echo: {said}")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    controller = Controller(
        Refusing(), hostname="127.0.0.1", port=free_port(), authenticator=let_in, ready_timeout=10,
        tls_context=context, require_starttls=True, auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        yield controller
    finally:
        asyncio.run_coroutine_threadsafe(_see_off(), controller.loop).result(10)
        controller.stop()
