"""Hall files in the settings: looked at, checked, previewed, saved, taken back, removed; by administrators alone."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient

from hallwatch_collector.people.audit import Wanted
from parts.fake_source import FakeSource
from parts.hall_file import GOOD
from parts.hall_files import open_hall_files
from parts.shown_halls import bad_morning
from parts.web import OWN, browse

LIST = "/settings/halls"
ONE = f"{LIST}/330106/xihu"
OTHER = GOOD.replace("number = 3", "number = 13", 1)


@pytest.fixture
def source(tmp_path: Path) -> FakeSource:
    source = FakeSource(bad_morning())
    (tmp_path / "halls").mkdir()
    (tmp_path / "halls" / "xihu.toml").write_text(GOOD, encoding="utf-8")
    source.hall_files = open_hall_files(tmp_path)
    return source


def text_of(page: str) -> str:
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert found
    return unescape(found[1])


def digest_of(page: str) -> str:
    found = re.search(r'name="digest" value="(\w*)"', page)
    assert found
    return found[1]


def send(client: TestClient, action: str, text: str, digest: str, **more: str) -> tuple[int, str]:
    fields = {"action": action, "text": text.replace("\n", "\r\n"), "digest": digest, **more}
    answer = client.post(ONE, data=fields, headers=OWN)
    return answer.status_code, answer.text


def test_from_the_list_to_a_saved_change_and_back_again(source: FakeSource, tmp_path: Path) -> None:
    with browse(source, "老赵", "administrator") as client:
        assert f'href="{ONE}"' in client.get(LIST).text
        page = client.get(ONE).text
        assert text_of(page) == GOOD
        digest = digest_of(page)
        status, checked = send(client, "check", OTHER, digest)
        assert (status, "检查通过" in checked, text_of(checked)) == (200, True, OTHER)
        status, preview = send(client, "preview", OTHER, digest)
        assert status == 200
        assert re.search(r"≠ 改动</span> 窗口 <strong>3号窗口</strong>", preview)
        assert re.search(r"<code>number</code></dt><dd><del>3</del> → <ins>13</ins>", preview)
        assert (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8") == GOOD, "nothing is saved yet"
        status, saved = send(client, "save", text_of(preview), digest_of(preview), reason="换窗口")
        assert status == 200
        assert "已保存" in saved
        assert "换窗口" in saved
        assert (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8") == OTHER
        version = client.get(f"{ONE}?version=1").text
        assert text_of(version) == GOOD
        status, preview = send(client, "preview", text_of(version), digest_of(version))
        send(client, "save", text_of(preview), digest_of(preview), reason="恢复到第 1 版")
    assert (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8") == GOOD
    told = [(deed.who, deed.action, deed.object) for deed in source.people.audit.read(Wanted(action="hall-file"))]
    assert told[0] == ("老赵", "hall-file.save", "330106/xihu")


def test_what_is_wrong_is_named_and_nothing_typed_is_lost(source: FakeSource) -> None:
    wrong = GOOD.replace("number = 3", "number = 0").replace('kind = "printer"', 'kind = "drucker"', 1)
    with browse(source, "老赵", "administrator") as client:
        status, page = send(client, "preview", wrong, digest_of(client.get(ONE).text))
    assert (status, text_of(page)) == (422, wrong)
    assert "有 2 处要改" in page
    assert "<code>windows[1] (w3).number</code>" in page


def test_what_others_changed_meanwhile_is_shown_and_not_overwritten(source: FakeSource, tmp_path: Path) -> None:
    file = tmp_path / "halls" / "xihu.toml"
    with browse(source, "老赵", "administrator") as client:
        digest = digest_of(client.get(ONE).text)
        file.write_text(f"# theirs\n{GOOD}", encoding="utf-8")
        status, page = send(client, "save", OTHER, digest)
        assert (status, text_of(page)) == (409, OTHER)
        assert "别人已经改过这个文件" in page
        assert "<code># theirs</code>" in page
        assert file.read_text(encoding="utf-8").startswith("# theirs")
        assert send(client, "save", OTHER, digest_of(page))[0] == 200
    assert file.read_text(encoding="utf-8") == OTHER


def test_a_new_hall_is_begun_with_a_text_that_is_right(source: FakeSource, tmp_path: Path) -> None:
    with browse(source, "老赵", "administrator") as client:
        wrong = client.get(f"{LIST}/new?area=330106&hall=../x&name=a")
        assert (wrong.status_code, "只能用小写字母" in wrong.text) == (422, True)
        page = client.get(f"{LIST}/new?area=330106&hall=yuhang&name=%3Cscript%3E%22%5C余杭").text
        assert "<script>&#34;" not in page
        assert "<script>\\" not in page
        fields = {"action": "save", "text": text_of(page), "digest": digest_of(page)}
        answer = client.post(f"{LIST}/330106/yuhang", data=fields, headers=OWN)
        assert answer.status_code == 200
        assert client.get(f"{LIST}/330106/none").status_code == 404
    assert (tmp_path / "halls" / "yuhang.toml").exists()


def test_a_hall_is_removed_with_a_reason_and_brought_back(source: FakeSource, tmp_path: Path) -> None:
    with browse(source, "老赵", "administrator") as client:
        page = client.get(ONE).text
        send(client, "remove", "", digest_of(page), reason="搬迁")
        assert not list((tmp_path / "halls").iterdir())
        assert f'href="{ONE}"' in client.get(LIST).text
        version = client.get(f"{ONE}?version=2")
        assert version.status_code == 200
        send(client, "save", text_of(version.text), digest_of(version.text))
    assert (tmp_path / "halls" / "xihu.toml").read_text(encoding="utf-8") == GOOD


def test_a_large_file_is_taken_and_one_without_measure_is_refused_in_words(source: FakeSource) -> None:
    with browse(source, "老赵", "administrator") as client:
        digest = digest_of(client.get(ONE).text)
        assert send(client, "check", GOOD + "# 说明\n" * 60_000, digest)[0] == 200
        status, page = send(client, "check", GOOD + "# 说明\n" * 120_000, digest)
        assert (status, "1000 kB" in page) == (422, True)


@pytest.mark.parametrize("address", [LIST, f"{LIST}/new", ONE, f"{ONE}?version=1"])
def test_every_page_is_there_in_english(source: FakeSource, address: str) -> None:
    with browse(source, "老赵", "administrator") as client:
        send(client, "save", OTHER, digest_of(client.get(ONE).text))
        page = client.get(f"{address}{'&' if '?' in address else '?'}lang=en").text
    assert 'lang="en"' in page
    assert "settings." not in unescape(page).replace("/static/settings.css", "")


def test_a_version_that_is_no_number_of_one_is_not_there(source: FakeSource) -> None:
    with browse(source, "老赵", "administrator") as client:
        for version in ("9" * 5000, "0", "-1", "x", "١"):
            assert client.get(ONE, params={"version": version}).status_code == 404, version[:9]


def test_a_folder_that_cannot_be_read_is_told(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/etc/halls")

    monkeypatch.setattr(Path, "glob", refuse)
    with browse(source, "老赵", "administrator") as client:
        for page in ("/settings/halls", ONE, "/settings/tour"):
            answer = client.get(page)
            assert (answer.status_code, "Permission denied" in answer.text) == (503, True), page


def test_a_disk_that_refuses_is_told(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "xihu.toml")

    with browse(source, "老赵", "administrator") as client:
        digest = digest_of(client.get(ONE).text)
        monkeypatch.setattr("hallwatch_collector.hallfiles.files.drafted", refuse)
        status, page = send(client, "save", OTHER, digest)
    assert (status, text_of(page)) == (409, OTHER)
    assert "xihu.toml: Permission denied" in page
