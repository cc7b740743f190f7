"""A Feishu or Lark group's robot (飞书自定义机器人)."""

from __future__ import annotations

from typing import ClassVar

from hallwatch_agent.chat import feishu
from hallwatch_agent.probes.probe import Host
from hallwatch_collector.notify.channel import (
    Answer,
    HttpAnswer,
    HttpChannel,
    Kit,
    OptionalSecret,
    Pace,
    Request,
    SecretName,
    held_address,
)
from hallwatch_collector.notify.message import Message
from hallwatch_collector.notify.rendering import Form, count_named, render


class FeishuChannel(HttpChannel, frozen=True, kw_only=True, tag="feishu"):
    """A Feishu or Lark group's robot."""

    url_file: SecretName
    """The robot's whole address, or the last part of it alone."""
    host: Host = feishu.FEISHU
    """Where it is, when the file holds the last part alone: ``open.larksuite.com`` for Lark."""
    secret_file: OptionalSecret = ""
    """The secret that signs (签名校验); left out: the robot asks for none."""
    keyword: str = ""
    """A keyword of the robot's safety rules, put into each message."""

    pace: ClassVar[Pace] = Pace(5, 3.0)
    """Five a second and a hundred a minute are taken: this keeps both."""
    takes_mentions: ClassVar[bool] = True

    def names(self, message: Message) -> int:
        """Return how many incidents one message can name."""
        return count_named(message, self._form)

    @property
    def _form(self) -> Form:
        notes = (self.keyword,) if self.keyword else ()
        return Form(most=feishu.MOST_BYTES, show_link=lambda *_: "", notes=notes)

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is."""
        url = held_address(feishu.address(kit.secret(self.url_file), self.host), self.url_file)
        secret = kit.secret(self.secret_file) if self.secret_file else ""
        words = render(message, self._form)
        return feishu.build(
            url, secret=secret, now=kit.now, title=words.title, lines=words.lines, link=words.link,
            mentions=message.mentions,
        )  # fmt: skip

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means."""
        return feishu.read(answer)
