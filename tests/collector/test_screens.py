"""Pairing a screen with a real collector and its journal: the code, the key, what a revoked one may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hallwatch_collector.core.commands import CommandRefused, PairScreen, ReportFault, RevokeScreen
from hallwatch_collector.journal.tables import screen as table
from hallwatch_collector.screens import KnownScreen, Pairings, draw_key
from hallwatch_collector.screens.pairings import LIVES_S, MOST, hash_key
from parts.register_hall import KEY, RegisterHall

WHO = {"by": "李工", "roles": ["*"]}


@pytest.fixture
def there(tmp_path: Path) -> Iterator[RegisterHall]:
    hall = RegisterHall(tmp_path)
    yield hall
    hall.stop()


def pair(there: RegisterHall, key: str, place: str = "w3") -> KnownScreen:
    code = there.source.code_of_screen(key, draw=True)
    there.source.command(KEY, PairScreen(**WHO, code=code, place=place))
    found = there.source.find_screen(key)
    assert found
    return found


def rows(there: RegisterHall) -> list[tuple[str, str]]:
    with there.journal._database.connect() as connection:
        return [(row.id, row.key_hash) for row in connection.execute(sa.select(table))]


def test_a_screen_is_known_by_its_key_over_a_restart_and_no_key_is_written_down(there: RegisterHall) -> None:
    key = draw_key()
    screen = pair(there, key)
    assert rows(there) == [(screen.id, hash_key(key))]
    there.restart()
    assert there.source.find_screen(key) == screen
    assert there.source.find_screen("another") is None
    assert there.source.hear_screen(screen, "")


def test_a_code_is_good_once_and_for_ten_minutes(there: RegisterHall) -> None:
    code = there.source.code_of_screen("k1", draw=True)
    assert there.source.code_of_screen("k1") == code
    there.source.command(KEY, PairScreen(**WHO, code=code, place="w3"))
    for wrong in (code, there.source.code_of_screen("k2", draw=True)):
        if wrong != code:
            there.wall += LIVES_S
        with pytest.raises(CommandRefused) as refused:
            there.source.command(KEY, PairScreen(**WHO, code=wrong, place="w3"))
        assert refused.value.code == "unknown-code"


def test_a_refused_pairing_leaves_the_code_good(there: RegisterHall) -> None:
    code = there.source.code_of_screen("k1", draw=True)
    with pytest.raises(CommandRefused):
        there.source.command(KEY, PairScreen(**WHO, code=code, place="nowhere"))
    there.source.command(KEY, PairScreen(**WHO, code=code, place="w3"))
    assert there.source.find_screen("k1")


def test_whoever_sends_a_hash_of_their_own_pairs_nothing_by_it(there: RegisterHall) -> None:
    with pytest.raises(CommandRefused) as refused:
        there.source.command(KEY, PairScreen(**WHO, code="000000", place="w3", key_hash=hash_key("mine")))
    assert refused.value.code == "unknown-code"
    assert there.source.find_screen("mine") is None


def test_a_revoked_screen_is_gone_and_its_row_with_it(there: RegisterHall) -> None:
    screen = pair(there, "k1")
    there.source.command(KEY, RevokeScreen(**WHO, screen=screen.id))
    assert there.source.find_screen("k1") is None
    assert not there.source.hear_screen(screen, "")
    assert rows(there) == []
    again = pair(there, "k1")
    assert again.id != screen.id


def test_what_a_screen_shows_is_in_the_journal(there: RegisterHall) -> None:
    screen = pair(there, "k1")
    there.source.command(KEY, ReportFault(**WHO, thing="window:w3", effect="hazard", text="漏电"))
    there.wait(1)
    view = there.source.view(KEY)
    assert view
    told = [entry.kind for entry in there.journal.entries(KEY)]
    assert told.count("screen-paired") == 1
    assert there.source.hear_screen(screen, "something else")
    assert "screen-showed" not in [entry.kind for entry in there.journal.entries(KEY)]


def test_so_many_wait_at_once_and_codes_are_told_apart() -> None:
    pairings = Pairings()
    codes = {pairings.draw_code(f"k{number}", 0.0) for number in range(MOST)}
    assert len(codes) == MOST
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    pairings.draw_code("one more", 1.0)
    assert pairings.code_of("k1", 1.0) in codes
    with pairings.redeem(next(iter(codes)), LIVES_S) as found:
        assert found == ""
