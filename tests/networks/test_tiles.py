import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.networks.tiles import MARGIN_VOXELS, blend, cut, lay_tiles


def put_together(tiling, field):
    """What comes of tiles that each answer with the field itself."""
    found = np.full(tiling.shape, np.nan, np.float32)
    slices = []
    for box, values in blend(
        tiling, 1, lambda box: cut(lambda b: field[None][(slice(None), *b)], tiling.shape, box)
    ):
        found[box] = values[0]
        slices.append(box[0])
    assert all(one.stop <= other.start for one, other in itertools.pairwise(slices))
    return found


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.tuples(*[st.integers(3, 70)] * 3),
    st.sampled_from([32, 48, 64]),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.integers(0, 10**6),
)
def test_every_needed_voxel_comes_back(shape, side, overlap, seed):
    chance = np.random.default_rng(seed)
    field = chance.normal(size=shape).astype(np.float32)
    needed = np.zeros(shape, bool)
    needed[tuple(chance.integers(0, n, 5) for n in shape)] = True
    found = put_together(lay_tiles(needed, (side,) * 3, overlap, 16), field)
    np.testing.assert_allclose(found[needed], field[needed], atol=1e-5)
    filled = ~np.isnan(found)
    np.testing.assert_allclose(found[filled], field[filled], atol=1e-5)


def test_a_small_volume_is_one_tile_with_a_margin():
    tiling = lay_tiles(np.ones((40, 50, 60), bool), (160, 160, 160), 0.5, 16)
    assert tiling.tile == (80, 96, 96)
    assert tiling.starts.tolist() == [[-MARGIN_VOXELS] * 3]


def test_tiles_lie_on_one_lattice_and_share_what_was_asked():
    needed = np.ones((30, 30, 300), bool)
    for overlap in (0.25, 0.5):
        tiling = lay_tiles(needed, (96, 96, 96), overlap, 16)
        starts = tiling.starts[:, 2]
        assert set((starts + MARGIN_VOXELS) % 16) == {0}
        assert np.diff(starts).max() <= (1 - overlap) * 96
        assert starts[-1] + 96 >= 300


def test_only_tiles_round_what_is_needed_are_run():
    needed = np.zeros((200, 200, 200), bool)
    assert len(lay_tiles(needed, (96, 96, 96), 0.5, 16).starts) == 0
    assert list(blend(lay_tiles(needed, (96, 96, 96), 0.5, 16), 1, lambda box: 1 / 0)) == []
    needed[100, 100, 100] = True
    one = lay_tiles(needed, (96, 96, 96), 0.5, 16)
    every = lay_tiles(~needed, (96, 96, 96), 0.5, 16)
    assert 1 <= len(one.starts) <= 8 < len(every.starts)


def test_beyond_the_volume_its_edge_goes_on():
    field = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    box = (slice(-2, 3), slice(1, 6), slice(-1, 7))
    found = cut(lambda inside: field[(slice(None), *inside)], (3, 4, 5), box)
    assert found.shape == (2, 5, 5, 8)
    assert np.array_equal(found[:, 2:, :3, 1:6], field[:, :, 1:])
    assert np.array_equal(found[:, 0], found[:, 2])
    assert np.array_equal(found[..., -1], found[..., 5])


def test_the_middle_of_a_tile_counts_more_than_its_rim():
    tiling = lay_tiles(np.ones((16, 16, 120), bool), (96, 96, 96), 0.5, 16)
    by_tile = iter(range(len(tiling.starts)))

    def number(box):
        return np.full((1, *tiling.tile), next(by_tile), np.float32)

    found = np.concatenate([values[0] for _, values in blend(tiling, 1, number)])
    line = found[8, 8]
    assert line[0] == pytest.approx(0, abs=0.01)
    assert line[-1] == pytest.approx(len(tiling.starts) - 1, abs=0.01)
    assert (np.diff(line) > -1e-3).all()
