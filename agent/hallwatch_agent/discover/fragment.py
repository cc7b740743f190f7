"""Writes proposed devices as a piece of a hall file. Pure.

What devices call themselves is written by strangers: it stands only in quoted strings and comments, without any
character that could end either.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from hallwatch_agent.discover.identify import Confidence
from hallwatch_agent.discover.propose import Draft, ProbeDraft

HEAD: Final = """\
# Paste this into the hall file, say of each device where it stands (place) and what it gives, then `hallwatch check`.
"""
UNKNOWN: Final = "# These answer, but tell nothing of what they are; take away the # of those to be watched."


def write_fragment(drafts: Sequence[Draft], headline: str) -> str:
    """Return TOML for these devices; those of which nothing is known come last, as comments."""
    known = [draft for draft in drafts if draft.confidence is not Confidence.NONE]
    unknown = [draft for draft in drafts if draft.confidence is Confidence.NONE]
    parts = [f"# {plain(headline)}\n{HEAD}", *map(write_device, known)]
    if unknown:
        parts.append(f"{UNKNOWN}\n")
        parts += ["".join(f"# {line}\n".replace("# \n", "#\n") for line in _lines(draft)) for draft in unknown]
    return "\n".join(parts)


def write_device(draft: Draft) -> str:
    """Return one device as TOML."""
    return "".join(f"{line}\n" for line in _lines(draft))


def quote(text: str) -> str:
    """Return *text* as a TOML string. JSON's escapes are TOML's, once the characters that TOML forbids are gone."""
    return json.dumps(plain(text), ensure_ascii=False)


def plain(text: str) -> str:
    """Return *text* on one line, without control, direction and other invisible characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _lines(draft: Draft) -> list[str]:
    lines = [f"# {draft.address}: {plain(note)}" for note in draft.notes[:1]]
    lines += [f"# {plain(note)}" for note in draft.notes[1:]]
    lines += ["[[devices]]", f"id = {quote(draft.id)}", f"kind = {quote(draft.kind)}", f"name = {quote(draft.name)}"]
    lines += ['# place = "w1"']
    lines += [f"# gives = [{quote(draft.gives)}]"] if draft.gives else []
    for probe in draft.probes:
        lines += ["", *_probe_lines(probe)]
    return lines


def _probe_lines(probe: ProbeDraft) -> list[str]:
    lines = ["[[devices.probes]]", f"kind = {quote(probe.kind)}"]
    lines += [f"{key} = {_value(value)}" for key, value in probe.options.items()]
    if probe.choices:
        lines += [f"{probe.choices_key} = [  # those that are up now; take away the # of those that must be up"]
        lines += [f"#   {quote(item)},{f'  # {plain(about)}' if about else ''}" for item, about in probe.choices]
        lines += ["]"]
    return lines


def _value(value: Any) -> str:
    return quote(value) if isinstance(value, str) else json.dumps(value)
