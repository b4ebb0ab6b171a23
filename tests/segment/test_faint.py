"""Where a vessel's outer wall is drawn when its blood does not show it."""

import numpy as np

from viewer.segment.faint import RAY_MM, share_beyond


def test_known_lumen_close_outside_speaks_against_a_wall_and_lumen_inside_does_not():
    known = np.zeros((2, 40), bool)
    known[0, 20:34] = True  # the other lumen, 15 mm out on one ray
    share = share_beyond(known)
    assert share.shape == known.shape
    assert share[0, 20] == 1
    assert 0 < share[0, 20 - round(3 / RAY_MM)] < 1
    assert share[0, 20 - round(9 / RAY_MM)] == 0
    assert (share[0, 34:] == 0).all()
    assert (share[1] == 0).all()
