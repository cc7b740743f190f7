"""The record: every decision is here before it is carried out. SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from hallwatch_collector.journal.journal import Decision, Entry, Journal, JournalUnavailable, JournalUnusable

__all__ = ["Decision", "Entry", "Journal", "JournalUnavailable", "JournalUnusable"]
