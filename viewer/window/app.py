"""Opens the window."""

import gc
import logging
import sys
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from viewer.session.session import Session
from viewer.session.settings import settings_path
from viewer.window.main_window import MainWindow
from viewer.window.post import Poster
from viewer.window.style import dress

log = logging.getLogger(__name__)


def show(path: Path | None) -> int:
    """Open the window, with what lies at `path`; ends when it is closed."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("angioscape")
    app.setApplicationDisplayName("Angioscape")
    session = Session(Poster(), settings_path())
    dress(app, session.settings.text_size)
    window = MainWindow(session)

    def complain(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        log.error("Unexpected error", exc_info=(kind, error, trace))
        session.say("danger", f"Something went wrong ({kind.__name__}); your case is unchanged.")

    sys.excepthook = complain
    window.show()
    QTimer.singleShot(0, lambda: settle(window))
    if path is not None:
        QTimer.singleShot(0, lambda: window.files.open_path(path))
    return app.exec()


def settle(window: MainWindow) -> None:
    """Do what would hold up a later turn: the first drawing, and looking through all that stays.

    Python looks for unused cycles among all objects there are, at any moment and for about 0.1 s;
    modules, classes and the window are left out of that.
    """
    window.panes.scene.scene.warm_up()
    gc.collect()
    gc.freeze()
