"""The window: everything in its place, every action wired from the one table."""

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from viewer.case import pipeline
from viewer.case.case import Case
from viewer.errors import ViewerError
from viewer.provenance import product_version
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.session.settings import Settings
from viewer.window.action import Action
from viewer.window.actions import ACTIONS, MENUS
from viewer.window.banner import Banner
from viewer.window.editing import Editing
from viewer.window.files import Files
from viewer.window.glimpse import GlimpseTool
from viewer.window.hover import Hover
from viewer.window.inspector import Inspector
from viewer.window.jobs_bar import JobsBar
from viewer.window.messages import LogWindow, MessageBar
from viewer.window.pages import HELP, SettingsPage, ShortcutsPage, TextPage
from viewer.window.palette import Palette
from viewer.window.pane_grid import PaneGrid
from viewer.window.quiz import QuizPanel
from viewer.window.raw_key import RawKey
from viewer.window.slice_menu import show_slice_menu
from viewer.window.start_page import StartPage, shortened
from viewer.window.steps_panel import StepsPanel
from viewer.window.style import dress, icon
from viewer.window.teaching import Teaching
from viewer.window.tree_tools import TreeTools

log = logging.getLogger(__name__)


class MainWindow(QMainWindow):
    """Shows one session."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.setWindowTitle("Angioscape")
        self.setAcceptDrops(True)
        self.resize(1600, 960)
        self.editing = Editing(session)
        self.files = Files(session, self)
        self.banner = Banner()
        self.message_bar = MessageBar()
        self.steps = StepsPanel(session)
        self.panes = PaneGrid(session)
        self.inspector = Inspector(session, self.panes.pencil)
        self.quiz = QuizPanel(session)
        self.teaching = Teaching(session, self.quiz, self)
        self.tree = TreeTools(session, self.panes, self)
        self.start = StartPage()
        self.jobs_bar = JobsBar(session.jobs)
        self.hover = Hover(session, self.panes, self.editing, self.jobs_bar, self)
        self.glimpse = GlimpseTool(session, self.panes, self.steps, self.jobs_bar, self)
        self.raw_key = RawKey(session.view, self)
        self.log_window = LogWindow(self)
        self._assemble()
        self._busy_job: Job | None = None
        self._marked = QTimer(self)
        self._marked.setSingleShot(True)
        self._marked.setInterval(0)
        self._marked.timeout.connect(self.refresh_actions)
        self.qactions: dict[str, QAction] = {}
        self._recent_menu = QMenu("Open recent", self)
        self._make_actions()
        self._connect()
        self.start.show_recent(session.settings.recent)
        self.refresh_actions()
        self._show_case(Case(), session.case)

    # Building

    def _assemble(self) -> None:
        self.stack = QStackedWidget()
        self.stack.addWidget(self.start)
        self.stack.addWidget(self.panes)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message_bar)
        column.addWidget(self.stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for widget in (self.steps, middle, self.quiz, self.inspector):
            self.splitter.addWidget(widget)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([250, 1100, 300, 270])
        self.toolbar = QToolBar("Tools")
        self.toolbar.setObjectName("toolbar")
        self.toolbar.setMovable(False)
        self.addToolBar(self.toolbar)
        outer = QWidget()
        rows = QVBoxLayout(outer)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.banner)
        rows.addWidget(self.splitter, 1)
        rows.addWidget(self.jobs_bar)
        self.setCentralWidget(outer)

    def _make_actions(self) -> None:
        menus = {name: self.menuBar().addMenu(name) for name in MENUS}
        group = ""
        for action in ACTIONS:
            made = QAction(action.title, self)
            made.setObjectName(action.name)
            made.setCheckable(action.checked is not None)
            made.triggered.connect(lambda _=False, action=action: self._run(action))
            if action.icon:
                made.setIcon(icon(action.icon))
            self.qactions[action.name] = made
            menus[action.menu].addAction(made)
            if action.toolbar:
                if group and action.menu != group:
                    self.toolbar.addSeparator()
                group = action.menu
                self.toolbar.addAction(made)
            if action.name == "open-example":
                menus["File"].addMenu(self._recent_menu)
            if action.name == "next-step":
                # Space must press a focused button too, so it counts only inside the panes.
                made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                self.panes.addAction(made)
        self._set_shortcuts(self.session.settings)
        self._size_icons()

    def _size_icons(self) -> None:
        side = max(20, round(0.75 * self.fontMetrics().height()))
        self.toolbar.setIconSize(QSize(side, side))

    def _set_shortcuts(self, settings: Settings) -> None:
        for action in ACTIONS:
            keys = settings.shortcuts.get(action.name, action.shortcut)
            made = self.qactions[action.name]
            made.setShortcut(QKeySequence(keys))
            tip = action.tip or action.title
            made.setToolTip(f"{tip} ({keys})" if keys else tip)

    def _connect(self) -> None:
        session = self.session
        session.case_changed.connect(self._show_case)
        session.history_changed.connect(self._mark)
        session.previewed.connect(self._mark)
        session.looking.changed.connect(self._mark)
        session.selected.connect(self._mark)
        session.jobs.changed.connect(self._job_changed)
        session.view.events.connect(self._mark)
        session.messaged.connect(self.message_bar.say)
        session.messaged.connect(self.log_window.say)
        session.settings_changed.connect(self._settings_changed)
        session.found.connect(self.files.choose_series)
        self.message_bar.details.clicked.connect(self.show_log)
        self.steps.all.clicked.connect(self.run_all)
        self.panes.clicked.connect(self.editing.click)
        self.panes.clicked.connect(self.teaching.click)
        self.quiz.next_wanted.connect(self.teaching.next_patient)
        self.quiz.pinned.connect(self.panes.show_pins)
        self.start.new_synthetic.connect(self.teaching.ask_recipe)
        self.panes.stroked.connect(self.editing.stroke)
        self.panes.menu_wanted.connect(lambda point, place: show_slice_menu(self, point, place))
        self.start.open_folder.connect(self.files.ask_folder)
        self.start.open_example.connect(self.files.open_example)
        self.start.open_recent.connect(lambda path: self.files.open_path(Path(path)))

    def _run(self, action: Action) -> None:
        try:
            action.run(self)
        except ViewerError as error:
            self.session.say("danger", str(error))
        except Exception:
            log.exception("%s failed", action.name)
            self.session.say("danger", f"{action.title} failed; your case is unchanged.")
        self._mark()

    # Following the session

    def _mark(self, *_: object) -> None:
        self._marked.start()

    def _job_changed(self, job: Job) -> None:
        current = self.session.jobs.current
        if current is not self._busy_job or job.over:
            self._busy_job = current
            self._mark()

    def _show_case(self, before: Case, after: Case) -> None:
        self.banner.show_series(after.series, self.session.title)
        if after.volume is not before.volume:
            self.message_bar.clear()  # what was said of one patient never stands over another
        self.stack.setCurrentWidget(self.panes if after.volume is not None else self.start)
        self._mark()
        if (
            self.session.settings.run_after_open
            and after.volume is not None
            and after.volume is not before.volume
            and after.suitability is None
        ):
            QTimer.singleShot(0, self.run_all)

    def refresh_actions(self) -> None:
        """Show which actions are possible and which switches are on."""
        session = self.session
        for action in ACTIONS:
            made = self.qactions[action.name]
            made.setEnabled(action.enabled(session))
            if action.checked is not None:
                made.setChecked(action.checked(session))
        for name, what in (
            ("undo", session.history.undo_name),
            ("redo", session.history.redo_name),
        ):
            title = name.capitalize()
            self.qactions[name].setText(f"{title} {what[:1].lower()}{what[1:]}" if what else title)
        star = "*" if session.unsaved else ""
        self.setWindowTitle(
            f"{session.title}{star} - Angioscape" if session.title else "Angioscape"
        )

    def _settings_changed(self, before: Settings, after: Settings) -> None:
        if after.text_size != before.text_size:
            dress(QApplication.instance(), after.text_size)
            self._size_icons()
        if after.shortcuts != before.shortcuts:
            self._set_shortcuts(after)
        if after.recent != before.recent:
            self.start.show_recent(after.recent)
        self._fill_recent()

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for path in self.session.settings.recent:
            self._recent_menu.addAction(
                shortened(path), lambda path=path: self.files.open_path(Path(path))
            )

    # Steps

    def run_all(self) -> None:
        """Run every step with the options of the forms."""
        if self.session.case.volume is not None and self.session.jobs.current is None:
            self.session.run_all(self.steps.options())

    def run_step(self, name: str) -> None:
        """Run one step with the options of its form."""
        self.session.run(name, self.steps.options()[name])

    def next_step(self) -> None:
        """Run the first step that is ready."""
        for step in pipeline.STEPS:
            if pipeline.state(self.session.case, step)[0] == "ready":
                self.run_step(step.name)
                return
        self.session.say("info", "Every step is done.")

    def cancel(self) -> None:
        """Stop what is running."""
        self.session.jobs.cancel_all()

    # Pages

    def show_palette(self) -> None:
        """Find an action by its name."""
        self.refresh_actions()
        self._open(Palette(list(self.qactions.values()), self))

    def show_shortcuts(self) -> None:
        """All keys on one page, to read and to change."""
        page = ShortcutsPage(self.session.settings.shortcuts, self)
        page.accepted.connect(
            lambda: self.session.change_settings(
                replace(self.session.settings, shortcuts=page.shortcuts)
            )
        )
        self._open(page)

    def show_settings(self) -> None:
        """Change what holds for all cases."""
        page = SettingsPage(self.session.settings, self)
        page.accepted.connect(lambda: self.session.change_settings(page.settings))
        self._open(page)

    def show_log(self) -> None:
        """Show all messages."""
        self.log_window.show()
        self.log_window.raise_()

    def show_help(self) -> None:
        """Show how the program is used."""
        self._open(TextPage("Help", HELP, self))

    def show_about(self) -> None:
        """Show what this is."""
        text = (
            f"<h2>Angioscape {product_version()}</h2><p>From CT angiograms to 3-D maps of the "
            "vessels.</p><p><b>Research use only, not for diagnosis.</b></p><p>Apache License "
            "2.0. The example case: HCC-TACE-Seg, The Cancer Imaging Archive, CC BY 4.0.</p>"
        )
        self._open(TextPage("About Angioscape", text, self))

    @staticmethod
    def _open(page: QWidget) -> None:
        page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page.open()

    def next_panel(self) -> None:
        """Give the keyboard to the next part of the window."""
        parts = [self.steps.all, self.panes.panes["axial"], self.inspector.preset]
        now = QApplication.focusWidget()
        held = next(
            (
                i
                for i, p in enumerate((self.steps, self.panes, self.inspector))
                if now is not None and p.isAncestorOf(now)
            ),
            -1,
        )
        parts[(held + 1) % len(parts)].setFocus(Qt.FocusReason.TabFocusReason)

    def full_screen(self) -> None:
        """Fill the screen, or back."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    # Events of Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept a folder or a file."""
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        path = Path(event.mimeData().urls()[0].toLocalFile())
        QTimer.singleShot(0, lambda: self.files.open_path(path))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask when work would be lost; then stop all work and end in order."""
        if not self.files.may_lose_work():
            event.ignore()
            return
        session = self.session
        session.close()
        self._marked.stop()
        session.case_changed.disconnect(self._show_case)
        session.history_changed.disconnect(self._mark)
        session.previewed.disconnect(self._mark)
        session.looking.changed.disconnect(self._mark)
        session.selected.disconnect(self._mark)
        session.jobs.changed.disconnect(self._job_changed)
        session.view.events.disconnect(self._mark)
        for listener in (self.message_bar.say, self.log_window.say):
            session.messaged.disconnect(listener)
        session.settings_changed.disconnect(self._settings_changed)
        session.found.disconnect(self.files.choose_series)
        listening = (self.hover, self.glimpse, self.raw_key, self.tree)
        for part in (*listening, self.panes, self.steps, self.inspector, self.quiz):
            part.release()
        self.log_window.release()
        self.jobs_bar.close_bar()
        event.accept()
