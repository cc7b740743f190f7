"""What ``hallwatch check`` must not let pass, one row a wrong file, and the words in which it says so."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from hallwatch_agent.config import Config as AgentConfig
from hallwatch_agent.expectations import describe, members_of, take_apart
from hallwatch_agent.probes import AnyProbe
from hallwatch_collector import plans, simulate
from hallwatch_collector.config import Config
from hallwatch_collector.core.catalogue import Catalogue
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.core.plan import Plan
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.healthy import healthy
from hallwatch_collector.web.texts import Words
from parts.damage import RAW, damaged, hold_to_words
from parts.documents import ROOT

HEAD = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
"""
HOURS = '[[hours]]\ndays = ["mon"]\nfrom = "09:00"\nto = "17:00"\n'

plan, catalogue = plans.load()
KNOWN = Known.of(plan, catalogue)
CHINESE = Words("zh-CN", 0.0)
"""On the pages all of it is said in Chinese."""


def read(folder: Path, text: str) -> HallFile:
    path = folder / "xihu.toml"
    path.write_text(text, encoding="utf-8")
    return read_hall(path, KNOWN)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(FileRefused) as refused:
        read(folder, text)
    for problem in refused.value.problems:
        assert CHINESE.language_of(problem.text) == "zh-CN", problem.text
    said = str(refused.value)
    assert not RAW.search(said), said
    assert len(said.splitlines()) == len(refused.value.problems), "each problem is one line"
    return said.replace(str(folder / "xihu.toml"), "")


def device(kind: str = "other", *lines: str) -> str:
    return "\n".join([f'[[devices]]\nid = "d"\nkind = "{kind}"\nname = "d"', *lines, ""])


TRANSACTION = 'kind = "transaction"\nsteps = [{ name = "a", url = "http://h" }]'


def window(number: int = 1, name: str = "1号窗口", classes: Sequence[str] = ("advice",)) -> str:
    offered = "classes = [{ id = 'advice', name = '咨询', needs = [] }]\n"
    return f"{offered}[[windows]]\nid = 'w'\nnumber = {number}\nname = '{name}'\nclasses = {[*classes]}\n"


def spare(kind: str, lines: str) -> str:
    return device("printer", "spare = 's'") + device(kind, lines).replace("'d'", "'s'").replace('"d"', '"s"')


def with_probe(options: str) -> str:
    return HEAD + device("other", f"[[devices.probes]]\n{options}")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ('kind = "ping"\nhost = "http://h/"', "probes[1].host: 'http://h/': give a host name or an address, without"),
        ('kind = "tcp"\nhost = "a b"\nport = 80', "probes[1].host: 'a b': give a host name or an address"),
        ('kind = "tcp"\nhost = "h:80"\nport = 80', "probes[1].host: 'h:80': give a host name or an address"),
        ('kind = "snmp-ups"\nhost = "1.2.3.4/24"', "probes[1].host: '1.2.3.4/24': give a host name or an address"),
        ('kind = "tcp"\nhost = ""\nport = 80', "probes[1].host: '': give a host name"),
        ('kind = "tcp"\nhost = ["a"]\nport = 80', "probes[1].host: a list: give a host name"),
        ('kind = "tcp"\nhost = "h"\nport = "80"', "probes[1].port: '80': give a whole number from 1 to 65535"),
        ('kind = "tcp"\nhost = "h"\nport = 80\ninterval_s = "1m"', "interval_s: '1m': give a number from 0.5 to 86400"),
        ('kind = "tcp"\nhost = "h"\nport = 80\ntimeout_s = inf', "timeout_s: inf: give a number above 0, at most"),
        ('kind = "usb"\ndevices = { a = [] }', "probes[1].devices.a: an empty list: give vendor and product, four"),
        ('kind = "usb"\ndevices = { a = "0483-5750" }', "`devices.a`: '0483-5750': give vendor and product, four"),
        ('kind = "usb"\ndevices = { a = ["1:2"] }', "probes[1].devices.a[1]: '1:2': give vendor and product"),
        ('kind = "usb"\nid = "0483:5750"\ndevices = { a = "0483:5750" }', "`id = \"0483:5750\"` or `devices = { card-"),
        ('kind = "activity"\ncounter_url = "ftp://h/n"', "`counter_url` must have http:// or https://"),
        ('kind = "activity"\ncounter_url = "http://u:p@h/n"', "`counter_url` must not hold a password"),
        ('kind = "activity"\nlog = "/l"\nline = "x"\ncounter_path = "n"', "`counter_path` is of no use with `log`"),
        ('kind = "activity"\nlog = "kiosk.log"\nline = "x"', "log: 'kiosk.log': give a whole path, from / or"),
        ('kind = "backup"\npaths = ["backup/*.bak"]', "paths[1]: 'backup/*.bak': give a whole path, from / or a drive"),
        ('kind = "backup"\npaths = []', "probes[1].paths: an empty list: give a list in brackets of 1 to 20 items"),
        ('kind = "backup"\npaths = "/b/*"', "paths: '/b/*': give a list in brackets, such as ['/b/*']"),
        ('kind = "nut-ups"\nhost = "h"\nups = "u"\nuser = "a"', "`user` and `password_file` go together"),
        ('kind = "http"\nurl = "h/page"', "url: 'h/page': give an address that begins with http:// or https://"),
        ('kind = "http"\nurl = "ftp://u:geheim@h/"', "url: 'ftp://u:…@h/': give an address"),
        ('kind = "http"\nurl = "http://a b/"', "`url` must have http:// or https://, a host and"),
        ('kind = "http"\nurl = "http://h:99999/"', "`url` must have http:// or https://, a host and"),
        ('kind = "http"\nurl = "http://[::1/"', "`url` must have http:// or https://, a host and"),
        ('kind = "http"\nurl = "http://h/?password=x"', "`url` must not hold a password"),
        ('kind = "foreground"\nprocesses = "a.exe"', "processes: 'a.exe': give a list in brackets, such as ['a.exe']"),
        (
            'kind = "queue-http"\nurl = "http://h/"\nmapping = {}\nheaders = { "X-Api-Key" = "k" }',
            '`headers` must hold no secret such as X-Api-Key; put it into a secret file: `token_file = "…"`',
        ),
        (
            'kind = "queue-http"\nurl = "http://h/"\nmapping = {}\nheaders = { authorization = "Bearer k" }',
            "`headers` must hold no secret such as authorization",
        ),
        (
            'kind = "queue-http"\nurl = "http://h/"\nmapping = { class = "c", classes = { "01" = "fling" } }',
            "probes[1].mapping.classes: 'fling' is unknown; did you mean 'filing'?",
        ),
        (
            'kind = "queue-sql"\nurl = "oracle://u@h/d"\nquery = "SELECT 1"',
            "`url` must begin with one of mariadb+mysqldb://, ",
        ),
        (
            'kind = "queue-sql"\nurl = "postgresql+psycopg://u:p@h/d"\nquery = "SELECT 1"',
            "`url` must not hold a password; put it into a secret file and name that: `password_file`",
        ),
        (
            'kind = "queue-sql"\nurl = "postgresql+psycopg://u@h/d?password=p"\nquery = "SELECT 1"',
            "`url` must not hold a password; put it into a secret file and name that: `password_file`",
        ),
        (
            'kind = "queue-sql"\nurl = "postgresql+psycopg://u@h/d"\nquery = "SELECT count(*) FROM tickets"',
            "`query` must name the column 'class' that `mapping` reads; write … AS class",
        ),
        (
            'kind = "transaction"\nsteps = [{ name = "a", url = "http://h/", form = { Password = "p" } }]',
            'steps[1]: `form` must hold no secret such as Password; put it into a secret file: `secrets = { Password',
        ),
        (
            'kind = "transaction"\nsteps = [{ name = "a", ulr = "http://h/", method = "PUT" }]',
            "probes[1].steps[1].method: 'PUT' is unknown; there are GET, POST",
        ),
        ('kind = "transaction"\nsteps = [{ name = "a", ulr = "x" }]', "unknown key 'ulr'; did you mean 'url'"),
        ('kind = "ping"\nhost = "h"\ncount = 10000000000', "count: 10000000000: give a whole number from 1 to 10"),
        ('kind = "ping"\nhost = "192.168.1.999"', "host: '192.168.1.999': give a host name or an address"),
        ('kind = "ping"\nhost = "0.0.0.0"', "probes[1].host: 0.0.0.0 is nobody's address alone: give the one of the"),
        ('kind = "tcp"\nhost = "255.255.255.255"\nport = 1', "probes[1].host: 255.255.255.255 is nobody's address"),
        ('kind = "http"\nurl = "http://0.0.0.0/"', "probes[1].url: 0.0.0.0 is nobody's address alone"),
        ('kind = "http"\nurl = "http://192.168.1.999/"', "`url` must have http:// or https://, a host and"),
        ('kind = "http"\nurl = "http://h/?a=1&access_token=x"', "`url` must not hold the secret access_token; ask"),
        ('kind = "queue-http"\nurl = "http://h/?key=x"\nmapping = {}', "`url` must not hold the secret key; put it"),
        ('kind = "activity"\ncounter_url = "http://h/?api_key=x"', "`counter_url` must not hold the secret api_key"),
        ('kind = "http"\nurl = "https://h/"\nverify = false\nca_file = "/ca.pem"', "`ca_file` is of no use with"),
        ('kind = "http"\nurl = "http://h/"\nexpect_status = []', "expect_status: an empty list: give a list in"),
        ('kind = "http"\nurl = "http://h/"\nexpect_status = 500', "500: give a list in brackets, such as [500]"),
        ('kind = "http"\nurl = "http://h/"\nexpect_text = ""', "expect_text: '': give text of at least 1 character"),
        ('kind = "ipp-printer"\nhost = "h"\nverify = true', "`verify` counts with `ipps = true` alone"),
        ('kind = "ipp-printer"\nhost = "h"\nca_file = "/c"', "`ca_file` counts with `verify = true` alone"),
        (
            'kind = "ipp-printer"\nhost = "h"\nverify = true\nca_file = "/c"',
            "`verify` counts with `ipps = true` alone: add that, or leave it out",
        ),
        (
            'kind = "queue-http"\nurl = "http://h/"\nmapping = {}\nformat = "csv"\nrows = "a"',
            "`rows` says where they are in JSON; leave it out with",
        ),
        (
            'kind = "queue-http"\nurl = "http://h/"\nmapping = {}\nauth_header = "X-Key"',
            "`auth_header` and `auth_prefix` go with `token_file`",
        ),
        (
            'kind = "queue-csv"\npath = "/q.csv"\nmapping = { unit = "min" }',
            "`unit` is that of `longest_wait`: name that column",
        ),
        (
            'kind = "queue-csv"\npath = "/q.csv"\nmapping = { class = "c", classes = {1 = "filing"}, ignore = ["1"] }',
            "code '1' stands in `classes` and in `ignore`; take it out of one",
        ),
        (
            'kind = "activity"\nlog = "/l"\nline = "^(?P<time>[0-9:]+) x"',
            "`line` has a group `time`: say how it is to be read, `time_format =",
        ),
        (
            'kind = "usb"\ndevices = { card-reader = "0483:5750", id-reader = ["0483:5750", "1:2"] }',
            "devices.id-reader[2]: '1:2'",
        ),
        (
            'kind = "usb"\ndevices = { card-reader = "0483:575A", id-reader = ["0483:575a"] }',
            "`devices.id-reader`: 0483:575a is card-reader already; one cannot be told from the other",
        ),
        (
            TRANSACTION.replace(" }]", ', expect_text = "出错", forbid_text = ["错"] }]'),
            "steps[1]: `forbid_text` '错' stands in `expect_text`, so no page is ever right",
        ),
        (
            TRANSACTION.replace(" }]", ', form = { u = "1" }, secrets = { u = "s" } }]'),
            "steps[1]: field u stands in `form` and in `secrets`; only one of them would be sent",
        ),
        (
            f'{TRANSACTION}\ngateway = "10.1.1.1:22"\nbeyond = ["10.1.1.1:22"]',
            "`beyond` names the `gateway`, 10.1.1.1:22: name hosts behind the uplink",
        ),
        (
            'kind = "transaction"\ngateway = "0.0.0.0:22"\nsteps = [{ name = "a", url = "http://255.255.255.255/" }]',
            "steps[1].url: 255.255.255.255 is nobody's address alone",
        ),
    ],
)  # fmt: skip
def test_a_wrong_probe_is_refused(tmp_path: Path, options: str, told: str) -> None:
    assert told in refusal(tmp_path, with_probe(options))


JAM = '[[faults]]\nfault = "jam"\ndevice = "d"\n'
TCP = "[[devices.probes]]\nkind = 'tcp'\nhost = 'h'\nport = 1"
SNMP = "[[devices.probes]]\nkind = 'snmp-printer'\nhost = 'h'"
PARTS = "gives = ['print']\nparts = { trya-1 = ['print'] }"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HOURS.replace('"mon"', ""), "hours[1].days: an empty list: give a list in brackets of 1 to 7 items"),
        (HOURS.replace('"mon"', '"monday"'), "hours[1].days[1]: 'monday' is unknown; did you mean 'mon'?"),
        (HOURS.replace("09:00", "25:00"), "hours[1].from: '25:00': give a time of day from 00:00 to 24:00, the hour"),
        (HOURS.replace("09:00", "9:00"), "two digits, such as '08:30'"),
        (HOURS.replace('["mon"]', '"mon"'), "hours[1].days: 'mon': give a list in brackets, such as ['mon']"),
        ("[hours]\nx = 1\n", "hours: a table: give a list in brackets"),
        ('windows = ["w1"]\n', "windows[1]: 'w1': give a table in braces"),
        (f'timezone = "{"x" * 500}"\n', f"timezone: '{'x' * 59}…' is no time zone"),
        (f'[[windows]]\nid = "w"\nnumber = 1\nname = "{"n" * 500}"\nclasses = []\n', f"name: '{'n' * 59}…': give"),
        ('[[faults]]\nfault = "no-transactions"\nfor_s = -1\n', "faults[1].for_s: -1: give a number above 0, at most"),
        ('[[faults]]\nfault = "toner-runs-out"\nwarn_within_s = 0\n', "faults[1].warn_within_s: 0: give a number"),
        ('[[faults]]\nfault = "jam"\nhold_s = -1\n', "faults[1].hold_s: -1: give a number from 0 to 31536000"),
        ('[[faults]]\nfault = "jam"\nhold_s = inf\n', "faults[1].hold_s: inf: give a number from 0 to 31536000"),
        ('[[faults]]\nfault = "disk-full"\nabove = nan\n', "faults[1].above: nan: give a number from"),
        ('[[faults]]\nfault = "jam"\nusual_repair_s = 0\n', "faults[1].usual_repair_s: 0: give a number above 0"),
        ('[[faults]]\nfault = "jam"\nonly_open = true\n', "faults[1].only_open: without [[hours]] the hall is always"),
        (
            '[[faults]]\nfault = "jam"\nhold_s = 5\n[[faults]]\nfault = "jam"\nhold_s = 6\n',
            "faults[2]: 'jam' of every device is already changed by faults[1]; put both into one",
        ),
        ('[[faults]]\nfault = "disk-full"\nabove = 90\n', "faults[1].above: 90 is never reached: disk_used_ratio goes"),
        ('[[faults]]\nfault = "disk-full"\nclear_at = 85\n', "from 0 to 1; for 85 % write 0.85"),
        ('[[faults]]\nfault = "people-waiting"\nabove = -5\n', "faults[1].above: -5: people_waiting is never below"),
        (HOURS.replace('["mon"]', '["mon", "mon"]'), "hours[1].days: mon stands there 2 times; once is enough"),
        (HOURS + HOURS.replace("09:00", "16:00"), "hours[2]: overlaps hours[1] (09:00-17:00) on mon; let each time"),
        ("closed = [2027-02-16]\n", "closed: without [[hours]] all other days count as open day and night; add them"),
        ("closed = [2027-02-16, 2027-02-16]\n" + HOURS, "closed: 2027-02-16 stands there 2 times; once is enough"),
        (window(number=0), "windows[1] (w).number: 0: give a whole number from 1 to 9999"),
        (window(classes=[]), "windows[1] (w).classes: an empty list: give a list in brackets of at least 1 item"),
        (window(classes=["advice", "advice"]), "windows[1] (w).classes: 'advice' stands there 2 times; once is"),
        (window(name="  "), "windows[1] (w).name: '  ': give a name of 1 to 80 letters, all of which can be seen"),
        (window(name="\u202e1号"), "windows[1] (w).name: '\\u202e1号': give a name of 1 to 80 letters"),
        (window(name="1\u200b号"), "windows[1] (w).name: '1\\u200b号': give a name of 1 to 80 letters"),
        (window(name="1\u2028号"), "windows[1] (w).name: '1\\u2028号': give a name of 1 to 80 letters"),
        ('contacts = [{ role = "head", name = "主任", phone = "问小王" }]\n', "phone: '问小王': give a telephone"),
        (
            spare("switch", ""),
            "devices[1] (d).spare: s is a switch, and d a printer; name one of its kind",
        ),
        (
            window() + spare("printer", "place = 'w'\ngives = ['print']"),
            "devices[1] (d).spare: s is in service itself, at w, and cannot be brought here; take it out here, or",
        ),
        (device("printer", "gives = ['prnit']"), "gives: 'prnit' is needed by no business class; did you mean 'print"),
        (device("pc", SNMP), "probes[1].kind: 'snmp-printer' can tell nothing of a pc; it is for kiosk, printer, "),
        (
            device("switch", SNMP.replace("snmp-printer", "snmp-ups")),
            "probes[1].kind: 'snmp-ups' can tell nothing of a switch; it is for ups",
        ),
        (JAM + JAM + device("printer", TCP), "faults[2]: 'jam' of d is already changed by faults[1]"),
        (JAM + device("switch", TCP), "faults[1].fault: d is a switch, and 'jam' is no fault of these; there are"),
        (JAM + device("printer"), "faults[1].device: d has no probes, so nothing can raise 'jam' there; add one"),
        (
            JAM + device("printer", TCP),
            "faults[1].fault: 'jam' comes of 'jam', which no probe of d (tcp) tells; add one that does",
        ),
        (device("printer", PARTS, TCP), "parts: 'trya-1' is unknown; there are no parts in the options of this"),
        (
            device("kiosk", PARTS, "[[devices.probes]]\nkind = 'usb'\ndevices = { tray-1 = '0483:5750' }"),
            "devices[1] (d).parts: 'trya-1' is unknown; did you mean 'tray-1'?",
        ),
    ],
)  # fmt: skip
def test_a_wrong_hall_is_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(tmp_path, HEAD + text)


@pytest.mark.parametrize(
    "text",
    [
        HOURS + '[[faults]]\nfault = "jam"\nonly_open = true\n',
        HOURS + HOURS.replace("17:00", "18:30").replace("09:00", "17:00"),
        "[[faults]]\nfault = 'disk-full'\nabove = 0.95\n[[faults]]\nfault = 'clock-wrong'\nclear_at = 5\n",
        'contacts = [{ role = "head", name = "主任", phone = "+86 (0571) 87-654321 转 8012" }]\n',
        'contacts = [{ role = "head", name = "Zoë Łuk·吾买尔", phone = "119" }]\n',
        window() + spare("printer", "gives = ['print']"),
        window() + spare("printer", "place = 'w'"),
        device("ticket-printer", "gives = ['ticket']", SNMP),
        device("other", SNMP),
        device("other", "probes = [{ kind = 'queue-http', url = 'http://h/?token=&monkey=1', mapping = {} }]"),
        device("other", "probes = [{ kind = 'ipp-printer', host = 'h', ipps = true, verify = true, ca_file = '/c' }]"),
        JAM + JAM.replace('device = "d"\n', "hold_s = 1\n") + device("printer", TCP, SNMP),
        JAM.replace("jam", "no-answer") + JAM.replace("jam", "unread") + device("printer", TCP),
        JAM.replace("jam", "not-monitored").replace('"gw"', '"d"') + device("pc", TCP),
        device("kiosk", PARTS, SNMP),
        device("pc", PARTS.replace("trya-1", "tax-client"), "probes = [{ kind = 'host', processes = ['Tax Client'] }]"),
        device("pc", PARTS.replace("trya-1", "d"), "probes = [{ kind = 'host' }]"),
        device("other", "probes = [{ kind = 'ping', host = 'fe80::1%eth0' }]"),
        device("other", "probes = [{ kind = 'ping', host = '打印机-3.hall' }]"),
        device("other", "probes = [{ kind = 'backup', paths = ['//srv/b/*', '\\\\srv\\b\\*', 'D:\\b\\*', 'd:/b/*'] }]"),
        device(
            "other",
            "probes = [{ kind = 'queue-sql', url = 'sqlite:////q.db', query = 'SELECT t.* FROM tickets AS t' }]",
        ),
        device(
            "other",
            "probes = [{ kind = 'queue-http', url = 'http://h/', mapping = {}, headers = { X-Author = 'a' } }]",
        ),
    ],
)  # fmt: skip
def test_what_looks_alike_and_is_right_passes(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, HEAD + text)


# -- the words


def _types(hint: Any) -> list[Any]:
    inner = [each for part in get_args(take_apart(hint)[0]) for each in _types(part)]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        inner = [each for field in msgspec.structs.fields(hint) for each in _types(field.type)]
    return [hint, *inner]


def test_every_pattern_is_described_with_an_example_that_is_right() -> None:
    patterns = [(hint, take_apart(hint)[1]) for cls in (AnyProbe, Hall, Config) for hint in _types(cls)]
    described = [(hint, bounds) for hint, bounds in patterns if "pattern" in bounds]
    assert len(described) > 20
    for hint, bounds in described:
        assert bounds.get("description"), f"{bounds['pattern']} needs a description"
        for example in bounds.get("examples", ()):
            assert msgspec.convert({"value": example}, msgspec.defstruct("Example", [("value", hint)]))


def test_no_type_is_described_in_words_of_python() -> None:
    for hint in {id(hint): hint for cls in (AnyProbe, Hall, Config) for hint in _types(cls)}.values():
        assert not RAW.search(describe(hint)), describe(hint)


def test_no_type_lets_text_with_a_pattern_be_a_container_as_well() -> None:
    """As msgspec 0.22 crashes when it forgets such a type, at the latest when the program ends."""
    for hint in (each for cls in (AnyProbe, Hall, Config, Plan, Catalogue, AgentConfig) for each in _types(cls)):
        members = [take_apart(member) for member in members_of(take_apart(hint)[0])]
        containers = [bare for bare, _ in members if get_origin(bare) in (list, tuple, dict)]
        assert not (containers and any("pattern" in bounds for _, bounds in members)), hint


def test_probes_tell_nothing_but_what_they_say_they_tell() -> None:
    """By the simulation, which tells what real probes tell; a word left out there would refuse right hall files."""
    known = {str(kind.__struct_config__.tag): kind.tells for kind in get_args(AnyProbe)}
    files = [*FILES, Path(simulate.__file__).parent / "halls" / "county.toml"]
    orders = [order for file in files for each in assignments(read_hall(file, KNOWN).hall) for order in each.probes]
    told = [(order.kind, healthy(order, 1e9)) for order in orders]
    told += [(kind, effect) for fault in load_fault_kinds().values() for kind, effect in fault.probes.items()]
    checked = set()
    for kind, reading in told:
        if reading is not None and (words := known[kind]) is not None:
            stems = {key.partition("[")[0] for key in (*reading.conditions, *reading.metrics)}
            assert stems <= words
            checked.add(kind)
    assert checked >= {"activity", "http", "queue-http", "tcp", "transaction", "usb"}


# -- any file

FILES = [*sorted((ROOT / "tests" / "halls").glob("*/hall.toml")), ROOT / "deploy" / "halls" / "xihu.toml"]
TABLES = [tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(table=damaged(TABLES))
def test_any_damage_to_a_hall_file_is_told_in_words(table: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hallwatch_collector.halls.read.read_toml", lambda _: (table, b""))
    try:
        read_hall(Path("hall.toml"), KNOWN)
    except FileRefused as refused:
        hold_to_words(refused)
