"""Makes the pictures of the documents: the example reconstructed, and a made-up patient.

Run it from a checkout: `python docs/make_screenshots.py [FOLDER]`. Where there is no display,
`xvfb-run -a -s "-screen 0 1920x1080x24" python docs/make_screenshots.py`.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PySide6.QtCore import QEventLoop, QPointF  # noqa: E402
from PySide6.QtWidgets import QApplication, QWidget  # noqa: E402

from viewer.case.made_up import make_case  # noqa: E402
from viewer.case.options import EnhanceOptions  # noqa: E402
from viewer.geometry.drawn import Drawing  # noqa: E402
from viewer.geometry.drawn_numbers import measured  # noqa: E402
from viewer.phantom.patient import Recipe  # noqa: E402
from viewer.resource import resource  # noqa: E402
from viewer.scene.paper import Paper  # noqa: E402
from viewer.scene.turn import to_point  # noqa: E402
from viewer.session.session import Session  # noqa: E402
from viewer.window.drawing_papers import slice_papers, space_papers  # noqa: E402
from viewer.window.main_window import MainWindow  # noqa: E402
from viewer.window.post import Poster  # noqa: E402
from viewer.window.style import dress  # noqa: E402
from viewer.window.synthetic_dialog import SyntheticDialog  # noqa: E402

SIZE = (1600, 960)
LIMIT_S = 900
DOUBTED = Recipe("thoracic-aorta", 4, {"occlusion": 0.6}, "arterial", 120, "vascular", spacing_mm=2)
TAUGHT = Recipe("abdominal-aorta", 7, {"fusiform-aneurysm": 0.6}, "arterial", 120, "vascular")


class Photographer:
    """A window that is led through its work, and the folder for its pictures."""

    def __init__(self, app: QApplication, window: MainWindow, out: Path) -> None:
        self.app, self.window, self.session, self.out = app, window, window.session, out

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Let the window work until `done()` and all is drawn; raises `TimeoutError`."""
        end = time.monotonic() + LIMIT_S
        while not (done() and self._quiet()):
            self.app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
            time.sleep(0.005)
            if time.monotonic() > end:
                raise TimeoutError(f"{what} took over {LIMIT_S} s")

    def _quiet(self) -> bool:
        pane = self.window.panes.scene
        drawn = pane.fine or pane.scene.empty
        return self.session.jobs.current is None and not pane.preparing and drawn

    def settle(self, what: str) -> None:
        """Wait until nothing runs and everything is drawn."""
        self.app.processEvents()
        self.wait(lambda: True, what)

    def trigger(self, name: str) -> None:
        """Do what an action does, and wait for its end; raises `RuntimeError` if it cannot be."""
        action = self.window.qactions[name]
        self.window.refresh_actions()
        if not action.isEnabled():
            raise RuntimeError(f"{name} is not possible now")
        action.trigger()
        self.settle(name)

    def make_up(self, title: str, recipe: Recipe) -> None:
        """Open a made-up patient; what was open before is dropped."""
        self.session.saved_case = before = self.session.case
        self.session.make_up(title, lambda progress: make_case(recipe, progress))
        self.wait(lambda: self.session.case is not before, "Making up a patient")
        self.window.message_bar.clear()

    def save(self, name: str, of: QWidget | None = None) -> None:
        """Save a picture of the window or of a part."""
        self.settle(name)
        path = self.out / f"{name}.png"
        if not (of or self.window).grab().save(str(path)):
            raise OSError(f"{path} was not written")
        print(f"{path.name}  {path.stat().st_size / 1000:.0f} kB", flush=True)


def look_at_the_example(by: Photographer) -> None:
    """The start page, the example reconstructed, without bones and organs, and one vessel of it."""
    by.save("start")
    by.window.files.open_path(resource("example"))
    by.wait(lambda: by.session.case.volume is not None, "Opening")
    by.trigger("run-all")
    if by.session.case.tree is None:
        raise RuntimeError("the example was not reconstructed to its end")
    by.window.message_bar.clear()
    by.window.steps.unfold("segment")
    by.save("window")
    by.window.steps.unfold("segment")
    by.trigger("remove-bones")
    by.trigger("organs")
    by.trigger("layout-1+3")
    by.save("bones")
    for name in ("remove-bones", "organs", "layout-2x2"):
        by.trigger(name)
    measure(by)
    by.trigger("layout-vessel")
    branches = by.session.case.tree.branches
    by.session.select(int(np.argmax([b.length_mm * np.median(b.radius_mm) for b in branches])))
    by.save("vessel")
    by.trigger("sheet-tree")
    by.save("tree", by.window.panes.vessel.parts["curved view"])
    by.trigger("sheet-straightened")
    by.trigger("findings-landmarks")
    by.trigger("finding-next")
    by.save("findings")
    by.session.view.findings_tab = "vessel"
    by.session.view.surface_color = "label"
    by.trigger("layout-2x2")
    restore(by)
    by.session.saved_case = by.session.case


def restore(by: Photographer) -> None:
    """Every voxel of the example divided: raw beside restored, with what was inferred."""
    before = by.session.case
    by.session.run("enhance", EnhanceOptions("exact", "all"))
    by.wait(lambda: by.session.case is not before, "Restoring")
    by.window.message_bar.clear()
    by.window.steps.unfold("enhance")
    by.trigger("swipe")
    side = by.window.inspector
    side.verticalScrollBar().setValue(side.restored.y() - 160)
    by.save("restored")
    side.verticalScrollBar().setValue(0)
    by.trigger("swipe")
    by.window.steps.unfold("enhance")
    by.trigger("undo")


def measure(by: Photographer) -> None:
    """Drawings round the renal arteries, and one in 3-D; they go again."""
    session, panes = by.session, by.window.panes
    tree = session.case.tree
    aorta = max(tree.branches, key=lambda b: float(np.median(b.radius_mm)) * b.length_mm)
    third = len(aorta.points_lps) // 3
    middle, radius_mm = aorta.points_lps[third], float(aorta.radius_mm[third])
    session.view.cursor_lps = to_point(middle)
    for pane in panes.slices.values():
        pane.zoom_by(2.2, QPointF(*pane.plane().pixel(middle)))
    axial, coronal = (panes.slices[name] for name in ("axial", "coronal"))
    (paper,) = slice_papers(axial)
    x, y = axial.plane().pixel(middle)
    r = radius_mm / axial.plane().mm_per_pixel
    draw(by, paper, "distance", (x - r, y), (x + r, y))
    draw(by, paper, "circle", (x, y))
    x, y = coronal.plane().pixel(middle)
    (paper,) = slice_papers(coronal)
    draw(by, paper, "angle", (x - 60, y - 60), (x, y), (x + 50, y - 80))
    draw(by, paper, "ellipse", (x - 170, y + 30), (x - 90, y + 90))
    ends = panes.scene.scene.pixels(aorta.points_lps[[3, -4]])[:, :2]
    (paper,) = space_papers(panes.scene)
    draw(by, paper, "distance", *(ends * panes.scene.width() / panes.scene.scene.size[0]))
    by.save("measuring")
    session.note("Delete", "drawings", None)
    session.view.tool = "window"
    by.trigger("fit")


def draw(by: Photographer, paper: Paper, tool: str, *pixels: tuple[float, float]) -> None:
    """Draw through pixels of a view."""
    pencil = by.window.panes.pencil
    by.session.view.tool = tool
    pencil.begin(paper, paper.at(*pixels[0]))
    for pixel in pixels[1:]:
        pencil.follow(paper, paper.at(*pixel))
        pencil.add(paper)
    if pencil.sketch is not None:
        pencil.finish(paper)


def doubt(by: Photographer) -> None:
    """How sure the map of a made-up patient with an occluded vessel is, and what to check."""
    by.make_up("Occlusion", DOUBTED)
    by.trigger("run-all")
    by.window.message_bar.clear()
    by.trigger("confidence")
    by.trigger("next-doubt")
    side = by.window.inspector
    side.verticalScrollBar().setValue(side.doubts.y() - 160)
    by.save("doubts")
    by.trigger("confidence")
    side.verticalScrollBar().setValue(0)


def teach(by: Photographer) -> None:
    """The dialog of a made-up patient, and the quiz on one after comparing."""
    by.trigger("new-synthetic")
    dialog = by.window.findChild(SyntheticDialog)
    by.wait(lambda: dialog.picture.pixmap().width() > 0, "The preview")
    by.save("synthetic", dialog)
    dialog.reject()
    by.settle("Closing the dialog")
    by.make_up("Quiz", TAUGHT)
    by.window.teaching.begin()
    (lesion,) = by.session.case.truth.document["lesions"]
    by.window.quiz.mark(np.add(lesion["at_lps"], (4.0, 0.0, 3.0)))
    card = by.window.quiz.cards[0]
    card.kind.setCurrentIndex(card.kind.findData(lesion["kind"]))
    half = np.array((0.5 * lesion["numbers"]["maximal_diameter_mm"] + 0.7, 0.0, 0.0))
    middle = np.array(lesion["at_lps"])
    ends = (to_point(middle - half), to_point(middle + half))
    drawn = measured(Drawing("distance", "D1", ends, (0.0, 0.0, 1.0)), by.session.case.volume)
    by.session.note("Distance", "drawings", (drawn,))
    card.take.click()
    by.window.quiz.compare()
    by.save("quiz")
    by.session.saved_case = by.session.case


def main(out: Path) -> None:
    """Lead a window through its work, and save the pictures."""
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as home:
        session = Session(Poster(), Path(home) / "settings.toml")
        dress(app, session.settings.text_size)
        window = MainWindow(session)
        window.resize(*SIZE)
        window.show()
        try:
            by = Photographer(app, window, out)
            look_at_the_example(by)
            doubt(by)
            teach(by)
        finally:
            session.saved_case = session.case
            window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "use")
