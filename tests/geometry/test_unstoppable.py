"""Calls that cannot be stopped do not keep anybody waiting."""

from threading import Event, Timer
from time import perf_counter

import pytest

from viewer.geometry.unstoppable import run
from viewer.progress import Cancelled, Progress, silent


def test_the_result_and_the_failure_come_through():
    assert run(lambda: 7, silent()) == 7
    with pytest.raises(ZeroDivisionError):
        run(lambda: 1 / 0, silent())


def test_cancel_does_not_wait_for_the_call():
    cancel, finish = Event(), Event()
    Timer(0.1, cancel.set).start()
    start = perf_counter()
    with pytest.raises(Cancelled):
        run(lambda: finish.wait(20), Progress(cancel=cancel))
    assert perf_counter() - start < 1
    finish.set()
