"""Alertmanager (API v2, https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).

An incident is one alert: its labels never change while it lasts, so that it stays the same alert whatever becomes of
it, and can be silenced. Alertmanager forgets what it is not told again: so alerts end, too, when the collector dies.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Final
from urllib.parse import quote

from msgspec import Meta, field

from hallwatch_agent.chat.exchange import judge_status, somebody_else, tidy
from hallwatch_collector.notify.channel import (
    Answer,
    Http,
    HttpAnswer,
    HttpChannel,
    Kit,
    Never,
    NotNow,
    OptionalSecret,
    Request,
    Taken,
)
from hallwatch_collector.notify.document import encode
from hallwatch_collector.notify.message import Message, Part

PATH: Final = "/api/v2/alerts"
MISSED: Final = 4
"""After so many refreshes that did not come it forgets an alert."""
Label = Annotated[str, Meta(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$(?!\n)")]
Address = Annotated[str, Meta(pattern=r"^https?://[^\s?#]+$(?!\n)", max_length=500)]
_NAMING: Final = ("alertname", "area", "hall", "incident")
"""Labels by which an incident is silenced."""
_BEST_FIRST: Final = (Taken, NotNow, Never)


class AlertmanagerChannel(HttpChannel, frozen=True, kw_only=True, tag="alertmanager"):
    """An Alertmanager, or each one of a cluster: they share what one of them is told."""

    urls: Annotated[list[Address], Meta(min_length=1)]
    """As ``http://host:9093``; each is told, and one that takes it is enough."""
    public_url: str = ""
    """Where people's browsers find it; left out: the first of ``urls``."""
    labels: dict[Label, str] = field(default_factory=dict)
    """More labels, the same for every alert, for its routes."""
    token_file: OptionalSecret = ""
    """A token that is sent as ``Authorization: Bearer``."""
    refresh_s: Annotated[float, Meta(ge=10, le=3600)] = 60.0
    """What stands is told again so often."""

    knows_repeats: ClassVar[bool] = True

    def refresh_every_s(self) -> float | None:
        """Return how often it is told again what it would forget."""
        return self.refresh_s

    def build(self, message: Message, kit: Kit) -> Request:
        """Return the request to the first one."""
        return self._request(self.urls[0], message, kit)

    def read(self, answer: HttpAnswer) -> Answer:
        """Return what an answer means: its status; a refusal says why."""
        by_status = judge_status(answer)
        if isinstance(by_status, Never) and isinstance(said := answer.json(), str):
            return Never(by_status.reason.because(tidy(said)))
        if by_status is None and answer.body.strip():
            return NotNow(somebody_else("Alertmanager", "Alertmanager"), maybe_taken=True)
        return by_status or Taken()

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:
        """Tell each of the cluster; the best answer counts."""
        share_s = self.timeout_s / len(self.urls)
        answers = [self.exchange(self._request(url, message, kit), kit, http, share_s) for url in self.urls]
        return min(answers, key=lambda answer: _BEST_FIRST.index(type(answer)))

    def _request(self, url: str, message: Message, kit: Kit) -> Request:
        headers = {"Content-Type": "application/json"}
        if self.token_file:
            headers["Authorization"] = f"Bearer {kit.secret(self.token_file)}"
        alerts = [self.describe(part, kit.now, is_test=message.is_test) for part in message.parts]
        return Request(url=url.rstrip("/") + PATH, headers=headers, body=encode(alerts))

    def describe(self, part: Part, now: float, *, is_test: bool = False) -> dict[str, Any]:
        """Return an incident as Alertmanager takes it.

        It ends when the incident did, or when it was joined to another one; while it stands, when it has not been told
        again for a while.
        """
        labels = self._labels(part, is_test=is_test)
        over_at = now if part.over_at is None and part.occasion in ("over", "joined") else part.over_at
        ends_at = now + MISSED * self.refresh_s if over_at is None else max(over_at, part.began_at)
        told = {
            "labels": labels,
            "annotations": {
                "summary": part.title,
                "description": "\n".join(part.lines),
                "level": part.level,
                "hall_name": part.hall_name,
                "silence": self._silence(labels),
            },
            "startsAt": _rfc3339(part.began_at),
            "endsAt": _rfc3339(ends_at),
        }
        return told | ({"generatorURL": part.link} if part.link else {})

    def _labels(self, part: Part, *, is_test: bool) -> dict[str, str]:
        """Return what is the same from an incident's first message to its last; its level is not."""
        kind = {"drill": "true"} if part.drill else {}
        kind |= {"test": "true"} if is_test else {}
        own = {
            "alertname": part.fault or "incident", "area": part.area, "hall": part.hall, "device": part.device,
            "incident": part.incident,
        }  # fmt: skip
        return {name: value for name, value in (self.labels | kind | own).items() if value}

    def _silence(self, labels: dict[str, str]) -> str:
        """Return where a browser silences this incident with a click."""
        matchers = ", ".join(f"{name}={encode(labels[name]).decode()}" for name in _NAMING if name in labels)
        base = (self.public_url or self.urls[0]).rstrip("/")
        return f"{base}/#/silences/new?filter={quote(f'{{{matchers}}}', safe='')}"


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
