"""Whether a figure rises or falls (clause A1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

Trend = Literal["", "rising", "steady", "falling"]
"""Empty: there is too little past to say."""
SAID: Final[dict[Trend, tuple[str, str]]] = {
    "": ("趋势尚不明", "no trend to be seen yet"),
    "rising": ("呈上升趋势", "rising"),
    "steady": ("基本平稳", "steady"),
    "falling": ("呈下降趋势", "falling"),
}
"""In Chinese and in English."""
LEAST_POINTS: Final = 6


def trend_of(values: Sequence[float], noise: float, noise_ratio: float) -> Trend:
    """Compare the last third of some values, told at even intervals, with the first.

    What lies within *noise*, or within *noise_ratio* of the first third, is steady. A jump counts at once: where the
    newest value lies farther from the last third than that, it stands for it.
    """
    if len(values) < LEAST_POINTS:
        return ""
    third = len(values) // 3
    before, after = sum(values[:third]) / third, sum(values[-third:]) / third
    if abs(values[-1] - after) > max(noise, noise_ratio * after):
        after = values[-1]
    if abs(after - before) <= max(noise, noise_ratio * before):
        return "steady"
    return "rising" if after > before else "falling"
