"""Reads the TOML files that people write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hallwatch_agent.sentences import tell
from hallwatch_collector.problems import FileRefused, Problem


def read_toml(path: Path) -> tuple[dict[str, Any], bytes]:
    """Return a file's table and its bytes; raise :class:`FileRefused` when it cannot be read or is not TOML."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileRefused([Problem(str(path), "", error.strerror or str(error))]) from error
    return parse_toml(content, str(path)), content


def parse_toml(content: bytes, name: str) -> dict[str, Any]:
    """Return the table of a file's bytes; raise :class:`FileRefused`, naming the file, when it is not TOML."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))  # Windows' Notepad may write a mark before the text
    except UnicodeDecodeError as error:
        reason = tell("is not UTF-8 text (byte {start}); save it as UTF-8", start=error.start)
    except ValueError as error:  # also of a number that is too long for Python
        reason = tell("is not TOML: {error}", error=error)
    except RecursionError:
        reason = tell("is nested too deeply")
    raise FileRefused([Problem(name, "", reason)])
