"""Texts that a hall may have written do no harm in a chat, and are cut where it takes no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.chat.words import CUT, cut, harmless, in_bytes, unmarked

GAP = "\u200b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@all 请点", f"@{GAP}all 请点"),
        ("<@zhang>", f"\uff1c@{GAP}zhang>"),
        ('<at user_id="all">所有人</at>', '\uff1cat user_id="all">所有人\uff1c/at>'),
        ("http://evil.example/x", f"http://{GAP}evil.{GAP}example/x"),
        ("看www.evil.cn", f"看www.{GAP}evil.{GAP}cn"),
        ("地址192.168.1.53,约2.5米", "地址192.168.1.53,约2.5米"),
        ("a\r\n第一步:拔电\x00源\u202e", "a 第一步:拔电 源"),
        ("[III级]西湖大厅 3号窗口打印机:卡纸", "[III级]西湖大厅 3号窗口打印机:卡纸"),
    ],
)
def test_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[点我](http://x.cn)", f"\uff3b点我\uff3d(http://{GAP}x.{GAP}cn)"),
        ("**粗** `码` #1 a_b", "\uff0a\uff0a粗\uff0a\uff0a \uff40码\uff40 \uff031 a\uff3fb"),
        ("> 引用", "\uff1e 引用"),
        ("- 项", f"{GAP}-{GAP} 项"),
        ("1. 项", f"{GAP}1{GAP}. 项"),
        ('<font color="warning">', '\uff1cfont color="warning"\uff1e'),
    ],
)
def test_unmarked(text: str, shown: str) -> None:
    assert unmarked(text) == shown


@given(st.text())
def test_that_nothing_is_left_that_a_chat_understands(text: str) -> None:
    shown = unmarked(text)
    assert not set("<>[]*`_#~|\n\r\\") & set(shown)
    assert all(shown[at + 1 : at + 2] == GAP for at, sign in enumerate(shown) if sign == "@")
    assert "://" not in shown.replace(f"://{GAP}", "")


@given(st.text(), st.integers(0, 60))
def test_that_a_cut_text_fits_and_begins_as_before(text: str, most: int) -> None:
    shown = cut(text, most)
    assert in_bytes(shown) <= most
    assert shown == text or text.startswith(shown.removesuffix(CUT))
    if in_bytes(text) > most >= in_bytes(CUT):
        assert shown.endswith(CUT)


def test_that_no_character_is_halved() -> None:
    assert cut("卡纸" * 10, 10) == "卡纸…"
    assert cut("e\u0301e\u0301", 5) == "…", "a letter stays with its accent"
