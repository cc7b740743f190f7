"""Goes through every door that only looks, and takes apart what comes: did a text put anything there?"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from typing import Final

import httpx
from openpyxl import load_workbook

from hallwatch_collector.spreadsheets import FORMULA
from hallwatch_collector.web.doors import DOORS
from hallwatch_collector.web.lists import LISTS

Part = tuple[str, str]
"""An element's name with that of one of its attributes, or with none."""
FILES: Final = tuple(f"{each.id}{ending}" for each in LISTS for ending in ("", ".csv", ".xlsx"))
TYPES: Final = {
    "csv": "text/csv", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pdf": "application/pdf",
    "html": "text/html",
}  # fmt: skip
LINKS: Final = ("href", "src", "action", "formaction", "data", "poster", "srcdoc", "content")
_number = re.compile(r"[+-]?\d+(\.\d+)?")
_placed = re.compile(r"\{(\w+)\}")
OF_REGISTERS: Final = "/registers/"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: set[Part] = set()
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.add((tag, ""))
        for name, value in attrs:
            self.parts.add((tag, name))
            if name in LINKS:
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def addresses(placed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield an address for each door that only looks, of a list with each of its files; *placed*: names → ids there."""
    for door in DOORS:
        if door.method != "GET":
            continue
        path = door.path
        if path == "/audit/{file}":
            yield from ("/audit/audit.csv", "/audit/audit.xlsx")
        elif path.endswith("/lists/{name}"):
            yield from (_fill(path, placed, name=file) for file in FILES)
        elif path.endswith("{incident}/{file}"):
            yield from (_fill(path, placed, file=f"report.{form}") for form in ("html", "docx", "pdf"))
        elif path.endswith("/why/{kind}/{id}"):
            yield from (_fill(path, placed, kind=kind, id=placed[kind][0]) for kind in ("window", "incident", "sign"))
        elif path.endswith("/export"):
            yield from (f"{_fill(path, placed)}?format={form}" for form in ("csv", "xlsx"))
        elif "{thing}" in path:
            kind = path.split("/{thing}")[0].rsplit("/", 1)[1] if "/display/" not in path else "display"
            kind = "sign" if "/sign/" in path else kind
            yield from (_fill(path, placed, thing=thing) for thing in placed[kind])
        else:
            yield _fill(path, placed)
    yield from (f"{path}?lang=en" for path in placed["also"])


def _fill(path: str, placed: Mapping[str, Sequence[str]], **known: str) -> str:
    return _placed.sub(lambda found: known.get(found[1]) or placed[found[1]][0], path)


def read_all(client: httpx.Client, paths: Sequence[str], token: str) -> dict[str, httpx.Response]:
    """Return what comes of each address; of a stream, its first part."""
    told = {}
    for path in paths:
        headers = {"Authorization": f"Bearer {token}"} if path.startswith("/api/") else {}
        if path.startswith("/events/"):
            told[path] = _first_part(client, path)
        else:
            told[path] = client.get(path, headers=headers)
    return told


def _first_part(client: httpx.Client, path: str) -> httpx.Response:
    with client.stream("GET", path) as answer:
        text = b""  # taken apart as the HTML standard has it: httpx' own lines end at U+0085 too
        for piece in answer.iter_bytes():
            text += piece
            if b"data:" in text and text.endswith(b"\n\n"):
                break
        headers = {name: value for name, value in answer.headers.items() if name != "transfer-encoding"}
        return httpx.Response(answer.status_code, headers=headers, content=text)


def find_wrong(told: Mapping[str, httpx.Response], usual: Mapping[str, httpx.Response]) -> Iterator[str]:
    """Yield what texts put into answers, beside what is *usual*: what comes of the same hall with harmless texts."""
    for path, answer in told.items():
        for wrong in _of_answer(path, answer, usual[path]):
            yield f"{path}: {wrong}"


def _of_answer(path: str, answer: httpx.Response, usual: httpx.Response) -> Iterator[str]:
    if answer.status_code != usual.status_code or answer.status_code >= 500:
        yield f"{answer.status_code} instead of {usual.status_code}"
    kind, usual_kind = (each.headers.get("content-type", "").partition(";")[0] for each in (answer, usual))
    ending = path.partition("?")[0].rpartition(".")[2]
    if kind != usual_kind or (answer.is_success and "." in path and TYPES.get(ending, kind) != kind):
        yield f"is {kind}"
    policy = answer.headers.get("content-security-policy", "")
    if policy != usual.headers.get("content-security-policy", "") or not policy.startswith("default-src 'none'"):
        yield f"has the policy {policy!r}"
    if answer.headers.keys() - usual.headers.keys() - {"set-cookie"}:
        yield f"has the headers {sorted(answer.headers)}"
    if kind in ("text/html", "text/event-stream"):
        yield from _of_html(_html_of(answer), _html_of(usual))
    elif kind == "application/json":
        json.loads(answer.content)
    elif kind in (TYPES["csv"], TYPES["xlsx"]):
        yield from (f"the cell {cell[:40]!r}" for cell in find_formulas(kind, answer.content))


def _html_of(answer: httpx.Response) -> str:
    if not answer.headers["content-type"].startswith("text/event-stream"):
        return answer.text
    data = answer.text.partition("data:")[2].strip()
    return "\n".join(line for part in json.loads(data)["parts"] for line in part["lines"]) if data else ""


def _of_html(html: str, usual: str) -> Iterator[str]:
    there, expected = _Reader(), _Reader()
    for reader, text in ((there, html), (expected, usual)):
        reader.feed(text)
        reader.close()
    yield from (f"has {part}" for part in sorted(there.parts - expected.parts))
    yield from (f"handles {part}" for part in sorted(there.parts) if part[1].startswith("on"))
    yield from (
        f"leads to {link[:60]!r}"
        for link in there.links
        if link.lower().lstrip().startswith("javascript:") or "//evil" in link
    )
    if "<script" in re.sub(r'<script src="/static/[\w.?=&;-]+"( defer)?></script>', "", html):
        yield "has a script of its own"
    if "{{" not in html and "7*7" in html:
        yield "lost braces"


def find_formulas(kind: str, content: bytes) -> Iterator[str]:
    """Yield the cells that a spreadsheet would take for formulas."""
    if kind == TYPES["csv"]:
        for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
            yield from (cell for cell in row if cell.startswith(FORMULA) and not _number.fullmatch(cell))
        return
    for row in load_workbook(io.BytesIO(content)).active.iter_rows():
        for cell in row:
            if cell.data_type == "f" or (isinstance(cell.value, str) and cell.data_type not in ("s", "inlineStr")):
                yield f"{cell.coordinate} {cell.value}"
            if cell.hyperlink:
                yield f"{cell.coordinate} leads to {cell.hyperlink.target}"
