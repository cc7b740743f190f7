"""TLS of the channels that are no HTTP."""

from __future__ import annotations

import ssl
import tempfile
from pathlib import Path
from typing import Final

from hallwatch_collector.notify.channel import Kit, Reason, Unusable

_NO_PEM: Final = Reason(
    "one of them holds no certificate or key in PEM form", "其中有的不是 PEM 格式的证书或密钥,请换成正确的文件"
)


def make_context(kit: Kit, ca_file: str, cert_file: str = "", key_file: str = "") -> ssl.SSLContext:
    """Return whom to believe, and who we are. The files are secrets' files; no *ca_file*: whom the system trusts.

    Raises :class:`Unusable` for a file that holds something else.
    """
    ca = kit.secret(ca_file) if ca_file else None
    ours = (kit.secret(cert_file), kit.secret(key_file)) if cert_file else None
    try:
        context = ssl.create_default_context(cadata=ca)
        if ours is not None:
            _show_ourselves(context, *ours)
    except (ssl.SSLError, ValueError) as error:
        files = ", ".join(filter(None, (ca_file, cert_file, key_file)))
        raise Unusable(_NO_PEM.by(files, files).because(str(error))) from None
    return context


def _show_ourselves(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load a certificate and its key: the library takes them from a file only, which is there for this moment."""
    with tempfile.TemporaryDirectory(prefix="hallwatch-") as folder:  # for its owner alone
        file = Path(folder) / "pair.pem"
        file.touch(mode=0o600)
        file.write_text(f"{certificate}\n{key}\n", encoding="ascii")
        context.load_cert_chain(file)
