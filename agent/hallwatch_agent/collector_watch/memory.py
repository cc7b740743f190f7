"""What was told, beside the spool: a restart of the agent must not tell it again."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from hallwatch_agent.collector_watch.case import Case
from hallwatch_agent.durable import write_durably

log = logging.getLogger(__name__)
_decode = msgspec.json.Decoder(Case).decode


def load_case(path: Path) -> Case | None:
    """Return what was the matter; None: nothing, or it cannot be read, which is logged."""
    try:
        return _decode(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        log.error("%s cannot be used, beginning anew: %s", path, error)
        return None


def save_case(path: Path, case: Case | None) -> None:
    """Keep what is the matter. Raises :class:`OSError`."""
    if case is None:
        path.unlink(missing_ok=True)
    else:
        write_durably(path, msgspec.json.encode(case))
