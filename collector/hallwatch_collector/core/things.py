"""What is no device and yet can fail: a window that a person reports, a class that nobody takes, the hall itself.

Each is followed like a device, so that a report by hand (R3) and a class without a window become incidents by the same
way as a broken printer. Their ids have a colon, which no id in a hall file can have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from hallwatch_collector.core.hall import BusinessClass, Device, Hall

WINDOW: Final = "window:"
CLASS: Final = "class:"
HALL: Final = "hall:"
REGISTER: Final = "register:"
"""Of an emergency register, which cannot fail; but measures are about it, and a class may have the same id."""
STANDING: Final = ("hall-open", "window-usable")
"""What every class needs beside what its devices give: that nobody said that the hall, or the window, is out of use."""


def things_of(hall: Hall, classes: Iterable[BusinessClass]) -> Iterator[Device]:
    """Yield the things of a hall as devices without probes: the hall, its windows, the classes that they offer."""
    yield Device(id=HALL, kind="hall", name=hall.name, gives=[STANDING[0]])
    for window in hall.windows:
        yield Device(id=WINDOW + window.id, kind="window", name=window.name, place=window.id, gives=[STANDING[1]])
    offered = {name for window in hall.windows for name in window.classes}
    for each in classes:
        if each.id in offered:
            yield Device(id=CLASS + each.id, kind="class", name=each.name, serves=[])
