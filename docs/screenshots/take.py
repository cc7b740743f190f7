"""Takes the pictures of the READMEs from a running demo: ``make screenshots``.

A printer jams and the computer of a window is switched off, as anybody can do with ``hallwatch simulate``; then people
of the demo sign in, and their pages are photographed in Debian's Chromium.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HALL: Final = "/halls/330100/county"
FAULTS: Final = (("prn-3", "jam"), ("pc-5", "off"))
PROPOSAL: Final = ".task-ask"
"""The page of all work has one when both faults were found: to close the window without a computer."""
LIMIT_MS: Final = 60_000
COLOURS: Final = 128


class Picture(NamedTuple):
    """One picture: its file, the page, who looks (empty: anybody), the size, and its pixels per CSS pixel."""

    file: str
    page: str
    person: str
    language: str
    width: int
    height: int
    scale: float = 1.0


def _in_both(picture: Picture) -> tuple[Picture, Picture]:
    """Return a picture in Chinese, and the same in English."""
    name = picture.file.removesuffix("-zh.png")
    return picture, picture._replace(file=f"{name}-en.png", language="en")


PICTURES: Final = (
    *_in_both(Picture("board-zh.png", HALL, "陈导税", "zh-CN", 1366, 900)),
    *_in_both(Picture("head-zh.png", f"{HALL}/head", "王主任", "zh-CN", 1366, 900)),
    *_in_both(Picture("window-zh.png", f"{HALL}/windows/w3", "林窗口", "zh-CN", 390, 844, 2.0)),
    *_in_both(Picture("device-zh.png", f"{HALL}/devices/prn-3", "李工", "zh-CN", 390, 844, 2.0)),
    Picture("sign.png", "/sign/330100/county/prn-3", "", "zh-CN", 800, 480),
    Picture("display.png", "/display/330100/county", "", "zh-CN", 960, 540),
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
        passwords = json.loads((Path(data) / "sign-ins.json").read_text(encoding="utf-8"))
        wait_for_faults(browser, address, passwords)
        for picture in PICTURES:
            file = folder / picture.file
            file.write_bytes(shrink(photograph(browser, address, passwords, picture)))
            sys.stdout.write(f"{file}  {file.stat().st_size / 1000:.0f} kB\n")
        browser.close()
    return 0


@contextlib.contextmanager
def run_demo(data: Path) -> Iterator[str]:
    """Give the address of a demo that runs meanwhile."""
    command = [sys.executable, "-m", "hallwatch_collector", "demo", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = process.stdout or ()
            found = next(filter(None, (re.search(r"page +(http://[^/\s]+)", line) for line in lines)), None)
            if found is None:
                raise SystemExit("the demo did not start; what it said is above")
            yield found[1]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def call(*words: str) -> None:
    """Run a command of ``hallwatch``."""
    subprocess.run([sys.executable, "-m", "hallwatch_collector", *words], check=True, stdout=subprocess.DEVNULL)


def photograph(browser: Browser, address: str, passwords: dict[str, str], picture: Picture) -> bytes:
    """Return a picture of a page as somebody sees it."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=picture.scale,
        timezone_id="Asia/Shanghai",
    )
    page = context.new_page()
    if picture.person:
        sign_in(page, address, picture.person, passwords)
    page.goto(f"{address}{picture.page}?lang={picture.language}")
    page.locator("html.is-live, html.screen").wait_for(timeout=LIMIT_MS)
    taken = page.screenshot()
    context.close()
    return taken


def sign_in(page: Page, address: str, person: str, passwords: dict[str, str]) -> None:
    """Sign in by the form."""
    page.goto(f"{address}/sign-in")
    page.fill("input[name=name]", person)
    page.fill("input[name=password]", passwords[person])
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def wait_for_faults(browser: Browser, address: str, passwords: dict[str, str]) -> None:
    """Wait until both faults were found, and what the plan proposes is there."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, address, "王主任", passwords)
    page.goto(f"{address}{HALL}/work")
    page.locator(PROPOSAL).first.wait_for(timeout=LIMIT_MS)
    context.close()


def shrink(png: bytes) -> bytes:
    """Return the picture with a palette of few colours: a third of the size, and no eye sees a difference."""
    small = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        small, "PNG", optimize=True
    )
    return small.getvalue()


if __name__ == "__main__":
    sys.exit(main())
