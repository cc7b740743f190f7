"""How much the collector costs beside the bare minimum: ``python -m bench.ingest``.

A live Mosquitto, QoS 1, batches of 50 readings of 20 metrics, 300,000 devices. Two subscribers take the same messages
one after the other, in turns: the *floor* (stock paho and typed decoding, nothing else) and the *collector* (the same,
then intake, rules, alarms, topology, journal). Compared is the CPU time each spends on a reading.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.load import BATCH, DEVICES, messages, read_described_hall
from hallwatch_agent.wire import ROOT, decode_report
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.waiting import wait_until

INTERVAL_S = 60.0
IN_FLIGHT = 20
QUEUE = "max_queued_messages 0\nmax_inflight_messages 20\nmax_packet_size 4194304"


def main() -> int:
    """Run the benchmark, or one of its subscribers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds after the first, which fills the state")
    parser.add_argument("--role", choices=["floor", "collector"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--halls", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "floor":
        take_floor(options.port, options.halls)
    elif options.role == "collector":
        take_collector(options.port, options.halls)
    else:
        compare(options.devices // DEVICES, options.rounds)
    return 0


def compare(halls: int, rounds: int) -> None:
    """Let both subscribers take the same messages in turns, and print what each costs."""
    print(f"{halls * DEVICES} devices, {BATCH} readings a message, {rounds} measured rounds", flush=True)
    with serve_mosquitto(QUEUE) as broker:
        subscribers = {role: start(role, broker, halls) for role in ("floor", "collector")}
        costs: dict[str, list[float]] = {role: [] for role in subscribers}
        publisher = connect(broker.port)
        for number in range(rounds + 1):
            publish_round(publisher, range(halls), number + 1)
            for role, process in subscribers.items():
                answer = ask(process)
                if number:
                    costs[role].append(answer["cpu_s"] / answer["readings"] * 1e6)
                print(f"  round {number} {role}: {json.dumps(answer)}", flush=True)
        for process in subscribers.values():
            tell(process, "end")
            process.wait(60)
    floor, ours = (statistics.median(costs[role]) for role in ("floor", "collector"))
    print(f"floor      {floor:6.2f} µs CPU a reading")
    print(f"collector  {ours:6.2f} µs CPU a reading")
    # Round by round, because the speed of the machine drifts.
    ratios = [ours / floor for ours, floor in zip(costs["collector"], costs["floor"], strict=True)]
    print(f"ratio      {statistics.median(ratios):6.2f}, from {min(ratios):.2f} to {max(ratios):.2f}")


def publish_round(publisher: paho.Client, halls: range, seq: int) -> None:
    """Publish one report of every agent, a bounded number on the way at a time."""
    waiting: list[paho.MQTTMessageInfo] = []
    for topic, payload in messages(halls, seq, time.time()):  # noqa: TID251
        waiting.append(publisher.publish(topic, payload, qos=1))
        if len(waiting) >= IN_FLIGHT:
            waiting.pop(0).wait_for_publish(60)
    for info in waiting:
        info.wait_for_publish(60)


def connect(port: int) -> paho.Client:
    """Return a connected client whose loop runs in a thread."""
    client = paho.Client(CallbackAPIVersion.VERSION2, "bench-publisher")
    client.connect("127.0.0.1", port, 600)
    client.loop_start()
    wait_until(client.is_connected, 10, "the publisher's connection")
    return client


def start(role: str, broker: Mosquitto, halls: int) -> subprocess.Popen[str]:
    """Start a subscriber and wait until it is ready."""
    command = [sys.executable, "-m", "bench.ingest", "--role", role, "--port", str(broker.port), "--halls", str(halls)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen(command, text=True, **pipes)  # type: ignore[call-overload]
    if process.stdout.readline().strip() != "ready":
        raise SystemExit(f"the {role} did not start")
    return process


def tell(process: subprocess.Popen[str], word: str) -> None:
    """Send a subscriber a word."""
    assert process.stdin
    process.stdin.write(word + "\n")
    process.stdin.flush()


def ask(process: subprocess.Popen[str]) -> dict[str, float]:
    """Wait until a subscriber took the round, and return what that cost."""
    tell(process, "round")
    assert process.stdout
    answer: dict[str, float] = json.loads(process.stdout.readline())
    return answer


def serve_rounds(halls: int, taken: list[int]) -> None:
    """Answer each ``round`` with the CPU time spent since the last one, once all its readings were taken."""
    print("ready", flush=True)
    spent = time.process_time()
    for number, line in enumerate(sys.stdin, 1):
        if line.strip() != "round":
            return
        wait_until(lambda: taken[0] >= number * halls * DEVICES, 900, "the round")  # noqa: B023
        now = time.process_time()
        answer = {"cpu_s": round(now - spent, 3), "readings": halls * DEVICES, "rss_mib": rss_mib()}
        print(json.dumps(answer), flush=True)
        spent = now


def rss_mib() -> int:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 2**20


def take_floor(port: int, halls: int) -> None:
    """Receive with stock paho and decode, typed; do nothing else."""
    taken = [0]

    def on_message(_c: object, _u: object, message: paho.MQTTMessage) -> None:
        taken[0] += len(decode_report(message.payload).readings)

    client = paho.Client(CallbackAPIVersion.VERSION2, "bench-floor")
    client.on_message = on_message
    client.connect("127.0.0.1", port, 600)
    ready: list[int] = []
    client.on_subscribe = lambda *_: ready.append(1)
    client.subscribe(f"{ROOT}/+/+/reports/+", 1)
    client.loop_start()
    wait_until(lambda: bool(ready), 10, "the subscription")
    serve_rounds(halls, taken)


def take_collector(port: int, halls: int) -> None:
    """Receive with the real collector: link, intake, engine, journal."""
    from hallwatch_collector.clock import Clock
    from hallwatch_collector.collector import Collector
    from hallwatch_collector.config import Broker
    from hallwatch_collector.core.engine import Engine
    from hallwatch_collector.halls.folder import HallFolder
    from hallwatch_collector.intake import subscriptions
    from hallwatch_collector.journal import Journal
    from hallwatch_collector.mqtt import Link
    from hallwatch_collector.parts import Parts
    from hallwatch_collector.plans import load
    from hallwatch_collector.run import quieten_garbage_collection

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "halls").mkdir()
        for number in range(halls):
            (folder / "halls" / f"{number}.toml").touch()
        journal = Journal(f"sqlite:///{folder}/journal.db")
        journal.migrate()
        parts = Parts(
            engine=Engine(*load()),
            journal=journal,
            folder=HallFolder([folder / "halls"], lambda path: read_described_hall(path, INTERVAL_S)),
            clock=Clock(time.time, time.monotonic),  # noqa: TID251
            boot="bench",
        )
        collector = Collector(parts)
        collector.start()
        quieten_garbage_collection()
        link = Link(Broker(host="127.0.0.1", port=port, keepalive_s=600), subscriptions(()), collector)
        collector.use(link)
        link.start()
        wait_until(lambda: link.connected, 10, "the link")
        collector.tick()
        taken = [0]
        count = collector.metrics.count_report

        def count_report(readings: int, late: int) -> None:
            taken[0] += readings
            count(readings, late)

        collector.metrics.count_report = count_report  # type: ignore[method-assign]
        serve_rounds(halls, taken)
        link.stop()
        journal.close()


if __name__ == "__main__":
    raise SystemExit(main())
