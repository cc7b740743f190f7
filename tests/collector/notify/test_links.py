"""Links in messages: nobody can make one, change one, or use one too late or for another incident."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector.notify.links import KEY_BYTES, LinkRefused, Ticket, check, keep_key, sign

KEY = bytes(range(KEY_BYTES))
NOW = 1_763_692_800.0
IDS = st.text("abcdefghij-0123456789", min_size=1, max_size=12)
TICKETS = st.builds(
    Ticket, area=IDS, hall=IDS, incident=IDS, people=st.lists(st.text(max_size=8), max_size=4).map(tuple),
    reopened=st.integers(0, 9), until=st.integers(int(NOW), int(NOW) + 86_400),
)  # fmt: skip
TICKET = Ticket(area="330106", hall="xihu", incident="inc-1", people=("张伟",), reopened=0, until=int(NOW) + 60)


@given(TICKETS)
def test_what_is_signed_is_read_again(ticket: Ticket) -> None:
    assert check(sign(ticket, KEY), KEY, NOW) == ticket


@given(TICKETS, st.data())
def test_any_changed_letter_is_refused(ticket: Ticket, data: st.DataObject) -> None:
    text = sign(ticket, KEY)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda each: each != text[at]))
    with pytest.raises(LinkRefused) as refused:
        check(text[:at] + letter + text[at + 1 :], KEY, NOW)
    assert not refused.value.expired


@given(TICKETS, st.data())
def test_a_piece_of_it_or_more_than_it_is_refused(ticket: Ticket, data: st.DataObject) -> None:
    text = sign(ticket, KEY)
    length = data.draw(st.integers(0, len(text) - 1))
    more = data.draw(st.text("AZaz09-_=", min_size=1, max_size=4))
    for wrong in (text[:length], text + more, more + text):
        with pytest.raises(LinkRefused):
            check(wrong, KEY, NOW)


@given(TICKETS, st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).filter(lambda key: key != KEY))
def test_another_key_signs_nothing_of_ours(ticket: Ticket, key: bytes) -> None:
    with pytest.raises(LinkRefused):
        check(sign(ticket, key), KEY, NOW)


@given(TICKETS, st.floats(0.001, 1e9))
def test_after_its_time_it_is_told_as_expired(ticket: Ticket, late_s: float) -> None:
    with pytest.raises(LinkRefused) as refused:
        check(sign(ticket, KEY), KEY, ticket.until + late_s)
    assert refused.value.expired


@given(TICKETS, IDS)
def test_the_seal_of_one_incident_is_none_of_another(ticket: Ticket, other: str) -> None:
    if other == ticket.incident:
        return
    foreign = sign(structs.replace(ticket, incident=other), KEY)
    own = sign(ticket, KEY)
    with pytest.raises(LinkRefused):
        check(own[:20] + foreign[20:], KEY, NOW)


@given(st.text(max_size=300))
def test_whatever_is_asked_is_refused_and_breaks_nothing(text: str) -> None:
    with pytest.raises(LinkRefused):
        check(text, KEY, NOW)


def test_a_refusal_does_not_repeat_the_link() -> None:
    text = sign(TICKET, KEY)
    with pytest.raises(LinkRefused) as refused:
        check(text, KEY, NOW + 3600)
    assert text not in str(refused.value)
    assert text not in repr(refused.value)


def test_the_key_is_drawn_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "links.key"
    key = keep_key(path)
    assert (len(key), keep_key(path)) == (KEY_BYTES, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"short")
    assert keep_key(path) != key
