"""What a page may load and run (Content Security Policy Level 3): nothing but our own files."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

STYLES: Final = "style-src 'self'"
POLICY: Final = (
    f"default-src 'none'; script-src 'self'; {STYLES}; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_style = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


def allow_styles_of(page: bytes) -> str:
    """Return the policy of a page that is kept as a file, and so has its own style sheet in it: these, to the letter.

    *page* is ours, with all that others wrote escaped.
    """
    digests = (base64.b64encode(hashlib.sha256(each).digest()).decode() for each in _style.findall(page))
    return POLICY.replace(STYLES, " ".join((STYLES, *(f"'sha256-{digest}'" for digest in digests))))
