"""Drills (clause B3): a scenario played on a hall's twin, and a score of what people and program did.

``scenario`` is a drill as data (``*.toml`` beside it); ``choose`` finds the things of a hall that it is about; ``twin``
makes the twin's hall file; ``score`` compares the record with what the scenario expects; ``paper`` tells the score;
``rehearse`` plays a drill in virtual time with a scripted staff; ``live`` plays it on a running collector.
"""
