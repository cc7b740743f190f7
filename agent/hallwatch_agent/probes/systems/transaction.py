"""A synthetic transaction: does what a taxpayer or a clerk does with a system, step by step, and tells how far it came,
how long each phase took, and whose fault a failure is: the hall's network, the uplink or the system (S1, S2, S7)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Final
from urllib.parse import quote, quote_plus

from msgspec import Meta

from hallwatch_agent.probes.probe import Context, CouldNotRead, Seconds, Told
from hallwatch_agent.probes.systems.transaction_session import Session
from hallwatch_agent.probes.systems.transaction_steps import (
    MAX_STEPS,
    Refused,
    Step,
    build_request,
    check_steps,
    parse_variables,
)
from hallwatch_agent.probes.systems.transaction_verdict import Course, Stopped, Trouble, diagnose, judge
from hallwatch_agent.probes.systems.web_probe import HeaderText, WebProbe
from hallwatch_agent.probes.systems.whereabouts import MARGIN_S, MOST_PLACES, Place, ask_places, split_place
from hallwatch_agent.sentences import tell
from hallwatch_agent.wire import ReadError

OWN_TIME_RATIO: Final = 0.95
"""The share of the time limit after which the probe stops by itself, to say in its own words what happened."""
DIAGNOSIS_RATIO: Final = 0.25
"""Of that time, what is kept for asking whose fault a silence is."""
SHORTEST_S: Final = 0.1
MOST_CHARS: Final = 200
"""Of a fact."""
UNREACHED: Final = (Trouble.UNRESOLVED, Trouble.SILENT)


class TransactionProbe(WebProbe, tag="transaction", frozen=True, kw_only=True):
    """Performs its steps one after the other, with a test account whose secrets are files."""

    tells: ClassVar[frozenset[str] | None] = frozenset(
        {
            "name-resolved",
            "reachable",
            "port-open",
            "tls-ok",
            "login-ok",
            "working",
            "program-error",
            "uplink-reached",
            "gateway-reached",
            "transaction_s",
            "step_s",
            "name_resolution_s",
            "tcp_connect_s",
            "tls_handshake_s",
            "tls_expires_in_s",
        }
    )

    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MAX_STEPS)]
    interval_s: Annotated[float, Meta(ge=5, le=86_400)] = 60.0
    timeout_s: Seconds = 20.0
    """For all steps together."""
    user_agent: HeaderText = "hallwatch-agent"
    gateway: Place | None = None
    """The hall's gateway, on a TCP port where it answers, be it with a refusal."""
    beyond: Annotated[tuple[Place, ...], Meta(max_length=MOST_PLACES)] = ()
    """Hosts beyond the uplink that have nothing to do with the system, as addresses rather than names."""

    def __post_init__(self) -> None:
        """Refuse steps that cannot follow each other, and places that cannot be asked."""
        super().__post_init__()
        check_steps(self.steps)
        for place in (*([self.gateway] if self.gateway else []), *self.beyond):
            split_place(place)
        if self.gateway in self.beyond:
            raise ValueError(
                tell("`beyond` names the `gateway`, {gateway}: name hosts behind the uplink", gateway=self.gateway)
            )
        if len({*self.beyond}) < len(self.beyond):
            raise ValueError(tell("`beyond` names a host twice; name different ones, as any of them may be away"))

    @property
    def parts(self) -> frozenset[str] | None:
        """The steps."""
        return frozenset(step.name for step in self.steps)

    def read(self, context: Context) -> Told:
        """Perform the transaction; raise :class:`CouldNotRead` (``local``) when this machine could not ask."""
        began = time.perf_counter()
        secrets = {name: context.secret(name) for step in self.steps for name in step.secrets.values()}
        tls = self.tls(context)
        own_s = self.timeout_s * OWN_TIME_RATIO
        places = bool(self.gateway or self.beyond)
        course = Course()
        session = Session(course, context, tls, self.user_agent, began + own_s * (1 - DIAGNOSIS_RATIO if places else 1))
        stopped = self._perform(session, course, secrets)
        login = next((step.name for step in self.steps if step.login), "")
        told = judge(course, [step.name for step in self.steps], login, stopped)
        whose = self._blame(stopped, began + own_s) if places else Told()
        facts = {
            key: conceal(words, secrets.values())[:MOST_CHARS] for key, words in (told.facts | whose.facts).items()
        }
        return Told(told.metrics, told.conditions | whose.conditions, facts)

    def _perform(self, session: Session, course: Course, secrets: Mapping[str, str]) -> Stopped | None:
        """Do the steps as far as they go; return what stopped them."""
        variables: dict[str, str] = {}
        began = time.perf_counter()
        for step in self.steps:
            step_began = time.perf_counter()
            own = {key: secrets[name] for key, name in step.secrets.items()}
            try:
                page = session.perform(step, build_request(step, variables, own))
                variables |= parse_variables(step, page)
            except Stopped as stopped:
                return stopped
            except Refused as refusal:
                return Stopped(Trouble.WRONG, str(refusal))
            course.metrics[f"step_s[{step.name}]"] = time.perf_counter() - step_began
            course.done.append(step.name)
        course.metrics["transaction_s"] = time.perf_counter() - began
        return None

    def _blame(self, stopped: Stopped | None, ends_at: float) -> Told:
        """Say whose fault it is. A system that was reached was reached through gateway and uplink: nobody is asked."""
        if stopped is not None and stopped.trouble in UNREACHED:
            places = (*([self.gateway] if self.gateway else []), *self.beyond)
            answers = ask_places(places, max(SHORTEST_S, ends_at - MARGIN_S - time.perf_counter()))
            if answers.count(None) == len(answers):
                raise CouldNotRead(ReadError.LOCAL, f"{stopped.why}, and nobody else could be asked either")
            return diagnose(answers[0] if self.gateway else None, answers[1:] if self.gateway else answers)
        reached = diagnose(True if self.gateway else None, [True] if self.beyond else [])
        is_the_systems = stopped is not None and stopped.trouble is not Trouble.UNTRUSTED
        return Told(conditions=reached.conditions, facts={"fault-at": "system"} if is_the_systems else {})


def conceal(words: str, secrets: Iterable[str]) -> str:
    """Return *words* without secrets: what a server sends may hold what was sent to it, in other letters too."""
    for secret in filter(None, secrets):
        for written in (secret, quote_plus(secret), quote(secret)):
            words = re.sub(re.escape(written), "***", words, flags=re.IGNORECASE)
    return words
