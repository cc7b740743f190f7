"""Imitations of the services that messages go to, each on loopback, from what their vendors publish."""
