"""How far a piece of work is, and whether it should stop."""

from collections.abc import Callable, Iterable, Iterator
from threading import Event
from typing import TypeVar

Item = TypeVar("Item")


class Cancelled(Exception):
    """Raised inside a piece of work when a person asked it to stop."""


class Progress:
    """Tells how far a piece of work is (0 to 1) and raises `Cancelled` when asked to stop."""

    def __init__(
        self,
        tell: Callable[[float, str], None] | None = None,
        cancel: Event | None = None,
        start: float = 0.0,
        end: float = 1.0,
    ) -> None:
        self._tell = tell
        self._cancel = cancel or Event()
        self._start = start
        self._end = end

    def at(self, fraction: float, message: str = "") -> None:
        """Report `fraction` of this part; an empty message keeps the one before."""
        self.check()
        if self._tell is not None:
            share = min(max(fraction, 0.0), 1.0)
            self._tell(self._start + share * (self._end - self._start), message)

    def check(self) -> None:
        """Raise `Cancelled` when asked to stop, without reporting."""
        if self._cancel.is_set():
            raise Cancelled

    def part(self, start: float, end: float) -> "Progress":
        """The share from `start` to `end` of this part, for a nested function."""
        span = self._end - self._start
        return Progress(
            self._tell, self._cancel, self._start + start * span, self._start + end * span
        )

    def over(self, items: Iterable[Item], count: int, message: str = "") -> Iterator[Item]:
        """Each of `count` items, reporting before each one."""
        for done, item in enumerate(items):
            self.at(done / max(count, 1), message)
            yield item
        self.at(1.0)


def silent() -> Progress:
    """Progress that nobody watches."""
    return Progress()
