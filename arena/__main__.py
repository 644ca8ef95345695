"""`python -m arena` is the command `arena`."""

import sys

from arena import cli

if __name__ == "__main__":
    sys.exit(cli.main())
