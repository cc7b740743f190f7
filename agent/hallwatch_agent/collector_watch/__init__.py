"""The dead man's switch: an agent notices that the collector is gone, and tells people itself, past the collector.

``machine`` decides, ``words`` says it, ``delivery`` sends it, ``memory`` keeps what was told, ``watcher`` joins them to
the agent's loop. It works only where ``agent.toml`` has a table ``[collector_watch]``.
"""
