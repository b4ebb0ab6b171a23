import numpy as np

from viewer.scene.prepare import prepare_volume
from viewer.scene.table import without_table
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

GRID = Grid.regular((40, 160, 160), (5.0, 2.5, 2.5))


def a_patient_on_a_table():
    """A chest with lungs and a vessel in one, a leg beside it, and a thin table below."""
    voxels = np.full(GRID.shape, -1000, dtype=np.int16)
    y, x = np.mgrid[:160, :160]
    trunk = ((x - 70) / 50) ** 2 + ((y - 60) / 35) ** 2 < 1
    lung = ((x - 50) / 18) ** 2 + ((y - 60) / 22) ** 2 < 1
    leg = np.hypot(x - 140, y - 60) < 14
    voxels[:, trunk | leg] = 40
    voxels[:, lung] = -850
    voxels[:, 59:62, 49:52] = 300
    voxels[:, 120:121, 10:150] = 150
    return voxels


def test_the_table_goes_and_the_patient_stays():
    voxels = a_patient_on_a_table()
    shown, hidden = without_table(voxels, GRID)
    assert hidden
    assert (shown[:, 118:123] == -1024).all()
    assert (
        np.array_equal(shown[:, 20:100, 15:158], voxels[:, 20:100, 15:158])
        or ((shown[:, :100] > -200) == (voxels[:, :100] > -200)).all()
    )
    assert (shown[:, 60, 50] == 300).all()
    assert (shown[:, 60, 140] == 40).all()


def test_without_a_table_nothing_is_copied():
    voxels = a_patient_on_a_table()
    voxels[:, 120] = -1000
    shown, hidden = without_table(voxels, GRID)
    assert not hidden
    assert shown is voxels


def test_the_prepared_volume_says_so():
    prepared = prepare_volume(Volume(a_patient_on_a_table(), GRID), software=True)
    assert prepared.table_hidden
    solid = [brick.source.voxels > -900 for brick in prepared.fine]
    assert {brick.axis for brick in prepared.fine} == {1}
    rows = [
        brick.first + np.flatnonzero(s.any(axis=(0, 2)))
        for brick, s in zip(prepared.fine, solid, strict=True)
    ]
    assert np.concatenate(rows).max() < 110
