"""What agents and collectors say to each other: the contract, and nothing else.

JSON over MQTT 3.1.1, typed by msgspec structs. Unknown fields are ignored, so that an old collector survives a new
agent; a missing or mistyped field is refused as a whole. JSON Schema and AsyncAPI documents are generated from these
structs (``hallwatch schema``) and kept in step by a test. Times are Unix seconds in UTC; a name of a quantity ends in
its unit (``interval_s``, ``toner_ratio``).

Topics, below ``hallwatch/v1/<area>/<hall>/``:

=====================  ==========  ==========================================================
``agents/<agent>``     retained    :class:`Birth`; the last will puts a :class:`Death` there
``reports/<agent>``    QoS 1       :class:`Report`, one message a cycle with all its readings
``orders/<agent>``     see below   :class:`Assignment` (retained) and :class:`ProbeNow` (not retained)
``signs/<place>``      retained    :class:`Sign`; an empty message takes the sign away
``notices/<text>``     retained    :class:`Notice`, a text for the public; an empty message takes it away
``board``              retained    :class:`Board`, the hall in one message, for any display
``collector``          retained    :class:`Heartbeat`, the collector's own, said anew at each interval
=====================  ==========  ==========================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

VERSION: Final = 1
ROOT: Final = f"hallwatch/v{VERSION}"
MAX_PAYLOAD_BYTES: Final = 1_048_576
"""A longer message is refused unread. An agent splits what would come near it into several reports."""
MAX_READINGS: Final = 2000
"""In one report."""
MAX_KEYS: Final = 500
"""Of metrics, of conditions and of facts in one reading."""
MAX_KEY_CHARS: Final = 160
MAX_TEXT_CHARS: Final = 1000
"""Of a fact, a note, and any other words meant for people."""

ID_PATTERN: Final = r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$(?!\n)"
ID_RULE: Final = "Lower-case letters, digits and '-', at most 63, no '-' at the ends."
Id = Annotated[str, Meta(pattern=ID_PATTERN, description=ID_RULE)]
"""Identifies an area, hall, agent, device, window or place. Names for people are separate and in any script."""
Name = Annotated[str, Meta(max_length=63)]
"""As long as an id may be, and not looked at further."""
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
"""Bounded by what a double holds exactly, as these numbers end in metrics and in other programs' JSON."""
Ordinal = Annotated[int, Meta(ge=1, le=2**53)]
Keys = Meta(max_length=MAX_KEYS, extra_json_schema={"propertyNames": {"maxLength": MAX_KEY_CHARS}})
"""Bounds a table of a reading; :func:`decode_report` sees to the length of its keys."""
KeepAlive = Annotated[int, Meta(ge=1, le=65_535)]
"""Seconds; the bounds are MQTT's own (3.1.1, section 3.1.2.10)."""


class ReadError(StrEnum):
    """Why a probe could not read its device. Not one of them says what state the device is in."""

    TIMEOUT = "timeout"  # asked, nothing came back in time; so does SNMP v1/v2c treat a wrong community
    UNREACHABLE = "unreachable"  # the network says that the host is not there
    REFUSED = "refused"  # the host answered: nobody listens there
    DENIED = "denied"  # the device says so: wrong user, key or password, or no access to this object
    GARBAGE = "garbage"  # an answer that cannot be decoded
    MUTE = "mute"  # the host takes the connection, and then no answer comes, or none that ends in time
    UNSUPPORTED = "unsupported"  # the device or this machine does not offer it
    BUSY = "busy"  # not asked: the previous reading of this probe still hangs, or too many others do
    CRASHED = "crashed"  # a defect in the probe itself
    LOCAL = "local"  # not asked: the agent's own machine has no route, no name server, no free socket


class Reading(Struct, frozen=True, omit_defaults=True, gc=False):
    """What one probe read of one device at one moment.

    A key that is absent is not known; it is never 0 or false. A key may name a part of the device in brackets:
    ``toner_ratio[black]``, ``input-empty[tray-2]``; a fault rule without brackets then holds for each part.

    ``device`` is not matched against :data:`ID_PATTERN` here because the collector demands more: that it stands in the
    hall file and that this agent is the one that watches it.
    """

    device: Name
    probe: Name
    """The probe's name in the hall file; the probe kind unless the file says otherwise."""
    at: float
    """When it was read, Unix seconds by the agent's clock."""
    took_s: float = 0.0
    error: ReadError | None = None
    """Set when the device could not be read; ``metrics`` and ``conditions`` are then mostly empty."""
    note: Text = ""
    """The error in words, for a technician."""
    metrics: Annotated[dict[str, float], Keys] = {}
    conditions: Annotated[dict[str, bool], Keys] = {}
    facts: Annotated[dict[str, Text], Keys] = {}
    """What seldom changes: model, serial number, firmware."""


class Report(Struct, frozen=True, omit_defaults=True, gc=False):
    """The readings of one cycle of one agent."""

    agent: Id
    boot: Id
    """Drawn anew at each start of the agent."""
    seq: Ordinal
    """Counts the reports of this boot from 1; a number that never comes is a gap."""
    sent_at: float
    """When it was handed to the broker, by the agent's clock: no skew falsifies the age ``sent_at - at``."""
    readings: Annotated[list[Reading], Meta(max_length=MAX_READINGS)]
    late: bool = False
    """Sent from the backlog after an outage: history, not the present."""
    spooled: Count = 0
    """Reports that still wait on the agent's disk."""
    dropped: Count = 0
    """Reports that this agent's spool had to throw away since its boot, because it was full or they were too old."""


class Birth(Struct, frozen=True, tag="birth", tag_field="type", omit_defaults=True):
    """An agent is there. Retained; renewed at every connection."""

    agent: Id
    boot: Id
    session: Ordinal
    """Counts the connections of this boot from 1, so that the will of a cut connection cannot kill the next one."""
    at: float
    keepalive_s: KeepAlive
    version: Text = ""
    host: Text = ""
    """The machine's own name, for people."""
    system: Text = ""
    assignment: Text = ""
    """Digest of the probe list it works by; empty when it has none yet."""


class Death(Struct, frozen=True, tag="death", tag_field="type", omit_defaults=True):
    """An agent is gone: by its own word (``stopped``), else by the broker's, as the last will."""

    agent: Id
    boot: Id
    session: Ordinal
    stopped: bool = False


Life = Birth | Death


class ProbeOrder(Struct, frozen=True, omit_defaults=True):
    """One probe that an agent is to run: ``options`` are those of the probe kind, checked by the collector before."""

    device: Id
    name: Id
    kind: str
    interval_s: float
    timeout_s: float
    options: dict[str, Any] = {}


class Assignment(Struct, frozen=True, tag="assignment", tag_field="type", omit_defaults=True):
    """Everything an agent is to probe. Retained; the agent keeps it on disk and works on from it alone."""

    agent: Id
    digest: str
    probes: list[ProbeOrder]


class ProbeNow(Struct, frozen=True, tag="probe-now", tag_field="type", omit_defaults=True):
    """Read these devices at once, out of turn. Never retained: a stale order would be obeyed after a restart."""

    agent: Id
    devices: list[Id]
    reason: str = ""


Order = Assignment | ProbeNow


class Sign(Struct, frozen=True, omit_defaults=True):
    """What a display at a place shows, to the letter."""

    place: Id
    text: str
    """「暂停使用」, 「危险!请勿触摸」 or 「暂停服务」: the plans' own words (clauses H2, W2)."""
    about: str
    """What is out of use: the device's or window's name."""
    since: float
    clause: str
    instead: str = ""
    """Where to go meanwhile; empty when there is nowhere."""
    text_en: str = ""
    """The same in English, for a small line below it; empty when the plan has none."""
    instead_en: str = ""
    hazard: bool = False
    """Touching it could hurt: shown so that it is told from what is only out of use."""
    simulated: bool = False
    drill: bool = False
    """It is of a drill (B3): whoever shows it says so."""


class Notice(Struct, frozen=True, omit_defaults=True):
    """A text for the public, released by a person with that right: displays show it word for word (clause R6)."""

    id: Id
    name: str
    text: str
    version: Ordinal
    """Counts the corrections; a display shows the last one."""
    since: float
    """When this version was released."""
    clause: str
    text_en: str = ""
    simulated: bool = False
    drill: bool = False
    """It is of a drill (B3): whoever shows it says so."""


class Board(Struct, frozen=True, omit_defaults=True):
    """The hall in one message."""

    area: Id
    hall: Id
    name: str
    at: float
    windows_open: Count
    windows: Count
    classes_lost: dict[str, list[str]]
    """Window id → business classes it cannot take now."""
    unusable: list[str]
    unknown: list[str]
    incidents: Count
    level: str = ""
    """The highest level among the open incidents, Ⅰ to Ⅳ."""
    simulated: bool = False
    drill: bool = False
    """It is of a drill (B3): whoever shows it says so."""


class Heartbeat(Struct, frozen=True, omit_defaults=True):
    """The collector lives, and watches this hall. An empty message: it does not watch this hall any more.

    Retained, so that whoever comes later learns of the last one; but only one that comes fresh, and not out of the
    broker's store, with a ``seq`` that was not heard before, is a sign of life.
    """

    boot: Id
    """Drawn anew at each start of the collector."""
    seq: Ordinal
    """Counts the heartbeats of this boot from 1, over all halls."""
    at: float
    interval_s: Annotated[float, Meta(gt=0, le=3600)]
    """The next one comes within so long, unless something is wrong."""
    healthy: bool
    """What ``/health`` says: nothing keeps the collector from its work."""
    stopping: bool = False
    """It ends because it was told to: the next one comes when it is started again."""


class Topic(NamedTuple):
    """A topic taken apart; ``leaf`` is the id of the agent, place or text, empty for the board and the collector."""

    area: str
    hall: str
    branch: str
    leaf: str


class NotOnTheWire(ValueError):  # noqa: N818 - it says what happened
    """A topic or message that is not of this contract. The text says what is wrong, for a log line."""


BRANCHES: Final = ("agents", "reports", "orders", "signs", "notices", "board", "collector")
LEAFLESS: Final = ("board", "collector")
"""Branches of which each hall has one message."""
_id = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Tell whether *text* may identify an area, hall, agent, device, window or place."""
    return _id.match(text) is not None


def topic(area: str, hall: str, branch: str, leaf: str = "") -> str:
    """Return the topic of a branch of a hall, for example ``hallwatch/v1/330106/xihu/signs/window-3``."""
    stem = f"{ROOT}/{area}/{hall}/{branch}"
    return f"{stem}/{leaf}" if leaf else stem


def split_topic(text: str) -> Topic:
    """Take a topic apart; raise :class:`NotOnTheWire` when it is not of this contract."""
    parts = text.split("/")
    if len(parts) not in (5, 6) or f"{parts[0]}/{parts[1]}" != ROOT:
        raise NotOnTheWire(f"topic {text[:120]!r} is not below {ROOT}/<area>/<hall>/")
    area, hall, branch = parts[2:5]
    leaf = parts[5] if len(parts) == 6 else ""
    if branch not in BRANCHES or (branch in LEAFLESS) == bool(leaf):
        raise NotOnTheWire(f"topic {text[:120]!r} has no known branch; there are {', '.join(BRANCHES)}")
    if not all(is_id(part) for part in (area, hall, leaf or "x")):
        raise NotOnTheWire(f"topic {text[:120]!r} holds something that is not an id")
    return Topic(area, hall, branch, leaf)


encode = msgspec.json.Encoder().encode
"""Turn any struct of this module into its bytes on the wire."""

_decoders: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    "agents": msgspec.json.Decoder(Birth | Death),
    "reports": msgspec.json.Decoder(Report),
    "orders": msgspec.json.Decoder(Assignment | ProbeNow),
    "signs": msgspec.json.Decoder(Sign),
    "notices": msgspec.json.Decoder(Notice),
    "board": msgspec.json.Decoder(Board),
    "collector": msgspec.json.Decoder(Heartbeat),
}


def decode(branch: str, payload: bytes) -> Any:
    """Decode the message of a branch into its struct; raise :class:`NotOnTheWire` on anything else.

    Whatever the bytes are (too long, too deep, not UTF-8, NaN, wrong types), that is the only error.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise NotOnTheWire(f"{len(payload)} bytes; at most {MAX_PAYLOAD_BYTES} are read")
    try:
        message = _decoders[branch].decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise NotOnTheWire(str(error)[:200]) from None
    if branch == "reports":
        check_keys(message.readings)
    return message


_seen_keys: Final[set[str]] = set()
MAX_SEEN_KEYS: Final = 10_000


def check_keys(readings: Iterable[Reading]) -> None:
    """Raise :class:`NotOnTheWire` when a key is longer than :data:`MAX_KEY_CHARS`.

    The decoder could do it, but then it no longer shares equal keys, of which a collector holds millions. Keys come
    again and again, so the good ones are remembered: a look into that set takes a third of the time of counting.
    """
    are_seen = _seen_keys.issuperset
    for reading in readings:
        if not are_seen(reading.metrics):
            _learn_keys(reading.metrics)
        if reading.conditions and not are_seen(reading.conditions):
            _learn_keys(reading.conditions)
        if reading.facts and not are_seen(reading.facts):
            _learn_keys(reading.facts)


def _learn_keys(keys: Iterable[str]) -> None:
    longest = max(keys, key=len)
    if len(longest) > MAX_KEY_CHARS:
        raise NotOnTheWire(f"key {longest[:40]!r}… has {len(longest)} characters; at most {MAX_KEY_CHARS}")
    if len(_seen_keys) < MAX_SEEN_KEYS:
        _seen_keys.update(keys)


def decode_report(payload: bytes) -> Report:
    """Decode a report; raise :class:`NotOnTheWire` on anything else."""
    report: Report = decode("reports", payload)
    return report


def decode_life(payload: bytes) -> Life:
    """Decode a birth or a death; raise :class:`NotOnTheWire` on anything else."""
    life: Life = decode("agents", payload)
    return life


def decode_order(payload: bytes) -> Order:
    """Decode an assignment or a call to probe now; raise :class:`NotOnTheWire` on anything else."""
    order: Order = decode("orders", payload)
    return order


def decode_heartbeat(payload: bytes) -> Heartbeat:
    """Decode a heartbeat of the collector; raise :class:`NotOnTheWire` on anything else."""
    heartbeat: Heartbeat = decode("collector", payload)
    return heartbeat
