import numpy as np
import pytest

from viewer.phantom.body import LANDMARKS, make_body
from viewer.phantom.companions import make_anatomy
from viewer.phantom.tissue import Tissue
from viewer.volume.grid import Grid

BODY = make_body(np.random.default_rng(0), 0.0)


@pytest.fixture(scope="module", params=["T10", "L3"])
def a_vertebra(request):
    """One vertebra at 0.5 mm across and 1 mm along, its map and its center's index."""
    center = np.array(LANDMARKS[request.param], float)
    grid = Grid.regular((32, 150, 140), (1, 0.5, 0.5), np.add(center, (-34.75, -25, -16)))
    anatomy = make_anatomy(np.random.default_rng(4), table=False, foreign=False)
    return anatomy.on(BODY, grid), np.rint(grid.index(center)).astype(int)


def test_the_body_is_marrow_in_a_thin_cortex(a_vertebra):
    tissue, (k, j, i) = a_vertebra
    assert tissue[k, j, i] == Tissue.MARROW
    row = tissue[k, j]
    bone = np.flatnonzero(np.isin(row, [Tissue.CORTEX, Tissue.MARROW]))
    assert 28 < 0.5 * (np.ptp(bone) + 1) < 52
    left = row[i:]
    edge = left[: np.argmax(~np.isin(left, [Tissue.CORTEX, Tissue.MARROW]))]
    assert 0.5 <= 0.5 * (edge == Tissue.CORTEX).sum() <= 2.0


def test_discs_lie_above_and_below(a_vertebra):
    tissue, (_, j, i) = a_vertebra
    assert Tissue.CARTILAGE in tissue[:, j, i]
    assert np.mean(tissue[:, j, i] == Tissue.MARROW) > 0.4


def test_the_canal_is_free_and_bone_lies_behind_it(a_vertebra):
    tissue, (k, j, i) = a_vertebra
    for level in range(tissue.shape[0]):
        line = tissue[level, j:, i]
        soft = np.isin(line, [Tissue.WATER, Tissue.BRAIN])
        assert 5 < 0.5 * soft.sum() < 18
    wet = np.isin(tissue, [Tissue.WATER, Tissue.BRAIN])
    behind = tissue[:, j + int(np.flatnonzero(wet[k, j:, i]).max()) :, i]
    assert np.isin(behind, [Tissue.CORTEX, Tissue.MARROW]).any()
