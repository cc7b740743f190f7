"""Photos as phones take them."""

from __future__ import annotations

import io

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

GPS, ORIENTATION, MAKER = 0x8825, 0x0112, 0x010F
RED, BLUE = (220, 30, 30), (30, 30, 220)
SECRETS = (b"SecretPhone", b"Exif", b"2026:11:23", b"13800000000", b"ICC_PROFILE")
"""What must be in no photo that is kept."""


def photo(size: tuple[int, int] = (64, 48), form: str = "JPEG", colour: tuple[int, ...] = RED) -> bytes:
    """Return a picture of one colour."""
    drawn = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(drawn, form)
    return drawn.getvalue()


def phone_photo() -> bytes:
    """Return a photo as a phone takes it: lying on its side, with place, maker and a comment."""
    image = Image.new("RGB", (60, 40), RED)
    image.paste(BLUE, (0, 0, 30, 40))
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # to be turned clockwise
    exif[MAKER] = "SecretPhone"
    exif.get_ifd(GPS).update({1: "N", 2: (IFDRational(30), IFDRational(16), IFDRational(12)), 29: "2026:11:23"})
    drawn = io.BytesIO()
    image.save(drawn, "JPEG", exif=exif, comment=b"call 13800000000", quality=95)
    return drawn.getvalue()
