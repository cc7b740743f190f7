"""People are sent where what they come for is taken, and told what is taken nowhere."""

from __future__ import annotations

import pytest

from hallwatch_collector.core.hall import BusinessClass, Window
from parts.county import Bench, hall, pc

CLASSES = [
    BusinessClass(id="copy", name="抄税报税", name_en="tax copying", needs=["computer"]),
    BusinessClass(id="certify", name="发票认证", name_en="invoice certification", needs=["computer"]),
]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([["copy", "certify"]], "2号窗口"),
        ([["copy"], ["copy", "certify"]], "3号窗口"),
        ([["copy"]], "2号窗口(抄税报税);发票认证暂无处可办"),
        ([["copy"], ["certify"]], "2号窗口(抄税报税)、3号窗口(发票认证)"),
        (
            [["copy"], ["copy"], ["copy"], ["certify"]],
            "2号窗口(抄税报税)、3号窗口(抄税报税)、4号窗口(抄税报税)、5号窗口(发票认证)",
        ),
        ([], ""),
    ],
)  # fmt: skip
def test_a_place_is_named_with_what_it_takes_unless_it_takes_all(others: list[list[str]], said: str) -> None:
    offers = [["copy", "certify"], *others]
    windows = [
        Window(id=f"w{number}", number=number, name=f"{number}号窗口", classes=classes)
        for number, classes in enumerate(offers, 1)
    ]
    there = Bench(hall([pc(f"pc-{window.number}", window.id) for window in windows], windows=windows, classes=CLASSES))
    there.born()
    there.tell(**{f"pc_{window.number}": {"reachable": window.number > 1} for window in windows})
    there.wait(1)
    there.tell(**{f"pc_{window.number}": {"reachable": window.number > 1} for window in windows})
    there.wait(60)
    there.tell(**{f"pc_{window.number}": {"reachable": window.number > 1} for window in windows})
    view = there.engine.view(there.key, there.now)
    assert next(sign.instead for sign in view.signs if sign.place == "pc-1") == said
