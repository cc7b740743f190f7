"""The pure parts of ``hallwatch-agent discover``: ground, pace, neighbours, answers, hall files, the watch."""

from __future__ import annotations

import asyncio
import io
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.discover import neighbours
from hallwatch_agent.discover.access import BadAccess, accesses_of
from hallwatch_agent.discover.announcements import conclude as conclude_announcement
from hallwatch_agent.discover.evidence import Page
from hallwatch_agent.discover.ground import BadGround, addresses_of, choose_ground, read_own
from hallwatch_agent.discover.knock import parse_location, parse_page
from hallwatch_agent.discover.known import BadHallFile, hosts_in, read_known
from hallwatch_agent.discover.pace import Pace, for_each
from hallwatch_agent.discover.search import answering_themselves
from hallwatch_agent.discover.show import ProgressLine
from hallwatch_agent.discover.snmp_talk import Answers, conclude, list_ports, ways_in
from hallwatch_agent.discover.watch import Visitors

OWN = [IPv4Interface("192.168.1.20/24"), IPv4Interface("203.0.113.9/24")]


class FakeTime:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, for_s: float) -> None:
        self.now_s += for_s
        await asyncio.sleep(0)


def test_the_machines_own_private_networks_are_looked_at() -> None:
    assert choose_ground([], OWN, even_public=False) == [IPv4Network("192.168.1.0/24")]
    assert all(not interface.is_loopback for interface in read_own())


@pytest.mark.parametrize(
    ("named", "own", "why"),
    [
        ([], [IPv4Interface("10.1.2.3/8")], "10.0.0.0/8 is larger than a /22: name it"),
        ([], [IPv4Interface("203.0.113.9/24")], "no private IPv4 network .its networks: 203.0.113.0/24.: name one"),
        ([], [], "its networks: none"),
        (["192.168.1.0/33"], OWN, "no IPv4 network: write it like 192.168.1.0/24"),
        (["printers"], OWN, "'printers' is no IPv4 network"),
        (["99.12.0.0/24"], OWN, "not private: say --even-public"),
        (["192.0.0.0/8"], OWN, "not private"),
        (["10.0.0.0/15"], OWN, "131072 addresses are too many"),
        (["10.0.0.0/16", "10.9.0.0/24"], OWN, "too many"),
    ],
)
def test_ground_that_is_refused(named: list[str], own: list[IPv4Interface], why: str) -> None:
    with pytest.raises(BadGround, match=why):
        choose_ground(named, own, even_public=False)


def test_named_ground_may_be_large_or_public_and_never_overlaps() -> None:
    assert choose_ground(["10.0.0.0/16"], OWN, even_public=False) == [IPv4Network("10.0.0.0/16")]
    assert choose_ground(["99.12.0.7/24"], OWN, even_public=True) == [IPv4Network("99.12.0.0/24")]
    both = choose_ground(["192.168.1.0/25", "192.168.1.0/24"], OWN, even_public=False)
    assert both == [IPv4Network("192.168.1.0/24")]
    with pytest.raises(BadGround, match="too many"):
        choose_ground(["99.0.0.0/8"], OWN, even_public=True)


def test_addresses_are_those_of_hosts() -> None:
    ground = [IPv4Network("192.168.1.0/29"), IPv4Network("10.0.0.9/32")]
    assert list(addresses_of(ground, {"192.168.1.2"})) == [
        "192.168.1.1", "192.168.1.3", "192.168.1.4", "192.168.1.5", "192.168.1.6", "10.0.0.9",
    ]  # fmt: skip


def test_no_second_has_more_turns_than_the_rate() -> None:
    time = FakeTime()
    turns: list[float] = []

    async def ask(_: int) -> None:
        await pace.turn()
        turns.append(time.now_s)

    pace = Pace(50, time.clock, time.sleep)
    asyncio.run(for_each(range(500), ask, 1))
    assert len(turns) == 500
    assert turns[-1] - turns[0] == pytest.approx(499 / 50)
    assert max(sum(at <= turn < at + 0.999 for turn in turns) for at in turns) <= 50


def test_an_idle_pace_saves_nothing_up() -> None:
    time = FakeTime()

    async def ask_after_a_rest() -> float:
        await pace.turn()
        time.now_s += 60
        began_s = time.now_s
        for _ in range(11):
            await pace.turn()
        return time.now_s - began_s

    pace = Pace(10, time.clock, time.sleep)
    assert asyncio.run(ask_after_a_rest()) == pytest.approx(1.0)


def test_so_many_at_once_and_no_more() -> None:
    open_now, most, taken = 0, 0, 0

    def items() -> object:
        nonlocal taken
        for number in range(300):
            taken += 1
            yield number

    async def work(_: object) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        assert taken <= 300
        await asyncio.sleep(0)
        open_now -= 1

    asyncio.run(for_each(items(), work, 7))  # type: ignore[call-overload]
    assert (most, taken, open_now) == (7, 300, 0)


ARP_TABLE = """\
IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         00:1A:2b:3c:4d:5e     *        eth0
192.168.1.9      0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.1.8      0x1         0x2         01:00:5e:00:00:fb     *        eth0
broken
"""
ARP_A = """\

接口: 192.168.1.20 --- 0x5
  Internet 地址         物理地址              类型
  192.168.1.1           00-1a-2b-3c-4d-5e     动态
  192.168.1.255         ff-ff-ff-ff-ff-ff     静态
  224.0.0.22            01-00-5e-00-00-16     静态
"""
ROUTES = """\
Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0101A8C0	0003	0	0	0	00000000	0	0	0
eth0	0001A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
"""
ROUTE_PRINT = """\
网络目标        网络掩码          网关       接口   跃点数
          0.0.0.0          0.0.0.0      192.168.1.1     192.168.1.20     25
"""


def test_neighbours_and_gateways() -> None:
    assert neighbours.parse_arp_table(ARP_TABLE) == {"192.168.1.1": "00:1a:2b:3c:4d:5e"}
    assert neighbours.parse_arp_a(ARP_A) == {"192.168.1.1": "00:1a:2b:3c:4d:5e"}
    assert neighbours.parse_routes(ROUTES) == {"192.168.1.1"}
    assert neighbours.parse_route_print(ROUTE_PRINT) == {"192.168.1.1"}


@given(st.text())
def test_any_table_of_neighbours_is_read(text: str) -> None:
    for parse in (neighbours.parse_arp_table, neighbours.parse_arp_a):
        assert all(len(mac) == 17 for mac in parse(f"head\n{text}").values())
    neighbours.parse_routes(f"head\n{text}")
    neighbours.parse_route_print(text)


def test_a_page_says_who_the_device_is() -> None:
    answer = (
        b"HTTP/1.1 401 Unauthorized\r\nserver: Hikvision-Webs\r\n"
        b'WWW-Authenticate: Basic realm="IP Camera(C1234)"\r\nLocation: /doc/page/login.asp?_1\r\n\r\n'
        b"<HTML><head><TITLE lang=zh>\xcd\xf8\xc2\xe7\r\n &amp; \xc9\xe3\xcf\xf1\xbb\xfa</TITLE>"
    )
    assert parse_page(answer) == Page("Hikvision-Webs", "网络 & 摄像机", "IP Camera(C1234)", "/doc/page/login.asp?_1")
    assert parse_page(b"RTSP/1.0 200 OK\r\nServer: Rtsp/2.0\r\n\r\n", b"RTSP") == Page("Rtsp/2.0")
    assert parse_page(b"SSH-2.0-x\r\n") is None
    assert parse_page(b"HTTP/1.1 abc\r\n") is None


@given(st.binary(), st.booleans())
def test_any_answer_is_a_page_or_none(answer: bytes, well_begun: bool) -> None:
    page = parse_page((b"HTTP/1.1 200 OK\r\n" if well_begun else b"") + answer)
    assert (page is not None) or not well_begun
    assert page is None or (page.title + page.server + page.realm).isprintable()


@pytest.mark.parametrize(
    ("location", "onward"),
    [
        ("", None),
        ("/login.html", (80, "/login.html")),
        ("login.asp?a=1", (80, "/login.asp?a=1")),
        ("https://192.168.1.5/", (443, "/")),
        ("https://192.168.1.5:8443/web", (8443, "/web")),
        ("http://192.168.1.6/", None),
        ("http://evil.example/", None),
        ("/a\r\nX: y", None),
        ("http://[bad", None),
        ("http://192.168.1.5:99999/", None),
    ],
)
def test_only_redirections_on_the_same_host_are_followed(location: str, onward: tuple[int, str] | None) -> None:
    assert parse_location(location, "192.168.1.5", 80) == onward


def test_announcements() -> None:
    properties = {b"ty": b"HP LaserJet 400", b"usb_MFG": b"Hewlett-Packard", b"rp": b"ipp/print", b"x": None}
    told = conclude_announcement("_ipp._tcp.local.", "前台\x1b打印机._ipp._tcp.local.", 631, properties)
    assert (told.service, told.name, told.model) == ("_ipp._tcp", "前台 打印机", "HP LaserJet 400")
    assert (told.port, told.maker, told.path) == (631, "Hewlett-Packard", "ipp/print")


@given(st.text(), st.text(), st.dictionaries(st.binary(), st.none() | st.binary()))
def test_any_announcement_is_read(service: str, name: str, properties: dict[bytes, bytes | None]) -> None:
    told = conclude_announcement(service, name, 1, properties)
    assert (told.name + told.model + told.maker + told.path).isprintable()


oids = st.lists(st.integers(0, 2**32), min_size=1, max_size=12).map(tuple)
values = st.integers() | st.binary() | oids
columns = st.dictionaries(oids, values, max_size=4)
tables = st.dictionaries(st.sampled_from([1, 2, 3, 8, 9, 15, 16, 18]), columns, max_size=4)


@given(st.dictionaries(oids, values), st.dictionaries(oids, values), tables, tables, columns)
def test_any_snmp_answer_is_read(system, power, general, printers, devices) -> None:  # type: ignore[no-untyped-def]
    said = conclude({}, Answers(system, power, general, printers, devices))
    assert (said.descr + said.name + said.model).isprintable()


@given(tables, tables)
def test_any_table_of_ports_is_read(state, names) -> None:  # type: ignore[no-untyped-def]
    assert all(port.name for port in list_ports(state, names))


def test_a_router_that_answers_for_all_makes_nobody_alive() -> None:
    proxied = {f"192.168.1.{host}": "00:00:5e:00:01:01" for host in range(2, 50)}
    assert answering_themselves(proxied | {"192.168.1.60": "00:1a:2b:3c:4d:5e"}) == {"192.168.1.60"}


def test_ports_with_a_description_come_first_and_idle_ones_not_at_all() -> None:
    state = {
        2: {(1,): b"Gi0/1", (2,): b"Gi0/2", (3,): b"Te0/1", (4,): b"Vlan1", (5,): b"Gi0/5"},
        3: {(1,): 6, (2,): 6, (3,): 6, (4,): 53, (5,): 6},
        8: {(1,): 1, (2,): 2, (3,): 1, (4,): 1, (5,): 1},
    }
    names = {15: {(1,): 1000, (3,): 10_000, (5,): 1000}, 18: {(5,): "上联".encode(), (1,): b"Gi0/1"}}
    assert [(port.name, port.alias) for port in list_ports(state, names)] == [
        ("Gi0/5", "上联"), ("Te0/1", ""), ("Gi0/1", "Gi0/1"),
    ]  # fmt: skip


def test_public_is_tried_last_and_a_community_in_both_versions() -> None:
    three = {"version": "3", "user": "hall"}
    assert ways_in([three, {"community_file": "c"}]) == [
        three, {"community_file": "c"}, {"community_file": "c", "version": "1"}, {}, {"version": "1"},
    ]  # fmt: skip


def test_accesses_are_checked_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "hall-snmp").write_text("secret words")
    assert accesses_of([["port=1161"]], ["hall-snmp"], tmp_path) == [{"port": 1161}, {"community_file": "hall-snmp"}]
    for spelled, files, why in (
        ([], ["other"], "secret other: .* cannot be read: .*--secrets"),
        ([], ["../x"], "SNMP community_file=../x"),
        ([["community"]], [], "write options as key=value; there are port, version"),
        ([["host=h"]], [], "write options as key=value"),
        ([["version=4"]], [], "SNMP version=4: Invalid enum value '4'"),
        ([["portt=1"]], [], "unknown field `portt`"),
    ):
        with pytest.raises(BadAccess, match=why) as refused:
            accesses_of(spelled, files, tmp_path)
        assert "secret words" not in str(refused.value)


HALL = """\
[[devices]]
id = "prn-1"
probes = [{ kind = "snmp-printer", host = "192.168.1.53" }, { kind = "ipp-printer", uri = "ipps://192.168.1.54:631/x" }]
[[devices]]
id = "qm"
probes = [{ kind = "queue-csv", path = '\\\\192.168.1.60\\share\\queue.csv' }]
[[systems]]
id = "core"
[[systems.probes]]
kind = "transaction"
steps = [{ url = "https://LOCALHOST:8443/login" }, { url = "http://[broken" }]
"""


def test_hosts_of_hall_files(tmp_path: Path) -> None:
    (tmp_path / "xihu.toml").write_text(HALL)
    (tmp_path / "note.txt").write_text("no hall file")
    known = read_known([tmp_path])
    assert known.hosts == {"192.168.1.53", "192.168.1.54", "192.168.1.60", "localhost", "127.0.0.1"}
    assert known.ids == {"prn-1", "qm", "core"}
    with pytest.raises(BadHallFile, match=r"none\.toml: cannot be read"):
        read_known([tmp_path / "none.toml"])
    for text in ("[[devices", f"a = {'9' * 5000}", f"a = {'[' * 9000}"):
        (tmp_path / "bad.toml").write_text(text)
        with pytest.raises(BadHallFile, match=r"bad\.toml: is not TOML"):
            read_known([tmp_path])


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["host", "url"]), inner))
)
def test_any_table_is_searched_for_hosts(table: object) -> None:
    assert all(isinstance(host, str) for host in hosts_in(table))


def test_the_watch_tells_each_change_once() -> None:
    visitors = Visitors()
    assert visitors.note({"a", "b", "k"}, {"k"}).new == {"a", "b"}
    change = visitors.note({"a"}, {"k"})
    assert (change.new, change.left) == (frozenset(), frozenset())  # b may only sleep
    change = visitors.note({"a", "b"}, {"k"})
    assert (change.new, change.left) == (frozenset(), frozenset())
    visitors.note({"a"}, {"k"})
    assert visitors.note({"a"}, {"k"}).left == {"b"}
    assert visitors.note({"a", "b"}, {"k"}).new == {"b"}


def test_what_comes_into_a_hall_file_is_no_longer_told() -> None:
    visitors = Visitors()
    visitors.note({"a"}, set())
    for _ in range(3):
        assert visitors.note(set(), {"a"}).left == frozenset()


@given(st.lists(st.tuples(st.sets(st.integers(0, 5).map(str)), st.sets(st.integers(0, 5).map(str)))))
def test_new_and_left_take_turns(looks: list[tuple[set[str], set[str]]]) -> None:
    visitors = Visitors()
    present: set[str] = set()
    for there, known in looks:
        change = visitors.note(there, known)
        assert not change.new & present
        assert change.left <= present
        assert not change.new & known
        present = (present | change.new) - change.left - known


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self) -> bool:
        return True


def test_progress_is_lively_on_a_terminal_and_seldom_elsewhere() -> None:
    now_s = [0.0]
    for out, lines in ((io.StringIO(), 2), (Terminal(), 0)):
        line = ProgressLine(out, lambda: now_s[0])
        for done in range(200):
            now_s[0] += 0.1
            line("looking", done, 200, 3)
        line.clear()
        assert out.getvalue().count("\n") == lines
    assert out.getvalue().count("\rlooking: ") > 50
    assert out.getvalue().endswith("\r")


def test_progress_ends_what_it_began_and_counts_in_words() -> None:
    now_s = 0.0
    out = io.StringIO()
    line = ProgressLine(out, lambda: now_s)
    line("looking", 1, 3, 1)
    line("looking", 2, 3, 1)
    line("looking", 3, 3, 2)
    line("asking", 1, 1, 2)  # begun and ended within the time in which nothing is said
    assert out.getvalue() == "looking: 1 of 3; 1 host found\nlooking: 3 of 3; 2 hosts found\n"


def test_a_folder_of_hall_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(BadHallFile, match="cannot be read: Permission denied"):
        read_known([tmp_path])


def test_addresses_sort_as_numbers() -> None:
    assert sorted(["10.0.0.10", "10.0.0.9"], key=IPv4Address) == ["10.0.0.9", "10.0.0.10"]
