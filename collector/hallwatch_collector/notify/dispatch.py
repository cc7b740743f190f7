"""What the collector needs to have people told: who, by which courier, with what link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from hallwatch_collector.core.plan import Plan
from hallwatch_collector.core.views import AlertView, DeliveryView, HallView
from hallwatch_collector.notify.channel import Kit
from hallwatch_collector.notify.courier import Courier
from hallwatch_collector.notify.heartbeat import HeartbeatCall
from hallwatch_collector.notify.http import Client
from hallwatch_collector.notify.links import LinkRefused, Ticket, check, sign
from hallwatch_collector.notify.message import Part
from hallwatch_collector.notify.settings import AlertFile, alerting_of, read_secret


class Dispatch:
    """The courier and what is put into its messages."""

    def __init__(self, told: AlertFile, folder: Path, plan: Plan, now: Callable[[], float]) -> None:
        """*told* is the file ``alerts.toml`` in *folder*; nothing is sent before the courier starts."""

        def kit() -> Kit:
            return Kit(secret=lambda name: read_secret(folder, name), now=now())

        self.courier = Courier({channel.id: channel for channel in told.channels}, kit, now, Client(), self.page)
        self.told = told
        self.alerting = alerting_of(told, plan)
        self._now, self._plan = now, plan
        self._valid_s = told.link_valid_s
        self._address, self._key = "", b""
        self._folder = folder
        self._heartbeat: HeartbeatCall | None = None

    def take_up(self, told: AlertFile) -> None:
        """Go on by an edited file."""
        self.courier.use({channel.id: channel for channel in told.channels})
        self.told, self.alerting = told, alerting_of(told, self._plan)
        self._valid_s = told.link_valid_s
        if self._heartbeat:
            self._heartbeat.use(told.heartbeat_url_file, told.heartbeat_s)

    def open_heartbeat(self, problems: Callable[[], Sequence[str]]) -> HeartbeatCall:
        """Return what calls the heartbeat service, where the file names one, with what *problems* says."""
        file, every_s = self.told.heartbeat_url_file, self.told.heartbeat_s
        self._heartbeat = HeartbeatCall(self._folder, file, every_s, Client(), problems)
        return self._heartbeat

    def link_to(self, address: str, key: bytes) -> None:
        """Put links into messages: *address* is where browsers find the pages, *key* signs what acknowledges."""
        self._address, self._key = address.rstrip("/"), key

    @property
    def top_level(self) -> str:
        """The plan's highest level of response (R1); empty: it has none."""
        return self._plan.levels[0].id if self._plan.levels else ""

    def page(self, parts: Sequence[Part]) -> str:
        """Return the address of the page that shows all of these: their hall's, or that of all halls; empty: none."""
        if not self._address:
            return ""
        halls = {(part.area, part.hall) for part in parts}
        return f"{self._address}/" if len(halls) > 1 else self._hall(*halls.pop())

    def _hall(self, area: str, hall: str) -> str:
        return f"{self._address}/halls/{quote(area)}/{quote(hall)}"

    def check(self, text: str) -> Ticket:
        """Return what a link of ours says; raise :class:`~hallwatch_collector.notify.links.LinkRefused`."""
        if not self._key:
            raise LinkRefused
        return check(text, self._key, self._now())

    def link(self, view: HallView, alert: AlertView, delivery: DeliveryView) -> str:
        """Return the link of a message: to acknowledge while somebody is to take it on, else to the page; empty: there
        is none."""
        if not self._address:
            return ""
        incident = next((each for each in view.incidents if each.id == alert.incident), None)
        if incident is None or not incident.is_untaken or not delivery.people:
            page = self._hall(view.area, view.hall)
            return f"{page}/incidents/{quote(alert.incident)}" if incident else page
        ticket = Ticket(
            area=view.area, hall=view.hall, incident=alert.incident, people=delivery.people,
            reopened=incident.reopened, until=int(max(self._now(), delivery.hold_until or 0.0) + self._valid_s),
        )  # fmt: skip
        return f"{self._address}/ack/{sign(ticket, self._key)}"
