"""Finds the Chinese fonts that a PDF embeds: one for the text, one for headings."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple


class FontMissing(RuntimeError):  # noqa: N818 - it says what happened
    """There is no font with Chinese letters, or the one that is named cannot be used; the text says what to do."""


class Font(NamedTuple):
    """A font file, and which of its faces (a collection has several)."""

    path: Path
    face: int = 0


class Fonts(NamedTuple):
    """The fonts of a document; the same twice when there is no heavier one."""

    text: Font
    heading: Font


DEBIAN: Final = Path("/usr/share/fonts")
WINDOWS: Final = Path("C:/Windows/Fonts")
KNOWN: Final[tuple[tuple[Path, Path], ...]] = (
    (WINDOWS / "simfang.ttf", WINDOWS / "simhei.ttf"),
    (WINDOWS / "simsun.ttc", WINDOWS / "simhei.ttf"),
    (WINDOWS / "msyh.ttc", WINDOWS / "msyhbd.ttc"),
    (DEBIAN / "opentype/noto/NotoSerifCJK-Regular.ttc", DEBIAN / "opentype/noto/NotoSansCJK-Bold.ttc"),
    (DEBIAN / "opentype/noto/NotoSansCJK-Regular.ttc", DEBIAN / "opentype/noto/NotoSansCJK-Bold.ttc"),
    (DEBIAN / "truetype/wqy/wqy-microhei.ttc", DEBIAN / "truetype/wqy/wqy-microhei.ttc"),
    (DEBIAN / "truetype/wqy/wqy-zenhei.ttc", DEBIAN / "truetype/wqy/wqy-zenhei.ttc"),
    (DEBIAN / "truetype/droid/DroidSansFallbackFull.ttf", DEBIAN / "truetype/droid/DroidSansFallbackFull.ttf"),
)
"""Text and heading fonts where Windows and Debian put them, the best first: 仿宋 and 黑体, as in official documents."""
PROBE: Final = "税窗办《》「」、。Ⅰ"
"""What every font must have."""
SIMPLIFIED: Final = (" SC", " CN", "GB")
"""How the names of those faces of a collection end that draw letters as they are drawn in China."""
CURE: Final = (
    "install one (Debian: apt-get install fonts-noto-cjk; Windows has one), or name a .ttf, .otf or .ttc file "
    "with report.font in the collector's file; as DOCX or HTML the report needs none"
)


def find_fonts(text: str = "", heading: str = "") -> Fonts:
    """Return the fonts that are named, or else the best that is installed; raise :class:`FontMissing`."""
    named = _open(Path(heading)) if heading else None
    if text:
        font = _open(Path(text))
        return Fonts(font, named or font)
    for pair in KNOWN:
        if all(path.is_file() for path in pair):
            best = Fonts(*map(_open, pair))
            return Fonts(best.text, named or best.heading)
    raise FontMissing(f"there is no Chinese font to write a PDF with; {CURE}")


def _open(path: Path) -> Font:
    """Return the face of a file that has Chinese letters, the simplified ones where a collection has several."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    try:
        with path.open("rb") as file:
            is_collection = file.read(4) == b"ttcf"
            file.seek(0)
            faces = TTCollection(file, lazy=True).fonts if is_collection else [TTFont(file, lazy=True)]
            return Font(path, _choose_face(faces, path))
    except (OSError, TTLibError, KeyError, struct.error) as error:
        raise FontMissing(f"{path} cannot be used as a font ({error}); {CURE}") from None


def _choose_face(faces: Sequence[Any], path: Path) -> int:
    # Looking at a name is quick, at the letters of a face is not: so the likeliest face is looked at first.
    likeliest = sorted(range(len(faces)), key=lambda number: (not _name(faces[number]).endswith(SIMPLIFIED), number))
    for number in likeliest:
        letters = faces[number].getBestCmap() or {}
        if all(ord(letter) in letters for letter in PROBE):
            return number
    raise FontMissing(f"{path} has no Chinese letters; {CURE}")


def _name(face: Any) -> str:
    return str(face["name"].getDebugName(1) or "")
