"""Tubes answer, sheets do not; eigenvalues agree with LAPACK."""

import numpy as np
import pytest

from viewer.enhance.vesselness import eigenvalues, vesselness
from viewer.progress import silent


def test_eigenvalues_in_closed_form():
    a, b, c, d, e, f = np.random.default_rng(0).normal(0, 50, (6, 500))
    matrices = np.stack([a, d, e, d, b, f, e, f, c], axis=-1).reshape(-1, 3, 3)
    expected = np.linalg.eigvalsh(matrices)[:, ::-1].T
    found = np.stack(eigenvalues(np.stack([a, b, c, d, e, f])))
    assert np.abs(found - expected).max() < 0.05


def test_equal_eigenvalues_do_not_break():
    same = np.zeros((6, 2), np.float32)
    same[:3] = 7
    assert np.allclose(eigenvalues(same), 7)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.0, 0.8, 0.8)])
def test_tubes_answer_sheets_do_not(spacing):
    z, y, x = (np.indices((40, 60, 60)) - np.array([20, 30, 30])[:, None, None, None]) * np.array(
        spacing
    )[:, None, None, None]
    everywhere = np.ones(z.shape, bool)
    tube = np.where(np.hypot(y, x) < 2, 300.0, 0).astype(np.float32)
    sheet = np.where(np.abs(y) < 2, 300.0, 0).astype(np.float32)
    scales = (1.0, 1.7, 2.6)
    answer = vesselness(tube, everywhere, spacing, scales, silent())
    assert 60 < answer[20, 30, 30] < 200
    assert answer[20, 30, 55] < 5
    assert vesselness(sheet, everywhere, spacing, scales, silent())[20, 30, 30] < 10


def test_slabs_and_where(monkeypatch):
    image = np.random.default_rng(1).normal(0, 50, (60, 20, 20)).astype(np.float32)
    where = image > 0
    whole = vesselness(image, where, (1.0, 1.0, 1.0), (1.0, 1.7), silent())
    monkeypatch.setattr("viewer.enhance.slabs.SLAB_VOXELS", 20 * 20 * 10)
    parts = vesselness(image, where, (1.0, 1.0, 1.0), (1.0, 1.7), silent())
    assert np.abs(parts - whole)[2:-2].max() < 0.5
    assert not whole[~where].any()
