"""A collector whose every channel fails in a way of its own, but for one; most other ends say back what they were sent.

Each secret is drawn anew, so that it can be looked for in all that comes out.
"""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from hallwatch_agent.wire import Reading
from hallwatch_collector.notify.links import LINK_KEY
from parts.canaries import Canaries
from parts.collector import CollectorProcess, FakeAgent, wall_clock
from parts.hall_file import ONE_PRINTER
from parts.mosquitto import HOST, free_port, serve_mosquitto
from parts.vendors.echo import Echo
from parts.vendors.mail import serve_refusing_mail
from parts.vendors.web import Imitation
from parts.vendors.webhook import Receiver

PAGE = "/halls/330106/xihu"
REFUSED = 93000, 310000, 19021
"""Codes of WeCom, DingTalk and Feishu for what is never taken."""
PASSED_ON = "echo:"
"""Where another program's words are passed on, this is among them."""


class FailingChannels:
    """A collector whose every channel fails, but for one; and all that it puts out."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.canaries = Canaries()
        self.files: set[Path] = set()
        self.channels: list[str] = []
        self.ends: dict[str, Imitation] = {}
        self._stack = stack
        self.broker = stack.enter_context(serve_mosquitto())
        self._add_robots()
        self._add_programs()
        self._add_mail_and_mqtt()
        self.good = self._serve("good", Receiver(self._sign_secret()))
        self._add("good", "webhook", url=self.good.url, secret_file="sign")
        self.collector = self._start()
        self.agent = FakeAgent(self.broker.port, "330106", "xihu", "gw")
        stack.callback(self.agent.close)
        self._keep_own()
        self.outputs: dict[str, bytes] = {}

    def secret(self, name: str, held: str) -> str:
        """Write a secret's file; return its name."""
        self.files.add(self.folder / name)
        (self.folder / name).write_text(held, encoding="utf-8")
        return name

    def _serve(self, name: str, end: Any) -> Any:
        end.start()
        self._stack.callback(end.stop)
        self.ends[name] = end
        return end

    def _sign_secret(self) -> str:
        key = self.canaries.make("webhook signing key", size=16)
        held = "whsec_" + base64.b64encode(key.encode()).decode()
        self.secret("sign", self.canaries.keep("webhook signing secret", held))
        return held

    def _add(self, name: str, kind: str, **options: Any) -> None:
        told = {"id": name, "kind": kind, "timeout_s": 2.0, **options}
        self.channels.append(", ".join(f"{key} = {json.dumps(value)}" for key, value in told.items()))

    def _add_robots(self) -> None:
        c = self.canaries
        signed = c.make("dingtalk secret", "SEC{}"), c.make("feishu secret", "f{}")
        kinds = ("wecom", ""), ("dingtalk", signed[0]), ("feishu", signed[1])
        paths = "/cgi-bin/webhook/send?key=", "/robot/send?access_token=", "/open-apis/bot/v2/hook/"
        for (kind, secret), path, code in zip(kinds, paths, REFUSED, strict=True):
            end = self._serve(kind, Echo(code, "sign", secret))
            token = c.make(f"{kind} token", "k{}")
            more = {"secret_file": self.secret(f"{kind}-secret", secret)} if secret else {}
            self._add(kind, kind, url_file=self.secret(f"{kind}-robot", f"{end.url}{path}{token}"), **more)

    def _add_programs(self) -> None:
        """Add what speaks HTTP: refused, sent elsewhere, not there, not TLS, a gateway, Apprise, a heartbeat."""
        c = self.canaries
        for name, status in (("hook-401", 401), ("hook-302", 302)):
            end = self._serve(name, Echo(0, status=status))
            url = f"{end.url}/in/{c.make(f'{name} path', 'p{}9')}"
            token = self.secret(f"{name}-token", c.make(f"{name} token", "t{}"))
            self._add(name, "webhook", url_file=self.secret(f"{name}-url", url), token_file=token, secret_file="sign")
        for name, url in (("nobody", f"http://{HOST}:{free_port()}"), ("no-tls", f"https://{self._url()}")):
            self._add(name, "webhook", url_file=self.secret(name, f"{url}/{c.make(f'{name} path')}"))
        gateway = self._serve("sms", Echo(1))
        password = c.make("gateway password", "ü&{}", 3)
        self._add("sms", "sms", url=f"{gateway.url}/send?p={{password}}", success_pointer="/result", success=["0"])
        self.channels[-1] += ', json = { pw = "{password}", msg = "{text}", to = "{to}" }, '
        self.channels[-1] += f'secrets = {{ password = "{self.secret("sms-password", password)}" }}'
        other = self._serve("apprise", Echo(0, status=500))
        user, path = c.make("apprise password", "a{}"), c.make("apprise path", "q{}")
        url = other.url.replace("http://", f"json://user:{user}@") + f"/{path}"
        self._add("apprise", "apprise", url_file=self.secret("apprise-url", url))
        watcher = self._serve("heartbeat", Echo(0, status=500))
        self.secret("heartbeat", f"{watcher.url}/ping/{c.make('heartbeat path', 'h{}')}")
        alertmanager = self._serve("alertmanager", Echo(0, status=400))
        token = self.secret("am-token", c.make("alertmanager token", "m{}"))
        self.channels.append(
            f'id = "am", kind = "alertmanager", feed = true, urls = ["{alertmanager.url}"], token_file = "{token}"'
        )

    def _url(self) -> str:
        return urlsplit(self._serve("no-tls", Echo(0)).url).netloc

    def _add_mail_and_mqtt(self) -> None:
        c = self.canaries
        ca = trustme.CA()
        password = c.make("mail password", "Mp {}", 4)
        server = self._stack.enter_context(serve_refusing_mail(ca, "hallwatch", password))
        options = {"host": HOST, "port": server.port, "sender": "hallwatch@example.cn", "username": "hallwatch"}
        self.secret("mail-password", password)
        self.secret("mail-ca", ca.cert_pem.bytes().decode())
        self._add("mail", "smtp", **options, password_file="mail-password", ca_file="mail-ca")
        self.secret("mail-wrong", c.make("wrong mail password", "w{}", 4))
        self._add("mail-wrong", "smtp", **options, password_file="mail-wrong", ca_file="mail-ca")
        self._add("mail-untrusted", "smtp", **options, password_file="mail-password")
        closed = self._stack.enter_context(serve_mosquitto("allow_anonymous false"))
        held = self.secret("mqtt-password", c.make("mqtt password", "q{}"))
        self._add("mqtt", "mqtt", port=closed.port, username="hw", password_file=held)
        self.channels[-1] += ", feed = true"

    def _start(self) -> CollectorProcess:
        feeds = [line for line in self.channels if "feed = true" in line]
        ways = [line.split('"')[1] for line in self.channels if line not in feeds]
        people = [
            f'{{ name = "某{way}", roles = ["technician"], ways = [{{ channel = "{way}"'
            + (', to = "a@example.cn"' if way.startswith("mail") else ', to = "13800000000"' if way == "sms" else "")
            + " }] }"
            for way in ways
        ]
        joint = ",\n  "
        lines = [
            'heartbeat_url_file = "heartbeat"', "heartbeat_s = 10", 'steps = [{ to = ["technical"], on_duty = false }]',
            f"people = [\n  {joint.join(people)},\n]",
            f"channels = [\n  {joint.join(f'{{ {line} }}' for line in self.channels)},\n]",
        ]  # fmt: skip
        (self.folder / "alerts.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        more = 'address = "http://127.0.0.1"\n'
        collector = CollectorProcess(self.folder, self.broker.port, more, before='alerts = "alerts.toml"\n')
        held = self.secret("broker-password", self.canaries.make("broker password", "b{}"))
        text = collector.config.read_text(encoding="utf-8")
        login = f'[broker]\nusername = "hallwatch"\npassword_file = "{held}"\n'
        collector.config.write_text(text.replace("[broker]\n", login), encoding="utf-8")
        (self.folder / "halls" / "xihu.toml").write_text(ONE_PRINTER, encoding="utf-8")
        collector.start("--verbose", well=False)
        self._stack.callback(lambda: collector.process and collector.stop(9))
        return collector

    def _keep_own(self) -> None:
        """Take the secrets that the collector draws by itself."""
        (data,) = {path.parent for path in self.folder.rglob(LINK_KEY)}
        self.link_key = (data / LINK_KEY).read_bytes()
        self.canaries.keep("link key", self.link_key)
        (token,) = [path for path in data.iterdir() if "token" in path.name]
        self.token = self.canaries.keep("operator's token", token.read_text(encoding="utf-8").strip())
        self.files |= {data / LINK_KEY, token}
        self.person = self.canaries.keep("person's token", self._call("user", "add", "某人", "--role", "technician"))

    def _call(self, *words: str) -> str:
        return self.collector.call(*words).stdout.strip().splitlines()[-1]

    def jam(self, *, jammed: bool = True) -> None:
        """Let the printer jam, or not."""
        self.agent.report(Reading("prn-3", "tcp", wall_clock(), conditions={"reachable": True, "jam": jammed}))

    def deliveries(self) -> list[dict[str, Any]]:
        """Return what became of each message."""
        told = self.collector.get(f"/api{PAGE}")["alerts"]
        return [each for alert in told for each in alert["deliveries"]]

    def link(self) -> str:
        """Return the path of the link that the one channel that works was given."""
        told: str = self.good.taken[0]["data"]["parts"][0]["link"]
        return urlsplit(told).path

    def ask(self, path: str, *, form: dict[str, str] | None = None, **headers: str) -> tuple[int, bytes]:
        """Ask the collector; return status and answer, headers included."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        port = self.collector.web_port
        request = urllib.request.Request(f"http://{HOST}:{port}{path}", data, {"Accept": "text/html", **headers})
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(request, timeout=30) as answer:
                status, said = answer.status, bytes(answer.headers) + answer.read()
        except urllib.error.HTTPError as refused:
            status, said = refused.code, bytes(refused.headers) + refused.read()
        self.outputs[f"{'GET' if form is None else 'POST'} {path} {sorted(headers)} {status}"] = said
        return status, said


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        """Go nowhere."""
