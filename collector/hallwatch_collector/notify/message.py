"""What a channel is to deliver, ready to be put into its own form."""

from __future__ import annotations

from msgspec import Struct

from hallwatch_collector.core.alerts.people import Language
from hallwatch_collector.core.alerts.state import Occasion


class Part(Struct, frozen=True, kw_only=True):
    """What is told of one incident."""

    alert: str
    """Names the delivery; with ``edition`` and ``round`` what must not be taken twice."""
    edition: int
    round: int = 0
    stamp: int = 0
    """Keeps apart what bears the same numbers: see :class:`~hallwatch_collector.core.alerts.state.Delivery`."""
    area: str
    hall: str
    hall_name: str
    incident: str
    device: str
    fault: str
    fault_name: str = ""
    """What fails, in the reader's language."""
    level: str
    occasion: Occasion
    title: str
    lines: tuple[str, ...]
    began_at: float
    """When it began, Unix seconds: the first symptom."""
    over_at: float | None = None
    """When it was over; None: it stands."""
    link: str = ""
    """To its page, where it can be acknowledged; empty: no address of the pages is configured."""
    drill: bool = False
    unwritten: bool = False
    """It is told before it is in the journal, which cannot be written: after a restart it may come again."""

    @property
    def key(self) -> str:
        """Names this edition: a channel that knows what it has taken takes it once."""
        stamp = f"-{self.stamp}" if self.stamp else ""
        return f"{self.area}-{self.hall}-{self.alert}-{self.edition}-{self.round}{stamp}"


class Message(Struct, frozen=True, kw_only=True):
    """One message to one place: about one incident, or a digest of several."""

    channel: str
    to: str = ""
    """Where, on a channel that takes addresses."""
    mentions: tuple[str, ...] = ()
    """Ids or telephone numbers of those whom a group's chat is to call."""
    language: Language = "zh"
    parts: tuple[Part, ...]
    """At least one, in the order in which they were decided; the worst first, where not all of them can be named."""
    page: str = ""
    """Address of the page on which a digest's reader finds all of it; empty: none is configured."""
    again: bool = False
    """It may have arrived before, and this channel cannot tell: the text says so."""
    reference: str = ""
    """By which the channel knows the message that this one replaces, if it can edit; empty: it is a new one."""
    is_test: bool = False
    """`hallwatch notify test`: nothing is wrong, and the text says so."""

    @property
    def key(self) -> str:
        """Names this message; of a digest after its parts."""
        return "+".join(part.key for part in self.parts)
