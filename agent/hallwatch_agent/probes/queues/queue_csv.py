"""People waiting at a queue-number machine that writes a CSV file every now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Final

from msgspec import Meta

from hallwatch_agent.probes.contact import in_words
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Seconds, Told
from hallwatch_agent.probes.queues.waiting import QueueMap, judge
from hallwatch_agent.probes.queues.waiting_rows import MAX_BYTES, Delimiter, Encoding, parse_csv
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

SETTLED_S: Final = 2.0
"""A file without an end of its last line is not believed before."""


TablePath = Annotated[
    str,
    Meta(
        pattern=r"(?i)^(?:/|[a-z]:[\\/]|\\\\)[^\r\n]*\.(?:csv|tsv|txt)$(?!\n)",
        description="the whole path of a .csv, .tsv or .txt file",
        examples=["D:/queue/export/queue-*.csv"],
    ),
]


class QueueCsvProbe(Probe, tag="queue-csv", frozen=True, kw_only=True):
    """Reads a file on the agent's machine or on a share that is mounted there."""

    asks_device: ClassVar[bool] = False
    tells: ClassVar[frozenset[str] | None] = frozenset({"people_waiting", "longest_wait_s", "source-stale"})

    path: TablePath
    """The file; its name may hold ``*`` and ``?``, then the newest counts. Only such endings, so that whoever writes
    hall files cannot look into just any file."""
    mapping: QueueMap
    max_age_s: Seconds = 300.0
    """An older file tells nothing of now."""
    delimiter: Delimiter = ","
    encoding: Encoding = ""
    """Left out: by the byte order mark, else UTF-8, else GB 18030."""
    header: bool = True
    """Whether the first line names the columns; if not, they are called ``1``, ``2``, …"""

    def __post_init__(self) -> None:
        """Refuse wildcards in folders."""
        if set("*?") & set(str(Path(self.path).parent)) or "**" in self.path:
            raise ValueError(tell("`path` may have * and ? in the file's name only, not in a folder's, and no **"))

    @property
    def parts(self) -> frozenset[str] | None:
        """The classes of business."""
        return frozenset(self.mapping.classes.values())

    def read(self, context: Context) -> Told:
        """Tell ``people_waiting`` and ``longest_wait_s``; of a file that is too old or not there, ``source-stale``.

        The fact ``why`` then names the file.
        """
        context.preparing = f"reading {self.path}"[:150]  # of a share that hangs, the machine is not to blame
        file = self._newest(context)
        if file is None:
            return Told(conditions={"source-stale": True}, facts={"why": f"{self.path}: there is no such file"})
        age_s = context.now - _changed_at(file)
        if age_s > self.max_age_s:
            return Told(conditions={"source-stale": True}, facts={"why": f"{file}: written {age_s:.0f} s ago"})
        rows = parse_csv(_read_whole(file, context.now), self.delimiter, self.encoding, header=self.header)
        told = judge(rows, self.mapping, context.now)
        return Told(told.metrics, {"source-stale": False}, told.facts)

    def _newest(self, context: Context) -> Path | None:
        pattern = Path(self.path)
        folder = pattern.parent
        name = pattern.name.replace("[", "[[]")  # stands for itself, unlike * and ?
        try:
            next(folder.iterdir(), None)  # a folder that is not there would look like an empty one
            files = [file for file in folder.glob(name) if file.is_file()]
        except OSError as error:
            raise CouldNotRead(ReadError.LOCAL, f"{folder}: {in_words(error)}") from None
        newest = max(files, key=_changed_at, default=None)
        if newest:
            context.keep_secret(newest)
        return newest


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # taken away since it was listed
        return 0.0


def _read_whole(file: Path, now: float) -> bytes:
    """Return a file's content; raise :class:`CouldNotRead` when it is being written: half a number is another one."""
    try:
        before = file.stat()
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
        after = file.stat()
    except OSError as error:
        raise CouldNotRead(ReadError.LOCAL, f"{file}: {in_words(error)}") from None
    if len(content) > MAX_BYTES:
        raise CouldNotRead(ReadError.GARBAGE, f"{file.name}: more than {MAX_BYTES} bytes")
    is_open_ended = now - after.st_mtime < SETTLED_S and not content.rstrip(b"\0").endswith(b"\n")
    if is_open_ended or (before.st_mtime_ns, len(content)) != (after.st_mtime_ns, after.st_size):
        raise CouldNotRead(ReadError.GARBAGE, f"{file.name}: was being written")
    return content
