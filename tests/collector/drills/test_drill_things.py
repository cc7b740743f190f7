"""What a scenario is about in a hall: chosen by what things are; and scenario files that cannot be used."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector.cli import main
from hallwatch_collector.core.hall import Device, HallKey
from hallwatch_collector.drills.choose import DoesNotFit, plan_actions
from hallwatch_collector.drills.held import Folder, Held
from hallwatch_collector.drills.scenario import find_scenario, read_scenario, shipped
from hallwatch_collector.problems import FileRefused
from hallwatch_collector.simulate.faults import load_fault_kinds
from parts.simulated_hall import make_hall, tcp

KINDS = load_fault_kinds()


def things(name: str, *devices: Device, systems: list[Device] | None = None) -> set[str]:
    hall = make_hall(devices=list(devices), systems=systems or [])
    return {action.thing for action in plan_actions(shipped()[name], hall, KINDS)}


def router(name: str, *needs: str | list[str]) -> Device:
    return Device(id=name, kind="router", name=name, depends_on=list(needs), probes=[tcp()])


def system(*needs: str | list[str], name: str = "core") -> Device:
    return Device(
        id=name, kind="system", name=name, gives=["core-system"], depends_on=list(needs), probes=[tcp()]
    )  # fmt: skip


def test_the_line_is_what_the_systems_are_reached_through() -> None:
    chain = (router("rt-1"), router("uplink", "rt-1"))
    assert things("fibre-cut", *chain, systems=[system("uplink"), system("uplink", name="bureau")]) == {"uplink"}


def test_of_lines_that_stand_in_for_each_other_all_are_cut() -> None:
    assert things("fibre-cut", router("a"), router("b"), systems=[system(["a", "b"])]) == {"a", "b"}


def test_a_line_behind_something_else_is_found_too() -> None:
    server = Device(id="proxy", kind="server", name="proxy", depends_on=["rt-1"], probes=[tcp()])
    assert things("fibre-cut", router("rt-1"), server, systems=[system("proxy")]) == {"rt-1"}


def test_the_switch_is_the_one_on_which_most_depend() -> None:
    def switch(name: str, *needs: str) -> Device:
        return Device(id=name, kind="switch", name=name, depends_on=list(needs), probes=[tcp()])

    pcs = [Device(id=f"pc-{n}", kind="pc", name="pc", depends_on=["sw-2"], probes=[tcp()]) for n in (1, 2)]
    assert things("flapping-switch", switch("sw-1"), switch("sw-2"), *pcs) == {"sw-2"}
    assert things("flapping-switch", switch("core"), switch("sw-2", "core"), *pcs) == {"core"}, "through another too"


def test_a_fault_comes_and_goes() -> None:
    switch = Device(id="sw", kind="switch", name="sw", probes=[tcp()])
    actions = plan_actions(shipped()["flapping-switch"], make_hall(devices=[switch], systems=[]), KINDS)
    assert [(action.at, action.begins) for action in actions[:4]] == [(10, True), (40, False), (70, True), (100, False)]
    assert (actions[-1].at <= 370, actions[-1].begins) == (True, False)
    assert {action.fault for action in actions} == {"unplugged"}, "of the faults the first that fits"


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_hall_that_lacks_what_it_is_about_is_told_so(name: str) -> None:
    lonely = make_hall(devices=[Device(id="d", kind="display", name="d", probes=[tcp()])], systems=[])
    with pytest.raises(DoesNotFit, match="this hall") as refused:
        plan_actions(shipped()[name], lonely, KINDS)
    assert "本厅" in refused.value.text


def test_a_device_that_nobody_watches_is_no_candidate() -> None:
    with pytest.raises(DoesNotFit):
        things("certification-devices", Device(id="c", kind="certification", name="c"))


def test_a_fault_that_nobody_knows_is_named() -> None:
    scenario = shipped()["certification-devices"]
    wrong = structs.replace(scenario, troubles=[structs.replace(scenario.troubles[0], faults=["of"])])
    with pytest.raises(DoesNotFit, match="no fault 'of'; did you mean 'off'"):
        plan_actions(wrong, make_hall(), KINDS)


def test_what_is_held_is_read_again_or_is_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path, HallKey("330106", "xihu-drill"))
    folder.path.mkdir()
    assert folder.read() is None
    scenario = shipped()["fibre-cut"]
    held = Held(name="fibre-cut", scenario=scenario, area="330106", hall="x", hall_name="西湖", by="王", since=1.0)
    folder.write(held)
    assert folder.read() == held
    (folder.path / "drill.json").write_bytes(b'{"name":"\xff\xfe"}')  # a disk that was full
    assert folder.read() is None


@pytest.mark.parametrize(("language", "said"), [("zh", "本厅"), ("en", "this hall")])
def test_what_a_hall_lacks_is_said_in_the_language_of_the_score(
    language: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hall = tmp_path / "hall.toml"
    hall.write_text('area = "330106"\nhall = "xihu"\nname = "西湖"\n', encoding="utf-8")
    words = ["drill", "power-cut", "--rehearse", "--hall", str(hall), "--language", language]
    assert main(words) == 1
    assert said in capsys.readouterr().err


def test_a_drill_that_is_refused_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text('area = "330106"\nhall = "xihu"\nname = "西湖"\n', encoding="utf-8")
    (tmp_path / "collector.toml").write_text("", encoding="utf-8")
    config = str(tmp_path / "collector.toml")
    before = set(tmp_path.rglob("*"))
    assert main(["drill", "power-cut", "--hall", "330106/xihu", "--by", "王", "--config", config]) == 1
    assert "this hall" in capsys.readouterr().err
    assert set(tmp_path.rglob("*")) == before


GOOD = """
title = "甲"
title_en = "a"
story = ""
story_en = ""
lasts_s = 100
groups = { it = { kinds = ["pc"], pick = "all", missing = "无", missing_en = "none" } }
troubles = [{ what = "it", faults = ["off"], at = 1, until = 50 }]
expect = [{ act = "alert", id = "a", title = "甲", title_en = "a", within_s = 9 }]
"""


@pytest.mark.parametrize(
    ("was", "instead", "says"),
    [
        ('what = "it"', 'what = "if"', "there are it"),
        ("until = 50", "until = 1", "not after"),
        ("until = 50", "until = 100", "ends the drill before"),
        ("until = 50", "until = 50, on_s = 5", "go together"),
        ('act = "alert"', 'act = "alarm"', "alarm"),
        ("within_s = 9", 'within_s = 9, of = "its"', "no group 'its'"),
        ("lasts_s = 100", 'lasts_s = "100"', "lasts_s"),
    ],
)
def test_what_is_wrong_in_a_scenario_is_named(was: str, instead: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_scenario(path)[0] == "own"
    assert was in GOOD
    path.write_text(GOOD.replace(was, instead), encoding="utf-8")
    with pytest.raises(FileRefused, match=says):
        read_scenario(path)


def test_all_that_is_wrong_in_a_scenario_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    lines = [line for line in GOOD.splitlines() if not line.startswith(("title", "story", "missing"))]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        read_scenario(path)
    told = str(refused.value)
    missing = [key for key in ("title", "title_en", "story", "story_en") if f"key '{key}' is missing" in told]
    assert missing == ["title", "title_en", "story", "story_en"]
    path.write_text(GOOD.replace('kinds = ["pc"], pick = "all", ', ""), "utf-8")
    with pytest.raises(FileRefused, match=r"groups.it: key 'kinds' is missing\n.*groups.it: key 'pick' is missing"):
        read_scenario(path)
    path.write_text(
        GOOD.replace("until = 50", "until = 100").replace("within_s = 9", 'within_s = 9, of = "its"'), "utf-8"
    )
    with pytest.raises(FileRefused, match=r"no group 'its'.*ends the drill before"):
        read_scenario(path)


def test_names_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="did you mean 'fibre-cut'"):
        find_scenario("fibre-cutt")
    with pytest.raises(FileRefused, match="small letters"):
        find_scenario(str(tmp_path / "Our Own.toml"))
    with pytest.raises(FileRefused, match="No such file"):
        find_scenario(str(tmp_path / "gone.toml"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_scenario_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.toml"
        path.write_bytes(content)
        with pytest.raises(FileRefused):
            read_scenario(path)


def test_every_shipped_fault_is_one_of_the_simulation() -> None:
    for name, scenario in shipped().items():
        for trouble in scenario.troubles:
            assert set(trouble.faults) <= KINDS.keys(), name
        assert msgspec.json.decode(msgspec.json.encode(scenario), type=type(scenario)) == scenario
