"""Windows as posts that take classes, and the moves that change them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, Literal

from msgspec import Struct, structs

from hallwatch_collector.core.hall import Window

MoveKind = Literal["open", "close", "lend", "return"]
"""``open`` or ``close`` the window; ``lend`` it a class that it does not offer by itself, or let it ``return`` that."""
OPPOSITE: Final[dict[MoveKind, MoveKind]] = {"open": "close", "close": "open", "lend": "return", "return": "lend"}


class Post(Struct, frozen=True, kw_only=True):
    """A window, and what it takes at this moment as far as its devices let it."""

    id: str
    number: int
    open: bool = True
    reserve: bool = False
    """May be opened when it is needed. A window that is closed for another reason is left to what closed it (W3)."""
    takes: frozenset[str] = frozenset()
    """What it takes; of one that is not open: what it would take."""
    may: frozenset[str] = frozenset()
    """What it could take too, if it were lent to it."""


class Move(Struct, frozen=True):
    """One change of one window."""

    do: MoveKind
    window: str
    business: str = ""
    """The class that is lent or returned."""
    helps: tuple[str, ...] = ()
    """The classes for whose sake it is proposed."""


def post_of(
    window: Window,
    *,
    is_open: bool,
    lost: Collection[str] = (),
    borrowable: Collection[str] = (),
    lent: Collection[str] = (),
) -> Post:
    """Return a window of the hall file as it is now.

    *lost* are the classes of its own that faults take from it, *borrowable* those of ``may`` that its devices let it
    take (:meth:`Impact.borrowable`), *lent* those that were lent to it.
    """
    own = frozenset(window.classes)
    able = frozenset(borrowable) - own
    return Post(
        id=window.id,
        number=window.number,
        open=is_open,
        reserve=window.reserve,
        takes=(own - frozenset(lost)) | (able & frozenset(lent)),
        may=able - frozenset(lent),
    )


def apply(moves: Iterable[Move], posts: Iterable[Post]) -> list[Post]:
    """Return the posts after these moves.

    Raises:
        ValueError: a move does not fit the posts: the window is not there, is open already, or has no such class.
    """
    after = {post.id: post for post in posts}
    for move in moves:
        if move.window not in after:
            raise ValueError(f"cannot {move.do} window {move.window}: there is no such window")
        after[move.window] = _after(move, after[move.window])
    return list(after.values())


def _after(move: Move, post: Post) -> Post:
    if move.do in ("open", "close"):
        if post.open == (move.do == "open"):
            raise ValueError(f"cannot {move.do} window {post.id}: it is {'open' if post.open else 'closed'} already")
        return structs.replace(post, open=not post.open)
    moved = frozenset([move.business])
    has, gets = (post.may, post.takes) if move.do == "lend" else (post.takes, post.may)
    if not moved <= has or moved <= gets:
        raise ValueError(f"cannot {move.do} {move.business!r} at window {post.id}: it is not there to {move.do}")
    if move.do == "lend":
        return structs.replace(post, takes=post.takes | moved, may=post.may - moved)
    return structs.replace(post, takes=post.takes - moved, may=post.may | moved)


def undo_of(moves: Sequence[Move]) -> tuple[Move, ...]:
    """Return the moves that take these back, the last one first."""
    return tuple(Move(OPPOSITE[move.do], move.window, move.business) for move in reversed(moves))


def served(posts: Iterable[Post]) -> frozenset[str]:
    """Return the classes that some open window takes."""
    return frozenset().union(*(post.takes for post in posts if post.open))


def take_back(made: Sequence[Move], posts: Iterable[Post], classes: Collection[str]) -> tuple[Move, ...]:
    """Return what of the moves made can be taken back now, so that none of *classes* that is served loses its window.

    A move that no longer fits the windows, because a person changed them or a device failed, is left out.
    """
    now, needed, undone = list(posts), served(posts := list(posts)) & frozenset(classes), []
    for move in undo_of(made):
        try:
            after = apply([move], now)
        except ValueError:
            continue
        if needed <= served(after):
            now = after
            undone.append(move)
    return tuple(undone)
