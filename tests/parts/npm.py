"""Packages of npm that tests look at things with: fetched once for each version, into ``build``."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / "build" / "npm"


def install_packages(wanted: Path) -> Path:
    """Return a folder with ``node_modules`` as a folder's ``package-lock.json`` names them."""
    npm = shutil.which("npm")
    assert npm, "npm is not there; tests/packages.sh says what to install"
    lock = (wanted / "package-lock.json").read_bytes()
    folder = CACHE / f"{wanted.name}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(wanted / name, folder / name)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run([npm, "ci", *options], cwd=folder, check=True, capture_output=True, timeout=200)
        (folder / "complete").touch()
    return folder
