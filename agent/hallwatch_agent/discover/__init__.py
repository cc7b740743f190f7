"""Finds the devices on a hall's own network and writes them down as a piece of a hall file.

Ground (which addresses) → search (who is there, what is open, who they are) → identify (pure, a table of clues) →
fragment (pure, TOML). Asks only what every one of these devices is asked all day, slowly, and never prints anything.
"""
