"""What a host is, concluded from recordings of real devices and from evidence made by hand; and what is proposed."""

from __future__ import annotations

import re
import tomllib
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_agent.discover.evidence import Announcement, Evidence, NetworkPort, Page, PrinterSaid, SnmpSaid
from hallwatch_agent.discover.fragment import plain, quote, write_device, write_fragment
from hallwatch_agent.discover.identify import Confidence, Identity, identify, shorten
from hallwatch_agent.discover.makers import OBJECT_KINDS, WORD_KINDS, kind_of_words
from hallwatch_agent.discover.propose import Draft, digits_needed, propose
from hallwatch_agent.discover.snmp_talk import (
    ENTERPRISES,
    HR_DEVICE,
    HR_PRINTER,
    PRT_GENERAL,
    PRT_SUPPLIES,
    SYSTEM,
    UPS_MODELS,
    UPS_OBJECTS,
    Answers,
    conclude,
)
from hallwatch_agent.probes import AnyProbe
from hallwatch_agent.wire import ID_PATTERN
from hallwatch_collector.core.hall import Kind
from parts.walks import Walk, recordings

READ = (
    "1.3.6.1.2.1.1.", "1.3.6.1.2.1.4.1.", "1.3.6.1.2.1.17.1.2", "1.3.6.1.2.1.25.3.", "1.3.6.1.2.1.33.1.",
    "1.3.6.1.2.1.43.", "1.3.6.1.4.1.318.", "1.3.6.1.4.1.534.", "1.3.6.1.4.1.3808.",
)  # fmt: skip
RECORDINGS = recordings()
SURE, LIKELY, GUESS = Confidence.SURE, Confidence.LIKELY, Confidence.GUESS

EXPECTED: dict[str, tuple[str, Confidence, str]] = {
    "UPS/apc-8641": ("other", SURE, "APC"),  # a rack PDU
    "UPS/eastpower-istars-swv053": ("ups", SURE, "EAST"),
    "UPS/eaton-93e-80": ("ups", SURE, "Eaton"),
    "UPS/eaton-9px-partial": ("ups", SURE, "Eaton"),
    "UPS/emerson-network-power": ("ups", SURE, "Vertiv"),
    "UPS/huawei-gse200m": ("ups", SURE, ""),  # its object id is Net-SNMP's
    "UPS/phoenixtec-power": ("ups", SURE, "Phoenixtec"),
    "UPS/vertiv-power": ("ups", SURE, "Vertiv"),
    "camera/hikvision-network-video-recorder": ("camera", SURE, "Hikvision"),
    "camera/samsung-ipolis": ("camera", SURE, "Samsung"),
    "camera/semac-ipcam-500": ("camera", LIKELY, ""),
    "network/firewall/clavister-amaranten": ("firewall", LIKELY, ""),
    "network/firewall/fortinet-xcu": ("firewall", SURE, "Fortinet"),
    "network/firewall/netentsec-ngfw": ("firewall", LIKELY, "Netentsec"),
    "network/firewall/paloalto-pa-5000": ("firewall", SURE, "Palo Alto"),
    "network/firewall/sangfor-ad1800-fp2": ("firewall", GUESS, "Sangfor"),
    "network/firewall/topsec-ngfw4000-uf": ("firewall", SURE, "Topsec"),
    "network/firewall/venus-vsos-v070060600": ("firewall", LIKELY, "Venustech"),
    "network/router/huawei-s5720": ("switch", SURE, "Huawei"),  # whatever its folder is called
    "network/router/juniper-mx960-13-3r9-13": ("router", LIKELY, "Juniper"),
    "network/router/ruijie-n18010": ("switch", SURE, "Ruijie"),
    "network/switch/bdcom-s5612": ("switch", SURE, "BDCOM"),
    "network/switch/cisco-c3560": ("switch", LIKELY, "Cisco"),
    "network/switch/cisco-n5000": ("switch", LIKELY, "Cisco"),
    "network/switch/dcrs-5980-28t-dc": ("switch", SURE, "DCN"),
    "network/switch/dlink-des3200": ("switch", LIKELY, "D-Link"),
    "network/switch/dptech-dpx800-a5": ("switch", GUESS, "DPtech"),
    "network/switch/h3c-comware-7-1-075": ("switch", LIKELY, "H3C"),
    "network/switch/h3c-comware-lsq1wcmd0": ("switch", GUESS, "H3C"),
    "network/switch/h3c-e528-1": ("switch", LIKELY, "H3C"),
    "network/switch/hpe-procurve-516733-b21": ("switch", SURE, "HP"),
    "network/switch/huawei-s12704": ("switch", SURE, "Huawei"),
    "network/switch/maipu-sm4200-16gef8ge-ac": ("switch", LIKELY, "Maipu"),
    "network/switch/ruijie-s5750-24gt12sfp": ("switch", SURE, "Ruijie"),
    "network/switch/zte-zrx10": ("switch", LIKELY, "ZTE"),
    "network/switch/zte-zxr10-5250": ("switch", SURE, "ZTE"),
    "network/wifi/aruba-7210": ("access-point", SURE, "Aruba"),
    "network/wifi/ruijie-m18000": ("access-point", SURE, "Ruijie"),
    "network/wifi/ubiquiti-m5": ("access-point", SURE, "Ubiquiti"),
    "os/linux/slackware": ("server", GUESS, ""),  # it has a print queue, and is no printer
    "os/linux/unknown-006": ("server", GUESS, ""),
    "os/windows/XP": ("pc", SURE, ""),
    "os/windows/server-2003-5-2": ("server", SURE, ""),
    "beside/prn-brother-nc8300h": ("printer", SURE, "Brother"),
    "beside/prn-canon-lbp6670": ("printer", SURE, "Canon"),
    "beside/prn-epson": ("printer", SURE, "Epson"),
    "beside/prn-hp-m252dw": ("printer", SURE, "HP"),
    "beside/prn-kyocera-utax": ("printer", SURE, "Kyocera"),
    "beside/prn-oki-9450g": ("printer", SURE, "OKI"),
    "beside/prn-ricoh-mpc3002": ("printer", SURE, "Ricoh"),
    "beside/prn-zebra": ("printer", SURE, "Zebra"),
    "beside/rt-huawei-ar169": ("router", SURE, "Huawei"),
    "beside/sw-h3c-a5500": ("switch", LIKELY, "H3C"),
    "beside/sw-huawei-s5328c": ("switch", SURE, "Huawei"),
    "beside/sw-ruijie-s6150": ("switch", SURE, "Ruijie"),
    "beside/sw-tplink-t1600g-28ts": ("switch", SURE, "TP-Link"),
    "beside/ups-apc-smart1500": ("ups", SURE, "APC"),
    "beside/ups-eaton-5px": ("ups", SURE, "Eaton"),
    "beside/ups-huawei-ups2000": ("ups", SURE, "Huawei"),
}
"""Recording → what it is, by the name of the device; firewalls and switches that only their maker tells are guesses."""


def identity_of(recording: str) -> Identity:
    walk = Walk(RECORDINGS[recording], READ)
    general = walk.walk(PRT_GENERAL, [1, 16])
    if not any(general.values()):
        general = walk.walk(PRT_SUPPLIES, [9])
    answers = Answers(
        walk.get(*SYSTEM), walk.get(*UPS_OBJECTS, *UPS_MODELS), general, walk.walk(HR_PRINTER, [1, 2]),
        walk.walk(HR_DEVICE, [3])[3],
    )  # fmt: skip
    return identify(Evidence("192.168.1.5", snmp=conclude({}, answers)))


@pytest.mark.parametrize("recording", sorted(EXPECTED))
def test_recordings_are_told_apart(recording: str) -> None:
    if recording not in RECORDINGS:
        assert recording.startswith("beside/"), "install snmpsim-data to run these tests"
        pytest.skip("not beside the checkout")
    identity = identity_of(recording)
    assert (identity.kind, identity.confidence, identity.maker) == EXPECTED[recording], identity
    assert identity.why
    assert identity.model


SMALL = {name for name, path in RECORDINGS.items() if path.stat().st_size < 100_000}


@pytest.mark.parametrize("recording", sorted(SMALL - EXPECTED.keys()))
def test_what_is_not_known_is_no_printer_and_no_ups(recording: str) -> None:
    identity = identity_of(recording)
    if identity.kind in ("printer", "ups"):
        assert recording.startswith("UPS/") or "poweralert" in recording


def oid(*tail: int) -> tuple[int, ...]:
    return (*ENTERPRISES, *tail)


ONE = "192.168.1.5"
SERVICE = Announcement("_pdl-datastream._tcp", "HP", 9100, "HP LaserJet 400", "Hewlett-Packard")
SHARED = Announcement("_ipp._tcp", "queue @ pc", 631, "HP LaserJet", path="printers/queue")


@pytest.mark.parametrize(
    ("evidence", "kind", "confidence", "why"),
    [
        ({}, "other", Confidence.NONE, ()),
        ({"is_here": True, "open_ports": {9100}}, "pc", SURE, ("this machine",)),
        ({"open_ports": {9100}}, "printer", GUESS, ("port 9100 (raw printing) is open",)),
        ({"printer": PrinterSaid("HP"), "open_ports": {631}}, "printer", LIKELY, ("IPP answers",)),
        ({"announced": [SERVICE]}, "printer", LIKELY, ("announces _pdl-datastream._tcp",)),
        ({"announced": [SHARED], "open_ports": {22, 631}}, "server", LIKELY, ("shares print queues (CUPS)",)),
        ({"open_ports": {445, 3389}}, "pc", LIKELY, ("Windows file sharing and remote desktop are open",)),
        ({"open_ports": {445}}, "pc", GUESS, ("Windows file sharing is open",)),
        ({"camera": "", "open_ports": {80, 554}}, "camera", LIKELY, ("RTSP answers",)),
        ({"open_ports": {80, 554}}, "camera", GUESS, ("port 554 (RTSP) is open",)),
        ({"pages": [Page(title="网络摄像机")]}, "camera", LIKELY, ("its web page",)),
        ({"pages": [Page(realm="TP-LINK Wireless Router")]}, "access-point", LIKELY, ("its web page",)),
        ({"is_gateway": True, "open_ports": {22, 80}}, "router", LIKELY, ("default gateway",)),
        ({"greeting": "SSH-2.0-HUAWEI-1.5"}, "switch", GUESS, ("SSH server of a network device",)),
        ({"greeting": "SSH-2.0-OpenSSH_9.2", "open_ports": {22}}, "server", GUESS, ("SSH is open",)),
        ({"snmp": SnmpSaid(printer="Printer MIB")}, "printer", SURE, ("knows the Printer MIB",)),
        ({"snmp": SnmpSaid(object_id=oid(9, 1, 1), bridge_ports=24)}, "switch", LIKELY, ("bridges many ports",)),
        ({"snmp": SnmpSaid(object_id=oid(311, 1, 1, 3, 1, 1))}, "pc", SURE, ("sysObjectID",)),
        ({"snmp": SnmpSaid(object_id=oid(2011, 2, 23, 1), descr="USG6300 NGFW")}, "firewall", SURE,
         ("sysObjectID", "sysDescr")),
    ],
)  # fmt: skip
def test_clues(evidence: dict[str, Any], kind: str, confidence: Confidence, why: tuple[str, ...]) -> None:
    identity = identify(Evidence(ONE, **evidence))
    assert (identity.kind, identity.confidence, identity.why) == (kind, confidence, why)


def test_every_kind_in_the_tables_is_one() -> None:
    kinds = {*get_args(Kind), "camera"}
    assert {*OBJECT_KINDS.values(), *WORD_KINDS} <= kinds


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Quidway S2700-26TP-EI", "switch"), ("锐捷交换机", "switch"), ("Huawei AR1220", "router"),
        ("H3C MSR36-20", "router"), ("HUAWEI USG6530", "firewall"), ("AP4050DN", "access-point"),
        ("HP LaserJet Pro M404", "printer"), ("DS-7608 NVR", "camera"), ("Lineage of kings", ""),
        ("Ruijie Core Routing Switch", "switch"),
    ],
)  # fmt: skip
def test_words(words: str, kind: str) -> None:
    assert kind_of_words(words) == kind


def probes_of(seen: Evidence) -> list[dict[str, Any]]:
    drafts = propose(seen, identify(seen), set(), digits=1)
    return [{"kind": probe.kind, **probe.options} for draft in drafts for probe in draft.probes]


@pytest.mark.parametrize(
    ("evidence", "probes"),
    [
        ({"is_here": True}, [{"kind": "host"}]),
        ({"snmp": SnmpSaid({"version": "1"}, printer="Printer MIB")},
         [{"kind": "snmp-printer", "host": ONE, "version": "1"}]),
        ({"printer": PrinterSaid("HP"), "open_ports": {631}}, [{"kind": "ipp-printer", "host": ONE}]),
        ({"printer": PrinterSaid("HP", {"ipps": True})}, [{"kind": "ipp-printer", "host": ONE, "ipps": True}]),
        ({"open_ports": {80, 9100}}, [{"kind": "tcp", "host": ONE, "port": 9100}]),
        ({"snmp": SnmpSaid({"community_file": "c"}, object_id=oid(2011, 2, 23, 1))},
         [{"kind": "snmp-interfaces", "host": ONE, "community_file": "c"},
          {"kind": "snmp-health", "host": ONE, "community_file": "c"}]),
        ({"snmp": SnmpSaid(ups="UPS-MIB")}, [{"kind": "snmp-ups", "host": ONE}]),
        ({"upses": ("ups1",), "open_ports": {22}},
         [{"kind": "tcp", "host": ONE, "port": 22}, {"kind": "nut-ups", "host": ONE, "ups": "ups1"}]),
        ({"upses": ("ups1",), "snmp": SnmpSaid(ups="UPS-MIB")}, [{"kind": "nut-ups", "host": ONE, "ups": "ups1"}]),
        ({"camera": "Rtsp", "open_ports": {80, 554}}, [{"kind": "tcp", "host": ONE, "port": 554}]),
        ({"open_ports": {445}}, [{"kind": "tcp", "host": ONE, "port": 445}]),
        ({}, [{"kind": "ping", "host": ONE}]),
    ],
)  # fmt: skip
def test_the_right_probes(evidence: dict[str, Any], probes: list[dict[str, Any]]) -> None:
    assert probes_of(Evidence(ONE, **evidence)) == probes
    for probe in probes:
        assert msgspec.convert(probe, AnyProbe)


def test_a_switch_as_it_is_written() -> None:
    ports = (NetworkPort("GigabitEthernet0/0/24", "\u202e上联", 1000), NetworkPort("Gi0/1"))
    snmp = SnmpSaid({"community_file": "hall"}, oid(2011, 2, 23, 1), 'S5720 "core"', "sw\n1", ports=ports)
    seen = Evidence(ONE, "00:1a:2b:3c:4d:5e", snmp=snmp, open_ports={22, 80})
    (draft,) = propose(seen, identify(seen), {"sw-huawei-5"}, digits=1)
    assert write_device(draft) == (
        "# 192.168.1.5: switch, sure (sysObjectID; sysDescr)\n"
        "# MAC 00:1a:2b:3c:4d:5e; calls itself sw 1; open ports 22, 80\n"
        "[[devices]]\n"
        'id = "sw-huawei-1-5"\n'
        'kind = "switch"\n'
        'name = "交换机 192.168.1.5 (Huawei S5720 \\"core\\")"\n'
        '# place = "w1"\n'
        '# gives = ["network"]\n'
        "\n"
        "[[devices.probes]]\n"
        'kind = "snmp-interfaces"\n'
        'host = "192.168.1.5"\n'
        'community_file = "hall"\n'
        "ports = [  # those that are up now; take away the # of those that must be up\n"
        '#   "GigabitEthernet0/0/24",  # 上联, 1000 Mbit/s\n'
        '#   "Gi0/1",\n'
        "]\n"
        "\n"
        "[[devices.probes]]\n"
        'kind = "snmp-health"\n'
        'host = "192.168.1.5"\n'
        'community_file = "hall"\n'
    )
    chosen = write_device(draft).replace("#   ", "")
    assert tomllib.loads(chosen)["devices"][0]["probes"][0]["ports"] == ["GigabitEthernet0/0/24", "Gi0/1"]


def test_as_many_numbers_as_tell_hosts_apart() -> None:
    assert digits_needed(["192.168.1.5", "192.168.1.6"]) == 1
    assert digits_needed(["192.168.1.5", "192.168.2.5"]) == 2
    assert digits_needed(["10.1.1.5", "10.2.1.5", "11.2.1.5"]) == 4
    assert digits_needed([]) == 1


hostile = st.text(st.characters(codec=None) | st.sampled_from("\"\\\n\r\t\x00\x1b\x7f\u2028\u202e\ud800'#[]="))
numbers = st.integers(1, 254)
evidences = st.builds(
    Evidence,
    address=st.builds("192.168.{}.{}".format, numbers, numbers),
    mac=hostile,
    open_ports=st.sets(st.sampled_from([22, 80, 445, 554, 631, 9100])),
    snmp=st.none()
    | st.builds(
        SnmpSaid,
        access=st.just({}) | st.just({"version": "1"}),
        object_id=st.sampled_from([(), oid(2011, 2, 23), oid(11, 2, 3, 9, 1), oid(318, 1, 3, 5)]),
        descr=hostile,
        name=hostile,
        model=hostile,
        ports=st.lists(st.builds(NetworkPort, hostile, hostile), max_size=3).map(tuple),
    ),
    upses=st.lists(st.sampled_from(["ups", "ups2"]), unique=True).map(tuple),
    pages=st.lists(st.builds(Page, hostile, hostile, hostile), max_size=1),
    announced=st.lists(
        st.builds(Announcement, st.just("_ipp._tcp"), hostile, st.just(1), hostile, hostile), max_size=1
    ),
)


@given(st.lists(evidences, max_size=6))
def test_whatever_devices_call_themselves_the_fragment_is_what_was_meant(found: list[Evidence]) -> None:
    taken: set[str] = set()
    drafts: list[Draft] = []
    for seen in found:
        drafts += propose(seen, identify(seen), taken, digits=digits_needed(one.address for one in found))
        taken |= {draft.id for draft in drafts}
    written = write_fragment(drafts, "a headline\nof two lines")
    table = tomllib.loads(written)
    written.encode("utf-8")
    shown = [draft for draft in drafts if draft.confidence is not Confidence.NONE]
    assert set(table) <= {"devices"}
    assert [device["id"] for device in table.get("devices", [])] == [draft.id for draft in shown]
    assert len(taken) == len(drafts)
    for device, draft in zip(table.get("devices", []), shown, strict=True):
        assert set(device) == {"id", "kind", "name", "probes"}
        assert device["kind"] in get_args(Kind)
        assert device["name"].isprintable()
        assert 0 < len(device["name"]) <= 80
        assert [probe["kind"] for probe in device["probes"]] == [probe.kind for probe in draft.probes]


@given(hostile)
def test_a_quoted_text_is_itself(text: str) -> None:
    assert tomllib.loads(f"value = {quote(text)}  # {plain(text)}")["value"] == plain(text)


def test_ids_are_ids() -> None:
    seen = Evidence(ONE)
    for maker in ("", "HP", "Konica Minolta", "中国", "-", "a" * 200):
        (draft,) = propose(seen, Identity("access-point", SURE, (), maker), set(), digits=4)
        assert re.fullmatch(ID_PATTERN, draft.id)


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("Pantum P3302DN", 14, "Pantum P3302DN"),
        ("Huawei Versatile Routing Platform (VRP (R) software)", 49, "Huawei Versatile Routing Platform…"),
        ("奔图激光打印机 （双面型号）", 12, "奔图激光打印机…"),
        ("(everything is in brackets)", 10, "(everythi…"),
        ("Oneverylongword", 8, "Onevery…"),
        ("Switch, 28 ports, of them 4 uplinks", 17, "Switch, 28…"),
    ],
)
def test_long_names_are_cut_between_words_and_not_within_brackets(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short


@given(st.text(), st.integers(2, 80))
def test_a_short_name_fits(text: str, most: int) -> None:
    assert len(shorten(text, most)) <= most


def test_a_proposed_name_is_whole() -> None:
    identity = Identity("switch", SURE, maker="Huawei", model="S5720-28P (V200R011C10SPC600) (patch V200R011SPH012) x")
    (draft,) = propose(Evidence("192.168.100.254"), identity, set(), digits=1)
    assert len(draft.name) <= 80
    assert draft.name == "交换机 192.168.100.254 (Huawei S5720-28P (V200R011C10SPC600)…)"
