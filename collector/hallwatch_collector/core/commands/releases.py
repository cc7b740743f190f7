"""What people do with a public text that is out (R6)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from hallwatch_collector.core.commands.command import PLAIN, WORDED, Command, Words

MOST_CHARS = 600
ReleaseId = Annotated[str, Meta(description="A public text's id, as page and journal show it.", examples=["n-4"])]
Wording = Annotated[str, Meta(max_length=MOST_CHARS, pattern=PLAIN, description="A public text; empty: none.")]
"""Never personal data of taxpayers: it stands in the journal for good."""
Corrected = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MOST_CHARS,
        pattern=WORDED,
        description="A public text.",
        examples=["因网上税务局发生故障,相关业务暂时不能办理,预计11:00恢复。"],
    ),
]


class CorrectNotice(Command, tag="correct-notice", frozen=True, kw_only=True):
    """Let a corrected wording of a public text go out: its next version."""

    release: ReleaseId
    text: Corrected
    text_en: Wording = ""
    reason: Words


class WithdrawNotice(Command, tag="withdraw-notice", frozen=True, kw_only=True):
    """Take a public text back."""

    release: ReleaseId
    reason: Words
