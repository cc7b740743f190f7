"""Nobody fills the audit log: of what those whom nobody knows tried in vain, the first few and how many more."""

from __future__ import annotations

import pytest

from hallwatch_collector.config import Web
from hallwatch_collector.journal import JournalUnavailable
from hallwatch_collector.people.audit import Deed, Wanted
from hallwatch_collector.people.strangers import FEW, MOST_KINDS, WINDOW_S
from hallwatch_collector.people.sweeper import Sweeper
from parts.fake_source import FakeSource
from parts.people import PASSWORD, admit
from parts.shown_halls import bad_morning
from parts.web import OWN, PAGE, browse, take_form


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning())


def written(source: FakeSource) -> list[Deed]:
    return list(reversed(list(source.people.audit.all(Wanted()))))


def test_forms_of_nobody_are_a_few_rows_and_how_many_more(source: FakeSource) -> None:
    with browse(source, "") as client:
        for _ in range(300):
            client.post("/sign-in", data={"name": "x", "csrf": "wrong"}, headers={})
        assert len(written(source)) == FEW
        assert written(source)[0].outcome == "refused"
    source.clock += WINDOW_S
    Sweeper(source.people, Web()).tick(source.clock)
    *_, last = written(source)
    assert (len(written(source)), last.action, last.address, last.details) == (
        FEW + 1, "sign-in", "testclient", {"more": str(300 - FEW)},
    )  # fmt: skip
    with browse(source) as client:
        assert f"另有 {300 - FEW} 次" in client.get("/audit").text


@pytest.mark.parametrize("path", ["/sign-out", "/sign-in/code", f"{PAGE}/my-window"])
def test_what_nothing_comes_of_is_no_more(source: FakeSource, path: str) -> None:
    with browse(source, "") as client:
        for _ in range(FEW + 5):
            client.post(path, data={"window": "w3"}, headers=OWN, follow_redirects=False)
    assert len(written(source)) == FEW


def test_who_comes_in_or_is_known_is_always_written_down(source: FakeSource) -> None:
    admit(source, "王主任", "head")
    with browse(source, "") as client:
        for number in range(FEW + 5):
            client.post("/sign-in", data={"name": f"name {number}"}, headers=OWN)
        for _ in range(FEW + 5):
            client.cookies.clear()
            take_form(client, "/sign-in")
            form = {"name": "王主任", "password": PASSWORD}
            assert client.post("/sign-in", data=form, headers=OWN, follow_redirects=False).status_code == 303
    assert len([deed for deed in written(source) if deed.outcome == "done"]) == FEW + 5
    with browse(source) as client:  # an auditor, who may do nothing
        for _ in range(FEW + 5):
            client.post(f"{PAGE}/commands", data={"command": "confirm", "measure": "m1"}, headers=OWN)
    assert len([deed for deed in written(source) if deed.who == "审计员"]) == FEW + 5


def deed(number: int = 0, action: str = "sign-in", at: float = 1000.0) -> Deed:
    return Deed(at=at, address=f"10.0.{number // 250}.{number % 250}", action=action, outcome="refused")


def test_each_address_and_kind_is_counted_by_itself_and_there_are_only_so_many(source: FakeSource) -> None:
    audit = source.people.audit
    for number in range(MOST_KINDS + 100):
        audit.write_stranger(deed(number))
    assert len(written(source)) == MOST_KINDS + FEW
    audit.tell_more(1000.0 + WINDOW_S)
    *_, last = written(source)
    assert (last.address, last.details) == ("", {"more": str(100 - FEW)})


def test_a_minute_begins_anew_and_one_that_a_set_clock_left_behind_is_told(source: FakeSource) -> None:
    audit = source.people.audit
    for at in (1000.0, 1000.0 + WINDOW_S, 500.0):
        for _ in range(FEW + 2):
            audit.write_stranger(deed(at=at))
    audit.tell_more(0.0)
    assert [each.details.get("more") for each in written(source)].count("2") == 3


def test_what_cannot_be_written_down_is_told_later(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = source.people.audit
    for _ in range(FEW + 3):
        audit.write_stranger(deed())

    def fail(_: Deed) -> None:
        raise JournalUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "write", fail)
        with pytest.raises(JournalUnavailable):
            audit.tell_more(2000.0)
    audit.tell_more(3000.0)
    assert written(source)[-1].details == {"more": "3"}
