"""What both commands owe whoever types them: output that harms no terminal, an orderly end, arguments that make sense.

Names, notes and reasons come from devices, browsers and other people's files. On a terminal, a control character among
them could clear the screen, hide a line or turn its direction around; so everything that either command prints goes
through :func:`run_command`, and comes out with such characters made visible.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Final, TextIO, cast

FAILED: Final = 1
INTERRUPTED: Final = 130
"""As shells report a program that Ctrl-C ended: 128 + SIGINT."""
UNHEARD: Final = 141
"""As shells report a program whose reader went away (``… | head -1``): 128 + SIGPIPE."""

_harmful = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 without tab and line feed, DEL, C1
    "\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # invisible, direction
    "\ud800-\udfff]"  # surrogates alone: a file name that is no text, for example
)
_line_end = re.compile(r"\r\n|\n")


def run_command(work: Callable[[], int]) -> int:
    """Do *work* and return the exit status: its own, or the one of how it ended.

    Ctrl-C, a reader that goes away, a full disk and files that cannot be had end it without a traceback.
    """
    out, errors = sys.stdout, sys.stderr
    with redirect_stdout(_guarded(out)), redirect_stderr(_guarded(errors)):
        try:
            try:
                return work()
            finally:
                sys.stdout.flush()  # here a failure can still be told
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:
            return UNHEARD
        except OSError as error:
            with suppress(OSError):
                sys.stderr.write(f"{describe(error)}\n")
            return FAILED
        finally:
            _let_go(out)
            _let_go(errors)


def describe(error: OSError) -> str:
    """Return what is wrong with which file, in words."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def visible(text: str) -> str:
    r"""Return *text* with every control, direction and invisible character written out, as ``\u001b``.

    Within a JSON string that means the same character, so what programs read stays as it is.
    """
    return _harmful.sub(lambda found: json.dumps(found[0])[1:-1], text)


def in_one_line(text: str) -> str:
    r"""Return *text* with its line ends written out, as ``\n``: what others wrote cannot pass for a line of ours."""
    return _line_end.sub(lambda found: json.dumps(found[0])[1:-1], text)


def bare(out: TextIO) -> TextIO:
    """Return the stream behind one that :func:`run_command` guards, for a line that changes on the spot."""
    guarded: object = out
    return guarded.out if isinstance(guarded, Guarded) and guarded.out else out


class Guarded:
    """A stream that makes visible what would harm a terminal; one that is closed takes everything.

    It has no ``fileno``, so that nobody colours what goes there.
    """

    def __init__(self, out: TextIO | None) -> None:
        self.out = out

    @property
    def encoding(self) -> str:
        """The encoding of the stream behind it."""
        return getattr(self.out, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write harmless text."""
        if self.out is not None:
            self.out.write(visible(text))
        return len(text)

    def flush(self) -> None:
        """Send what was written."""
        if self.out is not None:
            self.out.flush()

    def isatty(self) -> bool:
        """Tell whether a person sees it."""
        return self.out is not None and self.out.isatty()


def _guarded(out: TextIO | None) -> TextIO:
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")  # a terminal that knows no Chinese
    return cast("TextIO", Guarded(out))


def _let_go(out: TextIO | None) -> None:
    """Send the rest, or else nowhere: Python would try it once more at its end, and complain."""
    try:
        if out is not None:
            out.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast("TextIO", out).fileno())
            os.close(nowhere)


def a_path(text: str) -> Path:
    """Take the name of a file or folder, for ``add_argument``; an empty one would mean the folder one is in."""
    if not text:
        raise argparse.ArgumentTypeError("is empty: name a file or folder")
    return Path(text)


def a_port(text: str) -> int:
    """Take the number of a port, for ``add_argument``."""
    if not re.fullmatch("[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text}: give a port from 1 to 65535")
    return int(text)


def a_number(least: float, most: float) -> Callable[[str], float]:
    """Return what takes a number within bounds, for ``add_argument``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text}: give a number from {least:g} to {most:g}")
        return value

    return parse
