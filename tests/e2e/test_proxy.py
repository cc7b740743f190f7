"""The proxy of deploy/nginx before a real collector: TLS, whose cookie, from where, and what changes at once."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from hallwatch_agent.wire import Reading
from parts.collector import HOST, CollectorProcess, FakeAgent, run_collector, wall_clock
from parts.hall_file import GOOD
from parts.mosquitto import Mosquitto, serve_mosquitto
from parts.nginx import NAME, Proxy, serve_nginx
from parts.waiting import wait_until

pytestmark = pytest.mark.e2e
CLIENT: Final = "127.0.0.2"
"""From where a browser comes; the proxy is at another address."""
SPOOFED: Final = {
    "X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9;proto=https",
    "X-Forwarded-Proto": "https",
}  # fmt: skip
BOARD: Final = "/halls/330106/xihu"
FORM: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@pytest.fixture(scope="module")
def broker() -> Iterator[Mosquitto]:
    with serve_mosquitto() as broker:
        yield broker


@pytest.fixture(scope="module")
def collector(broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    more = 'proxies = ["127.0.0.1"]\nhosts = ["hall.example.cn"]\n'
    with run_collector(tmp_path_factory.mktemp("collector"), broker.port, GOOD, more) as collector:
        yield collector


@pytest.fixture(scope="module")
def proxy(collector: CollectorProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with serve_nginx(tmp_path_factory.mktemp("nginx"), collector.web_port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def password(collector: CollectorProcess) -> str:
    """Give the password that was drawn for an administrator who is an auditor too."""
    added = collector.call("user", "add", "赵工", "--role", "administrator", "--role", "auditor")
    assert added.returncode == 0, added.stderr
    drawn = collector.call("user", "password", "赵工", "--draw")
    assert drawn.returncode == 0, drawn.stderr
    return drawn.stdout.strip().splitlines()[-1].split()[-1]


def browse(proxy: Proxy, **more: Any) -> httpx.Client:
    """Return a browser at another address than the proxy's."""
    transport = httpx.HTTPTransport(verify=proxy.trusts, local_address=CLIENT)
    return httpx.Client(base_url=proxy.address, transport=transport, timeout=10, **more)


def fill(browser: httpx.Client, page: str, **fields: str) -> httpx.Response:
    """Open a page, and send its form as a browser does that only knows ``Origin``."""
    token = FORM.search(browser.get(page).text)
    assert token
    origin = {"Origin": str(browser.base_url).rstrip("/")}
    return browser.post(page, data=fields | {"csrf": token[1]}, headers=origin)


def addresses(collector: CollectorProcess, browser: httpx.Client) -> set[str]:
    """Return from where the audit log says that somebody came, of the last file of it."""
    told = browser.get("/audit/audit.csv")
    assert told.status_code == 200
    return {address for line in told.text.splitlines() for address in re.findall(r"\d+\.\d+\.\d+\.\d+", line)}


def test_who_signs_in_has_a_cookie_of_this_host_alone_and_is_known_by_their_own_address(
    proxy: Proxy, collector: CollectorProcess, password: str
) -> None:
    with browse(proxy, headers=SPOOFED) as browser:
        wrong = fill(browser, "/sign-in", name="赵工", password="not this one")
        assert wrong.status_code == 401
        let_in = fill(browser, "/sign-in", name="赵工", password=password)
        assert let_in.status_code == 303, let_in.text
        cookie = next(each for each in let_in.headers.get_list("set-cookie") if each.startswith("__Host-hallwatch="))
        assert all(word in cookie.lower() for word in ("secure", "httponly", "samesite=strict", "path=/"))
        assert "domain" not in cookie.lower()
        new = "a long enough passphrase"
        changed = fill(browser, "/account", deed="password", current=password, password=new, again=new)
        assert changed.status_code == 303, changed.text
        assert addresses(collector, browser) == {CLIENT}


def test_nobody_but_the_proxy_says_from_where_a_request_comes(collector: CollectorProcess, proxy: Proxy) -> None:
    """Who reaches the collector past the proxy is not believed: neither an address nor that there was TLS."""
    with httpx.Client(
        base_url=f"http://{HOST}:{collector.web_port}",
        transport=httpx.HTTPTransport(local_address=CLIENT),
        headers=SPOOFED,
    ) as browser:
        page = browser.get("/sign-in")
        assert "strict-transport-security" not in page.headers
        assert "secure" not in page.headers["set-cookie"].lower()
        statuses = [
            browser.get("/api/journal/head", headers={"Authorization": f"Bearer {n}", "X-Forwarded-For": f"10.9.9.{n}"})
            for n in range(12)
        ]
    assert [each.status_code for each in statuses] == [401] * 10 + [429] * 2, "a new address each would not wait"


def test_through_the_proxy_guesses_are_counted_by_the_true_address(proxy: Proxy) -> None:
    transport = httpx.HTTPTransport(verify=proxy.trusts, local_address="127.0.0.3")
    with httpx.Client(base_url=proxy.address, transport=transport) as browser:
        statuses = [
            browser.get(
                "/api/journal/head", headers={"Authorization": f"Bearer {n}", "X-Forwarded-For": f"10.9.9.{n}"}
            ).status_code
            for n in range(12)
        ]
    assert statuses == [401] * 10 + [429] * 2
    with browse(proxy) as browser:
        assert browser.get("/health").status_code == 200, "nobody else waits for that"


def test_without_tls_there_is_nothing(proxy: Proxy) -> None:
    answer = httpx.get(f"http://{NAME}:{proxy.plain_port}{BOARD}?kiosk", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{proxy.address}{BOARD}?kiosk")


def test_it_speaks_http_2_and_says_once_that_there_is_always_tls(proxy: Proxy) -> None:
    proxy.trusts.set_alpn_protocols(["h2", "http/1.1"])
    plain = socket.create_connection((HOST, proxy.port))
    with plain, proxy.trusts.wrap_socket(plain, server_hostname=NAME) as secure:
        assert secure.selected_alpn_protocol() == "h2"
        assert secure.version() in ("TLSv1.2", "TLSv1.3")
    proxy.trusts.set_alpn_protocols(["http/1.1"])
    with browse(proxy) as browser:
        for path in (BOARD, "/nothing", "/metrics"):
            headers = browser.get(path).headers
            assert headers.get_list("strict-transport-security") == ["max-age=31536000"], path
        assert browser.get("/metrics").status_code == 404
        assert browser.get(BOARD, headers={"Host": "evil.example"}).status_code == 421
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection((HOST, proxy.port)) as plain, old.wrap_socket(plain) as secure:
        assert secure.version() == "TLSv1.2"


def test_what_changes_is_on_a_board_behind_the_proxy_as_soon_as_on_one_before_it(
    proxy: Proxy, collector: CollectorProcess, broker: Mosquitto
) -> None:
    seen: dict[str, float] = {}
    ready: set[str] = set()
    direct = httpx.Client(base_url=f"http://{HOST}:{collector.web_port}", timeout=30)
    readers = [
        threading.Thread(target=_watch, args=(name, client, seen, ready), name=name)
        for name, client in (("direct", direct), ("proxied", browse(proxy)))
    ]
    agent = FakeAgent(broker.port, "330106", "xihu", "gw")
    agent.report(Reading("prn-3", "snmp-printer", wall_clock(), conditions={"reachable": True, "jam": False}))
    for each in readers:
        each.start()
    wait_until(lambda: ready == {"direct", "proxied"}, 10, "both boards have their first picture")
    agent.report(Reading("prn-3", "snmp-printer", wall_clock(), conditions={"reachable": True, "jam": True}))
    wait_until(lambda: seen.keys() == {"direct", "proxied"}, 30, "the jam is on both boards")
    for each in readers:
        each.join(10)
    agent.close()
    assert seen["proxied"] - seen["direct"] < 0.5


def _watch(name: str, client: httpx.Client, seen: dict[str, float], ready: set[str]) -> None:
    with client, client.stream("GET", f"/events{BOARD}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("data:"):
                ready.add(name)
            if "卡纸" in line:
                seen[name] = time.monotonic()
                return
