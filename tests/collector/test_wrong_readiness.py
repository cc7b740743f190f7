"""What ``hallwatch check`` must not let pass of maintenance, supplies and duty, one row a wrong file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.problems import FileRefused

PLAN, CATALOGUE = plans.load()
KNOWN = Known.of(PLAN, CATALOGUE)
HEAD = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
devices = [{ id = "prn-1", kind = "printer", name = "打印机" }]
"""
WEEK = '[[hours]]\ndays = ["mon", "tue"]\nfrom = "09:00"\nto = "17:00"\n'
PHONE = '[[contacts]]\nrole = "technician"\nname = "信息中心"\n'


def work(text: str = "", devices: str = '["prn-1"]', name: str = "upgrade") -> str:
    told = text or 'from = "2026-03-14 18:00"\nto = "2026-03-14 20:00"'
    return f'[[maintenance]]\nid = "{name}"\ndevices = {devices}\ntext = "升级"\n{told}\n'


def supply(text: str = "", name: str = "paper") -> str:
    return f'[[supplies]]\nid = "{name}"\nname = "A4纸"\n{text}\n'


def duty(text: str = "", role: str = "technician") -> str:
    return f'[[duty]]\nrole = "{role}"\nperson = "张工"\n{text}\n'


def read(folder: Path, text: str) -> None:
    path = folder / "xihu.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    read_hall(path, KNOWN)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (work(devices="[]"), "maintenance[1] (upgrade).devices: an empty list: give a list in brackets of at least 1"),
        (work(devices='["prn-2"]'), "maintenance[1] (upgrade).devices: 'prn-2' is unknown; did you mean 'prn-1'?"),
        (work(name="mnt-3"), "maintenance[1] (mnt-3).id: ids that begin with 'mnt-' are given to what people plan"),
        (work(name="prn-1"), "'prn-1' is already the id of devices[1]; ids differ within one hall"),
        (work() + work(), "maintenance[2] (upgrade).id: 'upgrade' is already the id of maintenance[1]"),
        (work('from = "18:00"\nto = "2026-03-14 20:00"'), ".from: '18:00' has no day; write it before, or give days"),
        (
            work('days = ["sun"]\nfrom = "2026-03-14 18:00"\nto = "20:00"'),
            ".from: '2026-03-14 18:00' has a day, and days say that it is every week; give the time alone",
        ),
        (work('from = "2026-02-30 18:00"\nto = "2026-03-14 20:00"'), ".from: '2026-02-30 18:00': there is no such day"),
        (work('from = "2026-03-14 18:00"\nto = "2026-03-14 24:00"'), "'2026-03-14 24:00': write 00:00 of the next day"),
        (work('from = "2026-03-14 18:00"\nto = "2026-03-13 20:00"'), "'2026-03-13 20:00' is before from = '2026-03-14"),
        (work('from = "2026-03-14 18:00"\nto = "2026-03-14T18:00"'), ".to: '2026-03-14T18:00' is also the beginning"),
        (work('days = ["sun"]\nfrom = "02:00"\nto = "02:00"'), "maintenance[1] (upgrade).to: '02:00' is also the"),
        (work('from = "14.3. 18:00"\nto = "20:00"'), "give a day and a time of day or, beside days, a time of day"),
        (work('days = ["so"]\nfrom = "02:00"\nto = "03:00"'), "maintenance[1] (upgrade).days[1]: 'so' is unknown"),
        (work('from = "2026-03-14 18:00"'), "maintenance[1] (upgrade): key 'to' is missing"),
        (supply() + supply(), "supplies[2] (paper).id: 'paper' is already the id of supplies[1]"),
        (supply('devices = ["prn"]'), "supplies[1] (paper).devices: 'prn' is unknown; did you mean 'prn-1'?"),
        (supply('devices = ["prn-1"]\nfaults = ["paper-out"]'), "supplies[1] (paper).faults: 'paper-out' is unknown"),
        (supply('faults = ["jam"]'), "supplies[1] (paper).faults: belong to devices; name those that it is for"),
        (supply("minimum = -1"), "supplies[1] (paper).minimum: -1: give a number from 0"),
        (supply("check_every_days = 0"), "supplies[1] (paper).check_every_days: 0: give a whole number from 1 to 3650"),
        (duty(role="technican"), "duty[1].role: 'technican' is no role of the plan; did you mean 'technician'?"),
        (duty('days = ["mon"]\ndates = [2026-03-14]') + PHONE, "duty[1].dates: belong to a turn without days"),
        (duty('from = "08:00"\nto = "08:00"'), "duty[1].to: '08:00' is also the beginning; give another end"),
        (duty('from = "8:00"'), "duty[1].from: '8:00': give a time of day from 00:00 to 24:00"),
        (
            WEEK + duty('days = ["mon"]'),
            "duty: nobody is on duty as technician on tue 09:00-17:00, when the hall is open; add turns, or",
        ),
        (
            WEEK + duty('from = "08:00"\nto = "12:00"') + duty('from = "13:30"\nto = "17:00"'),
            "nobody is on duty as technician on mon 12:00-13:30, tue 12:00-13:30, when the hall is open",
        ),
        (
            WEEK + duty("dates = [2026-03-09, 2026-03-11]"),
            "nobody is on duty as technician on 2026-03-10 09:00-17:00, when the hall is open",
        ),
        (
            duty('from = "08:00"\nto = "20:00"'),
            "on mon 00:00-08:00, mon 20:00-24:00, tue 00:00-08:00 and 11 more",
        ),
    ],
)
def test_wrong_readiness_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, text)
    said = str(refused.value)
    assert told in said, said
    assert len(said.splitlines()) == len(refused.value.problems), "each problem is one line"


@pytest.mark.parametrize(
    "text",
    [
        work(),
        work('from = "2026-03-14T18:00"\nto = "2026-03-15 02:00"'),
        work('days = ["sun"]\nfrom = "22:00"\nto = "02:00"\nannounce_before_s = 0'),
        supply('devices = ["prn-1"]\nfaults = ["jam"]\nunit = "包"\nplace = "库房"\nminimum = 0'),
        WEEK + duty('from = "20:00"\nto = "14:00"') + duty('from = "14:00"\nto = "20:00"'),
        WEEK + duty('days = ["mon"]') + PHONE,
        WEEK + duty("dates = [2026-03-09, 2026-03-10]"),
    ],
)
def test_right_readiness_is_taken(tmp_path: Path, text: str) -> None:
    read(tmp_path, text)
