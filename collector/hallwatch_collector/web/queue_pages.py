"""The technicians' queue: what is to be repaired in a hall, or in all of them, and by whom."""

from __future__ import annotations

from typing import Any, Final

from hallwatch_collector.core.hall import HallKey
from hallwatch_collector.core.views import HallView
from hallwatch_collector.web.live_page import Drawing, LivePage, Scene
from hallwatch_collector.web.naming import Naming, mark_tab, name_classes, name_things
from hallwatch_collector.web.repair_queue import Job, find_contacts, list_jobs
from hallwatch_collector.web.rights import has_to_do_with, may, may_act

JOBS_SHOWN: Final = 40
"""So many are shown; who has more before them does not read on."""


def draw_queue(scene: Scene) -> Drawing:
    """Say what is to be repaired in one hall."""
    return _draw(scene, (scene.hall,), mine=False)


def draw_own_queue(scene: Scene) -> Drawing:
    """Say what of it is the reader's."""
    return _draw(scene, (scene.hall,), mine=True)


def draw_queue_of_all(scene: Scene) -> Drawing:
    """Say what is to be repaired anywhere where the reader works."""
    return _draw(scene, _real(scene), mine=False)


def draw_own_queue_of_all(scene: Scene) -> Drawing:
    """Say what of it is the reader's."""
    return _draw(scene, _real(scene), mine=True)


def _real(scene: Scene) -> tuple[HallView, ...]:
    theirs = (view for view in scene.halls if has_to_do_with(scene.reader, HallKey(view.area, view.hall)))
    return tuple(view for view in theirs if not view.internal)


def _draw(scene: Scene, views: tuple[HallView, ...], *, mine: bool) -> Drawing:
    words, reader, plan = scene.words, scene.reader, scene.source.plan
    every = list_jobs(views, plan, words.now)
    person = reader.name
    own = [job for job in every if person and job.owner == person]
    jobs = own if mine else every
    home = f"/halls/{scene.hall.area}/{scene.hall.hall}" if scene.view else ""
    values: dict[str, Any] = {
        "jobs": jobs[:JOBS_SHOWN],
        "left": max(0, len(jobs) - JOBS_SHOWN),
        "count": len(every),
        "count_own": len(own),
        "mine": mine,
        "person": person,
        "several": scene.view is None,
        "contacts_of": lambda job: find_contacts(job.view, job.device),
        "place_of": lambda job: _name_of(job)(job.device.place) if job.device and job.device.place else "",
        "classes_of": lambda job: _say_taken(job, scene),
        "role_name": scene.role_name,
        "acts_in": lambda view: may_act(reader, HallKey(view.area, view.hall)),
        "repairs_in": lambda view: may(reader, HallKey(view.area, view.hall), plan, "repair"),
        "here": f"{home}/queue/mine" if mine else f"{home}/queue",
        "queue": f"{home}/queue",
    }
    title = words.say("queue.tab", n=len(jobs)) if jobs else words.say("queue.tab_none")
    if scene.view:
        return Drawing(mark_tab(scene.view, words, f"{title} · {scene.view.name}"), values)
    return Drawing(f"{title} · {words.say('page.title')}", values)


def _name_of(job: Job) -> Naming:
    return name_things(job.view)


def _say_taken(job: Job, scene: Scene) -> str:
    """Return which windows lack what through this."""
    class_name, name_of = name_classes(job.view, scene.words), _name_of(job)
    takes = job.incident.takes if job.incident else {}
    return scene.words.say("queue.taken_separator").join(
        scene.words.say("queue.taken", window=name_of(window), classes=scene.words.listed(map(class_name, names)))
        for window, names in list(takes.items())[:6]
    )


def _page(path: str, draw: Any) -> LivePage:
    return LivePage(path=path, template="queue.html", parts=("queue",), draw=draw)


QUEUES: Final = (
    _page("/halls/{area}/{hall}/queue", draw_queue),
    _page("/halls/{area}/{hall}/queue/mine", draw_own_queue),
    _page("/queue", draw_queue_of_all),
    _page("/queue/mine", draw_own_queue_of_all),
)
