"""``python -m hallwatch_agent`` is the command ``hallwatch-agent``."""

from hallwatch_agent.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
