"""Alerts in the real Alertmanager, seen by ``amtool``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

import pytest

from hallwatch_collector.notify.channel import NotNow, Taken
from hallwatch_collector.notify.channels.alertmanager import MISSED, AlertmanagerChannel
from parts.messages import LINK, clock, deliver, make_message, make_part
from parts.mosquitto import HOST, free_port
from parts.vendors.alertmanager import Alertmanager, serve_alertmanager
from parts.waiting import wait_until

NOBODY = f"http://{HOST}:{free_port()}"


@pytest.fixture(scope="module")
def server() -> Iterator[Alertmanager]:
    with serve_alertmanager() as server:
        yield server


def _channel(*urls: str) -> AlertmanagerChannel:
    return AlertmanagerChannel(id="am", feed=True, urls=list(urls), labels={"team": "technik"}, timeout_s=5.0)


@pytest.mark.e2e
def test_an_incident_from_its_first_message_to_its_last(server: Alertmanager) -> None:
    channel, now = _channel(server.url), clock()
    began = now - 60
    first = make_message(make_part(began_at=began))
    assert deliver(channel, first, {}) == Taken()
    (alert,) = server.alerts()
    assert alert["labels"] == {
        "alertname": "paper-jam", "area": "330106", "hall": "main", "device": "printer-3", "incident": "I-1",
        "team": "technik",
    }  # fmt: skip
    assert alert["annotations"]["summary"] == "[III级]西湖大厅 3号窗口打印机:卡纸"
    assert alert["annotations"]["description"].endswith("第一步:打开前盖,取出卡住的纸")
    assert alert["generatorURL"] == LINK

    worse = make_part(
        edition=2, level="II", occasion="worse", title="[II级]西湖大厅 3号窗口打印机:卡纸", began_at=began
    )
    assert deliver(channel, make_message(worse), {}) == Taken()
    (alert,) = server.alerts()
    assert alert["annotations"]["level"] == "II", "it is the same alert with its newest words"

    over = make_part(edition=3, occasion="over", over_at=now - 1, began_at=began)
    assert deliver(channel, make_message(over), {}) == Taken()
    wait_until(lambda: not server.alerts(), 10, "the resolved alert to vanish", every_s=0.2)


@pytest.mark.e2e
def test_that_its_link_silences_it_and_nothing_else(server: Alertmanager) -> None:
    channel = _channel(server.url)
    parts = [make_part(incident=f'I-"{number}"', began_at=clock() - 5) for number in (7, 8)]
    assert deliver(channel, make_message(*parts), {}) == Taken()
    told = channel.describe(parts[0], clock())
    page, _, matchers = told["annotations"]["silence"].partition("?filter=")
    assert page == f"{server.url}/#/silences/new"
    server.amtool(
        "silence", "add", "--comment=x", "--author=x", *unquote(matchers).strip("{}").split(", "),
    )  # fmt: skip
    wait_until(lambda: len(server.alerts()) == 1, 10, "the silence", every_s=0.2)
    assert server.alerts()[0]["labels"]["incident"] == 'I-"8"'


@pytest.mark.e2e
def test_that_one_of_a_cluster_is_enough(server: Alertmanager) -> None:
    message = make_message(make_part(incident="I-9", began_at=clock() - 5))
    assert deliver(_channel(NOBODY, server.url), message, {}) == Taken()
    assert isinstance(deliver(_channel(NOBODY, NOBODY), message, {}), NotNow)


def test_that_it_is_forgotten_when_it_is_not_told_again() -> None:
    told = _channel(NOBODY).describe(make_part(began_at=1000.0), 2000.0)
    assert told["startsAt"] == "1970-01-01T00:16:40.000+00:00"
    assert told["endsAt"] == "1970-01-01T00:37:20.000+00:00"
    assert MISSED * _channel(NOBODY).refresh_s == 240


def test_that_labels_do_not_change_while_it_lasts() -> None:
    channel = _channel(NOBODY)
    occasions = ("new", "update", "worse", "reminder", "over", "back")
    parts = [
        make_part(edition=at, level=str(at), occasion=occasion, title=str(at), lines=(str(at),), link=str(at))
        for at, occasion in enumerate(occasions)
    ]
    assert len({json.dumps(channel.describe(part, 1.0 * at)["labels"]) for at, part in enumerate(parts)}) == 1


def test_that_what_was_joined_to_another_ends() -> None:
    told = _channel(NOBODY).describe(make_part(began_at=1000.0, occasion="joined"), 2000.0)
    assert told["endsAt"] == "1970-01-01T00:33:20.000+00:00"


def test_that_drills_and_tests_can_be_routed_elsewhere() -> None:
    channel = _channel(NOBODY)
    assert channel.describe(make_part(drill=True), 1.0)["labels"]["drill"] == "true"
    assert channel.describe(make_part(), 1.0, is_test=True)["labels"]["test"] == "true"
