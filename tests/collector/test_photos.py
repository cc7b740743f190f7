"""Photos of faults: bounded, drawn anew without what they had beside their pixels, kept for a while."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.photos.album import KEEP_S, MOST_OF_INCIDENT, Album
from hallwatch_collector.photos.redraw import LARGEST_SIDE, CannotRedraw, Verdict, redraw
from hallwatch_collector.photos.studio import LARGEST_BYTES, PhotoRefused, Studio
from hallwatch_collector.retention import DAY_S, EVERY_S
from parts.hall_views import KEY, NOW
from parts.photos import BLUE, GPS, SECRETS, phone_photo, photo


def pixel_bomb(width: int, height: int) -> bytes:
    """Return a PNG of few bytes that says it has so many pixels, all of which are there, packed."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def opened(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg))
    image.load()
    return image


def test_place_camera_and_comment_are_gone_and_the_photo_stands_upright() -> None:
    sent = phone_photo()
    assert b"SecretPhone" in sent
    assert opened(sent).getexif().get_ifd(GPS)
    drawn = redraw(sent)
    image = opened(drawn)
    assert image.format == "JPEG"
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for secret in SECRETS:
        assert secret not in drawn
    assert image.size == (40, 60)
    top, bottom = image.getpixel((20, 5)), image.getpixel((20, 55))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 150 > top[0]
    assert bottom[0] > 150 > bottom[2]


def test_a_large_photo_becomes_smaller_and_a_small_one_stays() -> None:
    assert max(opened(redraw(photo((4000, 3000)))).size) == LARGEST_SIDE
    assert opened(redraw(photo((64, 48)))).size == (64, 48)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_see_through_becomes_white(form: str) -> None:
    image = opened(redraw(photo(form=form, colour=(0, 0, 0, 0))))
    assert image.getpixel((10, 10)) == (255, 255, 255)
    assert image.mode == "RGB"


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16", "LA"])
def test_other_kinds_of_pixels_are_drawn_too(mode: str) -> None:
    drawn = io.BytesIO()
    Image.new(mode, (20, 20)).save(drawn, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(redraw(drawn.getvalue())).mode == "RGB"


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (b"", Verdict.FORMAT),
        (b"%PDF-1.7 not a picture", Verdict.FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", Verdict.FORMAT),
        (photo(form="GIF"), Verdict.FORMAT),
        (photo(form="TIFF"), Verdict.FORMAT),
        (photo(form="BMP"), Verdict.FORMAT),
        (b"\x00\x00\x00\x18ftypheic" + bytes(64), Verdict.FORMAT),
        (photo((300, 300))[:400], Verdict.BROKEN),
        (photo((300, 300), "PNG")[:-40], Verdict.BROKEN),
        (photo()[:3] + bytes(range(256)), Verdict.FORMAT),
        (pixel_bomb(8001, 5000), Verdict.PIXELS),
        (pixel_bomb(30_000, 30_000), Verdict.PIXELS),
    ],
    ids=["nothing", "pdf", "svg", "gif", "tiff", "bmp", "heic", "cut-jpeg", "cut-png", "no-jpeg", "large", "bomb"],
)
def test_what_is_no_ordinary_photo_is_refused_with_its_reason(sent: bytes, verdict: Verdict) -> None:
    with pytest.raises(CannotRedraw) as refused:
        redraw(sent)
    assert refused.value.verdict is verdict


def test_photos_are_drawn_by_another_process() -> None:
    assert opened(Studio().redraw(phone_photo())).size == (40, 60)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (lambda: b"%PDF-1.7", "format"),
        (lambda: pixel_bomb(30_000, 30_000), "pixels"),
        (lambda: photo((300, 300))[:400], "broken"),
        (lambda: bytes(LARGEST_BYTES + 1), "size"),
    ],
    ids=["format", "pixels", "broken", "size"],
)
def test_the_studio_says_why_it_does_not_take_a_photo(sent: Callable[[], bytes], why: str) -> None:
    with pytest.raises(PhotoRefused) as refused:
        Studio().redraw(sent())
    assert refused.value.why == why


def test_a_process_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PhotoRefused) as refused:
        Studio(wait_s=0.01).redraw(photo((2000, 2000)))
    assert refused.value.why == "broken"


def test_who_finds_no_turn_is_told(tmp_path: Path) -> None:
    studio = Studio(at_once=1, wait_s=0.05)
    studio._turns.acquire()
    with pytest.raises(PhotoRefused) as refused:
        studio.redraw(photo())
    assert refused.value.why == "busy"


# -- the album


def test_photos_are_kept_with_their_incident_and_found_again_after_a_restart(tmp_path: Path) -> None:
    album = Album(tmp_path)
    first, second = photo(), photo(colour=BLUE)
    kept = [album.keep(KEY, "inc-1", first, NOW), album.keep(KEY, "inc-1", second, NOW + 1)]
    again = album.keep(KEY, "inc-1", first, NOW + 2)
    assert again == kept[0]
    for each in (album, Album(tmp_path)):
        assert each.of(KEY, "inc-1") == tuple(kept)
        assert each.of(KEY, "inc-2") == ()
        assert each.read(KEY, "inc-1", kept[1].name) == second
        assert each.read(KEY, "inc-2", kept[1].name) is None
        assert each.read(HallKey("330106", "west"), "inc-1", kept[1].name) is None
    [folder] = tmp_path.glob("330106/xihu/inc-1")
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}


def test_no_name_leads_out_of_the_album(tmp_path: Path) -> None:
    album = Album(tmp_path / "photos")
    with pytest.raises(PhotoRefused) as refused:
        album.keep(KEY, "../../elsewhere", photo(), NOW)
    assert refused.value.why == "unkept"
    assert album.read(KEY, "inc-1", "../../../etc/passwd") is None
    assert not list(tmp_path.rglob("*.jpg"))


def test_an_incident_has_only_so_many_photos(tmp_path: Path) -> None:
    album = Album(tmp_path)
    for number in range(MOST_OF_INCIDENT):
        album.keep(KEY, "inc-1", photo((20 + number, 20)), NOW)
    with pytest.raises(PhotoRefused) as refused:
        album.keep(KEY, "inc-1", photo((99, 20)), NOW)
    assert refused.value.why == "many"


def test_after_half_a_year_a_photo_is_deleted_and_so_is_its_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sure = NOW + KEEP_S - EVERY_S - 10
    album = Album(tmp_path, monotonic=lambda: sure)
    old = album.keep(KEY, "inc-1", photo(), NOW)
    new = album.keep(KEY, "inc-2", photo(), NOW + EVERY_S)
    album.purge(sure)
    sure += EVERY_S
    album.purge(sure)
    assert album.of(KEY, "inc-1") == (old,)
    sure += 20
    album.purge(sure)
    assert album.of(KEY, "inc-1") == (old,), "it looks once an hour"
    sure += EVERY_S - 20
    with caplog.at_level("INFO"):
        album.purge(sure)
    assert album.of(KEY, "inc-1") == ()
    assert f"deleted the photo {old.name} of 330106/xihu inc-1" in caplog.text
    assert album.of(KEY, "inc-2") == (new,)
    assert [path.name for path in tmp_path.glob("330106/xihu/*")] == ["inc-2"]


def test_a_clock_that_is_set_ahead_deletes_no_photo_for_an_hour(tmp_path: Path) -> None:
    sure = 0.0
    album = Album(tmp_path, monotonic=lambda: sure)
    for number in range(3):
        album.keep(KEY, f"inc-{number}", photo(), NOW + number * 5 * DAY_S)
    album.purge(NOW)
    sure = EVERY_S
    album.purge(NOW + 9 * KEEP_S)
    assert all(album.of(KEY, f"inc-{number}") for number in range(3))
    sure += EVERY_S
    album.purge(NOW + 9 * KEEP_S + EVERY_S)
    assert [bool(album.of(KEY, f"inc-{number}")) for number in range(3)] == [False, False, True], "a week's worth"


def test_a_disk_that_takes_nothing_costs_the_photo_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "330106").write_text("a file where a folder should be")
    album = Album(tmp_path)
    with pytest.raises(PhotoRefused) as refused:
        album.keep(KEY, "inc-1", photo(), NOW)
    assert refused.value.why == "unkept"
    assert album.of(KEY, "inc-1") == ()
