"""A stand-in for an event loop: runs posted functions in the test's own thread."""

import time
from queue import Queue


class Turns:
    """Takes functions from any thread; `until` runs them one by one."""

    def __init__(self):
        self.queue = Queue()

    def __call__(self, call):
        self.queue.put(call)

    def until(self, done, limit_s=60.0):
        """Run posted functions until `done()`; fails after the limit."""
        end = time.monotonic() + limit_s
        while not done():
            self.queue.get(timeout=max(end - time.monotonic(), 0.01))()
