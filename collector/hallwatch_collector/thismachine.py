"""Describes the machine it runs on as a small hall: itself, its printers, its gateway, its name servers.

For the demo, so that the first thing a newcomer sees is real. What does not answer is left out with a word about it: a
fault that was there from the start, because of a firewall, would be a false one.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from hallwatch_agent.probes import CouldNotRead
from hallwatch_agent.probes.probe import Context
from hallwatch_agent.probes.systems.tcp import TcpProbe

AREA: Final = "local"
HALL: Final = "this-machine"
AGENT: Final = "here"
GATEWAY_PORTS: Final = (53, 80, 443, 22, 8080)
"""Asked in turn; a refusal is an answer as well."""
PRINTER_PORTS: Final = {"socket": 9100, "ipp": 631, "ipps": 443, "lpd": 515}
ANSWER_WITHIN_S: Final = 1.0
HEAD: Final = """\
# This machine, as the demo found it when it started for the first time. Yours to edit: a change takes effect at once.
area = "{area}"
hall = "{hall}"
name = "本机"

[[agents]]
id = "{agent}"
name = "本机采集程序"
host = "pc"

[[devices]]
id = "pc"
kind = "pc"
name = {host}

[[devices.probes]]
kind = "host"
interval_s = 5
"""


class Neighbour(NamedTuple):
    """Something this machine depends on, at a port that answers; *port* None: none does."""

    id: str
    kind: str
    name: str
    host: str
    port: int | None
    needs: str = ""
    snmp: bool = False


def describe_this_machine() -> str:
    """Look around and return the hall file of this machine. Takes as long as the slowest neighbour, a few seconds."""
    gateway = parse_gateway(_read_text(Path("/proc/net/route")))
    servers = parse_name_servers(_read_text(Path("/etc/resolv.conf")))
    printers = parse_printers(_list_printers())
    asked: list[tuple[str, Sequence[int]]] = [(gateway, GATEWAY_PORTS)] if gateway else []
    asked += [(server, (53,)) for server in servers]
    asked += [(host, (port,)) for host, port in printers]
    with ThreadPoolExecutor(max_workers=8) as pool:
        ports = list(pool.map(lambda target: answering_port(*target), asked))
    neighbours = _name_neighbours(gateway, servers, printers, ports)
    return write_hall(socket.gethostname() or "本机", neighbours)


def parse_gateway(table: str) -> str | None:
    """Return the IPv4 default gateway of a ``/proc/net/route`` table; None when there is none."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) >= 4 and fields[1] == "00000000" and re.fullmatch(r"[0-9A-F]{8}", fields[2]):
            flags_up_gateway = 0x3  # RTF_UP | RTF_GATEWAY
            if int(fields[3], 16) & flags_up_gateway == flags_up_gateway:
                return socket.inet_ntoa(struct.pack("<L", int(fields[2], 16)))
    return None


def parse_name_servers(text: str) -> list[str]:
    """Return the name servers of a ``resolv.conf``, at most three as the resolver uses, each once."""
    found = re.findall(r"^nameserver[ \t]+(\S+)", text, re.MULTILINE)
    return list(dict.fromkeys(found))[:3]


def parse_printers(text: str) -> list[tuple[str, int]]:
    """Return address and port of the network printers in the output of ``lpstat -v``; others have no probe yet."""
    found = []
    for address in re.findall(r"^device for [^\n]*?: (\S+)$", text, re.MULTILINE):
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port or PRINTER_PORTS.get(parts.scheme)
        except ValueError:
            continue
        if host and port and parts.scheme in PRINTER_PORTS:
            found.append((host, port))
    return list(dict.fromkeys(found))


def answering_port(host: str, ports: Sequence[int]) -> int | None:
    """Return the first of these ports at which the host answers, be it by refusing; None when it stays silent."""
    for port in ports:
        try:
            told = TcpProbe(host=host, port=port, timeout_s=ANSWER_WITHIN_S).read(Context())
        except CouldNotRead:
            continue
        if told.conditions.get("reachable"):
            return port
    return None


def write_hall(host: str, neighbours: Iterable[Neighbour]) -> str:
    """Return the text of the hall file."""
    text = [HEAD.format(area=AREA, hall=HALL, agent=AGENT, host=json.dumps(host, ensure_ascii=False))]
    for one in neighbours:
        if one.port is None:
            text.append(f"\n# {one.host} ({one.id}) did not answer, so nothing watches it.\n")
            continue
        needs = f'depends_on = ["{one.needs}"]\n' if one.needs else ""
        where = json.dumps(one.host)
        text.append(f'\n[[devices]]\nid = "{one.id}"\nkind = "{one.kind}"\nname = "{one.name}"\n{needs}')
        text.append(f'\n[[devices.probes]]\nkind = "tcp"\ninterval_s = 5\nhost = {where}\nport = {one.port}\n')
        if one.snmp:
            text.append(f'\n[[devices.probes]]\nkind = "snmp-printer"\ninterval_s = 15\nhost = {where}\n')
    return "".join(text)


def _name_neighbours(
    gateway: str | None, servers: list[str], printers: list[tuple[str, int]], ports: list[int | None]
) -> list[Neighbour]:
    answers = iter(ports)
    found = [Neighbour("gateway", "router", "默认网关", gateway, next(answers))] if gateway else []
    way = "gateway" if found and found[0].port is not None else ""
    for number, server in enumerate(servers, 1):
        needs = "" if server == gateway or server.startswith("127.") else way
        found.append(Neighbour(f"dns-{number}", "server", f"域名服务器{number}", server, next(answers), needs))
    for number, (host, _) in enumerate(printers, 1):
        found.append(Neighbour(f"prn-{number}", "printer", f"打印机{number}", host, next(answers), snmp=True))
    return found


def _list_printers() -> str:
    lpstat = shutil.which("lpstat")
    if lpstat is None:
        return ""
    try:
        answer = subprocess.run([lpstat, "-v"], capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.decode("utf-8", "replace")


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
