"""What people do with maintenance, rounds, the store and spares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from hallwatch_collector.core.commands import Command, CommandRefused
from hallwatch_collector.core.commands.readiness import (
    AddStock,
    CancelMaintenance,
    CountStock,
    EndMaintenance,
    ExtendMaintenance,
    FinishRound,
    LendSpare,
    LookAt,
    PlanMaintenance,
    ReturnSpare,
    StartMaintenance,
    TakeStock,
)
from hallwatch_collector.core.hall import THINGS
from hallwatch_collector.core.measures import decide_measure
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.orders.asking import check_right, is_role, list_names
from hallwatch_collector.core.plan import Occasion
from hallwatch_collector.core.readiness.events import RoundLineDone, StockChanged
from hallwatch_collector.core.readiness.kept import Maintenance, MaintenanceStatus, Round, RoundLine, Stock
from hallwatch_collector.core.readiness.maintenance import OWN_PREFIX, begin, end, extend, note_planned, read_moment
from hallwatch_collector.core.readiness.rounds import end_round, look
from hallwatch_collector.core.readiness.store import lend, may_stand_in, take_back
from hallwatch_collector.core.readiness.tables import Supply
from hallwatch_collector.core.state import Measure

STANDING: Final[tuple[MaintenanceStatus, ...]] = ("running", "overdue")


def plan_maintenance(turn: Turn, command: PlanMaintenance) -> None:
    """Plan work on some devices."""
    model = turn.model
    check_right(model, command, "manage")
    _check_devices(model, command.devices)
    try:
        begins_at, ends_at = read_moment(command.from_, model.hours), read_moment(command.to, model.hours)
    except ValueError:
        raise CommandRefused("wrong-time", begin=command.from_, end=command.to) from None
    if ends_at <= begins_at or ends_at <= turn.now:
        raise CommandRefused("wrong-time", begin=command.from_, end=command.to)
    work = Maintenance(
        id=f"{OWN_PREFIX}{model.next_number()}", devices=list(command.devices), text=command.text, by=command.by,
        begins_at=begins_at, ends_at=ends_at, announce_before_s=command.announce_before_s,
    )  # fmt: skip
    model.readiness.maintenance[work.id] = work
    note_planned(turn, work, ends_at)


def start_maintenance(turn: Turn, command: StartMaintenance) -> None:
    """Begin work on some devices now."""
    model = turn.model
    check_right(model, command, "manage")
    _check_devices(model, command.devices)
    ends_at = None if command.minutes is None else turn.now + command.minutes * 60
    work = Maintenance(
        id=f"{OWN_PREFIX}{model.next_number()}", devices=list(command.devices), text=command.text, by=command.by,
        begins_at=turn.now, ends_at=ends_at, spans=True,
    )  # fmt: skip
    model.readiness.maintenance[work.id] = work
    begin(turn, work, command.by)


def extend_maintenance(turn: Turn, command: ExtendMaintenance) -> None:
    """Let work that has begun last until another moment."""
    work = _find_work(turn, command, command.maintenance, STANDING)
    work.changed = work.spans = True
    extend(turn, work, turn.now + command.minutes * 60, command.by)


def end_maintenance(turn: Turn, command: EndMaintenance) -> None:
    """End work that has begun."""
    end(turn, _find_work(turn, command, command.maintenance, STANDING), command.by)


def cancel_maintenance(turn: Turn, command: CancelMaintenance) -> None:
    """Cancel work that has not begun."""
    end(turn, _find_work(turn, command, command.maintenance, ("planned",)), command.by, command.reason)


def _check_devices(model: Model, devices: list[str]) -> None:
    own = sorted(name for name, watch in model.devices.items() if watch.device.kind not in THINGS)
    for device in devices:
        if device not in own:
            raise CommandRefused("unknown-thing", thing=device, waiting=list_names(own))


def _find_work(turn: Turn, command: Command, name: str, wanted: tuple[MaintenanceStatus, ...]) -> Maintenance:
    works = turn.model.readiness.maintenance
    check_right(turn.model, command, "manage")
    if name not in works or works[name].status not in wanted:
        waiting = [work.id for work in works.values() if work.status in wanted]
        raise CommandRefused("unknown-maintenance", maintenance=name, waiting=list_names(waiting))
    return works[name]


def look_at(turn: Turn, command: LookAt) -> None:
    """Complete one item of a round, with what the monitor sees of it at this moment."""
    of = _find_round(turn, command, command.round)
    items = {item.id: item for item in turn.model.plan.rounds.items}
    known = [line.item for line in of.lines]
    if command.item not in known:
        raise CommandRefused("unknown-item", item=command.item, waiting=list_names(known))
    item = items.get(command.item)
    line = look(turn.model, item, turn.now) if item else RoundLine(item=command.item)  # the plan may lack it by now
    line.result, line.note, line.by = command.result, command.note, command.by
    of.lines = [line if each.item == command.item else each for each in of.lines]
    turn.events.append(RoundLineDone(at=turn.now, round=of.id, line=line))


def finish_round(turn: Turn, command: FinishRound) -> None:
    """End a round whose items are all done; the step that asked for it is done with it."""
    of = _find_round(turn, command, command.round)
    check_finished(of)
    for measure in _steps(turn.model, "round-due", of.id):
        if measure.status == "open":
            decide_measure(turn, measure, "done", command.by)
    end_round(turn, of, command.by)


def finish_by_step(turn: Turn, step: Measure, by: str) -> None:
    """End the round that a step asked for, when that is ticked."""
    of = next((each for each in turn.model.readiness.rounds if each.id == step.subject and each.is_open), None)
    if of is not None:
        end_round(turn, of, by)


def check_step(turn: Turn, step: Measure) -> None:
    """Refuse to tick a round whose items are not all done."""
    of = next((each for each in turn.model.readiness.rounds if each.id == step.subject and each.is_open), None)
    if of is not None:
        check_finished(of)


def check_finished(of: Round) -> None:
    """Raise :class:`CommandRefused` while items of a round are not done."""
    left = [line.item for line in of.lines if not line.result]
    if left:
        raise CommandRefused("round-unfinished", round=of.id, waiting=list_names(left))


def _find_round(turn: Turn, command: Command, name: str) -> Round:
    model = turn.model
    rounds = {each.id: each for each in model.readiness.rounds if each.is_open}
    if name not in rounds:
        raise CommandRefused("unknown-round", round=name, waiting=list_names(rounds))
    owners = _owners(model, "round-due")
    if owners and not any(is_role(command, owner) for owner in owners):
        raise CommandRefused("not-yours", measure=name, role=owners[0])
    return rounds[name]


def _steps(model: Model, on: Occasion, subject: str) -> list[Measure]:
    return [
        each
        for each in model.measures.values()
        if each.subject == subject and each.template in model.templates and model.templates[each.template].on == on
    ]


def _owners(model: Model, on: Occasion) -> list[str]:
    return [template.owner for template in model.plan.measures if template.on == on]


def count_stock(turn: Turn, command: CountStock) -> None:
    """Take down what was counted."""
    supply = _find_supply(turn, command, command.supply)
    _set_stock(turn, supply, Stock(count=command.count, counted_at=turn.now, by=command.by), "counted", command)


def take_stock(turn: Turn, command: TakeStock) -> None:
    """Take some out; no more than there is."""
    supply = _find_supply(turn, command, command.supply)
    there = _counted(turn, supply)
    if there.count < command.amount:
        raise CommandRefused("not-so-many", supply=supply.name, count=f"{there.count:g}{supply.unit}")
    rest = Stock(count=there.count - command.amount, counted_at=there.counted_at, by=there.by)
    _set_stock(turn, supply, rest, "taken", command)


def add_stock(turn: Turn, command: AddStock) -> None:
    """Put some in; somebody must have counted what was there."""
    supply = _find_supply(turn, command, command.supply)
    there = _counted(turn, supply)
    more = Stock(count=there.count + command.amount, counted_at=there.counted_at, by=there.by)
    _set_stock(turn, supply, more, "added", command)


def _counted(turn: Turn, supply: Supply) -> Stock:
    """Return how much is there by the last count: where nobody ever counted, a sum would be made up."""
    there = turn.model.readiness.stock.get(supply.id)
    if there is None:
        raise CommandRefused("not-counted", supply=supply.name)
    return there


def _find_supply(turn: Turn, command: Command, name: str) -> Supply:
    """Return a supply of the store, for those who keep it and those who manage the hall."""
    model = turn.model
    if not any(is_role(command, owner) for owner in _owners(model, "stock-low")):
        check_right(model, command, "manage")
    if name not in model.store:
        raise CommandRefused("unknown-supply", supply=name, waiting=list_names(model.store))
    return model.store[name]


def _set_stock(
    turn: Turn,
    supply: Supply,
    stock: Stock,
    how: Literal["counted", "taken", "added"],
    command: CountStock | TakeStock | AddStock,
) -> None:
    was = turn.model.readiness.stock.get(supply.id)
    turn.model.readiness.stock[supply.id] = stock
    changed = StockChanged(
        at=turn.now, supply=supply.id, how=how, count=stock.count, was=was.count if was else None, by=command.by,
        note="" if isinstance(command, CountStock) else command.note,
    )  # fmt: skip
    turn.events.append(changed)


def lend_spare(turn: Turn, command: LendSpare) -> None:
    """Let a device's spare stand in for it, if it works and was not lent to another: a person chooses whose it is."""
    model = turn.model
    check_right(model, command, "manage")
    watch = model.devices.get(command.device)
    spare = watch.device.spare if watch else None
    if spare is None or spare in model.readiness.loans or not may_stand_in(model, spare):
        raise CommandRefused("not-lendable", spare=spare or "–", device=command.device)
    lend(turn, spare, command.device, command.by)


def return_spare(turn: Turn, command: ReturnSpare) -> None:
    """Take a spare back into the store."""
    loans = turn.model.readiness.loans
    check_right(turn.model, command, "manage")
    if command.spare not in loans:
        raise CommandRefused("not-lent", spare=command.spare, waiting=list_names(loans))
    take_back(turn, command.spare, command.by)


HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    PlanMaintenance: plan_maintenance,
    StartMaintenance: start_maintenance,
    ExtendMaintenance: extend_maintenance,
    EndMaintenance: end_maintenance,
    CancelMaintenance: cancel_maintenance,
    LookAt: look_at,
    FinishRound: finish_round,
    CountStock: count_stock,
    TakeStock: take_stock,
    AddStock: add_stock,
    LendSpare: lend_spare,
    ReturnSpare: return_spare,
}
