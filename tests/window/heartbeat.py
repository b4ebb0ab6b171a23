"""How long the event loop stands still."""

import time

from PySide6.QtCore import QTimer


class Heartbeat:
    """The longest gap between two turns of the event loop, in seconds.

    With `time.thread_time` only what the loop's own thread computes counts, not what others do.
    """

    def __init__(self, clock=time.perf_counter):
        self._clock = clock
        self.longest, self._last = 0.0, clock()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(0)

    def _beat(self):
        now = self._clock()
        self.longest, self._last = max(self.longest, now - self._last), now

    def stop(self):
        self._timer.stop()
        return self.longest
