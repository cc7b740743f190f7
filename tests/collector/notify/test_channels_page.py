"""The page about channels: its examples are right, and each kind has one."""

from __future__ import annotations

from typing import get_args

import msgspec

from hallwatch_collector.notify.channels import AnyChannel, kind_of
from parts.documents import blocks, text_of

PAGE = "docs/alerts/channels.md"


def test_that_each_kind_has_a_right_example() -> None:
    shown = [
        channel
        for block in blocks(PAGE)
        if block.language == "toml"
        for channel in msgspec.convert(msgspec.toml.decode(block.text)["channels"], list[AnyChannel])
    ]
    assert {kind_of(channel) for channel in shown} == {each.__struct_config__.tag for each in get_args(AnyChannel)}
    assert len({channel.id for channel in shown}) == len(shown)


def test_that_each_option_is_on_the_page() -> None:
    page = text_of(PAGE)
    options = {name for each in get_args(AnyChannel) for name in each.__struct_fields__}
    assert [name for name in sorted(options) if f"`{name}`" not in page] == []
