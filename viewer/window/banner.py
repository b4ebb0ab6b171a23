"""The line on top: whose scan this is, always in sight."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from viewer.dicom.series import Series


class Banner(QWidget):
    """Patient, study, and what the program is for."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.patient = QLabel()
        self.patient.setObjectName("patient")
        self.study = QLabel()
        self.study.setObjectName("quiet")
        self.synthetic = QLabel("SYNTHETIC: NOT A PERSON'S SCAN")
        self.synthetic.setObjectName("synthetic")
        research = QLabel("RESEARCH USE ONLY, NOT FOR DIAGNOSIS")
        research.setObjectName("research")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(16)
        for label in (self.patient, self.study):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.study.setWordWrap(True)
        row.addWidget(self.patient)
        row.addWidget(self.synthetic)
        row.addWidget(self.study, 1)
        row.addWidget(research)
        self.show_series(None, "")

    def show_series(self, series: Series | None, title: str) -> None:
        """Show whose scan a series is; `title` is the name of the file or folder."""
        self.synthetic.setVisible(series is not None and series.synthetic)
        if series is None:
            self.patient.setText("No scan open")
            self.study.setText("")
            return
        self.patient.setText(patient_line(series))
        parts = (series.study_description, series.description, day(series.study_date), title)
        self.study.setText("  |  ".join(part for part in parts if part))


def patient_line(series: Series) -> str:
    """Name, birth date, sex and number of the patient, what is known of them."""
    known = [
        series.patient_name or "Name not stated",
        day(series.patient_birth_date),
        series.patient_sex,
        f"ID {series.patient_id}" if series.patient_id else "",
    ]
    return "  ".join(part for part in known if part)


def day(text: str) -> str:
    """A DICOM date as year-month-day; other text as it is."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 and text.isdigit() else text
