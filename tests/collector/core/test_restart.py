"""A collector that was killed gets again what it had worked out and not yet acknowledged: that is no news."""

from __future__ import annotations

from hallwatch_agent.wire import Reading
from parts.county import Bench, hall, printer


def test_what_the_broker_sends_again_after_a_restart_decides_nothing() -> None:
    bench = Bench(hall([printer("prn-1")]))
    bench.born()
    jammed = Reading("prn-1", "tcp", bench.now + 1, conditions={"reachable": True, "jam": True})
    well = Reading("prn-1", "tcp", bench.now + 2, conditions={"reachable": True, "jam": False})
    bench.now += 2
    assert "fault-raised" in bench.names(bench.report(jammed, seq=1).events)
    assert "fault-cleared" in bench.names(bench.report(well, seq=2).events)

    bench.restart()
    for number, reading in ((1, jammed), (2, well)):
        again = bench.report(reading, seq=number)
        assert (again.events, again.accepted, again.late) == ([], [reading], 1)
    bench.now += 1
    anew = Reading("prn-1", "tcp", bench.now, conditions={"reachable": True, "jam": True})
    assert "fault-raised" in bench.names(bench.report(anew, seq=3).events)
