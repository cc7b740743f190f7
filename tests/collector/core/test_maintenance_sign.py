"""What people use and somebody works on shows 「暂停使用」, from the beginning of the work to its end (H2, S9)."""

from __future__ import annotations

from typing import Any

from hallwatch_collector.core.commands.readiness import EndMaintenance, StartMaintenance
from hallwatch_collector.core.hall import Device, OpeningHours, Place
from parts.answers import say_yes
from parts.county import Bench, hall, pc, probe

NINE = 1_773_104_400.0
WHO: dict[str, Any] = {"by": "张工", "roles": ["*"]}


def start(now: float = NINE, **more: Any) -> Bench:
    devices = [
        Device(id="rt-1", kind="router", name="路由器", probes=[probe()]),
        Device(id="kiosk", kind="kiosk", name="自助终端", depends_on=["rt-1"], probes=[probe()], **more),
        pc("pc-1", "w1"),
    ]
    hours = OpeningHours(days=["mon", "tue", "wed", "thu", "fri"], from_="08:30", to="17:00")
    bench = Bench(hall(devices, hours=[hours], places=[Place(id="lobby", name="大厅")]), now)
    bench.born()
    say(bench, rt_1=True, kiosk=True)
    return bench


def say(bench: Bench, **reachable: bool) -> None:
    for _ in range(8):
        bench.wait(2)
        bench.tell(**{device: {"reachable": value} for device, value in reachable.items()})


def work_on(bench: Bench, device: str, minutes: float | None = 30) -> str:
    command = StartMaintenance(**WHO, devices=[device], text="升级", minutes=minutes)
    bench._note(bench.engine.on_command(bench.key, command, bench.now))
    return next(iter(bench.engine._models[bench.key].readiness.maintenance))


def signs(bench: Bench) -> dict[str, str]:
    return {sign.place: sign.text for sign in bench.engine.view(bench.key, bench.now).signs}


def told(bench: Bench) -> str:
    measures = bench.engine.view(bench.key, bench.now).measures
    return "\n".join(each.text for each in measures if each.mode == "auto")


def posting(bench: Bench) -> list[Any]:
    measures = bench.engine.view(bench.key, bench.now).measures
    return [each for each in measures if each.mode == "show" and each.clause == "H2" and each.status == "open"]


def test_a_kiosk_that_is_worked_on_shows_it_and_is_no_incident() -> None:
    bench = start(shows_signs=True)
    work = work_on(bench, "kiosk")
    say(bench, rt_1=True, kiosk=False)
    view = bench.engine.view(bench.key, bench.now)
    assert (signs(bench), view.incidents) == ({"kiosk": "暂停使用"}, ())
    bench.restart()
    assert signs(bench) == {"kiosk": "暂停使用"}
    assert bench.engine.explain(bench.key, "sign", "kiosk", bench.now).links[-1].station == "sign"
    say(bench, rt_1=True, kiosk=True)
    bench._note(bench.engine.on_command(bench.key, EndMaintenance(**WHO, maintenance=work), bench.now))
    assert signs(bench) == {}


def test_what_hangs_on_a_router_that_is_worked_on_shows_it_once_it_is_down() -> None:
    bench = start(shows_signs=True)
    work_on(bench, "rt-1")
    assert signs(bench) == {}
    say(bench, rt_1=False, kiosk=False)
    assert signs(bench) == {"kiosk": "暂停使用"}


def test_without_a_display_somebody_posts_it_and_takes_it_down() -> None:
    bench = start()
    work = work_on(bench, "kiosk")
    (step,) = posting(bench)
    assert "自助终端正在维护,应挂「暂停使用」" in told(bench), "nothing hangs there yet"
    bench._note(bench.engine.on_command(bench.key, say_yes(step, "小陈", "*"), bench.now))
    assert posting(bench) == []
    assert "自助终端正在维护,已挂「暂停使用」" in told(bench)
    bench._note(bench.engine.on_command(bench.key, EndMaintenance(**WHO, maintenance=work), bench.now))
    (step,) = posting(bench)
    assert "取下" in step.text
    bench._note(bench.engine.on_command(bench.key, say_yes(step, "小陈", "*"), bench.now))
    assert posting(bench) == []


def test_a_fault_that_outlasts_the_work_keeps_the_sign_that_hangs() -> None:
    bench = start()
    work = work_on(bench, "kiosk")
    (step,) = posting(bench)
    bench._note(bench.engine.on_command(bench.key, say_yes(step, "小陈", "*"), bench.now))
    say(bench, rt_1=True, kiosk=False)
    bench._note(bench.engine.on_command(bench.key, EndMaintenance(**WHO, maintenance=work), bench.now))
    assert signs(bench) == {"kiosk": "暂停使用"}
    assert posting(bench) == [], "it hangs already"
    assert [each.status for each in bench.engine.view(bench.key, bench.now).incidents] == ["detected"]


def test_nobody_is_asked_to_post_a_sign_for_work_at_night() -> None:
    bench = start(NINE + 12 * 3600)
    work_on(bench, "kiosk", 60 * 20)
    assert signs(bench) == {"kiosk": "暂停使用"}
    assert posting(bench) == []
    bench.now = NINE + 23.49 * 3600
    bench.wait(300)  # the hall opens at half past eight
    assert len(posting(bench)) == 1


def test_staff_only_devices_show_nothing() -> None:
    bench = start()
    work_on(bench, "pc-1")
    assert signs(bench) == {}
