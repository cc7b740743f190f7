"""The documents of the repository, taken apart: their links, examples, and the commands and paths that they name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = (
    *READMES,
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "deploy/windows/README.md",
    "deploy/victoriametrics/README.md",
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").glob("*.md"))),
    *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs" / "probes").glob("*.md"))),
)

_fence = re.compile(r"^( *)```(\w+)(?: (\S+))?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_link = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
_code = re.compile(r"`([^`\n]+)`")
_heading = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, the file it belongs in (empty when it does not say), its text."""

    language: str
    file: str
    text: str


def text_of(document: str) -> str:
    """Return a document."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document."""
    found = _fence.finditer(text_of(document))
    return [Block(one[2], one[3] or "", re.sub(rf"^{one[1]}", "", one[4], flags=re.MULTILINE)) for one in found]


def example(document: str, file: str) -> str:
    """Return the one block of a document that belongs in *file*."""
    (block,) = [block for block in blocks(document) if block.file == file]
    return block.text


def prose(document: str) -> str:
    """Return a document without its fenced blocks."""
    return _fence.sub("", text_of(document))


def links(document: str) -> list[str]:
    """Return everything that a document links to or shows."""
    return [one[1] or one[2] for one in _link.finditer(prose(document))]


def anchors(document: str) -> set[str]:
    """Return the anchors that a document's headings have on the web."""
    headings = _heading.findall(prose(document))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_words(document: str) -> list[str]:
    """Return what stands in backticks in a document's prose."""
    return _code.findall(prose(document))


def commands(document: str) -> Iterator[list[str]]:
    """Yield the commands that a document names, in shell blocks and in backticks, as lists of words."""
    shell = [
        line for block in blocks(document) if block.language in ("sh", "powershell") for line in block.text.splitlines()
    ]
    for line in (*shell, *code_words(document)):
        for part in re.split(r" && |;", line.replace("\\", "/")):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:  # prose, not a command
                continue
            if words:
                yield words
