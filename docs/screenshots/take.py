"""Takes the pictures of the READMEs from a running demo: ``make screenshots``.

A printer jams and the computer of a window is switched off, as anybody can do with ``hallwatch simulate``; the page is
then photographed in Debian's Chromium, on a desktop in both languages and on a phone.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

HALL: Final = "/halls/330100/county"
FAULTS: Final = (("prn-3", "jam"), ("pc-5", "off"))
PERSON: Final = {"zh-CN": "李主任", "en": "Li"}
PROPOSAL: Final = ".task-ask"
"""The page shows one when both faults were found: the plan proposes to close the window without a computer."""
LIMIT_MS: Final = 60_000
COLOURS: Final = 128


class Picture(NamedTuple):
    """One picture: its file, the language of the page, the size of the window, and its pixels per CSS pixel."""

    file: str
    language: str
    width: int
    height: int
    scale: float = 1.0


PICTURES: Final = (
    Picture("hall-zh.png", "zh-CN", 1280, 1000),
    Picture("hall-en.png", "en", 1280, 1000),
    Picture("phone-zh.png", "zh-CN", 390, 844, 2.0),
)


def main() -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where they go (%(default)s)")
    folder = parser.parse_args().folder
    program = shutil.which("chromium")
    if program is None:
        sys.stderr.write("chromium is not there; install it with: apt-get install chromium fonts-noto-cjk\n")
        return 1
    with tempfile.TemporaryDirectory() as data, run_demo(Path(data)) as address, sync_playwright() as playwright:
        for thing, fault in FAULTS:
            call("simulate", "start", thing, fault, "--state", f"{data}/simulation.json")
        # Chromium's sandbox refuses to work for root; the only page it sees is our own.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for picture in PICTURES:
            file = folder / picture.file
            file.write_bytes(shrink(photograph(browser, address, picture)))
            sys.stdout.write(f"{file}  {file.stat().st_size / 1000:.0f} kB\n")
        browser.close()
    return 0


@contextlib.contextmanager
def run_demo(data: Path) -> Iterator[str]:
    """Give the page's address, with the operator's key, of a demo that runs meanwhile."""
    command = [sys.executable, "-m", "hallwatch_collector", "demo", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = process.stdout or ()
            found = next(filter(None, (re.search(r"page +(http\S+)", line) for line in lines)), None)
            if found is None:
                raise SystemExit("the demo did not start; what it said is above")
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def call(*words: str) -> None:
    """Run a command of ``hallwatch``."""
    subprocess.run([sys.executable, "-m", "hallwatch_collector", *words], check=True, stdout=subprocess.DEVNULL)


def photograph(browser: Browser, address: str, picture: Picture) -> bytes:
    """Return a picture of the hall's page as its head sees it, after everything was found."""
    place = urlsplit(address)
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    page.goto(f"{place.scheme}://{place.netloc}{HALL}?{place.query}")
    page.goto(f"{place.scheme}://{place.netloc}{HALL}?lang={picture.language}")
    page.fill("#person", PERSON[picture.language])
    page.locator("#person").press("Enter")
    page.locator(PROPOSAL).first.wait_for(timeout=LIMIT_MS)
    page.locator("html.is-live").wait_for(timeout=LIMIT_MS)
    taken = page.screenshot()
    context.close()
    return taken


def shrink(png: bytes) -> bytes:
    """Return the picture with a palette of few colours: a third of the size, and no eye sees a difference."""
    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


if __name__ == "__main__":
    sys.exit(main())
