"""What is sent past the collector: by each vendor's rules, and whatever the other end does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hallwatch_agent.chat.exchange import Never, NotNow, Taken
from hallwatch_agent.collector_watch import delivery
from hallwatch_agent.collector_watch.case import Symptom, Telling
from hallwatch_agent.collector_watch.delivery import Parcel, deliver
from hallwatch_agent.collector_watch.settings import CollectorWatch
from hallwatch_agent.collector_watch.words import PERHAPS, TEST, Speaker, show_span, word, word_test
from parts.vendors import dingtalk, feishu, webhook, wecom
from parts.vendors.sockets import serve_socket
from parts.vendors.web import Imitation, serve

NOW = 1_763_692_800.0
SPEAKER = Speaker(identity="330106/xihu/gw", host="PC-07", broker="10.0.0.2:8883")
TELLING = Telling(serial=7, symptom=Symptom.SILENT, since=NOW - 95, at=NOW)
PARCEL = Parcel("collector-watch-330106-xihu-gw-7", word(TELLING, SPEAKER), {"symptom": "silent"})

Setup = tuple[Imitation, dict[str, str]]


@contextmanager
def at_now(imitation: Imitation) -> Iterator[Imitation]:
    """Run an imitation whose clock stands where the messages' does: signatures hold the time."""
    imitation.now = lambda: NOW
    with serve(imitation):
        yield imitation


def set_up_wecom() -> Setup:
    robot = wecom.Wecom()
    return robot, {"url": robot.robot}


def set_up_webhook() -> Setup:
    receiver = webhook.Receiver()
    return receiver, {"url": receiver.url, "secret": webhook.SECRET}


def set_up_dingtalk() -> Setup:
    robot = dingtalk.Dingtalk()
    return robot, {"url": robot.robot, "secret": dingtalk.SECRET}


def set_up_feishu() -> Setup:
    robot = feishu.Feishu()
    return robot, {"url": robot.robot, "secret": feishu.SECRET}


KINDS: dict[str, Callable[[], Setup]] = {
    "wecom": set_up_wecom,
    "dingtalk": set_up_dingtalk,
    "feishu": set_up_feishu,
    "webhook": set_up_webhook,
}


def settings_in(folder: Path, kind: str, held: dict[str, str], **more: Any) -> CollectorWatch:
    files = {}
    for name, text in held.items():
        (folder / name).write_text(f"{text}\n")
        files[f"{name}_file"] = str(folder / name)
    return msgspec.convert({"channel": kind, **files, **more}, CollectorWatch)


@pytest.mark.parametrize("kind", KINDS)
def test_each_vendor_takes_it(kind: str, tmp_path: Path) -> None:
    imitation, held = KINDS[kind]()
    with at_now(imitation):
        assert deliver(settings_in(tmp_path, kind, held), PARCEL, NOW) == Taken()
    (taken,) = imitation.taken
    text = msgspec.json.encode(taken).decode()
    assert "Hallwatch 采集服务失联" in text
    assert "1分35秒" in text
    assert imitation.asked[0].headers["user-agent"] == "Hallwatch"


def test_a_webhook_takes_a_repeat_once(tmp_path: Path) -> None:
    imitation, held = set_up_webhook()
    with at_now(imitation):
        for _ in range(2):
            assert deliver(settings_in(tmp_path, "webhook", held), PARCEL, NOW) == Taken()
    assert len(imitation.taken) == 1
    assert imitation.taken[0]["data"]["symptom"] == "silent"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_key_is_told_without_it(kind: str, tmp_path: Path) -> None:
    imitation, held = KINDS[kind]()
    with at_now(imitation):
        wrong = dict(held, **({"secret": "SECwrong"} if "secret" in held else {"url": f"{held['url']}x"}))
        answer = deliver(settings_in(tmp_path, kind, wrong), PARCEL, NOW)
    assert isinstance(answer, Never)
    assert "SECwrong" not in answer.reason.en
    assert "http" not in answer.reason.en.lower().replace("(http ", "")
    assert imitation.taken == []


@pytest.mark.parametrize(
    ("fault", "maybe"),
    [("slow", True), ("drip", True), ("cut", True), ("garbage", True), ("500", True), ("302", False), ("429", False)],
)
def test_a_server_that_fails(fault: str, maybe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LIMIT_S", 0.5)
    imitation, held = set_up_wecom()
    imitation.fault = fault
    with at_now(imitation):
        began = time.monotonic()
        answer = deliver(settings_in(tmp_path, "wecom", held), PARCEL, NOW)
        assert time.monotonic() - began < 2
        assert not any(asked.path == "/trap" for asked in imitation.asked), "a redirect is not followed"
    assert isinstance(answer, NotNow)
    assert answer.maybe_taken == maybe
    assert wecom.KEY not in answer.reason.en


def test_nobody_there(tmp_path: Path) -> None:
    answer = deliver(settings_in(tmp_path, "webhook", {"url": "http://127.0.0.1:9/secret-key"}), PARCEL, NOW)
    assert isinstance(answer, NotNow)
    assert not answer.maybe_taken
    assert "secret-key" not in answer.reason.en


def test_a_server_that_is_none(tmp_path: Path) -> None:
    for says in (b"220 mail\r\n", b"\x15\x03\x01\x00\x02\x02\x50"):
        with serve_socket(says, hangs_up=True) as port:
            for scheme in ("http", "https"):
                url = f"{scheme}://127.0.0.1:{port}/secret-key"
                answer = deliver(settings_in(tmp_path, "webhook", {"url": url}), PARCEL, NOW)
                assert isinstance(answer, NotNow)
                assert "secret-key" not in answer.reason.en


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"url": ""}, "is empty"),
        ({"url": "what?"}, "holds no address of a wecom robot"),
        ({"url": "http://[::1/x?key=abc"}, "holds no address of a wecom robot"),
    ],
)
def test_files_that_hold_something_else(held: dict[str, str], expected: str, tmp_path: Path) -> None:
    answer = deliver(settings_in(tmp_path, "wecom", held), PARCEL, NOW)
    assert isinstance(answer, Never)
    assert expected in answer.reason.en
    assert answer.reason.en.startswith("collector_watch.url_file: ")
    (tmp_path / "url").unlink()
    assert "No such file" in str(
        deliver(settings_in(tmp_path, "wecom", {}, url_file=str(tmp_path / "url")), PARCEL, NOW)
    )


def test_a_proxy_is_used_only_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imitation, held = set_up_wecom()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with at_now(imitation), serve(wecom.Wecom()) as proxy:
        assert deliver(settings_in(tmp_path, "wecom", held), PARCEL, NOW) == Taken()
        deliver(settings_in(tmp_path, "wecom", held, proxy=proxy.url), PARCEL, NOW)
        assert len(proxy.asked) == 1
        assert len(imitation.asked) == 1


def test_who_is_called(tmp_path: Path) -> None:
    imitation, held = set_up_wecom()
    with at_now(imitation):
        deliver(settings_in(tmp_path, "wecom", held, mention=["13800000000", "@all"]), PARCEL, NOW)
    assert imitation.taken[0]["text"]["mentioned_mobile_list"] == ["13800000000"]
    assert imitation.taken[0]["text"]["mentioned_list"] == ["@all"]


def test_words() -> None:
    told = word(TELLING, SPEAKER)
    assert told.title == "Hallwatch 采集服务失联"
    assert "收不到采集服务的心跳" in told.lines[0]
    again = word(msgspec.structs.replace(TELLING, again=True, perhaps=True), SPEAKER)
    assert again.title == f"Hallwatch 采集服务失联(仍未恢复){PERHAPS}"
    away = word(msgspec.structs.replace(TELLING, symptom=Symptom.AWAY), SPEAKER)
    assert "采集服务是否正常本机无从得知" in away.text
    back = word(msgspec.structs.replace(TELLING, over_at=NOW + 3600, at=NOW + 3630), SPEAKER)
    assert back.title == "Hallwatch 采集服务已恢复"
    assert "历时 1小时1分" in back.lines[0]
    assert word_test(NOW, SPEAKER).title.startswith(TEST)
    keyed = word(TELLING, msgspec.structs.replace(SPEAKER, keyword="告警"))
    assert keyed.lines[-1] == "告警"
    assert "权限" in word(msgspec.structs.replace(TELLING, never=True), SPEAKER).text
    assert "权限" not in told.text


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0秒"), (-5, "0秒"), (59.6, "1分"), (61, "1分1秒"), (3600, "1小时"), (90_061, "1天1小时"), (86_405, "1天5秒")],
)
def test_spans(seconds: float, told: str) -> None:
    assert show_span(seconds) == told
