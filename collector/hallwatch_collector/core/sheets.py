"""Emergency registers as pages and exports show them, without what is written there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.plan import RegisterForm
from hallwatch_collector.core.register_state import EntryStatus, EntryStep, Register, RegisterEntry
from hallwatch_collector.core.registers import form_of
from hallwatch_collector.core.views import RegisterView


class EntryView(Struct, frozen=True, kw_only=True):
    """A number of a register."""

    number: str
    status: EntryStatus
    steps: tuple[EntryStep, ...]
    """Oldest first."""
    digest: str
    """Of what is written there."""

    def step(self, status: EntryStatus) -> EntryStep | None:
        """Return when and by whom it came into a state; None: it never did."""
        return next((step for step in reversed(self.steps) if step.status == status), None)


class Sheet(Struct, frozen=True, kw_only=True):
    """A register with its form and its numbers."""

    view: RegisterView
    form: RegisterForm
    entries: tuple[EntryView, ...]


def view_registers(model: Model) -> Iterator[RegisterView]:
    """Yield how far each register is."""
    for incident, name, register, closed_at in _registers(model):
        yield _view(model, incident, name, register, closed_at)


def read_sheet(model: Model, incident: str, register: str) -> Sheet | None:
    """Return a register as a whole; None when there is no such one."""
    for owner, name, each, closed_at in _registers(model):
        if (owner, name) == (incident, register):
            entries = tuple(_entry(entry) for entry in each.entries)
            view = _view(model, owner, name, each, closed_at)
            return Sheet(view=view, form=form_of(model, name), entries=entries)
    return None


def _registers(model: Model) -> Iterator[tuple[str, str, Register, float | None]]:
    for incident in model.incidents.values():
        for name, register in incident.registers.items():
            yield incident.id, name, register, incident.closed_at
    for kept in reversed(model.kept_registers):
        yield kept.incident, kept.id, kept.register, kept.closed_at


def _view(model: Model, incident: str, name: str, register: Register, closed_at: float | None) -> RegisterView:
    form, states = form_of(model, name), Counter(entry.status for entry in register.entries)
    return RegisterView(
        incident=incident, register=name, clause=form.clause, name=form.name, name_en=form.name_en or form.name,
        mark=form.mark, opened_at=register.opened_at, opened_by=register.by, closed_at=closed_at,
        blank=states["blank"], accepted=states["accepted"], entered=states["entered"], told=states["told"],
        void=states["void"],
    )  # fmt: skip


def _entry(entry: RegisterEntry) -> EntryView:
    return EntryView(number=entry.number, status=entry.status, steps=tuple(entry.steps), digest=entry.digest)
