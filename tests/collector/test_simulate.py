"""The command ``hallwatch simulate``, and the simulated agents on a real broker."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hallwatch_agent.wire import Birth, Death, Report, decode_life, decode_report, encode, split_topic, topic
from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.core.hall import Hall
from hallwatch_collector.halls.assign import assignments
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.simulate import cli
from hallwatch_collector.simulate.cli import SHIPPED_HALL
from hallwatch_collector.simulate.faults import load_fault_kinds
from hallwatch_collector.simulate.fleet import Fleet, describe_broker
from hallwatch_collector.simulate.outlook import in_words, slow_faults
from hallwatch_collector.simulate.statefile import Simulation, is_played, play, read_state, write_state
from hallwatch_collector.simulate.world import Standing
from parts.mosquitto import Mosquitto
from parts.waiting import wait_until


@pytest.fixture(scope="module")
def county() -> Hall:
    plan, catalogue = plans.load()
    return read_hall(SHIPPED_HALL, Known.of(plan, catalogue)).hall


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "simulation.json"


def simulate(state: Path, *words: str) -> int:
    return main(["simulate", *words, "--state", str(state)])


def test_county_hall_is_a_whole_hall(county: Hall) -> None:
    assert county.simulated
    assert len(county.windows) == 8
    assert len(county.devices) >= 35
    assert {one.id for one in county.systems} == {"core-system", "online-bureau", "sms"}
    assert all(orders.probes for orders in assignments(county))
    assert max(probe.interval_s for device in county.devices for probe in device.probes) <= 5


def test_every_fault_can_happen_somewhere_in_the_county_hall(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(state, "faults") == 0
    listed = {word.strip(",") for word in capsys.readouterr().out.split()}
    assert set(load_fault_kinds()) - listed == set()


def test_start_list_end(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(state, "start", "prn-3", "jam") == 0
    told = capsys.readouterr().out
    assert "3号窗口打印机" in told
    assert "simulate end prn-3 jam" in told
    assert [(one.thing, one.fault) for one in read_state(state).faults] == [("prn-3", "jam")]
    assert simulate(state, "list") == 0
    assert "卡纸" in capsys.readouterr().out
    assert simulate(state, "end", "prn-3", "jam") == 0
    assert read_state(state).faults == []


@pytest.mark.parametrize(
    ("thing", "fault", "told"),
    [
        ("queue-printer", "toner-wears", {"toner-runs-out": "after 3 days of readings at the least"}),
        ("core-system", "slow", {"page-slow": "once 16 hours of business are known (about two days)"}),
        ("kiosk-1", "nobody-served", {"no-transactions": "after 2 h of business hours"}),
        ("gateway", "backup-failing", {"backup-old": "after 11 h"}),
        ("gateway", "cpu-busy", {"cpu-busy": "after 10 min"}),
        ("prn-3", "jam", {}),
        ("prn-3", "off", {}),
        ("gw", "killed", {}),
    ],
)
def test_what_shows_only_later_is_told_with_its_time(
    county: Hall, thing: str, fault: str, told: dict[str, str]
) -> None:
    _, catalogue = plans.load()
    found = {late.id: when for late, when in slow_faults(county, catalogue, thing, load_fault_kinds()[fault])}
    assert found.keys() == told.keys()
    assert all(found[late].startswith(when) for late, when in told.items())


def test_starting_a_slow_fault_says_how_slow(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(state, "start", "kiosk-1", "nobody-served") == 0
    assert "Not at once: no-transactions (长时间没有办理业务) shows after 2 h of business" in capsys.readouterr().out
    assert simulate(state, "start", "prn-3", "jam") == 0
    assert "Not at once" not in capsys.readouterr().out


def test_durations_in_the_unit_that_people_use() -> None:
    assert [in_words(each) for each in (90, 300, 7200, 39_600, 259_200)] == ["90 s", "5 min", "2 h", "11 h", "3 days"]


def test_end_all(state: Path) -> None:
    simulate(state, "start", "prn-3", "jam")
    simulate(state, "start", "gw", "offline")
    assert simulate(state, "end", "prn-3") == 0
    assert [one.thing for one in read_state(state).faults] == ["gw"]
    assert simulate(state, "end", "--all") == 0
    assert read_state(state).faults == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("start", "prn3", "jam"), "did you mean 'prn-3'"),
        (("start", "prn-3", "jamm"), "did you mean 'jam'"),
        (("start", "rt-1", "jam"), "rt-1 cannot have the fault 'jam'"),
        (("end", "prn-3", "jam"), "prn-3 has no fault 'jam' now"),
        (("end",), "say which device"),
        (("faults", "nowhere"), "this hall has no 'nowhere'"),
    ],
)
def test_wrong_words_are_answered_with_right_ones(
    state: Path, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(state, *words) == (2 if words == ("end",) else 1)
    assert says in capsys.readouterr().err


def test_broken_state_file_is_said_to_be_one(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.write_text("{nonsense")
    assert simulate(state, "list") == 1
    assert str(state) in capsys.readouterr().err


def test_a_broken_edit_of_the_hall_file_stops_nothing(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hall = tmp_path / "ours.toml"
    hall.write_bytes(SHIPPED_HALL.read_bytes())
    write_state(state, Simulation(hall=str(hall)))
    cli.kept_halls(state).keep(hall, hall.read_bytes())
    hall.write_text("broken = 1\n", encoding="utf-8")
    assert simulate(state, "start", "prn-3", "jam") == 0
    assert [one.fault for one in read_state(state).faults] == ["jam"]
    err = capsys.readouterr().err
    assert "ours.toml: unknown key 'broken'" in err
    assert "The hall stays as it was when the simulator started" in err


def test_where_nobody_simulates_a_fault_has_not_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = tmp_path / "data" / "simulation.json"
    assert simulate(nowhere, "start", "prn-3", "jam") == 1
    assert "no simulator uses this file; start one with: hallwatch simulate run --state" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [], "and no folder is made"
    state = tmp_path / "simulation.json"
    assert simulate(state, "start", "prn-3", "jam") == 0
    said = capsys.readouterr().out
    assert "has begun" not in said
    assert "no simulator uses this file now" in said
    with play(state):
        assert simulate(state, "start", "prn-4", "jam") == 0
        assert "has begun" in capsys.readouterr().out
    assert not is_played(state)


def test_a_fault_from_which_nothing_follows_is_not_offered(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(state, "faults", "pc-2") == 0
    assert "port-closed" not in capsys.readouterr().out
    assert simulate(state, "start", "pc-2", "port-closed") == 1
    assert "pc-2: nothing follows from 'port-closed', as the catalogue has no such" in capsys.readouterr().err
    assert read_state(state).faults == []
    assert simulate(state, "start", "core-system", "port-closed") == 0


def test_commands_at_the_same_time_lose_nothing(state: Path) -> None:
    devices = [f"prn-{number}" for number in range(1, 9)]
    threads = [threading.Thread(target=simulate, args=(state, "start", device, "jam")) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.thing for one in read_state(state).faults) == devices


@pytest.mark.parametrize("text", ["localhost", ":1883", "host:port", "host:0", "host:99999"])
def test_broker_must_be_host_and_port(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        describe_broker(text)


class Ear:
    """Hears everything that the simulated hall says."""

    def __init__(self, broker: Mosquitto) -> None:
        self.lives: list[tuple[float, Birth | Death]] = []
        self.reports: list[Report] = []
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = self._hear
        self.client.connect(broker.host, broker.port)
        self.client.subscribe([("hallwatch/v1/+/+/agents/+", 1), ("hallwatch/v1/+/+/reports/+", 1)])
        self.client.loop_start()

    def _hear(self, _client: Client, _data: Any, message: Any) -> None:
        if split_topic(message.topic).branch == "reports":
            self.reports.append(decode_report(message.payload))
        else:
            self.lives.append((time.monotonic(), decode_life(message.payload)))

    def reading(self, device: str, probe: str) -> Any:
        """Return the newest reading of a probe."""
        found = [
            one for report in self.reports for one in report.readings if (one.device, one.probe) == (device, probe)
        ]
        return found[-1] if found else None

    def births(self, agent: str) -> list[Birth]:
        return [life for _, life in self.lives if isinstance(life, Birth) and life.agent == agent]

    def deaths(self, agent: str) -> list[Death]:
        return [life for _, life in self.lives if isinstance(life, Death) and life.agent == agent]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    mosquitto = Mosquitto(folder)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def ear(broker: Mosquitto, county: Hall) -> Iterator[Ear]:
    ear = Ear(broker)
    for assignment in assignments(county):  # the collector's part
        at = topic(county.area, county.hall, "orders", assignment.agent)
        ear.client.publish(at, encode(assignment), qos=1, retain=True).wait_for_publish(5)
    yield ear
    ear.client.disconnect()
    ear.client.loop_stop()


@pytest.fixture
def fleet(broker: Mosquitto, ear: Ear, county: Hall, state: Path) -> Iterator[Fleet]:
    fleet = Fleet(county, (broker.host, broker.port), state, cli.clock)
    thread = threading.Thread(target=fleet.run)
    thread.start()
    yield fleet
    fleet.stop()
    thread.join(10)
    assert not thread.is_alive()


def put(state: Path, *faults: tuple[str, str]) -> None:
    write_state(state, Simulation(faults=[Standing(thing, fault, 1.0) for thing, fault in faults]))


@pytest.mark.e2e
@pytest.mark.usefixtures("fleet")
def test_agents_behave_as_agents_do(ear: Ear, state: Path) -> None:
    wait_until(lambda: all(ear.births(agent) for agent in ("gw", "guide", "corner")), 10, "births")
    wait_until(lambda: ear.reading("prn-3", "snmp-printer"), 10, "a reading by the retained assignment")
    wait_until(lambda: ear.births("gw")[-1].assignment, 5, "a birth that names the assignment")
    put(state, ("prn-3", "jam"))
    wait_until(lambda: ear.reading("prn-3", "snmp-printer").conditions["jam"], 10, "the jam")
    put(state)
    wait_until(lambda: not ear.reading("prn-3", "snmp-printer").conditions["jam"], 10, "the jam's end")


@pytest.mark.e2e
@pytest.mark.usefixtures("fleet")
def test_killed_agent_is_announced_by_the_broker_at_once(ear: Ear, state: Path) -> None:
    wait_until(lambda: ear.reading("queue-1", "tcp"), 10, "a reading of guide")
    born = ear.births("guide")[-1]
    put(state, ("guide", "killed"))
    wait_until(lambda: ear.deaths("guide"), 5, "the will")
    assert ear.deaths("guide")[-1] == Death("guide", born.boot, born.session)
    put(state)
    reborn = wait_until(lambda: [one for one in ear.births("guide") if one.boot != born.boot], 10, "another boot")
    assert reborn[0].session == 1


@pytest.mark.e2e
@pytest.mark.usefixtures("fleet")
def test_cut_agent_dies_by_the_brokers_clock_and_sends_its_backlog_late(ear: Ear, state: Path) -> None:
    wait_until(lambda: ear.reading("queue-1", "tcp"), 10, "a reading of guide")
    born = ear.births("guide")[-1]
    cut_at = time.monotonic()
    put(state, ("guide", "offline"))
    wait_until(lambda: ear.deaths("guide"), 25, "the will")
    assert time.monotonic() - cut_at > 8  # by keepalive, not by a closed connection
    put(state)
    wait_until(lambda: any(one.session > born.session for one in ear.births("guide")), 10, "the next session")
    wait_until(lambda: any(one.late and one.agent == "guide" for one in ear.reports), 10, "the backlog")
    late = [report for report in ear.reports if report.late and report.agent == "guide"]
    assert {report.boot for report in late} == {born.boot}


@pytest.mark.e2e
def test_the_process_says_what_it_does_and_ends_on_sigterm(broker: Mosquitto, ear: Ear, state: Path) -> None:
    words = ["simulate", "run", "--broker", f"{broker.host}:{broker.port}", "--state", str(state)]
    process = subprocess.Popen([sys.executable, "-m", "hallwatch_collector", *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        assert "simulating 模拟县办税服务厅" in process.stdout.readline()
        wait_until(lambda: ear.births("gw"), 10, "a birth")
        process.terminate()
        assert process.wait(10) == 0
    wait_until(lambda: any(death.stopped for death in ear.deaths("gw")), 5, "a goodbye")
