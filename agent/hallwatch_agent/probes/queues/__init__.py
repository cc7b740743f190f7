"""Queue-number machines: how many people wait, and for how long."""
