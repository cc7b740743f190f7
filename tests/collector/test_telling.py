"""An edit of alerts.toml is taken up; the weekly test is sent by itself, and not twice."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.alerts.people import Alerting, Recipient
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.values import WEEKDAYS
from hallwatch_collector.kept import KeptFiles
from hallwatch_collector.notify.dispatch import Dispatch
from hallwatch_collector.notify.settings import WeeklyTest, load_in_force
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.telling import Telling, last_planned
from parts.county import PLAN, hall
from parts.vendors.webhook import SECRET, Receiver
from parts.waiting import wait_until

ZONE = ZoneInfo("Asia/Shanghai")
PLANNED = 1_763_692_800.0
FILE = """\
weekly_test = {{ day = "{day}", at = "{at}" }}
channels = [{{ id = "hook", kind = "webhook", url = "{url}", secret_file = "{secret}" }}]
people = [{{ name = "张伟", roles = ["technician"], ways = [{{ channel = "hook" }}] }}]
"""


def file(receiver: Receiver, secret: str) -> str:
    """Return the file with a test at :data:`PLANNED`."""
    planned = dt.datetime.fromtimestamp(PLANNED, ZONE)
    return FILE.format(url=receiver.url, secret=secret, day=WEEKDAYS[planned.weekday()], at=f"{planned:%H:%M}")


class Asked:
    """What is asked of the collector."""

    def __init__(self) -> None:
        self.alertings: list[Alerting] = []
        self.tests: list[AlertsTested] = []
        self.people: list[Recipient] = []

    def ask_too(self, trouble: Callable[[], str]) -> None:
        self.trouble = trouble

    def watch_alerts(self, tested: Callable[[], AlertsTested | None], refused: Callable[[], bool]) -> None:
        self.tested, self.refused = tested, refused

    def use_alerting(self, alerting: Alerting) -> None:
        self.alertings.append(alerting)

    def on_duty(self) -> tuple[list[Recipient], list[str]]:
        return self.people, ["西湖区办税服务厅"]

    def halls(self) -> list[Hall]:
        return [hall([])]

    def own_record(self, since: float) -> Iterator[AnyEvent]:
        return (each for each in self.tests if each.at >= since)

    def note_test(self, tested: AlertsTested) -> None:
        self.tests.append(tested)


class Setting:
    """A file, a receiver, and a clock that the test moves."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.now, self.receiver, self.path = PLANNED - 2, receiver, folder / "alerts.toml"
        receiver.now = lambda: self.now  # who checks signatures compares the time
        (folder / "good").write_text(SECRET)
        (folder / "bad").write_text("whsec_" + "QUJD" * 8)
        self.asked, self.kept = Asked(), KeptFiles(folder / "alerts-in-force")
        self.write(file(receiver, "good"))
        self.start()

    def start(self) -> None:
        told = load_in_force(self.path, PLAN, self.kept)
        self.asked.people = told.people
        dispatch = Dispatch(told, self.path.parent, PLAN, lambda: self.now)
        self.telling = Telling(self.path, PLAN, dispatch, self.asked, self.kept, now=lambda: self.now)  # type: ignore[arg-type]
        self.telling.resume()

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        os.utime(self.path, ns=(0, hash(text) & 0xFFFFFFFF))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.telling.tick()


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    receiver = Receiver()
    receiver.start()
    yield Setting(tmp_path, receiver)
    receiver.stop()


@pytest.mark.parametrize(
    ("at", "planned"),
    [
        ("2026-03-09 09:00", "2026-03-09 09:00"), ("2026-03-09 08:59", "2026-03-02 09:00"),
        ("2026-03-15 23:59", "2026-03-09 09:00"), ("2026-03-10 00:00", "2026-03-09 09:00"),
    ],
)  # fmt: skip
def test_the_last_planned_moment_is_the_weeks(at: str, planned: str) -> None:
    now, was = (dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() for text in (at, planned))
    assert last_planned(WeeklyTest(day="mon", at="09:00"), now, ZONE) == was


def test_everybody_is_sent_a_test_once_a_week_and_it_is_on_record(setting: Setting) -> None:
    setting.wait(0)
    assert setting.receiver.taken == []
    setting.wait(5)
    wait_until(lambda: setting.asked.tests, 10, "the test is noted")
    (tested,) = setting.asked.tests
    assert (tested.reached, tested.unreached, tested.failed) == (["张伟"], [], [])
    (message,) = setting.receiver.taken
    assert message["data"]["is_test"] is True
    assert message["data"]["parts"][0]["title"] == "西湖区办税服务厅的通知可以送到这里"
    for _ in range(3):
        setting.wait(60)
    setting.start()
    setting.wait(60)
    assert len(setting.receiver.taken) == 1, "not again after a restart"
    setting.wait(7 * 86_400)
    wait_until(lambda: len(setting.asked.tests) == 2, 10, "a week later")


def test_who_is_not_reached_is_named_with_the_reason(setting: Setting) -> None:
    setting.write(file(setting.receiver, "bad"))
    setting.wait(5)
    wait_until(lambda: setting.asked.tests, 10, "the test is noted")
    assert setting.asked.tests[0].unreached == ["张伟"]
    assert setting.asked.tests[0].failed[0].startswith("hook (张伟): ")
    assert setting.asked.tested() is setting.asked.tests[0]


def test_an_edit_is_taken_up_and_a_wrong_one_is_not(setting: Setting) -> None:
    good = file(setting.receiver, "good")
    setting.write(good.replace("张伟", "李敏"))
    setting.wait(-3600)
    assert [each.recipients[0].name for each in setting.asked.alertings] == ["李敏"]
    setting.write(good.replace('["technician"]', '["techncian"]'))
    setting.wait(3)
    assert "did you mean 'technician'?" in setting.asked.trouble()
    assert setting.asked.refused()
    assert len(setting.asked.alertings) == 1
    setting.write(good.replace('"good"', '"soon"'))
    setting.wait(3)
    assert "soon" in setting.asked.trouble()
    (setting.path.parent / "soon").write_text(SECRET)
    setting.wait(3)
    assert not setting.asked.trouble(), "a secret's file that is there now mends it, without another edit"
    assert len(setting.asked.alertings) == 2


def test_a_file_that_is_gone_for_a_moment_changes_nothing(setting: Setting) -> None:
    text = setting.path.read_text(encoding="utf-8")
    setting.path.unlink()
    setting.wait(-3600)
    assert setting.asked.refused()
    setting.write(text)
    setting.wait(3)
    assert (setting.asked.refused(), setting.asked.alertings) == (False, [])


def test_a_test_that_cannot_be_noted_is_not_sent_again_and_again(setting: Setting) -> None:
    def fail(tested: AlertsTested) -> None:
        raise RuntimeError(f"a defect, at {tested.at}")

    setting.asked.note_test = fail  # type: ignore[method-assign]
    for _ in range(6):
        setting.wait(3)
        if setting.telling._testing:
            setting.telling._testing.join(10)
    assert len(setting.receiver.taken) == 1


def test_what_the_file_said_before_a_mistake_counts_after_a_restart_too(setting: Setting) -> None:
    setting.wait(3)
    before = setting.telling._dispatch.told
    setting.write("people = oops")
    setting.start()
    setting.wait(3)
    assert setting.telling._dispatch.told == before, "a hall is watched whatever is wrong in this file"
    assert "alerts.toml refused" in setting.telling.trouble
    setting.path.unlink()
    setting.start()
    setting.wait(3)
    assert setting.telling._dispatch.told == before
    setting.write(file(setting.receiver, "good"))
    setting.wait(3)
    assert not setting.telling.trouble


def test_a_secret_that_is_gone_keeps_no_collector_from_starting(setting: Setting) -> None:
    setting.wait(3)
    (setting.path.parent / "good").unlink()
    setting.start()
    setting.wait(3)
    assert "good" in setting.telling.trouble
    assert setting.telling._dispatch.told.people


def test_a_file_that_never_was_good_is_refused_at_once(setting: Setting) -> None:
    setting.write("people = oops")
    with pytest.raises(FileRefused):
        setting.start()
