"""Tells people and systems: the channels, the way of each message to them, and who is told what (``alerts.toml``)."""
