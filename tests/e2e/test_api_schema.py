"""The API of a running collector keeps to its own description, whatever is sent: schemathesis makes requests up from
the OpenAPI document, right and wrong ones, with and without the names of things that are really there.

No answer may be a 500, have a status or a form that the description does not name, or take what it forbids. (Whether a
wrong token opens anything is asked in test_web_people: the many that schemathesis would try have to wait, 429.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth

from hallwatch_agent.wire import Reading
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.fake_source import FakeSource
from parts.hall_file import GOOD
from parts.mosquitto import serve_mosquitto
from parts.shown_halls import calm_hall
from parts.waiting import wait_until
from parts.web import browse

pytestmark = pytest.mark.e2e

with browse(FakeSource(calm_hall())) as client:
    DESCRIPTION: dict[str, Any] = client.get("/schema/openapi.json").json()
SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)
OPERATIONS = {f"{each.ok().method.upper()} {each.ok().path}": each.ok() for each in SCHEMA.get_all_operations()}
EXAMPLES = 25
COMMAND_EXAMPLES = 250
"""For the commands, of which there are many."""
REPORT_EXAMPLES = 6
"""For what takes a while."""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    """Give a collector of a hall with a jam, so that there are an incident, measures and a sign."""
    folder = tmp_path_factory.mktemp("collector")
    with serve_mosquitto() as broker, run_collector(folder, broker.port, GOOD) as collector:
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        conditions = {"reachable": True, "jam": True}
        agent.report(Reading("prn-3", "snmp-printer", wall_clock(), conditions=conditions))
        wait_until(lambda: collector.get("/api/halls/330106/xihu")["measures"], 20, "the jam's measures")
        yield collector
        agent.close()


@pytest.fixture(scope="module")
def real(collector: CollectorProcess) -> dict[str, str]:
    """Give the names of things that are there."""
    view = collector.get("/api/halls/330106/xihu")
    incident, measure = view["incidents"][0]["id"], view["measures"][0]["id"]
    parameters = {"area": "330106", "hall": "xihu", "incident": incident, "kind": "measure", "id": measure}
    return parameters | {"measure": measure, "thing": "prn-3", "device": "prn-3", "into": incident}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_made_up_from_the_description_is_answered_as_described(
    name: str, collector: CollectorProcess, real: dict[str, str]
) -> None:
    operation = OPERATIONS[name]
    token = (collector.folder / "data" / "operator.token").read_text(encoding="ascii").strip()
    examples = COMMAND_EXAMPLES if name.endswith("/commands") else REPORT_EXAMPLES if "/report." in name else EXAMPLES

    @settings(
        max_examples=examples, derandomize=True, deadline=None, database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(case=operation.as_strategy(), is_real=st.sampled_from([True, True, True, False]), knows=st.booleans())
    def run(case: Case, is_real: bool, knows: bool) -> None:
        if is_real:
            case.path_parameters = {key: real.get(key, value) for key, value in (case.path_parameters or {}).items()}
            if isinstance(case.body, dict):
                case.body = {key: real.get(key, value) for key, value in case.body.items()}
        headers = {"Authorization": f"Bearer {token}"} if is_real or knows else {}
        response = case.call(base_url=f"http://{HOST}:{collector.web_port}", headers=headers)
        case.validate_response(response, excluded_checks=[ignored_auth])

    run()


def test_nothing_of_it_was_a_defect_and_the_record_still_holds(collector: CollectorProcess) -> None:
    assert "Traceback" not in collector.log.read_text(encoding="utf-8")
    assert collector.call("journal", "verify").returncode == 0
