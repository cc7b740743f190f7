"""Mail, through the office's own server."""

from __future__ import annotations

import hashlib
import re
import smtplib
import socket
import ssl
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from html import escape
from typing import Annotated, Any, ClassVar, Final, Literal

from msgspec import Meta, Struct

from hallwatch_agent.chat.exchange import tidy
from hallwatch_agent.chat.reason import NOT_TRUSTED
from hallwatch_agent.probes.probe import Host, Port
from hallwatch_collector.notify.channel import (
    Answer,
    Channel,
    Http,
    Kit,
    Never,
    NotNow,
    OptionalSecret,
    Pace,
    Reason,
    Taken,
    Unusable,
    reason_of,
)
from hallwatch_collector.notify.message import Message
from hallwatch_collector.notify.rendering import Form, Words, count_named, render
from hallwatch_collector.notify.tls import make_context

_MAIL_ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+"
"""RFC 5321 without quotes: in a command nothing of it can be taken for something else."""
MailAddress = Annotated[
    str, Meta(pattern=rf"^{_MAIL_ADDRESS}$(?!\n)", max_length=254, examples=["hallwatch@example.cn"])
]
_FORM: Final = Form(most=60_000)
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_NO_ADDRESS: Final = Reason("the address is none that mail can be sent to", "收件地址不是邮箱地址,请检查")
_ASCII_ONLY: Final = Reason(
    "the user name and the password can hold ASCII characters only", "邮箱用户名和密码只能用英文字母、数字和符号"
)
_NOT_FROM: Final = Reason("the mail server refuses our address (`sender`)", "邮件服务器不接受发件地址,请检查 sender")
_NOT_TO: Final = Reason("the mail server refuses the recipient", "邮件服务器不接受收件人,请检查收件地址")
_NOT_THIS: Final = Reason("the mail server refuses the mail", "邮件服务器不接受这封邮件")
_NOT_LET_IN: Final = Reason(
    "the mail server refuses our user name or password", "邮件服务器登录失败,请检查用户名和密码"
)
_NOT_OFFERED: Final = Reason(
    "the mail server does not offer the TLS, or the login, that is asked for",
    "邮件服务器不支持所要的加密或登录,请检查 security",
)
_SAYS: Final = Reason("the mail server has a fault", "邮件服务器出错")
_SERVER: Final = Reason("the mail server cannot be used", "邮件服务器连不上")
_SILENT: Final = Reason("the connection was cut, or silent", "连接中断或没有回应")
_FOR_GOOD: Final = 500
"""Codes from here on are permanent (RFC 5321, 4.2.1)."""


class SmtpChannel(Channel, frozen=True, kw_only=True, tag="smtp"):
    """A mail server."""

    host: Host
    port: Port | None = None
    """Left out: 587 with ``starttls``, 465 with ``tls``, 25 with ``none``."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """``none`` for a server on the same machine: whoever is between could read and change everything."""
    sender: MailAddress
    username: str = ""
    password_file: OptionalSecret = ""
    ca_file: OptionalSecret = ""
    """A file beside alerts.toml with the authorities that signed its certificate; left out: those of the system."""

    pace: ClassVar[Pace] = Pace(30, 60.0)
    takes_addresses: ClassVar[bool] = True
    knows_repeats: ClassVar[bool] = False
    """A repeat has the same Message-ID, and many mailboxes show it once; not all."""

    def __post_init__(self) -> None:
        if bool(self.username) != bool(self.password_file):
            raise ValueError("`username` and `password_file` go together; give both or none")
        if self.username and self.security == "none":
            raise ValueError('a password needs security = "starttls" or "tls"')

    def names(self, message: Message) -> int:
        """Return how many incidents one mail can name."""
        return count_named(message, _FORM)

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:  # noqa: ARG002 - it is no HTTP
        """Hand a mail to the server."""
        if not re.fullmatch(_MAIL_ADDRESS, message.to):
            return Never(_NO_ADDRESS)
        password = kit.secret(self.password_file) if self.password_file else ""
        if not (self.username + password).isascii():
            return Never(_ASCII_ONLY)  # smtplib sends no others
        try:
            context = make_context(kit, self.ca_file) if self.security != "none" else None
        except Unusable as error:
            return Never(reason_of(error))
        mail = self.write(message, kit.now).as_bytes()
        errand = _Errand()
        try:
            with closing(self._connect(context)) as server:
                if self.username:
                    server.login(self.username, password)
                return errand.run(server, self.sender, message.to, mail)
        except (OSError, smtplib.SMTPException) as error:
            return _explain(error, handed_over=errand.handed_over)

    def write(self, message: Message, now: float) -> EmailMessage:
        """Return the mail. Its id is the same however often it is sent; all of one incident hang together."""
        words = render(message, _FORM)
        mail = EmailMessage(policy=SMTP_POLICY)
        mail["From"] = self.sender
        mail["To"] = message.to
        mail["Subject"] = words.title
        mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
        mail["Message-ID"] = self._id(f"{message.key} {message.to}")
        if len(message.parts) == 1:
            part = message.parts[0]
            mail["References"] = mail["In-Reply-To"] = self._id(f"{part.area}/{part.hall}/{part.incident}")
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        mail["Content-Language"] = message.language
        mail.set_content(words.text)
        mail.add_alternative(_in_html(words, message.language), subtype="html")
        return mail

    def _id(self, name: str) -> str:
        return f"<{hashlib.sha256(name.encode()).hexdigest()[:40]}@{self.sender.rpartition('@')[2]}>"

    def _connect(self, context: ssl.SSLContext | None) -> smtplib.SMTP:
        port = self.port or _PORTS[self.security]
        name = socket.gethostname() or "localhost"  # the library would ask DNS for ours
        if self.security == "tls":
            return _LimitedTls(self.host, port, name, timeout=self.timeout_s, context=context)
        server = _Limited(self.host, port, name, timeout=self.timeout_s)
        if context is not None:
            try:
                server.starttls(context=context)
            except BaseException:
                server.close()
                raise
        return server


class _Errand(Struct):
    """How far a mail got."""

    handed_over: bool = False
    """The server had all of it, or nearly; what it makes of it is not known."""

    def run(self, server: smtplib.SMTP, sender: str, to: str, mail: bytes) -> Answer:
        """Send a mail; return what the server says. Raises what the library does."""
        server.ehlo_or_helo_if_needed()
        code, said = server.mail(sender)
        if code != 250:
            return _judge(code, _NOT_FROM, said)
        code, said = server.rcpt(to)
        if code not in (250, 251):
            return _judge(code, _NOT_TO, said)
        self.handed_over = True
        code, said = server.data(mail)
        if code != 250:
            return _judge(code, _NOT_THIS, said)
        with suppress(OSError, smtplib.SMTPException):
            server.putcmd("quit")  # what it says to that changes nothing
        return Taken()


class _Limited(smtplib.SMTP):
    """A connection that is cut when its time is over: the library's own limit begins anew with each drop that comes."""

    _watch: threading.Timer | None = None

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Connect; the time runs from here."""
        self._watch = threading.Timer(self.timeout, self._cut)
        self._watch.daemon = True
        self._watch.start()
        return super().connect(*args, **options)

    def close(self) -> None:
        """End the connection."""
        if self._watch is not None:
            self._watch.cancel()
        super().close()

    def _cut(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


class _LimitedTls(_Limited, smtplib.SMTP_SSL):
    """The same in TLS from the first byte."""


def _explain(error: Exception, *, handed_over: bool) -> Answer:
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code):
            return _judge(code, _NOT_LET_IN)
        case smtplib.SMTPNotSupportedError():
            return Never(_NOT_OFFERED)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=said):
            return _judge(code, _SAYS, said)
        case ssl.SSLCertVerificationError(verify_message=why):
            return NotNow(_SERVER.because(NOT_TRUSTED.because(why)))
    return NotNow(_SERVER.because(getattr(error, "strerror", None) or _SILENT), maybe_taken=handed_over)


def _judge(code: int, reason: Reason, said: bytes | str = "") -> Answer:
    told = reason.because(f"{code} {_words(said)}")
    return Never(told) if code >= _FOR_GOOD else NotNow(told)


def _words(said: bytes | str) -> str:
    return tidy(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)


def _in_html(words: Words, language: str) -> str:
    """Return the same in plain HTML, whose link can be clicked."""
    title, *lines = words.text.split("\n")
    rows = []
    for line in lines:
        is_link = words.link is not None and line.endswith(words.link[1])
        rows.append(_anchor(*words.link) if is_link and words.link is not None else escape(line))
    body = "".join(f"<p>{row}</p>" for row in rows)
    return f'<html lang="{language}"><body><p><strong>{escape(title)}</strong></p>{body}</body></html>'


def _anchor(text: str, address: str) -> str:
    return f'<a href="{escape(address, quote=True)}">{escape(text)}</a>'
