"""The guided tour: looking around, choosing of what was found, and the hall file that comes of it."""

from __future__ import annotations

import io
import re
import sys
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient

from hallwatch_agent.discover import fragment, search
from hallwatch_agent.discover.show import ProgressLine
from hallwatch_collector.halls.found import UNKNOWN
from hallwatch_collector.lookaround import LONGEST_TEXT, LookAround
from parts.fake_source import FakeSource
from parts.hall_file import GOOD
from parts.hall_files import open_hall_files
from parts.hall_views import NOW
from parts.shown_halls import bad_morning
from parts.small_network import NET, PRINTER, run_small_network
from parts.waiting import wait_until
from parts.web import OWN, browse

TOUR = "/settings/tour/330106/xihu"
FOUND = """\
# hallwatch-agent discover, 2026-11-23 09:33: 3 hosts on 192.168.1.0/24
[[devices]]
id = "prn-3"
kind = "printer"
name = "打印机 <script>alert(1)</script>"
# place = "w1"
# gives = ["print"]

[[devices.probes]]
kind = "snmp-printer"
host = "192.168.1.53"

# These answer, but tell nothing of what they are; take away the # of those to be watched.

# # 192.168.1.60: other, not known
# [[devices]]
# id = "dev-60"
# kind = "other"
# name = "设备 192.168.1.60"
#
# [[devices.probes]]
# kind = "ping"
# host = "192.168.1.60"
"""


@pytest.fixture
def source(tmp_path: Path) -> FakeSource:
    source = FakeSource(bad_morning())
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(f"# 我们的大厅\n{GOOD}", encoding="utf-8")
    source.hall_files = open_hall_files(tmp_path)
    (tmp_path / "found.toml").write_text(FOUND, encoding="utf-8")
    program = f"import sys; sys.stderr.write('3 hosts\\n'); print(open({str(tmp_path / 'found.toml')!r}).read())"
    source.look_around = LookAround(lambda: NOW, [sys.executable, "-c", program])
    return source


def send(client: TestClient, **fields: str | list[str]) -> tuple[int, str]:
    answer = client.post(TOUR, data=fields, headers=OWN)
    return answer.status_code, unescape(answer.text)


def found_in(client: TestClient) -> str:
    """Return by what the page's list is known."""
    told = re.search(r'name="found" value="(\w+)"', client.get(TOUR).text)
    return told[1] if told else ""


def test_the_marker_is_the_one_that_the_agent_writes() -> None:
    assert fragment.UNKNOWN.startswith(UNKNOWN)


def test_from_a_look_to_a_hall_file_with_a_window_and_a_device(source: FakeSource, tmp_path: Path) -> None:
    with browse(source, "老赵", "administrator") as client:
        assert 'href="/settings/tour/330106/xihu"' in client.get("/settings/tour").text
        status, _ = send(client, action="look", networks="192.168.1.0/24")
        assert status == 200
        wait_until(lambda: source.look_around.state.status == "done", 10, "the look")
        page = client.get(TOUR).text
        assert "<script>alert" not in page
        for words in ("找到 2 台设备", "192.168.1.53", "只有应答"):
            assert words in page
        status, preview = send(
            client, action="add", found=found_in(client), window="1", **{
                "window-number": "4", "window-name": "4号窗口", "window-class": ["filing"],
                "take-0": "1", "name-0": "4号窗口打印机", "place-0": "new",
            },
        )  # fmt: skip
        assert (status, "# 我们的大厅" in preview) == (200, True)
        assert "+ 新增</span> 窗口 <strong>4号窗口</strong> <code>w4</code>" in preview
        assert "+ 新增</span> 设备 <strong>4号窗口打印机</strong> <code>prn-3-2</code>" in preview, "an id of its own"
        ticked = {"take-0": "1", "name-0": "新打印机", "place-0": "w3"}
        status, preview = send(client, action="add", found=found_in(client), **ticked)
        assert status == 200
        assert "+ 新增</span> 设备 <strong>新打印机</strong>" in preview
    assert "新打印机" not in (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8"), "it is saved from there"


def test_what_a_look_elsewhere_wrote_is_handed_in(source: FakeSource) -> None:
    with browse(source, "老赵", "administrator") as client:
        assert send(client, action="hand-in", text=FOUND)[0] == 200
        assert "找到 2 台设备" in client.get(TOUR).text
        for wrong in ("hello = ", "x = 1", "[[devices]]\nid = 3\n", "devices = 5", "[" * 5000):
            status, page = send(client, action="hand-in", text=wrong)
            assert (status, "这不是" in page) == (422, True), wrong[:20]


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        ("--help", "网段不对"),
        ("192.168.1.0/24; rm", "网段不对"),
        ("10.0.0.0/8", "网段太大"),
        ("1.2.3.4/33", "网段不对"),
    ],
)
def test_what_is_no_network_is_refused(source: FakeSource, networks: str, words: str) -> None:
    with browse(source, "老赵", "administrator") as client:
        status, page = send(client, action="look", networks=networks)
    assert (status, words in page) == (422, True)
    assert source.look_around.state.status == "idle"


def is_ended(client: TestClient, source: FakeSource) -> bool:
    send(client, action="stop")
    return source.look_around.state.status == "done"


def test_one_look_at_a_time_which_can_be_ended(source: FakeSource) -> None:
    program = (
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n"
        '    print(\'[[devices]]\\nid = "a"\\nkind = "pc"\\nname = "a"\')'
    )
    source.look_around = LookAround(lambda: NOW, [sys.executable, "-c", program + "\n"])
    with browse(source, "老赵", "administrator") as client:
        send(client, action="look", networks="")
        assert 'http-equiv="refresh"' in client.get(TOUR).text
        assert "已经在找了" in send(client, action="look", networks="")[1]
        wait_until(lambda: is_ended(client, source), 20, every_s=0.3)
    source.look_around.close()


def stages() -> list[str]:
    """Return what a search says that it is doing."""
    return re.findall(r'self\._each\("([^"]+)"', Path(search.__file__).read_text(encoding="utf-8"))


@pytest.mark.parametrize("stage", stages())
@pytest.mark.parametrize("hosts", [0, 1, 12])
def test_how_far_a_look_is_is_said_in_the_words_of_the_page(source: FakeSource, stage: str, hosts: int) -> None:
    out = io.StringIO()
    ProgressLine(out, lambda: 0.0)(stage, 40, 254, hosts)
    program = f"import sys, time; print({out.getvalue()!r}, file=sys.stderr, flush=True); time.sleep(60)"
    source.look_around = LookAround(lambda: NOW, [sys.executable, "-c", program])
    with browse(source, "老赵", "administrator") as client:
        send(client, action="look", networks="")
        wait_until(lambda: source.look_around.state.said, 20, "its first words", 0.05)
        page = client.get(TOUR).text
        assert f"40 / 254,已找到 {hosts} 台" in page
        assert '<progress class="tour-progress" value="40" max="254"' in page
        assert stage.replace(" ", "-") not in page
        assert stage not in page
    source.look_around.close()


def test_a_look_that_finds_nothing_says_why(source: FakeSource) -> None:
    source.look_around = LookAround(lambda: NOW, [sys.executable, "-c", "import sys; sys.exit('no network')"])
    with browse(source, "老赵", "administrator") as client:
        send(client, action="look", networks="")
        wait_until(lambda: source.look_around.state.status == "failed", 10)
        page = client.get(f"{TOUR}?lang=en").text
    assert "Nothing was found" in page
    assert "no network" in page
    assert "tour." not in page.replace("/settings/tour", "")


@pytest.mark.e2e
def test_a_real_look_at_a_small_network_finds_what_is_there(source: FakeSource) -> None:
    source.look_around = LookAround(lambda: NOW)
    with run_small_network({}), browse(source, "老赵", "administrator") as client:
        send(client, action="look", networks=NET)
        wait_until(lambda: source.look_around.state.status != "looking", 90, "the look", 0.2)
        page = client.get(TOUR).text
    source.look_around.close()
    assert PRINTER in page, source.look_around.state.said
    assert "不间断电源" in page


def test_what_was_ticked_in_a_list_that_is_another_by_now_is_asked_for_again(source: FakeSource) -> None:
    with browse(source, "老赵", "administrator") as client:
        send(client, action="hand-in", text=FOUND)
        old = found_in(client)
        send(client, action="hand-in", text=FOUND.replace('"打印机', '"另一台'))
        status, page = send(client, action="add", found=old, **{"take-0": "1", "name-0": "新打印机", "place-0": "w3"})
        assert (status, "请重新勾选" in page) == (422, True)


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import signal, time; signal.signal(2, signal.SIG_IGN); print('x = 1', flush=True); time.sleep(60)", "x = 1"),
        ("import sys\nwhile True: sys.stdout.write('y' * 10_000)", "y" * LONGEST_TEXT),
    ],
    ids=["deaf", "endless"],
)
def test_a_look_that_does_not_end_is_ended(program: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallwatch_collector.lookaround.GRACE_S", 0.2)
    look = LookAround(lambda: NOW, [sys.executable, "-c", program], longest_s=1.0)
    look.start([], "老赵")
    wait_until(lambda: look.state.status != "looking", 20, "it is killed", 0.05)
    assert look.state.found == found
