"""One person on each kind of channel that people read, at imitated vendors and a real mail server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from parts.mosquitto import free_port
from parts.vendors import dingtalk, feishu, webhook
from parts.vendors.dingtalk import Dingtalk
from parts.vendors.feishu import Feishu
from parts.vendors.mail import Mailbox, serve_mail
from parts.vendors.sms_gateway import ACCOUNT, PASSWORD, SmsGateway
from parts.vendors.web import Imitation, serve
from parts.vendors.wecom import Wecom

NAMES = ("wecom", "dingtalk", "feishu", "hook", "mail", "sms")
FILE = """\
steps = [{{ to = ["technical"] }}]
channels = [
  {{ id = "wecom", kind = "wecom", url_file = "wecom", timeout_s = 0.5 }},
  {{ id = "dingtalk", kind = "dingtalk", url_file = "dingtalk", secret_file = "dingtalk-secret", timeout_s = 0.5 }},
  {{ id = "feishu", kind = "feishu", url_file = "feishu", secret_file = "feishu-secret", timeout_s = 0.5 }},
  {{ id = "hook", kind = "webhook", url = "{hook}", secret_file = "hook-secret", timeout_s = 0.5 }},
  {{ id = "mail", kind = "smtp", host = "{host}", port = {port}, security = "none", sender = "a@example.cn" }},
  {{ id = "sms", kind = "sms", url = "{sms}/send", success_pointer = "/code", success = ["0"], pieces = 7, \
timeout_s = 0.5, json = {{ account = "{account}", password = "{password}", phone = "{{to}}", msg = "{{text}}" }} }},
]
people = [
{people}
]
"""
PERSON = '  {{ name = "{name}", roles = ["technician"], ways = [{{ channel = "{name}"{to} }}] }},'
TO = {"mail": ', to = "li@example.cn"', "sms": ', to = "13800000000"'}
_ENTRY = re.compile(r"^\d+\) (.*)$")


class AllChannels:
    """Who takes what is told."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.wecom = stack.enter_context(serve(Wecom()))
        self.dingtalk = stack.enter_context(serve(Dingtalk()))
        self.feishu = stack.enter_context(serve(Feishu()))
        self.hook = stack.enter_context(serve(webhook.Receiver()))
        self.sms = stack.enter_context(serve(SmsGateway()))
        self.mail: Mailbox = stack.enter_context(serve_mail())
        self._folder = folder
        people = "\n".join(PERSON.format(name=name, to=TO.get(name, "")) for name in NAMES)
        told = FILE.format(
            hook=self.hook.url, sms=self.sms.url, host=self.mail.host, port=self.mail.port, people=people,
            account=ACCOUNT, password=PASSWORD,
        )  # fmt: skip
        (folder / "alerts.toml").write_text(told, encoding="utf-8")
        secrets = {
            "dingtalk": self.dingtalk.robot, "dingtalk-secret": dingtalk.SECRET, "feishu": self.feishu.robot,
            "feishu-secret": feishu.SECRET, "hook-secret": webhook.SECRET,
        }  # fmt: skip
        for name, secret in secrets.items():
            (folder / name).write_text(secret)
        self.find_wecom()

    def find_wecom(self) -> None:
        """Let the address of WeCom lead to it."""
        (self._folder / "wecom").write_text(self.wecom.robot)

    def lose_wecom(self) -> None:
        """Let it lead to where nobody listens."""
        (self._folder / "wecom").write_text(self.wecom.robot.replace(self.wecom.url, f"http://127.0.0.1:{free_port()}"))

    @property
    def imitations(self) -> dict[str, Imitation]:
        """Those that speak HTTP, by channel."""
        return {
            "wecom": self.wecom, "dingtalk": self.dingtalk, "feishu": self.feishu, "hook": self.hook, "sms": self.sms,
        }  # fmt: skip

    def set_clock(self, now: Callable[[], float]) -> None:
        """Let the vendors' clock be the collector's."""
        for imitation in self.imitations.values():
            imitation.now = now

    def messages(self, name: str) -> list[str]:
        """Return the messages that a channel took, each as text."""
        if name == "mail":
            return ["\n".join([str(mail["Subject"]), *_mail_lines(mail)]) for mail in self.mail.taken]
        return [_TEXT[name](told) for told in self.imitations[name].taken]

    def entries(self, name: str) -> list[str]:
        """Return the titles of the incidents that a channel's messages name, in order, without the hall's name."""
        return [title for text in self.messages(name) for title in titles_of(text)]


def titles_of(text: str) -> list[str]:
    """Return the titles of the incidents that a message names."""
    lines = text.split("\n")
    found = [entry[1] for line in lines if (entry := _ENTRY.match(line))]
    return found or ([] if "合并通知" in lines[0] else [lines[0]])


def _mail_lines(mail: Any) -> list[str]:
    body = mail.get_body(("plain",))
    return str(body.get_content()).splitlines()[1:]


def _feishu_text(told: Any) -> str:
    post = told["content"]["post"]["zh_cn"]
    rows = ["".join(each.get("text", "") for each in row) for row in post["content"]]
    return "\n".join([post["title"], *rows])


def _hook_text(told: Any) -> str:
    titles = [part["title"] for part in told["data"]["parts"]]
    return titles[0] if len(titles) == 1 else "\n".join(f"{number}) {title}" for number, title in enumerate(titles, 1))


_TEXT: dict[str, Callable[[Any], str]] = {
    "wecom": lambda told: str(told["text"]["content"]),
    "dingtalk": lambda told: str(told["text"]["content"]),
    "feishu": _feishu_text,
    "hook": _hook_text,
    "sms": lambda told: str(told["msg"]),
}


@contextmanager
def serve_all(folder: Path) -> Iterator[AllChannels]:
    """Run them for the time of a ``with`` block; ``alerts.toml`` and its secrets are in *folder*."""
    with ExitStack() as stack:
        yield AllChannels(folder, stack)
