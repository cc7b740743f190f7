"""Deque's axe-core: what is wrong with a page for those who see or move otherwise; and a picture of each page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Page

from parts.npm import ROOT, install_packages

PICTURES: Final = ROOT / "build" / "pictures"
GRAVE: Final = ("serious", "critical")
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def read_axe() -> str:
    """Return the program that a page runs."""
    folder = install_packages(ROOT / "tests" / "axe")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def run_axe(page: Page, axe: str) -> dict[str, Any]:
    """Return what the rules find on a page."""
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # there the foot of a form covers nothing of it
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
    return found


def find_grave(found: dict[str, Any]) -> Iterator[str]:
    """Yield what is seriously wrong, with where."""
    for each in found["violations"]:
        if each["impact"] in GRAVE:
            nodes = "; ".join(f"{node['html'][:160]} ({node['failureSummary'][:200]})" for node in each["nodes"][:3])
            yield f"{each['id']}: {nodes}"
