"""Where photos are kept: ``<folder>/<area>/<hall>/<incident>/<hash>.jpg``, each for half a year.

Which there are is remembered, so that pages ask no disk; the files are the truth, read once when this is made.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.photos.studio import PhotoRefused, Studio
from hallwatch_collector.retention import DAY_S, HALF_YEAR_DAYS, Retention, until_when

log = logging.getLogger(__name__)

KEEP_S: Final = HALF_YEAR_DAYS * DAY_S
"""Half a year, as long as the record of who looked at what; then it is deleted."""
MOST_OF_INCIDENT: Final = 12
HASH_LENGTH: Final = 32
"""Hexadecimal digits of a SHA-256 that name a file."""
_name = re.compile(rf"[0-9a-f]{{{HASH_LENGTH}}}")
_id = re.compile(r"[a-z0-9][a-z0-9-]*")


class Photo(NamedTuple):
    """A photo that is kept."""

    name: str
    """The beginning of the SHA-256 of its file, hexadecimal."""
    at: float
    """When it was sent, Unix seconds UTC."""


class Album:
    """The photos of all halls. Thread-safe."""

    def __init__(
        self, folder: Path, studio: Studio | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._studio = studio or Studio()
        self._lock = threading.Lock()
        self._retention = Retention(monotonic)
        self._photos: dict[tuple[HallKey, str], dict[str, Photo]] = {}
        for key, incident, photo in self._found():
            self._photos.setdefault((key, incident), {})[photo.name] = photo

    def develop(self, sent: bytes) -> bytes:
        """Return what somebody sent as a JPEG of pixels alone; raise :class:`PhotoRefused`. May take seconds."""
        return self._studio.redraw(sent)

    def keep(self, key: HallKey, incident: str, jpeg: bytes, now: float) -> Photo:
        """Keep a developed photo with an incident; the same one twice is one. Raises :class:`PhotoRefused`."""
        photo = Photo(hashlib.sha256(jpeg).hexdigest()[:HASH_LENGTH], now)
        with self._lock:
            known = self._photos.setdefault((key, incident), {})
            if photo.name in known:
                return known[photo.name]
            if len(known) >= MOST_OF_INCIDENT:
                raise PhotoRefused("many")
            try:
                self._write(self._path(key, incident, photo.name), jpeg, now)
            except (OSError, ValueError) as error:
                log.warning("a photo of %s %s could not be kept: %s", key, incident, error)
                raise PhotoRefused("unkept") from error
            known[photo.name] = photo
        return photo

    def of(self, key: HallKey, incident: str) -> tuple[Photo, ...]:
        """Return the photos of an incident, the oldest first. Cheap."""
        with self._lock:
            return tuple(sorted(self._photos.get((key, incident), {}).values(), key=lambda photo: photo.at))

    def read(self, key: HallKey, incident: str, name: str) -> bytes | None:
        """Return the JPEG of a photo; None when there is no such one, or not any more."""
        with self._lock:
            if name not in self._photos.get((key, incident), {}):
                return None
        try:
            return self._path(key, incident, name).read_bytes()
        except OSError as error:
            log.warning("a photo cannot be read: %s", error)
            return None

    def purge(self, now: float) -> None:
        """Delete what was kept for half a year, as :mod:`~hallwatch_collector.retention` says when; call it often."""
        if not self._retention.is_due(now):
            return
        with self._lock:
            oldest = min((photo.at for photos in self._photos.values() for photo in photos.values()), default=now)
            before = until_when(now, KEEP_S, oldest)
            for (key, incident), photos in list(self._photos.items()):
                for photo in [photo for photo in photos.values() if photo.at < before]:
                    if self._delete(self._path(key, incident, photo.name)):
                        del photos[photo.name]
                        log.info("deleted the photo %s of %s %s: its time is over", photo.name, key, incident)
                if not photos:
                    del self._photos[key, incident]

    def _found(self) -> Iterator[tuple[HallKey, str, Photo]]:
        for path in sorted(self._folder.glob("*/*/*/*.jpg")):
            area, hall, incident = path.relative_to(self._folder).parts[:3]
            try:
                if _name.fullmatch(path.stem):
                    yield HallKey(area, hall), incident, Photo(path.stem, path.stat().st_mtime)
            except OSError as error:  # it went while we looked
                log.warning("a photo cannot be read: %s", error)

    def _path(self, key: HallKey, incident: str, name: str) -> Path:
        """Return where a photo is; raise :class:`ValueError` for what is no id, which could lead elsewhere."""
        for part in (key.area, key.hall, incident):
            if not _id.fullmatch(part):
                raise ValueError(f"{part!r} is no id")
        return self._folder / key.area / key.hall / incident / f"{name}.jpg"

    def _write(self, path: Path, jpeg: bytes, now: float) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(jpeg)
            file.flush()
            os.fsync(file.fileno())
        os.utime(draft, (now, now))
        draft.replace(path)

    def _delete(self, path: Path) -> bool:
        """Delete a file and the folders that are empty then; tell whether it is gone."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s could not be deleted: %s", path, error)
            return False
        for folder in path.parents[:3]:
            try:
                folder.rmdir()
            except OSError:  # others are in it
                break
        return True
