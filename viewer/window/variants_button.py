"""Which variants of the anatomy a made-up patient is to have."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from viewer.phantom.variants import VARIANTS

BY_CHANCE = "By chance, as common as in people"


class VariantsButton(QToolButton):
    """A button that opens a list to tick; says what is chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName("Variants")
        self.setToolTip("Variants of the anatomy; those of other regions make no difference")
        menu = QMenu(self)
        self.chance = menu.addAction(BY_CHANCE)
        self.chance.setCheckable(True)
        menu.addSeparator()
        self.ticks: dict[str, QAction] = {}
        for name, variant in VARIANTS.items():
            tick = menu.addAction(variant.title)
            tick.setCheckable(True)
            tick.triggered.connect(lambda on, name=name: self._ticked(name, on))
            self.ticks[name] = tick
        self.chance.triggered.connect(self._by_chance)
        self.setMenu(menu)
        self.set(None)

    @property
    def chosen(self) -> tuple[str, ...] | None:
        """The keys that are ticked; None where chance decides."""
        if self.chance.isChecked():
            return None
        return tuple(name for name, tick in self.ticks.items() if tick.isChecked())

    def set(self, names: Sequence[str] | None) -> None:
        """Tick these keys, or leave it to chance (None)."""
        self.chance.setChecked(names is None)
        for name, tick in self.ticks.items():
            tick.setChecked(name in (names or ()))
        self._tell()

    def _ticked(self, name: str, on: bool) -> None:
        self.chance.setChecked(False)
        for other in VARIANTS[name].excludes if on else ():
            self.ticks[other].setChecked(False)
        self._tell()
        self.changed.emit()

    def _by_chance(self, on: bool) -> None:
        self.set(None if on else self.chosen or ())
        self.changed.emit()

    def _tell(self) -> None:
        titles = [VARIANTS[name].title for name in self.chosen or ()]
        text = "By chance" if self.chosen is None else "None" if not titles else titles[0]
        self.setText(text if len(titles) < 2 else f"{len(titles)} variants")
