"""Mail through a real server."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import trustme

from hallwatch_agent.chat.reason import plain
from hallwatch_collector.notify.channel import Never, NotNow, Taken
from hallwatch_collector.notify.channels import AnyChannel
from hallwatch_collector.notify.channels.smtp import SmtpChannel
from parts.messages import LINES, LINK, deliver, make_message, make_part
from parts.mosquitto import HOST
from parts.outcomes import in_english
from parts.vendors import mail
from parts.vendors.sockets import serve_socket

SENDER, TO = "hallwatch@example.cn", "zhang@example.cn"


@pytest.fixture
def box() -> Iterator[mail.Mailbox]:
    with mail.serve_mail() as box:
        yield box


def _plain(box: mail.Mailbox, **options: Any) -> SmtpChannel:
    return SmtpChannel(id="m", host=HOST, port=box.port, security="none", sender=SENDER, **options)


def test_a_mail_in_chinese(box: mail.Mailbox) -> None:
    assert deliver(_plain(box), make_message(to=TO), {}, now=1_795_000_000.0) == Taken()
    (told,) = box.taken
    assert told["Subject"] == "[III级]西湖大厅 3号窗口打印机:卡纸"
    assert (told["From"], told["To"], told["Auto-Submitted"]) == (SENDER, TO, "auto-generated")
    assert told["Date"] == "Wed, 18 Nov 2026 11:06:40 +0000"
    plain, html = told.get_body(("plain",)), told.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == [told["Subject"], *LINES, f"详情与确认: {LINK}"]
    assert f'<a href="{LINK}">详情与确认</a>' in html.get_content()
    assert f"<p>{LINES[-1]}</p>" in html.get_content()


def test_that_a_repeat_has_the_same_id_and_an_incident_is_one_thread(box: mail.Mailbox) -> None:
    channel = _plain(box)
    second = make_part(edition=2, occasion="update")
    for message in (make_message(to=TO), make_message(to=TO, again=True), make_message(second, to=TO)):
        deliver(channel, message, {})
    deliver(channel, make_message(make_part(incident="I-2"), to=TO), {})
    first, again, update, other = box.taken
    assert first["Message-ID"] == again["Message-ID"] != update["Message-ID"]
    assert first["References"] == update["References"] != other["References"]
    assert "重发" in str(again.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def test_that_a_hall_s_words_stay_words(box: mail.Mailbox) -> None:
    part = make_part(title="a\r\nBcc: x@example.cn", lines=("<script>x</script>", "http://evil.cn"))
    assert deliver(_plain(box), make_message(part, to=TO), {}) == Taken()
    (told,) = box.taken
    assert told["Bcc"] is None
    html = told.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in html
    assert html.count("<a ") == 1


@pytest.mark.parametrize("to", ["", "zhang", "张@example.cn", "a@b>,<c@d", "a@b\r\nRCPT TO:<c@d>"])
def test_that_what_is_no_address_goes_nowhere(box: mail.Mailbox, to: str) -> None:
    answer = deliver(_plain(box), make_message(to=to), {})
    assert isinstance(answer, Never)
    assert box.taken == []


def test_a_refused_recipient_is_told_in_the_server_s_words(box: mail.Mailbox) -> None:
    box.fault = "unknown"
    assert in_english(deliver(_plain(box), make_message(to=TO), {})) == Never(
        plain(f"the mail server refuses the recipient (550 5.1.1 <{TO}>: Recipient address rejected)")
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls(security: str) -> None:
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)
    secrets = {"ca": ca.cert_pem.bytes().decode(), "password": mail.PASSWORD}
    with mail.serve_mail(context) as box:
        options: dict[str, Any] = {"id": "m", "host": HOST, "port": box.port, "sender": SENDER, "timeout_s": 1.0}
        options |= {"username": mail.USER, "password_file": "password", "security": security}
        trusting = deliver(SmtpChannel(**options, ca_file="ca"), make_message(to=TO), secrets)
        wary = deliver(SmtpChannel(**options), make_message(to=TO), secrets)
        if security == "tls":
            assert isinstance(trusting, NotNow), "this server begins in the clear"
        else:
            assert trusting == Taken()
            assert isinstance(wary, NotNow)
            assert "certificate is not trusted" in wary.reason.en
            accented = deliver(SmtpChannel(**options, ca_file="ca"), make_message(to=TO), secrets | {"password": "ä"})
            assert isinstance(accented, Never)


def test_that_no_password_goes_to_a_server_without_tls(box: mail.Mailbox) -> None:
    channel = SmtpChannel(
        id="m", host=HOST, port=box.port, sender=SENDER, username="u", password_file="password", timeout_s=2.0
    )
    answer = deliver(channel, make_message(to=TO), {"password": "p"})
    told = plain("the mail server does not offer the TLS, or the login, that is asked for")
    assert in_english(answer) == Never(told)


def test_that_a_silent_server_is_left_in_time() -> None:
    with serve_socket(b"220 x ESMTP\r\n", hangs_up=False) as port:
        channel = SmtpChannel(id="m", host=HOST, port=port, sender=SENDER, security="none", timeout_s=0.5)
        told = plain("the mail server cannot be used (the connection was cut, or silent)")
        assert in_english(deliver(channel, make_message(to=TO), {})) == NotNow(told)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"username": "u"}, "go together"),
        ({"username": "u", "password_file": "p", "security": "none"}, "needs security"),
        ({"sender": "张@example.cn"}, "sender"),
        ({"sender": "a@b.cn\n"}, "sender"),
    ],
)
def test_wrong_options(options: dict[str, Any], complaint: str) -> None:
    table = {"kind": "smtp", "id": "m", "host": "mail", "sender": SENDER, **options}
    with pytest.raises(msgspec.ValidationError, match=complaint):
        msgspec.convert(table, AnyChannel)
