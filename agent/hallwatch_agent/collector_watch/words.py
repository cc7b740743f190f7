"""What people are told of the collector's absence, and of its return, in Chinese. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from hallwatch_agent.chat.words import harmless
from hallwatch_agent.collector_watch.case import Symptom, Telling

PERHAPS: Final = "(重发,如已收到请忽略)"
TEST: Final = "【测试】"
_TITLES: Final = {
    Symptom.SILENT: "Hallwatch 采集服务失联",
    Symptom.STOPPED: "Hallwatch 采集服务停止后未再启动",
    Symptom.AWAY: "Hallwatch 连不上消息服务器,采集服务是否正常不明",
    Symptom.TROUBLED: "Hallwatch 采集服务自报异常",
}
_ENDED: Final = {
    Symptom.SILENT: "Hallwatch 采集服务已恢复",
    Symptom.STOPPED: "Hallwatch 采集服务已重新启动",
    Symptom.AWAY: "Hallwatch 消息服务器和采集服务已恢复",
    Symptom.TROUBLED: "Hallwatch 采集服务已恢复正常",
}
_UNWATCHED: Final = "影响: 在此期间设备故障不会告警,页面、停用标识不会更新。请人工留意各窗口设备。"
_EFFECTS: Final = {
    Symptom.SILENT: _UNWATCHED,
    Symptom.STOPPED: _UNWATCHED,
    Symptom.AWAY: "影响: 本厅的读数暂存在本机,送不出去;如采集服务也停了,设备故障不会告警。",
    Symptom.TROUBLED: "影响: 部分故障可能未判定、未告警或未记录。",
}
_STEPS: Final = {
    Symptom.SILENT: "先做: 看采集服务所在机器的电源、网络和 systemctl status hallwatch,再重启该服务。",
    Symptom.STOPPED: "先做: 问是谁停的;维护已结束则 systemctl start hallwatch。",
    Symptom.AWAY: "先做: 看本厅上联网络,再看消息服务器 {broker} 所在机器是否开机、mosquitto 是否在运行。",
    Symptom.TROUBLED: "先做: 打开采集服务的 /health 页面,上面逐条写明原因。",
}


class Speaker(Struct, frozen=True, kw_only=True):
    """Who speaks."""

    identity: str
    """Area, hall and agent."""
    host: str
    """The machine's own name."""
    broker: str
    keyword: str = ""


class Words(Struct, frozen=True):
    """A message in words: a title, and lines."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """Title and lines in one."""
        return "\n".join((self.title, *self.lines))


def word(telling: Telling, speaker: Speaker) -> Words:
    """Return a message in words."""
    over = bool(telling.over_at)
    again = "(仍未恢复)" if telling.again else ""
    title = f"{(_ENDED if over else _TITLES)[telling.symptom]}{again}{PERHAPS if telling.perhaps else ''}"
    return Words(title, tuple(_lines(telling, speaker)))


def word_test(at: float, speaker: Speaker) -> Words:
    """Return a message that only tries the way."""
    lines = (f"{show_moment(at)} 由人发起,试验采集服务失联时的通知途径,无需处理。", *_signature(speaker))
    return Words(f"{TEST}Hallwatch 采集服务失联通知", lines)


def _lines(telling: Telling, speaker: Speaker) -> Iterator[str]:
    since = show_moment(telling.since)
    if telling.over_at:
        yield f"{since} 至 {show_moment(telling.over_at)},历时 {show_span(telling.over_at - telling.since)}。"
        if telling.resumed:
            yield "(期间本机也曾停过,实际历时可能更短)"
        yield "请核对此期间各窗口的设备故障和登记。"
    else:
        yield f"自 {since} 起{_say_what(telling.symptom, speaker)},已 {show_span(telling.at - telling.since)}。"
        if telling.never:
            yield "从未收到过心跳: 也可能是消息服务器没有给本代理读 …/collector 的权限。"
        yield _EFFECTS[telling.symptom]
        yield _STEPS[telling.symptom].format(broker=harmless(speaker.broker))
    yield from _signature(speaker)


def _say_what(symptom: Symptom, speaker: Speaker) -> str:
    return {
        Symptom.SILENT: "收不到采集服务的心跳(消息服务器正常)",
        Symptom.STOPPED: "采集服务按指令停止,至今没有心跳",
        Symptom.AWAY: f"连不上消息服务器 {harmless(speaker.broker)},采集服务是否正常本机无从得知",
        Symptom.TROUBLED: "采集服务有心跳,但自报有问题",
    }[symptom]


def _signature(speaker: Speaker) -> Iterator[str]:
    yield f"由办税服务厅代理 {harmless(speaker.identity)}(主机 {harmless(speaker.host)})直接发出,不经采集服务。"
    if speaker.keyword:
        yield harmless(speaker.keyword)


def show_moment(at: float) -> str:
    """Return a moment as people in this hall write it, by this machine's time zone, which it names: it may be set to
    another one than the hall's."""
    told = time.localtime(at)
    hours, minutes = divmod(abs(told.tm_gmtoff) // 60, 60)
    zone = f"UTC{'-' if told.tm_gmtoff < 0 else '+'}{hours:02}:{minutes:02}"
    return f"{told.tm_mon}月{told.tm_mday}日 {told.tm_hour:02}:{told.tm_min:02}:{told.tm_sec:02}({zone})"


def show_span(seconds: float) -> str:
    """Return how long something takes: its two greatest units."""
    left = max(round(seconds), 0)
    parts: list[str] = []
    for unit, size in (("天", 86_400), ("小时", 3600), ("分", 60), ("秒", 1)):
        count, left = divmod(left, size)
        if count or (unit == "秒" and not parts):
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])
