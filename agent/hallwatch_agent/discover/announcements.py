"""mDNS (RFC 6762, 6763): what the devices of a network announce by themselves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from hallwatch_agent.discover.evidence import Announcement
from hallwatch_agent.probes.snmp_probe import text

if TYPE_CHECKING:
    from zeroconf import Zeroconf

SERVICES: Final = (
    "_ipp._tcp", "_ipps._tcp", "_printer._tcp", "_pdl-datastream._tcp", "_http._tcp", "_nut._tcp", "_rtsp._tcp",
    "_axis-video._tcp", "_psia._tcp", "_workstation._tcp", "_smb._tcp",
)  # fmt: skip
MOST_KEPT: Final = 2000


async def listen(for_s: float, interfaces: Sequence[str]) -> dict[str, list[Announcement]]:
    """Ask the networks of these *interfaces* (own addresses) what there is, and return it by address.

    Takes at most twice as long as *for_s*. Without the library, or where this machine cannot send to all, nothing is
    found.
    """
    try:
        from zeroconf import ServiceStateChange
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf
    except ImportError:
        return {}
    try:
        zeroconf = AsyncZeroconf(interfaces=list(interfaces))
    except OSError:
        return {}
    seen: set[tuple[str, str]] = set()

    def note(service_type: str, name: str, state_change: ServiceStateChange, **_: Any) -> None:
        if state_change is ServiceStateChange.Added and len(seen) < MOST_KEPT:
            seen.add((service_type, name))

    found: dict[str, list[Announcement]] = {}
    types = [f"{service}.local." for service in SERVICES]
    browser = AsyncServiceBrowser(zeroconf.zeroconf, types, handlers=[note])
    try:
        await asyncio.sleep(for_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                for service_type, name in sorted(seen):
                    await _look_up(zeroconf.zeroconf, service_type, name, found)
    finally:
        await browser.async_cancel()
        await zeroconf.async_close()
    return found


async def _look_up(zeroconf: Zeroconf, service_type: str, name: str, found: dict[str, list[Announcement]]) -> None:
    from zeroconf.asyncio import AsyncServiceInfo

    with contextlib.suppress(Exception):  # a device may announce any nonsense: it costs only itself
        info = AsyncServiceInfo(service_type, name)
        if info.load_from_cache(zeroconf) or await info.async_request(zeroconf, 1000):
            told = conclude(service_type, name, info.port or 0, info.properties)
            for address in info.parsed_addresses():
                found.setdefault(address, []).append(told)


def conclude(service_type: str, name: str, port: int, properties: Mapping[bytes, bytes | None]) -> Announcement:
    """Take from an announcement what says who the device is (Bonjour Printing Specification 1.2, section 9.2)."""
    told = {key.lower(): text(value) for key, value in properties.items()}
    product = told.get(b"product", "").strip("()")
    model = told.get(b"ty", "") or " ".join(filter(None, (told.get(b"usb_mfg"), told.get(b"usb_mdl")))) or product
    service = service_type.removesuffix(".").removesuffix(".local")
    instance = name.removesuffix(service_type).removesuffix(".")
    return Announcement(
        service, text(instance.encode("utf-8", "replace"))[:80], port, model[:80],
        told.get(b"usb_mfg", "")[:40], told.get(b"rp", "")[:80],
    )  # fmt: skip
