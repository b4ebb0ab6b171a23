"""How long a step took and how much memory the process held meanwhile."""

import time
from threading import Event, Thread
from types import TracebackType

import psutil


class Meter:
    """Measures wall time and the process's highest resident memory inside a `with` block."""

    def __init__(self, every_s: float = 0.05) -> None:
        self.seconds = 0.0
        self.peak_bytes = 0
        self._every_s = every_s
        self._stop = Event()

    def __enter__(self) -> "Meter":
        self._start = time.perf_counter()
        self._thread = Thread(target=self._watch, name="meter", daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)
            if self._stop.wait(self._every_s):
                return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self.seconds = time.perf_counter() - self._start
