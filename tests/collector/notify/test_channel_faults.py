"""Each channel against each way in which the other end can fail: what is made of it, cell by cell.

The table is printed at the end of the run.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import pytest
import trustme

from hallwatch_collector.notify.channel import Answer, Channel, NotNow, SecretMissing, Taken, reason_of
from hallwatch_collector.notify.channels.alertmanager import AlertmanagerChannel
from hallwatch_collector.notify.channels.apprise import AppriseChannel
from hallwatch_collector.notify.channels.dingtalk import DingtalkChannel
from hallwatch_collector.notify.channels.feishu import FeishuChannel
from hallwatch_collector.notify.channels.mqtt import MqttChannel
from hallwatch_collector.notify.channels.sms import SmsChannel
from hallwatch_collector.notify.channels.smtp import SmtpChannel
from hallwatch_collector.notify.channels.webhook import WebhookChannel
from hallwatch_collector.notify.channels.wecom import WecomChannel
from parts.messages import deliver, make_message, make_part
from parts.mosquitto import HOST, free_port, serve_mosquitto
from parts.outcomes import in_a_word, note_outcome, reads_as_chinese
from parts.vendors import dingtalk, feishu, mail, sms_gateway, webhook, wecom
from parts.vendors.alertmanager import FailingAlertmanager
from parts.vendors.sockets import serve_socket
from parts.vendors.web import Asked, Imitation, Told, serve

LIMIT_S: Final = 0.5
NONSENSE: Final = b"\x16\x03\x01SSH-2.0-OpenSSH_9.2\r\n" * 4
# "-": there is no such thing on this channel
TABLE: Final = """
            |none |nobody|slow  |cut   |garbage|500   |302   |429    |too fast |not let in|refused|no secret
wecom       |taken|later |later?|later?|later? |later?|later |later+7|later+60 |never     |-      |later
dingtalk    |taken|later |later?|later?|later? |later?|later |later+7|later+600|never     |never  |later
feishu      |taken|later |later?|later?|later? |later?|later |later+7|later+10 |never     |never  |later
webhook     |taken|later |later?|later?|taken  |later?|later |later+7|-        |never     |never  |later
alertmanager|taken|later |later?|later?|later? |later?|later |later+7|-        |-         |never  |later
sms         |taken|later |later?|later?|later? |later?|later |later+7|later    |never     |never  |later
apprise     |taken|later?|-     |later?|taken  |later?|later?|later? |-        |-         |never  |later
smtp        |taken|later |later?|later?|later  |later |-     |-      |later    |never     |never  |later
mqtt        |taken|later |later |later |later  |later |-     |-      |-        |never     |-      |later
"""
HELD: Final[set[str]] = set()
"""Secrets that channels were given: no line of a log may hold one."""


def _cells() -> Iterator[tuple[str, str, str]]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip("\n").splitlines()]
    for kind, *cells in rows:
        yield from ((kind, fault, cell) for fault, cell in zip(head[1:], cells, strict=True) if cell != "-")


CELLS: Final = list(_cells())


def test_that_each_channel_meets_each_fault() -> None:
    assert {kind for kind, _, _ in CELLS} == set(TRIALS)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise still looks for it
@pytest.mark.parametrize(("kind", "fault", "expected"), CELLS, ids=lambda value: str(value).replace(" ", "-"))
def test_outcome(kind: str, fault: str, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    try:
        answer = TRIALS[kind](fault)
    except SecretMissing as error:
        answer = NotNow(reason_of(error))  # as the courier tells it
        assert fault == "no secret"
    outcome = in_a_word(answer)
    note_outcome(kind, fault, outcome)
    assert outcome == expected
    assert isinstance(answer, Taken) or reads_as_chinese(answer.reason.zh), answer.reason.zh
    assert not [secret for secret in HELD if secret in caplog.text]


@contextmanager
def _broken(imitation: Imitation, fault: str) -> Iterator[str]:
    """Run an imitation with a fault; give the address under which it is asked."""
    if fault in ("slow", "cut", "garbage", "500", "302", "429"):
        imitation.fault = fault
    with serve(imitation):
        yield f"http://{HOST}:{free_port()}" if fault == "nobody" else imitation.url


def _tell(channel: Channel, secrets: dict[str, str], fault: str, **given: Any) -> Answer:
    HELD.update(filter(None, secrets.values()))
    answer = deliver(channel, make_message(**given), {} if fault == "no secret" else secrets)
    assert not [secret for secret in secrets.values() if secret and secret in repr(answer)]
    return answer


def _try_robot(imitation: Any, channel: Channel, fault: str, times: int, secret: str = "") -> Answer:
    imitation.keyword = "报警器" if fault == "refused" else ""
    with _broken(imitation, fault) as url:
        address = url + imitation.robot.removeprefix(imitation.url)
        if fault == "not let in" and not secret:
            address += "x"
        secrets = {"robot": address, "secret": "wrong-0123456789" if fault == "not let in" else secret}
        for _ in range(times if fault == "too fast" else 0):
            assert in_a_word(_tell(channel, secrets, fault)) == "taken"
        answer = _tell(channel, secrets, fault)
        assert len(imitation.taken) == (times if fault == "too fast" else fault == "none")
        assert "/trap" not in [asked.path for asked in imitation.asked], "a redirect was followed"
        return answer


def _try_wecom(fault: str) -> Answer:
    channel = WecomChannel(id="c", url_file="robot", timeout_s=LIMIT_S)
    return _try_robot(wecom.Wecom(), channel, fault, 20)


def _try_dingtalk(fault: str) -> Answer:
    channel = DingtalkChannel(id="c", url_file="robot", secret_file="secret", timeout_s=LIMIT_S)
    return _try_robot(dingtalk.Dingtalk(), channel, fault, 20, dingtalk.SECRET)


def _try_feishu(fault: str) -> Answer:
    channel = FeishuChannel(id="c", url_file="robot", secret_file="secret", timeout_s=LIMIT_S)
    robot = feishu.Feishu()
    began = robot.now()
    robot.now = lambda: began  # six within one second, however slow this machine is
    return _try_robot(robot, channel, fault, 5, feishu.SECRET)


def _try_webhook(fault: str) -> Answer:
    receiver = webhook.Receiver()
    receiver.gone = fault == "refused"
    with _broken(receiver, fault) as url:
        channel = WebhookChannel(id="c", url=url, secret_file="secret", timeout_s=LIMIT_S)
        return _tell(channel, {"secret": "whsec_AAAA" if fault == "not let in" else webhook.SECRET}, fault)


def _try_alertmanager(fault: str) -> Answer:
    with _broken(FailingAlertmanager(), fault) as url:
        channel = AlertmanagerChannel(id="c", urls=[url], token_file="token", timeout_s=LIMIT_S)
        part = make_part(area="", hall="", incident="", device="", fault="")
        message = make_message(part if fault != "refused" else make_part(began_at=9e10))
        return deliver(channel, message, {} if fault == "no secret" else {"token": "token-0123456789"})


def _try_sms(fault: str) -> Answer:
    gateway = sms_gateway.SmsGateway()
    gateway.too_fast = fault == "too fast"
    with _broken(gateway, fault) as url:
        channel = SmsChannel(
            id="c", url=f"{url}/send", timeout_s=LIMIT_S, secrets={"password": "password"}, success_pointer="/code",
            json={"account": sms_gateway.ACCOUNT, "password": "{password}", "phone": "{to}", "msg": "{text}"},
            success=["0"], permanent=["101", "107", "109"],
        )  # fmt: skip
        secrets = {"password": "wrong-0123456789" if fault == "not let in" else sms_gateway.PASSWORD}
        return _tell(channel, secrets, fault, to="12" if fault == "refused" else "13800000000")


class _Anything(Imitation):
    def answer(self, asked: Asked) -> Told:
        return Told(200)


def _try_apprise(fault: str) -> Answer:
    with _broken(_Anything(), fault) as url:
        known = "nonsense" if fault == "refused" else url.replace("http", "json")
        return _tell(AppriseChannel(id="c", url_file="url"), {"url": known}, fault)


def _try_smtp(fault: str) -> Answer:
    faults = {"slow": "slow", "cut": "cut", "500": "broken", "too fast": "busy", "refused": "unknown"}
    with_login = fault in ("not let in", "no secret", "none")
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(HOST).configure_cert(context)
    with ExitStack() as stack:
        box = stack.enter_context(mail.serve_mail(context if with_login else None))
        box.fault = faults.get(fault, "")
        port = free_port() if fault == "nobody" else box.port
        if fault == "garbage":
            port = stack.enter_context(serve_socket(NONSENSE, hangs_up=True))
        options: dict[str, Any] = {"security": "none"}
        if with_login:
            options = {"username": mail.USER, "password_file": "password", "ca_file": "ca"}
        channel = SmtpChannel(id="c", host=HOST, port=port, sender="h@example.cn", timeout_s=LIMIT_S * 2, **options)
        secrets = {"password": "wrong-0123456789" if fault == "not let in" else mail.PASSWORD}
        secrets["ca"] = ca.cert_pem.bytes().decode()
        answer = _tell(channel, secrets, fault, to="zhang@example.cn")
        assert len(box.taken) == (fault in ("none", "cut"))
        return answer


def _try_mqtt(fault: str) -> Answer:
    with ExitStack() as stack:
        port = free_port()
        if fault in ("slow", "cut", "garbage", "500"):
            says = {"garbage": NONSENSE, "500": b"\x20\x02\x00\x03"}.get(fault)
            port = stack.enter_context(serve_socket(says, hangs_up=fault == "cut"))
        elif fault != "nobody":
            port = stack.enter_context(serve_mosquitto("" if fault == "none" else "allow_anonymous false")).port
        options: dict[str, Any] = {"username": "u", "password_file": "password"} if fault == "no secret" else {}
        return _tell(MqttChannel(id="c", host=HOST, port=port, timeout_s=LIMIT_S, **options), {}, fault)


TRIALS: Final[dict[str, Callable[[str], Answer]]] = {
    "wecom": _try_wecom, "dingtalk": _try_dingtalk, "feishu": _try_feishu, "webhook": _try_webhook,
    "alertmanager": _try_alertmanager, "sms": _try_sms, "apprise": _try_apprise, "smtp": _try_smtp, "mqtt": _try_mqtt,
}  # fmt: skip
