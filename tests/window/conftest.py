"""A window on a session; after each test no job, timer or window is left."""

import gc
import threading

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication

from viewer.session.session import Session
from viewer.window.main_window import MainWindow
from viewer.window.post import Poster
from viewer.window.style import dress


@pytest.fixture
def a_window(qtbot, tmp_path):
    dress(QApplication.instance(), 10)
    widgets = len(QApplication.allWidgets())
    session = Session(Poster(), tmp_path / "settings.toml")
    window = MainWindow(session)
    window.show()
    qtbot.waitExposed(window)
    yield window
    session.saved_case = session.case
    window.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("job")]
    assert not [t for t in window.findChildren(QTimer) if t.isActive()]
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert len(QApplication.allWidgets()) <= widgets, "what a window leaves slows all that follow"


@pytest.fixture
def trigger(a_window, qtbot):
    """Triggers an action by its name, as a person would, and waits for its job."""

    def run(name, limit_ms=120_000):
        qtbot.waitUntil(lambda: a_window.qactions[name].isEnabled(), timeout=5000)
        a_window.qactions[name].trigger()
        qtbot.waitUntil(lambda: a_window.session.jobs.current is None, timeout=limit_ms)
        qtbot.wait(20)

    return run


@pytest.fixture
def an_open_window(a_window, a_case, tmp_path, qtbot):
    """A window that shows the phantom's whole case."""
    from viewer.case.store import save_case

    save_case(a_case, tmp_path / "phantom")
    a_window.files.open_path(tmp_path / "phantom")
    qtbot.waitUntil(lambda: a_window.session.case.tree is not None, timeout=30_000)
    qtbot.wait(50)
    return a_window


@pytest.fixture
def a_vessel_window(an_open_window, trigger, qtbot):
    """The phantom in the layout of its aorta, measured."""
    window = an_open_window
    window.resize(1500, 900)
    trigger("layout-vessel")
    tree = window.session.case.tree
    window.session.select(int(np.argmax([np.median(b.radius_mm) for b in tree.branches])))
    qtbot.waitUntil(lambda: window.panes.vessel.vessel.sections is not None, timeout=20_000)
    qtbot.wait(50)
    return window


@pytest.fixture
def view(a_vessel_window):
    """Everything of the chosen vessel beside the 3-D view."""
    return a_vessel_window.panes.vessel
