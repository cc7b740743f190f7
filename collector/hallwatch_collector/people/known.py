"""Which roles and halls there are to give to people."""

from __future__ import annotations

from pathlib import Path

from hallwatch_collector import plans
from hallwatch_collector.config import Config
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import read_hall
from hallwatch_collector.people.person import BUILT_IN


def known_roles(config: Config) -> list[str]:
    """Return the roles of the plan in force, and those that there always are.

    Raises :class:`FileRefused` when the plan cannot be read.
    """
    plan, _ = plans.load(config.plan_file, config.catalogue_file)
    return [*(role.id for role in plan.roles), *BUILT_IN]


def known_halls(config: Config) -> list[str]:
    """Return the halls that have a hall file without mistakes, as ``area/hall``."""
    plan, catalogue = plans.load(config.plan_file, config.catalogue_file)
    known = Known.of(plan, catalogue, config.areas)
    folder = HallFolder([Path(config.halls)], lambda path: read_hall(path, known))
    return [str(file.hall.key) for file in folder.look().loaded]
