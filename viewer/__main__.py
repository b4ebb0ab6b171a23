"""The command `angioscape`."""

import multiprocessing
import sys

from viewer.cli import run


def main() -> None:
    """Run the command line with the process's arguments and exit with its code."""
    multiprocessing.freeze_support()  # decoders of an installed program start here
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
