"""The only piece of the jobs that knows Qt: hands functions to the window's thread."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Poster(QObject):
    """Runs functions, posted from any thread, in the thread that made this object."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def __call__(self, call: Callable[[], None]) -> None:
        """Run `call` on a later turn of the event loop."""
        self._posted.emit(call)

    def _run(self, call: Callable[[], None]) -> None:
        call()
