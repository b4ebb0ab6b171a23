"""A thin line that fills while something is made."""

from PySide6.QtWidgets import QProgressBar


class ProgressLine(QProgressBar):
    """How far something is, without words."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setAccessibleName(name)

    def show_fraction(self, fraction: float) -> None:
        """Show how far it is, from 0 to 1, painted with all else on the next turn."""
        # A new value alone is painted at once, and with it whatever else in the window waits.
        self.setUpdatesEnabled(False)
        self.setValue(round(1000 * fraction))
        self.setUpdatesEnabled(True)
