"""A device named ``<script>`` is just a name: hostile texts everywhere, through every door, and nothing comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from msgspec import structs

from hallwatch_collector import plans
from hallwatch_collector.config import Config
from hallwatch_collector.core import commands
from hallwatch_collector.core.closeup import CloseUp
from hallwatch_collector.core.drill_events import DrillStepped
from hallwatch_collector.core.events import IncidentMoved, IncidentOpened, ReportSigned
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.past import Past
from hallwatch_collector.core.readiness.events import MaintenancePlanned, RoundDue, RoundEnded, StockChanged
from hallwatch_collector.core.readiness.kept import RoundLine
from hallwatch_collector.core.readiness.tables import DutyTurn
from hallwatch_collector.core.register_events import EntryTaken, RegisterOpened
from hallwatch_collector.core.twins import twin_key
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.people import Person
from hallwatch_collector.people.audit import Deed
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.records import Records
from hallwatch_collector.web.source import DeviceRecord
from parts.doorwalk import addresses, find_wrong, read_all
from parts.fake_source import TOKEN, FakeSource
from parts.hall_views import KEY, NOW, look_at
from parts.hostile import HARMLESS, HOSTILE, NAMEABLE, Poison, rotations
from parts.people import cookie_of
from parts.register_hall import CATALOGUE, PLAN, RegisterHall
from parts.register_hall import KEY as REAL_KEY
from parts.shown_halls import bad_morning, own_health
from parts.web import serve

NAMES: Final = 17
"""So many the hall file below has."""
EVERYBODY: Final = Person(name="某人", roles=["*", "administrator", "auditor"])
ABSENT: Final = ("/ack/", "/sign-in", "/schema/x", "/my-window", "/photos/", "/settings/users/person")
"""Of addresses at which even a calm hall has nothing to show."""
PLACED: Final = {
    "area": ["330106"], "hall": ["xihu"], "incident": ["i1"], "register": ["by-hand"], "file_path": ["hallwatch.css"],
    "path": ["x"], "ticket": ["none"], "name": ["none.jpg"], "incidents": ["i1", "i2"], "windows": ["w3", "w6"],
    "devices": ["prn-3", "pc-6", "ups-1"], "display": ["w3"], "sign": ["w3", "prn-3"], "window": ["w3"],
    "also": ["/halls/330106/xihu", "/halls/330106/xihu/work", "/halls/330106/xihu/lists/incidents", "/audit"],
}  # fmt: skip


def make_source(poison: Poison) -> FakeSource:
    """Return a hall on a bad morning whose every text is one of these."""
    source = FakeSource(poison.put(bad_morning(reachable=("a", "b"))), own_health())
    source.pasts[KEY] = _make_past(poison)
    twin = source.pasts[twin_key(KEY)] = Past()
    twin.take(DrillStepped(at=NOW, act="begin", scenario=poison.take(), by=poison.take()))
    turn = DutyTurn(role="technician", person=poison.take(), days=["mon"])
    source.files[KEY] = Hall(area=KEY.area, hall=KEY.hall, name=poison.take(), duty=[turn])
    for device in ("prn-3", "pc-6", "ups-1"):
        closeup: CloseUp = poison.put(look_at(device))
        source.records[device] = DeviceRecord(closeup, None)
    source.troubles = [poison.take()]
    source.reports["i1"] = b"made elsewhere"
    words = {"details": {"agent": poison.take()}, "object": poison.take()}
    source.people.audit.write(Deed(at=NOW, who=poison.take(), address=poison.take(), action=poison.take(), **words))  # type: ignore[arg-type]
    return source


def _make_past(poison: Poison) -> Past:
    past, told = Past(), poison.take
    past.take(IncidentOpened(at=NOW, incident="i1", device="prn-3", fault=told()))
    past.take(IncidentMoved(at=NOW, incident="i1", status="acknowledged", by=told()))
    past.take(ReportSigned(at=NOW, incident="i1", version=1, digest="d", by=told()))
    past.take(RegisterOpened(at=NOW, incident="i1", register="tax-registration", by=told()))
    past.take(EntryTaken(at=NOW, incident="i1", register="tax-registration", number=told(), digest="d", by=told()))
    past.take(RoundDue(at=NOW, round="r", lines=[RoundLine(item=told(), result="not-ok", note=told(), by=told())]))
    past.take(RoundEnded(at=NOW, round="r", by=told(), lines=[]))
    planned: dict[str, Any] = {"devices": [told()], "text": told(), "begins_at": NOW, "ends_at": NOW, "by": told()}
    past.take(MaintenancePlanned(at=NOW, maintenance="m", **planned))
    past.take(StockChanged(at=NOW, supply=told(), how="taken", count=2, was=3, by=told()))
    return past


def look(source: Any, placed: dict[str, list[str]]) -> dict[str, httpx.Response]:
    """Go through every door of a hall as somebody who may see all."""
    with serve(source) as address:
        cookies = {"Cookie": cookie_of(source, EVERYBODY)}
        with httpx.Client(base_url=address, headers=cookies, timeout=30) as client:
            return read_all(client, list(addresses(placed)), TOKEN)


@cache
def usual() -> dict[str, httpx.Response]:
    """Give what comes of the same hall with a harmless text everywhere."""
    return look(make_source(Poison(*HARMLESS)), PLACED)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("first", [pytest.param(first, id=name) for name, first in rotations(9)])
def test_no_text_of_a_hall_is_more_than_a_text_wherever_it_is_shown(first: int) -> None:
    told = look(make_source(Poison(*HOSTILE, first=first)), PLACED)
    assert list(find_wrong(told, usual())) == []


def test_what_texts_did_would_be_found() -> None:
    """So that finding nothing means something."""
    policy = {"content-security-policy": "default-src 'none'"}
    page, table = policy | {"content-type": "text/html"}, policy | {"content-type": "text/csv"}
    usual = httpx.Response(200, headers=page, text="<p title='a'>b</p>")
    for text in ("<p title='' onfocus='x'>b</p>", "<p><img></p>", "<p><script>x</script></p>", "<p>49 of 7*7</p>"):
        assert list(find_wrong({"/": httpx.Response(200, headers=page, text=text)}, {"/": usual})), text
    calm = httpx.Response(200, headers=table, text="a,b\r\n1,-2\r\n")
    for text in ("a,=1\r\n", '"\t=1",b\r\n', "a,@SUM(A1)\r\n", "a,-1+1\r\n"):
        assert list(find_wrong({"/": httpx.Response(200, headers=table, text=text)}, {"/": calm})), text
    assert list(find_wrong({"/": calm}, {"/": calm})) == []


@pytest.fixture(params=(0, 6))
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RegisterHall]:
    """Give a real hall in which people and its file said nothing but such texts."""
    yield from _real(Poison(*NAMEABLE, first=request.param), tmp_path)


def _real(poison: Poison, folder: Path) -> Iterator[RegisterHall]:
    hall = RegisterHall(folder, text=_write_file(poison))
    config = Config()
    records = Records(structs.replace(config, journal=structs.replace(config.journal, url=hall.url)), PLAN, CATALOGUE)
    for name in ("report", "quality", "entries", "head", "fault_names"):
        setattr(hall.records, name, getattr(records, name))
    hall.do(commands.ReportFault, by=poison.take(), thing="hall:", effect="unusable", text=poison.take())
    hall.do(commands.ReportFault, by=poison.take(), thing="prn-3", effect="unusable", text=poison.take())
    hall.do(commands.Confirm, by=poison.take(), measure=hall.measure("D2"))
    incident = hall.incident
    hall.do(commands.Acknowledge, by=poison.take(), incident=incident)
    hall.do(commands.TakeNote, by=poison.take(), incident=incident, text=poison.take())
    hall.do(commands.SetLevel, by=poison.take(), incident=incident, level="Ⅱ", reason=poison.take())
    fields = {"name": poison.take(), "contact": poison.take(), "phone": "13800000001", "business": poison.take()}
    hall.take(by=poison.take(), fields=fields)
    hall.wait(60)
    yield hall
    hall.stop()


def _write_file(poison: Poison) -> str:
    """Return a hall file with one of these texts wherever it takes any."""

    def said() -> str:
        return json.dumps(poison.take(), ensure_ascii=False)

    return f"""
area = "330106"
hall = "xihu"
name = {said()}
agents = [{{ id = "gw", name = {said()} }}]
windows = [{{ id = "w3", number = 3, name = {said()}, classes = ["certificates", "own"], shows_signs = true }}]
places = [{{ id = "desk", name = {said()}, shows_signs = true }}]
classes = [{{ id = "own", name = {said()}, name_en = {said()}, needs = ["print"] }}]
contacts = [{{ role = "head", name = {said()} }}, {{ role = "technician", name = {said()} }}]
duty = [{{ role = "guide", person = {said()} }}]
supplies = [{{ id = "toner", name = {said()}, unit = {said()}, place = {said()}, devices = ["prn-3"] }}]
devices = [
  {{ id = "rt-1", kind = "router", name = {said()}, gives = ["computer", "core-system", "network"] }},
  {{ id = "spare-1", kind = "printer", name = {said()} }},
  {{ id = "prn-3", kind = "printer", name = {said()}, place = "w3", gives = ["print"], depends_on = ["rt-1"], \
spare = "spare-1", probes = [{{ kind = "snmp-printer", host = "192.168.1.53" }}] }},
]
systems = [{{ id = "core", kind = "system", name = {said()} }}]
maintenance = [{{ id = "work", devices = ["prn-3"], text = {said()}, days = ["mon"], from = "01:00", to = "02:00" }}]
"""


@pytest.mark.timeout(300)
def test_nor_is_any_of_a_real_hall(real: RegisterHall, tmp_path_factory: pytest.TempPathFactory) -> None:
    [calm] = _real_answers(tmp_path_factory.mktemp("calm"))
    absent = {path for path, answer in calm.items() if answer.status_code != 200}
    assert not [path for path in absent - {"/"} if not any(known in path for known in ABSENT)], "compared with nothing"
    assert list(find_wrong(look(real.source, _places(real)), calm)) == []


def _real_answers(folder: Path) -> Iterator[dict[str, httpx.Response]]:
    for hall in _real(Poison(*HARMLESS), folder):
        yield look(hall.source, _places(hall))


def _places(hall: RegisterHall) -> dict[str, list[str]]:
    view = hall.collector.view(REAL_KEY)
    assert view
    incidents = [each.id for each in view.incidents]
    return PLACED | {
        "incident": [hall.incident], "incidents": incidents, "windows": ["w3"], "devices": ["prn-3", "core"],
        "display": ["w3", "desk"], "sign": ["w3", "prn-3"], "register": [hall.register.register],
    }  # fmt: skip


@pytest.mark.parametrize("text", sorted(set(HOSTILE) - set(NAMEABLE)), ids=range(len(set(HOSTILE) - set(NAMEABLE))))
def test_what_cannot_be_seen_or_is_too_long_is_no_name_and_the_file_says_so(text: str, tmp_path: Path) -> None:
    texts = HARMLESS * 2
    for number in range(NAMES):
        (tmp_path / "xihu.toml").write_text(_write_file(Poison(*texts[:number], text, *texts)), encoding="utf-8")
        with pytest.raises(FileRefused) as refused:
            read_hall(tmp_path / "xihu.toml", Known.of(*plans.load()))
        assert "\x00" not in str(refused.value)
        assert "\u202e" not in str(refused.value)
        assert len(str(refused.value)) < 2000
