"""Everything else, through Apprise (https://github.com/caronc/apprise/wiki): Telegram, Slack, Teams, Bark, ntfy, …

Not for WeCom, DingTalk and Feishu: they answer HTTP 200 with an error code, and Apprise counts that as sent.
"""

from __future__ import annotations

import logging
from typing import ClassVar

from hallwatch_collector.notify.channel import (
    Answer,
    Channel,
    Http,
    Kit,
    Never,
    NotNow,
    Pace,
    Reason,
    SecretName,
    Taken,
)
from hallwatch_collector.notify.message import Message
from hallwatch_collector.notify.rendering import Form, count_named, render

_FORM = Form(most=3000)
_BETTER = {"wecombot": "wecom", "dingtalk": "dingtalk", "feishu": "feishu", "lark": "feishu"}

_NEEDS_APPRISE = Reason(
    "needs the package apprise: pip install 'hallwatch[apprise]'",
    "缺少软件包 apprise,请安装:pip install 'hallwatch[apprise]'",
)
_NO_URL = Reason("holds no URL that Apprise knows", "里不是 Apprise 认识的地址,请检查")
_BETTER_BY = Reason(
    "Apprise takes this vendor's errors for success; use a channel of its own",
    "Apprise 会把这家的错误当作成功,请改用专用的渠道",
)
_NOT_WHY = Reason("Apprise says that it failed, and not why", "Apprise 没有发出去,原因不明")


class AppriseChannel(Channel, frozen=True, kw_only=True, tag="apprise"):
    """A service that Apprise knows."""

    url_file: SecretName
    """Apprise's URL, such as ``tgram://token/chat``. It holds keys, so that it stands in a file."""

    pace: ClassVar[Pace] = Pace(20, 60.0)

    def names(self, message: Message) -> int:
        """Return how many incidents one message can name."""
        return count_named(message, _FORM)

    def deliver(self, message: Message, kit: Kit, http: Http) -> Answer:  # noqa: ARG002 - it has its own
        """Hand it to Apprise; its own time limits hold."""
        try:
            import apprise
        except ModuleNotFoundError:
            return Never(_NEEDS_APPRISE)
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its lines may hold the URL
        logging.getLogger("urllib3").setLevel(logging.WARNING)  # which it uses, and whose other lines hold the path
        url = kit.secret(self.url_file)
        service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Hallwatch", async_mode=False))
        if not service.add(url):
            return Never(_NO_URL.by(f"the file {self.url_file}", f"文件 {self.url_file}"))
        if (better := _BETTER.get(type(service[0]).__module__.rpartition(".")[2])) is not None:
            return Never(_BETTER_BY.because(f'kind = "{better}"'))
        words = render(message, _FORM)
        body = "\n".join(words.lines) or words.title
        if service.notify(body=body, title=words.title, body_format=apprise.NotifyFormat.TEXT):
            return Taken()
        return NotNow(_NOT_WHY, maybe_taken=True)
