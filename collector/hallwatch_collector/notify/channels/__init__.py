"""The channels. ``AnyChannel`` is the registry: a new channel is one new file and one word in this union."""

from __future__ import annotations

from hallwatch_collector.notify.channel import Channel
from hallwatch_collector.notify.channels.alertmanager import AlertmanagerChannel
from hallwatch_collector.notify.channels.apprise import AppriseChannel
from hallwatch_collector.notify.channels.dingtalk import DingtalkChannel
from hallwatch_collector.notify.channels.feishu import FeishuChannel
from hallwatch_collector.notify.channels.mqtt import MqttChannel
from hallwatch_collector.notify.channels.sms import SmsChannel
from hallwatch_collector.notify.channels.smtp import SmtpChannel
from hallwatch_collector.notify.channels.webhook import WebhookChannel
from hallwatch_collector.notify.channels.wecom import WecomChannel

AnyChannel = (
    AlertmanagerChannel
    | AppriseChannel
    | DingtalkChannel
    | FeishuChannel
    | MqttChannel
    | SmsChannel
    | SmtpChannel
    | WebhookChannel
    | WecomChannel
)

__all__ = ["AnyChannel", "kind_of"]


def kind_of(channel: Channel) -> str:
    """Return the word by which ``alerts.toml`` calls this kind of channel."""
    return str(channel.__struct_config__.tag)
