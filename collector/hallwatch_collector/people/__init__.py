"""The people who may decide something: their roles, their halls, and the tokens by which programs know them."""

from __future__ import annotations

from hallwatch_collector.people.accounts import PersonRefused
from hallwatch_collector.people.people import People
from hallwatch_collector.people.person import Person

__all__ = ["People", "Person", "PersonRefused"]
