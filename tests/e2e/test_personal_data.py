"""What is written in a register is seen by those who may, and is in nothing else that a running collector puts out."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector
from parts.hall_file import GOOD
from parts.mosquitto import serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
HALL = "330106/xihu"
MARK = "阿尔法马克"
NUMBER = "13912345678"
CARD = "330106199001011234"
"""Number of an identity card, which is the tax code of a natural person."""
WRITTEN = {
    "tax-code": CARD, "name": f"{MARK}公司", "contact": f"{MARK}人", "phone": NUMBER, "business": f"{MARK}的申报",
    "papers": f"{MARK}的身份证复印件",
}  # fmt: skip
MARKS = tuple(mark.encode() for mark in (MARK, NUMBER, CARD)) + tuple(
    json.dumps(mark).strip('"').encode() for mark in (MARK,)
)


class Place:
    """A collector whose register holds one entry, and what programs and people get from it."""

    def __init__(self, collector: CollectorProcess, ear: FakeAgent) -> None:
        self.collector, self.ear = collector, ear
        self.tokens = {role: self.call("user", "add", f"某{role}", "--role", role) for role in ("staff", "technician")}
        self.call("report-fault", "hall:", "--effect", "unusable", "--text", "停电", "--by", "王主任")
        self.incident = self._view()["incidents"][0]["id"]
        proposal = next(each["id"] for each in self._view()["measures"] if each["clause"] == "D2")
        self.call("confirm", proposal, "--by", "王主任")
        self.register = f"/api/halls/{HALL}/registers/{self.incident}/by-hand"
        take = {"command": "take-entry", "incident": self.incident, "register": "by-hand"}
        told = self.say(**take, fields=WRITTEN)[1].partition(b"\n\n")[2]
        self.number = json.loads(told)["numbers"][0]
        amended = WRITTEN | {"contact": f"{MARK}甲"}
        assert self.say(command="amend-entry", number=self.number, fields=amended, reason="写错")[0] == 204
        self.refusal = self.say(**take, fields=WRITTEN | {"phone": f"{MARK}{NUMBER}"})

    def _view(self) -> Any:
        return self.collector.get(f"/api/halls/{HALL}")

    def say(self, **command: Any) -> tuple[int, bytes]:
        """Have the person at the counter send a command; return status and answer."""
        return self.ask(f"/api/halls/{HALL}/commands", "staff", {"by": "某staff", **command})

    def call(self, *words: str) -> str:
        """Run a command that must succeed; return what it printed last."""
        done = self.collector.call(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def ask(self, path: str, role: str = "", body: Any = None) -> tuple[int, bytes]:
        """Ask the collector, with a role's token if one is named; return status and answer, headers included."""
        request = urllib.request.Request(f"http://{HOST}:{self.collector.web_port}{path}")
        request.add_header("Accept", "*/*")
        if role:
            request.add_header("Authorization", f"Bearer {self.tokens[role]}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, bytes(answer.headers) + answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, bytes(refused.headers) + refused.read()

    def paths(self) -> Iterator[str]:
        """Yield what of the API can be asked for, by its own description, and the pages."""
        known = {
            "area": "330106", "hall": "xihu", "incident": self.incident, "register": "by-hand", "kind": "incident",
            "id": self.incident, "number": self.number,
        }  # fmt: skip
        described = self.collector.get("/schema/openapi.json")["paths"]
        yield from (
            re.sub(r"\{(\w+)\}", lambda name: known[name[1]], path) for path, ways in described.items() if "get" in ways
        )
        page = f"/halls/{HALL}"
        yield from ("/", page, f"{page}/readiness", f"{page}/registers", f"{page}/registers/{self.incident}/by-hand")
        yield from (f"{page}/registers/{self.incident}/by-hand/sheets", f"{page}/incidents/{self.incident}", "/metrics")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("collector")
    with serve_mosquitto() as broker, run_collector(folder, broker.port, GOOD) as collector:
        ear = FakeAgent(broker.port, *HALL.split("/"), "ear")
        yield Place(collector, ear)
        ear.close()


def opened(content: bytes) -> bytes:
    """Return what a file says: of one that is packed, all that is in it."""
    packed = content.find(b"PK\x03\x04")
    if packed < 0:
        return content
    with zipfile.ZipFile(io.BytesIO(content[packed:])) as parts:
        return b"".join(parts.read(name) for name in parts.namelist())


def marks(content: bytes) -> list[bytes]:
    return [mark for mark in MARKS if mark in opened(content)]


def test_those_who_may_see_it_do(place: Place) -> None:
    status, page = place.ask(place.register, "staff")
    assert (status, marks(page) != []) == (200, True), "or this test would find nothing anywhere"
    for form in ("csv", "xlsx"):
        status, file = place.ask(f"{place.register}/export?format={form}", "staff")
        assert (status, marks(file) != []) == (200, True)


def test_whoever_may_not_finds_it_in_no_answer(place: Place) -> None:
    answers = {(path, role): place.ask(path, role) for path in place.paths() for role in ("", "technician")}
    assert len(answers) > 40
    assert {(path, role): found for (path, role), (_, said) in answers.items() if (found := marks(said))} == {}
    assert sum(status == 200 for status, _ in answers.values()) > 25
    for form in ("csv", "xlsx"):
        assert place.ask(f"{place.register}/export?format={form}", "technician")[0] == 403


def test_a_refusal_names_the_field_and_not_what_it_held(place: Place) -> None:
    status, said = place.refusal
    assert (status, b"phone" in said, marks(said)) == (422, True, [])


def test_the_live_stream_the_broker_and_the_record_are_without_it(place: Place, tmp_path: Path) -> None:
    stream = listen(place, lambda: place.call("note", place.incident, "--text", "已到场", "--by", "李工"))
    assert b"data:" in stream
    assert marks(stream) == []
    assert place.ear.heard
    assert [name for name, said in place.ear.heard if marks(said)] == []
    export = tmp_path / "record.jsonl"
    place.call("journal", "export", str(export))
    assert b"entry-taken" in export.read_bytes()
    told = place.call("journal", "show"), place.call("journal", "show", "--json")
    for said in (export.read_bytes(), *(each.encode() for each in told)):
        assert marks(said) == []


@pytest.mark.parametrize("form", ["html", "docx", "txt"])
def test_the_report_is_without_it(place: Place, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"report.{form}"
    place.call("report", HALL, place.incident, "--output", str(path))
    assert "停电" in opened(path.read_bytes()).decode(errors="replace")
    assert marks(path.read_bytes()) == []


def test_of_all_that_the_collector_writes_only_its_own_table_has_it(place: Place) -> None:
    place.collector.stop()
    folder = place.collector.folder
    files = [path for path in folder.rglob("*") if path.is_file() and "journal.sqlite" not in path.name]
    assert place.collector.log in files
    tokens = [token.encode() for token in place.tokens.values()]
    for path in files:
        content = path.read_bytes()
        assert marks(content) == [], path
        assert not any(token in content for token in tokens), f"{path} holds somebody's token"
    (journal,) = folder.rglob("journal.sqlite")
    with sqlite3.connect(journal) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        holding = {
            name: True
            for name in names
            for row in connection.execute(f"SELECT * FROM {name}")
            if any(marks(value if isinstance(value, bytes) else str(value).encode()) for value in row)
        }
        everything = "\n".join(connection.iterdump())
    assert list(holding) == ["register_entry"]
    assert not any(token in everything.encode() for token in tokens), "of a token only the hash is kept"
    place.collector.start()


def listen(place: Place, act: Any) -> bytes:
    """Return what a page's live stream says while something happens."""
    heard = bytearray()
    request = urllib.request.Request(f"http://{HOST}:{place.collector.web_port}/events/halls/{HALL}")

    def read() -> None:
        with urllib.request.urlopen(request, timeout=20) as stream:
            while not done.is_set():
                heard.extend(stream.readline())

    done = threading.Event()
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    wait_until(lambda: bool(heard), 10, "the stream begins")
    before = len(heard)
    act()
    wait_until(lambda: len(heard) > before, 10, "the stream goes on")
    done.set()
    return bytes(heard)
