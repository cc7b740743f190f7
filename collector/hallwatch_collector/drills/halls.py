"""In which hall a drill is held, and its twin."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hallwatch_collector import plans
from hallwatch_collector.config import Config
from hallwatch_collector.drills.scenario import Scenario
from hallwatch_collector.drills.twin import make_twin
from hallwatch_collector.halls.check import Known
from hallwatch_collector.halls.folder import HallFolder
from hallwatch_collector.halls.read import HallFile, read_hall
from hallwatch_collector.problems import name_choices
from hallwatch_collector.remote import NotCarriedOut


def find_hall(config: Config, name: str | None) -> HallFile:
    """Return the file of a hall, by its key or its path; raise :class:`NotCarriedOut` when there is no good one."""
    known = known_to(config)
    if name is not None and name.endswith(".toml"):
        return read_hall(Path(name), known)
    found = HallFolder([Path(config.halls)], lambda path: read_hall(path, known)).look()
    halls = {str(file.hall.key): file for file in found.loaded if not file.hall.drill}
    meant = [key for key in halls if name in (None, key, key.partition("/")[2])]
    if len(meant) != 1:
        broken = "".join(f"\n{problem}" for problem in found.refused)
        raise NotCarriedOut(f"say which hall with --hall; {name_choices(name or '', halls, 'no halls')}{broken}")
    return halls[meant[0]]


def known_to(config: Config) -> Known:
    """Return what hall files may name."""
    plan, catalogue = plans.load(config.plan_file, config.catalogue_file)
    return Known.of(plan, catalogue, config.areas)


def twin_of(config: Config, real: HallFile, scenario: Scenario, now: float) -> tuple[str, HallFile]:
    """Return the text of a hall's twin and what it says."""
    moment = dt.datetime.fromtimestamp(now, ZoneInfo(real.hall.timezone))
    said = (
        f"The twin of {real.path.name} for a drill at {moment:%Y-%m-%d %H:%M:%S}; hallwatch drill takes it away again."
    )
    text = make_twin(tomllib.loads(real.content.decode()), scenario, moment.date(), said)
    with TemporaryDirectory() as folder:
        draft = Path(folder) / "twin.toml"
        draft.write_text(text, encoding="utf-8")
        return text, read_hall(draft, known_to(config))
