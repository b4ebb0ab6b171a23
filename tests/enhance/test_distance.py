import numpy as np
import pytest
from scipy import ndimage

from viewer.enhance.distance import distance_within
from viewer.progress import Cancelled, Progress, silent

SPACING_MM = (1.0, 1.3, 1.3)


@pytest.fixture
def a_mask():
    """A wide ball that crosses the borders of blocks, thin rods, and specks left out."""
    k, j, i = np.indices((70, 110, 60))
    mask = (k - 30) ** 2 + (j - 50) ** 2 + (i - 30) ** 2 < 25**2
    mask |= (np.abs(j - 100) < 3) & (np.abs(i - 8) < 2)
    mask[10:12, 45:52, 28:33] = False
    return mask


@pytest.mark.parametrize("most_mm", [2.8, 9.0, 25.0])
@pytest.mark.parametrize("turned", [False, True])
def test_blocks_measure_what_the_whole_would(a_mask, most_mm, turned):
    mask = ~a_mask if turned else a_mask
    whole = ndimage.distance_transform_edt(mask, SPACING_MM)
    found = distance_within(mask, SPACING_MM, most_mm, silent())
    np.testing.assert_array_equal(found, np.minimum(whole, most_mm).astype(np.float32))


def test_where_there_is_no_outside_all_is_far():
    found = distance_within(np.ones((5, 60, 7), bool), SPACING_MM, 4.0, silent())
    assert (found == 4.0).all()


def test_a_person_can_stop_it(a_mask):
    told = []

    class Impatient(Progress):
        def at(self, fraction, message=""):
            told.append(fraction)
            if len(told) > 2:
                raise Cancelled

    with pytest.raises(Cancelled):
        distance_within(a_mask, SPACING_MM, 9.0, Impatient())
    assert len(told) == 3
