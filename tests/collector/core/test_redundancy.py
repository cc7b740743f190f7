"""Halls with two uplinks and two switches, wired at random: whose incident it is, against a brute-force oracle."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hallwatch_collector.core.hall import Device
from parts.county import Bench, hall, probe

UPLINKS = ("up-1", "up-2")
SWITCHES = ("sw-1", "sw-2")
LEAVES = ("d-1", "d-2", "d-3", "d-4")
Wiring = dict[str, list[str | list[str]]]


@st.composite
def wirings(draw: st.DrawFn) -> Wiring:
    """Return what each device needs: one of those above, either of both, or one after the other."""

    def needs(above: tuple[str, ...]) -> list[str | list[str]]:
        one, two = above
        ways: list[list[str | list[str]]] = [[], [one], [two], [[one, two]], [one, two]]
        return draw(st.sampled_from(ways))

    wiring: Wiring = {uplink: [] for uplink in UPLINKS}
    wiring |= {switch: needs(UPLINKS) for switch in SWITCHES}
    return wiring | {leaf: needs(SWITCHES) for leaf in LEAVES}


def is_cut(wiring: Wiring, broken: set[str], device: str) -> bool:
    """The oracle: something that it needs is broken or cut off itself, and so is whatever could stand in for that."""
    groups = [[each] if isinstance(each, str) else each for each in wiring[device]]
    return any(all(each in broken or is_cut(wiring, broken, each) for each in group) for group in groups)


def build(wiring: Wiring) -> Bench:
    kinds = dict.fromkeys(UPLINKS, "router") | dict.fromkeys(SWITCHES, "switch")
    devices = [
        Device(id=name, kind=kinds.get(name, "other"), name=name, depends_on=needs, probes=[probe()])  # type: ignore[arg-type]
        for name, needs in wiring.items()
    ]
    bench = Bench(hall(devices))
    bench.born()
    return bench


def watch(bench: Bench, wiring: Wiring, broken: set[str], cycles: int = 8) -> None:
    for _ in range(cycles):
        bench.wait(2)
        silent = {name for name in wiring if name in broken or is_cut(wiring, broken, name)}
        bench.tell(**{name.replace("-", "_"): {"reachable": name not in silent} for name in wiring})


@settings(max_examples=80, deadline=None)
@given(wirings(), st.sets(st.sampled_from([*UPLINKS, *SWITCHES, *LEAVES]), max_size=5))
def test_each_broken_device_that_nothing_explains_has_an_incident_and_nothing_else_has(
    wiring: Wiring, broken: set[str]
) -> None:
    bench = build(wiring)
    watch(bench, wiring, set(), 2)
    watch(bench, wiring, broken)
    view = bench.engine.view(bench.key, bench.now)
    cut = {name for name in wiring if is_cut(wiring, broken, name)}
    assert {incident.device for incident in view.incidents} == broken - cut
    causes = {fault.device: fault.cause for device in view.devices for fault in device.faults}
    assert {name for name, cause in causes.items() if cause} == cut
    for name in cut:
        roots = broken - cut
        assert causes[name] in roots
        assert len(roots) > 1 or not is_cut(wiring, roots - {causes[name]}, name), "what is named did it"

    watch(bench, wiring, set(), 45)
    view = bench.engine.view(bench.key, bench.now)
    assert {incident.device for incident in view.incidents if incident.status != "closed"} == set()
    assert {incident.device for incident in view.incidents} == broken - cut, "the return makes no new one"
