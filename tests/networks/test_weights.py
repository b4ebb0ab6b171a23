import os
import pickle

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from tests.networks.tiny import TINY, state_of
from viewer.errors import ViewerError
from viewer.networks.plan import CONTEXT, FINE, Plan
from viewer.networks.weights import (
    check_weights,
    expected_shapes,
    pack_weights,
    read_bytes,
    unpack_weights,
)


@pytest.mark.parametrize(
    "plan", [CONTEXT, FINE, Plan("odd", 3, 2, (6, 10), 5, 1.0, tube=False, wall=False)]
)
def test_the_expected_shapes_are_those_of_the_network(plan):
    shapes = {name: array.shape for name, array in state_of(plan).items()}
    counted = {name for name in shapes if name.endswith("num_batches_tracked")}
    assert expected_shapes(plan) == {n: s for n, s in shapes.items() if n not in counted}


@pytest.mark.parametrize("plan", [CONTEXT, FINE])
def test_the_shipped_plans_are_under_15_mb(plan):
    content = pack_weights(plan, state_of(plan))
    assert 1e6 < len(content) < 15e6


def test_what_is_packed_comes_back_to_half_precision(an_untrained_state):
    full = unpack_weights(TINY, pack_weights(TINY, an_untrained_state), "tiny")
    for name, array in full.items():
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, an_untrained_state[name], rtol=1e-3, atol=1e-6)
    exact = "stem.steps.0.1.running_var"
    assert np.array_equal(full[exact], an_untrained_state[exact])


def broken(state, **changes):
    arrays = {name: array for name, array in state.items() if "tracked" not in name}
    for name, array in changes.items():
        name = name.replace("__", ".")
        arrays.pop(name) if array is None else arrays.update({name: array})
    return arrays


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"head__bias": None}, "head.bias is missing"),
        ({"tail__bias": np.zeros(3, np.float32)}, "tail.bias is unknown"),
        ({"head__bias": np.zeros(3, np.float32)}, "shape"),
        ({"head__bias": np.full(9, np.nan, np.float32)}, "no numbers"),
        ({"head__bias": np.full(9, -np.inf, np.float32)}, "no numbers"),
        ({"stem__steps__0__1__running_var": np.full(8, -1, np.float32)}, "no numbers"),
    ],
)
def test_a_wrong_state_is_refused_with_its_own_sentence(an_untrained_state, changes, said):
    arrays = broken(an_untrained_state, **changes)
    with pytest.raises(ViewerError, match=said):
        check_weights(TINY, arrays, "tiny")
    with pytest.raises(ViewerError, match=said):
        unpack_weights(TINY, save(arrays), "tiny")


def test_weights_that_half_precision_cannot_hold_are_not_written(an_untrained_state):
    huge = {**an_untrained_state, "head.weight": an_untrained_state["head.weight"] * 1e9}
    with pytest.raises(ViewerError, match="no numbers"):
        pack_weights(TINY, huge)


@pytest.mark.parametrize("kind", [np.int8, np.float64])
def test_other_kinds_of_numbers_are_refused(an_untrained_state, kind):
    arrays = {name: np.zeros(array.shape, kind) for name, array in an_untrained_state.items()}
    with pytest.raises(ViewerError, match="no network"):
        unpack_weights(TINY, save(arrays), "tiny")


class Payload:
    """Would make a file if it were ever unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_never_run(tmp_path, protocol):
    proof = tmp_path / "was-run"
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(pickle.dumps(Payload(proof), protocol))
    with pytest.raises(ViewerError, match="pickle" if protocol > 1 else "no network|cut short"):
        unpack_weights(TINY, read_bytes(path), path.name)
    assert not proof.exists()


def test_a_file_of_torch_is_refused_as_a_pickle(tmp_path):
    import torch

    path = tmp_path / "tiny.safetensors"
    torch.save({"weight": Payload(tmp_path / "was-run")}, path)
    with pytest.raises(ViewerError, match="pickle"):
        read_bytes(path)
    assert not (tmp_path / "was-run").exists()


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path):
    with pytest.raises(ViewerError, match="cannot be read"):
        read_bytes(tmp_path / "none.safetensors")
    with (tmp_path / "huge.safetensors").open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(ViewerError, match="larger"):
        read_bytes(tmp_path / "huge.safetensors")


PACKED = pack_weights(TINY, state_of(TINY))
HEADER = 8 + int.from_bytes(PACKED[:8], "little")
quiet = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


@quiet
@given(st.integers(0, len(PACKED) - 1))
@example(0)
@example(7)
@example(8)
@example(9)
@example(HEADER - 1)
@example(HEADER)
@example(len(PACKED) - 1)
def test_a_file_cut_anywhere_is_said_to_be_cut_short(length):
    with pytest.raises(ViewerError, match="cut short"):
        unpack_weights(TINY, PACKED[:length], "tiny")


@quiet
@given(st.integers(0, HEADER - 1), st.integers(1, 255))
def test_a_header_with_a_flipped_byte_is_refused_or_harmless(place, change):
    wild = bytearray(PACKED)
    wild[place] ^= change
    try:
        arrays = unpack_weights(TINY, bytes(wild), "tiny")
    except ViewerError:
        return
    check_weights(TINY, arrays, "tiny")


@quiet
@given(st.binary(max_size=200))
def test_wild_bytes_are_refused_with_a_sentence(content):
    with pytest.raises(ViewerError):
        unpack_weights(TINY, content, "tiny")
    with pytest.raises(ViewerError):
        unpack_weights(TINY, len(content).to_bytes(8, "little") + content, "tiny")
    with pytest.raises(ViewerError):
        unpack_weights(TINY, PACKED[:HEADER] + content, "tiny")
