"""The hall's windows as they are arranged now, what could be done with them, and doing it (clauses W1, P1, P5).

What was moved is remembered with the incident that it was moved for, and goes back when that is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from msgspec import structs

from hallwatch_collector.core.arrangement import Move, Post, Proposal, post_of, propose, take_back, undo_of
from hallwatch_collector.core.closures import close_window, reopen_window
from hallwatch_collector.core.incidents import assess_windows
from hallwatch_collector.core.model import Model, Turn
from hallwatch_collector.core.queues import waiting_of
from hallwatch_collector.core.roots import root_faults
from hallwatch_collector.core.state import BY_HAND, HandMove, Incident
from hallwatch_collector.core.window_events import ReserveClosed, ReserveOpened, WindowLent, WindowReturned

SEVERAL: Final = "、"


def posts_of(model: Model) -> list[Post]:
    """Return the windows as posts: what each takes, and could take."""
    takers = cache(model.takers)
    posts = []
    for window in model.impact.windows.values():
        lost = list(model.lost.get(window.id, ()))
        if model.is_resting(window.id):
            lost = list(model.impact.reach(window.id, takers, model.is_unknown).lost)
        post = post_of(
            window,
            is_open=model.is_open(window.id),
            lost=lost,
            borrowable=model.impact.borrowable(window.id, takers),
            lent=model.lent.get(window.id, ()),
        )
        posts.append(structs.replace(post, reserve=may_be_opened(model, window.id)))
    return posts


def may_be_opened(model: Model, window: str) -> bool:
    """Tell whether a window may be opened when it is needed: it is in reserve, or a person closed it.

    One that a fault closed is left to what closed it (W3).
    """
    closed_for = model.closed_windows.get(window)
    return closed_for == BY_HAND if closed_for is not None else model.is_resting(window)


def classes_of(model: Model) -> list[str]:
    """Return the classes that the hall has to serve: those of its windows that are no reserve."""
    offered = [name for window in model.impact.windows.values() if not window.reserve for name in window.classes]
    return list(dict.fromkeys(offered))


def proposal_of(model: Model) -> Proposal:
    """Return what could be done with the windows; worked out when the windows or the queues are others than before."""
    question = (posts_of(model), waiting_of(model.queue))
    if model.proposed is None or model.proposed[0] != question:
        posts, waiting = question
        model.proposed = (question, propose(posts, classes_of(model), waiting, model.plan.arrangement))
    return model.proposed[1]


def edition_of(model: Model) -> str:
    """Return how the windows are arranged in one line: a proposal that was answered is asked anew when it changes."""
    return ";".join(
        f"{post.id}{'+' if post.open else '-'}{','.join(sorted(post.takes))}/{','.join(model.lent.get(post.id, ()))}"
        for post in posts_of(model)
    )


def carry_out_moves(turn: Turn, moves: Iterable[Move], incident: str, by: str, reason: str = "") -> list[Move]:
    """Make those moves that still fit the windows as they are; return them, without what they help."""
    made = [Move(move.do, move.window, move.business) for move in moves if _make(turn, move, incident, by, reason)]
    if made:
        assess_windows(turn)  # a window in reserve has nothing to lose
    return made


def _make(turn: Turn, move: Move, incident: str, by: str, reason: str) -> bool:
    model, window, business = turn.model, move.window, move.business
    lent = model.lent.get(window, {})
    told: dict[str, Any] = {"at": turn.at, "window": window, "by": by, "reason": reason}
    if move.do == "open" and may_be_opened(model, window):
        reopen_window(turn, window, by, reason)
        if model.is_resting(window):
            model.opened[window] = incident
            turn.events.append(ReserveOpened(incident=incident, **told))
    elif move.do == "close" and window in model.opened:
        for name in list(lent):
            _make(turn, Move("return", window, name), incident, by, reason)
        turn.events.append(ReserveClosed(incident=model.opened.pop(window), **told))
    elif move.do == "close" and not model.impact.windows[window].reserve and model.is_open(window):
        close_window(turn, window, BY_HAND, by, reason)
        return True
    elif move.do == "lend" and business in model.impact.windows[window].may and business not in lent:
        model.lent.setdefault(window, {})[business] = incident
        turn.events.append(WindowLent(business=business, incident=incident, **told))
    elif move.do == "return" and business in lent:
        turn.events.append(WindowReturned(business=business, incident=lent.pop(business), **told))
        if not lent:
            del model.lent[window]
    else:
        return False
    _note_hand(model, move, HandMove(by=by, at=turn.at, reason=reason) if incident == BY_HAND else None)
    return True


def _note_hand(model: Model, move: Move, by_hand: HandMove | None) -> None:
    """Note who made a move by hand; one that is taken back was made by nobody."""
    key = f"{move.window}/{move.business}" if move.business else move.window
    model.hand_moves.pop(key, None)
    if by_hand is not None and move.do in ("open", "lend"):
        model.hand_moves[key] = by_hand


def made_for(model: Model, incident: str) -> list[Move]:
    """Return the moves that stand, and were made for an incident."""
    opened = [Move("open", window) for window, owner in model.opened.items() if owner == incident]
    lent = [
        Move("lend", window, name)
        for window, names in model.lent.items()
        for name, owner in names.items()
        if owner == incident
    ]
    return opened + lent


def undo_moves(turn: Turn, moves: Sequence[Move], by: str) -> None:
    """Take moves back because a person says that they were a mistake, whatever that costs."""
    carry_out_moves(turn, undo_of(moves), BY_HAND, by)


def returnable(model: Model, incident: Incident) -> list[Move]:
    """Return how the windows can go back to what they were before an incident that is over.

    No class loses its window by it, and while a crowd waits no window is given up.
    """
    made = [] if incident.stands else made_for(model, incident.id)
    if not made or next(crowds(model), None) is not None:
        return []
    posts = posts_of(model)
    takes = {post.id: post.takes for post in posts}
    idle = [move for move in made if move.do == "lend" and move.business not in takes[move.window]]
    rest = [move for move in made if move not in idle]
    return [*undo_of(idle), *take_back(rest, posts, classes_of(model))]


def return_windows(turn: Turn, incident: Incident, by: str) -> None:
    """Take back what was moved for an incident that is over, as far as nobody needs it now."""
    carry_out_moves(turn, returnable(turn.model, incident), incident.id, by)


def crowds(model: Model) -> Iterator[Incident]:
    """Yield the incidents that stand because too many people wait, the oldest first."""
    found = [incident for incident in model.incidents.values() if is_crowd(model, incident)]
    yield from sorted(found, key=lambda each: (each.began_at, each.id))


def is_crowd(model: Model, incident: Incident) -> bool:
    """Tell whether an incident stands because too many people wait."""
    return incident.stands and any(
        watch.rules.faults[alarm.fault].nature == "crowding"
        for watch in model.watches(incident)
        for alarm in root_faults(watch)
    )


def say_moves(model: Model, moves: Sequence[Move]) -> tuple[str, str]:
    """Say moves in words, in Chinese and in English, what is lent to one window together."""
    said: list[str] = []
    said_en: list[str] = []
    for window in dict.fromkeys(move.window for move in moves):
        name = model.impact.windows[window].name
        theirs = [move for move in moves if move.window == window]
        for do, (zh, en) in MOVES.items():
            done = [model.impact.classes[move.business] for move in theirs if move.do == do and move.business]
            if any(move.do == do for move in theirs):
                said.append(zh.format(window=name, classes=SEVERAL.join(each.name for each in done)))
                said_en.append(en.format(window=name, classes=", ".join(each.name_en or each.id for each in done)))
    return ";".join(said) or "无", "; ".join(said_en) or "none"


MOVES: Final = {
    "open": ("开放{window}", "open {window}"),
    "lend": ("{window}兼办{classes}", "{window} also takes {classes}"),
    "return": ("{window}不再兼办{classes}", "{window} gives back {classes}"),
    "close": ("{window}转回备用", "{window} goes back into reserve"),
}
"""What each move is called."""
