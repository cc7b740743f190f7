"""The machine that the agent runs on: CPU, memory, disks, network, boot time, clock, named processes and services."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from hallwatch_agent.probes.parts import part_name
from hallwatch_agent.probes.probe import Context, CouldNotRead, Probe, Told
from hallwatch_agent.wire import ReadError

READ_ONLY_IMAGES: Final = {"squashfs", "erofs", "iso9660", "udf", "cramfs"}
"""File systems that are always full: snaps, discs, boot images."""
INNER_NICS: Final = ("lo", "veth", "docker", "br-", "virbr", "ifb", "Loopback")
"""Interfaces whose traffic never leaves the machine, or is counted again on a real one."""
PARTITIONS_KEPT_S: Final = 300.0
MAX_NAMED: Final = 200
"""Processes, and as many services; a reading has room for 500 conditions."""
MAX_MOUNTS: Final = 200
"""With two metrics each."""
MAX_MOUNT_CHARS: Final = 120

ServiceName = Annotated[
    str,
    Meta(
        pattern=r"^[^-\s*?\[](?:[^*?\[\r\n]*[^\s*?\[])?$(?!\n)",
        description="the name of a service, without wildcards",
        examples=["cups.service", "Spooler"],
    ),
]
"""Without wildcards, as ``systemctl`` answers a pattern with a line for each unit that it fits; Windows has names with
spaces."""


class CpuSpent(Struct, frozen=True):
    """CPU seconds since boot, over all cores."""

    total_s: float
    idle_s: float


class HostProbe(Probe, tag="host", frozen=True, kw_only=True):
    """Reads the agent's own machine with psutil. What is not asked for (processes, services) is not looked at."""

    processes: Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(max_length=MAX_NAMED)] = ()
    """Programs that must run, by the name of the executable, with or without ``.exe``."""
    services: Annotated[tuple[ServiceName, ...], Meta(max_length=MAX_NAMED)] = ()
    """systemd units or Windows services that must run."""

    @property
    def parts(self) -> frozenset[str] | None:
        """The programs, the services and, on Windows, the drives."""
        programs = name_keys("", map(program_name, self.processes), "process")
        services = name_keys("", self.services, "service")
        return frozenset(key[1:-1] for key in (*programs.values(), *services.values())) | set(ascii_lowercase)

    def read(self, context: Context) -> Told:
        """Read everything; rates and CPU are told from the second reading on, as they are differences."""
        import psutil

        metrics: dict[str, float] = {}
        conditions: dict[str, bool] = {}
        facts = _facts(context)
        try:
            spent = parse_cpu_times(psutil.cpu_times()._asdict())
            memory = psutil.virtual_memory()
            metrics["memory_used_ratio"] = (memory.total - memory.available) / memory.total
            boot_at_s = psutil.boot_time()
        except (OSError, psutil.Error) as error:
            raise CouldNotRead(ReadError.UNSUPPORTED, f"this machine does not tell: {error}") from None
        metrics |= parse_cpu_used(context.memory.get("cpu"), spent)
        context.memory["cpu"] = spent
        metrics |= {"boot_at_s": boot_at_s, "uptime_s": max(0.0, context.now - boot_at_s)}
        metrics |= _disks(context) | _network(context)
        synchronized = _clock_synchronized()
        if synchronized is not None:
            conditions["clock-synchronized"] = synchronized
        if self.processes:
            metrics["processes"] = float(len(psutil.pids()))
            conditions |= _processes_running(self.processes, context)
        if self.services:
            running, unreadable = _services_running(self.services, self.timeout_s)
            conditions |= running
            facts = facts | unreadable
        return Told(metrics, conditions, facts)


def parse_cpu_times(times: Mapping[str, float]) -> CpuSpent:
    """Add up psutil's CPU times; guests are in the user time already, and waiting for a disk is not work."""
    counted = sum(seconds for name, seconds in times.items() if name not in ("guest", "guest_nice", "interrupt", "dpc"))
    return CpuSpent(total_s=counted, idle_s=times.get("idle", 0.0) + times.get("iowait", 0.0))


def parse_cpu_used(before: CpuSpent | None, after: CpuSpent) -> dict[str, float]:
    """Return the CPU's share of work between two readings; nothing when the counters did not move forward."""
    if before is None or after.total_s <= before.total_s or after.idle_s < before.idle_s:
        return {}
    used = 1.0 - (after.idle_s - before.idle_s) / (after.total_s - before.total_s)
    return {"cpu_used_ratio": min(1.0, max(0.0, used))}


def parse_rates(
    before: Mapping[str, tuple[int, int]], after: Mapping[str, tuple[int, int]], seconds: float
) -> dict[str, float]:
    """Return received and sent bytes a second over all interfaces that were there both times and counted forward."""
    both = [
        (new[0] - old[0], new[1] - old[1])
        for name, new in after.items()
        if (old := before.get(name)) and new[0] >= old[0] and new[1] >= old[1]
    ]
    if seconds <= 0 or not both:
        return {}
    return {
        "network_receive_bytes_per_s": sum(received for received, _ in both) / seconds,
        "network_transmit_bytes_per_s": sum(sent for _, sent in both) / seconds,
    }


def pick_partitions(partitions: Iterable[Any], root: str) -> list[str]:
    """Return the mount points of real file systems, each device once; *root* is always among them when not empty."""
    by_device: dict[str, str] = {}
    for partition in partitions:
        if partition.fstype and partition.fstype not in READ_ONLY_IMAGES and "cdrom" not in partition.opts:
            shortest = min(by_device.get(partition.device, partition.mountpoint), partition.mountpoint, key=len)
            by_device[partition.device] = shortest
    mount_points = list(by_device.values())
    if root and root not in mount_points:
        mount_points.insert(0, root)
    return mount_points[:MAX_MOUNTS]


def mount_part(mount_point: str) -> str:
    """Name a file system in a key: its path, of a long one the end, or the drive's letter on Windows."""
    mount_point = mount_point.encode("utf-8", "replace").decode()  # a Linux path is octets, of any encoding
    name = mount_point.rstrip(":\\").lower() if mount_point.endswith("\\") else mount_point
    return name if len(name) <= MAX_MOUNT_CHARS else f"...{name[3 - MAX_MOUNT_CHARS :]}"


def parse_is_active(services: Sequence[str], printed: str) -> dict[str, bool]:
    """Read what ``systemctl is-active`` printed: one line a unit, in the order asked for."""
    lines = printed.split("\n")[: len(services)]
    keys = name_keys("service-running", services, "service")
    return {
        keys[service]: state.strip() in ("active", "reloading")
        for service, state in zip(services, lines, strict=False)
        if state.strip() and state.strip() != "unknown"
    }


def name_keys(condition: str, names: Iterable[str], fallback: str) -> dict[str, str]:
    """Return each name's key of its own: ``process-running[kiosk]``, and of names without a Latin letter
    ``process-running[process]``, ``process-running[process-2]``, …"""
    keys: dict[str, str] = {}
    parts: set[str] = set()
    for name in dict.fromkeys(names):
        part = part_name(name, fallback)
        numbered = (f"{part}-{number}" for number in itertools.count(2))
        part = part if part not in parts else next(each for each in numbered if each not in parts)
        parts.add(part)
        keys[name] = f"{condition}[{part}]"
    return keys


def program_name(executable: str) -> str:
    """Return the name by which processes are compared: lower case, without ``.exe``."""
    return executable.lower().removesuffix(".exe")


def read_windows_services(
    services: Sequence[str], find: Callable[[str], Any]
) -> tuple[dict[str, bool], dict[str, str]]:
    """Ask *find*, which is psutil's ``win_service_get``, for each service: whether it runs, and as a fact why that of
    others is not known. What is not installed does not run."""
    import psutil

    running: dict[str, bool] = {}
    unread: list[str] = []
    for service, key in name_keys("service-running", services, "service").items():
        try:
            running[key] = find(service).status() == "running"
        except psutil.NoSuchProcess:
            running[key] = False
        except (OSError, psutil.Error) as error:  # psutil passes on what is neither "denied" nor "no such service"
            unread.append(f"{service}: {type(error).__name__}")
    return running, {"services": f"not readable: {', '.join(unread)}"} if unread else {}


def _facts(context: Context) -> dict[str, str]:
    facts: dict[str, str] | None = context.memory.get("facts")
    if facts is None:
        import platform

        facts = {"system": platform.system(), "release": platform.release(), "hostname": platform.node()}
        context.memory["facts"] = facts
    return facts


def _disks(context: Context) -> dict[str, float]:
    import psutil

    kept: tuple[float, list[str]] | None = context.memory.get("partitions")
    if kept is None or context.monotonic - kept[0] >= PARTITIONS_KEPT_S:
        root = "" if sys.platform == "win32" else "/"
        kept = (context.monotonic, pick_partitions(psutil.disk_partitions(all=False), root))
        context.memory["partitions"] = kept
    metrics: dict[str, float] = {}
    for mount_point in kept[1]:
        try:
            usage = psutil.disk_usage(mount_point)
        except OSError:  # taken out, or not ours to read
            continue
        if usage.used + usage.free > 0:  # what is reserved for root is neither, as in df
            metrics[f"disk_used_ratio[{mount_part(mount_point)}]"] = usage.used / (usage.used + usage.free)
            metrics[f"disk_free_bytes[{mount_part(mount_point)}]"] = float(usage.free)
    return metrics


def _network(context: Context) -> dict[str, float]:
    import psutil

    counters = psutil.net_io_counters(pernic=True, nowrap=False)
    after = {
        name: (nic.bytes_recv, nic.bytes_sent) for name, nic in counters.items() if not name.startswith(INNER_NICS)
    }
    at, before = context.memory.get("network", (context.monotonic, {}))
    context.memory["network"] = (context.monotonic, after)
    return parse_rates(before, after, context.monotonic - at)


def _processes_running(names: Sequence[str], context: Context) -> dict[str, bool]:
    """Look again at the processes found last time; list all of them only while one is missing."""
    import psutil

    known: dict[str, psutil.Process] = context.memory.setdefault("processes", {})
    wanted = {program_name(name) for name in names}
    missing = {name for name in wanted if name not in known or not _lives(known[name])}
    if missing:
        for process in psutil.process_iter(["name"]):
            name = program_name(process.info["name"] or "")
            if name in missing and _lives(process):
                known[name] = process
                missing.discard(name)
                if not missing:
                    break
    keys = name_keys("process-running", map(program_name, names), "process")
    return {keys[name]: name not in missing for name in keys}


def _lives(process: Any) -> bool:
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _services_running(services: Sequence[str], timeout_s: float) -> tuple[dict[str, bool], dict[str, str]]:
    """Return what is known of the services, and as a fact why nothing is."""
    if sys.platform == "win32":
        import psutil

        return read_windows_services(services, psutil.win_service_get)
    else:  # noqa: RET505 - the type checker then reads each branch for its own platform
        return _systemd_services_running(services, timeout_s)


def _systemd_services_running(services: Sequence[str], timeout_s: float) -> tuple[dict[str, bool], dict[str, str]]:
    import subprocess
    from pathlib import Path

    if not Path("/run/systemd/system").is_dir():  # sd_booted(3)
        return {}, {"services": "not readable: this machine does not run systemd"}
    try:
        done = subprocess.run(
            ["systemctl", "is-active", "--", *services], capture_output=True, text=True, timeout=timeout_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, {"services": f"not readable: {error}"}
    if not done.stdout.strip():
        return {}, {"services": f"not readable: {done.stderr.strip()[:150]}"}
    return parse_is_active(services, done.stdout), {}


def _clock_synchronized() -> bool | None:
    """Ask the Linux kernel whether its clock is disciplined (adjtimex(2)); None where nobody tells."""
    if sys.platform == "linux":
        return _ask_kernel_clock()
    else:  # noqa: RET505 - the type checker then reads each branch for its own platform
        return None


def _ask_kernel_clock() -> bool | None:
    import ctypes

    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return None
    # struct timex with modes = 0 asks only; it is below 256 bytes on every Linux.
    state = adjtimex(ctypes.create_string_buffer(256))
    return None if state < 0 else state != 5  # TIME_ERROR: not synchronized
