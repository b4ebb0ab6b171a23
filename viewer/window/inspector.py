"""What is shown and what is selected, at the right."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from viewer.case.case import Case
from viewer.case.decide import name_told
from viewer.geometry.measure import Measure
from viewer.scene.colors import VOLUME_PRESETS, label_color
from viewer.scene.voxel_tint import WALL_TINTS, wall_tints
from viewer.segment.mask import VesselMask
from viewer.session.session import Session
from viewer.window.doubts import Doubts
from viewer.window.drawing_list import DrawingList
from viewer.window.findings_links import FindingsLinks
from viewer.window.options_form import NumberField
from viewer.window.pencil import Pencil
from viewer.window.restored_panel import RestoredPanel
from viewer.window.side_panel import SidePanel, heading


def value_label() -> QLabel:
    """A text that can be selected and copied."""
    label = QLabel()
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


class Inspector(SidePanel):
    """Layers with their opacity, labels with their volume, the scan, and the selected branch."""

    def __init__(self, session: Session, pencil: Pencil) -> None:
        super().__init__(least_width=220, margin=12, spacing=8)
        self._session = session
        view = session.view
        self.preset = QComboBox()
        self.preset.setAccessibleName("Volume preset")
        self.preset.setToolTip("How the volume is colored in 3-D")
        for name in VOLUME_PRESETS:
            self.preset.addItem(name.replace("_", " ").capitalize(), name)
        self.color = QComboBox()
        self.color.setAccessibleName("Vessel color")
        self.color.setToolTip("Color of the vessel surface in 3-D (Ctrl+R)")
        self.color.addItem("Color by structure", "label")
        self.color.addItem("Color by diameter", "radius")
        for name in WALL_TINTS:
            self.color.addItem(f"Color by {name.replace('error', 'expected error')}", name)
        self.numbers = {
            "volume_opacity": NumberField("Volume", "Opacity of the volume", "", 0, 1, 1),
            "surface_opacity": NumberField("Vessels", "Opacity of the vessel surface", "", 0, 1, 1),
            "mask_fill": NumberField("Mask fill", "Fill of the mask on slices", "", 0, 1, 0.25),
            "slab_mm": NumberField("Slab", "Thickness of a slab", "mm", 1, 100, 10),
            "brush_mm": NumberField("Brush", "Radius of the brush", "mm", 0.5, 20, 3),
        }
        self.switches = {
            "tree_shown": QCheckBox("Centerlines"),
            "planes_shown": QCheckBox("Slice planes in 3-D"),
            "clip_box": QCheckBox("Clip box"),
            "mask_outline": QCheckBox("Outline of the mask"),
        }
        self.drawings = DrawingList(session, pencil)
        self._add("", self.drawings)
        self._add("LAYERS", self.preset, self.numbers["volume_opacity"], self.color)
        self._add("", self.numbers["surface_opacity"], self.switches["tree_shown"])
        self._add("", self.switches["planes_shown"], self.switches["clip_box"])
        self._add("MASK", self.switches["mask_outline"], self.numbers["mask_fill"])
        self._labeled: VesselMask | None = None
        self._labels = QVBoxLayout()
        self._labels.setSpacing(2)
        self.column.addLayout(self._labels)
        self.restored = RestoredPanel(session)
        self._add("", self.restored)
        self.measured = FindingsLinks(session)
        self._add("MEASURED", self.measured)
        self.doubts = Doubts(session)
        self._add("HOW SURE", self.doubts)
        self._add("SLABS AND BRUSH", self.numbers["slab_mm"], self.numbers["brush_mm"])
        self.selected = value_label()
        self.scan = value_label()
        self._add("SELECTED", self.selected)
        self._add("SCAN", self.scan)
        self.column.addStretch(1)
        self.preset.activated.connect(
            lambda _: setattr(view, "volume_preset", self.preset.currentData())
        )
        self.color.activated.connect(
            lambda _: setattr(view, "surface_color", self.color.currentData())
        )
        for name, number in self.numbers.items():
            number.changed.connect(lambda value, name=name: self._set(name, value))
        for name, switch in self.switches.items():
            switch.toggled.connect(lambda on, name=name: self._set(name, on))
        self._dirty = QTimer(self)
        self._dirty.setSingleShot(True)
        self._dirty.setInterval(0)
        self._dirty.timeout.connect(self.follow_view)
        view.events.connect(self._mark)
        session.case_changed.connect(self._case_changed)
        session.selected.connect(self._select)
        self.follow_view()
        self.show_case(session.case)

    def _add(self, title: str, *widgets: QWidget) -> None:
        if title:
            self.column.addSpacing(4)
            self.column.addWidget(heading(title))
        for widget in widgets:
            self.column.addWidget(widget)

    def _mark(self, *_: object) -> None:
        self._dirty.start()

    def _set(self, name: str, value: float | bool) -> None:
        if getattr(self._session.view, name) != value:
            setattr(self._session.view, name, value)

    def follow_view(self) -> None:
        """Show the view's state."""
        view = self._session.view
        self.preset.setCurrentIndex(self.preset.findData(view.volume_preset))
        self.color.setCurrentIndex(self.color.findData(view.surface_color))
        for name, number in self.numbers.items():
            if abs(number.value - getattr(view, name)) > 1e-6:
                number.set(getattr(view, name))
        for name, switch in self.switches.items():
            switch.setChecked(bool(getattr(view, name)))
        self.doubts.follow_view()
        self.restored.follow_view()

    def _case_changed(self, before: Case, after: Case) -> None:
        self.show_case(after)

    def show_case(self, case: Case) -> None:
        """Show the labels and the scan of a case; without a scan there is nothing to set."""
        self.widget().setEnabled(case.volume is not None)
        self._show_labels(case.mask)
        self.restored.show_case(case)
        for name in WALL_TINTS:
            told = self.color.model().item(self.color.findData(name))
            told.setEnabled(bool(wall_tints(case)))
        self.scan.setText(scan_text(case))
        self.doubts.show_case(case)
        self.measured.show_case(case)
        self._select(self._session.branch)

    def _show_labels(self, mask: VesselMask | None) -> None:
        if mask is self._labeled:
            return
        self._labeled = mask
        while self._labels.count():
            widget = self._labels.takeAt(0).widget()
            if widget is not None:
                widget.deleteLater()
        for label in mask.present if mask is not None else ():
            self._labels.addWidget(self._label_row(mask, label))

    def _label_row(self, mask: VesselMask, label: int) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        swatch = QLabel()
        pixmap = QPixmap(14, 14)
        pixmap.fill(QColor(label_color(label)))
        swatch.setPixmap(pixmap)
        shown = QCheckBox(mask.names.get(label, f"label {label}").capitalize())
        shown.setToolTip("Show this structure on the slices")
        shown.setChecked(label not in self._session.view.hidden_labels)
        shown.toggled.connect(lambda on: self._show_label(label, on))
        amount = value_label()
        amount.setWordWrap(False)
        amount.setText(volume_text(mask.volume_ml(label)))
        line.addWidget(swatch)
        line.addWidget(shown, 1)
        line.addWidget(amount)
        return row

    def _show_label(self, label: int, on: bool) -> None:
        hidden = set(self._session.view.hidden_labels)
        hidden.symmetric_difference_update({label} if on == (label in hidden) else set())
        self._session.view.hidden_labels = tuple(sorted(hidden))

    def _select(self, branch: int | None) -> None:
        case = self._session.case
        if branch is None or case.tree is None:
            hint = "Click a vessel in 3-D to see its measures." if case.tree is not None else ""
            self.selected.setText(hint or "Nothing yet.")
            return
        found = [m for m in case.measures or () if m.branch == branch]
        name = case.tree.branches[branch].name or f"Branch {branch + 1}"
        told = [name, name_told(case, branch), *(measure_text(m) for m in found)]
        self.selected.setText("\n".join(told))

    def release(self) -> None:
        """Stop listening."""
        self._dirty.stop()
        self.drawings.release()
        self._session.view.events.disconnect(self._mark)
        self._session.case_changed.disconnect(self._case_changed)
        self._session.selected.disconnect(self._select)


def volume_text(volume_ml: float) -> str:
    """A volume with its unit; what would round to nothing is called little, not none."""
    return f"{volume_ml:.1f} ml" if volume_ml >= 0.05 else "under 0.1 ml"


def measure_text(measure: Measure) -> str:
    """A measure with its error and unit ("Mean diameter 6.8 ± 0.3 mm")."""
    name = measure.quantity.replace("_", " ")
    for unit in (" mm", " ml"):
        name = name.removesuffix(unit)
    return f"{name.capitalize()} {measure.value:.1f} ± {measure.sd:.1f} {measure.unit}"


def scan_text(case: Case) -> str:
    """What was measured on the scan, a line each."""
    if case.volume is None:
        return "Nothing yet."
    slices, rows, columns = case.volume.grid.shape
    spacing = " x ".join(f"{mm:.2f}" for mm in case.volume.grid.spacing_mm)
    lines = [f"{slices} slices of {rows} x {columns}", f"Spacing {spacing} mm"]
    found = case.suitability
    if found is not None:
        lines.append(f"Noise {found.noise_hu:.0f} HU")
        if found.blood_hu is not None and found.blood_sd_hu is not None:
            lines.append(f"Blood {found.blood_hu:.0f} ± {found.blood_sd_hu:.0f} HU")
        lines.append("Contrast-enhanced" if found.contrast else "No contrast found")
    return "\n".join(lines)
