"""Live pages: the stream over a real connection, one rendering for all who look."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from hallwatch_collector.journal import JournalUnavailable
from hallwatch_collector.people import Person
from hallwatch_collector.web import events
from hallwatch_collector.web.board_page import BOARD
from hallwatch_collector.web.cookies import SESSION_COOKIE
from hallwatch_collector.web.live_page import Place
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.render import Part, Renderer
from parts.fake_source import FakeSource
from parts.hall_views import KEY, NOW
from parts.shown_halls import bad_morning, calm_hall, own_health
from parts.web import serve

STREAM = "/events/halls/330106/xihu"


@pytest.fixture
def source() -> FakeSource:
    return FakeSource(calm_hall(), own_health())


@pytest.fixture
def address(source: FakeSource) -> Iterator[str]:
    with serve(source) as address:
        yield address


class Stream:
    """An open stream, read message by message."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.iter_lines()

    def next(self, *wanted: str) -> tuple[str, Any]:
        """Return the next message of one of the wanted kinds (any kind when none is named)."""
        event, data = "", ""
        for line in self._lines:
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = line.removeprefix("data: ")
            elif not line and event and (not wanted or event in wanted):
                return event, msgspec.json.decode(data) if data else None
        raise AssertionError("the stream ended")

    def ended(self) -> bool:
        """Read to the end."""
        return all(True for _ in self._lines)


@pytest.fixture
def open_stream(address: str) -> Iterator[Any]:
    with httpx.Client(base_url=address, timeout=10) as client:
        contexts = []

        def open_(path: str = STREAM, **options: Any) -> Stream:
            context = client.stream("GET", path, **options)
            response = context.__enter__()
            contexts.append(context)
            assert response.headers["content-type"].startswith("text/event-stream")
            return Stream(response)

        yield open_
        for context in contexts:
            context.__exit__(None, None, None)


def html(message: Any) -> str:
    """Return what is new."""
    return "\n".join(line for part in message["parts"] for line in part["lines"])


def test_a_change_arrives_with_the_changed_parts_only(source: FakeSource, open_stream: Any) -> None:
    stream = open_stream()
    _, first = stream.next()
    assert "大厅一切正常" in html(first)
    source.put(bad_morning())
    _, change = stream.next("picture")
    assert "1 个窗口暂停服务" in html(change)
    assert change["tab"].startswith("1 个窗口暂停服务")
    assert "self" not in [part["id"] for part in change["parts"]]


LINES = st.lists(st.sampled_from(["<li>", "</li>", "", "三号窗口", "</ul>"]), min_size=1, max_size=8)


@given(LINES, LINES, st.booleans())
def test_what_a_browser_had_and_what_is_new_make_the_part(old: list[str], new: list[str], is_first: bool) -> None:
    before = events.NOTHING if is_first else Part("floor", "1", "\n".join(old))
    change = events.compare(before, Part("floor", "2", "\n".join(new)))
    had = [] if is_first else old
    assert [*had[: change.first], *change.lines, *had[len(had) - change.last :]] == new


def test_of_a_large_hall_a_fault_is_a_few_lines(source: FakeSource, open_stream: Any) -> None:
    device = calm_hall().devices[0]
    devices = tuple(structs.replace(device, id=f"prn-{n}", name=f"打印机{n}") for n in range(200))
    source.put(structs.replace(calm_hall(), devices=devices))
    stream = open_stream()
    whole = len(str(stream.next()[1]))
    broken = structs.replace(devices[7], state="unusable")
    source.put(structs.replace(calm_hall(), devices=(*devices[:7], broken, *devices[8:])))
    _, change = stream.next("picture")
    assert "打印机7<" in html(change)
    assert whole > 20_000 > 10 * len(str(change))


def test_a_quiet_stream_beats(open_stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.05)
    stream = open_stream()
    stream.next("picture")
    _, beat = stream.next("beat")
    assert beat["as_of"] == "10:40 的情况"
    assert beat["parts"] == []


def test_a_burst_of_changes_comes_together(source: FakeSource, open_stream: Any) -> None:
    stream = open_stream()
    stream.next()
    for number in range(50):
        source.put(structs.replace(bad_morning(), name=f"{number} 号大厅"))
    seen = [stream.next("picture")[1]["tab"]]
    while "49 号大厅" not in seen[-1]:
        seen.append(stream.next("picture")[1]["tab"])
    assert len(seen) <= 3


def test_readings_that_change_nothing_on_the_page_are_not_sent(
    source: FakeSource, open_stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.5)
    stream = open_stream()
    stream.next("picture")
    view = bad_morning()
    source.put(view)
    stream.next("picture")
    for number in range(20):
        read = structs.replace(view.devices[0], metrics={"pages": float(number)}, last_seen=NOW)
        source.put(structs.replace(view, devices=(read, *view.devices[1:])))
    assert stream.next()[0] == "beat"


def test_problems_of_the_collector_arrive_too(
    source: FakeSource, open_stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "BEAT_S", 0.05)
    stream = open_stream()
    stream.next("picture")
    source.troubles = ["the broker is away"]
    assert "the broker is away" in html(stream.next("picture")[1])


def test_operators_get_buttons_and_onlookers_do_not(source: FakeSource, address: str, open_stream: Any) -> None:
    source.put(bad_morning())
    for role, has_buttons in (("auditor", False), ("head", True)):
        source.people.admit(Person(name=role, roles=[role]), NOW, password_hash=None, must_change=False)
        id_ = source.people.sessions.open(role, NOW, lasts_s=1e9, address="127.0.0.1", agent="test")
        seen = html(open_stream(f"{STREAM}/work", headers={"Cookie": f"{SESSION_COOKIE}={id_}"}).next()[1])
        assert ("<button" in seen) is has_buttons


def test_a_stream_goes_on_while_the_database_is_away(
    source: FakeSource, open_stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_S", 0.0)
    source.people.admit(Person(name="head", roles=["head"]), NOW, password_hash=None, must_change=False)
    id_ = source.people.sessions.open("head", NOW, lasts_s=1e9, address="127.0.0.1", agent="test")
    stream = open_stream(f"{STREAM}/work", headers={"Cookie": f"{SESSION_COOKIE}={id_}"})
    stream.next("picture")

    def fail(*_: Any, **__: Any) -> None:
        raise JournalUnavailable("the disk is full")

    monkeypatch.setattr(source.people.sessions, "find", fail)
    source.put(bad_morning())
    assert "1 个窗口暂停服务" in html(stream.next("picture")[1])


@pytest.mark.parametrize("who", ["", "head"])
def test_a_board_that_is_closed_ends_the_streams_of_who_is_not_signed_in(
    source: FakeSource, open_stream: Any, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(events, "LOOK_S", 0.0)
    headers = {}
    if who:
        source.people.admit(Person(name=who, roles=[who]), NOW, password_hash=None, must_change=False)
        id_ = source.people.sessions.open(who, NOW, lasts_s=1e9, address="127.0.0.1", agent="test")
        headers = {"Cookie": f"{SESSION_COOKIE}={id_}"}
    stream = open_stream(STREAM, headers=headers)
    stream.next("picture")
    source.put(structs.replace(bad_morning(), open_board=False))
    assert stream.next("picture", "over")[0] == ("picture" if who else "over")


def test_the_stream_of_a_hall_that_is_dropped_ends(source: FakeSource, open_stream: Any) -> None:
    stream = open_stream()
    stream.next()
    source.drop(KEY)
    assert stream.next()[0] == "gone"
    assert stream.ended()


def test_the_list_of_halls_is_live(source: FakeSource, open_stream: Any) -> None:
    stream = open_stream("/events/halls")
    assert "大厅一切正常" in html(stream.next()[1])
    source.put(bad_morning())
    assert "1 个窗口暂停服务" in html(stream.next("picture")[1])


def test_changes_from_many_threads_lose_nothing(source: FakeSource, open_stream: Any) -> None:
    stream = open_stream()
    stream.next()
    threads = [threading.Thread(target=lambda: [source.put(calm_hall()) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    source.put(bad_morning())
    while "1 个窗口暂停服务" not in html(stream.next("picture")[1]):
        pass


def test_the_server_stops_while_streams_are_open(source: FakeSource) -> None:
    with httpx.Client(timeout=10) as client:
        with serve(source) as address:
            response = client.send(client.build_request("GET", address + STREAM), stream=True)
            stream = Stream(response)
            stream.next()
        assert stream.ended()
        response.close()


def test_many_boards_share_one_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    source = FakeSource(calm_hall())
    renderer, reader = Renderer(source), Reader("zh-CN", False)
    first = renderer.picture(BOARD, Place(KEY), reader)
    assert renderer.picture(BOARD, Place(KEY), reader) is first
    assert renderer.picture(BOARD, Place(KEY), Reader("en", False)) is not first
    source.put(calm_hall())
    assert renderer.picture(BOARD, Place(KEY), reader) is first, "nothing that it shows has changed"
    source.put(bad_morning())
    second = renderer.picture(BOARD, Place(KEY), reader)
    assert second is not first
    source.clock += 60
    third = renderer.picture(BOARD, Place(KEY), reader)
    assert third is not second
    assert third is not None
    assert third.clock == "10:41"
    source.drop(KEY)
    assert renderer.picture(BOARD, Place(KEY), reader) is None
