"""Keeps modules out of memory that a library imports at its top and hardly uses: they load at their first use instead.

An agent must be small beside what else runs on a hall PC. paho imports ssl and hashlib (4 MiB with OpenSSL) and
urllib.request (2.4 MiB with http.client and email) for TLS, WebSockets and proxies, which most agents do not have.
:class:`importlib.util.LazyLoader` does not help: ``import`` statements themselves touch the lazy module.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

UNRAISED: Final = {"ssl": {"SSLWantReadError", "SSLWantWriteError"}}
"""Exceptions that only the module itself raises: ``except`` may name them without its being loaded."""


class Unraised(Exception):  # noqa: N818 - it is never raised
    """Stands in ``except`` clauses for an exception of a module that is not loaded."""


class Postponed(ModuleType):
    """Stands for a module until one of its attributes is used."""

    def __getattr__(self, attribute: str) -> Any:
        name = self.__name__
        if attribute.startswith("__"):  # what the import system looks for
            raise AttributeError(attribute)
        if sys.modules.get(name) is self:
            del sys.modules[name]
        if name not in sys.modules and attribute in UNRAISED.get(name, ()):
            return Unraised
        return getattr(importlib.import_module(name), attribute)


@contextmanager
def postponed(*names: str) -> Iterator[None]:
    """Give imports inside the ``with`` block stand-ins for *names*; later and elsewhere there are the real ones."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update((name, Postponed(name)) for name in absent)
    try:
        yield
    finally:
        for name in absent:
            if isinstance(sys.modules.get(name), Postponed):
                del sys.modules[name]
