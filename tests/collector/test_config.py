"""The collector's file and the hall files: read, and checked as a whole."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest
from msgspec import structs
from msgspec.structs import fields

from hallwatch_agent.probes import probe_from_order
from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.config import EXAMPLE, Broker, Config, Web, anchor, load_config
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.problems import FileRefused, name_choices
from parts.documents import example
from parts.hall_file import GOOD


@pytest.fixture(scope="module")
def known() -> Known:
    plan, catalogue = plans.load()
    return Known.of(plan, catalogue)


def read(tmp_path: Path, text: str, known: Known) -> HallFile:
    path = tmp_path / "xihu.toml"
    path.write_text(text, encoding="utf-8")
    return read_hall(path, known)


def refusals(tmp_path: Path, text: str, known: Known) -> list[str]:
    with pytest.raises(FileRefused) as refused:
        read(tmp_path, text, known)
    return [f"{problem.key}: {problem.text}" for problem in refused.value.problems]


# -- the collector's file


def test_an_empty_file_is_a_whole_configuration_for_loopback(tmp_path: Path) -> None:
    path = tmp_path / "collector.toml"
    path.write_text("")
    (tmp_path / "halls").mkdir()
    config = load_config(path)
    assert (config.broker.host, config.broker.port, config.web.host) == ("127.0.0.1", 1883, "127.0.0.1")
    assert config.halls == str(tmp_path / "halls")
    assert config.journal_url == f"sqlite:///{tmp_path / 'data' / 'journal.sqlite'}"


def test_without_any_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(None).data == tmp_path / "data"
    assert load_config(None).broker == Config().broker


def test_every_problem_of_the_collectors_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(
        'hals = "x"\n[broker]\nport = 70000\ncert_file = "c.pem"\npassword_file = "p"\n[web]\nport = "http"\n'
        '[history]\nurl = "db:8428"\n[drills]\npassword_file = "p"\n'
    )
    with pytest.raises(FileRefused) as refused:
        load_config(path)
    text = str(refused.value)
    assert "unknown key 'hals'; did you mean 'halls'" in text
    assert "broker.port: 70000: give a whole number from 1 to 65535" in text
    assert "web.port: 'http': give a whole number from 1 to 65535" in text
    assert "broker.cert_file: there is no file" in text
    assert "cert_file and key_file go together" in text
    assert "broker.username: is missing" in text
    assert "drills.username: is missing" in text
    assert "history.url: 'db:8428' must begin with http:// or https://" in text
    assert text.count(str(path)) >= 7


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"a = [", "is not TOML"),
        (b'a = "\xff"', "is not UTF-8"),
        (b"a = " + b"[" * 9000, "is n"),
        (b"a = " + b"9" * 5000, "is not TOML"),
    ],
)
def test_what_is_no_toml_is_told_with_its_file(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "collector.toml"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=told):
        load_config(path)


# -- a hall file


def test_a_good_hall_file_is_read_with_its_probes(tmp_path: Path, known: Known) -> None:
    file = read(tmp_path, GOOD, known)
    assert str(file.hall.key) == "330106/xihu"
    probe = file.hall.devices[1].probes[0]
    assert probe.host == "192.168.1.53"
    assert probe.timeout_s == 2, "a probe is done before the next one is due"


def test_the_digest_follows_the_bytes(tmp_path: Path, known: Known) -> None:
    assert read(tmp_path, GOOD, known).digest == read(tmp_path, GOOD, known).digest
    assert read(tmp_path, GOOD, known).digest != read(tmp_path, GOOD + "# changed\n", known).digest


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('hall = "xihu"', 'hall = "Xi Hu"', "hall: 'Xi Hu': give lower-case letters, digits and '-'"),
        ('kind = "printer"', 'kind = "prnter"', "devices[2] (prn-3).kind: 'prnter' is unknown; did you mean 'printer'"),
        ('place = "w3"', 'place = "w33"', "devices[2] (prn-3).place: 'w33' is unknown; did you mean 'w3'?"),
        ('["rt-1"]', '["rt-2"]', "devices[2] (prn-3).depends_on: 'rt-2' is unknown; did you mean 'rt-1'?"),
        ('["rt-1"]', '[["rt-1", "x"]]', "devices[2] (prn-3).depends_on: 'x' is unknown; there are prn-3, rt-1"),
        ('["rt-1"]', '[["prn-3"]]', "devices[2] (prn-3).depends_on: goes in a circle: prn-3 → prn-3"),
        (
            '"snmp-printer"',
            '"snmp-prnter"',
            "devices[2] (prn-3).probes[1].kind: 'snmp-prnter' is unknown; did you mean",
        ),
        ('kind = "snmp-printer"\n', "", "devices[2] (prn-3).probes[1].kind: is missing; there are"),
        ("host =", "hots =", "devices[2] (prn-3).probes[1]: unknown key 'hots'; did you mean 'host'?"),
        ("host =", "hots =", "devices[2] (prn-3).probes[1]: key 'host' is missing"),
        ("interval_s = 2", "interval_s = 2\ntimeout_s = 3", "timeout_s: 3 is longer than interval_s (2)"),
        ("interval_s = 2", 'agent = "gx"', "devices[2] (prn-3).probes[1].agent: 'gx' is unknown; there are gw"),
        ('id = "gw"', 'id = "gw"\n[[agents]]\nid = "pc"', "probes[1].agent: is missing; say which of gw, pc"),
        ('id = "gw"', 'id = "gw"\nhost = "pc-1"', "agents[1] (gw).host: 'pc-1' is unknown"),
        ('id = "rt-1"', 'id = "w3"', "devices[1] (w3).id: 'w3' is already the id of windows[1]"),
        ('["certificates"]', '["certificate"]', "windows[1] (w3).classes: 'certificate' is unknown; did you mean"),
        ('["print"]', "[]", "windows[1] (w3).classes: 'certificates' needs 'print', which no device gives this window"),
        ('hall = "xihu"', 'hall = "xihu"\ntimezone = "Asia/Shangai"', "timezone: 'Asia/Shangai' is no time zone"),
        ('hall = "xihu"', 'hall = "xihu"\nfaults = [{fault = "jamm"}]', "faults[1].fault: 'jamm' is unknown; did you"),
        (
            'place = "w3"',
            'place = "w3"\nspare = "prn-3"',
            "devices[2] (prn-3).spare: a device cannot stand in for itself",
        ),
        (
            'id = "gw"',
            'id = "gw"\nhost = "rt-1"\n[[agents]]\nid = "pc"\nhost = "rt-1"',
            "agents[2] (pc).host: 'rt-1' is already the host of agent gw",
        ),
        (
            'gives = ["print"]',
            'spare = "prn-9"\n[[devices]]\nid = "prn-9"\nkind = "printer"\nname = "x"\ngives = ["print"]',
            "windows[1] (w3).classes: 'certificates' needs 'print', which no device gives this window",
        ),
        ('area = "330106"\nhall = "xihu"', 'area = "hallwatch"\nhall = "self"', "hall: hallwatch/self is where"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_way_out(
    tmp_path: Path, known: Known, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    found = refusals(tmp_path, GOOD.replace(old, new), known)
    assert any(told in problem for problem in found), found


def test_a_county_puts_its_own_catalogue_in_place(tmp_path: Path) -> None:
    (tmp_path / "halls").mkdir()
    (tmp_path / "collector.toml").write_text('catalogue = "own.toml"\n', encoding="utf-8")
    with pytest.raises(FileRefused, match=r"catalogue: there is no file .*own\.toml"):
        load_config(tmp_path / "collector.toml")
    shipped = Path(plans.__file__).parent / "catalogue.toml"
    text = shipped.read_text(encoding="utf-8")
    (tmp_path / "own.toml").write_text(text.replace('id = "jam"', 'id = "own-jam"', 1), encoding="utf-8")
    config = load_config(tmp_path / "collector.toml")
    _, catalogue = plans.load(config.plan_file, config.catalogue_file)
    assert "own-jam" in {fault.id for fault in catalogue.faults}


def test_a_hall_that_nobody_would_hear_is_refused(tmp_path: Path, known: Known) -> None:
    elsewhere = msgspec.structs.replace(known, areas=frozenset({"330108"}))
    [found] = refusals(tmp_path, GOOD, elsewhere)
    assert "area: '330106' is not listened to; the collector's file has areas = 330108: add it there" in found
    assert read(tmp_path, GOOD, msgspec.structs.replace(known, areas=frozenset({"330106"})))


def test_two_probes_of_one_kind_need_names(tmp_path: Path, known: Known) -> None:
    twice = GOOD + '[[devices.probes]]\nkind = "snmp-printer"\nhost = "192.168.1.54"\n'
    assert any("probes[2].name: this device has another probe" in found for found in refusals(tmp_path, twice, known))
    assert read(tmp_path, twice + 'name = "second"\n', known).hall.devices[1].probes[1].name == "second"


def test_one_wrong_probe_does_not_hide_the_next(tmp_path: Path, known: Known) -> None:
    more = GOOD.replace('"snmp-printer"', '"nonsense"') + '[[devices.probes]]\nkind = "tcp"\nhost = "h"\nport = 0\n'
    found = refusals(tmp_path, more, known)
    assert any("probes[1].kind: 'nonsense' is unknown" in problem for problem in found)
    assert any("probes[2].port: 0: give a whole number from 1 to 65535" in problem for problem in found)


def test_all_circles_are_found(tmp_path: Path, known: Known) -> None:
    more = GOOD.replace('gives = ["computer"', 'depends_on = ["prn-3"]\ngives = ["computer"')
    for name, other in (("a", "b"), ("b", "a")):
        more += f'[[devices]]\nid = "{name}"\nkind = "switch"\nname = "x"\ndepends_on = ["{other}"]\n'
    circles = [problem for problem in refusals(tmp_path, more, known) if "circle" in problem]
    assert len(circles) == 2


def test_a_choice_of_two_types_is_read_any_number_of_times(tmp_path: Path, known: Known) -> None:
    """Reading ``Id | list[Id]`` once brought the interpreter down."""
    nested = GOOD.replace('["rt-1"]', '[["rt-1"], "rt-1"]')
    for _ in range(200):
        assert read(tmp_path, nested, known).hall.devices[1].depends_on == [["rt-1"], "rt-1"]


def test_few_choices_are_listed_and_near_ones_named() -> None:
    assert name_choices("prn-4", ["prn-3", "ups"]) == "did you mean 'prn-3'?"
    akin = ["device-hazard", "device-unusable", "warned"]
    assert name_choices("faild-device", akin) == "did you mean 'device-hazard' or 'device-unusable'?"
    assert name_choices("zzz", ["prn-3", "ups"]) == "there are prn-3, ups"
    assert name_choices("zzz", [], "no devices") == "there are no devices"


# -- assignments


def test_an_agent_can_build_every_probe_it_is_assigned(tmp_path: Path, known: Known) -> None:
    hall = read(tmp_path, GOOD, known).hall
    [assignment] = assignments(hall)
    assert assignment.agent == "gw"
    [order] = assignment.probes
    assert (order.device, order.name, order.interval_s) == ("prn-3", "snmp-printer", 2)
    assert "interval_s" not in order.options
    assert msgspec.to_builtins(probe_from_order(order))["host"] == "192.168.1.53"


def test_the_digest_of_an_assignment_changes_with_its_probes_only(tmp_path: Path, known: Known) -> None:
    first = assignments(read(tmp_path, GOOD, known).hall)[0].digest
    renamed = assignments(read(tmp_path, GOOD.replace("3号窗口打印机", "打印机"), known).hall)[0].digest
    moved = assignments(read(tmp_path, GOOD.replace("192.168.1.53", "192.168.1.54"), known).hall)[0].digest
    assert first == renamed != moved


def test_an_agent_without_probes_gets_an_empty_assignment(tmp_path: Path, known: Known) -> None:
    text = GOOD.replace("[[windows]]", '[[agents]]\nid = "idle"\n\n[[windows]]').replace(
        "host =", 'agent = "gw"\nhost ='
    )
    assert {order.agent: len(order.probes) for order in assignments(read(tmp_path, text, known).hall)} == {
        "gw": 1,
        "idle": 0,
    }


def test_the_whole_collector_file_is_shown_and_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By ``run --help`` and in docs/collector.md: every key there is, with its default where it has one."""
    assert example("docs/collector.md", "collector.toml") == EXAMPLE
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    said = capsys.readouterr().out
    assert all(line.strip() in said for line in EXAMPLE.splitlines())
    whole = tomllib.loads(re.sub("^# ", "", EXAMPLE, flags=re.MULTILINE))
    assert whole.keys() == {field.name for field in fields(Config)}
    tables = {field.name: field.type for field in fields(Config) if isinstance(whole[field.name], dict)}
    assert {name: set(whole[name]) for name in tables} == {
        name: {field.name for field in fields(table)} for name, table in tables.items()
    }
    (tmp_path / "halls").mkdir()
    (tmp_path / "collector.toml").write_text(EXAMPLE, encoding="utf-8")
    defaults = structs.replace(Config(), broker=Broker(embedded=True))
    assert load_config(tmp_path / "collector.toml") == anchor(defaults, tmp_path)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://hall.example.cn", "hall.example.cn"),
        ("http://Hall.Example.cn:8080/pages/", "hall.example.cn"),
        ("http://[fd00::1]:8080", "[fd00::1]"),
    ],
)
def test_that_the_links_in_messages_are_answered(address: str, name: str) -> None:
    assert Web(address=address).names == ["127.0.0.1", name]


@pytest.mark.parametrize("address", ["hall.example.cn", "ftp://hall", "https://", "http://[x"])
def test_that_an_address_for_links_has_a_host(tmp_path: Path, address: str) -> None:
    path = tmp_path / "collector.toml"
    path.write_text(f'[web]\naddress = "{address}"\n', encoding="utf-8")
    with pytest.raises(FileRefused, match=r"web\.address: .* must begin with http"):
        load_config(path)


def test_before_the_first_hall_there_need_be_no_folder_but_a_wrong_name_is_told(tmp_path: Path) -> None:
    file = tmp_path / "collector.toml"
    file.write_text("", encoding="utf-8")
    assert load_config(file).halls == str(tmp_path / "halls")
    for wrong in ("hals", "no/halls", "xihu.toml"):
        file.write_text(f'halls = "{wrong}"', encoding="utf-8")
        with pytest.raises(FileRefused, match="there is no file or folder"):
            load_config(file)
