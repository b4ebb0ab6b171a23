import numpy as np
import pytest

from viewer.errors import ViewerError
from viewer.phantom.tissue import Tissue
from viewer.training.anatomy import fill_body, fill_lungs, hollow_bones, load, save


def test_what_is_saved_is_loaded(an_anatomy, a_scan, tmp_path):
    save(an_anatomy, tmp_path)
    save(a_scan, tmp_path)
    block, scan = load(tmp_path)
    assert np.array_equal(block.tissue, an_anatomy.tissue)
    assert block.hu is None
    assert np.array_equal(scan.hu, a_scan.hu)
    assert scan.tissue is None


def test_nothing_prepared_is_said(tmp_path):
    with pytest.raises(ViewerError, match="--prepare"):
        load(tmp_path)


def test_a_body_gets_fat_and_skin_around_it_and_between_its_parts():
    tissue = np.zeros((3, 80, 80), np.uint8)
    tissue[:, 30:50, 20:35] = Tissue.MUSCLE
    tissue[:, 30:50, 45:60] = Tissue.MUSCLE
    body = fill_body(tissue)
    assert body[1, 40, 40] == Tissue.FAT
    assert body[1, 40, 17] == Tissue.FAT
    assert body[1, 2, 2] == Tissue.AIR
    column = body[1, :, 40]
    assert np.count_nonzero(column == Tissue.SKIN) in (2, 4)
    assert column[np.flatnonzero(column)[0]] == Tissue.SKIN


def test_lungs_lie_deep_above_the_liver_and_away_from_the_heart():
    tissue = np.full((40, 120, 120), Tissue.FAT, np.uint8)
    tissue[:10] = Tissue.LIVER
    tissue[10:30, 55:65, 55:65] = Tissue.LEFT_HEART
    lungs = fill_lungs(tissue, (Tissue.LEFT_HEART,)) == Tissue.LUNG
    assert lungs[20, 60, 30]
    assert not lungs[20, 60, 68]
    assert not lungs[20, 60, 5]
    assert not lungs[:10].any()


def test_bones_are_hollow_under_their_cortex():
    tissue = np.zeros((20, 20, 20), np.uint8)
    tissue[4:16, 4:16, 4:16] = Tissue.CORTEX
    hollow = hollow_bones(tissue)
    assert hollow[10, 10, 10] == Tissue.MARROW
    assert hollow[4, 10, 10] == Tissue.CORTEX
