"""Plans as files: what ships is right, what is wrong in an edited one is said at once, a plan may extend another."""

from __future__ import annotations

from pathlib import Path

import pytest

from hallwatch_collector import plans
from hallwatch_collector.cli import main
from hallwatch_collector.problems import FileRefused

COUNTY = (Path(plans.__file__).parent / "county.toml").read_text(encoding="utf-8")


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong in a plan, without the file's name."""
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        plans.read_plan(file)
    return [str(problem).removeprefix(f"{file}: ") for problem in refused.value.problems]


@pytest.mark.parametrize("name", plans.shipped())
def test_what_ships_is_right(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "check", name]) == 0
    assert main(["plan", "show", name]) == 0
    assert plans.read_plan(plans.find_plan(name)).name in capsys.readouterr().out


def test_three_plans_ship_and_the_county_s_is_the_default() -> None:
    assert plans.shipped()[0] == "county"
    assert len(plans.shipped()) >= 3
    assert plans.read_plan().name == plans.read_plan(plans.find_plan("county")).name


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = COUNTY.replace('on = "stock-low"', 'on = "stok-low"').replace('mode = "auto"', 'mode = "atuo"', 1)
    assert len(problems(tmp_path, text)) == 2


def test_one_mistake_hides_no_other(tmp_path: Path) -> None:
    text = """extends = "county"
nonsense = 1
without = ["post-sing"]
[[measures]]
id = "a"
clause = "W11"
on = "incidnt"
mode = "show"
owner = "nobody"
notice = "no-such"
levels = ["Ⅴ"]
faults = ["mainsout"]
text = "进水{"
text_en = "{nobody}"
[[measures]]
id = "b"
clause = "H1"
on = "incident"
mode = "show"
owner = "logistics"
text = "甲"
text_en = "a"
[[measures]]
id = "b"
clause = "H1"
on = "incident"
mode = "show"
owner = "nobody"
text = "甲"
text_en = "a"
"""
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        plans.load(tmp_path / "plan.toml")
    keys = [problem.key for problem in refused.value.problems]
    told = ("on", "clause", "owner", "notice", "levels", "faults", "text", "text_en")
    assert set(keys) == {"", "without", "measures", "measures (b).owner", *(f"measures (a).{key}" for key in told)}
    assert "did you mean 'post-sign'" in str(refused.value)


@pytest.mark.parametrize("key", ["roles", "levels", "registers", "notices", "rounds", "deadlines", "measures"])
def test_a_table_that_cannot_be_read_hides_nothing_and_blames_nobody(tmp_path: Path, key: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(f'extends = "county"\n{key} = 3\nsettle_s = -1\n', encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        plans.load(file)
    assert sorted({problem.key for problem in refused.value.problems} - {"settle_s"})[:1] == [key]
    assert any(problem.key == "settle_s" for problem in refused.value.problems)


def test_a_name_that_is_left_out_is_one_mistake(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, 'extends = "county"\nwithout = ["roles.head"]\n')
    assert told.startswith("without: roles.head is left out, but is named by groups (leading), ")
    assert "word these anew, leave them out too, or keep it" in told


def test_a_plan_that_is_not_there_is_said_of_the_file_that_extends_it(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, 'extends = "cuonty"\n')
    assert told.startswith("extends: cuonty is neither a file nor a plan")


def test_a_clause_for_which_nothing_is_asked_any_more_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plan.toml"
    file.write_text('extends = "county"\nwithout = ["check-last-transaction"]\n', encoding="utf-8")
    assert main(["plan", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "warning: no measure is for D4 " in out
    assert "no problems found" in out
    assert main(["plan", "check"]) == 0
    assert "warning" not in capsys.readouterr().out


def test_all_of_a_plan_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plans.read_plan()
    assert main(["plan", "show"]) == 0
    out = capsys.readouterr().out
    texts = [each.text for each in (*plan.measures, *plan.notices, *plan.rounds.items)]
    texts += [each.sign for each in plan.measures] + [each.in_drill for each in plan.measures]
    texts += [*plan.rounds.at, plan.drill.step, plan.drill.mark, *(each.name for each in plan.classes)]
    assert [text for text in texts if text not in out] == []
    assert "for 3 days and more (exactly 3 included)" in out


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ('owner = "publicity"', 'owner = "nobody"', "roles has no nobody"),
        ('group = "leading"', 'group = "leaders"', "groups has no leaders"),
        ('levels = ["Ⅱ"]', 'levels = ["Ⅴ"]', "levels has no Ⅴ"),
        ('registers = ["by-hand"]', 'registers = ["by-foot"]', "registers has no by-foot"),
        ('notice = "crowded"', 'notice = "crowd"', "notices has no crowd"),
        ('id = "post-sign"', 'id = "device-sign"', "stands there twice"),
        ("请张贴印好的「{sign}」", "请张贴印好的「{sgin}」", "unknown ['sgin'] in its text"),
        ("请张贴印好的「{sign}」", "请张贴印好的「{sign:d}」", "only words in braces"),
        ('id = "supplies"', 'id = "network"', "network stands there twice"),
        ("settle_s = 60", "settle_s = -60", "settle_s: -60"),
        ("因{services}发生故障,相关业务", "因{servces}发生故障,相关业务", "unknown ['servces'] in its text"),
        ('on_confirm = "end-response"', 'on_confirm = ""', ""),
        ('registers = ["by-hand"]\n', "", "belong together"),
    ],
)
def test_what_does_not_go_together_is_said(tmp_path: Path, wrong: str, right: str, told: str) -> None:
    assert wrong in COUNTY
    text = COUNTY.replace(wrong, right, 1)
    if told:
        assert told in " ".join(problems(tmp_path, text))
    else:
        (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
        plans.read_plan(tmp_path / "plan.toml")


def test_a_plan_says_only_what_is_different(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(
        'extends = "county"\nname = "本县预案"\nwithout = ["daily-round"]\n'
        '[[measures]]\nid = "post-sign"\nclause = "H2"\non = "sign-unshown"\nmode = "show"\nowner = "guide"\n'
        'text = "张贴"\ntext_en = "post it"\n',
        encoding="utf-8",
    )
    county, ours = plans.read_plan(), plans.read_plan(file)
    assert ours.name == "本县预案"
    assert len(ours.measures) == len(county.measures) - 1
    assert next(each for each in ours.measures if each.id == "post-sign").text == "张贴"
    assert [each.id for each in ours.levels] == [each.id for each in county.levels]


def test_what_stands_twice_in_an_extension_is_said(tmp_path: Path) -> None:
    one = '[[measures]]\nid = "post-sign"\nclause = "H2"\non = "sign-unshown"\nmode = "show"\nowner = "guide"\n'
    one += 'text = "张贴"\ntext_en = "post it"\n'
    (told,) = problems(tmp_path, f'extends = "county"\nname = "本县预案"\n{one}{one}')
    assert "post-sign stands there twice, as measures[1] and measures[2]" in told
    own = COUNTY.replace("[[roles]]", '[[clauses]]\nid = "X1"\ntitle = "防汛"\n\n' * 2 + "[[roles]]", 1)
    assert "X1 stands there twice" in " ".join(problems(tmp_path, own))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('extends = "contry"\n', "did you mean 'county'"),
        ('extends = "county"\nwithout = ["dayly-round"]\n', "has no dayly-round"),
        ('extends = "plan.toml"\n', "leads back to where it began"),
        ('extends = "missing.toml"\n', "No such file"),
        ('extends = ["county"]\n', "the name or file of one other plan"),
        ('extends = "county"\nwithout = 5\n', "has no 5"),
        ('extends = "county"\nwithout = [["post-sign"]]\n', "has no ['post-sign']"),
        ('extends = "county"\nwithout = ["filing"]\n', "classes.filing or registers.filing"),
        ('extends = "county"\nwithout = ["post-sign"]\n[[measures]]\nid = "post-sign"\n', "stands in this plan itself"),
        ('extends = "county"\nmeasures = 3\n', "measures: 3: give a list"),
        ('extends = "county"\nmeasures = [3]\n', "measures[1]"),
        ('extends = "county"\n[[measures]]\nid = ["x"]\n', "measures["),
    ],
)
def test_a_wrong_extension_is_said(tmp_path: Path, text: str, told: str) -> None:
    assert told in " ".join(problems(tmp_path, text))


MEASURE = (
    'extends = "county"\n[[measures]]\nid = "ours"\nclause = "H2"\nowner = "head"\ntext = "甲"\ntext_en = "a"\n{keys}'
)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('mode = "show"\non = "incident"\non_confirm = "end-response"\n', 'belongs to mode = "ask"'),
        ('mode = "ask"\non = "warned"\non_confirm = "close-window"\n', "is for on = window-impaired or window-useless"),
        ('mode = "ask"\non = "warned"\non_confirm = "end-response"\n', "end-response needs an incident"),
        ('mode = "ask"\non = "incident"\non_confirm = "correct-notice"\n', "is for on = notice-outdated"),
        ('mode = "ask"\non = "incident"\non_confirm = "return-spare"\n', "is for on = spare-returnable"),
        (
            'mode = "ask"\non = "window-closed"\non_confirm = "open-registers"\nregisters = ["by-hand"]\n',
            "open-registers needs an incident; window-closed may have none",
        ),
        ('mode = "show"\non = "stock-low"\nrepair_up_to_s = 0\nreach = "hall"\n', "reach, repair_up_to_s: that needs"),
        ('mode = "auto"\non = "incident"\nholds_close = true\n', "nobody could ever end it"),
        ('mode = "show"\non = "incident"\nwaits_for_answer = true\n', 'waits_for_answer belongs to mode = "ask"'),
        ('mode = "show"\non = "device-unusable"\nsign = "暂停使用"\n', 'sign belongs to mode = "auto"'),
        ('mode = "ask"\non = "incident"\nticked_by = "signing"\n', "ticked_by belongs to"),
        ('mode = "register"\non = "incident"\n', 'mode = "register" and on = "register-open" belong together'),
    ],
)
def test_a_measure_that_could_not_be_carried_out_is_refused(tmp_path: Path, keys: str, told: str) -> None:
    (found,) = problems(tmp_path, MEASURE.format(keys=keys))
    assert found.startswith("measures (ours): ")
    assert told in found


def test_one_of_two_entries_with_the_same_id_is_left_out_by_its_table(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('extends = "county"\nwithout = ["registers.filing", "emergency-registers"]\n', encoding="utf-8")
    ours = plans.read_plan(file)
    assert "filing" not in [form.id for form in ours.registers]
    assert "filing" in [each.id for each in ours.classes]


def test_all_of_a_table_may_be_left_out(tmp_path: Path) -> None:
    file, groups = tmp_path / "ours.toml", [group.id for group in plans.read_plan().groups]
    without = [f"groups.{name}" for name in groups]
    file.write_text(f'extends = "county"\nwithout = {without}\n', encoding="utf-8")
    with pytest.raises(FileRefused, match="is left out, but is named by measures") as refused:
        plans.read_plan(file)
    assert len(refused.value.problems) == len(groups), "what is left out is one mistake, however often it is named"


def test_a_plan_that_is_extended_finds_its_own_beside_itself(tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    (tmp_path / "city" / "base.toml").write_text('extends = "county"\nname = "市级预案"\n', encoding="utf-8")
    (tmp_path / "city" / "city.toml").write_text('extends = "base.toml"\n', encoding="utf-8")
    (tmp_path / "ours.toml").write_text('extends = "city/city.toml"\n', encoding="utf-8")
    assert plans.read_plan(tmp_path / "ours.toml").name == "市级预案"


OWN = 'extends = "county"\nname = "本县预案"\n{clauses}[[measures]]\nid = "flood"\nclause = "{cites}"\n'
OWN += 'on = "incident"\nmode = "show"\nowner = "guide"\ntext = "搬到高处"\ntext_en = "move it up"\n'


def test_a_clause_that_nobody_knows_is_no_clause(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, OWN.format(clauses="", cites="W11"))
    assert "measures (flood).clause" in told
    assert "there is no clause W11; did you mean 'W1'" in told
    assert "[[clauses]]" in told
    wrong = COUNTY.replace('clause = "D3"\nname', 'clause = "D5"\nname')
    assert "registers (by-hand).clause" in " ".join(problems(tmp_path, wrong))


def test_a_county_numbers_clauses_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = '[[clauses]]\nid = "X1"\ntitle = "防汛"\ntitle_en = "flood"\n'
    file = tmp_path / "plan.toml"
    file.write_text(OWN.format(clauses=own, cites="X1"), encoding="utf-8")
    assert [clause.id for clause in plans.read_plan(file).clauses] == ["X1"]
    assert main(["plan", "clauses", str(file)]) == 0
    assert "防汛" in capsys.readouterr().out
    assert "X1 stands there twice" in " ".join(problems(tmp_path, OWN.format(clauses=own + own, cites="X1")))
    (told,) = problems(tmp_path, OWN.format(clauses=own.replace("X1", "H2"), cites="H2"))
    assert "H2 stands in the clause list already" in told


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("mains-out", "did you mean 'on-battery'?"),
        ("mainsout", "no fault 'mainsout' in the catalogue; did you mean 'on-battery'?"),
        ("on-batery", "did you mean 'on-battery' or 'battery-low'?"),
    ],
)
def test_a_fault_that_no_catalogue_has_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str, told: str
) -> None:
    file, config = tmp_path / "ours.toml", tmp_path / "collector.toml"
    file.write_text(f'{GENERATOR}faults = ["{wrong}"]\n', encoding="utf-8")
    config.write_text('plan = "ours.toml"\n', encoding="utf-8")
    (tmp_path / "halls").mkdir()
    for words in (["plan", "check", str(file)], ["check", "--config", str(config)]):
        assert main(words) == 1
        assert told in capsys.readouterr().err
    file.write_text(f'{GENERATOR}faults = ["on-battery"]\n', encoding="utf-8")
    assert main(["plan", "check", str(file)]) == 0


def test_a_plan_is_checked_against_a_catalogue_of_its_own(tmp_path: Path) -> None:
    file, own = tmp_path / "ours.toml", tmp_path / "catalogue.toml"
    file.write_text(f'{GENERATOR}faults = ["flooded"]\n', encoding="utf-8")
    shipped = (Path(plans.__file__).parent / "catalogue.toml").read_text(encoding="utf-8")
    own.write_text(shipped.replace('id = "battery-low"', 'id = "flooded"'), encoding="utf-8")
    words = ["plan", "check", str(file), "--catalogue", str(own)]
    assert main(words) == 1  # the plan that it extends names what this catalogue has not
    own.write_text(
        shipped + '\n[[faults]]\nid = "flooded"\nname = "进水"\nname_en = "flooded"\neffect = "degraded"\n'
        'when = { kind = "condition", condition = "flooded" }\n',
        encoding="utf-8",
    )
    assert main(words) == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('text = ""', "its text is empty"),
        ('text = "a\\u0007b"', "control characters"),
        ('text = "进水{"', "a brace without its partner"),
        ("after_s = 1e308", "measures (our-generator).after_s: 1e+308"),
        ('on = "incidnt"', "ours.toml: measures (our-generator).on"),
    ],
)
def test_nonsense_in_a_measure_is_said_by_its_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, told: str
) -> None:
    key = line.partition(" = ")[0]
    lines = [each for each in GENERATOR.splitlines() if not each.startswith(f"{key} = ")]
    file = tmp_path / "ours.toml"
    file.write_text("\n".join([*lines, line, ""]), encoding="utf-8")
    assert main(["plan", "check", str(file)]) == 1
    assert told in capsys.readouterr().err


def test_a_key_that_is_missing_is_said_once(tmp_path: Path) -> None:
    text = "\n".join(line for line in GENERATOR.splitlines() if not line.startswith("clause"))
    assert problems(tmp_path, text) == ["measures (our-generator): key 'clause' is missing"]


def test_levels_without_rules_are_said_where_they_stand(tmp_path: Path) -> None:
    levels = 'extends = "county"\n[[levels]]\nid = "一级"\nname = "重大"\n'
    (told,) = problems(tmp_path, levels)
    assert told.startswith("levels: are taken over with their rules")


def test_what_an_extended_plan_has_wrong_is_said_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    levels = '[[levels]]\nid = "一级"\nname = "重大"\n[[level_rules]]\nlevel = "一级"\n'
    file.write_text(f'extends = "county"\n{levels}', encoding="utf-8")
    with pytest.raises(FileRefused) as refused:
        plans.read_plan(file)
    assert refused.value.problems
    for problem in refused.value.problems:
        assert problem.file.endswith("county.toml")
        assert "ours.toml takes it over" in problem.text


GENERATOR = """extends = "county"
[[measures]]
id = "our-generator"
clause = "H1"
on = "incident"
mode = "show"
owner = "logistics"
text = "请启动柴油发电机。"
text_en = "Start the generator."
"""
