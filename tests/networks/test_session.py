import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Timer

import numpy as np
import pytest

from tests.networks.tiny import TINY, card_of
from viewer.networks import session as sessions
from viewer.networks.device import Device
from viewer.networks.registry import Weights
from viewer.networks.session import ProcessorSession, TorchSession, open_session
from viewer.progress import Cancelled, Progress

ONE_THREAD = Device("processor", "processor", 1)


@pytest.fixture
def some_weights(an_untrained_state):
    return Weights(card_of(TINY), an_untrained_state)


@pytest.fixture
def some_channels():
    return np.random.default_rng(0).normal(size=(2, 24, 32, 16)).astype(np.float32)


def test_both_sessions_answer_alike(some_weights, some_channels):
    ours = ProcessorSession(some_weights, ONE_THREAD).run(some_channels, lambda: None)
    torch = TorchSession(some_weights, ONE_THREAD).run(some_channels, lambda: None)
    assert ours.shape == (TINY.outputs, 24, 32, 16)
    assert ours.dtype == torch.dtype == np.float32
    np.testing.assert_allclose(ours, torch, atol=1e-3)


def test_half_precision_is_close(some_weights, some_channels):
    exact = open_session(some_weights, ONE_THREAD).run(some_channels, lambda: None)
    rough = Device("processor", "processor", 1, exact=False)
    found = open_session(some_weights, rough).run(some_channels, lambda: None)
    assert np.abs(found - exact).max() < 0.02


def test_an_answer_stays_when_the_next_tile_is_run(some_weights, some_channels):
    session = ProcessorSession(some_weights, ONE_THREAD)
    first = session.run(some_channels, lambda: None)
    kept = first.copy()
    session.run(some_channels * 2, lambda: None)
    assert np.array_equal(first, kept)


def test_torch_answers_where_openvino_is_not(some_weights, some_channels, monkeypatch):
    def missing():
        raise ImportError("no openvino for this machine")

    monkeypatch.setattr(sessions, "silent_openvino", missing)
    assert isinstance(open_session(some_weights, ONE_THREAD), TorchSession)


def test_a_tile_stops_soon_after_cancel_and_the_session_goes_on(some_weights, some_channels):
    session = ProcessorSession(some_weights, ONE_THREAD)
    before = session.run(some_channels, lambda: None)
    cancel = Event()
    large = np.zeros((2, 96, 160, 192), np.float32)
    Timer(0.05, cancel.set).start()
    started = time.process_time()
    with pytest.raises(Cancelled):
        session.run(large, Progress(cancel=cancel).check)
    worked = time.process_time() - started
    assert np.array_equal(session.run(some_channels, lambda: None), before)
    started = time.process_time()
    session.run(large, lambda: None)
    assert worked < 0.6 * (time.process_time() - started)


def test_tiles_of_two_jobs_take_turns(some_weights, some_channels):
    session = ProcessorSession(some_weights, ONE_THREAD)
    halves = [some_channels, some_channels[:, :16]]
    alone = [session.run(each, lambda: None) for each in halves]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda each: session.run(each, lambda: None), 4 * halves))
    for number, each in enumerate(found):
        assert np.array_equal(each, alone[number % 2])


def test_openvino_tells_nobody_that_it_was_imported():
    code = (
        "import sys; from viewer.networks.session import silent_openvino; silent_openvino(); "
        "print([name for name, module in sys.modules.items() "
        "if name.startswith('openvino_telemetry') and module])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
