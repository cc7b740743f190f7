"""Windows moved by hand on the hall's page: closed, opened, lent a class, and each of it undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from hallwatch_collector.core.views import WindowView
from hallwatch_collector.people import Person
from hallwatch_collector.web.app import create_app
from parts.hall_file import GOOD
from parts.people import sign_in
from parts.register_hall import KEY, RegisterHall
from parts.web import OWN, PAGE, WORK

FORM = re.compile(r'<form class="act".*?</form>', re.DOTALL)
INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
OPTION = re.compile(r'<option value="([^"]*)">')
SECOND = '\n[[windows]]\nid = "w4"\nnumber = 4\nname = "4号窗口"\nclasses = ["filing"]\n'


class Page:
    """A browser in front of a hall with two windows, of which the first may help the second out."""

    def __init__(self, hall: RegisterHall, client: TestClient) -> None:
        self.hall, self.client = hall, client

    def window(self) -> WindowView:
        view = self.hall.collector.view(KEY)
        assert view
        return view.windows[0]

    def forms(self) -> dict[str, dict[str, str]]:
        """Return what the forms of the first window send, by their command."""
        card = self.client.get(WORK).text.partition('id="window-w3"')[2].partition("</li>")[0]
        forms = {}
        for form in FORM.findall(card):
            told = dict(INPUT.findall(form))
            for business in OPTION.findall(form)[:1]:
                told["business"] = business
            forms[told["command"]] = told
        return forms

    def send(self, command: str, reason: str = "午间轮休") -> httpx.Response:
        """Fill in the form of a command and send it."""
        told = self.forms()[command] | {"reason": reason}
        return self.client.post(f"{PAGE}/commands", data=told, headers=OWN)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    hall = RegisterHall(tmp_path)
    may = GOOD.replace('classes = ["certificates"]\n', 'classes = ["certificates"]\nmay = ["filing"]\n' + SECOND)
    hall.file.write_text(may, encoding="utf-8")
    hall.restart()
    with TestClient(create_app(hall.source), base_url="http://testserver.local") as client:
        yield Page(hall, client)
    hall.stop()


def enter(page: Page) -> None:
    """Sign in as the head of the hall."""
    sign_in(page.client, page.hall.source, Person(name="王主任", roles=["head"]))


def test_a_window_is_closed_and_opened_again_and_the_page_says_by_whom_and_why(page: Page) -> None:
    enter(page)
    assert set(page.forms()) == {"close-window", "lend-class"}
    shown = page.send("close-window").text
    assert not page.window().open
    assert re.search(r"王主任 \S+ 手动安排: 午间轮休", shown)
    assert set(page.forms()) == {"open-window"}, "a closed window helps nobody out"
    page.send("open-window", "轮休结束")
    assert page.window().open
    assert page.window().by_hand == ()


def test_a_window_is_lent_a_class_and_gives_it_back(page: Page) -> None:
    enter(page)
    page.send("lend-class")
    assert page.window().lent == ("filing",)
    assert set(page.forms()) == {"close-window", "return-class"}, "there is no other class that it may have"
    assert "不再兼办「申报纳税」" in page.client.get(WORK).text
    page.send("return-class", "轮休结束")
    assert (page.window().lent, page.window().by_hand) == ((), ())


def test_a_reason_is_needed_and_an_onlooker_has_no_form(page: Page) -> None:
    assert page.client.get(WORK, follow_redirects=False).status_code == 303
    sign_in(page.client, page.hall.source, Person(name="审计员", roles=["auditor"]))
    assert page.forms() == {}
    told = {"command": "close-window", "window": "w3", "reason": "x"}
    assert page.client.post(f"{PAGE}/commands", data=told, headers=OWN).status_code == 403
    enter(page)
    assert page.send("close-window", "").status_code == 400
    assert page.window().open
