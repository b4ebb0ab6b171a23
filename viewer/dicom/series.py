"""The facts of one series by which a radiologist chooses it."""

from dataclasses import dataclass
from pathlib import Path

from viewer.dicom.headers import Header
from viewer.errors import Notice
from viewer.volume.grid import Grid

MADE_UP = Notice("synthetic", "warning", "Made-up patient: not a person's scan.")


@dataclass(frozen=True, eq=False)
class Series:
    """One stack of slices that makes one volume.

    Text is as the scanner wrote it (untrusted: escape at every sink), "" where absent; numbers
    are None where absent. `files` are in the order of the slices of `grid`. `contrast` is what
    the header says (agent's name, "" when not stated). `headers`, in the order of `files`, save
    the reader a second look at each file; they may be left empty.
    """

    uid: str
    files: tuple[Path, ...]
    grid: Grid | None
    modality: str = ""
    description: str = ""
    number: int | None = None
    phase: str = ""
    kernel: str = ""
    contrast: str = ""
    kvp: float | None = None
    exposure_mas: float | None = None
    slice_thickness_mm: float | None = None
    spacing_mm: tuple[float, float, float] | None = None
    manufacturer: str = ""
    model: str = ""
    body_part: str = ""
    transfer_syntax: str = ""
    patient_name: str = ""
    patient_id: str = ""
    patient_sex: str = ""
    patient_birth_date: str = ""
    patient_age: str = ""
    study_uid: str = ""
    study_date: str = ""
    study_description: str = ""
    accession: str = ""
    frame_uid: str = ""
    lossy: bool = False
    synthetic: bool = False
    image_type: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    headers: tuple[Header, ...] = ()

    @property
    def slices(self) -> int:
        """How many slices the volume has."""
        return self.grid.shape[0] if self.grid is not None else len(self.files)

    @property
    def readable(self) -> bool:
        """Whether a volume can be made of it."""
        return self.grid is not None
