"""What confirming a proposal does, and how that is taken back: a table, one line for each ``on_confirm`` of a plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from hallwatch_collector.core.arranging import carry_out_moves, may_be_opened, return_windows, undo_moves
from hallwatch_collector.core.closures import close_window, reopen_window
from hallwatch_collector.core.commands.command import CommandRefused
from hallwatch_collector.core.events import ResponseEnded
from hallwatch_collector.core.filing import extend_deadlines, withdraw_extensions
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.occasions.windows import deciding, helpless, is_ready, to_be_lent
from hallwatch_collector.core.plan.templates import Confirmed
from hallwatch_collector.core.readiness import store
from hallwatch_collector.core.registers import open_register, shut_register
from hallwatch_collector.core.releases import correct_it, release_text, withdraw_it, withdraw_of
from hallwatch_collector.core.state import Measure
from hallwatch_collector.core.values import AUTOMATIC


class Deed(NamedTuple):
    """What confirming does, and what taking it back does; None: it cannot be taken back."""

    do: Callable[[Turn, Measure, str], None]
    undo: Callable[[Turn, Measure, str], None] | None
    stands: Callable[[Model, Measure], bool] = lambda _model, _measure: False
    """Whether what was done is there to be taken back, although nothing asks for it any more."""


def reopen_ready(turn: Turn) -> None:
    """Reopen the windows that are ready, where the hall has them reopen by themselves (W3)."""
    model = turn.model
    if model.hall.reopening == "auto":
        for window in [window for window in model.closed_windows if is_ready(model, window)]:
            reopen_window(turn, window, AUTOMATIC)


def return_ready(turn: Turn) -> None:
    """Take back what was opened and lent, where that is not needed any more and nobody is to be asked about it (W3)."""
    model = turn.model
    if model.hall.reopening == "auto" and (model.opened or model.lent):
        for incident in list(model.incidents.values()):
            return_windows(turn, incident, AUTOMATIC)


def carry_out(turn: Turn, measure: Measure, by: str) -> None:
    """Do what confirming a proposal means."""
    on_confirm = turn.model.templates[measure.template].on_confirm
    if on_confirm:
        DEEDS[on_confirm].do(turn, measure, by)


def still_stands(model: Model, measure: Measure) -> bool:
    """Tell whether what confirming a proposal did to windows is there to be taken back."""
    on_confirm = model.templates[measure.template].on_confirm
    return measure.status == "confirmed" and bool(on_confirm) and DEEDS[on_confirm].stands(model, measure)


def take_back(turn: Turn, measure: Measure, by: str) -> bool:
    """Undo what confirming a proposal did; return False when that cannot be."""
    on_confirm = turn.model.templates[measure.template].on_confirm
    if not on_confirm or measure.status != "confirmed":
        return True
    undo = DEEDS[on_confirm].undo
    if undo is not None:
        undo(turn, measure, by)
    return undo is not None


def _close_it(turn: Turn, measure: Measure, by: str) -> None:
    close_window(turn, measure.subject, measure.incident, by)


def _reopen_it(turn: Turn, measure: Measure, by: str) -> None:
    reopen_window(turn, measure.subject, by)


def _is_closed(model: Model, measure: Measure) -> bool:
    return measure.subject in model.closed_windows


def _close_useless(turn: Turn, measure: Measure, by: str) -> None:
    model = turn.model
    windows = deciding(model, model.templates[measure.template], turn.now).get(measure.incident, [])
    needed = to_be_lent(model)
    for window in helpless(model, windows):
        if not model.able(window) and window not in needed:
            close_window(turn, window, measure.incident, by)


def _reopen_theirs(turn: Turn, measure: Measure, by: str) -> None:
    closed = turn.model.closed_windows
    for window in [window for window, incident in closed.items() if incident == measure.incident]:
        reopen_window(turn, window, by)


def _open_registers(turn: Turn, measure: Measure, by: str) -> None:
    for register in turn.model.templates[measure.template].registers:
        open_register(turn, turn.model.incidents[measure.incident], register, measure.id, by)


def _shut_registers(turn: Turn, measure: Measure, by: str) -> None:
    """Take back what this measure opened; what is written down has to be done with all the same."""
    incident = turn.model.incidents[measure.incident]
    opened = [name for name, register in incident.registers.items() if register.measure == measure.id]
    for name in opened:
        if incident.registers[name].entries:
            raise CommandRefused("register-in-use", register=name, measure=measure.id)
    for name in opened:
        shut_register(turn, incident, name, by)


def _are_closed(model: Model, measure: Measure) -> bool:
    return measure.incident in model.closed_windows.values()


def _arrange(turn: Turn, measure: Measure, by: str) -> None:
    """Make the moves that were proposed, as far as they still fit."""
    measure.moves = carry_out_moves(turn, measure.moves, measure.incident, by)


def _arrange_back(turn: Turn, measure: Measure, by: str) -> None:
    undo_moves(turn, measure.moves, by)


def _are_arranged(model: Model, measure: Measure) -> bool:
    return any(
        not may_be_opened(model, move.window) if move.do == "open" else move.business in model.lent.get(move.window, ())
        for move in measure.moves
        if move.window in model.impact.windows
    )


def _return_windows(turn: Turn, measure: Measure, by: str) -> None:
    return_windows(turn, turn.model.incidents[measure.incident], by)


def _take_spare_back(turn: Turn, measure: Measure, by: str) -> None:
    store.take_back(turn, measure.subject, by)


def _end_response(turn: Turn, measure: Measure, by: str) -> None:
    incident = turn.model.incidents[measure.incident]
    incident.ended_by = by
    turn.events.append(ResponseEnded(at=turn.at, incident=incident.id, by=by))


DEEDS: Final[Mapping[Confirmed, Deed]] = {
    "release": Deed(release_text, withdraw_of),
    "correct-notice": Deed(correct_it, None),
    "withdraw-notice": Deed(withdraw_it, None),
    "extend-deadline": Deed(extend_deadlines, withdraw_extensions),
    "close-window": Deed(_close_it, _reopen_it, _is_closed),
    "close-windows": Deed(_close_useless, _reopen_theirs, _are_closed),
    "reopen-window": Deed(_reopen_it, None),
    "arrange-windows": Deed(_arrange, _arrange_back, _are_arranged),
    "return-windows": Deed(_return_windows, None),
    "return-spare": Deed(_take_spare_back, None),
    "open-registers": Deed(_open_registers, _shut_registers),
    "end-response": Deed(_end_response, None),
}
