"""Paired screens: a sign is up where a screen says that it shows it, and nowhere else (H2, W2)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from hallwatch_collector.core.commands import AnyCommand, CommandRefused, PairScreen, RevokeScreen
from hallwatch_collector.core.screens import TRUST_S, edition_of
from parts.county import Bench, hall, pc, printer

WHO: dict[str, Any] = {"by": "李工", "roles": ["technician"]}
CODE: dict[str, Any] = {"code": "123456", "key_hash": "ab"}
POST = "post-sign"


def start() -> Bench:
    bench = Bench(hall([pc("pc-1", "w1"), printer("prn-1", "w1"), printer("prn-2", "w2")]))
    bench.born()
    return bench


def order(bench: Bench, command: AnyCommand) -> None:
    bench._note(bench.engine.on_command(bench.key, command, bench.now))


def paired(bench: Bench, place: str = "prn-1") -> str:
    order(bench, PairScreen(**WHO, **CODE, place=place))
    return bench.engine.view(bench.key, bench.now).screens[-1].id


def jam(bench: Bench) -> None:
    bench.tell(prn_1={"jam": True}, prn_2={"jam": False})
    bench.wait(5)


def edition(bench: Bench, place: str = "prn-1") -> str:
    signs = {sign.place: sign for sign in bench.engine.view(bench.key, bench.now).signs}
    return edition_of(signs.get(place))


def hear(bench: Bench, screen: str, shows: str) -> None:
    events = bench.engine.on_screen(bench.key, screen, shows, bench.now)
    assert events is not None
    bench._note(events)


def go_on(bench: Bench, screen: str, seconds: float, shows: str | None = None) -> None:
    """Let time pass while the screen says every ten seconds what it shows: what it ought to, unless told otherwise."""
    for _ in range(round(seconds / 10)):
        bench.wait(10)
        hear(bench, screen, edition(bench) if shows is None else shows)


def asked(bench: Bench) -> list[str]:
    """Return the open steps to post a printed sign."""
    measures = bench.engine.state(bench.key).measures
    return [each.subject for each in measures if each.template == POST and each.status == "open"]


def due(bench: Bench) -> tuple[str, ...]:
    return bench.engine.view(bench.key, bench.now).signs_due


def tags(bench: Bench) -> list[str]:
    return [name for name in bench.names() if name.startswith("screen-")]


def test_a_sign_that_a_screen_shows_is_up_and_nobody_has_to_post_it() -> None:
    bench = start()
    screen = paired(bench)
    hear(bench, screen, "")
    jam(bench)
    assert (asked(bench), due(bench)) == ([], ())
    go_on(bench, screen, 120)
    assert (asked(bench), due(bench)) == ([], ())
    assert tags(bench) == ["screen-paired", "screen-showed"]


def test_a_screen_that_does_not_say_that_it_shows_it_is_as_if_there_were_none() -> None:
    bench = start()
    screen = paired(bench)
    hear(bench, screen, "")
    jam(bench)
    go_on(bench, screen, TRUST_S + 10, shows="")
    assert (asked(bench), due(bench)) == (["prn-1"], ("prn-1",))
    (view,) = bench.engine.view(bench.key, bench.now).screens
    assert view.lost == "behind"
    hear(bench, screen, edition(bench))
    assert (asked(bench), due(bench)) == ([], ())
    assert tags(bench) == ["screen-paired", "screen-lost", "screen-showed", "screen-back"]


def test_a_screen_that_falls_silent_is_as_if_there_were_none() -> None:
    bench = start()
    screen = paired(bench)
    hear(bench, screen, "")
    jam(bench)
    go_on(bench, screen, 30)
    bench.wait(TRUST_S - 1)
    assert asked(bench) == []
    bench.wait(2)
    assert asked(bench) == ["prn-1"]
    assert bench.engine.view(bench.key, bench.now).screens[0].lost == "silent"


def test_one_that_is_silent_already_when_the_sign_is_called_for_is_not_waited_for() -> None:
    bench = start()
    paired(bench)
    bench.wait(TRUST_S + 1)
    jam(bench)
    assert asked(bench) == ["prn-1"]


def test_of_two_screens_at_a_place_one_is_enough() -> None:
    bench = start()
    one, _ = paired(bench), paired(bench)
    jam(bench)
    go_on(bench, one, 60)
    assert asked(bench) == []


def test_a_display_shows_no_sign() -> None:
    bench = start()
    order(bench, PairScreen(**WHO, **CODE, use="display", place="w1"))
    jam(bench)
    assert asked(bench) == ["prn-1"]


def test_a_screen_at_a_window_shows_the_sign_of_the_window() -> None:
    bench = start()
    screen = paired(bench, "w1")
    model = bench.engine._models[bench.key]
    assert model.shows_signs("w1")
    assert model.shows_signs("window:w1")
    assert not model.shows_signs("prn-1")
    bench.wait(TRUST_S + 1)
    assert not model.shows_signs("window:w1")
    hear(bench, screen, "")
    assert model.shows_signs("window:w1")


def test_what_nobody_calls_for_any_more_is_no_reason_to_post_anything() -> None:
    bench = start()
    screen = paired(bench)
    jam(bench)
    shown = edition(bench)
    hear(bench, screen, shown)
    bench.tell(prn_1={"jam": False})
    bench.wait(30)
    go_on(bench, screen, 60, shows=shown)
    assert asked(bench) == []
    assert bench.engine.view(bench.key, bench.now).screens[0].lost == "behind"


def test_a_revoked_screen_is_heard_no_more() -> None:
    bench = start()
    screen = paired(bench)
    jam(bench)
    order(bench, RevokeScreen(**WHO, screen=screen))
    assert asked(bench) == ["prn-1"]
    assert bench.engine.on_screen(bench.key, screen, "", bench.now) is None
    with pytest.raises(CommandRefused) as refused:
        order(bench, RevokeScreen(**WHO, screen=screen))
    assert refused.value.code == "unknown-screen"


def test_after_a_restart_a_screen_has_its_time_to_say_something_again() -> None:
    bench = start()
    screen = paired(bench)
    jam(bench)
    hear(bench, screen, edition(bench))
    bench.now += 3600
    bench.restart()
    assert asked(bench) == []
    bench.wait(TRUST_S - 5)
    assert asked(bench) == []
    bench.wait(10)
    assert asked(bench) == ["prn-1"]


def test_a_clock_that_is_set_makes_no_screen_silent() -> None:
    bench = start()
    screen = paired(bench)
    jam(bench)
    hear(bench, screen, edition(bench))
    for step_s in (7200.0, -7200.0):
        bench.engine.shift_clock(step_s)
        bench.now += step_s
        go_on(bench, screen, 60)
        assert asked(bench) == []
    assert "screen-lost" not in bench.names()
    bench.wait(TRUST_S + 1)
    assert asked(bench) == ["prn-1"]


def test_a_screen_whose_place_leaves_the_hall_file_is_revoked() -> None:
    bench = start()
    paired(bench, "prn-2")
    kept = paired(bench)
    smaller = msgspec.structs.replace(bench.hall, devices=[each for each in bench.hall.devices if each.id != "prn-2"])
    bench._note(bench.engine.load_hall(smaller, "d2", None, bench.now))
    assert [each.id for each in bench.engine.view(bench.key, bench.now).screens] == [kept]
    assert bench.names()[-1] == "screen-revoked" or "screen-revoked" in bench.names()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"place": "nowhere"}, "unknown-place"),
        ({"place": ""}, "sign-without-place"),
        ({"key_hash": ""}, "unknown-code"),
        ({"roles": ["staff"]}, "no-right"),
    ],
)
def test_what_is_wrong_with_a_pairing_is_told(changes: dict[str, Any], code: str) -> None:
    bench = start()
    with pytest.raises(CommandRefused) as refused:
        order(bench, PairScreen(**({**WHO, **CODE, "place": "prn-1"} | changes)))
    assert refused.value.code == code
    assert bench.engine.view(bench.key, bench.now).screens == ()


def test_words_of_a_screen_alone_wake_nothing_and_change_no_picture() -> None:
    bench = start()
    screen = paired(bench)
    hear(bench, screen, "")
    before = bench.engine.view(bench.key, bench.now)
    go_on(bench, screen, 60)
    after = bench.engine.view(bench.key, bench.now)
    assert after.screens == before.screens
    assert bench.engine.on_screen(bench.key, screen, "", bench.now) == []


def test_why_says_what_became_of_the_screen() -> None:
    bench = start()
    screen = paired(bench)
    jam(bench)
    hear(bench, screen, edition(bench))
    told = [link.text for link in bench.engine.explain(bench.key, "sign", "prn-1", bench.now).links]
    assert any("屏幕确认正在显示" in text for text in told)
    bench.wait(TRUST_S + 1)
    told = [link.text for link in bench.engine.explain(bench.key, "sign", "prn-1", bench.now).links]
    assert any("没有消息" in text for text in told)
