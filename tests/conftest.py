"""What all tests share: fixtures named as the things they are."""

import os
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    """Training comes first: torch's compiler crashes where Mesa has loaded its own before."""
    items.sort(key=lambda item: "training" not in item.path.parts)


@pytest.fixture
def shared_data():
    """Finds a file or folder of the real cases, or skips with the reason."""

    def find(name: str) -> Path:
        path = DATA / name
        if not path.exists():
            pytest.skip(f"the real case {name} is not on this machine")
        return path

    return find


@pytest.fixture(autouse=True)
def no_networks_ship(monkeypatch):
    """The rules alone, so that tests are quick and need no weights; a test may ship its own."""
    monkeypatch.setattr("viewer.case.engine.models_folder", lambda: None)


@pytest.fixture(scope="session")
def a_scan():
    """A phantom of the abdominal aorta with its branches: volume, mask and true tree."""
    from viewer.phantom.scan import grid_around, render
    from viewer.phantom.vessels import abdominal_aorta

    tree = abdominal_aorta()
    grid = grid_around(tree, (1.5, 1.0, 1.0), margin_mm=25.0)
    volume, mask = render(tree, grid, lumen_hu=400, background_hu=40, noise_hu=12, seed=1)
    return volume, mask, tree


@pytest.fixture(scope="session")
def a_volume(a_scan):
    return a_scan[0]


@pytest.fixture(scope="session")
def a_mask(a_scan):
    return a_scan[1]


@pytest.fixture(scope="session")
def a_tree(a_scan):
    return a_scan[2]


@pytest.fixture(scope="session")
def a_suitability(a_volume):
    from viewer.enhance.suitability import Suitability

    size = np.multiply(a_volume.grid.shape, a_volume.grid.spacing_mm)
    return Suitability(True, 400.0, 15.0, 12.0, 1.5, tuple(float(mm) for mm in size))


@pytest.fixture(scope="session")
def a_case(a_volume, a_mask, a_suitability):
    """A whole case: the phantom, traced."""
    from viewer.case.case import Case
    from viewer.case.pipeline import advance
    from viewer.dicom.series import Series
    from viewer.errors import Notice
    from viewer.provenance import Record

    series = Series(
        "1.2.3",
        (Path("one.dcm"), Path("two.dcm")),
        a_volume.grid,
        modality="CT",
        description="CTA <b>abdomen</b>",
        patient_name="DOE^JANE",
        patient_id="4711",
        spacing_mm=a_volume.grid.spacing_mm,
        image_type=("ORIGINAL", "PRIMARY"),
    )
    case = Case(series=series).put(
        "volume",
        a_volume,
        Record("read", "volume", "2026-01-01T00:00:00+00:00"),
        notices=(Notice("told", "warning", "A warning of the scan.", ("one.dcm",)),),
    )
    case = case.put("suitability", a_suitability)
    case = case.put("mask", a_mask, Record("segment", "mask", "2026-01-01T00:00:00+00:00"))
    return advance(case, "trace")
