"""Who comes in by the bureau's own sign-in: by issuer and subject, never by a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from hallwatch_collector.config import Web
from hallwatch_collector.people import Person
from hallwatch_collector.people.audit import Deed, Wanted
from hallwatch_collector.people.failures import MOST_OF_ADDRESS
from hallwatch_collector.people.oidc import Identity
from hallwatch_collector.web.app import create_app
from hallwatch_collector.webconfig import Oidc
from parts.fake_source import FakeSource
from parts.people import admit, sign_in
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE

ISSUER = "https://id.example.cn"
WORK = f"{PAGE}/work"
USERS = "/settings/users"


class Bureau:
    """The bureau's sign-in: says of whoever comes back what a test wants."""

    def __init__(self) -> None:
        self.says = Identity(subject=f"{ISSUER} s-1", name="赵工", roles=None)

    def finish(self, kept: str, state: str, code: str, now: float) -> tuple[Identity, str]:
        return self.says, WORK


class Hall:
    """A browser in front of a collector with the bureau's sign-in."""

    def __init__(self, client: TestClient[Any], source: FakeSource) -> None:
        self.client, self.source, self.bureau = client, source, Bureau()
        client.app.state.desk.provider = self.bureau

    def come(self, subject: str = "s-1", name: str = "赵工", roles: list[str] | None = None) -> httpx.Response:
        """Come back from the bureau's sign-in as somebody."""
        self.client.cookies.clear()
        self.bureau.says = Identity(subject=f"{ISSUER} {subject}", name=name, roles=roles)
        return self.client.get("/sign-in/oidc/return?code=c&state=s", follow_redirects=False)

    @property
    def is_in(self) -> bool:
        """Whether the browser is signed in."""
        return self.client.get(WORK, follow_redirects=False).status_code == 200

    def change(self, **form: str) -> httpx.Response:
        """Have an administrator change somebody."""
        self.client.cookies.clear()
        sign_in(self.client, self.source, Person(name="管理员", roles=["administrator"]))
        return self.client.post(USERS, data=form, headers=OWN, follow_redirects=False)

    def deeds(self, action: str) -> list[Deed]:
        """Return what was written down, the newest first."""
        return self.source.people.audit.read(Wanted(action=action))


@pytest.fixture
def hall() -> Iterator[Hall]:
    source = FakeSource(bad_morning())
    source.web = Web(address="https://hall.example.cn")
    app = create_app(source)
    source.web = Web(address="https://hall.example.cn", oidc=Oidc(issuer=ISSUER, client_id="hallwatch"))
    with TestClient(app, base_url="http://testserver.local") as client:
        yield Hall(client, source)


@pytest.mark.parametrize("roles", [None, ["head"]])
def test_a_name_takes_over_nobodys_account(hall: Hall, roles: list[str] | None) -> None:
    people = hall.source.people
    people.add(Person(name="赵工", roles=["administrator"]), 1.0)  # by the command line: with a token, no password
    people.admit(Person(name="钱工", roles=["head"]), 1.0, password_hash=None)
    admit(hall.source, "孙工", "technician")
    for name in ("赵工", "钱工", "孙工"):
        answer = hall.come(name=name, roles=roles)
        assert answer.status_code == 403
        assert "s-1" in answer.text, "what to tell the administrator"
        assert "管理员" in answer.text
        assert not hall.is_in
        account = people.accounts.get(name)
        assert account
        assert account.oidc_subject is None
    assert hall.deeds("sign-in")[0].details["subject"] == "s-1"


def test_an_account_is_tied_by_what_an_administrator_enters(hall: Hall) -> None:
    admit(hall.source, "赵工", "technician")
    assert hall.come(name="别名").status_code == 403
    assert hall.change(deed="subject", name="赵工", subject=" s-1 ").status_code == 303
    assert hall.come(name="别名").status_code == 200
    assert hall.is_in
    assert hall.come(subject="s-2").status_code == 403, "of the same name, and somebody else"
    admit(hall.source, "钱工", "technician")
    assert hall.change(deed="subject", name="钱工", subject="s-1").status_code == 409
    assert hall.change(deed="subject", name="钱工", subject="").status_code == 409
    assert hall.change(deed="subject-off", name="赵工").status_code == 303
    assert hall.come().status_code == 403
    assert [deed.object for deed in hall.deeds("user.subject")] == ["钱工", "钱工", "赵工"]


def test_the_page_of_a_person_has_a_field_for_it_where_there_is_such_a_sign_in(hall: Hall) -> None:
    admit(hall.source, "赵工", "technician")
    hall.change(deed="unlock", name="赵工")
    assert 'name="subject"' in hall.client.get(f"{USERS}/person?name=赵工").text
    hall.change(deed="subject", name="赵工", subject="s-1")
    page = hall.client.get(f"{USERS}/person?name=赵工").text
    assert 'value="subject-off"' in page
    assert 'name="subject"' not in page
    hall.source.web = Web()
    hall.change(deed="subject-off", name="赵工")
    assert 'name="subject"' not in hall.client.get(f"{USERS}/person?name=赵工").text


def test_who_is_nobody_here_yet_is_added_with_the_roles_that_the_bureau_gives(hall: Hall) -> None:
    assert hall.come(roles=[]).status_code == 403
    assert hall.come(roles=["head"]).status_code == 200
    assert hall.is_in
    account = hall.source.people.accounts.by_subject(f"{ISSUER} s-1")
    assert account
    assert account.person == Person(name="赵工", roles=["head"])
    assert hall.come(name="改名", roles=["technician"]).status_code == 200
    assert hall.come(roles=["technician"]).status_code == 200, "nothing changes"
    told = [(deed.action, deed.who, deed.object, deed.address, deed.details) for deed in hall.deeds("user")]
    assert told == [
        ("user.roles", "赵工", "赵工", "testclient",
         {"roles": "technician", "roles-before": "head", "halls": "", "issuer": ISSUER}),
        ("user.add", "赵工", "赵工", "testclient", {"roles": "head", "halls": "", "issuer": ISSUER}),
    ]  # fmt: skip
    account = hall.source.people.accounts.get("赵工")
    assert account
    assert account.person.roles == ["technician"]


def test_the_last_administrator_is_not_shut_out_by_untying(hall: Hall) -> None:
    people = hall.source.people
    people.remove("管理员")
    assert hall.come(roles=["administrator"]).status_code == 200
    with pytest.raises(Exception, match="last administrator"):
        people.accounts.set_subject("赵工", None)


def test_the_bureau_s_sign_in_frees_no_address_that_has_to_wait(hall: Hall) -> None:
    failures, clock = hall.source.people.failures, hall.source.clock
    for number in range(MOST_OF_ADDRESS):
        failures.count(f"name {number}", "testclient", clock)
    for _ in range(5):
        failures.count("赵工", "10.0.0.1", clock)
    assert hall.come(roles=["head"]).status_code == 200
    assert failures.count("李工", "testclient", clock) > 0
    assert failures.count("赵工", "10.0.0.2", clock) > 0
