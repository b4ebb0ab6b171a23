import numpy as np
import pytest

from viewer.enhance.slabs import around, blocks, common, held, inside, slabs, together, whole
from viewer.progress import silent

SHAPE = (50, 97, 20)


@pytest.mark.parametrize(
    "cuts", [blocks(SHAPE), [(s, *whole(SHAPE)[1:]) for s, *_ in slabs(SHAPE, 2)]]
)
def test_every_voxel_lies_in_one_piece(cuts):
    times = np.zeros(SHAPE, int)
    for box in cuts:
        times[box] += 1
    assert (times == 1).all()


def test_a_slab_is_found_again_in_its_wider_one():
    layers = np.arange(4000)
    for slab, wide, inner in slabs((4000, 60, 60), 3):
        assert np.array_equal(layers[wide][inner], layers[slab])


def test_boxes_hold_what_there_is():
    grid = np.zeros(SHAPE, bool)
    at = (slice(10, 40), slice(20, 60), slice(2, 18))
    assert held(grid[at], at) is None
    grid[12:15, 33, 5:9] = True
    box = held(grid[at], at)
    assert box == (slice(12, 15), slice(33, 34), slice(5, 9))
    assert around(box, (20, 1, 1), SHAPE) == (slice(0, 35), slice(32, 35), slice(4, 10))
    assert inside(box, at) == (slice(2, 5), slice(13, 14), slice(3, 7))
    assert common(box, at) == box
    assert common(box, (slice(0, 12), slice(0, 97), slice(0, 20))) is None


def test_a_failure_in_one_piece_is_told():
    done = []

    def work(number):
        if number == 3:
            raise ValueError("three")
        done.append(number)

    together(range(3), work, silent())
    assert sorted(done) == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        together(range(400), work, silent())
