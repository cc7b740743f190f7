"""A secret that another program says back is left out of what is written down, however it says it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.chat.reason import LONGEST, Reason, plain, reason_of
from hallwatch_agent.chat.secrecy import HIDDEN, SHORTEST_SECRET, hide

_secrets = st.text(st.characters(codec="utf-8"), min_size=SHORTEST_SECRET, max_size=40).filter(
    lambda text: text.strip()
)
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "quoted": lambda text: quote(text, safe=""),
    "as a form": quote_plus,
    "in JSON": lambda text: json.dumps(text)[1:-1],
    "in hex": lambda text: text.encode().hex(),
}


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
@given(_secrets, st.text(max_size=20))
def test_that_no_secret_is_left(write: Callable[[str], str], secret: str, before: str) -> None:
    told = hide(f"{before}{write(secret)} is wrong", [secret])
    assert write(secret) not in told.replace(HIDDEN, "\0")


@given(st.text("abcdefghijkmnp0123456789", min_size=8, max_size=40), st.text("xyz", max_size=7))
def test_that_base64_is_found_wherever_it_begins(secret: str, user: str) -> None:
    coded = base64.b64encode(f"{user}:{secret}".encode()).decode()
    began, ended = len(user) + 1, len(user) + 1 + len(secret)
    whole = coded[-(-began // 3) * 4 : ended // 3 * 4]
    assert len(whole) >= SHORTEST_SECRET
    assert whole not in hide(f"Basic {coded} is wrong", [secret])


def test_that_the_keys_of_an_address_are_left_out_and_its_words_are_not() -> None:
    addresses = ["https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k1-short", "https://u:pw%2F9@a.cn/hook/3e1a9f6c"]
    told = hide("invalid webhook url, key k1-short, send 3e1a9f6c by u with pw%2F9", addresses)
    assert told == f"invalid webhook url, key {HIDDEN}, send {HIDDEN} by u with {HIDDEN}"


def test_that_odd_secrets_do_no_harm() -> None:
    assert hide("all is well", ["", "a", "http://[::1", "://", "all\n"]) == "all is well"


def test_that_both_languages_are_without_it() -> None:
    reason = Reason("refused", "拒收").because("the password hunter22 is wrong").by("Gateway", "网关")
    assert reason.without(["hunter22"]) == Reason(
        f"Gateway: refused (the password {HIDDEN} is wrong)", f"网关:拒收(the password {HIDDEN} is wrong)"
    )


def test_that_an_error_is_told_by_its_reason_its_words_or_its_name() -> None:
    assert reason_of(OSError(Reason("gone", "没了"))) == Reason("gone", "没了")
    assert reason_of(OSError("gone\nfor good")) == plain("gone for good")
    assert reason_of(ValueError()) == plain("ValueError")


@given(_secrets.filter(lambda text: len(text) > SHORTEST_SECRET and text == " ".join(text.split())), st.integers(0, 60))
def test_of_a_secret_at_which_a_reason_was_cut_off_no_beginning_is_left(secret: str, shift: int) -> None:
    before = "=" * (LONGEST - shift)
    shown = plain(f"{before}{secret}{'=' * LONGEST}").without([secret]).en
    lengths = range(SHORTEST_SECRET, len(secret))
    assert not any(shown.removesuffix(HIDDEN).endswith(secret[:length]) for length in lengths)
