"""The cookies that browsers keep for us, and what hangs on them: the language, the session, the right to send forms."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final, Literal

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Response

from hallwatch_collector.web.texts import LANGUAGES, Language

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]

LANGUAGE_COOKIE: Final = "hallwatch_language"
SESSION_COOKIE: Final = "hallwatch_session"
SECURE_SESSION_COOKIE: Final = "__Host-hallwatch"
"""Over TLS; by its name no other host can set it, nor a page without TLS (RFC 6265bis)."""
FORM_COOKIE: Final = "hallwatch_form"
"""Of who is not signed in: what their forms hang on."""
KEEP_S: Final = 180 * 86400
FORM_MARK: Final = f"form-{secrets.token_hex(16)}"
"""Stands in rendered pages where the token of a form goes, so that one picture serves all who look."""


def is_secure(connection: AnyConnection) -> bool:
    """Tell whether a request came over TLS."""
    return connection.url.scheme == "https"


def make_cookie(
    connection: AnyConnection, key: str, value: str, *, same_site: Literal["lax", "strict"] = "strict",
    keep_s: int | None = None,
) -> Cookie:  # fmt: skip
    """Return a cookie that scripts cannot read; *keep_s* None: until the browser is closed."""
    return Cookie(
        key=key, value=value, path="/", max_age=keep_s, httponly=True, secure=is_secure(connection), samesite=same_site
    )


def session_cookie_name(connection: AnyConnection) -> str:
    """Return under which name the session is kept."""
    return SECURE_SESSION_COOKIE if is_secure(connection) else SESSION_COOKIE


def session_of(connection: AnyConnection) -> str:
    """Return the id of the session that a browser shows; empty: none."""
    return connection.cookies.get(session_cookie_name(connection), "")


def keep_session(connection: AnyConnection, response: Response[Any], id_: str) -> None:
    """Have the browser keep a session's id; an empty one is forgotten."""
    cookie = make_cookie(connection, session_cookie_name(connection), id_, keep_s=None if id_ else 0)
    response.set_cookie(cookie)


def language_of(connection: AnyConnection) -> Language:
    """Return the language asked for or remembered; Chinese unless chosen."""
    asked = connection.query_params.get("lang") or connection.cookies.get(LANGUAGE_COOKIE, "")
    return next((known for known in LANGUAGES if known == asked), LANGUAGES[0])


def remember_language(connection: AnyConnection, response: Response[Any]) -> None:
    """Keep a language that was asked for with ``?lang=``."""
    asked = connection.query_params.get("lang")
    if asked in LANGUAGES:
        response.set_cookie(make_cookie(connection, LANGUAGE_COOKIE, asked, same_site="lax", keep_s=KEEP_S))


def form_token(connection: AnyConnection, session: str) -> str:
    """Return what the forms of this browser have to send with them; empty: none would be taken yet.

    It hangs on the session, or else on a cookie of its own; neither can be found out from it.
    """
    kept = session or connection.cookies.get(FORM_COOKIE, "")
    return token_of(kept) if kept else ""


def token_of(kept: str) -> str:
    """Return what hangs on a cookie."""
    return hashlib.sha256(b"hallwatch form\n" + kept.encode()).hexdigest()


def put_form_token(connection: AnyConnection, response: Response[str], session: str) -> None:
    """Put the token into the forms of a page, and give a browser that has nothing for it to hang on that first."""
    if FORM_MARK not in response.content:
        return
    token = form_token(connection, session)
    if not token:
        kept = secrets.token_urlsafe(24)
        response.set_cookie(make_cookie(connection, FORM_COOKIE, kept))
        token = token_of(kept)
    response.content = response.content.replace(FORM_MARK, token)
