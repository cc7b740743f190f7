"""A WeCom group's robot (企业微信群机器人)."""

from __future__ import annotations

from typing import ClassVar, Literal

from hallwatch_agent.chat import wecom
from hallwatch_agent.chat.words import link_marked, unmarked
from hallwatch_collector.notify.channel import (
    Answer,
    HttpAnswer,
    HttpChannel,
    Kit,
    Pace,
    Request,
    SecretName,
    held_address,
)
from hallwatch_collector.notify.message import Message
from hallwatch_collector.notify.rendering import Form, count_named, render

_TEXT = Form(most=wecom.TEXT_BYTES)
_MARKDOWN = Form(most=wecom.MARKDOWN_BYTES, clean=unmarked, joint="\n\n", show_link=link_marked)


class WecomChannel(HttpChannel, frozen=True, kw_only=True, tag="wecom"):
    """A WeCom group's robot."""

    url_file: SecretName
    """The robot's whole address, or its key alone."""
    form: Literal["text", "markdown"] = "text"
    """Markdown is shown in WeCom only, not in WeChat, and calls nobody."""

    pace: ClassVar[Pace] = Pace(18, 60.0)
    """The vendor takes twenty a minute; its minute is not ours."""
    takes_mentions: ClassVar[bool] = True

    def names(self, message: Message) -> int:
        """Return how many incidents one message can name."""
        return count_named(message, self._form)

    @property
    def _form(self) -> Form:
        return _MARKDOWN if self.form == "markdown" else _TEXT

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is."""
        url = held_address(wecom.address(kit.secret(self.url_file)), self.url_file)
        text = render(message, self._form).text
        return wecom.build(url, text, message.mentions, markdown=self.form == "markdown")

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means."""
        return wecom.read(answer)
