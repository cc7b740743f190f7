"""People in the settings: what administrators of some halls only may change, and what nobody changes of themselves."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from hallwatch_collector.people import Person
from hallwatch_collector.people.audit import Wanted
from parts.fake_source import FakeSource
from parts.people import PASSWORD, admit, sign_in
from parts.shown_halls import bad_morning
from parts.web import OWN, browse

USERS = "/settings/users"
HERE, THERE = "330106/xihu", "330106/west"
DEEDS = ("roles", "password", "token", "token-off", "disable", "enable", "unlock", "totp-off", "sign-out",
         "subject-off", "remove")  # fmt: skip
NEIGHBOURS = {"市局": [], "别厅": [THERE], "两厅": [HERE, THERE]}
"""People whom an administrator of one hall does not look after, and their halls."""


@pytest.fixture
def source() -> FakeSource:
    source = FakeSource(bad_morning(), msgspec.structs.replace(bad_morning(), hall="west"))
    admit(source, "本厅", "staff", halls=[HERE])
    for name, halls in NEIGHBOURS.items():
        admit(source, name, "administrator", halls=halls)
    return source


def send(source: FakeSource, deed: str, name: str, *, halls: Sequence[str] = (), by: str = "厅管") -> int:
    """Have somebody who is administrator of one hall try something; return the status."""
    with browse(source, "") as client:
        sign_in(client, source, Person(name=by, roles=["administrator"], halls=[HERE]))
        form = {"deed": deed, "name": name, "role": ["administrator"], "hall": list(halls)}
        return client.post(USERS, data=form, headers=OWN, follow_redirects=False).status_code


@pytest.mark.parametrize("name", NEIGHBOURS)
@pytest.mark.parametrize("deed", DEEDS)
def test_an_administrator_of_a_hall_changes_nobody_who_has_to_do_with_another(
    source: FakeSource, deed: str, name: str
) -> None:
    before = source.people.accounts.get(name)
    assert send(source, deed, name, halls=[HERE]) == 403
    assert source.people.accounts.get(name) == before
    assert source.people.audit.read(Wanted())[0].outcome == "refused"


@pytest.mark.parametrize("halls", [[], [THERE], [HERE, THERE]])
def test_an_administrator_of_a_hall_gives_no_other(source: FakeSource, halls: list[str]) -> None:
    assert send(source, "add", "新人", halls=halls) == 403
    assert send(source, "roles", "本厅", halls=halls) == 403
    assert send(source, "roles", "厅管", halls=halls) == 403, "not to themselves either"
    assert source.people.accounts.get("新人") is None


def test_an_administrator_of_a_hall_looks_after_its_people(source: FakeSource) -> None:
    assert send(source, "add", "新人", halls=[HERE]) == 200
    assert send(source, "roles", "本厅", halls=[HERE]) == 303
    assert source.people.audit.read(Wanted())[0].details == {
        "roles": "administrator", "halls": HERE, "roles-before": "staff", "halls-before": HERE,
    }  # fmt: skip
    assert send(source, "password", "本厅") == 200
    assert send(source, "remove", "新人") == 303
    with browse(source, "") as client:
        sign_in(client, source, Person(name="厅管", roles=["administrator"], halls=[HERE]))
        assert f'value="{THERE}"' not in client.get(f"{USERS}/person?name=本厅").text
        page = client.get(f"{USERS}/person?name=市局").text
    assert "<form" not in page.partition("<h1")[2]
    assert "部分大厅的管理员" in page


def test_a_name_in_other_letters_unlocks_nobody(source: FakeSource) -> None:
    admit(source, "Wang", "head")
    for _ in range(5):
        source.people.failures.count("Wang", "10.0.0.1", source.clock)
    assert send(source, "unlock", "WANG") == 409
    assert source.people.failures.locked(source.clock)


@pytest.mark.parametrize("deed", ["password", "token", "totp-off", "subject"])
def test_an_administrator_s_browser_gives_their_account_to_nobody(source: FakeSource, deed: str) -> None:
    person = admit(source, "老赵", "administrator")
    source.people.accounts.set_totp("老赵", "sealed")
    before = source.people.accounts.get("老赵")
    with browse(source, "") as client:
        sign_in(client, source, person)
        page = client.get(f"{USERS}/person?name=老赵").text
        assert f'value="{deed}"' not in page
        assert 'href="/account"' in page.partition("<h1")[2]
        form = {"deed": deed, "name": "老赵", "subject": "s-1"}
        assert client.post(USERS, data=form, headers=OWN).status_code == 409
    assert source.people.accounts.get("老赵") == before
    assert PASSWORD not in page
