"""Topology against a brute-force oracle on random redundant networks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hallwatch_collector.core.hall import Device
from hallwatch_collector.core.topology import Topology

Needs = dict[int, list[list[int]]]


@st.composite
def networks(draw: st.DrawFn) -> tuple[Needs, set[int]]:
    """Return what each of some devices needs (groups of stand-ins, always of lower number), and which are down."""
    size = draw(st.integers(2, 9))
    needs: Needs = {}
    for device in range(size):
        lower = (
            st.lists(st.sampled_from(range(device)), min_size=1, max_size=3, unique=True) if device else st.nothing()
        )
        needs[device] = draw(st.lists(lower, max_size=2)) if device else []
    return needs, draw(st.sets(st.sampled_from(range(size))))


def build(needs: Needs) -> Topology:
    def device(number: int, groups: list[list[int]]) -> Device:
        depends: list[str | list[str]] = [[f"d{each}" for each in group] for group in groups]
        return Device(id=f"d{number}", kind="other", name="x", depends_on=depends)

    return Topology(device(number, groups) for number, groups in needs.items())


def is_cut(needs: Needs, down: set[int], device: int) -> bool:
    """The oracle: cut off when all of some group are down or cut off themselves."""
    return any(all(each in down or is_cut(needs, down, each) for each in group) for group in needs[device])


@given(networks())
def test_a_device_has_a_cause_exactly_when_it_is_cut_off(network: tuple[Needs, set[int]]) -> None:
    needs, down = network
    topology = build(needs)
    moments = {f"d{number}": float(number) for number in down}
    for device in needs:
        cause = topology.root_cause(f"d{device}", moments.get)
        assert bool(cause) is is_cut(needs, down, device)
        if cause:
            assert cause in moments
            assert not topology.root_cause(cause, moments.get), "a cause is not itself explained"


@given(networks())
def test_ancestors_are_all_that_a_device_needs_each_once(network: tuple[Needs, set[int]]) -> None:
    needs = network[0]

    def above(device: int) -> set[int]:
        direct = {each for group in needs[device] for each in group}
        return direct.union(*map(above, direct)) if direct else set()

    for device in needs:
        told = list(build(needs).ancestors(f"d{device}"))
        assert sorted(told) == sorted(f"d{number}" for number in above(device))


def test_of_a_redundant_pair_the_one_that_fell_last_is_the_cause() -> None:
    topology = build({0: [], 1: [], 2: [[0, 1]]})
    assert topology.root_cause("d2", {"d0": 1.0}.get) == ""
    assert topology.root_cause("d2", {"d0": 2.0, "d1": 1.0}.get) == "d0"
