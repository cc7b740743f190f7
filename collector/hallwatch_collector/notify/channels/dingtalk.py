"""A DingTalk group's robot (钉钉自定义机器人)."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import structs

from hallwatch_agent.chat import dingtalk
from hallwatch_agent.chat.words import link_marked, unmarked
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

_TEXT = Form(most=dingtalk.MOST_BYTES)
_MARKDOWN = structs.replace(_TEXT, clean=unmarked, joint="\n\n", show_link=link_marked)


class DingtalkChannel(HttpChannel, frozen=True, kw_only=True, tag="dingtalk"):
    """A DingTalk group's robot."""

    url_file: SecretName
    """The robot's whole address, or its token alone."""
    secret_file: OptionalSecret = ""
    """The secret that signs (加签), which begins with SEC; left out: the robot asks for none."""
    keyword: str = ""
    """A keyword of the robot's safety rules, put into each message."""
    form: Literal["text", "markdown"] = "text"

    pace: ClassVar[Pace] = Pace(18, 60.0)
    """The vendor takes twenty a minute, and shuts out for ten whoever sends more; its minute is not ours."""
    takes_mentions: ClassVar[bool] = True

    def names(self, message: Message) -> int:
        """Return how many incidents one message can name."""
        return count_named(message, self._form)

    @property
    def _form(self) -> Form:
        notes = (self.keyword,) if self.keyword else ()
        return structs.replace(_MARKDOWN if self.form == "markdown" else _TEXT, notes=notes)

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is."""
        url = held_address(dingtalk.address(kit.secret(self.url_file)), self.url_file)
        secret = kit.secret(self.secret_file) if self.secret_file else ""
        words = render(message, self._form)
        return dingtalk.build(
            url, secret=secret, now=kit.now, title=words.title, text=words.text, mentions=message.mentions,
            markdown=self.form == "markdown",
        )  # fmt: skip

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means."""
        return dingtalk.read(answer)
