"""A document as HTML: a page that can be kept and printed."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from hallwatch_collector.report.document import Document

_environment = Environment(
    loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
)
_environment.filters["kind"] = lambda block: type(block).__name__


def to_page(document: Document) -> bytes:
    """Return the document as a page of its own that needs nothing else."""
    return _environment.get_template("page.html").render(document=document).encode()
