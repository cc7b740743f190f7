"""From a probe's reading to the sign at a display: ``python -m bench.latency``.

Real Mosquitto, the real ``hallwatch run`` with its journal on disk, a printer that jams and recovers on the wire, and a
subscriber that waits for its sign. Measured idle, and again while 20,000 readings a second of other halls come in and
``/metrics`` is scraped each second.
"""

from __future__ import annotations

import argparse
import itertools
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from bench.load import BATCH, DEVICES, describe_hall, messages
from hallwatch_agent.wire import Birth, Reading, Report, encode, topic
from hallwatch_collector.core.hall import Hall
from parts.collector import CollectorProcess
from parts.mosquitto import serve_mosquitto
from parts.waiting import wait_until

AREA, HALL, AGENT = "330106", "measured", "gw"
QUEUE = "max_queued_messages 0\nmax_packet_size 4194304\nset_tcp_nodelay true"
STAMP, SEQ = b"1000000000.123", b"1000000000"
"""Stand in a prepared message for its time and number."""


def main() -> int:
    """Run the benchmark, or its load."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--signs", type=int, default=300, help="signs put up in each part, each on a printer of its own"
    )
    parser.add_argument("--rate", type=int, default=20_000, help="readings a second of the load")
    parser.add_argument("--role", choices=["load", "scrape"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role == "load":
        publish_load(options.port, options.rate)
    elif options.role == "scrape":
        scrape(options.port)
    else:
        measure(options.signs, options.rate)
    return 0


def measure(signs: int, rate: int) -> None:
    """Measure both parts and print them."""
    with tempfile.TemporaryDirectory() as name, serve_mosquitto(QUEUE) as broker:
        collector = CollectorProcess(Path(name), broker.port)
        for number in range(rate // DEVICES):
            write_hall(collector.folder, describe_hall(number, 1.0))
        (collector.folder / "halls" / "measured.toml").write_text(measured_hall(2 * signs), encoding="utf-8")
        try:
            collector.start(limit_s=120)
            display = Display(broker.port)
            tell("idle", display.measure(signs))
            measure_loaded(collector, display, broker.port, signs, rate)
        finally:
            collector.stop()


def measure_loaded(collector: CollectorProcess, display: Display, port: int, signs: int, rate: int) -> None:
    """Measure while so many readings a second come in, and print it."""
    command = [sys.executable, "-m", "bench.latency", "--rate", str(rate), "--role"]
    load = subprocess.Popen([*command, "load", "--port", str(port)])
    scraper = subprocess.Popen([*command, "scrape", "--port", str(collector.web_port)])
    try:
        count = "hallwatch_readings_total"
        wait_until(lambda: (collector.metric(count) or 0) > 3 * rate, 60, "the load")
        before, began = collector.metric(count) or 0, time.monotonic()
        delays = display.measure(signs, signs)
        took, after = time.monotonic() - began, collector.metric(count) or 0
        tell(f"under {(after - before) / took:,.0f} readings/s, /metrics scraped each second", delays)
    finally:
        for process in (load, scraper):
            process.terminate()
            process.wait(10)


def tell(what: str, delays: list[float]) -> None:
    """Print the distribution of some delays."""
    ordered = sorted(delays)
    p50, p99, most = (ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 for share in (0.5, 0.99, 1))
    print(f"{what}: {len(ordered)} signs, p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {most:.1f} ms", flush=True)


class Display:
    """Lets printers jam one after the other and waits for the sign of each."""

    def __init__(self, port: int) -> None:
        self._client = connect(port, "bench-display")
        self._shown: dict[str, bool] = {}
        self._changed = threading.Condition()
        self._seq = itertools.count(1)
        self._client.on_message = self._on_message
        self._client.subscribe(topic(AREA, HALL, "signs", "+"), 1)
        now = time.time()  # noqa: TID251
        birth = Birth(agent=AGENT, boot="bench", session=1, at=now, keepalive_s=60)
        self._client.publish(topic(AREA, HALL, "agents", AGENT), encode(birth), qos=1, retain=True).wait_for_publish(10)

    def measure(self, signs: int, first: int = 0) -> list[float]:
        """Return how long each sign took from its reading; from the *first* printer on.

        None twice: of one that jams again and again the sign stays up.
        """
        delays = []
        for number in range(first, first + signs):
            printer = f"prn-{number}"
            began = time.perf_counter()
            self._report(printer, jam=True)
            self._wait(printer, up=True)
            delays.append(time.perf_counter() - began)
            self._report(printer, jam=False)
            self._wait(printer, up=False)
            time.sleep(0.02)  # noqa: TID251 - spreads the signs over the scrapes
        return delays

    def _report(self, printer: str, *, jam: bool) -> None:
        now = time.time()  # noqa: TID251
        reading = Reading(printer, "snmp-printer", now, conditions={"jam": jam})
        report = Report(agent=AGENT, boot="bench", seq=next(self._seq), sent_at=now, readings=[reading])
        self._client.publish(topic(AREA, HALL, "reports", AGENT), encode(report), qos=1)

    def _wait(self, printer: str, *, up: bool) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: self._shown.get(printer, False) is up, 30):
                raise SystemExit(f"no sign for {printer} within 30 s")

    def _on_message(self, _c: object, _u: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            self._shown[message.topic.rsplit("/", 1)[1]] = bool(message.payload)
            self._changed.notify()


def connect(port: int, name: str) -> paho.Client:
    """Return a connected client whose loop runs in a thread."""
    client = paho.Client(CallbackAPIVersion.VERSION2, name)
    # One connection is agent and display at once here: without this, a report would wait for the broker's TCP
    # acknowledgement of the PUBACK before it (RFC 896), which no agent ever does.
    client.on_socket_open = lambda _c, _u, connection: connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.connect("127.0.0.1", port, 600)
    client.loop_start()
    wait_until(client.is_connected, 10, "the connection")
    return client


def measured_hall(printers: int) -> str:
    """Return the file of the hall whose signs are measured; each of its printers jams once in each part.

    A third jam within ten minutes would be flapping, and its sign would stay.
    """
    lines = [f'area = "{AREA}"', f'hall = "{HALL}"', 'name = "测速"', f'agents = [{{ id = "{AGENT}" }}]', "windows = ["]
    lines += [
        f'  {{ id = "w{n}", number = {n}, name = "{n}号窗口", classes = ["certificates"] }},' for n in range(1, 5)
    ]
    lines += ["]", "devices = ["]
    probe = f'{{ kind = "snmp-printer", agent = "{AGENT}", interval_s = 60, host = "127.0.0.1" }}'
    for number in range(printers):
        given = f'place = "w{number % 4 + 1}", gives = ["print"], probes = [{probe}]'
        lines.append(f'  {{ id = "prn-{number}", kind = "printer", name = "打印机{number}", {given} }},')
    needed = '  { id = "pc-0", kind = "pc", name = "电脑", gives = ["computer", "core-system"] },'
    return "\n".join([*lines, needed, "]", ""])


def write_hall(folder: Path, hall: Hall) -> None:
    """Write a described hall as its file."""
    lines = [f'area = "{hall.area}"', f'hall = "{hall.hall}"', f'name = "{hall.name}"']
    lines += [f'[[agents]]\nid = "{agent.id}"' for agent in hall.agents]
    for window in hall.windows:
        lines += ["[[windows]]", f'id = "{window.id}"', f"number = {window.number}", f'name = "{window.name}"']
        lines.append('classes = ["filing"]')
    for device in hall.devices:
        place = f'place = "{device.place}"' if device.place else ""
        needs = ", ".join(f'"{each}"' for each in device.depends_on)
        gives = '["computer", "core-system"]' if device.gives else "[]"
        probe = device.probes[0]
        options = f'kind = "tcp", agent = "{probe.agent}", name = "host", interval_s = 1, host = "127.0.0.1", port = 9'
        lines.append(f'[[devices]]\nid = "{device.id}"\nkind = "{device.kind}"\nname = "{device.name}"\n{place}')
        lines.append(f"depends_on = [{needs}]\ngives = {gives}\nprobes = [{{ {options} }}]")
    (folder / "halls" / f"{hall.hall}.toml").write_text("\n".join(lines), encoding="utf-8")


def publish_load(port: int, rate: int) -> None:
    """Publish reports of every agent in turn, evenly, until told to stop."""
    client = connect(port, "bench-load")
    prepared = [
        (topic, payload.replace(b'"seq":1,', b'"seq":' + SEQ + b","))
        for topic, payload in messages(range(rate // DEVICES), 1, float(STAMP))
    ]
    pause_s, due = BATCH / rate, time.monotonic()
    for number in itertools.count():
        topic, payload = prepared[number % len(prepared)]
        seq = b"%d" % (int(SEQ) + 1 + number // len(prepared))
        stamp = b"%.3f" % time.time()  # noqa: TID251
        client.publish(topic, payload.replace(STAMP, stamp).replace(SEQ, seq, 1), qos=1)
        due += pause_s
        time.sleep(max(0.0, due - time.monotonic()))  # noqa: TID251 - the load's own pace


def scrape(port: int) -> None:
    """Ask for ``/metrics`` each second until told to stop."""
    while True:
        began = time.monotonic()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            size = len(answer.read())
        print(f"  scraped {size / 1e6:.1f} MB in {time.monotonic() - began:.2f} s", flush=True)
        time.sleep(max(0.0, 1 - (time.monotonic() - began)))  # noqa: TID251 - the scraper's own pace


if __name__ == "__main__":
    raise SystemExit(main())
