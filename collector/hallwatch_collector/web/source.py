"""What the pages need of the running collector: the one seam between the web and the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from hallwatch_collector.config import Web
from hallwatch_collector.core.alerts.events import AlertsTested
from hallwatch_collector.core.availability import DevicePast
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.closeup import CloseUp
from hallwatch_collector.core.commands import AnyCommand
from hallwatch_collector.core.events import AnyEvent
from hallwatch_collector.core.foresight import Outlook
from hallwatch_collector.core.hall import Hall, HallKey
from hallwatch_collector.core.past import Past
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.quality.quality import Quality
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.why import Kind, Why
from hallwatch_collector.hallfiles import HallFiles
from hallwatch_collector.lookaround import LookAround
from hallwatch_collector.notify.links import Redeemed
from hallwatch_collector.people.people import People
from hallwatch_collector.people.person import Person
from hallwatch_collector.photos.album import Album
from hallwatch_collector.registers import RegisterPage
from hallwatch_collector.screens import KnownScreen

Listener = Callable[[HallKey], None]
ReportForm = Literal["html", "docx", "pdf"]


class CannotBeMade(RuntimeError):  # noqa: N818 - it says what happened
    """This machine lacks something that is needed; the text says what, and the cure."""


class DeviceRecord(NamedTuple):
    """One device, now and before."""

    closeup: CloseUp
    past: DevicePast | None
    """None: the record cannot be read now."""


class Source(Protocol):
    """The running collector, as the pages see it. Every method may be called from any thread."""

    @property
    def token(self) -> str:
        """The operator's token: a program that has it may do everything, in whatever name is given."""
        ...

    @property
    def hosts(self) -> Sequence[str]:
        """Names beside ``localhost`` and the loopback addresses by which browsers may call, without port."""
        ...

    @property
    def web(self) -> Web:
        """How people are let in: for how long, and what else the configuration says of the pages."""
        ...

    @property
    def people(self) -> People:
        """Who there is, who is signed in, and what was done."""
        ...

    @property
    def set_up_code(self) -> str:
        """By which the first administrator is made while there is none; empty: not at all."""
        ...

    @property
    def plan(self) -> Plan:
        """The emergency plan in force."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The fault catalogue in force."""
        ...

    @property
    def hall_files(self) -> HallFiles:
        """The texts of the hall files, and their history."""
        ...

    @property
    def look_around(self) -> LookAround:
        """Looks for devices in the hall's network, from the collector's machine."""
        ...

    @property
    def album(self) -> Album:
        """The photos that came with reports by hand."""
        ...

    def now(self) -> float:
        """Return the collector's clock, Unix seconds UTC."""
        ...

    def halls(self) -> Sequence[HallView]:
        """Return the present picture of every hall, Hallwatch's own (``internal``) included.

        Each that has changed is made anew: with hundreds of halls that takes a while.
        """
        ...

    def own(self) -> Sequence[HallView]:
        """Return the present picture of Hallwatch's own health, which is ``internal``; empty: there is none."""
        ...

    def view(self, key: HallKey) -> HallView | None:
        """Return the present picture of one hall, or None when there is no such hall. Cheap: a snapshot."""
        ...

    def explain(self, key: HallKey, kind: Kind, name: str) -> Why | None:
        """Return why something is so (see :mod:`hallwatch_collector.core.why`); None when there is no such thing."""
        ...

    def device(self, key: HallKey, name: str) -> DeviceRecord | None:
        """Return a device from near and how it was; None when there is no such one. May take a while."""
        ...

    def foresee(self, key: HallKey, commands: Sequence[AnyCommand]) -> Sequence[Outlook]:
        """Return what each of these decisions would do by itself, if it were made now; nothing is changed by that.

        Only the first :data:`~hallwatch_collector.core.foresight.MOST_TRIED` are tried; none where there is no such
        hall. May take some tenths of a second.
        """
        ...

    def report(self, key: HallKey, incident: str, form: ReportForm) -> bytes | None:
        """Return the report on an incident; None when the record has no such incident. May take a while.

        Raises :class:`CannotBeMade`, or ``CommandRefused`` when the journal cannot be read now.
        """
        ...

    def quality(self, key: HallKey | None, week: str) -> Quality:
        """Return how good the alerts of a hall, or of all, were in a week; empty: in the last seven days.

        May take a while. Raises :class:`ValueError` when there is no such week, ``CommandRefused`` as :meth:`report`.
        """
        ...

    def past(self, key: HallKey) -> Past:
        """Return what the record tells of a hall's past; of a hall that never was, nothing. May take a while.

        Raises ``CommandRefused`` as :meth:`report` does.
        """
        ...

    def hall(self, key: HallKey) -> Hall | None:
        """Return what the file of a hall in force says; None when there is no such hall."""
        ...

    @property
    def fault_names(self) -> Mapping[str, tuple[str, str]]:
        """What each fault of the catalogue is called, in Chinese and in English."""
        ...

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last event of the record; raises ``CommandRefused`` as :meth:`report` does."""
        ...

    def find_person(self, token: str) -> Person | None:
        """Return the person whose token this is; None when it is nobody's.

        Raises :class:`~hallwatch_collector.core.commands.CommandRefused` when it cannot be found out now. May block.
        """
        ...

    def command(self, key: HallKey, command: AnyCommand) -> Sequence[AnyEvent]:
        """Carry out what a person decided; return what came of it when that is in the journal.

        Raises :class:`~hallwatch_collector.core.commands.CommandRefused` with the reason when it cannot be. May block;
        the web calls it from a worker thread.
        """
        ...

    def redeem(self, ticket: str) -> Redeemed:
        """Return what the link in a message is about, as of now; nothing is changed by that. Cheap.

        Raises :class:`~hallwatch_collector.notify.links.LinkRefused` for what is none of ours, or too old.
        """
        ...

    def register(self, key: HallKey, incident: str, register: str, roles: Sequence[str]) -> RegisterPage | None:
        """Return an emergency register as somebody with these roles may see it, or None when there is no such one.

        Raises :class:`~hallwatch_collector.core.commands.CommandRefused` when it cannot be read now. May block.
        """
        ...

    def find_screen(self, key: str) -> KnownScreen | None:
        """Return the paired screen whose browser holds this key; None when there is none, or no longer.

        Raises :class:`~hallwatch_collector.core.commands.CommandRefused` when it cannot be found out now. May block.
        """
        ...

    def code_of_screen(self, key: str, *, draw: bool = False) -> str:
        """Return the six digits by which a person pairs the browser that holds this key; empty: it has none.

        *draw*: draw some then. Cheap.
        """
        ...

    def hear_screen(self, screen: KnownScreen, shows: str) -> bool:
        """Take in what a paired screen says that it shows (the edition of a sign; empty: none).

        Returns False when it is none of the hall's any more. May block.
        """
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have *listener* called with a hall's key after each change of its picture; return what ends that.

        It is called from the collector's own threads, must not block them, and does not: see ``news.py``. A hall that
        came or went, and a change of :meth:`problems` (told with the internal hall's key), count as changes.
        """
        ...

    def problems(self, *, alerts: bool = True) -> Sequence[str]:
        """Return what keeps the collector from its work now, a sentence each: a refused edit, the broker away.

        *alerts*: also whom no alert reached. Pages show that by themselves, in the reader's language.
        """
        ...

    def tested(self) -> AlertsTested | None:
        """Return what came of the last weekly test of alerts; None when there was none."""
        ...

    def metrics(self) -> bytes:
        """Return the Prometheus exposition of everything. May take a while; called from a worker thread."""
        ...
