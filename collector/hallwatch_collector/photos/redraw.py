"""Draws one photo anew, in a process of its own: ``python -m hallwatch_collector.photos.redraw < photo > clean.jpg``.

What people send is decoded here and nowhere else: a picture made to exhaust memory, or to use a flaw of a decoder, ends
this process and not the collector. The result is a JPEG of pixels alone: no place, no time, no camera, no comment.

Exits with 0, or with the number of :class:`Verdict` that says why there is no result.
"""

from __future__ import annotations

import io
import sys
from contextlib import suppress
from enum import IntEnum
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS: Final = ("JPEG", "PNG", "WEBP")
"""What cameras of phones and screenshots are; decoders of other formats are never called."""
MOST_PIXELS: Final = 40_000_000
"""More than any phone's ordinary photo: beyond that it is made to exhaust memory."""
LARGEST_SIDE: Final = 1600
QUALITY: Final = 82
MEMORY_BYTES: Final = 1 << 30
"""The process may take so much address space: a photo of 40 megapixels needs a third of it."""
CPU_S: Final = 15
WHITE: Final = (255, 255, 255)


class Verdict(IntEnum):
    """Why a photo is not drawn anew."""

    FORMAT = 10
    """None of :data:`FORMATS`."""
    PIXELS = 11
    """More than :data:`MOST_PIXELS`."""
    BROKEN = 12
    """It begins like one and cannot be decoded to its end."""


class CannotRedraw(Exception):  # noqa: N818 - it says what happened
    """There is no result."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.name.lower())


def redraw(photo: bytes) -> bytes:
    """Return a photo as a JPEG of at most 1600 pixels a side, upright, of pixels alone; raise :class:`CannotRedraw`."""
    try:
        image = Image.open(io.BytesIO(photo), formats=FORMATS)
    except UnidentifiedImageError:
        raise CannotRedraw(Verdict.FORMAT) from None
    except Image.DecompressionBombError:
        raise CannotRedraw(Verdict.PIXELS) from None
    except Exception:  # noqa: BLE001 - decoders raise what they like
        raise CannotRedraw(Verdict.BROKEN) from None
    with image:
        if image.width * image.height > MOST_PIXELS:
            raise CannotRedraw(Verdict.PIXELS)
        try:
            return _draw(image)
        except Exception:  # noqa: BLE001 - the same
            raise CannotRedraw(Verdict.BROKEN) from None


def _draw(image: Image.Image) -> bytes:
    if image.format == "JPEG":
        image.draft("RGB", (LARGEST_SIDE, LARGEST_SIDE))  # decodes large ones at a fraction of their size
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    layered = upright.convert("RGBA")
    # Onto a fresh sheet: whatever the old picture had beside its pixels stays behind.
    sheet = Image.new("RGB", layered.size, WHITE)
    sheet.paste(layered, mask=layered.getchannel("A"))
    drawn = io.BytesIO()
    sheet.save(drawn, "JPEG", quality=QUALITY, optimize=True)
    return drawn.getvalue()


def limit_itself() -> None:
    """Let the system end this process when it takes too much memory or time, where the system can."""
    with suppress(ImportError):
        import resource

        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    """Draw what comes in; return the exit status."""
    limit_itself()
    try:
        drawn = redraw(sys.stdin.buffer.read())
    except CannotRedraw as refused:
        return int(refused.verdict)
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    sys.exit(main())
