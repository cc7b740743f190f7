"""The API for programs."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.commands import CommandRefused, Confirm
from hallwatch_collector.core.commands.registry import COMMANDS, fields_of
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.register_events import NumbersReserved
from hallwatch_collector.core.state import Note
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.texts import LANGUAGES, load_catalogue
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY, NOW, hall
from parts.shown_halls import bad_morning, own_health
from parts.web import browse

SAID = "李工说:已报修"

HALL = "/api/halls/330106/xihu"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CONFIRM = {"command": "confirm", "measure": "m1", "by": "李工"}


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(bad_morning(), own_health())


def test_halls_are_listed_with_where_to_find_them(source: FakeSource) -> None:
    with browse(source) as client:
        entries = client.get("/api/halls").json()
        assert [(e["hall"], e["internal"]) for e in entries] == [("xihu", False), ("self", True)]
        assert all(client.get(e["url"]).status_code == 200 for e in entries)


def test_a_hall_comes_whole(source: FakeSource) -> None:
    with browse(source) as client:
        assert msgspec.json.decode(client.get(HALL).content, type=HallView) == source.views[KEY]


def test_the_next_step_of_each_role_is_told(source: FakeSource) -> None:
    with browse(source) as client:
        told = client.get(f"{HALL}/next-steps").json()
        page = client.get("/halls/330106/xihu").text
    roles = [step["role"] for step in told]
    assert roles
    assert roles == sorted(roles, key=[role.id for role in source.plan.roles].index)
    assert all(step["text"] in page for step in told)
    assert "各岗位下一步" in page


def test_a_command_is_carried_out(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.post(f"{HALL}/commands", json=CONFIRM, headers=BEARER).status_code == 204
    assert source.commands == [(KEY, Confirm(by="李工", roles=["*"], measure="m1"))]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_a_command_without_the_token_is_refused(source: FakeSource, header: dict[str, str]) -> None:
    with browse(source, person="李工") as client:  # a browser's cookie is no token
        answer = client.post(f"{HALL}/commands", json=CONFIRM, headers=header)
    assert (answer.status_code, answer.headers["www-authenticate"].split()[0]) == (401, "Bearer")
    assert source.commands == []


def test_a_command_that_cannot_be_is_a_conflict_with_its_reason(source: FakeSource) -> None:
    source.refuse_with = CommandRefused("already-decided", measure="m1", by="王主任")
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands?lang=en", json=CONFIRM, headers=BEARER)
    told = answer.json()
    assert (answer.status_code, told["detail"]) == (409, "m1 was already decided by 王主任.")
    assert told["extra"] == {"code": "already-decided", "measure": "m1", "by": "王主任"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"command":"confirm"}', b'{"command":"x","by":"y"}'])
def test_a_command_that_is_none_is_a_bad_request(source: FakeSource, body: bytes) -> None:
    with browse(source) as client:
        assert client.post(f"{HALL}/commands", content=body, headers=BEARER).status_code == 400
    assert source.commands == []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"by": ""}, "“by” is missing or wrong: send the name of who decides, 1 to 80 characters, and not auto"),
        ({"by": "auto"}, "“by” is missing or wrong: send the name of who decides, 1 to 80 characters, and not auto"),
        ({"by": " hall-file "}, "“by” is missing or wrong: send the name of who decides, 1 to 80 characters"),
        ({"by": "explained-by:sw-1"}, "“by” is missing or wrong: send the name of who decides, 1 to 80 characters"),
        ({"by": " "}, "“by” is missing or wrong"),
        ({"by": None}, "“by” is missing or wrong"),
        ({"measure": 3}, "“measure” is missing or wrong: send the id of a measure"),
        ({"command": "confrim"}, "“command” is missing or wrong: send one of confirm, decline, tick, "),
        ({"command": "decline"}, "“reason” is missing or wrong: send why, "),
        ({"command": "acknowledge", "measure": msgspec.UNSET}, "“incident” is missing or wrong"),
        ({"reason": "because"}, "There is no “reason” in this command: leave it out."),
    ],
)
def test_a_wrong_command_is_told_which_field_and_what_belongs_there(
    source: FakeSource, wrong: dict[str, object], says: str
) -> None:
    body = {key: value for key, value in (CONFIRM | wrong).items() if value is not msgspec.UNSET}
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands?lang=en", json=body, headers=BEARER)
    assert answer.status_code == 400
    assert says in answer.json()["detail"]
    assert source.commands == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff"])
def test_what_is_no_json_object_is_told_what_to_send(source: FakeSource, body: bytes) -> None:
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands", content=body, headers=BEARER)
    assert "(命令含 command、by" in answer.json()["detail"]


def test_a_body_beyond_all_measure_is_refused(source: FakeSource) -> None:
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands", content=b" " * 100_000, headers=BEARER)
    assert answer.status_code == 413


def test_a_hall_that_is_not_there(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.get("/api/halls/330106/none").json()["detail"] == "there is no hall 330106/none"
        assert client.post("/api/halls/330106/none/commands", json=CONFIRM, headers=BEARER).status_code == 404


def test_metrics_are_for_who_sends_their_token_where_one_is_asked(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n", encoding="ascii")
    source.web = structs.replace(source.web, metrics_token_file=str(tmp_path / "token"))
    with browse(source, person="") as client:
        for header in ("", "s3cret", "Bearer", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret"):
            assert client.get("/metrics", headers={"Authorization": header}).status_code == 401, header
        answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
        assert (answer.status_code, answer.content) == (200, source.metrics())


def test_metrics_are_the_sources_own(source: FakeSource) -> None:
    with browse(source) as client:
        answer = client.get("/metrics")
    assert (answer.content, answer.headers["content-type"]) == (
        source.metrics(),
        "text/plain; version=0.0.4; charset=utf-8",
    )


def test_health_tells_the_problems(source: FakeSource) -> None:
    with browse(source) as client:
        assert client.get("/health").json()["status"] == "ok"
        source.troubles = ["the broker is away"]
        health = client.get("/health").json()
    assert (health["status"], health["problems"]) == ("troubled", ["the broker is away"])


def test_names_are_for_who_is_known(source: FakeSource) -> None:
    source.views[KEY] = bad_morning(reachable=("李工",))
    view = source.views[KEY]
    told = [structs.replace(each, owner="李工", notes=(Note(at=NOW, by="李工", text=SAID),)) for each in view.incidents]
    source.views[KEY] = structs.replace(view, incidents=tuple(told))
    source.alert_troubles = ["Alert on i1 of 330106/xihu did not reach 李工 by dead"]
    source.test = AlertsTested(at=NOW, reached=["王主任"], unreached=["李工"], failed=[])
    with browse(source, "") as client:
        answers = [client.get(path).text for path in (HALL, "/health", f"{HALL}/next-steps", "/metrics")]
        assert not [name for name in ("李工", "王主任", "13800000000") if any(name in text for text in answers)]
        assert "工作人员" in answers[0]
        assert client.get("/health").json()["status"] == "troubled"
        known = [client.get(path, headers=BEARER).text for path in (HALL, "/health")]
        assert all("李工" in text for text in known)
        assert client.get("/health", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_halls_whose_board_is_not_open_are_listed_to_who_may_see_them(source: FakeSource) -> None:
    source.views[KEY] = bad_morning(open_board=False)
    with browse(source, "") as client:
        assert [each["hall"] for each in client.get("/api/halls").json()] == ["self"]
        assert [each["hall"] for each in client.get("/api/halls", headers=BEARER).json()] == ["xihu", "self"]


def test_the_description_names_every_way_and_the_token(source: FakeSource) -> None:
    with browse(source) as client:
        description = client.get("/schema/openapi.json").json()
        assert client.get("/schema/swagger").status_code == 404, "viewers load scripts from elsewhere"
    hall = "/api/halls/{area}/{hall}"
    assert set(description["paths"]) >= {
        "/api/halls", hall, f"{hall}/commands", f"{hall}/incidents", f"{hall}/incidents/{{incident}}",
        *(f"{hall}/incidents/{{incident}}/report.{form}" for form in ("html", "docx", "pdf")),
        f"{hall}/why/{{kind}}/{{id}}", "/api/plan", "/api/journal/head", "/metrics", "/health",
    }  # fmt: skip
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_description_names_every_way_in_which_a_command_is_refused(source: FakeSource) -> None:
    with browse(source) as client:
        paths = client.get("/schema/openapi.json").json()["paths"]
    answers = paths["/api/halls/{area}/{hall}/commands"]["post"]["responses"]
    assert set(answers) == {"200", "204", "400", "401", "403", "404", "409", "413", "422", "429"}


def test_a_stranger_is_told_what_everything_is(source: FakeSource) -> None:
    with browse(source) as client:
        description = client.get("/schema/openapi.json").json()
    operations = [each for path in description["paths"].values() for each in path.values()]
    assert all(each["summary"] and each["description"] for each in operations)
    assert all(each["description"] for operation in operations for each in operation.get("parameters", ()))
    tags = {each["name"] for each in description["tags"]}
    assert {tag for operation in operations for tag in operation["tags"]} == tags
    schemas = description["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []
    assert schemas["IncidentView"]["properties"]["was_back_at"]["description"] == "What people were told before that."


def test_the_plan_is_as_it_is_described(source: FakeSource) -> None:
    with browse(source) as client:
        description, plan = client.get("/schema/openapi.json").json(), client.get("/api/plan").json()
    told = description["paths"]["/api/plan"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/Plan"}
    schemas = description["components"]["schemas"]
    assert set(plan) == set(schemas["Plan"]["properties"])
    assert set(plan["measures"][0]) == set(schemas["Template"]["properties"])
    assert schemas["Template"]["properties"]["holds_close"]["description"].startswith("The incident cannot close")


def test_what_gives_numbers_is_answered_with_them(source: FakeSource) -> None:
    source.events = [NumbersReserved(at=NOW, incident="inc-1", register="by-hand", numbers=["SG-1", "SG-2"], by="李工")]
    body = {"command": "reserve-numbers", "by": "李工", "incident": "inc-1", "register": "by-hand", "sheets": 2}
    with browse(source) as client:
        answer = client.post(f"{HALL}/commands", json=body, headers=BEARER)
    assert (answer.status_code, answer.json()) == (200, {"numbers": ["SG-1", "SG-2"]})


def test_the_description_says_that_roles_are_not_sent(source: FakeSource) -> None:
    with browse(source) as client:
        schemas = client.get("/schema/openapi.json").json()["components"]["schemas"]
    told = {
        each["properties"]["command"]["enum"][0]: each for each in schemas.values() if "command" in each["properties"]
    }
    assert told.keys() >= COMMANDS.keys()
    assert all(told[name]["properties"]["roles"]["readOnly"] for name in COMMANDS)
    assert all(told[name]["additionalProperties"] is False for name in COMMANDS)


def test_the_description_has_an_example_of_every_command_that_is_one(source: FakeSource) -> None:
    with browse(source) as client:
        paths = client.get("/schema/openapi.json").json()["paths"]
        body = paths["/api/halls/{area}/{hall}/commands"]["post"]["requestBody"]["content"]["application/json"]
        examples = (
            [each["value"] for each in body["examples"].values()] if "examples" in body else body["schema"]["examples"]
        )
        for example in examples:
            assert client.post(f"{HALL}/commands", json=example, headers=BEARER).status_code == 204, example
    assert {example["command"] for example in examples} == set(COMMANDS)


def test_every_field_of_every_command_has_words_for_what_belongs_there() -> None:
    names = {field.name for command in COMMANDS.values() for field in fields_of(command)}
    missing = [
        f"{lang}: expected.{name}"
        for lang in LANGUAGES
        for name in names
        if f"expected.{name}" not in load_catalogue(lang)
    ]
    assert sorted(missing) == []


def test_incidents_come_with_their_measures(source: FakeSource) -> None:
    with browse(source, "") as client:
        assert client.get(f"{HALL}/incidents").status_code == 401
    with browse(source, "李工") as client:
        entries = client.get(f"{HALL}/incidents").json()
        one = client.get(f"{HALL}/incidents/i1").json()
        assert client.get(f"{HALL}/incidents/none").status_code == 404
    assert [entry["incident"]["id"] for entry in entries] == ["i1", "i2", "i3", "i4"]
    assert one == entries[0]
    assert {measure["id"] for measure in one["measures"]} == {"m1", "m2", "m4", "m5"}


def test_the_plan_in_force_comes_whole(source: FakeSource) -> None:
    with browse(source) as client:
        plan = client.get("/api/plan").json()
    assert msgspec.convert(plan, Plan) == source.plan


def test_a_defect_is_logged_and_tells_nothing_outside(source: FakeSource, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bytes:
        raise RuntimeError("secret detail")

    source.metrics = fail  # type: ignore[method-assign]
    with browse(source) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/metrics")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_a_broken_clock_of_a_device_breaks_no_page() -> None:
    odd = bad_morning(
        devices=tuple(msgspec.structs.replace(d, metrics={"boot_at_s": -1e12}) for d in bad_morning().devices)
    )
    with browse(FakeSource(odd, hall(hall="b", at=NOW))) as client:
        assert client.get("/halls/330106/xihu").status_code == 200
