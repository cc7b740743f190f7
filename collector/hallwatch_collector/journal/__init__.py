"""The record: every decision is here before it is carried out. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from hallwatch_collector.journal.chain import Head
from hallwatch_collector.journal.database import JournalUnavailable, JournalUnusable
from hallwatch_collector.journal.journal import Decision, Entry, Journal
from hallwatch_collector.journal.rows import Row

__all__ = ["Decision", "Entry", "Head", "Journal", "JournalUnavailable", "JournalUnusable", "Row"]
