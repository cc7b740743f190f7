"""The second factor: six figures that a phone works out from a secret and the time (TOTP, RFC 6238).

Beside it there are codes on paper, each good once, for who lost the phone.
"""

from __future__ import annotations

import hmac
from typing import Final

import pyotp

from hallwatch_collector.people.accounts import Account
from hallwatch_collector.people.credentials import RECOVERY_CODES, draw_code, hash_code
from hallwatch_collector.people.people import People
from hallwatch_collector.people.sealing import SealBroken

STEP_S: Final = 30
FIGURES: Final = 6
LATE_STEPS: Final = 1
"""A phone's clock may be so many steps behind or before ours."""
ISSUER: Final = "Hallwatch"


def draw_secret() -> str:
    """Return a new secret, as authenticators take it."""
    return pyotp.random_base32()


def address_of_secret(secret: str, name: str) -> str:
    """Return what goes into the QR code that a phone scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def find_step(secret: str, code: str, now: float) -> int | None:
    """Return at which step of time a code is right, near to now; None: at none."""
    figures = code.replace(" ", "")
    if len(figures) != FIGURES or not figures.isascii() or not figures.isdigit():
        return None
    generator, step = pyotp.HOTP(secret, digits=FIGURES), int(now // STEP_S)
    near = range(step - LATE_STEPS, step + LATE_STEPS + 1)
    return next((each for each in near if hmac.compare_digest(generator.at(each), figures)), None)


def enrol(people: People, name: str, secret: str, code: str, now: float) -> list[str] | None:
    """Take on a secret whose first code was right; return the recovery codes, which are kept nowhere, or None."""
    step = find_step(secret, code, now)
    if step is None:
        return None
    codes = [draw_code() for _ in range(RECOVERY_CODES)]
    sealed = people.sealer.seal(secret, f"totp {name}")
    people.accounts.set_totp(name, sealed, [hash_code(name, each) for each in codes])
    people.accounts.use_step(name, step)
    return codes


def check_code(people: People, account: Account, code: str, now: float) -> bool:
    """Tell whether a code is somebody's second factor, and not used before; or one of their recovery codes."""
    name = account.person.name
    if account.totp_secret is None:
        return False
    try:
        secret = people.sealer.open(account.totp_secret, f"totp {name}")
    except SealBroken:
        secret = ""  # of another machine's key: a recovery code, or an administrator, helps
    step = find_step(secret, code, now) if secret else None
    if step is not None:
        return people.accounts.use_step(name, step)
    return people.accounts.use_recovery(name, hash_code(name, code))
