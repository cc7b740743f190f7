"""The words of an emergency register: its name, and how much of it is still to be done."""

from __future__ import annotations

from typing import Final

from hallwatch_collector.core.model import Model
from hallwatch_collector.core.register_state import EntryStatus
from hallwatch_collector.core.registers import form_of
from hallwatch_collector.core.state import Incident
from hallwatch_collector.core.things import REGISTER

TO_DO: Final[tuple[tuple[EntryStatus, str, str], ...]] = (
    ("accepted", "笔待补录", "to enter"),
    ("entered", "笔待告知", "to tell"),
    ("blank", "张空白表待录入或登记未使用", "blank sheets to type in or return"),
)


def say_register(model: Model, subject: str) -> tuple[str, str]:
    """Return the register's name, in Chinese and English."""
    form = form_of(model, subject.removeprefix(REGISTER))
    return form.name, form.name_en or form.name


def say_entries(incident: Incident, subject: str) -> tuple[str, str]:
    """Say how many entries are to be entered into the system or told to the taxpayer (O8), and what sheets are out."""
    register = incident.registers.get(subject.removeprefix(REGISTER))
    states = [entry.status for entry in register.entries] if register else []
    left = [(count, zh, en) for status, zh, en in TO_DO if (count := states.count(status))]
    if left:
        return "、".join(f"{count}{zh}" for count, zh, _ in left), ", ".join(f"{count} {en}" for count, _, en in left)
    told = states.count("told")
    return (f"{told}笔均已办结", f"all {told} done") if told else ("尚无登记", "nothing written down yet")
