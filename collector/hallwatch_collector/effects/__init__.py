"""Station 8: what is done about decisions. ``EFFECTS`` is the registry: a new effect is one new file and one word."""

from __future__ import annotations

from hallwatch_collector.effects.alerts import Alerts
from hallwatch_collector.effects.assignment import Assignments
from hallwatch_collector.effects.board import Boards
from hallwatch_collector.effects.effect import Effect, Outlets
from hallwatch_collector.effects.look import Looks
from hallwatch_collector.effects.notice import Notices
from hallwatch_collector.effects.sign import Signs

EFFECTS: tuple[type[Effect], ...] = (Alerts, Signs, Notices, Boards, Assignments, Looks)

__all__ = ["EFFECTS", "Effect", "Outlets"]
