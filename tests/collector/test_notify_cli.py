"""``hallwatch notify``: right or wrong, who would be told, and whom a test reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hallwatch_collector.cli import main
from hallwatch_collector.notify.settings import load_unsent, read_secret
from hallwatch_collector.plans import load
from parts.vendors.webhook import SECRET, Receiver

ROOT = Path(__file__).parents[2]
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
classes = [{ id = "certificates", name = "完税证明开具", needs = ["print"] }]
windows = [{ id = "w1", number = 1, name = "1号窗口", classes = ["certificates"] }]
duty = [{ role = "technician", person = "张伟", days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], \
from = "00:00", to = "24:00" }]
devices = [{ id = "prn-1", kind = "printer", name = "打印机", place = "w1", gives = ["print"], \
probes = [{ kind = "tcp", agent = "gw", host = "127.0.0.1", port = 9 }] }]
"""
ALERTS = """\
steps = [{{ to = ["technician"], repeat_s = 600, times = 2 }}, {{ to = ["head"], after_s = 900 }}]
channels = [
  {{ id = "hook", kind = "webhook", url = "{url}", secret_file = "good" }},
  {{ id = "dead", kind = "webhook", url = "{url}", secret_file = "bad" }},
]
people = [
  {{ name = "张伟", roles = ["technician"], ways = [{{ channel = "hook" }}, {{ channel = "dead" }}] }},
  {{ name = "李敏", roles = ["technician"], ways = [{{ channel = "dead" }}] }},
  {{ name = "王主任", roles = ["head"], ways = [{{ channel = "hook" }}], \
quiet = [{{ from = "22:00", to = "07:00" }}] }},
]
"""


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.start()
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(HALL, encoding="utf-8")
    (tmp_path / "collector.toml").write_text('alerts = "alerts.toml"\n')
    (tmp_path / "alerts.toml").write_text(ALERTS.format(url=receiver.url), encoding="utf-8")
    (tmp_path / "good").write_text(SECRET)
    (tmp_path / "bad").write_text("whsec_" + "QUJD" * 8)
    monkeypatch.chdir(tmp_path)
    yield receiver
    receiver.stop()


def test_a_right_file_is_said_to_be(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "check"]) == 0
    assert "right: 2 channels, 3 people, 2 steps" in capsys.readouterr().out
    assert main(["check"]) == 0


def test_everything_that_is_wrong_is_said_at_once(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("alerts.toml")
    text = path.read_text(encoding="utf-8")
    wrong = text.replace('secret_file = "bad"', 'secret_file = "none"').replace('["head"]', '["haed"]').replace(
        '{ channel = "dead" }] },\n  { name = "王主任"', '{ channel = "daed" }] },\n  { name = "王主任"'
    )  # fmt: skip
    path.write_text(wrong, encoding="utf-8")
    for command in (["notify", "check"], ["check"]):
        assert main(command) == 1
        told = capsys.readouterr()
        for each in ("steps[2].to: ", "ways[1].channel: ", "channels (dead).secret_file: "):
            assert each in told.out + told.err, (command, each)


def test_a_second_way_on_the_same_channel_is_refused_because_it_would_never_be_taken(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("alerts.toml")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('{ channel = "dead" }] },', '{ channel = "hook" }] },', 1), encoding="utf-8")
    assert main(["notify", "check"]) == 1
    told = capsys.readouterr()
    assert "ways[2].channel: hook stands here twice" in told.out + told.err


def test_a_secret_that_notepad_wrote_is_read_without_its_mark(tmp_path: Path) -> None:
    (tmp_path / "robot").write_text(SECRET, encoding="utf-8-sig")
    assert read_secret(tmp_path, "robot") == SECRET


def test_without_a_file_it_is_said_how_to_begin(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    Path("collector.toml").write_text("")
    assert main(["notify", "show"]) == 1
    assert 'say alerts = "alerts.toml"' in capsys.readouterr().err


def test_who_would_be_told_is_said_step_by_step(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "show", "--hall", "xihu", "--level", "Ⅲ", "--at", "2026-03-10 22:30"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "330106/xihu 西湖区办税服务厅, level Ⅲ, 2026-03-10 22:30:",
        "after 0 min step 1 (technician): 张伟 by hook",
        "after 10 min step 1 (technician): 张伟 by hook",
        "after 15 min step 2 (head): 王主任 by hook, quiet hours: at 03-11 07:00",
    ]
    main(["notify", "show", "--level", "Ⅰ", "--at", "2026-03-10 22:30"])
    assert "quiet" not in capsys.readouterr().out, "the highest level waits for nobody's morning"


def test_a_step_that_tells_nobody_is_a_fault(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("alerts.toml")
    path.write_text(path.read_text(encoding="utf-8").replace('to = ["head"]', 'to = ["guide"]'), encoding="utf-8")
    assert main(["notify", "show"]) == 1
    assert "NOBODY" in capsys.readouterr().out
    assert main(["notify", "test"]) == 1
    assert "step 2 would tell nobody now" in capsys.readouterr().out


def test_who_is_on_duty_is_sent_a_marked_test(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "test"]) == 0
    told = capsys.readouterr().out
    (message,) = receiver.taken
    assert message["data"]["is_test"] is True
    assert message["data"]["parts"][0]["lines"] == ["收件人:张伟, 王主任"]
    assert "hook  accepted  张伟, 王主任" in told
    assert "dead  failed" in told
    assert told.endswith("2 people reached\n")
    assert "李敏" not in told, "is not on duty"


def test_whom_it_does_not_reach_is_named_at_the_end(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notify", "test", "--all"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "NOT REACHED by any way: 李敏"
    assert main(["notify", "test", "--person", "张伟", "--channel", "hook"]) == 0
    assert main(["notify", "test", "--person", "张伟", "--channel", "dead"]) == 1


@pytest.mark.parametrize("words", [["--person", "外人"], ["--channel", "hok"], ["--hall", "nowhere"]])
def test_a_name_that_there_is_not_is_refused_and_nothing_sent(
    receiver: Receiver, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert main(["notify", "test", *words]) == 1
    assert words[1] in capsys.readouterr().err
    assert receiver.asked == []


def test_the_sample_and_what_the_docs_say_are_right(tmp_path: Path) -> None:
    plan, _ = load()
    told = load_unsent(ROOT / "deploy" / "alerts.toml", plan)
    assert (len(told.people), len(told.steps), told.weekly_test is not None) == (2, 2, True)
    blocks = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs" / "alerts" / "people.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert len(blocks) == 3
    for block in blocks:
        path = tmp_path / "alerts.toml"
        path.write_text(block, encoding="utf-8")
        load_unsent(path, plan)
