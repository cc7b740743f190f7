"""The page of a hall's agents."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from msgspec.structs import replace

from hallwatch_collector.core.views import AgentView
from parts.fake_source import FakeSource
from parts.hall_views import NOW
from parts.shown_halls import bad_morning
from parts.web import PAGE, browse

AGENTS = f"{PAGE}/agents"
WELL = AgentView(
    id="gw", name="机房网关", alive=True, seen=True, since=NOW - 60, last_report_at=NOW - 5,
    version=version("hallwatch"),
    host="gateway", spooled=0, dropped=0, gaps=0, clock_offset_s=0.2, probes=12,
)  # fmt: skip
GONE = replace(WELL, id="guide", name="导税台电脑", alive=False, spooled=30, dropped=2, gaps=1, clock_offset_s=-90.0)
NEW = replace(WELL, id="corner", name="", alive=False, seen=False, last_report_at=None, version="", host="", probes=0)


def page_of(*agents: AgentView, language: str = "zh-CN", role: str = "technician") -> str:
    with browse(FakeSource(replace(bad_morning(), agents=agents)), "李工", role) as client:
        return client.get(f"{AGENTS}?lang={language}").text


def test_each_agent_says_how_it_is_those_that_are_gone_first() -> None:
    page = page_of(WELL, GONE, NEW)
    assert re.findall(r'id="agent-(\w+)"', page) == ["guide", "corner", "gw"]
    for words in (
        "失联",
        "从未上线",
        "在线",
        "积压 30 条报告",
        "丢弃 2 条报告",
        "缺 1 条报告",
        "时钟相差",
        "12 项检查",
        "gateway",
    ):
        assert words in page
    assert "与中心程序不同" not in page
    assert "与中心程序不同" in page_of(replace(WELL, version="0.0.1"))


def test_a_hall_without_agents_says_so_and_how_one_is_installed() -> None:
    page = page_of()
    assert "还没有采集程序" in page
    assert "hall = &#34;xihu&#34;" in page
    assert "/settings/halls" not in page
    assert 'href="/settings/halls/330106/xihu"' in page_of(role="administrator")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_names_are_only_names(language: str) -> None:
    page = page_of(replace(WELL, name="<script>alert(1)</script>", host='"><img src=x>'), language=language)
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "agents." not in page.replace("static/agents.css", "").replace("parts/agents", "")
