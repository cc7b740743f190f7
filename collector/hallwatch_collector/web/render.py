"""Pictures to HTML: one rendering for the first page and for every live change after it, shared by all who look."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from msgspec import Struct

from hallwatch_collector.core.extension_words import day_name
from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.core.workdays import WHYS
from hallwatch_collector.web.cookies import FORM_MARK
from hallwatch_collector.web.incident import at_most
from hallwatch_collector.web.live_page import Drawing, LivePage, Place, Scene
from hallwatch_collector.web.reader import Reader
from hallwatch_collector.web.rights import has_to_do_with
from hallwatch_collector.web.source import Source
from hallwatch_collector.web.texts import Words, load_catalogue
from hallwatch_collector.web.trouble import gather_faults, group_devices
from hallwatch_collector.web.veil import veil
from hallwatch_collector.web.verdict import MARK_OF_WINDOW, sort_classes

REFRESH_S: Final = 15.0
"""Pages are rendered anew this often even if nothing changed, so that "3 minutes ago" stays true."""
KEPT_AT_MOST: Final = 512
"""So many pictures are kept; those that nobody asked for the longest go first."""
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


class Part(NamedTuple):
    """A section of a page; ``digest`` tells whether it is still the same."""

    id: str
    digest: str
    html: str


class Picture(NamedTuple):
    """A rendered page, without its frame."""

    clock: str
    """The moment it shows, by the hall's clocks."""
    as_of: str
    tab: str
    """The title of the browser's tab: the verdict before the name."""
    frame: str
    """Stands for the page's frame: the program's version, and what the hall is called."""
    parts: tuple[Part, ...]


Shown = tuple[Picture, Scene, dict[str, Any]]
"""A picture, the scene it is of, and what the frame of the page needs."""
Entry = tuple[str, Place, Reader]
"""On the shelf: the page's path, what it is about, and for whom."""


class Stamp(NamedTuple):
    """Of what a kept picture was drawn beside the hall. Views are compared by being the same: that is quick."""

    halls: tuple[HallView, ...]
    problems: tuple[str, ...]
    turn: float
    """Grows every :data:`REFRESH_S`."""

    def holds(self, later: Stamp) -> bool:
        """Tell whether nothing of this has changed."""
        same = len(self.halls) == len(later.halls) and all(a is b for a, b in zip(self.halls, later.halls, strict=True))
        return same and self[1:] == later[1:]


class Kept(Struct):
    """A picture on the shelf."""

    stamp: Stamp
    view: HallView | None
    """The view itself, not its id: it cannot be freed and its address given to another."""
    shown: object
    """What of the view the page shows."""
    drawn: Shown


class Renderer:
    """Renders each picture once for a version, a language and a role, however many boards look at it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._shelf: OrderedDict[Entry, Kept] = OrderedDict()
        self._veiled: dict[tuple[str, str, str], tuple[HallView, HallView]] = {}
        self._environment = Environment(
            loader=PackageLoader(__package__), autoescape=True, trim_blocks=True, lstrip_blocks=True,
            undefined=StrictUndefined,
        )  # fmt: skip
        self._environment.filters["named"] = lambda name, naming: naming(name)
        self._environment.filters["at_most"] = at_most
        self.stamp = _stamp_of_assets()
        """Of style sheets and scripts: changes with the program's version."""
        self._environment.globals.update(stamp=self.stamp, form_token=FORM_MARK)
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

    def picture(self, page: LivePage, place: Place, reader: Reader) -> Picture | None:
        """Return a live page as it is now; None when what it is about is not, or no longer, there."""
        drawn = self.draw(page, place, reader)
        return drawn[0] if drawn else None

    def draw(self, page: LivePage, place: Place, reader: Reader, prepared: Any = None) -> Shown | None:
        """Return a live page as it is now, with what its frame needs, or None as :meth:`picture` does."""
        reader = reader._replace(name="") if page.kept else reader
        view = self._source.view(place.key) if place.key else None
        if place.key and view is None:
            self._forget(place)
            return None
        view = self.veil(view, reader) if view else None
        now, halls = self._source.now(), self._halls(place, reader)
        if not page.kept:
            return self._draw(page, self._look(place, view, halls, reader, now)._replace(prepared=prepared))
        stamp = Stamp(halls, tuple(self._source.problems()), now // REFRESH_S)
        entry = (page.path, place, reader)
        return self._take_kept(page, entry, view, stamp) or self._keep(page, entry, stamp, view, now)

    def page(self, template: str, words: Words, **values: Any) -> str:
        """Return a whole page; who reads it is nobody known unless ``reader`` says so."""
        values.setdefault("reader", Reader(words.language))
        return self._environment.get_template(template).render(words=words, say=words.say, **values)

    def role_names(self, words: Words) -> Callable[[str], str]:
        """Return what says a role's name as the plan has it."""
        roles = {role.id: words.pick(role.name, role.name_en) for role in self._source.plan.roles}
        return lambda role: roles.get(role) or words.term("role", role)

    def _halls(self, place: Place, reader: Reader) -> tuple[HallView, ...]:
        """Return what a scene shows beside its hall. One hall's page asks for no other: there may be hundreds."""
        halls = self._source.own() if place.key else self._source.halls()
        return tuple(each for each in halls if place.key or reader.sees(each))

    def _look(
        self, place: Place, view: HallView | None, halls: tuple[HallView, ...], reader: Reader, now: float
    ) -> Scene:
        """Return of what a page is drawn now. *view*: the hall's picture, None on a page of all halls."""
        if view is None:
            words = Words(reader.language, now)
        else:
            parts = view.part_names if reader.language == "zh-CN" else view.part_names_en
            words = Words(reader.language, now, view.timezone, parts)
        return Scene(self._source, place, view, halls, reader, words, self.role_names(words))

    def _take_kept(self, page: LivePage, entry: Entry, view: HallView | None, stamp: Stamp) -> Shown | None:
        """Return what was drawn before, while it still shows how it is. Every open page asks after every change."""
        kept = self._shelf.get(entry)
        if kept is None or not kept.stamp.holds(stamp):
            return None
        if view is not None and kept.view is not view:
            if kept.shown != page.shows(view):
                return None
            kept.view = view  # who asks next sees at once that it is the same
        self._shelf.move_to_end(entry)
        return kept.drawn

    def _keep(self, page: LivePage, entry: Entry, stamp: Stamp, view: HallView | None, now: float) -> Shown | None:
        _, place, reader = entry
        drawn = self._draw(page, self._look(place, view, stamp.halls, reader, now))
        if drawn:
            self._shelf[entry] = Kept(stamp, view, page.shows(view) if view else None, drawn)
            self._shelf.move_to_end(entry)
            if len(self._shelf) > KEPT_AT_MOST:
                self._shelf.popitem(last=False)
        return drawn

    def veil(self, view: HallView, reader: Reader) -> HallView:
        """Return a hall's picture as this reader may see it, the same one as long as the picture is the same."""
        if has_to_do_with(reader, HallKey(view.area, view.hall)):
            return view
        somebody = load_catalogue(reader.language)["people.somebody"]
        key = (view.area, view.hall, somebody)
        kept = self._veiled.get(key)
        if kept is None or kept[0] is not view:
            kept = self._veiled[key] = (view, veil(view, somebody))
        return kept[1]

    def _forget(self, place: Place) -> None:
        for entry in [entry for entry in self._shelf if entry[1].key == place.key]:
            del self._shelf[entry]

    def _draw(self, page: LivePage, scene: Scene) -> Shown | None:
        drawing = page.draw(scene)
        if drawing is None:
            return None
        words = scene.words
        clock = words.clock(words.now)
        parts = tuple(self._part(name, words, drawing) for name in page.parts)
        picture = Picture(clock, words.say("page.as_of", clock=clock), drawing.tab, self._frame(scene.view), parts)
        return picture, scene, drawing.page

    def _frame(self, view: HallView | None) -> str:
        said = (view.name, view.simulated, view.drill) if view else ()
        return _digest(repr((self.stamp, said)))

    def _part(self, name: str, words: Words, drawing: Drawing) -> Part:
        html = self.page(f"parts/{name}.html", words, **drawing.values).strip()
        return Part(name, _digest(html), html)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _stamp_of_assets() -> str:
    """Return a digest of the style sheet and the script, so that browsers never mix old ones with new pages."""
    assets = files(__package__).joinpath("static")
    names = sorted(entry.name for entry in assets.iterdir() if entry.is_file())
    return hashlib.blake2b(b"".join(assets.joinpath(name).read_bytes() for name in names), digest_size=6).hexdigest()
