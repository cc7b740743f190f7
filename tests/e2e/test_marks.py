"""The shapes of states differ where there is no colour: in one ink, at the sizes at which the pages draw them."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import get_args

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from hallwatch_collector.core.views import DeviceState
from parts.fake_source import FakeSource
from parts.shown_halls import bad_morning, own_health
from parts.web import PAGE, serve

pytestmark = pytest.mark.e2e
DIFFERS = 0.12
"""Of what two shapes cover: as much of it is ink in one and not in the other."""


@pytest.fixture
def address() -> Iterator[str]:
    with serve(FakeSource(bad_morning(), own_health())) as address:
        yield address


@pytest.mark.parametrize("size_px", [16, 32])
def test_states_are_told_apart_in_one_ink(browser: Browser, address: str, size_px: int) -> None:
    page = browser.new_page()
    page.goto(f"{address}{PAGE}")
    page.evaluate(
        """([states, size]) => {
          const space = "http://www.w3.org/2000/svg", marks = document.createElement("div");
          marks.style = "position: fixed; inset: 0; z-index: 9; background: #fff; color: #000";
          for (const state of states) {
            const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
            use.setAttribute("href", `#mark-${state}`);
            svg.id = `shape-${state}`;
            svg.style = `width: ${size}px; height: ${size}px; margin: 4px`;
            marks.append(svg);
            svg.append(use);
          }
          document.body.append(marks);
        }""",
        [get_args(DeviceState), size_px],
    )
    drawn = {
        state: Image.open(io.BytesIO(page.locator(f"#shape-{state}").screenshot())).convert("L")
        for state in get_args(DeviceState)
    }
    page.close()
    for one, other in itertools.combinations(drawn, 2):
        differs = _ink(ImageChops.difference(drawn[one], drawn[other]))
        covered = _ink(ImageChops.invert(ImageChops.darker(drawn[one], drawn[other])))
        assert differs / covered >= DIFFERS, (one, other)
        assert min(_ink(ImageChops.invert(each)) for each in (drawn[one], drawn[other])) > 0


def _ink(picture: Image.Image) -> float:
    """Return how much light a picture has, in pixels."""
    return sum(value * count for value, count in enumerate(picture.histogram())) / 255
