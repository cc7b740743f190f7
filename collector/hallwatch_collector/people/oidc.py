"""Signing in with a bureau's own account: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

What this program keeps of a sign-in that was begun stands sealed in a cookie of the browser that began it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from hallwatch_collector.people.oidc_http import ProviderAway, ask
from hallwatch_collector.people.sealing import SealBroken, Sealer
from hallwatch_collector.webconfig import Oidc

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a key of the provider's that nobody else has; not ``none``, nor such as who has the public key
could make (HS256)."""
BEGUN_S: Final = 600.0
"""So long somebody has to sign in there."""
KNOWN_S: Final = 3600.0
"""So long what the provider says of itself is believed without asking again."""
KEYS_AGAIN_S: Final = 60.0
"""Its keys are asked for again at most this often, when one is not known: it may have taken a new one."""
LEEWAY_S: Final = 60.0
MOST_USED: Final = 10_000
LONGEST_SUBJECT: Final = 255
"""By OpenID Connect Core 1.0, 2."""
ABOUT: Final = "oidc"


class OidcRefused(Exception):  # noqa: N818 - it says what happened
    """Nobody is let in; ``code`` says why, the text more, for the log."""

    def __init__(self, code: str, text: str, subject: str = "") -> None:
        """*subject*: as what the provider knows them, where an administrator can help with it."""
        super().__init__(text)
        self.code = code
        self.subject = subject


class Begun(Struct, frozen=True):
    """A sign-in that was begun."""

    state: str
    nonce: str
    verifier: str
    onward: str
    at: float


class Identity(Struct, frozen=True, kw_only=True):
    """Who somebody is, as the provider says."""

    subject: str
    """Issuer and subject: it never means anybody else."""
    name: str
    roles: list[str] | None
    """Those that its claim stands for here; None: it says nothing of roles."""


class _Metadata(Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0), as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(Struct, frozen=True):
    id_token: str


def join_subject(issuer: str, subject: str) -> str:
    """Return as what somebody is known: who says so, and whom they mean (OpenID Connect Core 1.0, 5.7)."""
    return f"{issuer} {subject}"


class Provider:
    """One provider. Thread-safe; what asks it may take some seconds."""

    def __init__(self, settings: Oidc, secret: str, redirect: str, sealer: Sealer) -> None:
        """*redirect*: where it sends people back to."""
        self.settings = settings
        self._secret = secret
        self._redirect = redirect
        self._sealer = sealer
        self._lock = threading.Lock()
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._used: OrderedDict[str, float] = OrderedDict()

    def begin(self, onward: str, now: float) -> tuple[str, str]:
        """Return where the browser goes, and what it keeps meanwhile; raise :class:`OidcRefused`."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        begun = Begun(state, nonce, verifier, onward, now)
        challenge = hashlib.sha256(begun.verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": self._redirect,
            "scope": " ".join(self.settings.scopes), "state": begun.state, "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }  # fmt: skip
        endpoint = self._know(now).authorization_endpoint
        address = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"
        return address, self._sealer.seal(msgspec.json.encode(begun).decode(), ABOUT)

    def finish(self, kept: str, state: str, code: str, now: float) -> tuple[Identity, str]:
        """Return who came back, and where they wanted to go; raise :class:`OidcRefused`.

        *kept*: what their browser kept. Each sign-in that was begun can be finished once.
        """
        begun = self._find_begun(kept, state, now)
        return self._identify(self._redeem(code, begun, now), begun, now), begun.onward

    def _find_begun(self, kept: str, state: str, now: float) -> Begun:
        try:
            begun = msgspec.json.decode(self._sealer.open(kept, ABOUT), type=Begun)
        except (SealBroken, msgspec.MsgspecError) as error:
            raise OidcRefused("oidc-lost", "this browser began no sign-in") from error
        if not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise OidcRefused("oidc-lost", "the state is that of another sign-in")
        if not 0 <= now - begun.at <= BEGUN_S:
            raise OidcRefused("oidc-late", "it was begun too long ago")
        with self._lock:
            if begun.state in self._used:
                raise OidcRefused("oidc-lost", "the state was used before")
            self._used[begun.state] = now
            while len(self._used) > MOST_USED:
                self._used.popitem(last=False)
        return begun

    def _redeem(self, code: str, begun: Begun, now: float) -> str:
        """Return the ID token that a code stands for."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect,
            "client_id": self.settings.client_id, "code_verifier": begun.verifier,
        }  # fmt: skip
        credentials = (self.settings.client_id, self._secret) if self._secret else None
        try:
            told = ask(self._know(now).token_endpoint, form, credentials)
            return msgspec.json.decode(told, type=_Tokens).id_token
        except (ProviderAway, msgspec.MsgspecError) as error:
            raise OidcRefused("oidc-away", f"the code was not taken: {error}") from error

    def _identify(self, token: str, begun: Begun, now: float) -> Identity:
        """Return who an ID token is about, if it is good (OpenID Connect Core 1.0, 3.1.3.7)."""
        claims = self._read(token, now)
        client, issuer = self.settings.client_id, self.settings.issuer
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        wrong = {
            "iss": claims.get("iss") != issuer,
            "aud": client not in audiences,
            "azp": (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != client,
            "exp": not _is_time(claims.get("exp")) or now >= claims["exp"] + LEEWAY_S,
            "iat": not _is_time(claims.get("iat")) or claims["iat"] > now + LEEWAY_S,
            "nbf": _is_time(claims.get("nbf")) and claims["nbf"] > now + LEEWAY_S,
            "nonce": not hmac.compare_digest(str(claims.get("nonce", "")).encode(), begun.nonce.encode()),
            "sub": not isinstance(claims.get("sub"), str) or not claims["sub"],
        }
        if names := [name for name, is_wrong in wrong.items() if is_wrong]:
            raise OidcRefused("oidc-token", f"the ID token is not for this sign-in: {', '.join(names)}")
        name = claims.get(self.settings.name_claim)
        subject = join_subject(issuer, claims["sub"])
        return Identity(subject=subject, name=name if isinstance(name, str) else "", roles=self._roles(claims))

    def _read(self, token: str, now: float) -> dict[str, Any]:
        """Return the claims of a token that a key of the provider's signed."""
        try:
            return jwt.decode(token, self._know_keys(now), algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            pass
        try:  # it may have taken new keys
            return jwt.decode(token, self._know_keys(now, again=True), algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError) as error:
            raise OidcRefused("oidc-token", f"the ID token is none of the provider's: {error}") from error

    def _roles(self, claims: dict[str, Any]) -> list[str] | None:
        if not self.settings.roles:
            return None
        told = claims.get(self.settings.roles_claim)
        groups = told if isinstance(told, list) else [told]
        found = [role for group in groups if isinstance(group, str) for role in self.settings.roles.get(group, [])]
        return list(dict.fromkeys(found))

    def _know(self, now: float) -> _Metadata:
        with self._lock:
            if self._metadata and 0 <= now - self._metadata[0] < KNOWN_S:
                return self._metadata[1]
        address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            metadata = msgspec.json.decode(ask(address), type=_Metadata)
        except (ProviderAway, msgspec.MsgspecError) as error:
            raise OidcRefused("oidc-away", f"{address}: {error}") from error
        if metadata.issuer != self.settings.issuer:
            raise OidcRefused("oidc-away", f"{address} is that of {metadata.issuer}, not of {self.settings.issuer}")
        with self._lock:
            self._metadata = (now, metadata)
        return metadata

    def _know_keys(self, now: float, *, again: bool = False) -> KeySet:
        with self._lock:
            fresh_s = KEYS_AGAIN_S if again else KNOWN_S
            if self._keys and 0 <= now - self._keys[0] < fresh_s:
                return self._keys[1]
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(ask(self._know(now).jwks_uri)))
        except (ProviderAway, msgspec.MsgspecError, JoseError, ValueError, KeyError, TypeError) as error:
            raise OidcRefused("oidc-away", f"the provider's keys: {error}") from error
        with self._lock:
            self._keys = (now, keys)
        return keys


def _is_time(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool)
