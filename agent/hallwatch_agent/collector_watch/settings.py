"""``[collector_watch]`` of the agent's file: how long the collector may be silent, and who is told then, and how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=15, le=604_800)]

_SECONDS: Final = "seconds from 15 to 604800"
HINTS: Final = {
    "collector_watch": "a table [collector_watch] with channel and url_file; the collector is not watched unless given",
    "collector_watch.channel": 'one of "wecom", "dingtalk", "feishu", "webhook"',
    "collector_watch.url_file": "the path of a file that holds the robot's address, or its key, alone",
    "collector_watch.secret_file": "the path of a file that holds the secret that signs alone",
    "collector_watch.keyword": "a keyword of the robot's safety rules, text of at most 60 characters",
    "collector_watch.mention": 'a list of at most 20 whom the chat is to call, for example ["13800000000"] or ["@all"]',
    "collector_watch.silent_s": f"{_SECONDS}; 90 unless given",
    "collector_watch.stopped_s": f"{_SECONDS}; 900 unless given",
    "collector_watch.troubled_s": f"{_SECONDS}; 600 unless given",
    "collector_watch.repeat_s": "0 for never, or seconds from 60 to 604800; 3600 unless given",
    "collector_watch.proxy": 'an HTTP proxy, for example "http://10.1.1.1:3128"; none unless given',
    "collector_watch.ca_file": "the path of a PEM file with the authorities to trust, for a webhook of one's own",
}
FILES: Final = ("url_file", "secret_file", "ca_file")


class CollectorWatch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom this agent tells that the collector is gone, and when."""

    channel: Literal["wecom", "dingtalk", "feishu", "webhook"]
    url_file: Annotated[str, Meta(min_length=1)]
    secret_file: str = ""
    keyword: Annotated[str, Meta(max_length=60)] = ""
    mention: Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=20)] = []
    silent_s: Seconds = 90.0
    """The collector, or the broker, may be away for so long."""
    stopped_s: Seconds = 900.0
    """The same for a collector that said before that it stops."""
    troubled_s: Seconds = 600.0
    """The collector may say for so long that something keeps it from its work."""
    repeat_s: Annotated[float, Meta(ge=0, le=604_800)] = 3600.0
    """While it lasts, it is told again so often; 0: once only."""
    proxy: Annotated[str, Meta(pattern=r"^(?:http://[\w.\[\]:-]+:[0-9]{1,5})?$(?!\n)")] = ""
    ca_file: str = ""


def check_watch(watch: CollectorWatch) -> Iterator[str]:
    """Yield what is wrong with options that are right each by itself."""
    if 0 < watch.repeat_s < 60:
        yield f"collector_watch.repeat_s = {watch.repeat_s:g}: give {HINTS['collector_watch.repeat_s']}"
    if watch.channel == "wecom" and watch.secret_file:
        yield "collector_watch.secret_file: a robot of WeCom signs nothing; leave it out"
    if watch.channel == "webhook" and watch.mention:
        yield "collector_watch.mention: a webhook calls nobody; leave it out"
