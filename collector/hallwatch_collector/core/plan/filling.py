"""What may stand in a field of a register: brought into one form, or said what is wrong with it (clause O7)."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from hallwatch_collector.core.plan.registers import Field, FieldKind, RegisterForm

Wrong = Literal[
    "missing", "unknown", "too-long", "unprintable", "not-number", "not-money", "not-date", "not-phone", "no-choice"
]
"""What is wrong with a field. ``unknown``: the form has no such field."""
LONGEST: Final = 200
"""Characters in a field: as much as fits on a line of the printed sheet, twice."""

_number = re.compile(r"[0-9]{1,9}")
_money = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_date = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-|年([0-9]{1,2})月|/([0-9]{1,2})/|\.([0-9]{1,2})\.)([0-9]{1,2})日?")
_mobile = re.compile(r"(?:\+?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}")
_AREA: Final = "0(?:10|2[0-9]|[3-9][0-9]{2})"
"""Codes with two figures after the 0 are those of the largest cities alone."""
_landline = re.compile(
    rf"(\({_AREA}\)|{_AREA})?[ -]?([2-9][0-9]{{2,3}}[ -]?[0-9]{{4}})(?:[ ]?(?:-|转|x|#)[ ]?([0-9]{{1,6}}))?"
)
_service = re.compile(r"[48]00[ -]?[0-9]{3}[ -]?[0-9]{4}")
_foreign = re.compile(r"\+(?!86)[1-9][0-9 -]{5,18}[0-9]")


class Filled(NamedTuple):
    """What was written into a form."""

    values: dict[str, str]
    """Field → its value in the one form in which it is kept; fields left empty are not there."""
    wrong: dict[str, Wrong]
    """Field → what is wrong with it; empty: the form can be taken."""


def check_form(form: RegisterForm, written: Mapping[str, str]) -> Filled:
    """Check what was written into a form, field by field. Takes any text."""
    values: dict[str, str] = {}
    wrong: dict[str, Wrong] = dict.fromkeys(sorted(written.keys() - {field.id for field in form.fields}), "unknown")
    for field in form.fields:
        text = tidy(written.get(field.id, ""))
        problem, value = _check(field, text) if text else ("missing" if field.required else None, "")
        if problem is not None:
            wrong[field.id] = problem
        elif value:
            values[field.id] = value
    return Filled(values, wrong)


def tidy(text: str) -> str:
    """Return a text as it is kept: full-width digits and letters as ordinary ones, single blanks, none around it."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _check(field: Field, text: str) -> tuple[Wrong | None, str]:
    if len(text) > LONGEST:
        return "too-long", ""
    if not text.isprintable():
        return "unprintable", ""
    if field.kind == "choice":
        return (None, text) if text in {tidy(choice) for choice in field.choices} else ("no-choice", "")
    read, problem = _READERS[field.kind]
    value = read(text)
    return (problem, "") if value is None else (None, value)


def _read_text(text: str) -> str:
    return text


def _read_number(text: str) -> str | None:
    digits = text.replace(",", "").removesuffix("份").strip()
    return str(int(digits)) if _number.fullmatch(digits) else None


def _read_money(text: str) -> str | None:
    told = text.replace(",", "").removeprefix("¥").removesuffix("元").strip()
    found = _money.fullmatch(told)
    return f"{int(found[1])}.{(found[2] or ''):0<2}" if found else None


def _read_date(text: str) -> str | None:
    found = _date.fullmatch(text.replace(" ", ""))
    if found is None:
        return None
    year, *months, day = found.groups()
    month = next(each for each in months if each)
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def _read_phone(text: str) -> str | None:
    """Return a number as it is dialled, its parts joined by hyphens: a mobile without, with area code and extension."""
    if _mobile.fullmatch(text):
        return re.sub(r"[ -]", "", text)[-11:]
    if found := _landline.fullmatch(text):
        return "-".join(filter(None, (re.sub(r"\D", "", each or "") for each in found.groups())))
    if _service.fullmatch(text):
        digits = re.sub(r"\D", "", text)
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return re.sub(r"[ -]+", " ", text) if _foreign.fullmatch(text) else None


_READERS: Final[Mapping[FieldKind, tuple[Callable[[str], str | None], Wrong]]] = {
    "text": (_read_text, "unprintable"),
    "number": (_read_number, "not-number"),
    "money": (_read_money, "not-money"),
    "date": (_read_date, "not-date"),
    "phone": (_read_phone, "not-phone"),
}
