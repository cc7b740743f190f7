"""Pictures to HTML: one rendering for the first page and for every live change after it, shared by all who look."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from hallwatch_collector.core.extension_words import day_name
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.next_steps import find_next_steps
from hallwatch_collector.core.orders.reports import REPORTED
from hallwatch_collector.core.plan.notices import OUTLETS
from hallwatch_collector.core.views import HallView, IncidentView
from hallwatch_collector.core.workdays import WHYS
from hallwatch_collector.web.crowd import find_crowds
from hallwatch_collector.web.incident import at_most, find_course, find_life, share_measures
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import Language, Words
from hallwatch_collector.web.trouble import (
    STANDING,
    find_attention,
    find_troubles,
    gather_faults,
    group_devices,
    sort_incidents,
)
from hallwatch_collector.web.undelivered import find_undelivered
from hallwatch_collector.web.verdict import MARK_OF_WINDOW, dim, judge, sort_classes, window_state

REFRESH_S: Final = 15.0
"""Pages are rendered anew this often even if nothing changed, so that "3 minutes ago" stays true."""
HALL_PARTS: Final = (
    "now",
    "undelivered",
    "maintenance",
    "next",
    "tasks",
    "trouble",
    "windows",
    "done",
    "signs",
    "notices",
    "deadlines",
    "incidents",
    "registers",
    "devices",
    "contacts",
    "agents",
    "self",
)
INCIDENT_PARTS: Final = (
    "incident-life", "incident-acts", "incident-asked", "registers", "notices", "deadlines", "incident-alerts",
    "incident-course",
)  # fmt: skip
COURSE_SHOWN: Final = 12
"""Of what happened to an incident, so much is shown at once."""
STEPS_SHOWN: Final = 4
"""Steps that people are to do beyond these are folded, so that what is wrong is not far below them."""
CARDS_SHOWN: Final = 8
"""What is wrong beyond these has a line each, folded; its own page says the rest."""
ROWS_SHOWN: Final = 12
"""Of lists of what is plain, so much is shown at once."""
ROWS_AT_MOST: Final = 60
"""More than that of what its own incident's page shows too is counted: a page of a thousand steps helps nobody."""
APART_AT_MOST: Final = 4
"""More devices than that of which nothing is known are one card with their names."""
INDEX_PARTS: Final = ("halls",)


class Part(NamedTuple):
    """A section of a page; ``digest`` tells whether it is still the same."""

    id: str
    digest: str
    html: str


class Reader(NamedTuple):
    """What a page depends on beside the hall: who looks at it."""

    language: Language
    may_act: bool


class Picture(NamedTuple):
    """A rendered hall (or the list of halls)."""

    version: int
    clock: str
    """The moment it shows, by the hall's clocks."""
    as_of: str
    tab: str
    """The title of the browser's tab: the verdict before the name."""
    parts: tuple[Part, ...]


class Renderer:
    """Renders each picture once for a version, a language and a role, however many boards look at it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shelf: dict[tuple[HallKey | None, Reader], tuple[tuple[Any, ...], Picture]] = {}
        self._environment = Environment(
            loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True,
            undefined=StrictUndefined,
        )  # fmt: skip
        self._environment.filters["named"] = lambda name, naming: naming(name)
        self._environment.filters["at_most"] = at_most
        self._environment.globals.update(stamp=_stamp_of_assets())
        self._environment.globals.update(
            steps_shown=STEPS_SHOWN,
            cards_shown=CARDS_SHOWN,
            rows_shown=ROWS_SHOWN,
            rows_at_most=ROWS_AT_MOST,
            mark_of_window=MARK_OF_WINDOW,
            sort_classes=sort_classes,
            group_devices=group_devices,
            gather_faults=gather_faults,
            apart_at_most=APART_AT_MOST,
            day_name=day_name,
            whys=WHYS,
        )

    def hall(self, key: HallKey, reader: Reader) -> Picture | None:
        """Return the picture of one hall as it is now, or None when there is no such hall."""
        view = self._source.view(key)
        if view is None:
            for shelved in [entry for entry in self._shelf if entry[0] == key]:
                del self._shelf[shelved]
            return None
        internal = self._internal()
        return self._shelved(key, reader, (view, *internal), lambda: self._draw_hall(view, internal, reader))

    def incident(self, key: HallKey, name: str, reader: Reader) -> Picture | None:
        """Return the picture of one incident as it is now, or None when it is not, or no longer, there.

        It is not kept: few look at the same incident, and many incidents come and go.
        """
        view = self._source.view(key)
        incident = next((each for each in view.incidents if each.id == name), None) if view else None
        return self._draw_incident(view, incident, reader) if view and incident else None

    def index(self, reader: Reader) -> Picture:
        """Return the picture of the list of halls as it is now."""
        views = tuple(self._source.halls())
        return self._shelved(None, reader, views, lambda: self._draw_index(views, reader))

    def page(self, template: str, words: Words, **values: Any) -> str:
        """Return a whole page."""
        return self._environment.get_template(template).render(words=words, say=words.say, **values)

    def role_names(self, words: Words) -> Callable[[str], str]:
        """Return what says a role's name as the plan has it."""
        roles = {role.id: words.pick(role.name, role.name_en) for role in self._source.plan.roles}
        return lambda role: roles.get(role) or words.term("role", role)

    def _internal(self) -> tuple[HallView, ...]:
        return tuple(view for view in self._source.halls() if view.internal)

    def _shelved(
        self, key: HallKey | None, reader: Reader, views: tuple[HallView, ...], draw: Callable[[], Picture]
    ) -> Picture:
        # The views themselves, not their ids: a view on the shelf cannot be freed and its address given to another.
        stamp = (views, tuple(self._source.problems()), self._source.now() // REFRESH_S)
        shelved = self._shelf.get((key, reader))
        if shelved and shelved[0][1:] == stamp[1:] and _same(shelved[0][0], views):
            return shelved[1]
        picture = draw()
        self._shelf[key, reader] = (stamp, picture)
        return picture

    def _draw_hall(self, view: HallView, internal: Sequence[HallView], reader: Reader) -> Picture:
        now = self._source.now()
        parts = view.part_names if reader.language == "zh-CN" else view.part_names_en
        words = Words(reader.language, now, view.timezone, parts)
        verdict = judge(view, now)
        if verdict.kind == "blind":
            view = dim(view)
        class_names = {
            id_: words.pick(name, view.class_names_en.get(id_, "")) for id_, name in view.class_names.items()
        }
        values = {
            "view": view,
            "verdict": verdict,
            "troubles": find_troubles(view),
            "attention": find_attention(view),
            "crowds": find_crowds(view),
            "crowd_classes": lambda crowd: [
                words.say("crowd.class", name=_naming(class_names)(name), people=words.value("people_waiting", people))
                for name, people in crowd.classes
            ],
            "undelivered": find_undelivered(view, now),
            "registers": view.registers,
            "notices": view.notices,
            "deadlines": view.deadlines,
            "role_name": self.role_names(words),
            "group_name": _naming({each.id: words.pick(each.name, each.name_en) for each in self._source.plan.groups}),
            "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
            "next_steps": find_next_steps(view, self._source.plan),
            "incidents": sort_incidents(view, words.day_began_at()),
            "window_states": {window.id: window_state(window) for window in view.windows},
            "name_of": _naming(_names(view)),
            "class_name": _naming(class_names),
            "capability_name": lambda name: class_names.get(name) or words.term("capability", name),
            "internal": internal,
            "problems": self._source.problems(alerts=False),
            "may_act": reader.may_act,
        }
        tab = f"{words.say(verdict.headline, n=verdict.count)} · {view.name}"
        tab = _marked(view, words, tab)
        return _picture(view.version, words, tab, self._parts(HALL_PARTS, words, values))

    def _draw_incident(self, view: HallView, incident: IncidentView, reader: Reader) -> Picture:
        parts = view.part_names if reader.language == "zh-CN" else view.part_names_en
        words = Words(reader.language, self._source.now(), view.timezone, parts)
        device = next((each for each in view.devices if each.id == incident.device), None)
        values = {
            "view": view,
            "incident": incident,
            "standing": STANDING,
            "state": (device.state if device else "degraded") if incident.status in STANDING else "ok",
            "life": find_life(incident),
            "shares": share_measures(view, incident, self._source.plan),
            "course": find_course(view, incident),
            "alert": next((each for each in view.alerts if each.incident == incident.id), None),
            "others": [each for each in view.incidents if each.status != "closed" and each.id != incident.id],
            "reported": any(name.startswith(REPORTED) for name in incident.faults) and incident.status in STANDING,
            "plan": self._source.plan,
            "name_of": _naming(_names(view)),
            "class_name": _naming(
                {name: words.pick(each, view.class_names_en.get(name, "")) for name, each in view.class_names.items()}
            ),
            "role_name": self.role_names(words),
            "outlet_name": lambda outlet: words.pick(*OUTLETS[outlet]),
            "registers": [each for each in view.registers if each.incident == incident.id],
            "notices": [each for each in view.notices if each.incident == incident.id],
            "deadlines": [each for each in view.deadlines if each.extension and each.extension.incident == incident.id],
            "course_shown": COURSE_SHOWN,
            "may_act": reader.may_act,
        }
        tab = f"{incident.device_name} {words.term('status', incident.status)} · {view.name}"
        tab = _marked(view, words, tab)
        return _picture(view.version, words, tab, self._parts(INCIDENT_PARTS, words, values))

    def _draw_index(self, views: Sequence[HallView], reader: Reader) -> Picture:
        now = self._source.now()
        words = Words(reader.language, now)
        rows = [(view, judge(view, now)) for view in views if not view.internal]
        values = {
            "rows": rows,
            "internal": [view for view in views if view.internal],
            "problems": self._source.problems(alerts=False),
        }
        tab = f"{words.say('page.halls_title')} · {words.say('page.title')}"
        return _picture(0, words, tab, self._parts(INDEX_PARTS, words, values))

    def _parts(self, names: Sequence[str], words: Words, values: dict[str, Any]) -> tuple[Part, ...]:
        return tuple(self._part(name, words, values) for name in names)

    def _part(self, name: str, words: Words, values: dict[str, Any]) -> Part:
        html = self.page(f"parts/{name}.html", words, **values).strip()
        return Part(name, hashlib.blake2b(html.encode(), digest_size=8).hexdigest(), html)


def _names(view: HallView) -> dict[str, str]:
    windows = {window.id: window.name for window in view.windows}
    return view.place_names | windows | {device.id: device.name for device in view.devices}


def _naming(names: dict[str, str]) -> Callable[[str], str]:
    """Return what says the name for an id, and the id itself where there is none."""
    return lambda id_: names.get(id_, id_)


def _picture(version: int, words: Words, tab: str, parts: tuple[Part, ...]) -> Picture:
    clock = words.clock(words.now)
    return Picture(version, clock, words.say("page.as_of", clock=clock), tab, parts)


def _same(old: tuple[HallView, ...], new: tuple[HallView, ...]) -> bool:
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))


def _stamp_of_assets() -> str:
    """Return a digest of the style sheet and the script, so that browsers never mix old ones with new pages."""
    assets = files(__package__).joinpath("static")
    names = sorted(entry.name for entry in assets.iterdir() if entry.is_file())
    return hashlib.blake2b(b"".join(assets.joinpath(name).read_bytes() for name in names), digest_size=6).hexdigest()


def _marked(view: HallView, words: Words, tab: str) -> str:
    """Put before a title that what it is about is not real."""
    mark = "drill" if view.drill else "simulated" if view.simulated else ""
    return f"[{words.say(f'{mark}.tag')}] {tab}" if mark else tab
