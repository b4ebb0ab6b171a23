"""The bar at the bottom: what runs, how far it is, how long still, and Cancel."""

import psutil
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from viewer.session.jobs import Job, Jobs
from viewer.units import bytes_text, seconds_text
from viewer.window.progress_line import ProgressLine

MEMORY_EVERY_MS = 1000


class JobsBar(QWidget):
    """Shows the job that runs; silent and calm while none does."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__()
        self.setObjectName("jobs_bar")
        self._jobs = jobs
        self.text = QLabel("Ready")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAccessibleName("What is running")
        self.bar = ProgressLine("Progress")
        self.bar.setFixedWidth(220)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop what is running; the case stays as it is (Esc)")
        self.cancel.clicked.connect(jobs.cancel_all)
        kept = self.cancel.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # or the panes would jump when a job begins
        self.cancel.setSizePolicy(kept)
        self.memory = QLabel()
        self.memory.setToolTip("Memory held by Angioscape")
        self.device = QLabel("Processor")
        self.device.setToolTip("Where the steps run; the classical steps use the processor")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(12)
        row.addWidget(self.text, 1)
        for widget in (self.bar, self.cancel, self.memory, self.device):
            row.addWidget(widget)
        self._process = psutil.Process()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tell_memory)
        self._timer.start(MEMORY_EVERY_MS)
        self._tell_memory()
        self._idle("Ready")
        jobs.changed.connect(self.show_job)

    def show_job(self, job: Job) -> None:
        """Show how far a job is, or how it ended."""
        current = self._jobs.current
        if current is not None and current is not job:
            job = current
        if job.over:
            self._idle(job.sentence or "Ready")
            return
        left = job.seconds_left
        message = job.message or job.title
        self.text.setText(
            f"{message}: {100 * job.fraction:.0f} %"
            + (f", about {seconds_text(left)} left" if left is not None and left >= 1 else "")
        )
        self.bar.show_fraction(job.fraction)
        self.bar.show()
        self.cancel.show()

    def tell(self, text: str) -> None:
        """Say something while no job runs; nothing to say says that all is ready."""
        if self._jobs.current is None:
            self._idle(text or "Ready")

    def _idle(self, text: str) -> None:
        self.text.setText(text)
        self.bar.hide()
        self.cancel.hide()

    def _tell_memory(self) -> None:
        self.memory.setText(bytes_text(self._process.memory_info().rss))

    def close_bar(self) -> None:
        """Stop the timer and stop listening."""
        self._timer.stop()
        self._jobs.changed.disconnect(self.show_job)
