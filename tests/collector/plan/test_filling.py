"""What may stand in a field of a register (O7): brought into one form, or said what is wrong."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.plan import Field, RegisterForm, check_form
from hallwatch_collector.core.plan.filling import LONGEST
from hallwatch_collector.core.plan.registers import FieldKind
from hallwatch_collector.plans import load

FORMS = load()[0].registers
KINDS: tuple[FieldKind, ...] = ("text", "number", "money", "date", "phone")


def form(kind: FieldKind, *, required: bool = True) -> RegisterForm:
    field = Field(
        id="a", name="某项", kind=kind, choices=["一般", "加急"] if kind == "choice" else [], required=required
    )
    return RegisterForm(id="r", clause="O7", name="登记簿", prefix="A", fields=[field])


def check(kind: FieldKind, text: str) -> str:
    """Return the value as it is kept, or what is wrong."""
    filled = check_form(form(kind), {"a": text})
    return filled.wrong.get("a") or filled.values["a"]


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text", "  杭州  某公司 ", "杭州 某公司"),
        ("text", "ＡＢＣ１２３", "ABC123"),
        ("text", "x" * (LONGEST + 1), "too-long"),
        ("text", "甲\u200b公司\u202e", "unprintable"),
        ("text", " \u3000 ", "missing"),
        ("number", "25", "25"),
        ("number", "２５份", "25"),
        ("number", "1,000", "1000"),
        ("number", "007", "7"),
        ("number", "-1", "not-number"),
        ("number", "2.5", "not-number"),
        ("number", "٣", "not-number"),
        ("money", "1280.5", "1280.50"),
        ("money", "¥1,280元", "1280.00"),
        ("money", "0", "0.00"),
        ("money", "1.234", "not-money"),
        ("money", "一百", "not-money"),
        ("date", "2026-03-10", "2026-03-10"),
        ("date", "2026年3月9日", "2026-03-09"),
        ("date", "2026/3/9", "2026-03-09"),
        ("date", "2026.03.09", "2026-03-09"),
        ("date", "2026-02-30", "not-date"),
        ("date", "2026-3/9", "not-date"),
        ("date", "明天", "not-date"),
        ("phone", "13812345678", "13812345678"),
        ("phone", "138 1234 5678", "13812345678"),
        ("phone", "+86 138-1234-5678", "13812345678"),
        ("phone", "0571-87654321", "0571-87654321"),
        ("phone", "0571 8765 4321", "0571-87654321"),
        ("phone", "(0571)87654321转801", "0571-87654321-801"),
        ("phone", "02187654321", "021-87654321"),
        ("phone", "05718765432", "0571-8765432"),
        ("phone", "8765432", "8765432"),
        ("phone", "400-800-1234", "400-800-1234"),
        ("phone", "4008001234", "400-800-1234"),
        ("phone", "+852-2345 6789", "+852 2345 6789"),
        ("phone", "1381234567", "not-phone"),
        ("phone", "12345", "not-phone"),
        ("phone", "无", "not-phone"),
        ("phone", "=1+1", "not-phone"),
        ("choice", "加急", "加急"),
        ("choice", "特急", "no-choice"),
    ],
)
def test_a_field_is_kept_in_one_form_or_refused(kind: FieldKind, text: str, kept: str) -> None:
    assert check(kind, text) == kept


def test_what_is_not_required_may_be_empty_and_every_wrong_field_is_named() -> None:
    sale = next(each for each in FORMS if each.id == "invoice-sale")
    filled = check_form(sale, {"name": "某公司", "phone": "1", "amount": "x", "hint": "?", "quantity": "3"})
    assert filled.wrong == {
        "hint": "unknown", "tax-code": "missing", "address": "missing", "phone": "not-phone",
        "invoice-type": "missing", "amount": "not-money", "fee": "missing",
    }  # fmt: skip
    assert filled.values == {"name": "某公司", "quantity": "3"}
    assert check_form(form("date", required=False), {}) == ({}, {})


@pytest.mark.parametrize("register", FORMS, ids=lambda each: each.id)
def test_the_registers_have_the_fields_of_the_plan(register: RegisterForm) -> None:
    """O7: what names a taxpayer is personal (the tax code of a natural person is that of the identity card), and what
    is written freely."""
    personal = {field.id for field in register.fields if field.personal}
    assert personal == {field.id for field in register.fields} & {
        "name", "address", "phone", "contact", "tax-code", "business", "papers",
    }  # fmt: skip
    assert register.mark == "应急使用"


@given(st.dictionaries(st.sampled_from(["a", "b", ""]), st.text()), st.sampled_from([*KINDS, "choice"]), st.booleans())
def test_any_text_is_taken_or_named_and_what_is_taken_is_taken_again(
    written: dict[str, str], kind: FieldKind, required: bool
) -> None:
    asked = form(kind, required=required)
    filled = check_form(asked, written)
    assert not filled.values.keys() & filled.wrong.keys()
    assert filled.wrong.keys() >= written.keys() - {"a"}
    if not filled.wrong:
        assert check_form(asked, filled.values) == (filled.values, {})
        assert all(value.isprintable() and 0 < len(value) <= LONGEST for value in filled.values.values())


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]))
def test_every_date_is_read(date: dt.date, written: str) -> None:
    text = written.replace("%Y", f"{date.year:04d}").replace("%m", str(date.month)).replace("%d", str(date.day))
    assert check("date", text) == date.isoformat()


@given(st.decimals(min_value=0, max_value=10**11, places=2))
def test_every_amount_is_read_to_the_cent(amount: Decimal) -> None:
    assert Decimal(check("money", f"{amount:,.2f}")) == amount


@given(st.integers(13_000_000_000, 19_999_999_999))
def test_every_mobile_number_is_one(number: int) -> None:
    assert check("phone", str(number)) == str(number)
