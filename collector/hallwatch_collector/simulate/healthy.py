"""What a healthy device says to each kind of probe: believable values that move a little and can be computed again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final
from zlib import crc32

from hallwatch_agent.probes import Told
from hallwatch_agent.probes.computers.host import program_name
from hallwatch_agent.probes.network.port_names import port_part
from hallwatch_agent.probes.parts import part_name
from hallwatch_agent.wire import ProbeOrder


def healthy(order: ProbeOrder, at: float) -> Told | None:
    """Return what the probe of *order* reads of a healthy device at *at*; None for a probe kind not simulated."""
    tell = _BY_KIND.get(order.kind)
    return tell(order, at) if tell else None


def sway(order: ProbeOrder, key: str, at: float, low: float, high: float) -> float:
    """Return a value between *low* and *high* that moves slowly, differs from device to device and is reproducible."""
    seed = crc32(f"{order.device}/{key}".encode())
    period_s = 240 + seed % 600
    angle = 2 * math.pi * (at / period_s + (seed % 997) / 997)
    return round(low + (high - low) * (math.sin(angle) + 1) / 2, 4)


def _tcp(order: ProbeOrder, at: float) -> Told:
    return Told({"tcp_connect_s": sway(order, "tcp", at, 0.0008, 0.004)}, {"reachable": True, "port-open": True})


def _http(order: ProbeOrder, at: float) -> Told:
    metrics = {"http_response_s": sway(order, "http", at, 0.08, 0.35), "http_status": 200.0}
    if str(order.options.get("url", "")).startswith("https:"):
        metrics["tls_expires_in_s"] = 90 * 86_400.0
    return Told(metrics, {"reachable": True, "http-ok": True})


def _host(order: ProbeOrder, at: float) -> Told:
    booted_at = at - at % 86_400 - 3600.0
    used = sway(order, "disk", at, 0.41, 0.43)
    metrics = {
        "cpu_used_ratio": sway(order, "cpu", at, 0.04, 0.32),
        "memory_used_ratio": sway(order, "memory", at, 0.45, 0.6),
        "disk_used_ratio[c]": used,
        "disk_free_bytes[c]": round((1 - used) * 256e9),
        "network_receive_bytes_per_s": sway(order, "receive", at, 2e3, 9e4),
        "network_transmit_bytes_per_s": sway(order, "transmit", at, 1e3, 4e4),
        "boot_at_s": booted_at,
        "uptime_s": at - booted_at,
        "processes": round(sway(order, "processes", at, 110, 140)),
    }
    processes, services = (order.options.get(key, []) for key in ("processes", "services"))
    running = {f"process-running[{part_name(program_name(name), 'process')}]": True for name in processes}
    running |= {f"service-running[{part_name(name, 'service')}]": True for name in services}
    return Told(metrics, running, {"system": "Windows", "release": "10", "hostname": order.device})


def _printer(order: ProbeOrder, at: float) -> Told:
    faults = ("jam", "cover-open", "input-empty", "input-low", "input-missing", "output-full", "offline", "stopped")
    conditions = dict.fromkeys((*faults, "service-needed", "marker-missing", "waste-full"), False)
    conditions |= dict.fromkeys(("input-empty[tray-1]", "input-low[tray-1]", "toner-low[black]"), False)
    conditions |= {"toner-empty[black]": False, "reachable": True}
    metrics = {
        "toner_ratio[black]": sway(order, "toner", at, 0.55, 0.6),
        "input_ratio[tray-1]": sway(order, "tray", at, 0.4, 0.9),
        "pages_total": 20_000 + at // 60 % 100_000,
    }
    serial = f"SIM{crc32(order.device.encode()) % 1_000_000:06d}"
    return Told(metrics, conditions, {"model": "Simulated LaserJet", "serial": serial})


def _interfaces(order: ProbeOrder, at: float) -> Told:
    metrics: dict[str, float] = {"uptime_s": 86_400 * 40 + at % 86_400}
    ports = [port_part(name, index) for index, name in enumerate(order.options.get("ports", []), 1)]
    for port in ports:
        used = sway(order, port, at, 0.02, 0.2)
        metrics |= {f"receive_bits_per_s[{port}]": used * 1e9, f"transmit_bits_per_s[{port}]": used * 3e8}
        metrics |= {f"utilisation_ratio[{port}]": used, f"receive_errors_per_s[{port}]": 0.0}
        metrics |= {f"transmit_errors_per_s[{port}]": 0.0, f"discards_per_s[{port}]": 0.0}
    return Told(metrics, {"reachable": True} | {f"port-down[{port}]": False for port in ports})


def _ups(order: ProbeOrder, at: float) -> Told:
    alarms = ("on-battery", "battery-low", "overload", "replace-battery", "communication-lost", "bypass", "ups-alarm")
    metrics = {
        "charge_ratio": 1.0,
        "load_ratio": sway(order, "load", at, 0.28, 0.36),
        "on_battery_s": 0.0,
        "input_v": sway(order, "input", at, 221, 229),
        "temperature_c": sway(order, "temperature", at, 24, 27),
    }
    return Told(metrics, dict.fromkeys(alarms, False) | {"reachable": True})


def _health(order: ProbeOrder, at: float) -> Told:
    metrics = {
        "cpu_used_ratio": sway(order, "cpu", at, 0.06, 0.2),
        "memory_used_ratio": sway(order, "memory", at, 0.4, 0.45),
        "temperature_c": sway(order, "temperature", at, 38, 44),
        "uptime_s": 86_400 * 40 + at % 86_400,
    }
    faults = ("temperature-high", "fan-failed", "power-supply-failed", "cpu-high", "memory-high", "restarted")
    return Told(metrics, dict.fromkeys(faults, False) | {"reachable": True})


def _ping(order: ProbeOrder, at: float) -> Told:
    metrics = {"round_trip_s": sway(order, "ping", at, 0.0006, 0.003), "loss_ratio": 0.0}
    return Told(metrics, {"reachable": True}, {"asked-by": "icmp"})


def _queue(order: ProbeOrder, at: float) -> Told:
    jobs = round(sway(order, "jobs", at, 0, 2))
    metrics = {"jobs_queued": float(jobs)} | ({"oldest_job_s": 12.0} if jobs else {})
    faults = ("paused", "queue-refusing", "jam", "cover-open", "input-empty", "offline")
    return Told(metrics, dict.fromkeys(faults, False))


def _receipt_printer(order: ProbeOrder, at: float) -> Told:  # noqa: ARG001 - it tells no figures
    faults = ("input-empty", "input-low", "cover-open", "cutter-failed", "head-failed", "service-needed", "offline")
    return Told({}, dict.fromkeys(faults, False) | {"reachable": True})


def _peripherals(order: ProbeOrder, at: float) -> Told:  # noqa: ARG001 - what is plugged in stays so
    parts = [f"present[{part}]" for part in order.options.get("devices", {})]
    own = [] if parts and not order.options.get("id") else ["present"]
    return Told({}, dict.fromkeys([*own, *parts], True))


def _foreground(order: ProbeOrder, at: float) -> Told:  # noqa: ARG001 - nobody touches it
    return Told({}, {"in-foreground": True, "in-maintenance": False})


def _activity(order: ProbeOrder, at: float) -> Told:
    pace_s = 180 + crc32(order.device.encode()) % 240
    return Told({"last_transaction_at_s": at - pace_s / 4, "transactions_total": at // pace_s % 1e6})


def _backup(order: ProbeOrder, at: float) -> Told:
    size = sway(order, "backup", at, 3.1e9, 3.2e9)
    return Told({"backup_age_s": at % 86_400 + 1800, "backup_bytes": round(size)}, {"backup-missing": False})


def _people(order: ProbeOrder, at: float) -> Told:
    classes = dict.fromkeys(order.options.get("mapping", {}).get("classes", {}).values())
    waiting = {name: round(sway(order, name, at, 0, 6)) for name in classes} or {"": round(sway(order, "", at, 2, 12))}
    metrics = {"people_waiting": float(sum(waiting.values())), "longest_wait_s": sway(order, "wait", at, 120, 600)}
    metrics |= {f"people_waiting[{name}]": float(number) for name, number in waiting.items() if name}
    return Told(metrics)


def _people_in_file(order: ProbeOrder, at: float) -> Told:
    return Told(_people(order, at).metrics, {"source-stale": False})


def _transaction(order: ProbeOrder, at: float) -> Told:
    steps = {step["name"]: sway(order, step["name"], at, 0.15, 0.4) for step in order.options.get("steps", [])}
    metrics = {f"step_s[{name}]": value for name, value in steps.items()} | {"transaction_s": sum(steps.values())}
    metrics |= {"name_resolution_s": 0.004, "tcp_connect_s": 0.012, "tls_handshake_s": 0.03}
    metrics |= {"tls_expires_in_s": 90 * 86_400.0}
    passed = ("name-resolved", "reachable", "port-open", "tls-ok", "login-ok", "working")
    told = dict.fromkeys(passed, True) | {"program-error": False, "uplink-reached": True, "gateway-reached": True}
    return Told(metrics, told)


_BY_KIND: Final[dict[str, Callable[[ProbeOrder, float], Told]]] = {
    "activity": _activity,
    "backup": _backup,
    "cups-queue": _queue,
    "escpos-serial": _receipt_printer,
    "escpos-tcp": _receipt_printer,
    "foreground": _foreground,
    "host": _host,
    "http": _http,
    "ipp-printer": _printer,
    "nut-ups": _ups,
    "ping": _ping,
    "queue-csv": _people_in_file,
    "queue-http": _people,
    "queue-sql": _people,
    "serial-port": _peripherals,
    "snmp-health": _health,
    "snmp-interfaces": _interfaces,
    "snmp-printer": _printer,
    "snmp-ups": _ups,
    "tcp": _tcp,
    "transaction": _transaction,
    "usb": _peripherals,
    "windows-queue": _queue,
}
