"""The page of a hall's readiness: what it says, to whom, in both languages, and what its forms send."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from hallwatch_collector import plans
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.commands import readiness as orders
from hallwatch_collector.core.commands.readiness import ReadinessCommand
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.views import HallView
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from parts.fake_source import FakeSource
from parts.web import OWN, browse

PLAN, CATALOGUE = plans.load()
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
devices = [
  { id = "prn-1", kind = "printer", name = "1号窗口打印机", spare = "prn-9" },
  { id = "prn-2", kind = "printer", name = "2号窗口<b>打印机", spare = "prn-9" },
  { id = "prn-9", kind = "printer", name = "备用打印机" },
  { id = "rt-1", kind = "router", name = "上联路由器", probes = [{ kind = "tcp", host = "192.168.1.1", port = 22 }] },
]
supplies = [
  { id = "paper", name = "A4纸", unit = "包", minimum = 5, place = "库房" },
  { id = "books", name = "应急登记簿", unit = "本", minimum = 4 },
]
duty = [{ role = "technician", person = "张工", phone = "13800000001" }]
[[maintenance]]
id = "upgrade"
devices = ["rt-1"]
text = "固件升级"
from = "2026-03-10 18:00"
to = "2026-03-10 20:00"
"""
ROUND_AT = 1_773_101_700.0
"""2026-03-10 08:15 in Shanghai."""
PAGE = "/halls/330106/xihu/readiness"


def say(**told: object) -> AnyCommand:
    return msgspec.convert({"by": "张工", "roles": ["*"], **told}, type=ReadinessCommand)  # type: ignore[no-any-return]


@pytest.fixture
def view(tmp_path: Path) -> HallView:
    path = tmp_path / "xihu.toml"
    path.write_text(HALL, encoding="utf-8")
    hall = read_hall(path, Known.of(PLAN, CATALOGUE)).hall
    engine = Engine(PLAN, CATALOGUE)
    engine.load_hall(hall, "1", None, ROUND_AT - 600)
    engine.on_tick(ROUND_AT)
    for command in (
        say(command="start-maintenance", devices=["prn-2"], text="更换定影器"),
        say(command="count-stock", supply="paper", count=3),
        say(command="lend-spare", device="prn-1"),
        say(command="look-at", round="round-20260310-0815", item="power", result="not-ok", note="UPS 告警灯亮"),
    ):
        engine.on_command(hall.key, command, ROUND_AT + 60)
    return engine.view(hall.key, ROUND_AT + 120)


@pytest.fixture
def source(view: HallView) -> FakeSource:
    source = FakeSource(view)
    source.clock = ROUND_AT + 120
    return source


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh-CN", "每日巡查 张工:有问题 告警灯亮 维护中,结束时间未说明 不足 从未清点 已换到1号窗口打印机 固件升级"),
        ("en", "Daily_round Not_right nobody_said_until_when short never_counted On_duty_now stands_in_for"),
    ],
)  # fmt: skip
def test_the_page_says_how_ready_the_hall_is(source: FakeSource, language: str, told: str) -> None:
    with browse(source) as client:
        page = client.get(f"{PAGE}?lang={language}").text
    for words in told.split():
        assert words.replace("_", " ") in page, words
    assert "2号窗口&lt;b&gt;打印机" in page
    assert "<b>" not in page
    assert "13800000001" in page


def test_an_onlooker_has_no_forms(source: FakeSource) -> None:
    with browse(source) as client:
        assert "<form" not in client.get(PAGE).text.partition("<main")[2]
        sent = client.post(f"{PAGE}/commands", data={"command": "finish-round", "round": "r"}, headers=OWN)
    assert sent.status_code == 403
    assert not source.commands


@pytest.mark.parametrize(
    ("form", "command"),
    [
        (
            {"command": "look-at", "round": "round-20260310-0815", "item": "order", "result": "ok", "note": ""},
            orders.LookAt(by="王工", roles=["*"], round="round-20260310-0815", item="order", result="ok"),
        ),
        (
            {"command": "count-stock", "supply": "paper", "count": "12"},
            orders.CountStock(by="王工", roles=["*"], supply="paper", count=12),
        ),
        (
            {"command": "start-maintenance", "devices": ["prn-1", "rt-1"], "text": "保养", "minutes": ""},
            orders.StartMaintenance(by="王工", roles=["*"], devices=["prn-1", "rt-1"], text="保养"),
        ),
        (
            {
                "command": "plan-maintenance", "devices": "rt-1", "text": "保养", "from": "2026-03-14T18:00",
                "to": "2026-03-14T20:00",
            },
            orders.PlanMaintenance(
                by="王工", roles=["*"], devices=["rt-1"], text="保养", from_="2026-03-14T18:00", to="2026-03-14T20:00"
            ),
        ),
    ],
)  # fmt: skip
def test_a_form_sends_its_command(source: FakeSource, form: dict[str, object], command: AnyCommand) -> None:
    with browse(source, person="王工") as client:
        answer = client.post(f"{PAGE}/commands", data=form, headers=OWN, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    assert [sent for _, sent in source.commands] == [command]


@pytest.mark.parametrize("form", [{"command": "confirm", "measure": "m-1"}, {"command": "count-stock"}, {}])
def test_what_is_no_command_of_this_page_is_refused(source: FakeSource, form: dict[str, str]) -> None:
    with browse(source, person="王工") as client:
        answer = client.post(f"{PAGE}/commands", data=form, headers=OWN, follow_redirects=False)
    assert answer.status_code == 400
    assert not source.commands


def test_every_form_of_the_page_can_be_sent(source: FakeSource) -> None:
    """What the buttons carry is what the command wants: nothing is hidden that would be refused."""
    with browse(source, person="王工") as client:
        page = client.get(PAGE).text
    for command in (
        "look-at",
        "finish-round",
        "end-maintenance",
        "cancel-maintenance",
        "plan-maintenance",
        "take-stock",
    ):
        assert f'name="command" value="{command}"' in page
    assert 'value="lend-spare"' not in page, "the spare is lent"
    assert 'value="return-spare"' in page


def test_the_hall_page_says_what_is_under_maintenance_and_who_is_on_duty(source: FakeSource) -> None:
    with browse(source) as client:
        page = client.get("/halls/330106/xihu/work?lang=zh-CN").text
    assert "维护中" in page
    assert "更换定影器" in page
    assert "现在值班" in page
    assert f'href="{PAGE}"' in page
