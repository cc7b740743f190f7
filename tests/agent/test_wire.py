"""The contract: golden messages, and that nothing else gets through."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent import wire

GOLDEN = Path(__file__).parents[1] / "wire"
GOOD = sorted(GOLDEN.glob("good/*/*.json"))
BAD = sorted(GOLDEN.glob("bad/*/*.json"))

KINDS: dict[str, dict[str, type]] = {
    "agents": {"birth": wire.Birth, "death": wire.Death},
    "reports": {"": wire.Report},
    "orders": {"assignment": wire.Assignment, "probe-now": wire.ProbeNow},
    "signs": {"": wire.Sign},
    "notices": {"": wire.Notice},
    "board": {"": wire.Board},
    "collector": {"": wire.Heartbeat},
}
"""The structs of each branch, by the ``type`` that tells them apart."""


@pytest.mark.parametrize("file", GOOD, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_good_message_is_decoded_and_encoded_back(file: Path) -> None:
    branch, golden = file.parent.name, json.loads(file.read_text("utf-8"))
    message = wire.decode(branch, file.read_bytes())
    assert type(message) is KINDS[branch][golden.get("type", "")]
    known = {"type", *message.__struct_fields__}
    assert json.loads(wire.encode(message)) == {key: value for key, value in golden.items() if key in known}
    assert (file.stem == "of-a-newer-agent") == bool(golden.keys() - known), "only there unknown fields are meant"
    assert wire.decode(branch, wire.encode(message)) == message


@pytest.mark.parametrize("file", BAD, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_bad_message_is_refused_with_its_reason(file: Path) -> None:
    golden = json.loads(file.read_text("utf-8"))
    with pytest.raises(wire.NotOnTheWire, match=golden["refused_because"]):
        wire.decode(file.parent.name, json.dumps(golden["message"]).encode())


def test_every_branch_and_struct_has_golden_messages() -> None:
    seen = {(file.parent.name, json.loads(file.read_text("utf-8")).get("type", "")) for file in GOOD}
    assert seen == {(branch, kind) for branch, kinds in KINDS.items() for kind in kinds}
    assert {file.parent.name for file in BAD} == set(KINDS) == set(wire.BRANCHES)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"agent":"gw","boot":"b","seq":1,"sent_at":NaN,"readings":[]}',
        b'{"agent":"gw","boot":"b","seq":1e400,"sent_at":1,"readings":[]}',
        b'{"agent":"g\\ud800w","boot":"b","seq":1,"sent_at":1,"readings":[]}',
        b"x" * (wire.MAX_PAYLOAD_BYTES + 1),
    ],
    ids=["empty", "not UTF-8", "deep objects", "deep lists", "NaN", "huge number", "lone surrogate", "too long"],
)
@pytest.mark.parametrize("branch", wire.BRANCHES)
def test_garbage_is_refused(branch: str, payload: bytes) -> None:
    with pytest.raises(wire.NotOnTheWire):
        wire.decode(branch, payload)


NOT_IDS = ["", "a\n", "A", "Gw", "a.b", "a/b", "a_b", "a b", "-a", "a-", "窗口", "a+", "#", "a" * 64, "\x00", "ａ"]


@pytest.mark.parametrize("text", NOT_IDS)
def test_what_is_no_id_is_refused_everywhere(text: str) -> None:
    assert not wire.is_id(text)
    with pytest.raises(wire.NotOnTheWire):
        wire.split_topic(wire.topic("330106", "xihu", "signs", text or "/"))
    with pytest.raises(wire.NotOnTheWire):
        wire.decode("agents", wire.encode(wire.Death(text, "b1", 1)))


@pytest.mark.parametrize("text", ["a", "0", "a-b", "a--b", "w3", "330106", "a" * 63])
def test_ids(text: str) -> None:
    assert wire.is_id(text)
    assert wire.split_topic(wire.topic("330106", "xihu", "agents", text)) == ("330106", "xihu", "agents", text)


def test_topics() -> None:
    assert wire.topic("330106", "xihu", "board") == "hallwatch/v1/330106/xihu/board"
    assert wire.split_topic("hallwatch/v1/330106/xihu/board") == ("330106", "xihu", "board", "")
    assert wire.split_topic("hallwatch/v1/330106/xihu/collector") == ("330106", "xihu", "collector", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hallwatch/v1",
        "hallwatch/v2/a/b/board",
        "hallwatch/v1/a/b/agents",
        "hallwatch/v1/a/b/board/x",
        "$SYS/x/a/b/c",
        "hallwatch/v1/a/b/agents/x/y",
        "hallwatch/v1/a/b/secrets/x",
        "hallwatch/v1/A/b/board",
        "hallwatch/v1//b/board",
    ],
)
def test_foreign_topics_are_refused(text: str) -> None:
    with pytest.raises(wire.NotOnTheWire):
        wire.split_topic(text)


ids = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
numbers = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
readings = st.builds(
    wire.Reading,
    device=texts,
    probe=texts,
    at=numbers,
    took_s=numbers,
    error=st.none() | st.sampled_from(wire.ReadError),
    note=texts,
    metrics=st.dictionaries(texts, numbers, max_size=4),
    conditions=st.dictionaries(texts, st.booleans(), max_size=4),
    facts=st.dictionaries(texts, texts, max_size=4),
)
counts = st.integers(0, 2**53)
ordinals = st.integers(1, 2**53)
reports = st.builds(
    wire.Report,
    agent=ids,
    boot=ids,
    seq=ordinals,
    sent_at=numbers,
    readings=st.lists(readings, max_size=4),
    late=st.booleans(),
    spooled=counts,
    dropped=counts,
)
option = texts | st.integers(-(2**53), 2**53) | st.booleans() | st.lists(texts, max_size=3)
orders = st.builds(
    wire.ProbeOrder,
    device=ids,
    name=ids,
    kind=texts,
    interval_s=numbers,
    timeout_s=numbers,
    options=st.dictionaries(texts, option, max_size=3),
)
MESSAGES: dict[str, st.SearchStrategy[Any]] = {
    "reports": reports,
    "agents": st.builds(
        wire.Birth, agent=ids, boot=ids, session=ordinals, at=numbers, keepalive_s=st.integers(1, 65_535), host=texts
    )
    | st.builds(wire.Death, agent=ids, boot=ids, session=ordinals, stopped=st.booleans()),
    "orders": st.builds(wire.Assignment, agent=ids, digest=texts, probes=st.lists(orders, max_size=3))
    | st.builds(wire.ProbeNow, agent=ids, devices=st.lists(ids, max_size=3), reason=texts),
    "signs": st.builds(wire.Sign, place=ids, text=texts, about=texts, since=numbers, clause=texts, instead=texts),
    "notices": st.builds(
        wire.Notice,
        id=ids,
        name=texts,
        text=texts,
        version=st.integers(1, 99),
        since=numbers,
        clause=texts,
        text_en=texts,
    ),
    "collector": st.builds(
        wire.Heartbeat,
        boot=ids,
        seq=ordinals,
        at=numbers,
        interval_s=st.floats(0.1, 3600),
        healthy=st.booleans(),
        stopping=st.booleans(),
    ),
}


@given(st.sampled_from(sorted(MESSAGES)).flatmap(lambda branch: st.tuples(st.just(branch), MESSAGES[branch])))
def test_what_is_encoded_is_decoded_the_same(sample: tuple[str, Any]) -> None:
    branch, message = sample
    assert wire.decode(branch, wire.encode(message)) == message


@given(st.sampled_from(wire.BRANCHES), st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(branch: str, payload: bytes) -> None:
    try:
        message = wire.decode(branch, payload)
    except wire.NotOnTheWire:
        return
    assert type(message) in KINDS[branch].values()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@given(st.data())
def test_any_field_may_hold_nonsense(data: st.DataObject) -> None:
    branch = data.draw(st.sampled_from(sorted(MESSAGES)))
    table = msgspec.to_builtins(data.draw(MESSAGES[branch]))
    table[data.draw(st.sampled_from(sorted(table)))] = data.draw(json_values)
    try:
        message = wire.decode(branch, json.dumps(table).encode())
    except wire.NotOnTheWire:
        return
    assert wire.decode(branch, wire.encode(message)) == message


@given(st.text(max_size=70))
def test_ids_are_what_the_contract_says(text: str) -> None:
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789")
    expected = 1 <= len(text) <= 63 and set(text) <= letters | {"-"} and text[0] in letters and text[-1] in letters
    assert wire.is_id(text) == expected


def golden(name: str) -> Any:
    return json.loads((GOLDEN / f"good/{name}.json").read_text("utf-8"))


GOOD_REPORT: dict[str, Any] = {"agent": "gw", "boot": "b1", "seq": 1, "sent_at": 1.0, "readings": []}
GOOD_READING: dict[str, Any] = {"device": "a", "probe": "tcp", "at": 1.0}


@pytest.mark.parametrize("number", [-1, 2**53 + 1, 10**400], ids=["negative", "no double holds it", "huge"])
@pytest.mark.parametrize(
    ("branch", "message", "field"),
    [
        ("reports", GOOD_REPORT, "seq"),
        ("reports", GOOD_REPORT, "spooled"),
        ("reports", GOOD_REPORT, "dropped"),
        ("agents", golden("agents/birth"), "session"),
        ("agents", golden("agents/birth"), "keepalive_s"),
        ("agents", golden("agents/death-stopped"), "session"),
        ("board", golden("board/normal"), "windows"),
        ("board", golden("board/normal"), "windows_open"),
        ("board", golden("board/normal"), "incidents"),
    ],
)
def test_whole_numbers_are_bounded(branch: str, message: dict[str, Any], field: str, number: int) -> None:
    wire.decode(branch, json.dumps(message).encode())
    with pytest.raises(wire.NotOnTheWire, match=field):
        wire.decode(branch, json_of(message | {field: number}))


def json_of(message: dict[str, Any]) -> bytes:
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(message).encode()
    finally:
        sys.set_int_max_str_digits(limit)


@pytest.mark.parametrize(
    ("reading", "fits"),
    [
        ({"metrics": {"k" * 160: 1}}, True),
        ({"metrics": {"k" * 161: 1}}, False),
        ({"metrics": {"good": 1, "k" * 900_000: 1}}, False),
        ({"conditions": {"窗" * 161: True}}, False),
        ({"facts": {"k" * 161: "x"}}, False),
        ({"facts": {"k": "窗" * 1000}}, True),
        ({"facts": {"k": "x" * 1001}}, False),
        ({"note": "x" * 1001}, False),
        ({"device": "x" * 64}, False),
        ({"probe": "x" * 64}, False),
        ({"metrics": {str(n): 1 for n in range(500)}}, True),
        ({"metrics": {str(n): 1 for n in range(501)}}, False),
        ({"conditions": {str(n): True for n in range(501)}}, False),
        ({"facts": {str(n): "" for n in range(501)}}, False),
    ],
)
def test_what_a_reading_holds_is_bounded(reading: dict[str, Any], fits: bool) -> None:
    payload = json.dumps(GOOD_REPORT | {"readings": [GOOD_READING, GOOD_READING | reading]}).encode()
    for _ in range(2):  # what was seen before is not let through either
        with contextlib.nullcontext() if fits else pytest.raises(wire.NotOnTheWire):
            wire.decode_report(payload)


@pytest.mark.parametrize(("readings", "fits"), [(wire.MAX_READINGS, True), (wire.MAX_READINGS + 1, False)])
def test_a_report_holds_so_many_readings(readings: int, fits: bool) -> None:
    payload = json.dumps(GOOD_REPORT | {"readings": [GOOD_READING] * readings}).encode()
    with contextlib.nullcontext() if fits else pytest.raises(wire.NotOnTheWire):
        assert len(wire.decode_report(payload).readings) == readings


def test_equal_keys_are_one_string() -> None:
    payload = json.dumps(GOOD_REPORT | {"readings": [GOOD_READING | {"metrics": {"charge_ratio": 1}}] * 2}).encode()
    first, second = (next(iter(reading.metrics)) for reading in wire.decode_report(payload).readings)
    assert first is second, "a collector holds millions of them"


def test_ever_new_keys_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_seen_keys", seen := set())
    for start in range(0, 2 * wire.MAX_SEEN_KEYS, wire.MAX_KEYS):
        keys = {str(n): 1.0 for n in range(start, start + wire.MAX_KEYS)}
        wire.check_keys([wire.Reading("a", "host", at=1.0, metrics=keys)])
    assert len(seen) <= wire.MAX_SEEN_KEYS


def test_numbers_of_the_wire_are_finite() -> None:
    message = wire.Reading("a", "tcp", at=1.0, metrics={"x": math.inf})
    with pytest.raises(wire.NotOnTheWire):
        wire.decode_report(wire.encode(wire.Report("gw", "b1", 1, 1.0, [message])))
