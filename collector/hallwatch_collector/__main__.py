"""Lets ``python -m hallwatch_collector`` do what ``hallwatch`` does."""

import sys

from hallwatch_collector.cli import main

if __name__ == "__main__":
    sys.exit(main())
