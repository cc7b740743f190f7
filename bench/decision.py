"""What one decision costs while more and more stands: ``python -m bench.decision``.

A hall of several hundred machines, some of which its windows cannot do without, jams one machine after the other, so
that each is an incident of its own with its measures. What is measured is the engine alone, without broker and journal,
in processor time: the report that brings the next fault while 10, 100 and 500 incidents stand, and the picture of the
hall that its page is made from. Beside it stands what a fault costs in a hall as small as most are.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from typing import Final

from hallwatch_agent.probes.printers.snmp_printer import SnmpPrinterProbe
from hallwatch_agent.wire import Birth, Reading, Report
from hallwatch_collector.core.engine import Engine
from hallwatch_collector.core.hall import Agent, Device, Hall, HallKey, Place, Window
from hallwatch_collector.plans import load

AREA: Final = "330106"
AGENT: Final = "gw"
BEGIN: Final = 1_773_104_400.0
"""2026-03-10 09:00:00 in Shanghai: the hall is open."""
WINDOWS: Final = 40
OTHERS: Final = ("printer", "kiosk", "ticket-printer", "queue-machine")
"""What stands elsewhere in the hall."""
SIZES: Final = (10, 100, 500)
SAMPLES: Final = 20
"""Faults that are measured at each size."""


def describe_hall(devices: int, at_windows: int) -> Hall:
    """Return a hall of so many machines that can jam, so many of them at its windows, which cannot print without."""
    probe = SnmpPrinterProbe(host="127.0.0.1", agent=AGENT, interval_s=60)
    jamming = [
        Device(
            id=f"dev-{n}", kind="printer" if n < at_windows else OTHERS[n % len(OTHERS)], name=f"设备{n}",
            place=f"w{n % WINDOWS + 1}" if n < at_windows else "corner", gives=["print"] if n < at_windows else [],
            probes=[probe],
        )
        for n in range(devices)
    ]  # fmt: skip
    computer = Device(id="pc-0", kind="pc", name="电脑", gives=["computer", "core-system"])
    windows = [
        Window(id=f"w{n}", number=n, name=f"{n}号窗口", classes=["filing", "certificates"])
        for n in range(1, WINDOWS + 1)
    ]
    return Hall(
        area=AREA, hall="busy", name="测速", agents=[Agent(id=AGENT)], windows=windows, devices=[*jamming, computer],
        places=[Place(id="corner", name="自助区")],
    )  # fmt: skip


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at-windows", type=int, default=WINDOWS, help="machines that a window cannot do without")
    options = parser.parse_args()
    small = Bench(40, 8)
    tell("40 machines, at most 20 incidents", [small.jam() for _ in range(SAMPLES)])
    bench, stands, base_s = Bench(max(SIZES) + len(SIZES) * SAMPLES, options.at_windows), 0, 0.0
    for size in SIZES:
        while stands < size:
            bench.jam()
            stands += 1
        took_s = tell(f"{size} incidents and more", [bench.jam() for _ in range(SAMPLES)])
        stands += SAMPLES
        base_s = base_s or took_s
        print(f"  {took_s / base_s:.1f} × what it costs at {SIZES[0]}; the page's picture {bench.look() * 1000:.1f} ms")
    return 0


def tell(what: str, took: list[float]) -> float:
    """Print what decisions cost, and return the median, seconds."""
    median_s = statistics.median(took)
    print(f"{what}: {median_s * 1000:.1f} ms a decision (best {min(took) * 1000:.1f} ms)", flush=True)
    return median_s


class Bench:
    """An engine with one hall, whose machines jam one after the other, in no order."""

    def __init__(self, devices: int, at_windows: int) -> None:
        self.engine = Engine(*load())
        hall = describe_hall(devices, at_windows)
        self.key = HallKey(hall.area, hall.hall)
        self.now = BEGIN
        self._seq = 0
        self._working = random.Random(devices).sample(range(devices), devices)
        self.engine.load_hall(hall, "bench", None, self.now)
        self.engine.on_life(self.key, AGENT, Birth(AGENT, "bench", 1, self.now, 60), self.now)
        self._report([Reading(f"dev-{n}", "snmp-printer", self.now, conditions={"jam": False}) for n in range(devices)])

    def jam(self) -> float:
        """Let another machine jam; return how long the engine computed, from the reading to the measures, seconds."""
        self.now += 0.1
        return self._report([Reading(f"dev-{self._working.pop()}", "snmp-printer", self.now, conditions={"jam": True})])

    def look(self) -> float:
        """Return how long the picture of the hall took."""
        began = time.process_time()
        self.engine.view(self.key, self.now)
        return time.process_time() - began

    def _report(self, readings: list[Reading]) -> float:
        self._seq += 1
        report = Report(agent=AGENT, boot="bench", seq=self._seq, sent_at=self.now, readings=readings)
        began = time.process_time()
        self.engine.on_report(self.key, AGENT, report, self.now)
        return time.process_time() - began


if __name__ == "__main__":
    raise SystemExit(main())
