"""Calls into libraries that cannot be stopped from outside."""

from collections.abc import Callable
from threading import Event, Thread
from typing import TypeVar

from viewer.progress import Progress

Result = TypeVar("Result")
LOOK_S = 0.05


def run(call: Callable[[], Result], progress: Progress) -> Result:
    """The result of `call`, or `Cancelled` within a moment of the request.

    A cancelled call runs out in its own thread and its result is thrown away; so it must change
    nothing that anybody else sees.
    """
    done = Event()
    results: list[Result] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as failure:  # handed to the caller below
            failures.append(failure)
        finally:
            done.set()

    Thread(target=work, name="unstoppable call", daemon=True).start()
    while not done.wait(LOOK_S):
        progress.check()
    progress.check()
    if failures:
        raise failures[0]
    return results[0]
