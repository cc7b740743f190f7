"""Printers over IPP: messages decoded one value at a time, reasons and levels in words, events."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyipp.enums import IppOperation, IppTag

from hallwatch_agent.probes import Context, CouldNotRead
from hallwatch_agent.probes.printers.ipp import Attributes, parse_answer, parse_date, parse_value
from hallwatch_agent.probes.printers.ipp_link import check_status, encode_request
from hallwatch_agent.probes.printers.ipp_printer import IppPrinterProbe, parse_printer
from hallwatch_agent.probes.printers.ipp_words import Reason, parse_alerts, parse_reason
from hallwatch_agent.wire import ReadError

HEADER = struct.pack(">bbhi", 2, 0, 0, 1)
IDLE: Attributes = {
    "printer-state": [3],
    "printer-state-reasons": ["none"],
    "printer-is-accepting-jobs": [True],
}


def attribute(tag: int, name: str, octets: bytes) -> bytes:
    return bytes([tag]) + struct.pack(">H", len(name)) + name.encode() + struct.pack(">H", len(octets)) + octets


def answer(*pieces: bytes, group: int = 4) -> bytes:
    return HEADER + bytes([group]) + b"".join(pieces) + b"\x03"


def faults(**attributes: list[Any]) -> set[str]:
    said = {name.replace("_", "-"): values for name, values in attributes.items()}
    conditions = parse_printer({**IDLE, **said}).conditions
    return {key for key, holds in conditions.items() if holds} - {"reachable"}


def test_values_of_all_kinds() -> None:
    payload = answer(
        attribute(0x23, "printer-state", b"\0\0\0\x05"),
        attribute(0x22, "accepting", b"\1"),
        attribute(0x44, "reasons", b"media-jam-error"),
        attribute(0x44, "", b"paused"),
        attribute(0x35, "with-language", b"\0\2zh\0\6\xe5\x8d\xa1\xe7\xba\xb8"),
        attribute(0x41, "gb18030", "卡纸".encode("gb18030")),
        attribute(0x13, "no-value", b""),
        attribute(0x21, "of-the-wrong-size", b"\0\1"),
        attribute(0x55, "of-an-unknown-kind", b"xyz"),
        attribute(0x30, "octets", b"level=5;"),
    )
    assert parse_answer(payload).group(4) == {
        "printer-state": [5],
        "accepting": [True],
        "reasons": ["media-jam-error", "paused"],
        "with-language": ["卡纸"],
        "gb18030": ["卡纸"],
        "no-value": [],
        "of-the-wrong-size": [],
        "of-an-unknown-kind": [],
        "octets": [b"level=5;"],
    }


def test_a_collection_is_passed_over_with_all_that_is_in_it() -> None:
    payload = answer(
        attribute(0x34, "media-col", b""),
        attribute(0x4A, "", b"media-size"),
        attribute(0x34, "", b""),
        attribute(0x4A, "", b"x-dimension"),
        attribute(0x21, "", b"\0\0\0\1"),
        attribute(0x37, "", b""),
        attribute(0x37, "", b""),
        attribute(0x21, "after", b"\0\0\0\2"),
    )
    assert parse_answer(payload).group(4) == {"media-col": [], "after": [2]}


def test_groups_stay_apart() -> None:
    jobs = b"".join(bytes([2]) + attribute(0x21, "job-id", struct.pack(">i", number)) for number in (7, 8))
    assert [job["job-id"] for job in parse_answer(HEADER + jobs + b"\x03").all(2)] == [[7], [8]]


def test_what_is_cut_off_counts_as_far_as_it_came() -> None:
    payload = answer(attribute(0x21, "one", b"\0\0\0\1"), attribute(0x21, "two", b"\0\0\0\2"))
    assert parse_answer(payload[:-4]).group(4) == {"one": [1]}


@pytest.mark.parametrize("payload", [b"", b"\2\0", HEADER, b"<!doctype html><html></html>"])
def test_what_is_no_ipp_is_garbage(payload: bytes) -> None:
    with pytest.raises(CouldNotRead) as caught:
        parse_answer(payload)
    assert caught.value.error is ReadError.GARBAGE


@pytest.mark.parametrize(
    ("octets", "at"),
    [
        (struct.pack(">H6B", 2026, 3, 1, 8, 0, 0, 5) + b"+\x08\x00", 1772323200.5),
        (struct.pack(">H6B", 2026, 2, 28, 19, 0, 60, 0) + b"-\x05\x00", 1772323259.0),
        (struct.pack(">H6B", 2026, 13, 1, 8, 0, 0, 0) + b"+\x08\x00", None),
        (b"2026", None),
    ],
)
def test_dates(octets: bytes, at: float | None) -> None:
    assert parse_date(octets) == at


def test_a_request_is_what_the_decoder_reads() -> None:
    payload = encode_request(
        (2, 0),
        IppOperation.CREATE_PRINTER_SUBSCRIPTIONS,
        [(IppTag.CHARSET, "attributes-charset", "utf-8"), (IppTag.NAME, "requesting-user-name", "大厅")],
        [(IppTag.KEYWORD, "notify-events", ["a", "b"]), (IppTag.INTEGER, "notify-lease-duration", 60)],
    )
    decoded = parse_answer(payload)
    assert decoded.status == IppOperation.CREATE_PRINTER_SUBSCRIPTIONS
    assert decoded.group(1) == {"attributes-charset": ["utf-8"], "requesting-user-name": ["大厅"]}
    assert decoded.group(6) == {"notify-events": ["a", "b"], "notify-lease-duration": [60]}


@pytest.mark.parametrize(
    ("status", "error"),
    [(0x0401, "denied"), (0x0402, "denied"), (0x0406, "unsupported"), (0x0507, "unsupported"), (0x7777, "unsupported")],
)
def test_an_answer_that_says_no(status: int, error: str) -> None:
    with pytest.raises(CouldNotRead) as caught:
        check_status(parse_answer(struct.pack(">bbhi", 1, 1, status, 1) + b"\x03"))
    assert caught.value.error.value == error


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("media-jam-error", Reason("media-jam", "error")),
        ("toner-low-warning", Reason("toner-low", "warning")),
        ("offline-report", Reason("offline", "report")),
        ("paused", Reason("paused", "error")),
        ("none", Reason("none", "error")),
        ("-report", Reason("-report", "error")),
    ],
)
def test_the_severity_stands_behind_the_reason(said: str, reason: Reason) -> None:
    assert parse_reason(said) == reason


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["none"], set()),
        (["media-jam-error"], {"jam"}),
        (["cover-open"], {"cover-open"}),
        (["door-open-error"], {"cover-open"}),
        (["media-needed-error"], {"input-empty"}),
        (["media-empty-error"], {"input-empty"}),
        (["media-empty-report"], {"input-low"}),
        (["media-low-warning"], {"input-low"}),
        (["input-tray-missing"], {"input-missing"}),
        (["output-area-full"], {"output-full"}),
        (["output-area-almost-full-warning"], set()),
        (["offline-report"], {"offline"}),
        (["paused"], {"paused"}),
        (["toner-low-warning"], {"toner-low"}),
        (["marker-supply-empty-error"], {"toner-empty"}),
        (["marker-ink-almost-empty"], {"ink-low"}),
        (["marker-print-ribbon-empty"], {"ribbon-empty"}),
        (["marker-supply-missing"], {"marker-missing"}),
        (["marker-waste-almost-full-report"], {"waste-low-room"}),
        (["marker-waste-full-error"], {"waste-full"}),
        (["opc-near-eol-warning"], {"drum-low"}),
        (["opc-life-over-error"], {"service-needed"}),
        (["fuser-over-temp-error", "interlock-open"], {"service-needed", "cover-open"}),
        (["connecting-to-device", "cups-waiting-for-job-completed"], set()),
    ],
)
def test_reasons(reasons: list[str], expected: set[str]) -> None:
    assert faults(printer_state_reasons=reasons) == expected


def test_a_stopped_printer_that_names_no_reason_has_one() -> None:
    conditions = parse_printer({**IDLE, "printer-state": [5]}).conditions
    assert conditions["stopped"] is True
    assert "jam" not in conditions
    named = parse_printer({**IDLE, "printer-state": [5], "printer-state-reasons": ["media-jam"]}).conditions
    assert named["jam"] is True
    assert named["cover-open"] is False


def test_without_reasons_nothing_is_known_to_be_fine() -> None:
    conditions = parse_printer({"printer-state": [3], "printer-is-accepting-jobs": [False]}).conditions
    assert conditions == {"reachable": True, "stopped": False, "queue-refusing": True}


def test_an_empty_tray_beside_a_full_one() -> None:
    trays = [b"type=sheetFeedAutoRemovableTray;maxcapacity=250;level=0;unit=sheets;name=main;",
             b"type=sheetFeedAutoRemovableTray;maxcapacity=100;level=40;name=second;",
             b"type=sheetFeedManual;maxcapacity=1;level=0;name=hand;",
             b"type=sheetFeedAutoRemovableTray;maxcapacity=-2;level=-2;name=auto"]  # fmt: skip
    idle = {**IDLE, "printer-input-tray": trays, "printer-state-reasons": ["media-empty"]}
    told = parse_printer(idle)
    assert {key for key, holds in told.conditions.items() if holds} == {"reachable", "input-low", "input-low[main]"}
    assert told.metrics == {"input_ratio[main]": 0.0, "input_sheets[main]": 0.0, "input_ratio[second]": 0.4}
    stopped = parse_printer({**idle, "printer-state": [5]}).conditions
    assert stopped["input-empty"] is True
    assert stopped["input-empty[main]"] is True


def test_supplies_as_rows_of_the_printer_mib() -> None:
    supplies = [
        b"index=1;class=supplyThatIsConsumed;type=tonerCartridge;unit=percent;maxcapacity=100;level=5;colorantname=cyan;",
        b"index=2;class=supplyThatIsConsumed;type=toner;maxcapacity=100;level=-3;colorantname=black;",
        b"index=3;class=receptacleThatIsFilled;type=wasteToner;maxcapacity=100;level=25;",
        b"index=4;type=opc;maxcapacity=100;level=80;",
        b"nonsense",
    ]
    attributes = {
        **IDLE,
        "printer-supply": supplies,
        "printer-supply-description": ["Cyan", "Black", "Waste", "Drum"],
        "printer-state-reasons": ["toner-low-report"],
    }
    told = parse_printer(attributes)
    assert told.metrics == {"toner_ratio[cyan]": 0.05, "supply_ratio[drum]": 0.8}  # a waste box's level: whose?
    assert told.conditions["toner-low"] is True
    assert "toner-low[cyan]" not in told.conditions  # one of them is
    alert = b"code=markerTonerAlmostEmpty;severity=warning;group=markerSupplies;groupindex=1;"
    named = parse_printer({**attributes, "printer-alert": [alert]}).conditions
    assert named["toner-low[cyan]"] is True
    assert named["toner-low[black]"] is False


def test_markers_as_cups_and_old_printers_tell_them() -> None:
    attributes = {
        **IDLE,
        "marker-names": ["Black", "Colour", "Waste"],
        "marker-types": ["ink-cartridge", "inkCartridge", "waste-ink"],
        "marker-colors": ["#000000", "#00FFFF#FF00FF#FFFF00", "none"],
        "marker-levels": [8, -2, 97],
        "marker-low-levels": [10, 10, 0],
        "queued-job-count": [2],
        "printer-impressions-completed": [4711],
        "printer-make-and-model": ["HP OfficeJet"],
        "printer-device-id": ["MFG:HP;MDL:OfficeJet;SN:CN123;"],
    }
    told = parse_printer(attributes)
    assert told.metrics == {"ink_ratio[black]": 0.08, "jobs_queued": 2.0, "pages_total": 4711.0}
    assert told.conditions["ink-low[black]"] is True  # below the limit that the printer names
    assert told.conditions["ink-low[colour]"] is False  # its level is not known, but no reason says so
    assert told.facts == {"model": "HP OfficeJet", "serial": "CN123"}


def test_alerts_are_read_by_label_or_number() -> None:
    rows = [b"code=jam;severity=critical;group=mediaPath", b"code=808;group=8;groupindex=2", b"code=whatever", b""]
    assert [(row.severity, row.group, row.row, row.code) for row in parse_alerts({"printer-alert": rows})] == [
        (3, 13, -1, 8),
        (4, 8, 2, 808),
    ]


def test_numbers_that_are_no_numbers_of_a_printer_are_not_known() -> None:
    huge = "9" * 400
    tray = f"type=sheetFeedAutoRemovableTray;maxcapacity={huge};level={huge};unit=sheets;name=main".encode()
    supply = f"index={huge};type=toner;maxcapacity={huge};level={huge}".encode()
    told = parse_printer({**IDLE, "printer-input-tray": [tray], "printer-supply": [supply]})
    assert told.metrics == {}


def test_no_answer_is_too_long_to_be_put_into_a_reading_at_once() -> None:
    rows = 20_000
    attributes = {
        "printer-supply": [b"type=toner"] * rows,
        "printer-input-tray": [b"level=0"] * rows,
        "printer-alert": [b"code=808;group=8;groupindex=1"] * rows,
        "printer-serial-number": ["1" * rows],
    }
    told = parse_printer({**IDLE, **attributes})
    assert len(told.conditions) < 1000
    assert len(told.facts["serial"]) < 200


def test_no_attribute_of_a_printer_is_garbage() -> None:
    with pytest.raises(CouldNotRead) as caught:
        parse_printer({"attributes-charset": ["utf-8"]})
    assert caught.value.error is ReadError.GARBAGE


def test_a_host_that_is_no_host_is_not_blamed() -> None:
    with pytest.raises(CouldNotRead) as caught:
        IppPrinterProbe(host="printer one").link(Context())
    assert caught.value.error is ReadError.LOCAL


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda noise: HEADER + noise))
def test_whatever_bytes_come_are_decoded_or_refused(payload: bytes) -> None:
    try:
        decoded = parse_answer(payload)
    except CouldNotRead:
        return
    for _, attributes in decoded.groups:
        for values in attributes.values():
            assert all(isinstance(value, bool | int | float | bytes | str) for value in values)


@given(st.integers(0, 255), st.binary(max_size=40))
def test_whatever_a_value_holds_is_decoded_or_absent(tag: int, octets: bytes) -> None:
    assert isinstance(parse_value(tag, octets), bool | int | float | bytes | str | None)


NAMES = (
    "printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "queued-job-count", "printer-alert",
    "printer-input-tray", "printer-supply", "printer-supply-description", "marker-names", "marker-types",
    "marker-colors", "marker-levels", "marker-low-levels", "printer-device-id", "printer-impressions-completed",
    "printer-make-and-model",
)  # fmt: skip
rows = st.lists(
    st.sampled_from(
        ("index", "class", "type", "level", "maxcapacity", "unit", "name", "code", "group", "groupindex")
    ).flatmap(lambda key: (st.integers(-5, 300).map(str) | st.text(max_size=6)).map(lambda value: f"{key}={value}"))
).map(lambda pairs: ";".join(pairs).encode("utf-8", "replace"))
odd_values = st.lists(
    st.booleans() | st.integers(-3, 2000) | st.floats(allow_nan=False) | rows | st.binary(max_size=9)
    | st.sampled_from(("media-jam-error", "paused", "toner", "waste-ink", "#000000", "none")) | st.text(max_size=9),
    max_size=4,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(NAMES), odd_values))
def test_whatever_a_printer_tells_is_put_into_a_reading(printer: Attributes) -> None:
    try:
        told = parse_printer(printer)
    except CouldNotRead:
        return
    assert all(0 <= value <= 1 for key, value in told.metrics.items() if "_ratio" in key)
    assert all(value >= 0 for value in told.metrics.values())
    assert all(isinstance(value, bool) for value in told.conditions.values())
