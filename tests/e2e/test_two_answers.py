"""Must hold: two people answer one proposal at once; one wins, the other is told who did. A proposal whose cause went
away cannot be confirmed any more. Over the API of the running collector, by people's own tokens, again and again.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hallwatch_agent.wire import Reading
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.mosquitto import serve_mosquitto
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e

WINDOWS = 14
BACK = set[int]()
"""Windows whose computer is back."""
PEOPLE = ("王主任", "李主任", "赵主任", "钱主任")
API = "/api/halls/330106/xihu"
HALL = """\
area = "330106"
hall = "xihu"
name = "西湖区办税服务厅"
agents = [{ id = "gw" }]
systems = [{ id = "core-system", kind = "system", name = "核心征管系统", gives = ["core-system"] }]
windows = [
""" + "".join(
    f'  {{ id = "w{number}", number = {number}, name = "{number}号窗口", classes = ["filing"] }},\n'
    for number in range(1, WINDOWS + 2)
) + "]\n" + "".join(
    f'[[devices]]\nid = "pc-{number}"\nkind = "pc"\nname = "{number}号窗口电脑"\nplace = "w{number}"\n'
    'gives = ["computer"]\nprobes = [{ kind = "tcp", host = "192.0.2.1", port = 1, interval_s = 2 }]\n'
    for number in range(1, WINDOWS + 2)
)  # fmt: skip


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    folder = tmp_path_factory.mktemp("collector")
    with serve_mosquitto() as broker, run_collector(folder, broker.port, HALL) as collector:
        agent = FakeAgent(broker.port, "330106", "xihu", "gw")
        stop = threading.Event()
        thread = threading.Thread(target=keep_down, args=(agent, stop))
        thread.start()
        try:
            wait_until(lambda: len(proposals(collector)) == WINDOWS, 40, "a proposal for each window")
            yield collector
        finally:
            stop.set()
            thread.join()
            agent.close()


def keep_down(agent: FakeAgent, stop: threading.Event) -> None:
    """Report every window's computer as down, except that of the first window."""
    while not stop.wait(0.5):
        now = wall_clock()
        agent.report(
            *(
                Reading(f"pc-{number}", "tcp", now, conditions={"reachable": number == 1 or number in BACK})
                for number in range(1, WINDOWS + 2)
            )
        )


def proposals(collector: CollectorProcess) -> list[str]:
    measures = collector.get(API)["measures"]
    wanted = ("W1", "ask", "open", "head")
    return [m["id"] for m in measures if (m["clause"], m["mode"], m["status"], m["owner"]) == wanted]


def subject_of(collector: CollectorProcess, measure: str) -> int:
    """Return the number of the window that a proposal is about."""
    (subject,) = [each["subject"] for each in collector.get(API)["measures"] if each["id"] == measure]
    return int(subject.removeprefix("w"))


def send(collector: CollectorProcess, token: str, body: dict[str, str]) -> tuple[int, Any]:
    """Send a command; return the status and what was said."""
    request = urllib.request.Request(
        f"http://{HOST}:{collector.web_port}{API}/commands?lang=en",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def add(collector: CollectorProcess, name: str, role: str) -> str:
    done = collector.call("user", "add", name, "--role", role)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_one_wins_and_the_others_are_told_who(collector: CollectorProcess) -> None:
    tokens = {name: add(collector, name, "head") for name in PEOPLE}
    barrier = threading.Barrier(len(PEOPLE))

    def answer(name: str, measure: str, says: str) -> tuple[int, Any]:
        body = {"command": says, "measure": measure, "by": name} | ({"reason": "x"} if says == "decline" else {})
        barrier.wait(20)
        return send(collector, tokens[name], body)

    winners = {}
    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        for measure in proposals(collector)[3:]:
            says = ("confirm", "decline") * 2
            answers = dict(zip(PEOPLE, pool.map(answer, PEOPLE, [measure] * len(PEOPLE), says), strict=True))
            (winner,) = [name for name, (status, _) in answers.items() if status == 204]
            for name in set(PEOPLE) - {winner}:
                status, told = answers[name]
                assert status == 409
                assert told["extra"] == {"code": "already-decided", "measure": measure, "by": winner}
                assert told["detail"] == f"{measure} was already decided by {winner}."
            winners[measure] = winner
    decided = [entry["event"] for entry in collector.journal() if entry["kind"] == "measure-decided"]
    assert {event["measure"]: event["by"] for event in decided} == winners
    assert len(decided) == len(winners) == WINDOWS - 3
    verified = collector.call("journal", "verify")
    assert verified.returncode == 0, verified.stdout


def test_a_person_of_another_role_is_refused_at_the_running_server(collector: CollectorProcess) -> None:
    token = add(collector, "小陈", "guide")
    measure = proposals(collector)[0]
    status, told = send(collector, token, {"command": "confirm", "measure": measure, "by": "小陈"})
    assert (status, told["extra"]) == (403, {"code": "not-yours", "measure": measure, "role": "head"})
    assert told["detail"].endswith("the head of the hall.")
    assert collector.call("user", "remove", "小陈").returncode == 0
    assert send(collector, token, {"command": "confirm", "measure": measure, "by": "小陈"})[0] == 401
    assert measure in proposals(collector)


def test_a_proposal_whose_cause_went_away_cannot_be_confirmed(collector: CollectorProcess) -> None:
    token, measure = add(collector, "孙主任", "head"), proposals(collector)[1]
    BACK.add(subject_of(collector, measure))
    wait_until(lambda: measure not in proposals(collector), 20, "the proposal to be taken back")
    before = len(collector.journal())
    for says in ({"command": "confirm"}, {"command": "decline", "reason": "x"}):
        status, told = send(collector, token, says | {"measure": measure, "by": "孙主任"})
        assert (status, told["extra"]) == (409, {"code": "cause-gone", "measure": measure})
    refused = collector.call("confirm", measure, "--by", "孙主任")
    assert refused.returncode == 1
    assert measure in refused.stderr
    since = collector.journal()[before:]
    assert [entry for entry in since if entry["kind"] in ("measure-decided", "window-closed")] == []


def test_whoever_confirms_while_the_cause_goes_away_wins_or_is_told(collector: CollectorProcess) -> None:
    """The cause goes while somebody confirms: either the window closed, or nothing came of it."""
    token, measure = add(collector, "周主任", "head"), proposals(collector)[1]
    window = subject_of(collector, measure)
    BACK.add(window)
    status, told = send(collector, token, {"command": "confirm", "measure": measure, "by": "周主任"})
    closed = [entry["event"]["window"] for entry in collector.journal() if entry["kind"] == "window-closed"]
    assert (status, told["extra"]["code"] if told else "") in ((204, ""), (409, "cause-gone"))
    assert (f"w{window}" in closed) is (status == 204)


def test_the_head_moves_a_window_without_a_proposal(collector: CollectorProcess) -> None:
    token = add(collector, "吴主任", "head")
    body = {"command": "close-window", "window": "w1", "by": "吴主任", "reason": "午间轮休"}
    assert send(collector, token, body)[0] == 204
    status, told = send(collector, token, body)
    assert (status, told["extra"]) == (409, {"code": "window-not-open", "window": "w1"})
    (window,) = [each for each in collector.get(API)["windows"] if each["id"] == "w1"]
    assert (window["open"], window["by_hand"][0]["by"], window["by_hand"][0]["reason"]) == (False, "吴主任", "午间轮休")
    opened = collector.call("open-window", "w1", "--reason", "轮休结束", "--by", "吴主任")
    assert opened.returncode == 0, opened.stderr
    moved = [entry["event"] for entry in collector.journal() if entry["event"].get("window") == "w1"]
    assert [(each["event"], each["by"], each["reason"]) for each in moved if "reason" in each] == [
        ("window-closed", "吴主任", "午间轮休"), ("window-reopened", "吴主任", "轮休结束"),
    ]  # fmt: skip
    guide = add(collector, "小吴", "guide")
    status, told = send(collector, guide, body | {"by": "小吴"})
    assert (status, told["extra"]["code"]) == (403, "no-right")
