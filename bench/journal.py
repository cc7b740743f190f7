"""What the journal's chain costs: ``python -m bench.journal``.

Writes decisions of some events each into SQLite on the disk, as the collector does, and tells how much of that the
hashes are; then walks the record as ``hallwatch journal verify`` does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from hallwatch_collector.core.events import FaultRaised
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.state import HallState
from hallwatch_collector.journal import Decision, Journal
from hallwatch_collector.journal.chain import START, seal
from hallwatch_collector.journal.verify import verify

HALL = HallKey("330106", "measured")
FACT = FaultRaised(
    at=1_772_328_600.123, device="prn-3", fault="jam", since=1_772_328_598.5, known_at=1_772_328_600.2,
    probe="snmp-printer", evidence="jam=True",
)  # fmt: skip


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=30_000, help="events written in each part")
    parser.add_argument("--folder", type=Path, help="where to write (default: the system's temporary folder)")
    options = parser.parse_args()
    seal_s = measure_seal(options.events)
    print(f"the hash of an event: {seal_s * 1e6:.2f} µs")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        journal = Journal(f"sqlite:///{Path(name) / 'journal.sqlite'}")
        journal.migrate()
        for size in (1, 5, 100):
            write_s = measure_write(journal, [FACT] * size, max(200, options.events // max(size, 10)))
            share = seal_s / write_s
            print(f"written {size:3} at a time: {write_s * 1e6:7.1f} µs an event, the hash is {share:.2%} of it")
        began = time.perf_counter()
        finding = verify(journal)
        took_s = time.perf_counter() - began
        print(f"verified: {finding.events:,} events at {finding.events / took_s:,.0f} a second")
        journal.close()
        return len(finding.misfits)


def measure_seal(count: int) -> float:
    """Return how long the hash of one event takes, seconds."""
    hash_, body = START.hash, msgspec.json.encode(FACT).decode()
    began = time.perf_counter()
    for seq in range(count):
        hash_ = seal(
            hash_, seq=seq, hall=str(HALL), at=FACT.at, written_at=FACT.known_at, kind="fault-raised", body=body
        )
    return (time.perf_counter() - began) / count


def measure_write(journal: Journal, facts: Sequence[FaultRaised], decisions: int) -> float:
    """Return how long the writing of one event takes, seconds."""
    decision = Decision(HALL, facts, HallState())
    began = time.perf_counter()
    for _ in range(decisions):
        journal.write([decision], FACT.known_at)
    return (time.perf_counter() - began) / decisions / len(facts)


if __name__ == "__main__":
    raise SystemExit(main())
