"""A report as a file in one of its forms; each form's library is loaded when it is asked for."""

from __future__ import annotations

from typing import Protocol

from hallwatch_collector.report.document import Document


class FontNames(Protocol):
    """Which fonts a PDF is written with; empty: the best that are installed."""

    @property
    def font(self) -> str:
        """File of the text font."""
        ...

    @property
    def heading_font(self) -> str:
        """File of the heading font."""
        ...


def write_file(document: Document, form: str, fonts: FontNames, now: float) -> bytes:
    """Return a document as ``html``, ``txt``, ``docx`` or ``pdf``; raise ``FontMissing`` where that needs one."""
    if form == "html":
        from hallwatch_collector.report.page import to_page

        return to_page(document)
    if form == "txt":
        from hallwatch_collector.report.text import to_text

        return to_text(document).encode()
    if form == "docx":
        from hallwatch_collector.report.docx import to_docx

        return to_docx(document)
    from hallwatch_collector.report.fonts import find_fonts
    from hallwatch_collector.report.pdf import to_pdf

    return to_pdf(document, find_fonts(fonts.font, fonts.heading_font), now)
