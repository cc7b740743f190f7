"""The report as a page, as DOCX and as PDF: each says everything, and each is a document."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph
from msgspec import structs

from hallwatch_collector.core import events as ev
from hallwatch_collector.report import fonts
from hallwatch_collector.report.archive import compile_report, read_record
from hallwatch_collector.report.document import (
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Points,
    Signature,
    Table,
)
from hallwatch_collector.report.docx import to_docx
from hallwatch_collector.report.fonts import Font, FontMissing, Fonts, find_fonts
from hallwatch_collector.report.page import to_page
from hallwatch_collector.report.pdf import to_pdf
from hallwatch_collector.report.story import Rules
from parts.jammed_hall import HALL, RULES, TOLD_AT, entries


@pytest.fixture(scope="module")
def report() -> Document:
    signed = ev.ReportSigned(at=TOLD_AT - 60, incident="inc-4", version=1, digest="ab12" * 16, by="王主任")
    *before, last = entries()
    record, source = read_record(
        [*before, last, structs.replace(last, seq=last.seq + 1, hash=f"{last.seq + 1:064x}", event=signed)]
    )
    simulated = Rules(structs.replace(HALL, simulated=True), RULES.plan, RULES.catalogue)
    return compile_report(record, source, "inc-4", simulated, told_at=TOLD_AT)


@pytest.fixture(scope="module")
def printed(report: Document, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.pdf"
    path.write_bytes(to_pdf(report, find_fonts(), TOLD_AT))
    return path


def told(document: Document) -> Iterator[str]:
    """Yield everything that a document says."""
    yield from (document.title, document.subtitle, document.number, *document.marks)
    for block in document.blocks:
        match block:
            case Heading() | Paragraph():
                yield block.text
            case Points():
                yield from block.items
            case Facts() | Table():
                yield from (cell for row in block.rows for cell in row)
            case Signature():
                yield from (text for line in block.lines for text in line)


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def read_pdf(path: Path, *options: str) -> str:
    return subprocess.run(["pdftotext", *options, str(path), "-"], check=True, capture_output=True, text=True).stdout


def test_every_part_that_the_clause_asks_for_is_there(report: Document) -> None:
    titles = " ".join(block.text for block in report.blocks if isinstance(block, Heading))
    for part in (
        "基本情况",
        "原因",
        "性质",
        "规模",
        "经过",
        "危害",
        "影响范围",
        "措施",
        "状态",
        "趋势",
        "建议",
        "评估",
        "教训",
    ):
        assert part in titles
    facts = dict(next(block for block in report.blocks if isinstance(block, Facts)).rows)
    assert facts["发生时间"] == "2026年3月10日 09:24:50(首个征兆)"
    assert facts["地点"] == "西湖办税服务厅"
    assert facts["参与人员"] == "王主任、李工"
    assert ("签发人", "王主任") in [
        line for block in report.blocks if isinstance(block, Signature) for line in block.lines
    ]


def test_the_report_names_the_record_it_was_made_from(report: Document) -> None:
    number = len(entries()) + 1
    assert f"{number}:{number:064x}" in list(told(report))
    assert f"本厅台账第1号至第{number}号,共{number}条" in list(told(report))


def test_the_draft_is_marked_as_a_draft(report: Document) -> None:
    place = next(n for n, block in enumerate(report.blocks) if isinstance(block, Heading) and "评估" in block.text)
    after = report.blocks[place + 1]
    assert isinstance(after, Paragraph)
    assert (after.style, "草稿" in after.text) == ("draft", True)


def test_measures_that_came_late_stand_out(report: Document) -> None:
    tables = [block for block in report.blocks if isinstance(block, Table)]
    measures = next(table for table in tables if table.columns[1].title == "措施")
    assert [measures.rows[number][0] for number in sorted(measures.marked)] == ["H1", "W1"]
    owner, *rest = measures.rows[1][2:]
    assert owner == "办税服务厅负责人(王主任)"
    assert rest == ["09:25:00", "09:30:00", "王主任于09:37:00同意,超时7分钟"]


def test_a_page_says_everything_and_escapes_it(report: Document) -> None:
    nasty = structs.replace(report, subtitle="<script>alert(1)</script>&")
    html = to_page(nasty).decode()
    assert "<script>" not in html
    plain = bare(re.sub(r"<[^>]+>", "", html.split("<body>")[1]))
    assert all(bare(text) in plain for text in told(report) if text != report.subtitle)
    assert "http" not in html, "it needs nothing from anywhere"


def test_a_docx_says_everything(report: Document) -> None:
    file = docx.Document(io.BytesIO(to_docx(report)))
    paragraphs = [paragraph.text for paragraph in file.paragraphs]
    cells = [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    said = bare("".join([*paragraphs, *cells]))
    assert all(bare(text) in said for text in told(report))
    assert [paragraph.style.name for paragraph in file.paragraphs].count("Heading 1") == 9


def test_a_docx_repeats_headings_and_marks_every_page(report: Document) -> None:
    file = docx.Document(io.BytesIO(to_docx(report)))
    headed = [table.rows[0]._tr.xpath("./w:trPr/w:tblHeader") for table in file.tables]
    assert len([header for header in headed if header]) == len([b for b in report.blocks if isinstance(b, Table)])
    assert "【模拟】" in file.sections[0].header.paragraphs[0].text
    assert [field.values() for field in file.sections[0].footer._element.xpath(".//w:fldSimple")] == [
        ["PAGE"],
        ["NUMPAGES"],
    ]


def test_a_pdf_says_everything(report: Document, printed: Path) -> None:
    # in the order of the file, a column at a time is not kept together where cells have several lines
    said = bare(read_pdf(printed, "-raw"))
    short = [text for text in told(report) if 0 < len(text) <= 12]
    assert len(short) > 50
    assert [text for text in short if bare(text) not in said] == []


def test_every_page_of_a_pdf_has_its_number_and_the_mark(report: Document, printed: Path) -> None:
    pages = read_pdf(printed, "-layout").rstrip("\f").split("\f")
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert f"第{number}页共{len(pages)}页" in bare(page)
        assert report.number in page
        assert "【模拟】" in page


def test_a_pdf_embeds_only_the_letters_it_uses(printed: Path) -> None:
    listed = subprocess.run(["pdffonts", str(printed)], check=True, capture_output=True, text=True).stdout
    rows = listed.splitlines()[2:]
    assert len(rows) == 2
    assert all(re.search(r"\+Noto\S+ .* yes yes yes", row) for row in rows)
    assert printed.stat().st_size < 400_000


def test_a_table_over_several_pages_repeats_its_heading(tmp_path: Path) -> None:
    columns = [Column("甲栏", 20), Column("乙栏", 80)]
    rows = [[f"第{number}行", "内容" * 40] for number in range(60)]
    long = Document(title="长", subtitle="", number="n-1", marks=[], blocks=[Table(columns, rows)])
    path = tmp_path / "long.pdf"
    path.write_bytes(to_pdf(long, find_fonts(), TOLD_AT))
    pages = read_pdf(path, "-layout").rstrip("\f").split("\f")
    assert len(pages) > 2
    assert all("甲栏" in page for page in pages)
    assert all(f"第{number}行" in "".join(pages) for number in range(60))


def test_without_any_chinese_font_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "KNOWN", ((Path("/nowhere/a.ttf"), Path("/nowhere/b.ttf")),))
    with pytest.raises(FontMissing, match=r"fonts-noto-cjk.*report\.font"):
        find_fonts()


def test_a_font_without_chinese_letters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.ttf"
    builder = FontBuilder(1000)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    builder.setupGlyf({".notdef": Glyph(), "A": Glyph()})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "A": (500, 0)})
    builder.setupHorizontalHeader()
    builder.setupNameTable({"familyName": "Latin", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    with pytest.raises(FontMissing, match="has no Chinese letters"):
        find_fonts(str(path))


@pytest.mark.parametrize("content", [b"no font at all", b"ttcf", b"", b"ttcf\0\1\0\0\0\0\0\1\0\0\0\x10junk"])
def test_a_file_that_is_no_font_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "font.ttc").write_bytes(content)
    with pytest.raises(FontMissing, match="cannot be used as a font"):
        find_fonts(str(tmp_path / "font.ttc"))


def test_a_heading_font_that_is_named_alone_stands_beside_the_best_text_font() -> None:
    best = find_fonts()
    assert find_fonts(heading=str(best.text.path)) == Fonts(best.text, best.text) != best


def test_a_font_that_is_named_is_used_for_headings_too() -> None:
    known = find_fonts().heading
    assert find_fonts(str(known.path)) == Fonts(known, known)
    assert find_fonts(str(known.path)).text == Font(known.path, 2), "the face for letters as they are drawn in China"
