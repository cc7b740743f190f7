"""A print queue of the Windows machine that the agent runs on, or of a print server it may use."""

from __future__ import annotations

import sys
from typing import Annotated, Any, ClassVar, Final, Protocol

from msgspec import Meta

from hallwatch_agent.probes.printers.spooler_status import judge_queue, parse_refusal
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.wire import ReadError

MOST_JOBS: Final = 1000


class Spooler(Protocol):
    """The functions of pywin32's ``win32print`` that are used."""

    def OpenPrinter(self, printer: str, /) -> Any:  # noqa: N802 - Windows' name
        """Return a handle."""

    def GetPrinter(self, handle: Any, level: Any, /) -> Any:  # noqa: N802 - Windows' name
        """Return PRINTER_INFO of a level as a dict."""

    def EnumJobs(self, handle: Any, first: int, count: int, level: Any, /) -> Any:  # noqa: N802 - Windows' name
        """Return JOB_INFO of a level as a tuple of dicts."""

    def ClosePrinter(self, handle: Any, /) -> None:  # noqa: N802 - Windows' name
        """Give the handle back."""


class WindowsQueueProbe(Probe, tag="windows-queue", frozen=True, kw_only=True):
    """Reads what the spooler knows: of the queue much, of the printer what its port and driver pass on."""

    asks_device: ClassVar[bool] = False

    queue: Annotated[str, Meta(min_length=1, max_length=220)]
    r"""The printer's name as Windows shows it; of a print server ``\\server\name``."""

    def read(self, context: Context) -> Told:
        """Tell the queue's state and its jobs; raise :class:`CouldNotRead` (``unsupported``) elsewhere than Windows."""
        if sys.platform == "win32":
            import pywintypes
            import win32print

            try:
                return read_queue(win32print, self.queue, context)
            except pywintypes.error as failure:
                raise parse_refusal(failure.winerror, failure.strerror, self.queue) from None
        else:
            raise CouldNotRead(ReadError.UNSUPPORTED, "there are Windows print queues on Windows only")


def read_queue(spooler: Spooler, queue: str, context: Context) -> Told:
    """Ask *spooler* for the queue and its jobs. What it raises is Windows' error."""
    context.preparing = f"asking the spooler for {queue}"  # of a server that hangs, the printer is not to blame
    handle = spooler.OpenPrinter(queue)
    try:
        printer = spooler.GetPrinter(handle, 2)
        jobs = spooler.EnumJobs(handle, 0, MOST_JOBS, 2)
    finally:
        spooler.ClosePrinter(handle)
    context.preparing = ""
    heard: set[str] = context.memory.setdefault("heard", set())
    return judge_queue(printer, jobs, context.now, heard)
