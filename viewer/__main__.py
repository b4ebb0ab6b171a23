"""The command `angioscape`."""

import sys

from viewer.cli import run


def main() -> None:
    """Run the command line with the process's arguments and exit with its code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
