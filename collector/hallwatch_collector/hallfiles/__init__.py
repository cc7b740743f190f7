"""Hall files as the pages show and save them: checked, with their history, and never over what somebody else wrote."""

from __future__ import annotations

from hallwatch_collector.hallfiles.files import PLAIN_ID, HallFileMoved, HallFiles, HallFileStuck, HallText, digest_of
from hallwatch_collector.hallfiles.history import History, Version

__all__ = ["PLAIN_ID", "HallFileMoved", "HallFileStuck", "HallFiles", "HallText", "History", "Version", "digest_of"]
