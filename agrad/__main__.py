"""``python -m agrad``."""

import sys

from agrad.command.cli import main

if __name__ == "__main__":
    sys.exit(main())
