"""Transactions of a kiosk or program: when was the last one, and how many? From a log that it writes, or a counter.

Whether silence is a fault depends on the hall's opening hours, which are the collector's affair. Here nothing is made
up: after a start the moment of the last transaction comes from the log's own words, and where it has none is unknown
until the next transaction.
"""

from __future__ import annotations

import glob
import math
import stat
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import msgspec
from msgspec import Struct, field

from hallwatch_agent.probes.computers.log_lines import (
    Identity,
    Place,
    find_moved,
    identity_of,
    lines_backwards,
    place_at_end,
    read_new,
)
from hallwatch_agent.probes.computers.transaction_log import Marks, check_time_format
from hallwatch_agent.probes.contact import in_words
from hallwatch_agent.probes.patterns import compile_pattern
from hallwatch_agent.probes.probe import Context, CouldNotRead, FilePath, Told
from hallwatch_agent.probes.systems.web_probe import WebProbe, check_no_password, check_url
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

FOLLOWED: Final = 4
"""Of the files that a pattern finds, so many newest ones are followed."""
NOTED: Final = 50
"""And the ends of so many are noted at the start, as one of them may be written to later."""
MOST_COUNTER_BYTES: Final = 262_144


class Memory(Struct):
    """What is kept between two readings."""

    places: dict[Identity, Place] = field(default_factory=dict)
    followed: set[Identity] = field(default_factory=set)
    started: bool = False
    last_at: float | None = None
    total: float | None = None


class ActivityProbe(WebProbe, tag="activity", frozen=True, kw_only=True):
    """Follows a log (``log`` and ``line``), or asks a counter (``counter_file`` or ``counter_url``)."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"last_transaction_at_s", "transactions_total"})

    log: FilePath = ""
    """A file on this machine, or a pattern such as ``D:/kiosk/logs/*.log``; the newest ones are followed."""
    line: str = ""
    """A regular expression that is found in each line that marks a transaction, and in no other."""
    time_format: str = ""
    """How the group ``(?P<time>…)`` of ``line`` is to be read (strptime): ``%Y-%m-%d %H:%M:%S``. Left out: a
    transaction is dated when its line appears."""
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    counter_file: FilePath = ""
    """A file that holds a number of transactions."""
    counter_url: str = ""
    """An address that answers with one."""
    counter_path: str = ""
    """Where it stands in a JSON answer: ``data.today.0``; left out: the answer is the number."""

    def __post_init__(self) -> None:
        """Refuse a probe without exactly one source, or with one that cannot be understood."""
        super().__post_init__()
        if sum(map(bool, (self.log, self.counter_file, self.counter_url))) != 1:
            raise ValueError(tell("give one of `log`, `counter_file` and `counter_url`"))
        if self.counter_url:
            check_no_password(check_url(self.counter_url, "counter_url"), "counter_url")
        if self.counter_path and self.log:
            raise ValueError(
                tell("`counter_path` is of no use with `log`: leave it out, or give `counter_url` instead")
            )
        if bool(self.log) != bool(self.line):
            raise ValueError(tell("`log` and `line` go together: the expression tells which lines mark a transaction"))
        groups = compile_pattern(self.line, "line").groupindex if self.line else {}
        if self.time_format and "time" not in groups:
            raise ValueError(tell("`time_format` needs a group in `line` that holds the time: (?P<time>[-0-9: ]+)"))
        if "time" in groups and not self.time_format:
            raise ValueError(tell('`line` has a group `time`: say how it is to be read, `time_format = "%H:%M:%S"`'))
        if self.time_format:
            check_time_format(self.time_format)

    def read(self, context: Context) -> Told:
        """Tell ``last_transaction_at_s`` once it is known, and ``transactions_total``.

        The total of a log is counted from the agent's start. Raises :class:`CouldNotRead` when the source cannot be
        read; ``unsupported`` when there is no such log.
        """
        memory: Memory = context.memory.setdefault("activity", Memory())
        if self.log:
            self._follow(memory, context)
        else:
            take_count(memory, self._count(context), context.now)
        metrics = {"last_transaction_at_s": memory.last_at, "transactions_total": memory.total}
        return Told({key: value for key, value in metrics.items() if value is not None})

    def _follow(self, memory: Memory, context: Context) -> None:
        context.preparing = f"reading {self.log}"  # of a share that hangs, the device is not to blame
        marks = Marks(compile_pattern(self.line, "line"), self.encoding, self.time_format)
        try:
            files = newest_files(self.log, NOTED)
            for path in files:
                context.keep_secret(path)
            if memory.started:
                follow(memory, files[:FOLLOWED], marks, context.now)
            elif files:
                start(memory, files, marks, context.now)
        except OSError as error:
            raise CouldNotRead(ReadError.LOCAL, f"{self.log}: {in_words(error)}") from None
        if not files:
            raise CouldNotRead(ReadError.UNSUPPORTED, f"no file {self.log}")
        context.preparing = ""

    def _count(self, context: Context) -> float:
        if self.counter_url:
            return parse_counter(self.fetch(self.counter_url, context, MOST_COUNTER_BYTES), self.counter_path)
        context.preparing = f"reading {self.counter_file}"
        try:
            context.keep_secret(Path(self.counter_file))
            with Path(self.counter_file).open("rb") as file:
                content = file.read(MOST_COUNTER_BYTES)
        except OSError as error:
            raise CouldNotRead(ReadError.LOCAL, f"{self.counter_file}: {in_words(error)}") from None
        return parse_counter(content, self.counter_path)


def newest_files(pattern: str, most: int) -> list[Path]:
    """Return the files that a path or pattern means, the newest first; raise :class:`OSError` when one hides itself."""
    found = [pattern] if Path(pattern).exists() else glob.glob(pattern)  # noqa: PTH207 - any path, not one below a folder
    dated = []
    for path in found:
        try:
            status = Path(path).stat()
        except FileNotFoundError:  # rotated away at this moment
            continue
        if stat.S_ISREG(status.st_mode):  # a pattern finds folders too, and to open a pipe takes for ever
            dated.append((status.st_mtime, Path(path)))
    return [path for _, path in sorted(dated, reverse=True)[:most]]


def start(memory: Memory, files: list[Path], marks: Marks, now: float) -> None:
    """Note where the files end, and look backwards for the last transaction; raise :class:`OSError`."""
    places = [place_at_end(path) for path in files]
    told = (marks.last_of(lines_backwards(place), now) for place in places[:FOLLOWED])
    memory.last_at = max((at for at in told if at is not None), default=None)
    memory.places = {place.identity: place for place in places}
    memory.followed = {place.identity for place in places[:FOLLOWED]}
    memory.started, memory.total = True, 0.0


def follow(memory: Memory, files: list[Path], marks: Marks, now: float) -> None:
    """Take in the new lines of the followed files, and the last ones of those that were renamed since."""
    there = {identity_of(path.stat()): path for path in files}
    gone = [memory.places[identity] for identity in memory.followed - there.keys()]
    moved = [path for place in gone if (path := find_moved(place)) is not None]
    memory.followed = set()
    for path in [*moved, *files]:
        lines, place = read_new(path, memory.places.get(identity_of(path.stat())))
        memory.places[place.identity] = place
        if path in files:
            memory.followed.add(place.identity)
        for line in lines:
            marked, at = marks.find(line, now)
            if marked:
                memory.last_at = max(memory.last_at or 0.0, now if at is None else at)
                memory.total = (memory.total or 0.0) + 1
    _forget(memory)


def take_count(memory: Memory, count: float, now: float) -> None:
    """Take in a counter: one that grew tells of a transaction now; one that fell was set anew and tells nothing."""
    if memory.total is not None and count > memory.total:
        memory.last_at = now
    memory.total = count


def parse_counter(body: bytes, path: str) -> float:
    """Return the number that a counter's file or answer holds, at *path* when it is JSON.

    Raises :class:`CouldNotRead` (``garbage``) when there is none, or it is negative.
    """
    try:
        value: Any = msgspec.json.decode(body) if path else body.decode("utf-8-sig").strip()
        for step in path.split(".") if path else ():
            value = value[int(step)] if isinstance(value, list) else value[step]
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        place = f" at {path}" if path else ""
        raise CouldNotRead(ReadError.GARBAGE, f"no number of transactions{place}")  # whatever there is, it is not told
    return number


def _forget(memory: Memory) -> None:
    """Keep the list of noted ends bounded: daily logs come for ever."""
    for identity in list(memory.places)[: -2 * NOTED]:
        if identity not in memory.followed:
            del memory.places[identity]
