"""Concludes from the evidence what a host is, how sure that is, and why. Pure; the clues are one table."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

from msgspec import Struct

from hallwatch_agent.discover.evidence import Evidence
from hallwatch_agent.discover.makers import GREETING_MAKERS, kind_of_maker, kind_of_object, kind_of_words, maker_of

MODEL_CHARS: Final = 60
BRACKETS: Final = ("()", "[]", "（）", "【】")
NETWORK_KINDS: Final = ("switch", "router", "firewall", "access-point")


class Confidence(IntEnum):
    """How far a conclusion carries."""

    NONE = 0
    GUESS = 1
    LIKELY = 2
    SURE = 3


class Identity(Struct, frozen=True):
    """What a host is."""

    kind: str = "other"
    """A kind of device of the hall file, or ``camera``."""
    confidence: Confidence = Confidence.NONE
    why: tuple[str, ...] = ()
    maker: str = ""
    model: str = ""


class Clue(NamedTuple):
    """Something that tells a kind of device: *tells* returns why, or nothing."""

    kind: str
    confidence: Confidence
    tells: Callable[[Evidence], str]


GUESS, LIKELY, SURE = Confidence.GUESS, Confidence.LIKELY, Confidence.SURE


def identify(seen: Evidence) -> Identity:
    """Return what the host most probably is: the strongest clue counts, and of equals the first in the table."""
    told = [(clue, why) for clue in _all_clues(seen) if (why := clue.tells(seen))]
    maker, model = _maker(seen), _model(seen)
    if not told:
        return Identity(maker=maker, model=model)
    best = max((clue for clue, _ in told), key=lambda clue: clue.confidence)
    least = min(best.confidence, LIKELY)
    reasons = dict.fromkeys(why for clue, why in told if clue.kind == best.kind and clue.confidence >= least)
    return Identity(best.kind, best.confidence, tuple(reasons), maker, model)


def _all_clues(seen: Evidence) -> list[Clue]:
    return [*STRONG_CLUES, *_named_kinds(seen), *CLUES]


def _named_kinds(seen: Evidence) -> list[Clue]:
    """Return the clues whose kind is what the host says of itself."""
    clues = []
    if seen.snmp:
        if kind := kind_of_object(seen.snmp.object_id):
            own_word = kind_of_words(seen.snmp.descr)  # one object id may stand for all of a maker's network devices
            if kind in NETWORK_KINDS and own_word in NETWORK_KINDS:
                kind = own_word
            clues.append(Clue(kind, SURE, lambda _: "sysObjectID"))
        if kind := kind_of_maker(seen.snmp.object_id):
            clues.append(Clue(kind, GUESS, lambda _: "its maker's usual kind of device"))
        if kind := kind_of_words(seen.snmp.descr):
            clues.append(Clue(kind, GUESS if kind == "server" else LIKELY, lambda _: "sysDescr"))
    pages = (kind_of_words(f"{page.title} {page.realm} {page.server}") for page in seen.pages)
    return clues + [Clue(kind, LIKELY, lambda _: "its web page") for kind in pages if kind]


def _announces(*services: str) -> Callable[[Evidence], str]:
    def tells(seen: Evidence) -> str:
        # A queue that a computer shares is announced as well (its path is under "printers/"): no printer stands there.
        there = [a.service for a in seen.announced if a.service in services and not a.path.startswith("printers/")]
        return f"announces {there[0]}" if there else ""

    return tells


def _has_open(why: str, *ports: int) -> Callable[[Evidence], str]:
    return lambda seen: why if set(ports) <= seen.open_ports else ""


def _print_server(seen: Evidence) -> str:
    shares = any(announced.path.startswith("printers/") for announced in seen.announced)
    return "shares print queues (CUPS)" if shares else ""


STRONG_CLUES: Final = (
    Clue("pc", SURE, lambda seen: "this machine" if seen.is_here else ""),
    Clue("printer", SURE, lambda seen: "knows the Printer MIB" if _snmp(seen, "printer") == "Printer MIB" else ""),
    Clue("ups", SURE, lambda seen: f"knows the {_snmp(seen, 'ups')}" if _snmp(seen, "ups") else ""),
)
"""These come before what a host calls itself (sysObjectID, sysDescr, web page), whatever kind that tells."""

CLUES: Final = (
    Clue("printer", LIKELY, lambda seen: f"knows the {_snmp(seen, 'printer')}" if _snmp(seen, "printer") else ""),
    Clue("server", LIKELY, _print_server),
    Clue("printer", LIKELY, lambda seen: "IPP answers" if seen.printer else ""),
    Clue("printer", LIKELY, _announces("_pdl-datastream._tcp", "_ipp._tcp", "_ipps._tcp", "_printer._tcp")),
    Clue("camera", LIKELY, lambda seen: "RTSP answers" if seen.camera is not None else ""),
    Clue("camera", LIKELY, _announces("_rtsp._tcp", "_axis-video._tcp", "_psia._tcp")),
    Clue("router", LIKELY, lambda seen: "default gateway" if seen.is_gateway else ""),
    Clue("switch", LIKELY, lambda seen: "bridges many ports" if seen.snmp and seen.snmp.bridge_ports >= 5 else ""),
    Clue("switch", GUESS, lambda seen: "SSH server of a network device" if _greeting_maker(seen) else ""),
    Clue("router", GUESS, lambda seen: "routes" if seen.snmp and seen.snmp.routes else ""),
    Clue("pc", LIKELY, _has_open("Windows file sharing and remote desktop are open", 445, 3389)),
    Clue("pc", GUESS, _has_open("Windows file sharing is open", 445)),
    Clue("pc", GUESS, _has_open("remote desktop is open", 3389)),
    Clue("printer", GUESS, _has_open("port 9100 (raw printing) is open", 9100)),
    Clue("printer", GUESS, _has_open("port 515 (LPD) is open", 515)),
    Clue("printer", GUESS, _has_open("port 631 (IPP) is open", 631)),
    Clue("camera", GUESS, _has_open("port 554 (RTSP) is open", 554)),
    Clue("server", GUESS, _has_open("SSH is open", 22)),
)
"""These come after it."""


def _snmp(seen: Evidence, what: str) -> str:
    return str(getattr(seen.snmp, what)) if seen.snmp else ""


def _greeting_maker(seen: Evidence) -> str:
    return next((maker for word, maker in GREETING_MAKERS.items() if word.lower() in seen.greeting.lower()), "")


def _maker(seen: Evidence) -> str:
    by_object = maker_of(seen.snmp.object_id) if seen.snmp else ""
    announced = next((announced.maker for announced in seen.announced if announced.maker), "")
    return by_object or announced or _greeting_maker(seen)


def _model(seen: Evidence) -> str:
    """Return the best name of what it is: a model first, else how it describes itself."""
    candidates = [
        _snmp(seen, "model"),
        seen.printer.model if seen.printer else "",
        *(announced.model for announced in seen.announced),
        _snmp(seen, "descr"),
        _snmp(seen, "name"),
        *(page.title for page in seen.pages),
    ]
    return shorten(next(filter(None, candidates), ""), MODEL_CHARS)


def shorten(text: str, most: int) -> str:
    """Return *text* in at most so many characters: cut between two words, and not within brackets."""
    if len(text) <= most:
        return text
    cut = text[:most].rpartition(" ")[0] or text[: most - 1]
    for opening, closing in BRACKETS:
        while cut.count(opening) > cut.count(closing):
            cut = cut[: cut.rindex(opening)]
    cut = cut.rstrip(" ,;:-/")
    return f"{cut or text[: most - 1]}…"
