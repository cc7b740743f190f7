"""How this command was called, for hints that can be typed as they stand."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def own_name() -> str:
    """Return how this command was called, short enough to be typed again."""
    called = Path(sys.argv[0]).absolute()
    if called.name.startswith("hallwatch") and called.is_relative_to(Path.cwd()):
        return os.path.relpath(called)
    return "hallwatch"
