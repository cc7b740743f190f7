"""Why something was not taken, in two languages: for logs, and for those who have to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from hallwatch_agent.chat.secrecy import HIDDEN, hide

LONGEST: Final = 200


class Reason(Struct, frozen=True):
    """Why something was not taken, or not now. Nothing secret; English goes to logs, Chinese to the hall's pages."""

    en: str
    zh: str

    def because(self, said: Reason | str) -> Reason:
        """Return it with what is known of it: another reason, or code and words of the other end or the system."""
        why = said if isinstance(said, Reason) else plain(said)
        return Reason(clip(f"{self.en} ({why.en})"), clip(f"{self.zh}({why.zh})")) if why.en else self

    def by(self, en: str, zh: str) -> Reason:
        """Return it with the name of whoever says so in front."""
        return Reason(clip(f"{en}: {self.en}"), clip(f"{zh}:{self.zh}"))

    def without(self, secrets: Iterable[str]) -> Reason:
        """Return it without any of these secrets, however the other end writes them."""
        held = list(secrets)
        return Reason(hide(self.en, held), hide(self.zh, held))

    def __str__(self) -> str:
        return self.en


NOT_REACHED: Final = Reason("cannot be reached", "连接不上,请检查网络和地址")
OUT_OF_TIME: Final = Reason("out of time", "没有及时回应")
CUT: Final = Reason("the connection was cut", "连接中断")
NOT_TRUSTED: Final = Reason("its certificate is not trusted", "对方的证书不可信,请检查 ca_file")
NO_CERTIFICATE: Final = Reason(
    "what is given as authorities (ca_file) is no certificate", "ca_file 里不是证书,请换成 PEM 格式的证书"
)
BAD_ADDRESS: Final = Reason("the address, or a header, cannot be used", "地址或请求头不能用,请检查 alerts.toml")
DEFECT: Final = Reason("a defect in Hallwatch; see its log", "Hallwatch 程序出错,请查看日志")


def plain(text: str) -> Reason:
    """Return a reason that is known in one language only."""
    return Reason(clip(text), clip(text))


def reason_of(error: Exception) -> Reason:
    """Return the reason that an error carries; of one that has none its words, or its name."""
    told = error.args[0] if error.args else None
    return told if isinstance(told, Reason) else plain(str(error) or type(error).__name__)


def clip(text: str) -> str:
    """Return a reason as it goes into the record: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + HIDDEN
