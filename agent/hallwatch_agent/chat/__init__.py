"""How to speak to chat robots and webhooks: what a request looks like, and what an answer means. Pure: no network.

The collector's channels stand on it, and so does an agent that tells people over a channel of its own that the
collector is dead.
"""
