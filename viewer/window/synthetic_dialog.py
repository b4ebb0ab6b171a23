"""What is to be made up: region, diseases, phase, scanner and dose, with a small preview."""

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.phantom.disease import DISEASES
from viewer.phantom.patient import (
    DOSES,
    KVPS,
    SPACINGS_MM,
    SUITED,
    USUAL_ELSEWHERE_MM,
    USUAL_MM,
    Recipe,
    front_view,
    suited,
    surprise,
)
from viewer.phantom.regions import REGIONS
from viewer.phantom.scanner import SCANNERS
from viewer.phantom.variants import VARIANTS
from viewer.progress import Progress
from viewer.session.jobs import Job
from viewer.session.session import Session
from viewer.window.options_form import NumberField
from viewer.window.side_panel import heading
from viewer.window.variants_button import VariantsButton

MOST_SEED = 999_999
BEFORE_PREVIEW_MS = 600
PREVIEW_SIZE = (300, 420)
PHASES = {
    "arterial": "Arterial",
    "late": "Late arterial",
    "portal": "Portal venous",
    "plain": "Without contrast",
}


class DiseaseRow(QWidget):
    """One disease: a switch, and its severity while it is on."""

    def __init__(self, name: str) -> None:
        super().__init__()
        disease = DISEASES[name]
        tip = f"{disease.description}\nSeverity: {disease.severity}"
        self.on = QCheckBox(disease.title)
        self.on.setToolTip(tip)
        self.severity = NumberField("Severity", tip, "", 0.0, 1.0, 0.6)
        self.severity.setVisible(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.on)
        column.addWidget(self.severity)
        self.on.toggled.connect(self.severity.setVisible)


class SyntheticDialog(QDialog):
    """Asks for the recipe of a made-up patient and shows it in coarse voxels meanwhile."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New synthetic case")
        self.resize(860, 620)
        self._session = session
        self._previewed: Job | None = None
        self._over = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(BEFORE_PREVIEW_MS)
        self._soon.timeout.connect(self._preview)
        self.rows: dict[str, DiseaseRow] = {}
        self._make_fields()
        self._assemble()
        self._show(_remembered(session.settings.synthetic))
        self._connect()
        self._soon.start()
        self.finished.connect(self._end)

    def _make_fields(self) -> None:
        self.region = _choice("Region", "What the scan covers")
        for name in SUITED:
            self.region.addItem(REGIONS[name].title, name)
        self.seed = QSpinBox()
        self.seed.setRange(0, MOST_SEED)
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("The same seed and wishes give the same patient, bit by bit")
        self.dice = QPushButton("Another")
        self.dice.setToolTip("Another seed: another person with the same diseases")
        self.chance = QPushButton("Surprise me")
        self.chance.setToolTip("Region, diseases and scanner by chance")
        self.phase = _choice("Phase", "When after the injection of contrast the scan is made")
        for name, title in PHASES.items():
            self.phase.addItem(title, name)
        self.kvp = _choice("Tube voltage", "The lower, the brighter iodine and the more noise")
        for kvp in KVPS:
            self.kvp.addItem(f"{kvp} kVp", kvp)
        self.scanner = _choice("Scanner", "Kernel, slice thickness and noise of the scanner")
        for name, scanner in SCANNERS.items():
            self.scanner.addItem(f"{name.capitalize()}, {scanner.slice_mm:g} mm slices", name)
        self.by_chance = QCheckBox("Tissues by chance, MR-like")
        self.by_chance.setToolTip(
            "How bright each tissue is falls by chance: blood stands out, air stays dark"
        )
        self.variants = VariantsButton()
        tip = "Share of the usual dose; noise grows as it falls"
        self.dose = NumberField("Dose", tip, "", *DOSES, 1.0)
        tip = "Edge of a voxel; half of it takes eight times the memory and time"
        self.spacing = NumberField("Voxel size", tip, "mm", *SPACINGS_MM, USUAL_ELSEWHERE_MM)

    def _assemble(self) -> None:
        seeds = QHBoxLayout()
        for widget in (self.seed, self.dice):
            seeds.addWidget(widget)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(12)
        form.addRow("Region", self.region)
        form.addRow("Seed", seeds)
        form.addRow("Variants", self.variants)
        form.addRow("Phase", self.phase)
        form.addRow("Tube voltage", self.kvp)
        form.addRow("Scanner", self.scanner)
        form.addRow("Contrast", self.by_chance)
        inside = QWidget()
        self._diseases = QVBoxLayout(inside)
        self._diseases.setContentsMargins(0, 0, 8, 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.picture = QLabel()
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(*PREVIEW_SIZE)
        self.picture.setStyleSheet("background: black;")
        self.picture.setAccessibleName("Preview")
        self.told = QLabel()
        self.told.setObjectName("quiet")
        self.told.setWordWrap(True)
        self.told.setMinimumHeight(2 * self.told.fontMetrics().lineSpacing())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = buttons.addButton("Make", QDialogButtonBox.ButtonRole.AcceptRole)
        self.make.setObjectName("primary")
        self.make.setToolTip("Make up this patient and open it")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        note = QLabel("SYNTHETIC: no person is behind these pictures.")
        note.setObjectName("synthetic")
        grid = QGridLayout(self)
        grid.setHorizontalSpacing(16)
        grid.setContentsMargins(16, 16, 16, 16)
        grid.setVerticalSpacing(12)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.setSpacing(12)
        right.setSpacing(8)
        left.addLayout(form)
        left.addWidget(self.dose)
        left.addWidget(self.spacing)
        left.addWidget(self.chance)
        left.addStretch(1)
        right.addWidget(self.picture, 1)
        right.addWidget(self.told)
        middle = QVBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(heading("DISEASES THAT SUIT THE REGION"))
        middle.addWidget(scroll, 1)
        for column, part in enumerate((left, middle, right)):
            grid.addLayout(part, 0, column)
        grid.setColumnStretch(1, 1)
        grid.addWidget(note, 1, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(buttons, 1, 2)

    def _connect(self) -> None:
        self.region.currentIndexChanged.connect(self._region_changed)
        for choice in (self.phase, self.kvp, self.scanner):
            choice.currentIndexChanged.connect(self._changed)
        self.seed.valueChanged.connect(self._changed)
        self.variants.changed.connect(self._changed)
        self.by_chance.toggled.connect(self._changed)
        for number in (self.dose, self.spacing):
            number.changed.connect(self._changed)
        self.dice.clicked.connect(lambda: self.seed.setValue(_any_seed()))
        self.chance.clicked.connect(lambda: self._show(surprise(_any_seed())))

    @property
    def recipe(self) -> Recipe:
        """What is to be made, as the fields stand."""
        return Recipe(
            region=self.region.currentData(),
            seed=self.seed.value(),
            diseases={
                name: row.severity.value for name, row in self.rows.items() if row.on.isChecked()
            },
            phase=self.phase.currentData(),
            kvp=self.kvp.currentData(),
            scanner=self.scanner.currentData(),
            dose=self.dose.value,
            spacing_mm=self.spacing.value,
            variants=self.variants.chosen,
            random_contrast=self.by_chance.isChecked(),
        )

    def _show(self, recipe: Recipe) -> None:
        self.region.setCurrentIndex(max(0, self.region.findData(recipe.region)))
        self._fill_diseases(recipe.diseases)
        self.seed.setValue(min(recipe.seed, MOST_SEED))
        self.variants.set(recipe.variants)
        self.phase.setCurrentIndex(max(0, self.phase.findData(recipe.phase)))
        self.kvp.setCurrentIndex(self.kvp.findData(recipe.kvp or 120))
        self.scanner.setCurrentIndex(max(0, self.scanner.findData(recipe.scanner)))
        self.by_chance.setChecked(recipe.random_contrast)
        self.dose.set(recipe.dose)
        self.spacing.set(recipe.spacing_mm or USUAL_MM.get(recipe.region, USUAL_ELSEWHERE_MM))

    def _region_changed(self, *_: object) -> None:
        region = self.region.currentData()
        self._fill_diseases(self.recipe.diseases)
        self.spacing.set(USUAL_MM.get(region, USUAL_ELSEWHERE_MM))
        self._changed()

    def _fill_diseases(self, wanted: Mapping[str, float | None]) -> None:
        while self._diseases.count():
            widget = self._diseases.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = {name: DiseaseRow(name) for name in suited(self.region.currentData())}
        for name, row in self.rows.items():
            row.on.setChecked(name in wanted)
            row.severity.set(wanted.get(name) or 0.6)
            row.on.toggled.connect(self._changed)
            row.severity.changed.connect(self._changed)
            self._diseases.addWidget(row)
        self._diseases.addStretch(1)

    def _changed(self, *_: object) -> None:
        if self._previewed is not None:
            self._previewed.cancel()
        self._soon.start()

    def _preview(self) -> None:
        """Make the patient in coarse voxels, when nothing else keeps the worker busy."""
        recipe, jobs = self.recipe, self._session.jobs
        if jobs.current is not None:
            self.told.setText("The preview waits for what is running.")
            self._soon.start()
            return
        self.told.setText("Making a preview …")

        def work(progress: Progress) -> np.ndarray:
            return front_view(recipe, progress)

        self._previewed = jobs.start("Preview", work, self._previewed_is, self._no_preview)

    def _previewed_is(self, rgb: np.ndarray) -> None:
        if self._over:  # Qt's part of the dialog is gone
            return
        height, width = rgb.shape[:2]
        image = QImage(rgb.data, width, height, rgb.strides[0], QImage.Format.Format_RGB888)
        self.picture.setPixmap(
            QPixmap.fromImage(image).scaled(
                self.picture.size(),
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        )
        self.told.setText("From the front, in coarse voxels; crosses mark the diseases.")

    def _no_preview(self, sentence: str, error: BaseException) -> None:
        if not self._over:
            self.told.setText(sentence)

    def _end(self, result: int) -> None:
        self._over = True
        self._soon.stop()
        if self._previewed is not None:
            self._previewed.cancel()
        if result == QDialog.DialogCode.Accepted:
            settings = self._session.settings
            self._session.change_settings(replace(settings, synthetic=_as_text(self.recipe)))


def _choice(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def _any_seed() -> int:
    return random.SystemRandom().randrange(MOST_SEED)


def _as_text(recipe: Recipe) -> dict[str, str]:
    """What is remembered of a recipe."""
    return {
        "region": recipe.region,
        "seed": str(recipe.seed),
        "phase": str(recipe.phase),
        "kvp": str(recipe.kvp),
        "scanner": str(recipe.scanner),
        "dose": f"{recipe.dose:g}",
        "spacing_mm": f"{recipe.spacing_mm:g}",
        "random_contrast": str(recipe.random_contrast),
        "variants": "chance" if recipe.variants is None else " ".join(recipe.variants),
        "diseases": " ".join(f"{name}={value:g}" for name, value in recipe.diseases.items()),
    }


def _remembered(kept: Mapping[str, str]) -> Recipe:
    """The recipe of the last time; the usual one where nothing fitting is remembered."""
    usual = Recipe("abdominal-aorta", 1, {"fusiform-aneurysm": 0.6}, "arterial", 120, "vascular")
    try:
        words = kept.get("variants", "chance").split()
        pairs = (each.split("=") for each in kept["diseases"].split())
        return Recipe(
            region=kept["region"],
            seed=int(kept["seed"]),
            diseases={name: float(value) for name, value in pairs},
            phase=kept["phase"] if kept["phase"] in PHASES else "arterial",
            kvp=int(kept["kvp"]),
            scanner=kept["scanner"],
            dose=float(kept["dose"]),
            spacing_mm=float(kept["spacing_mm"]),
            random_contrast=kept.get("random_contrast") == "True",
            variants=None if words == ["chance"] else tuple(w for w in words if w in VARIANTS),
        )
    except (KeyError, ValueError):
        return usual
