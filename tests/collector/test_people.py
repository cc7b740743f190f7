"""People: what is kept of them, and the command that adds and removes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hallwatch_collector.cli import main
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.journal import Journal, JournalUnavailable
from hallwatch_collector.journal.tables import person
from hallwatch_collector.people import People, Person, PersonRefused
from hallwatch_collector.people.audit import Wanted
from parts.hall_file import GOOD

XIHU = HallKey("330106", "xihu")
WANG = Person(name="王主任", roles=["head"])
CHEN = Person(name="小陈", roles=["guide", "staff"], halls=["330106/xihu"])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}"


@pytest.fixture
def people(url: str) -> Iterator[People]:
    journal = Journal(url)
    journal.migrate()
    journal.close()
    people = People(url)
    yield people
    people.close()


def test_people_are_found_by_their_tokens(people: People) -> None:
    tokens = [people.add(who, 1.0) for who in (WANG, CHEN)]
    assert [people.find(token) for token in tokens] == [WANG, CHEN]
    assert people.find("") is None
    assert people.find(tokens[0][:-1]) is None
    assert people.all() == [CHEN, WANG]
    assert len(set(tokens)) == 2
    assert all(len(token) >= 43 for token in tokens), "256 bits"


def test_nothing_that_is_kept_opens_anything(people: People, url: str) -> None:
    token = people.add(WANG, 1.0)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(person)).all()
    engine.dispose()
    kept = " ".join(map(str, row))
    assert token not in kept
    assert people.find(row.token_hash) is None


def test_a_new_token_takes_the_place_of_the_old_one(people: People) -> None:
    old = people.add(WANG, 1.0)
    new = people.renew_token("王主任")
    assert people.find(old) is None
    assert people.find(new) == WANG


def test_whoever_was_removed_is_nobody(people: People) -> None:
    token = people.add(WANG, 1.0)
    people.remove("王主任")
    assert people.find(token) is None
    assert people.all() == []
    for change in (people.remove, people.renew_token):
        with pytest.raises(PersonRefused, match="there is no 王主任"):
            change("王主任")


@pytest.mark.parametrize("name", ["", " 王", "王\n主任", "长" * 81, "auto", "hall-file", "\x00"])
def test_what_is_no_name_is_refused(people: People, name: str) -> None:
    with pytest.raises(PersonRefused, match="is no name for a person"):
        people.add(Person(name=name, roles=["head"]), 1.0)


def test_a_name_is_one_persons_only(people: People) -> None:
    token = people.add(WANG, 1.0)
    with pytest.raises(PersonRefused, match="there is a 王主任 already"):
        people.add(Person(name="王主任", roles=["guide"]), 2.0)
    assert people.find(token) == WANG


def test_a_database_that_cannot_be_asked_is_unavailable(tmp_path: Path) -> None:
    people = People(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    with pytest.raises(JournalUnavailable, match="no such table"):
        people.find("x")
    people.close()


def test_people_act_in_their_halls() -> None:
    assert CHEN.acts_in(XIHU)
    assert not CHEN.acts_in(HallKey("330106", "west"))
    assert WANG.acts_in(HallKey("330106", "west"))


# -- the command


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "collector.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def find(url: str, token: str) -> Person | None:
    people = People(url)
    try:
        return people.find(token)
    finally:
        people.close()


def test_the_token_is_printed_once_and_by_itself(place: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--role", "guide", "--role", "staff", "--role", "guide", "--hall", "330106/xihu"]
    assert main(["user", "add", "小陈", *words]) == 0
    told = capsys.readouterr()
    token = told.out.strip()
    assert "小陈" in told.err
    assert token not in told.err
    assert find(url, token) == CHEN
    people = People(url)
    (deed,) = people.audit.read(Wanted())
    people.close()
    assert (deed.action, deed.object) == ("command-line.user-add", "小陈")
    assert deed.details == {"roles": "guide, staff", "halls": "330106/xihu"}
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == "小陈  guide, staff  330106/xihu  token\n"
    assert main(["user", "token", "小陈"]) == 0
    assert find(url, token) is None
    assert find(url, capsys.readouterr().out.strip()) == CHEN
    assert main(["user", "remove", "小陈"]) == 0
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["add", "王主任", "--role", "haed"], "there is no role haed; did you mean 'head'?"),
        (["add", "王主任", "--role", "*"], "there is no role *"),
        (["add", "王主任", "--role", "head", "--hall", "330106/xihi"], "there is no hall 330106/xihi; did you mean"),
        (["add", "auto", "--role", "head"], "is no name for a person"),
        (["token", "王主任"], "there is no 王主任; `hallwatch user list` shows"),
        (["remove", "王主任"], "there is no 王主任"),
        (["list", "--config", "none.toml"], "none.toml"),
    ],
)
def test_a_wrong_word_is_told_with_the_way_out(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    assert main(["user", *words]) == 1
    assert told in capsys.readouterr().err
