"""Copies of a case's parts for the 3-D view, made in a thread while the window goes on."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, Qt, Signal

log = logging.getLogger(__name__)
Part = tuple[str, tuple]  # its name and what it is made of


class SceneCopies(QObject):
    """Makes one copy after another; what is out of date when it is ready is not given."""

    made = Signal(str, object)  # a part's name and its copy, or None where there is no part
    ended = Signal()  # one was made, is out of date or failed

    def __init__(self) -> None:
        super().__init__()
        self._wanted: dict[str, tuple] = {}
        self._running = 0
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="3-D")
        self._done.connect(self._take, Qt.ConnectionType.QueuedConnection)

    _done = Signal(object, object)

    @property
    def running(self) -> bool:
        """Whether copies are being made."""
        return self._running > 0

    def want(self, name: str, of: tuple, prepare: Callable, software: bool) -> bool:
        """Have a part's copy made of other things than before; whether it has to be waited for.

        `prepare` gets the first of them, whether drawing is done by the processor, and the rest.
        """
        if self._wanted.get(name, (None,)) == of:
            return False
        self._wanted[name] = of
        if of[0] is None:
            self.made.emit(name, None)
            return False
        self._running += 1
        future = self._maker.submit(prepare, of[0], software, *of[1:])
        future.add_done_callback(lambda done: done.cancelled() or self._done.emit((name, of), done))
        return True

    def release(self) -> None:
        """Wait for the thread; nothing is given afterwards."""
        self._wanted = {}
        self._maker.shutdown(wait=True, cancel_futures=True)

    def _take(self, part: Part, done: Future) -> None:
        name, of = part
        self._running -= 1
        if done.exception() is not None:
            log.error("The 3-D view could not show the %s", name, exc_info=done.exception())
        elif self._wanted.get(name) == of:
            self.made.emit(name, done.result())
        self.ended.emit()
