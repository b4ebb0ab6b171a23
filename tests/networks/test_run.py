from threading import Event

import numpy as np
import pytest

from tests.networks.tiny import TINY, card_of, state_of
from viewer.networks.device import Device
from viewer.networks.forecast import RunPlan
from viewer.networks.network import Network, network
from viewer.networks.plan import CLASSES, OTHER, Plan
from viewer.networks.registry import Weights, save_weights
from viewer.networks.run import FAR_MM, predict
from viewer.networks.tiles import lay_tiles
from viewer.progress import Cancelled, Progress
from viewer.units import bytes_text, seconds_text

SHALLOW = Plan("tiny", 2, len(CLASSES), (8, 12), 4, 2.5)  # sees 20 voxels far, less than a tile
ONE_THREAD = Device("processor", "processor", 1)


@pytest.fixture(scope="module")
def a_network():
    state = state_of(SHALLOW)
    state["head.weight"] = state["head.weight"] * 4  # as sure of itself as a trained one
    return Network(Weights(card_of(SHALLOW, softmax_temperature=1.3), state), ONE_THREAD)


@pytest.fixture(scope="module")
def some_channels():
    """Smooth blobs, as a scan has them."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(5).normal(size=(2, 60, 90, 75))
    smooth = gaussian_filter(noise, (0, 4, 4, 4), mode="nearest")
    return (smooth / smooth.std()).astype(np.float32)


@pytest.fixture(scope="module")
def everywhere(some_channels):
    return np.ones(some_channels.shape[1:], bool)


def tiled(needed, side, overlap):
    return RunPlan(lay_tiles(needed, (side,) * 3, overlap, SHALLOW.multiple), overlap, 0, 0.0)


@pytest.fixture(scope="module")
def in_one_piece(a_network, some_channels, everywhere):
    return predict(a_network, some_channels, everywhere, run=tiled(everywhere, 160, 0.5))


def test_the_answer_is_what_the_network_says(a_network, some_channels, everywhere, in_one_piece):
    padded = np.pad(some_channels, [(0, 0), (16, 16), (16, 18), (16, 17)], mode="edge")
    assert padded.shape[1:] == (92, 124, 108)
    logits = a_network.session.run(padded, lambda: None)
    logits = logits[:, 16:76, 16:106, 16:91]
    chances = np.exp(logits[:7] / 1.3)
    chances /= chances.sum(axis=0)
    found = in_one_piece
    np.testing.assert_allclose(found.probabilities / 255, chances, atol=0.0021)
    np.testing.assert_allclose(found.probability(3), chances[3], atol=0.0021)
    np.testing.assert_allclose(found.tube / 255, 1 / (1 + np.exp(-logits[7])), atol=0.0021)
    np.testing.assert_allclose(found.wall_mm, logits[8] * 4 * 2.5, rtol=2e-3, atol=2e-2)
    assert (found.labels == chances.argmax(axis=0)).mean() > 0.995


@pytest.mark.parametrize(("side", "overlap"), [(48, 0.5), (64, 0.5), (64, 0.25)])
def test_the_answer_does_not_depend_on_the_tiles(
    a_network, some_channels, everywhere, in_one_piece, side, overlap
):
    run = tiled(everywhere, side, overlap)
    assert len(run.tiling.starts) > 3
    found = predict(a_network, some_channels, everywhere, run=run)
    assert len(np.unique(in_one_piece.labels)) >= 4
    assert (found.labels == in_one_piece.labels).mean() > 0.995
    apart = np.abs(found.probabilities.astype(int) - in_one_piece.probabilities)
    assert np.percentile(apart, 99) <= 0.02 * 255
    inner = (slice(None), *[slice(16, -16)] * 3)
    assert apart[inner].max() <= 0.1 * 255


def test_the_answer_does_not_depend_on_the_box_of_the_scan(
    a_network, some_channels, everywhere, in_one_piece
):
    part = (slice(16, 60), slice(16, 90), slice(16, 75))
    cropped = some_channels[(slice(None), *part)]
    found = predict(a_network, cropped, everywhere[part], run=tiled(everywhere[part], 160, 0.5))
    inner = (slice(None), *[slice(16, None)] * 3)
    apart = found.probabilities[inner].astype(int) - in_one_piece.probabilities[
        (slice(None), *[slice(32, None)] * 3)
    ].astype(int)
    assert np.abs(apart).max() <= 0.05 * 255


def test_channels_may_come_box_by_box(a_network, some_channels, everywhere, in_one_piece):
    asked = []

    def channels(box):
        asked.append(box)
        return some_channels[(slice(None), *box)]

    found = predict(a_network, channels, everywhere, run=tiled(everywhere, 160, 0.5))
    assert np.array_equal(found.probabilities, in_one_piece.probabilities)
    assert all(0 <= s.start < s.stop <= n for s, n in zip(asked[0], (60, 90, 75), strict=True))


def test_where_nothing_is_needed_all_is_other_and_far(a_network, some_channels):
    needed = np.zeros((60, 90, 75), bool)
    needed[10:14, 10:14, 10:14] = True
    run = tiled(needed, 48, 0.25)
    found = predict(a_network, some_channels, needed, run=run)
    far = (slice(None), 55, 80, 70)
    assert found.probabilities[far].tolist() == [255 * (n == OTHER) for n in range(7)]
    assert found.wall_mm[55, 80, 70] == FAR_MM
    near = found.probabilities[:, needed].sum(axis=0)
    assert (np.abs(near.astype(int) - 255) <= 4).all()


def test_nothing_needed_runs_nothing(a_network, everywhere):
    found = predict(a_network, lambda box: 1 / 0, ~everywhere)
    assert not found.labels.any()


def test_the_run_is_planned_where_nobody_did(a_network, some_channels, everywhere, in_one_piece):
    found = predict(a_network, some_channels, everywhere)
    assert (found.labels == in_one_piece.labels).mean() > 0.995
    assert a_network.voxels_per_second > 1e4


def test_it_tells_how_far_it_is_and_stops_between_tiles(a_network, some_channels, everywhere):
    cancel, told = Event(), []

    def tell(fraction, text):
        told.append((fraction, text))
        if len(told) == 3:
            cancel.set()

    run = tiled(everywhere, 48, 0.5)
    with pytest.raises(Cancelled):
        predict(a_network, some_channels, everywhere, Progress(tell, cancel), run=run)
    assert len(told) == 3
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    cost = f"{seconds_text(run.seconds)}, {bytes_text(run.bytes)}"
    assert told[0] == (0.0, f"Network tiny (about {cost})")


def test_the_answer_is_read_only(in_one_piece):
    for part in (in_one_piece.probabilities, in_one_piece.tube, in_one_piece.wall_mm):
        with pytest.raises(ValueError, match="read-only"):
            part[0] = 0


def test_a_network_is_opened_once(tmp_path, an_untrained_state):
    save_weights(tmp_path, card_of(TINY), an_untrained_state)
    one = network("tiny", ONE_THREAD, tmp_path, untrusted=True)
    assert network("tiny", ONE_THREAD, tmp_path, untrusted=True) is one
    assert one.session is one.session
    assert one.card.name == one.plan.name == "tiny"
