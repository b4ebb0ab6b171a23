"""How long the event loop stands still."""

import time

from PySide6.QtCore import QTimer


class Heartbeat:
    """The longest gap between two turns of the event loop, in seconds."""

    def __init__(self):
        self.longest, self._last = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(0)

    def _beat(self):
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, now - self._last), now

    def stop(self):
        self._timer.stop()
        return self.longest
