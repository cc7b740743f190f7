"""Options of the whole test run."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from parts import outcomes, told

# How long a machine takes is no property of the code. In CI the same examples are tried each time, so that a change is
# judged by what it changes; elsewhere new ones are.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("anywhere"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the golden cases tell now into their expected.txt; read it before you keep it",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left with it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


def pytest_runtest_makereport(item: pytest.Item) -> None:
    """Let what recorded devices told in a test travel with its report: several processes may run tests."""
    item.user_properties += [(told.TOLD, row) for row in told.take()]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Put what came with a report into the table."""
    told.keep(row for name, row in report.user_properties if name == told.TOLD)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the recorded devices told and what became of messages, for a person to read."""
    for line in (*told.lines(), *outcomes.lines()):
        terminalreporter.write_line(line)
