"""Is a host there, and how far away? ICMP echoes where this machine may send them, else TCP connections.

Most Linux systems let nobody but root send an echo (``ping_group_range``), some not even root, and Windows only
administrators. Many PCs answer none. So who does not answer an echo is asked over TCP before it counts as silent, and
"connection refused" means that it lives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from msgspec import Meta

from hallwatch_agent.probes.contact import TELLING
from hallwatch_agent.probes.probe import Context, CouldNotRead, Host, Port, Probe, Told
from hallwatch_agent.wire import ReadError

if TYPE_CHECKING:
    from hallwatch_agent.probes.systems.echoes import Knock

OWN_TIME_RATIO: Final = 0.9
"""The share of the time limit that is spent waiting, so that the probe's own words say what happened."""
ECHO_RATIO: Final = 0.5
"""The share of that for the echoes, when TCP ports may be asked after them."""


class PingProbe(Probe, tag="ping", frozen=True, kw_only=True):
    """Asks one host. The system's name server looks its name up."""

    tells: ClassVar[frozenset[str] | None] = frozenset({"reachable", "round_trip_s", "loss_ratio"})

    host: Host
    count: Annotated[int, Meta(ge=1, le=10)] = 3
    """Echoes in one reading."""
    tcp_ports: Annotated[tuple[Port, ...], Meta(max_length=10)] = (80, 443, 22, 445, 135)
    """Asked all at once when no echo comes back, or none may be sent; empty: never."""

    async def read(self, context: Context) -> Told:
        """Tell ``reachable``, the mean ``round_trip_s``, ``loss_ratio`` of several echoes, and what was asked.

        Raises :class:`CouldNotRead`: ``local`` when this machine could not ask, ``unsupported`` when it may not.
        """
        import asyncio

        from hallwatch_agent.probes.systems.echoes import NotPermitted, echo, find_right, knock, look_up

        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self.timeout_s * OWN_TIME_RATIO
        address = await look_up(self.host, ends_at, context)
        try:
            is_raw = await find_right()
            patience_s = (ends_at - loop.time()) * (ECHO_RATIO if self.tcp_ports else 1.0) / self.count
            trips_s = await echo(address, self.count, patience_s, is_raw=is_raw)
        except NotPermitted as error:
            if not self.tcp_ports:
                raise CouldNotRead(ReadError.UNSUPPORTED, f"{error}; name `tcp_ports` to ask instead") from None
        else:
            if not self.tcp_ports or trips_s.count(None) < self.count:
                return judge_echoes(trips_s)
        return judge_knocks(await knock(address, self.tcp_ports, ends_at))


def judge_echoes(trips_s: Sequence[float | None]) -> Told:
    """Turn round trips, None for an echo that did not come back, into what they tell."""
    back = [trip_s for trip_s in trips_s if trip_s is not None]
    metrics = {"round_trip_s": sum(back) / len(back)} if back else {}
    if len(trips_s) > 1:
        metrics["loss_ratio"] = 1 - len(back) / len(trips_s)
    return Told(metrics, {"reachable": bool(back)}, {"asked-by": "icmp"})


def judge_knocks(knocks: Sequence[Knock]) -> Told:
    """Turn connections into what they tell; raise :class:`CouldNotRead` when this machine could make none."""
    answered = [knock.took_s for knock in knocks if knock.took_s is not None]
    if answered:
        return Told({"round_trip_s": min(answered)}, {"reachable": True}, {"asked-by": "tcp"})
    failures = [knock.failure for knock in knocks if knock.failure is not None]
    worst = min(failures, key=lambda failure: TELLING.index(failure.error))
    if worst.error is ReadError.LOCAL:
        raise worst
    return Told(conditions={"reachable": False}, facts={"asked-by": "tcp"})
