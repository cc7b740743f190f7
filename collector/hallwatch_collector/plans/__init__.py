"""The emergency plan and the fault catalogue as data, and how they are loaded.

``county.toml`` is the default plan, ``catalogue.toml`` the default catalogue; a county puts its own file in their place
by configuration, without code.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from importlib.resources import files
from pathlib import Path

import msgspec

from hallwatch_collector.core.catalogue import Catalogue, decode_catalogue
from hallwatch_collector.core.plan import Plan, decode_plan


class PlanError(ValueError):
    """A plan or catalogue file that cannot be used; the text names the file, the key and what is wrong."""


def load(plan: Path | None = None, catalogue: Path | None = None) -> tuple[Plan, Catalogue]:
    """Load a plan and a catalogue, the shipped ones where none is named; raise :class:`PlanError` if one is wrong."""
    shipped = files(__package__)
    plan_name, plan_bytes = (
        _read(plan, "county.toml") if plan else ("county.toml", (shipped / "county.toml").read_bytes())
    )
    catalogue_name, catalogue_bytes = (
        _read(catalogue, "catalogue.toml")
        if catalogue
        else ("catalogue.toml", (shipped / "catalogue.toml").read_bytes())
    )
    try:
        ready = decode_plan(plan_bytes)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PlanError(f"{plan_name}: {error}") from None
    try:
        faults = decode_catalogue(catalogue_bytes)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise PlanError(f"{catalogue_name}: {error}") from None
    _refuse_twins(plan_name, [template.id for template in ready.measures], "measures")
    _refuse_twins(catalogue_name, [fault.id for fault in faults.faults], "faults")
    return ready, faults


def _read(path: Path, what: str) -> tuple[str, bytes]:
    try:
        return str(path), path.read_bytes().removeprefix(BOM_UTF8)
    except OSError as error:
        raise PlanError(f"{path}: {error.strerror}; name a file like the shipped {what}") from None


def _refuse_twins(name: str, ids: list[str], key: str) -> None:
    twins = sorted({each for each in ids if ids.count(each) > 1})
    if twins:
        raise PlanError(f"{name}: {key}: the id {twins[0]} stands there twice; each must be its own")
