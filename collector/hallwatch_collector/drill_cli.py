"""``hallwatch drill``: hold a drill on a hall's twin in the running collector, and score it (clause B3)."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from hallwatch_agent.commandline import a_path, describe, in_one_line
from hallwatch_collector import plans
from hallwatch_collector.config import Config, load_running
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.twins import twin_key
from hallwatch_collector.drills.choose import DoesNotFit
from hallwatch_collector.drills.halls import find_hall, known_to, twin_of
from hallwatch_collector.drills.held import Folder, Held
from hallwatch_collector.drills.paper import Result, in_lines, to_document
from hallwatch_collector.drills.scenario import find_scenario, shipped
from hallwatch_collector.folderlock import FolderTaken, lock_folder
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.journal import JournalUnavailable, JournalUnusable
from hallwatch_collector.operate import check_name
from hallwatch_collector.problems import FileRefused, name_choices
from hallwatch_collector.remote import HEALTH, NotCarriedOut, address_of, ask

STOP: Final = "stop"
FORMS: Final = ("docx", "pdf", "html")
ENDS_WITHIN_S: Final = 30.0
EXAMPLES: Final = """examples:
  hallwatch drill --list                                 the drills that come with Hallwatch
  hallwatch drill fibre-cut                              hold one in the running collector's only hall
  hallwatch drill fibre-cut --hall 330106/xihu --by 王主任
  hallwatch drill fibre-cut --hall halls/xihu.toml --rehearse      in a second, by a staff that does everything in time
  hallwatch drill our-own.toml                           a scenario of your own
  hallwatch drill stop                                   end the drill that is on, and score it
"""
REFUSALS: Final = (
    FileRefused, NotCarriedOut, DoesNotFit, FolderTaken, JournalUnavailable, JournalUnusable,
)  # fmt: skip
clock = time.time  # noqa: TID251 - this is the wiring: what a drill does gets its moments here


def add_parser(subparsers: Any) -> None:
    """Add ``hallwatch drill``."""
    parser = subparsers.add_parser(
        "drill",
        help="hold a drill on a hall's twin and score it",
        description="Hold a drill on a hall's twin in the running collector, and score it (clause B3).",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="?", metavar="SCENARIO", help=f"a drill, its file, or {STOP}")
    parser.add_argument("--list", action="store_true", help="list the drills that come with Hallwatch")
    parser.add_argument(
        "--hall", metavar="AREA/HALL", help="which hall, or its file; may be left out when there is only one"
    )
    parser.add_argument("--config", type=a_path, metavar="FILE", help="the collector's file")
    parser.add_argument(
        "--speed", type=_a_speed, default=1.0, metavar="N", help="the trouble's own times go by N times as fast"
    )
    parser.add_argument("--by", metavar="NAME", help="who holds the drill: stands in its score")
    parser.add_argument(
        "--rehearse", action="store_true", help="only play it in virtual time: nothing is shown anywhere"
    )
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="of the course and the score (%(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="the score as JSON")
    parser.set_defaults(run=run_drill)


def run_drill(options: argparse.Namespace) -> int:
    """Carry out ``hallwatch drill``; return the exit status."""
    if options.list:
        for name, scenario in shipped().items():
            print(f"{name:<28} {scenario.title} ({scenario.title_en})\n    {scenario.story_en}")  # noqa: T201
        return 0
    if options.scenario is None:
        return _complain(f"say which drill; {name_choices('', shipped())}")
    try:
        config = load_running(options.config)
        if options.scenario == STOP:
            result = _stop(config, options)
        else:
            result = _rehearse(config, options) if options.rehearse else _hold(config, options)
    except REFUSALS as error:
        return _complain(_say_refusal(error, options.language))
    except OSError as error:
        return _complain(describe(error))
    if result is not None:
        _say_result(result, options)
    return 0


def _hold(config: Config, options: argparse.Namespace) -> Result:
    from hallwatch_collector.drills.live import Director

    check_name(options.by)
    name, scenario = find_scenario(options.scenario)
    real = find_hall(config, options.hall)
    key, now = twin_key(real.hall.key), clock()
    folder = Folder(config.drill_halls, key)
    text, twin = twin_of(config, real, scenario, now)
    held = Held(
        name=name, scenario=scenario, area=key.area, hall=key.hall, hall_name=real.hall.name, by=options.by,
        since=now, speed=options.speed,
    )  # fmt: skip
    director = Director(config, held, twin.hall, say=_say(options), clock=clock)
    ask(config, HEALTH)
    lock = lock_folder(folder.path)  # makes the folder: what is refused leaves none
    try:
        if folder.hall_file.exists():  # and nobody holds its lock: the process that held the last drill died
            _end_the_dead(config, folder, options)
        _say(options)(
            f"演练{scenario.title}({name})在{real.hall.name}开始,页面:{_page(config, key)}",
            f"drill {name} in {real.hall.name}: the page is {_page(config, key)}",
        )
        result = director.hold(text, _end_on_signals())
        return _file(config, director.held, twin, result, options)
    finally:
        if lock is not None:
            os.close(lock)


def _stop(config: Config, options: argparse.Namespace) -> Result | None:
    """End the drill that is on: by its own process where that still runs, else in its place."""
    from hallwatch_collector.drills.live import note

    folders = [folder for folder in _folders(config) if folder.hall_file.exists()]
    wanted = str(twin_key(find_hall(config, options.hall).hall.key)) if options.hall else ""
    held = next((each for each in map(Folder.read, folders) if each and wanted in ("", str(each.key))), None)
    if held is None:
        raise NotCarriedOut("no drill is on")
    folder = Folder(config.drill_halls, held.key)
    with suppress(NotCarriedOut):
        note(config, msgspec.structs.replace(held, by=options.by or held.by), "stop")
    try:
        lock = lock_folder(folder.path)
    except FolderTaken:
        _wait_until_gone(folder)
        _say(options)(
            f"演练{held.name}已结束;得分见发起演练的终端和{folder.path}",
            f"drill {held.name}: ended; its score is where it was started, and in {folder.path}",
        )
        return None
    try:
        return _conclude(config, held, options)
    finally:
        if lock is not None:
            os.close(lock)


def _conclude(config: Config, held: Held, options: argparse.Namespace) -> Result:
    """End a drill in the place of its process, which died: score it, and clear up after it."""
    from hallwatch_collector.drills.live import clear_up, conclude, take_away

    twin = read_hall(Folder(config.drill_halls, held.key).hall_file, known_to(config))
    result = conclude(config, held, twin.hall, clock())
    take_away(config, held)
    if left := clear_up(config, twin.hall):
        names = ", ".join(left)
        _say(options)(
            f"消息服务器上这些采集端的遗留消息未能清除:{names}",
            f"what stands of these agents on the broker could not be cleared: {names}",
        )
    return _file(config, held, twin, result, options)


def _end_the_dead(config: Config, folder: Folder, options: argparse.Namespace) -> None:
    """Make room for another drill in the same hall: end the one whose process died."""
    from hallwatch_collector.drills.live import find_view, note

    held = folder.read()
    if held is None:
        raise NotCarriedOut(f"{folder.hall_file} is of no drill that can be read; look at it, and take it away")
    _say(options)(
        f"演练{held.name}的进程已中断,先将其结束并评分",
        f"the process of drill {held.name} died; it is ended and scored first",
    )
    with suppress(NotCarriedOut):
        note(config, msgspec.structs.replace(held, by=options.by), "stop")
    _conclude(config, held, options)
    deadline, pause = clock() + ENDS_WITHIN_S, threading.Event()
    while find_view(config, held) is not None:
        if clock() > deadline:
            raise NotCarriedOut(f"the collector does not let go of {held.key}; is its log quiet about it?")
        pause.wait(0.2)


def _rehearse(config: Config, options: argparse.Namespace) -> Result:
    from hallwatch_collector.drills.course import tell_in_chinese
    from hallwatch_collector.drills.rehearse import STAFF, Rehearsal
    from hallwatch_collector.report.story import Rules

    name, scenario = find_scenario(options.scenario)
    real, now = find_hall(config, options.hall), clock()
    _, twin = twin_of(config, real, scenario, now)
    rules = plans.load(config.plan_file, config.catalogue_file)
    played = Rehearsal((name, scenario), twin, rules, now, staffed=True)
    if not options.json:
        told: Iterable[str] = played.told
        if options.language == "zh":
            told = tell_in_chinese(played.evidence.record, Rules(twin.hall, *rules), played.ended_at)
        print("\n".join(map(in_one_line, told)), end="\n\n")  # noqa: T201
    return Result(
        drill=name, title=scenario.title, title_en=scenario.title_en, hall=str(twin.hall.key), hall_name=real.hall.name,
        began_at=now, ended_at=played.ended_at, by=STAFF, entries=0, head="", score=played.score,
    )  # fmt: skip


def _file(config: Config, held: Held, twin: HallFile, result: Result, options: argparse.Namespace) -> Result:
    """Write the score and the report beside what else the drill left."""
    from hallwatch_collector.report.files import write_file
    from hallwatch_collector.report.fonts import FontMissing
    from hallwatch_collector.report.story import Rules
    from hallwatch_collector.report.words import ReportWords

    rules = Rules(twin.hall, *plans.load(config.plan_file, config.catalogue_file))
    document = to_document(result, held.scenario, ReportWords(rules, result.ended_at, result.began_at))
    began = dt.datetime.fromtimestamp(held.since, ZoneInfo(twin.hall.timezone))
    folder = Folder(config.drill_halls, held.key).path / f"{began:%Y%m%d-%H%M%S}-{held.name}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "score.json").write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    (folder / "hall.toml").write_bytes(twin.content)
    for form in FORMS:
        try:
            (folder / f"report.{form}").write_bytes(write_file(document, form, config.report, result.ended_at))
        except FontMissing as error:
            _complain(error)
    _say(options)(f"得分和评估报告在{folder}", f"score and report are in {folder}")
    return result


def _folders(config: Config) -> Iterator[Folder]:
    for path in sorted(config.drill_halls.glob("*/drill.json")):
        area, _, hall = path.parent.name.partition("-")
        yield Folder(config.drill_halls, HallKey(area, hall))


def _wait_until_gone(folder: Folder) -> None:
    deadline, pause = clock() + ENDS_WITHIN_S, threading.Event()
    while folder.hall_file.exists():
        if clock() > deadline:
            raise NotCarriedOut(f"{folder.hall_file} is still there: the drill's own process does not end; end that")
        pause.wait(0.2)


def _page(config: Config, key: HallKey) -> str:
    return f"{address_of(config)}/halls/{key}"


def _end_on_signals() -> threading.Event:
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    return ended


def _say(options: argparse.Namespace) -> Any:
    """Return who tells the course, in the language of the score; beside a score that is JSON, to standard error."""
    stream = sys.stderr if options.json else sys.stdout

    def say(zh: str, en: str) -> None:
        line = zh if options.language == "zh" else en
        with suppress(OSError):  # the terminal is gone; the drill is cleared up all the same
            stream.write(f"{time.strftime('%H:%M:%S', time.localtime(clock()))}  {in_one_line(line)}\n")
            stream.flush()

    return say


def _say_result(result: Result, options: argparse.Namespace) -> None:
    if options.json:
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
        return
    sys.stdout.write("".join(f"{in_one_line(line)}\n" for line in ("", *in_lines(result, options.language))))


def _a_speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.1 <= speed <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; write a number from 0.1 to 100")
    return speed


def _say_refusal(error: Exception, language: str) -> str:
    if isinstance(error, FolderTaken):
        return f"a drill is on in {error}; end it: hallwatch drill stop"
    return error.text if isinstance(error, DoesNotFit) and language == "zh" else str(error)


def _complain(error: object) -> int:
    sys.stderr.write(f"{error}\n")
    return 1
