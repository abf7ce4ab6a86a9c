"""`python -m bylaws`: the command."""

from __future__ import annotations

import sys

from bylaws.cli.start import main

if __name__ == "__main__":
    sys.exit(main())
