"""Files that come with the program."""

from pathlib import Path

from viewer.errors import ViewerError

PLACES = (Path(__file__).parent / "resources", Path(__file__).parent.parent / "resources")


def resource(name: str) -> Path:
    """The path of a file or folder under `resources/`, installed or in the source tree."""
    for place in PLACES:
        if (place / name).exists():
            return place / name
    raise ViewerError(f"The program's own file {name} is missing; install Angioscape again.")
