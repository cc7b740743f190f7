"""Paired screens: the codes by which they are paired, and the keys by which their browsers are known afterwards."""

from __future__ import annotations

from hallwatch_collector.screens.cabinet import KnownScreen, ScreenKeys
from hallwatch_collector.screens.pairings import Pairings, draw_key
from hallwatch_collector.screens.rows import paired_rows, revoked_rows

__all__ = ["KnownScreen", "Pairings", "ScreenKeys", "draw_key", "paired_rows", "revoked_rows"]
