"""Nothing secret stands in logs, messages, the record, pages or metrics: whatever goes wrong, and whatever the other
end repeats of what it was sent."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from hallwatch_collector.notify.links import Ticket, check, sign
from parts.collector import wall_clock
from parts.failing_channels import PAGE, PASSED_ON, FailingChannels
from parts.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingChannels]:
    with ExitStack() as stack:
        made = FailingChannels(tmp_path_factory.mktemp("secrets"), stack)
        made.jam(jammed=False)
        made.jam()
        wait_until(lambda: made.good.taken, 20, "the one channel that works has it")
        wait_until(
            lambda: _all_answered(made),
            40,
            "each channel has answered",
        )
        yield made


def _all_answered(place: FailingChannels) -> bool:
    told = place.deliveries()
    first = [each for each in told if each["occasion"] == "new"]
    return len(first) >= len(place.channels) and all(each["reason"] or each["accepted"] for each in first)


def seal_of(said: bytes) -> str:
    found = re.search(rb'name="seal" value="(\w+)"', said)
    assert found, said
    return found[1].decode()


def test_that_every_channel_failed_but_one_and_the_other_ends_words_are_passed_on(place: FailingChannels) -> None:
    """Or what follows would find nothing anywhere."""
    first = {each["channel"]: each for each in place.deliveries() if each["occasion"] == "new"}
    assert {name for name, each in first.items() if each["accepted"]} == {"good"}
    passed_on = {name for name, each in first.items() if PASSED_ON in each["reason"]}
    assert passed_on == {"wecom", "dingtalk", "feishu", "sms", "am", "mail"}
    assert all("…" in first[name]["reason"] for name in passed_on), "and something is left out of them"
    for name, end in place.ends.items():
        assert end.asked or name == "no-tls", name
    assert len(place.canaries.names) > 20


def test_pages_answers_and_errors_hold_nothing_secret(place: FailingChannels) -> None:
    view = place.collector.get(f"/api{PAGE}")
    incident = view["incidents"][0]["id"]
    known = {"area": "330106", "hall": "xihu", "incident": incident, "kind": "incident", "id": incident}
    described = place.collector.get("/schema/openapi.json")["paths"]
    paths = [re.sub(r"\{(\w+)\}", lambda name: known.get(name[1], "none"), each) for each in described]
    paths += ["/", PAGE, f"{PAGE}/incidents/{incident}", f"{PAGE}/readiness", f"{PAGE}/why/incident/{incident}"]
    paths += [
        "/quality",
        f"/quality?hall={PAGE[7:]}",
        "/nothing",
        f"{PAGE}/nothing",
        f"{PAGE}/incidents/none",
        "/static/none",
        "/metrics",
        "/health",
        "/ack/x",
    ]
    for path in paths:
        for headers in ({}, {"Accept": "application/json"}, {"Authorization": f"Bearer {place.token}"}):
            place.ask(path, **headers)
        place.ask(f"{path}?lang=en")
        place.ask(path, form={"command": "nonsense", "by": "\x00"}, Authorization=f"Bearer {place.person}")
    place.ask(f"/?key={place.token}x")
    place.ask(PAGE, **{"Content-Length": "-1"})
    place.ask("/", Host="evil.example")
    statuses = {int(name.rsplit(" ", 1)[1]) for name in place.outputs}
    assert {200, 400, 403, 404, 405, 421} <= statuses
    assert not {status for status in statuses if status >= 500}
    assert place.canaries.find(place.outputs) == {}


def test_the_link_acknowledges_once_and_only_by_its_button(place: FailingChannels) -> None:
    path = place.link()
    text = path.removeprefix("/ack/")
    place.canaries.keep("link", text)
    ticket = check(text, place.link_key, wall_clock())
    old = sign(Ticket(**{**_fields(ticket), "until": 1}), place.link_key)
    status, page = place.ask(path)
    assert (status, page.lower().count(b"referrer-policy: no-referrer")) == (200, 1)
    assert b"cache-control: no-store" in page.lower()
    seal = seal_of(page)
    form = {"command": "acknowledge", "by": ticket.people[0], "seal": seal}
    for agent in ("WeChat", "facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0"):
        assert place.ask(path, **{"User-Agent": agent})[0] == 200
        assert place.ask(path, form={}, **{"User-Agent": agent})[0] == 403, "without its page nothing is done"
    (incident,) = [each for each in place.collector.get(f"/api{PAGE}")["incidents"] if each["id"] == ticket.incident]
    assert incident["status"] == "detected", "looking changes nothing"
    for changes in ({}, {"incident": "none"}, {"hall": "other"}, {"people": ["某人"]}):
        forged = sign(Ticket(**{**_fields(ticket), **changes}), b"another key of thirty-two bytes!")
        assert place.ask(f"/ack/{forged}", form=form)[0] == 403, changes
    assert place.ask(f"/ack/{old}", form=form)[0] == 410
    assert place.ask(path, form={**form, "by": "某人"})[0] == 403
    assert place.ask(path, form=form)[0] == 303
    assert place.ask(path, form=form)[0] == 409
    moved = [each["event"] for each in place.collector.journal() if each["event"].get("status") == "acknowledged"]
    assert [(each["by"], each["via"]) for each in moved] == [(ticket.people[0], "link")]
    place.jam(jammed=False)
    wait_until(lambda: "故障已恢复,还有事要做".encode() in place.ask(path)[1], 20, "it is over")
    assert place.ask(path, form=form)[0] == 409
    place.jam()
    wait_until(lambda: "这是上一次的通知".encode() in place.ask(path)[1] or _has_new(place, ticket), 20, "it is back")
    assert place.ask(path, form=form)[0] == 409, "of a later time it acknowledges nothing"
    still = [each["event"] for each in place.collector.journal() if each["event"].get("status") == "acknowledged"]
    assert still == moved
    pages = {name: said for name, said in place.outputs.items() if not name.endswith(" 303")}
    assert place.canaries.find(pages) == {}, "a link's page does not name its own address either"


def _has_new(place: FailingChannels, ticket: Ticket) -> bool:
    view = place.collector.get(f"/api{PAGE}")
    return any(each["status"] == "detected" and each["id"] != ticket.incident for each in view["incidents"])


def _fields(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in ticket.__struct_fields__}


@pytest.mark.parametrize("words", [("check",), ("show",), ("test", "--all")], ids=lambda words: words[0])
def test_the_command_line_holds_nothing_secret(place: FailingChannels, words: tuple[str, ...]) -> None:
    told = _run(place, "notify", *words)
    assert told.stdout + told.stderr
    assert place.canaries.find({"stdout": told.stdout, "stderr": told.stderr}) == {}
    assert words[0] != "test" or b"NOT REACHED by any way" in told.stdout


def _run(place: FailingChannels, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(place.collector.command(*words), capture_output=True, timeout=90, check=False)


def test_a_file_of_a_secret_that_is_wrong_is_named_and_not_shown(place: FailingChannels) -> None:
    held = place.folder / "wecom-robot"
    before = held.read_text(encoding="utf-8")
    held.write_text(f"not an address {before.partition('key=')[2]}", encoding="utf-8")
    told = _run(place, "notify", "test", "--channel", "wecom", "--all")
    held.write_text(before, encoding="utf-8")
    assert b"wecom-robot" in told.stdout + told.stderr
    assert place.canaries.find({"stdout": told.stdout, "stderr": told.stderr}) == {}


def test_each_other_end_hears_its_own_secret_only(place: FailingChannels) -> None:
    own = {
        "wecom": {"wecom token"}, "dingtalk": {"dingtalk token"}, "feishu": {"feishu token"},
        "hook-401": {"hook-401 path", "hook-401 token"}, "hook-302": {"hook-302 path", "hook-302 token"},
        "sms": {"gateway password"}, "apprise": {"apprise password", "apprise path"},
        "heartbeat": {"heartbeat path"}, "alertmanager": {"alertmanager token"},
    }  # fmt: skip
    for name, end in place.ends.items():
        heard = {
            f"{name} {number}": repr((asked.path, asked.query, dict(asked.headers))).encode() + asked.body
            for number, asked in enumerate(end.asked)
        }
        assert place.canaries.find(heard, {*own.get(name, set()), "link"}) == {}, name
        assert not own.get(name) or place.canaries.find(heard), "or nothing would be found anywhere"
        bodies = {f"{name} {number}": asked.body for number, asked in enumerate(end.asked)}
        assert place.canaries.find(bodies, {"link", *({"gateway password"} if name == "sms" else ())}) == {}, name


def test_logs_record_and_retained_messages_hold_nothing_secret(place: FailingChannels) -> None:
    """Last: by now everything has happened."""
    assert place.collector.stop() == 0
    found = [path for path in place.folder.rglob("*") if path.is_file() and path not in place.files]
    written = {str(path.relative_to(place.folder)): path.read_bytes() for path in found}
    log = written["collector.log"].decode()
    assert "DEBUG" in log
    assert any(name.endswith((".db", ".sqlite")) for name in written), sorted(written)
    assert any("机器人地址无效".encode() in content for content in written.values()), "or the record is not read"
    assert place.canaries.find(written) == {}
    assert place.agent.retained
    assert place.canaries.find(place.agent.retained) == {}
    assert place.canaries.find({"broker": place.broker.log.read_bytes()}) == {}
