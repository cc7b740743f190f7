"""Signing in with a password: what is looked at, in which order, and what is told of it."""

from __future__ import annotations

from hallwatch_collector.people.accounts import Account
from hallwatch_collector.people.passwords import fits
from hallwatch_collector.people.people import People
from hallwatch_collector.people.person import clean_name
from hallwatch_collector.people.second_factor import check_code


class SignInRefused(Exception):  # noqa: N818 - it says what happened
    """Nobody is let in; *wait_s* above 0: nothing was looked at, for that long."""

    def __init__(self, wait_s: float = 0.0) -> None:
        super().__init__()
        self.wait_s = wait_s


def check_password(people: People, name: str, password: str, address: str, now: float) -> Account:
    """Return whose name and password these are; raise :class:`SignInRefused`, equally for wrong names and passwords.

    Takes a while, and as long for names that are not there. What was wrong of the name is not forgotten before the
    second factor was right too: see :func:`ask_second` and :func:`welcome`.
    """
    name = clean_name(name)
    if wait_s := people.failures.count(name, address, now):
        raise SignInRefused(wait_s)
    account = people.accounts.get(name)
    right = fits(password, account.password_hash if account else None)
    if account is None or not right or account.disabled_at is not None:
        raise SignInRefused
    return account


def ask_second(people: People, address: str, now: float) -> None:
    """Note that a password was right whose second factor is still to come, which is counted for itself.

    So an address is counted no more than once for somebody who comes in, and not at all in the end: a whole hall may be
    behind it.
    """
    people.failures.forgive_address(address, now)


def check_second(people: People, account: Account, code: str, address: str, now: float) -> None:
    """Raise :class:`SignInRefused` unless a code is somebody's second factor; wrong ones count like passwords."""
    if wait_s := people.failures.count(account.person.name, address, now):
        raise SignInRefused(wait_s)
    if not check_code(people, account, code, now):
        raise SignInRefused


def welcome(people: People, account: Account, address: str, now: float, *, counted: bool) -> None:
    """Note that somebody came in; *counted*: by what was counted as an attempt, and is now forgotten as one."""
    if counted:
        people.failures.forgive(account.person.name, address, now)
    people.accounts.note_sign_in(account.person.name, now)
