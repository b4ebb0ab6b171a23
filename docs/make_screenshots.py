"""Makes the pictures of the documents: the example case reconstructed, and a made-up patient.

Run it from a checkout: `python docs/make_screenshots.py`; it needs no display.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from viewer.case.made_up import make_case  # noqa: E402
from viewer.phantom.patient import Recipe  # noqa: E402
from viewer.resource import resource  # noqa: E402
from viewer.session.session import Session  # noqa: E402
from viewer.window.main_window import MainWindow  # noqa: E402
from viewer.window.post import Poster  # noqa: E402
from viewer.window.style import dress  # noqa: E402
from viewer.window.synthetic_dialog import SyntheticDialog  # noqa: E402

SIZE = (1600, 960)
LIMIT_S = 600
TAUGHT = Recipe("abdominal-aorta", 7, {"fusiform-aneurysm": 0.6}, "arterial", 120, "vascular")


def wait(app: QApplication, done, settle_s: float = 3.0) -> None:
    """Let the window work until `done()`, then let it settle."""
    end = time.monotonic() + LIMIT_S
    while not done() and time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)
    end = time.monotonic() + settle_s
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.005)


def teach(app: QApplication, window: MainWindow, out: Path) -> None:
    """Save the dialog of a made-up patient, and the quiz on one before and after comparing."""
    session = window.session
    window.qactions["new-synthetic"].trigger()
    dialog = window.findChild(SyntheticDialog)
    wait(app, lambda: dialog.picture.pixmap().width() > 0, 0.5)
    dialog.grab().save(str(out / "synthetic.png"))
    dialog.reject()
    wait(app, lambda: session.jobs.current is None, 0.5)
    session.make_up("Quiz", lambda progress: make_case(TAUGHT, progress))
    wait(app, lambda: session.case.truth is not None and session.jobs.current is None)
    window.message_bar.clear()
    window.teaching.begin()
    (lesion,) = session.case.truth.document["lesions"]
    window.quiz.mark(np.add(lesion["at_lps"], (4.0, 0.0, 3.0)))
    card = window.quiz.cards[0]
    card.kind.setCurrentIndex(card.kind.findData(lesion["kind"]))
    card.number.setValue(lesion["numbers"]["maximal_diameter_mm"] + 1.4)
    window.quiz.compare()
    wait(app, lambda: True, 3.0)
    window.grab().save(str(out / "quiz.png"))


def main(out: Path) -> None:
    """Open the example, reconstruct it, make up a patient, and save the pictures."""
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as home:
        session = Session(Poster(), Path(home) / "settings.toml")
        dress(app, session.settings.text_size)
        window = MainWindow(session)
        window.resize(*SIZE)
        window.show()
        wait(app, lambda: True, 1.0)
        window.grab().save(str(out / "start.png"))
        window.files.open_path(resource("example"))
        wait(app, lambda: session.case.volume is not None and session.jobs.current is None)
        window.run_all()
        wait(app, lambda: session.jobs.current is None, 8.0)
        window.message_bar.clear()
        window.steps.unfold("segment")
        wait(app, lambda: True, 2.0)
        window.grab().save(str(out / "window.png"))
        session.saved_case = session.case
        teach(app, window, out)
        session.saved_case = session.case
        window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "use")
