"""What all tests share."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def shared_data():
    """Finds a file or folder of the real cases, or skips with the reason."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the real case {name} is not on this machine")
        return path

    return find
