"""What a synthetic transaction tells: from how far it came to the faults that clauses S1, S2 and S7 name. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

from msgspec import Struct, field

from hallwatch_agent.probes.probe import Told


class Trouble(Enum):
    """What ended a transaction before its end."""

    UNRESOLVED = "unresolved"  # the name server knows no such host, or does not answer
    SILENT = "silent"  # nothing comes back from the host
    CLOSED = "closed"  # the host answers: nobody listens there
    UNTRUSTED = "untrusted"  # TLS fails: certificate expired, for another name, of unknown origin, or no TLS at all
    NO_ANSWER = "no answer"  # it accepts the connection, and then nothing, or nothing that is HTTP
    PROGRAM_ERROR = "program error"  # a 5xx, or a text that only stands in error pages
    WRONG = "wrong"  # an answer, but not the expected one


class Stopped(Exception):  # noqa: N818 - it says what happened
    """The transaction went no further; *why* is for a technician."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        super().__init__(f"{trouble.value}: {why}")
        self.trouble = trouble
        self.why = why


class Course(Struct):
    """How far a transaction has come."""

    conditions: dict[str, bool] = field(default_factory=dict)
    """Of the network and TLS, as they were found."""
    metrics: dict[str, float] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    """Steps that were answered as they should be."""


MEANS: Final[Mapping[Trouble, Mapping[str, bool]]] = {
    Trouble.UNRESOLVED: {"name-resolved": False},
    Trouble.SILENT: {"reachable": False},
    Trouble.CLOSED: {"reachable": True, "port-open": False},
    Trouble.UNTRUSTED: {"tls-ok": False},
    Trouble.NO_ANSWER: {"working": False},
    Trouble.PROGRAM_ERROR: {"working": False, "program-error": True},
    Trouble.WRONG: {"working": False, "program-error": False},
}
UNKNOWN_THEN: Final[Mapping[Trouble, Sequence[str]]] = {
    Trouble.UNRESOLVED: ("reachable", "port-open", "tls-ok"),
    Trouble.SILENT: ("port-open", "tls-ok"),
    Trouble.CLOSED: ("tls-ok",),
}
"""What an earlier step found, and now is not known any more."""


def judge(course: Course, steps: Sequence[str], login: str, stopped: Stopped | None) -> Told:
    """Turn the course of a transaction into its verdict; *login* names the step that logs in, empty: none does.

    Behind a log-in that was refused nothing was tried: ``login-ok`` is false then, and ``working`` not known.
    ``transaction_s`` is told of whole transactions only, as one that was cut short has no usual length.
    """
    conditions, metrics = dict(course.conditions), dict(course.metrics)
    if login in course.done:
        conditions["login-ok"] = True
    if stopped is None:
        return Told(metrics, conditions | {"working": True, "program-error": False})
    metrics.pop("transaction_s", None)
    for name in UNKNOWN_THEN.get(stopped.trouble, ()):
        conditions.pop(name, None)
    at = steps[len(course.done)]
    if stopped.trouble is Trouble.WRONG and at == login:
        conditions |= {"login-ok": False, "program-error": False}
    else:
        conditions |= MEANS[stopped.trouble]
    return Told(metrics, conditions, {"failed-step": at, "why": stopped.why})


def diagnose(gateway: bool | None, beyond: Sequence[bool | None]) -> Told:
    """Say whose fault it is that a system cannot be reached, from who else can be: None was not or could not be asked.

    Whoever answers beyond the uplink was reached through the gateway, even if that itself answers nobody.
    """
    if any(beyond):
        reached = {"uplink-reached": True} if gateway is None else {"gateway-reached": True, "uplink-reached": True}
        return Told(conditions=reached, facts={"fault-at": "system"})
    conditions = {} if gateway is None else {"gateway-reached": gateway}
    uplink_is_silent = bool(beyond) and None not in beyond
    if gateway is False:
        return Told(conditions=conditions, facts={"fault-at": "hall"})
    if uplink_is_silent:
        conditions["uplink-reached"] = False
    return Told(conditions=conditions, facts={"fault-at": "uplink"} if gateway and uplink_is_silent else {})
