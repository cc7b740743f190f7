"""The pure core: no clock, no I/O, no threads. ``now`` is an argument; what it decides comes back as events."""
