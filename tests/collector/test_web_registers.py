"""The emergency registers at the API and on the pages: written by those who may, printed, exported."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from openpyxl import load_workbook

from hallwatch_collector.people import Person
from hallwatch_collector.web.app import create_app
from parts.people import sign_in
from parts.register_hall import FIELDS, KEY, NOW, RegisterHall
from parts.web import OWN, PAGE, WORK

API = "/api/halls/330106/xihu"
PEOPLE = {"小陈": ["staff"], "李工": ["technician"], "王主任": ["head"]}


class Desk:
    """A browser and some programs in front of a running hall with an open register."""

    def __init__(self, hall: RegisterHall, client: TestClient) -> None:
        self.hall, self.client = hall, client
        self.tokens = {name: hall.people.add(Person(name=name, roles=roles), NOW) for name, roles in PEOPLE.items()}
        self.register = f"registers/{hall.incident}/by-hand"
        self.page = f"{PAGE}/{self.register}"

    def get(self, path: str, by: str = "小陈") -> httpx.Response:
        return self.client.get(f"{API}/{path}", headers={"Authorization": f"Bearer {self.tokens[by]}"})

    def say(self, command: str, by: str = "小陈", **told: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[by]}"}
        body = {"command": command, "by": by, **told}
        return self.client.post(f"{API}/commands?lang=en", json=body, headers=headers)

    def take(self, by: str = "小陈", register: str = "by-hand", **told: Any) -> httpx.Response:
        """Write something into a register of the incident."""
        return self.say("take-entry", by, incident=self.hall.incident, register=register, **told)

    def enter(self, by: str = "小陈", *roles: str) -> None:
        """Sign in at the pages."""
        sign_in(self.client, self.hall.source, Person(name=by, roles=list(roles)))

    def send(self, path: str, **form: str) -> httpx.Response:
        """Send a form of the page."""
        return self.client.post(f"{self.page}/{path}", data=form, headers=OWN)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    hall = RegisterHall(tmp_path)
    hall.close_down()
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        yield Desk(hall, client)
    hall.stop()


def written(**changes: str) -> dict[str, str]:
    """Return the page's form as somebody fills it in."""
    return {f"field.{name}": text for name, text in (FIELDS | changes).items()}


def test_an_entry_goes_its_whole_way_by_the_api(desk: Desk) -> None:
    blank = desk.say("reserve-numbers", incident=desk.hall.incident, register="by-hand", sheets=2)
    assert blank.json() == {"numbers": ["SG-20251121-001", "SG-20251121-002"]}
    assert desk.take(fields=FIELDS).json() == {"numbers": ["SG-20251121-003"]}
    paper = desk.take(fields=FIELDS, number="SG-20251121-001", written_at=NOW - 60)
    assert (paper.status_code, paper.json()) == (200, {"numbers": ["SG-20251121-001"]})
    for step, more in (
        ("amend-entry", {"fields": FIELDS | {"contact": "乙某"}, "reason": "写错"}),
        ("enter-entry", {}),
        ("tell-taxpayer", {}),
    ):
        assert desk.say(step, number="SG-20251121-003", **more).status_code == 204
    assert desk.say("void-entry", number="SG-20251121-002", reason="写坏了").status_code == 204
    told = desk.get(desk.register).json()
    assert told["personal"] is True
    assert {line["entry"]["number"][-3:]: line["entry"]["status"] for line in told["lines"]} == {
        "001": "accepted", "002": "void", "003": "told",
    }  # fmt: skip
    assert told["lines"][2]["fields"]["contact"] == "乙某"
    assert told["lines"][0]["entry"]["steps"][-1]["at"] == NOW - 60


def test_wrong_fields_are_named_one_by_one(desk: Desk) -> None:
    answer = desk.take(fields={"name": "某公司", "phone": "1234"})
    assert answer.status_code == 422
    assert answer.json()["extra"] == {
        "code": "wrong-fields", "fields": {"contact": "missing", "phone": "not-phone", "business": "missing"},
    }  # fmt: skip
    assert "phone (a phone number, such as" in answer.json()["detail"]
    assert "1234" not in answer.json()["detail"].replace("13812345678", "")


def test_the_list_is_open_and_holds_nothing_personal(desk: Desk) -> None:
    desk.hall.take()
    desk.enter("审计员", "auditor")
    told = desk.client.get(f"{API}/registers").json()
    assert [(each["register"], each["accepted"], each["mark"]) for each in told] == [("by-hand", 1, "应急使用")]
    for path in ("/registers", f"/{desk.register}"):
        text = desk.client.get(f"{PAGE}{path}").text
        assert "手工受理台帐" in text
        assert not any(value in text for value in FIELDS.values())


def test_contents_need_a_token_and_personal_fields_the_right(desk: Desk) -> None:
    desk.hall.take()
    assert desk.client.get(f"{API}/{desk.register}").status_code == 401
    told = desk.get(desk.register, "李工").json()
    assert (told["personal"], told["lines"][0]["fields"]) == (False, {})
    assert desk.get(f"{desk.register}/export", "李工").status_code == 403
    refused = desk.take("李工", fields=FIELDS)
    assert (refused.status_code, refused.json()["extra"]["code"]) == (403, "no-right")
    desk.tokens["外人"] = desk.hall.people.add(Person(name="外人", roles=["head"], halls=["330106/west"]), NOW)
    assert desk.get(desk.register, "外人").status_code == 403
    assert desk.take("外人", fields=FIELDS).status_code == 403


def test_what_there_is_not_is_said(desk: Desk) -> None:
    assert desk.get("registers/inc-9/by-hand").status_code == 404
    assert desk.get("registers/x/filing/export").status_code == 404
    assert desk.take(register="filing", fields={}).json()["extra"]["code"] == "unknown-register"
    answer = desk.say("enter-entry", number="SG-1")
    assert (answer.status_code, answer.json()["detail"]) == (409, "There is no number SG-1.")
    desk.hall.take()
    assert desk.say("tell-taxpayer", number="SG-20251121-001").json()["detail"] == (
        "SG-20251121-001 is “to be entered” now: this cannot be done with it."
    )


def test_files_are_exported_by_the_api_and_from_the_page(desk: Desk) -> None:
    desk.hall.take()
    book = load_workbook(io.BytesIO(desk.get(f"{desk.register}/export").content))
    assert [cell.value for cell in book.active[3]][:4] == ["SG-20251121-001", "待补录", None, "测试甲公司"]
    desk.enter("审计员", "auditor")
    assert desk.client.get(f"{desk.page}/export").status_code == 403
    desk.enter()
    answer = desk.client.get(f"{desk.page}/export?format=csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert "13800000001" in answer.content.decode("utf-8-sig")


def test_a_register_is_filled_in_on_the_page(desk: Desk) -> None:
    desk.enter()
    page = desk.send("entries", **written())
    assert page.url.path == desk.page
    assert "13800000001" in page.text
    page = desk.send("steps", command="enter-entry", number="SG-20251121-001")
    page = desk.send("steps", command="tell-taxpayer", number="SG-20251121-001")
    assert (desk.hall.register.told, "已办结" in page.text) == (1, True)
    desk.hall.take()
    assert 'name="reason"' in desk.client.get(f"{desk.page}?number=SG-20251121-002").text
    desk.send("entries", **written(contact="丙某"), number="SG-20251121-002", amends="1", reason="写错")
    assert "丙某" in desk.client.get(desk.page).text
    desk.send("steps", command="void-entry", number="SG-20251121-002", reason="重复")
    assert desk.hall.register.void == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    desk.enter()
    page = desk.send("entries", **written(phone="12 <b>"))
    assert page.status_code == 422
    assert "应为电话号码" in page.text
    assert 'value="测试甲公司"' in page.text
    assert "12 &lt;b&gt;" in page.text
    assert desk.hall.register.accepted == 0


def test_blank_sheets_are_numbered_printed_and_typed_in(desk: Desk) -> None:
    desk.enter()
    wrong = desk.send("steps", command="reserve-numbers", sheets="viele")
    assert (wrong.status_code, "「sheets」" in wrong.text) == (400, True), "the field that is wrong is named"
    sheets = desk.send("steps", command="reserve-numbers", sheets="2")
    assert sheets.url.path == f"{desk.page}/sheets"
    assert re.findall(r"第 (SG-\d+-\d+) 号", sheets.text) == ["SG-20251121-001", "SG-20251121-002"]
    assert sheets.text.count("应急使用") == 2
    assert "联系电话" in sheets.text
    assert 'type="datetime-local"' in desk.client.get(f"{desk.page}?number=SG-20251121-002").text
    desk.send("entries", **written(), number="SG-20251121-002", written_at="2025-11-21T10:15")
    assert (desk.hall.register.accepted, desk.hall.register.blank) == (1, 1)
    page = desk.hall.source.register(KEY, desk.hall.incident, "by-hand", ["staff"])
    assert page
    taken = page.lines[1].entry.step("accepted")
    assert taken
    assert taken.at == NOW - 25 * 60


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("steps", {"command": "confirm", "measure": "m-1"}),
        ("steps", {"command": "reserve-numbers", "sheets": "0"}),
        ("steps", {"command": "reserve-numbers", "sheets": "x"}),
        ("steps", {}),
        ("entries", {**written(), "written_at": "gestern"}),
        ("entries", {**written(), "number": "SG-1", "amends": "1"}),
    ],
)
def test_forms_that_are_none_are_refused(desk: Desk, path: str, form: dict[str, str]) -> None:
    desk.enter()
    assert desk.send(path, **form).status_code in (400, 409)
    assert desk.hall.register.accepted == 0


def test_nobody_acts_on_the_page_without_signing_in_or_from_another_site(desk: Desk) -> None:
    assert desk.send("entries", **written()).status_code == 401
    desk.enter("审计员", "auditor")
    assert desk.send("entries", **written()).status_code == 403
    desk.enter()
    foreign = desk.client.post(f"{desk.page}/entries", data=written(), headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert desk.hall.register.accepted == 0


def test_the_hall_s_page_leads_to_its_registers(desk: Desk) -> None:
    desk.hall.take()
    desk.enter()
    assert f'href="{desk.page}"' in desk.client.get(WORK).text


@pytest.mark.parametrize(
    ("command", "told", "field"),
    [
        ("reserve-numbers", {"sheets": 0}, "sheets"),
        ("reserve-numbers", {"sheets": "many"}, "sheets"),
        ("take-entry", {"fields": {"taxpayer": "长" * 1001}}, "fields"),
        ("take-entry", {}, "fields"),
        ("void-entry", {"number": "SG-1", "reason": ""}, "reason"),
    ],
)
def test_what_is_wrong_in_a_body_is_named(desk: Desk, command: str, told: dict[str, Any], field: str) -> None:
    register = {} if command == "void-entry" else {"incident": desk.hall.incident, "register": "by-hand"}
    answer = desk.say(command, **register, **told)
    refused = answer.json()
    assert (answer.status_code, refused["extra"]) == (400, {"code": "wrong-field", "field": field})
    assert refused["detail"].startswith(f"“{field}” is missing or wrong: send ")


def test_a_wrong_form_of_export_is_named(desk: Desk) -> None:
    answer = desk.get(f"{desk.register}/export?format=pdf")
    assert (answer.status_code, answer.json()["extra"]) == (400, {"code": "wrong-field", "field": "format"})
    assert answer.json()["detail"] == "「format」缺少或不对:应为xlsx、csv 之一。"
