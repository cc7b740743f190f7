"""A signed webhook (Standard Webhooks) to a program of one's own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from hallwatch_agent.chat import webhook
from hallwatch_agent.chat.exchange import address_of
from hallwatch_collector.notify.channel import (
    Answer,
    HttpAnswer,
    HttpChannel,
    Kit,
    OptionalSecret,
    Reason,
    Request,
    Unusable,
    held_address,
)
from hallwatch_collector.notify.document import describe_message, encode
from hallwatch_collector.notify.message import Message

Address = Annotated[str, Meta(pattern=r"^(?:https?://[^\s]+)?$(?!\n)", max_length=2000)]


class WebhookChannel(HttpChannel, frozen=True, kw_only=True, tag="webhook"):
    """A program that takes messages as JSON."""

    url: Address = ""
    url_file: OptionalSecret = ""
    """In place of ``url``, for an address that holds a key."""
    secret_file: OptionalSecret = ""
    """The secret that signs, best as ``whsec_`` and base64; left out: it is not signed."""
    token_file: OptionalSecret = ""
    """A token that is sent as ``Authorization: Bearer``."""

    knows_repeats: ClassVar[bool] = True
    """By ``webhook-id``."""

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.url_file):
            raise ValueError("give either `url`, or `url_file` when the address holds a key")

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request that a message is."""
        url = self.url or held_address(address_of(kit.secret(self.url_file), ""), self.url_file)
        secret = kit.secret(self.secret_file) if self.secret_file else ""
        headers = {"Authorization": f"Bearer {kit.secret(self.token_file)}"} if self.token_file else {}
        body = encode(describe_message(message, kit.now))
        try:
            return webhook.build(url, key=message.key, now=kit.now, secret=secret, body=body, headers=headers)
        except ValueError as error:
            raise Unusable(
                Reason(
                    f"the file {self.secret_file}: {error}", f"文件 {self.secret_file} 里的密钥不对,请重新复制({error})"
                )
            ) from None

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means."""
        return webhook.read(answer)
