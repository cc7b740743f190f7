"""What a decision would do to the windows and to those who wait: it is tried on a copy of the hall before it is made.

The copy is made once, from the hall as it is, and each decision is tried on a fresh one, so none sees another's trace.
Nothing of the real hall is touched by it, and nothing that comes of it is written down or carried out.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from hallwatch_agent.wire import Reading, Sign
from hallwatch_collector.core.alerts.people import Alerting
from hallwatch_collector.core.arrangement.load import Crowd, mask
from hallwatch_collector.core.arranging import classes_of
from hallwatch_collector.core.catalogue import DeviceRules, Fault
from hallwatch_collector.core.commands import AnyCommand, CommandRefused, Refusal
from hallwatch_collector.core.deadlines import DeadlineClerk
from hallwatch_collector.core.decide import decide
from hallwatch_collector.core.hall import Device, Hall
from hallwatch_collector.core.hours import Hours
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.orders import obey
from hallwatch_collector.core.plan import Plan, Template
from hallwatch_collector.core.queues import COUNT, count_waiting
from hallwatch_collector.core.topology import Topology
from hallwatch_collector.core.views import HallView

MOST_TRIED: Final = 20
"""So many decisions are tried for one page at most; each costs some milliseconds."""
LONGEST_WAIT: Final = "longest_wait_s"
"""The metric by which a queue machine tells how long somebody waits already."""
LASTING: Final = (
    Plan,
    Hall,
    Alerting,
    Device,
    DeviceRules,
    Fault,
    Template,
    Topology,
    Hours,
    DeadlineClerk,
    Reading,
    Sign,
)
"""What never changes once it is there, as it comes of files or was told: copies share it."""


class Load(Struct, frozen=True, kw_only=True):
    """How the windows of a hall cope."""

    windows: int
    """Windows that are open and take something."""
    windows_in_use: int
    """All but the reserve windows that nobody opened."""
    people: float | None
    """Who waits; None: nobody counts."""
    queue: float | None
    """People waiting for each window where most do, if they share out as evenly as the classes let them; None: nobody
    counts, or nobody waits."""
    wait_s: float | None
    """The longest wait; None: nobody tells it. After a decision it is an estimate: it grows with the longest queue."""
    unserved: tuple[str, ...]
    """Business classes of the hall that no open window takes."""


class Flow(Struct, frozen=True, kw_only=True):
    """A business class for which people go to other windows than before."""

    business: str
    people: float | None
    """Who waits for it now; None: nobody counts them."""
    before: tuple[str, ...]
    """Windows that take it now."""
    after: tuple[str, ...]


class Outlook(Struct, frozen=True, kw_only=True):
    """What would come of a decision."""

    before: Load
    after: Load
    flows: tuple[Flow, ...] = ()
    opened: tuple[str, ...] = ()
    """Windows."""
    closed: tuple[str, ...] = ()
    signs_up: tuple[str, ...] = ()
    """Places at which a sign would go up, or change."""
    signs_down: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()
    """Emergency registers of the plan that would be opened."""
    ended: tuple[str, ...] = ()
    """Incidents that would close."""
    refused: Refusal | Literal[""] = ""
    """Why it could not be carried out now; then nothing would change."""

    @property
    def changes_windows(self) -> bool:
        """Whether it would be another hall for those who come."""
        return bool(self.flows or self.opened or self.closed)


class Copy(Struct, frozen=True):
    """A hall as it was at one moment, packed up."""

    packed: bytes
    shared: tuple[Any, ...]
    """What every copy shares with the hall."""


class _Packer(pickle.Pickler):
    """Packs a model up; what never changes is only noted."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.shared: list[Any] = []
        # The table is asked for these types alone; ``reducer_override`` would be called for every thing there is.
        self.dispatch_table = copyreg.dispatch_table | dict.fromkeys(LASTING, self._note)

    def _note(self, thing: Any) -> tuple[Any, tuple[int]]:
        self.shared.append(thing)
        return _fetch, (len(self.shared) - 1,)


class _Unpacker(pickle.Unpickler):
    """Unpacks what :class:`_Packer` packed, in the same process; bytes from elsewhere never come here."""

    def __init__(self, copy: Copy) -> None:
        super().__init__(io.BytesIO(copy.packed))
        self._shared = copy.shared

    def find_class(self, module: str, name: str) -> Any:
        """Have noted things fetched from where they are."""
        return (
            self._shared.__getitem__
            if (module, name) == (__name__, _fetch.__name__)
            else super().find_class(module, name)
        )


def _fetch(number: int) -> Any:
    raise LookupError(f"thing {number} is not packed")


def pack(model: Model) -> Copy:
    """Return a copy of a hall, packed up: some milliseconds in which nobody may change it."""
    file = io.BytesIO()
    packer = _Packer(file)
    packer.dump(model)
    return Copy(file.getvalue(), tuple(packer.shared))


def basis_of(view: HallView) -> tuple[Any, ...]:
    """Return that of a picture on which it hangs what decisions would do: while it is equal, so is what they do."""
    asked = tuple((each.id, each.times, each.status, each.text, each.draft) for each in view.measures)
    life = tuple((each.id, each.status, each.level, each.back_at) for each in view.incidents)
    counts = tuple(
        (device.id, key, value)
        for device in view.devices
        if COUNT in device.metrics
        for key, value in device.metrics.items()
        if key.startswith(COUNT) or key == LONGEST_WAIT
    )
    return view.windows, asked, life, counts, view.signs, view.registers


def foresee(copy: Copy, commands: Sequence[AnyCommand], now: float) -> tuple[Outlook, ...]:
    """Return what each of these decisions would do by itself, if it were made now."""
    return tuple(_try(copy, command, now) for command in commands)


def measure_load(model: Model) -> Load:
    """Return how the windows cope with those who wait."""
    classes, waiting = classes_of(model), count_waiting(model)
    able = [taken for window in model.impact.windows if (taken := model.able(window))]
    served = set().union(*able) if able else set()
    counts = waiting.people(classes, unknown=0.0)
    crowd = Crowd(count if name in served else 0 for name, count in zip(classes, counts, strict=True))
    blocks = crowd.blocks(tuple(mask(taken, classes) for taken in able))
    told = [metrics[LONGEST_WAIT] for metrics in _told(model) if LONGEST_WAIT in metrics]
    total = waiting.total if waiting.total is not None else sum(waiting.by_class.values()) if waiting.by_class else None
    return Load(
        windows=len(able),
        windows_in_use=len(model.windows_in_use()),
        people=total,
        queue=float(max(block.density for block in blocks)) if blocks else None,
        wait_s=max(told, default=None),
        unserved=tuple(name for name in classes if name not in served),
    )


def _told(model: Model) -> list[dict[str, float]]:
    """Return what those devices tell now that count who waits."""
    probes = (probe for watch in model.devices.values() for probe in watch.fresh_probes())
    return [probe.reading.metrics for probe in probes if probe.reading is not None]


def _try(copy: Copy, command: AnyCommand, now: float) -> Outlook:
    model: Model = _Unpacker(copy).load()
    before, able, signs = measure_load(model), _able(model), dict(model.signs)
    opened = {window for window in model.impact.windows if model.is_open(window)}
    registers, alive = _registers(model), {each.id for each in model.incidents.values() if each.status != "closed"}
    turn = Turn(model, now)
    try:
        obey(turn, command)
    except CommandRefused as refused:
        return Outlook(before=before, after=before, refused=refused.code)
    decide(turn)
    after_able, now_open = _able(model), {window for window in model.impact.windows if model.is_open(window)}
    still = {each.id for each in model.incidents.values() if each.status != "closed"}
    return Outlook(
        before=before,
        after=_estimate_wait(before, measure_load(model)),
        flows=tuple(_flows(model, able, after_able)),
        opened=tuple(window for window in model.impact.windows if window in now_open - opened),
        closed=tuple(window for window in model.impact.windows if window in opened - now_open),
        signs_up=tuple(place for place, sign in model.signs.items() if signs.get(place) != sign),
        signs_down=tuple(place for place in signs if place not in model.signs),
        registers=tuple(sorted({name for _, name in _registers(model) - registers})),
        ended=tuple(sorted(alive - still)),
    )


def _estimate_wait(before: Load, after: Load) -> Load:
    """Return the load with the longest wait that goes with its longest queue."""
    if before.wait_s is None or not before.queue or after.queue is None:
        return after
    return Load(
        windows=after.windows, windows_in_use=after.windows_in_use, people=after.people, queue=after.queue,
        wait_s=before.wait_s * after.queue / before.queue, unserved=after.unserved,
    )  # fmt: skip


def _able(model: Model) -> dict[str, tuple[str, ...]]:
    """Return the windows that take each class now."""
    taken = {window: model.able(window) for window in model.impact.windows}
    return {name: tuple(window for window in taken if name in taken[window]) for name in classes_of(model)}


def _flows(model: Model, before: dict[str, tuple[str, ...]], after: dict[str, tuple[str, ...]]) -> list[Flow]:
    waiting = count_waiting(model)
    return [
        Flow(business=name, people=waiting.counted(name), before=before[name], after=after[name])
        for name in before
        if before[name] != after[name]
    ]


def _registers(model: Model) -> set[tuple[str, str]]:
    return {(incident.id, name) for incident in model.incidents.values() for name in incident.registers}
