"""A form made from an options dataclass: a slider with a field, or a list of choices, for each."""

from collections.abc import Mapping
from dataclasses import Field, fields

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from viewer.case.options import Options, default_of

STEPS = 100


class NumberField(QWidget):
    """A number with a slider and a field; double click on the slider sets the default."""

    changed = Signal(float)

    def __init__(
        self, title: str, tip: str, unit: str, low: float, high: float, default: float
    ) -> None:
        super().__init__()
        self._low, self._high, self._default = low, high, default
        label = QLabel(title)
        label.setToolTip(tip)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setToolTip(f"{tip}\nDouble click: {default:g}")
        self.slider.setAccessibleName(title)
        self.slider.installEventFilter(self)
        self.field = QDoubleSpinBox()
        self.field.setRange(low, high)
        self.field.setFixedWidth(96)
        self.field.setDecimals(2 if high - low < 20 else 0)
        self.field.setSingleStep((high - low) / 20)
        self.field.setSuffix(f" {unit}" if unit else "")
        self.field.setToolTip(tip)
        self.field.setAccessibleName(title)
        label.setBuddy(self.field)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.field, 0, 1)
        grid.addWidget(self.slider, 1, 0, 1, 2)
        self.field.valueChanged.connect(self._field_changed)
        self.slider.valueChanged.connect(self._slider_changed)
        self.set(default)

    @property
    def value(self) -> float:
        """The number as it stands."""
        return self.field.value()

    def set(self, value: float) -> None:
        """Show a number; tells `changed` when it differs."""
        self.field.setValue(value)
        self._follow(value)

    def reset(self) -> None:
        """Show the default."""
        self.set(self._default)

    def _follow(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._low) / (self._high - self._low) * STEPS))
        self.slider.blockSignals(False)

    def _field_changed(self, value: float) -> None:
        self._follow(value)
        self.changed.emit(value)

    def _slider_changed(self, step: int) -> None:
        self.field.setValue(self._low + (self._high - self._low) * step / STEPS)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Reset on a double click at the slider."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        return super().eventFilter(watched, event)


class ChoiceField(QWidget):
    """One of a few words, each with its title."""

    changed = Signal(str)

    def __init__(self, title: str, tip: str, choices: Mapping[str, str], default: str) -> None:
        super().__init__()
        self._default = default
        label = QLabel(title)
        label.setToolTip(tip)
        self.list = QComboBox()
        self.list.setToolTip(tip)
        self.list.setAccessibleName(title)
        self.list.setMinimumContentsLength(8)
        for word, shown in choices.items():
            self.list.addItem(shown, word)
        label.setBuddy(self.list)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(label)
        column.addWidget(self.list)
        self.set(default)
        self.list.currentIndexChanged.connect(lambda _: self.changed.emit(self.value))

    @property
    def value(self) -> str:
        """The word as it stands."""
        return self.list.currentData()

    def set(self, value: str) -> None:
        """Show a word."""
        self.list.setCurrentIndex(self.list.findData(value))

    def reset(self) -> None:
        """Show the default."""
        self.set(self._default)


def field_for(each: Field) -> NumberField | ChoiceField:
    """The widget of one option."""
    meta = each.metadata
    if "choices" in meta:
        return ChoiceField(meta["title"], meta["tip"], meta["choices"], default_of(each))
    return NumberField(
        meta["title"], meta["tip"], meta["unit"], meta["low"], meta["high"], default_of(each)
    )


class OptionsForm(QWidget):
    """All options of one step."""

    changed = Signal()

    def __init__(self, kind: type[Options]) -> None:
        super().__init__()
        self._kind = kind
        self.fields = {each.name: field_for(each) for each in fields(kind)}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(8)
        for row, widget in enumerate(self.fields.values()):
            grid.addWidget(widget, row, 0)
            widget.changed.connect(self.changed)

    @property
    def options(self) -> Options:
        """The options as they stand."""
        return self._kind(**{name: widget.value for name, widget in self.fields.items()})

    def reset(self) -> None:
        """Show all defaults."""
        for widget in self.fields.values():
            widget.reset()
