"""Series written with pydicom, whose truth is known."""

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"


@dataclass
class MadeSeries:
    """A made-up series: what is written, slice by slice, before `write` puts it into files."""

    hu: np.ndarray
    folder: Path
    spacing_mm: tuple[float, float, float] = (2.0, 0.7, 0.5)
    origin: tuple[float, float, float] = (-11.5, 20.25, -300.0)
    along: tuple[float, float, float] = (1.0, 0.0, 0.0)
    down: tuple[float, float, float] = (0.0, 1.0, 0.0)
    drift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    places_mm: list[float] | None = None
    uid: str = field(default_factory=lambda: new_uid())
    frame: str = field(default_factory=lambda: new_uid())
    study: str = field(default_factory=lambda: new_uid())
    tags: dict[str, Any] = field(default_factory=dict)

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.along, self.down)

    @property
    def lps_from_index(self) -> np.ndarray:
        """What the grid should be (without drift)."""
        matrix = np.eye(4)
        matrix[:3, 0] = self.normal * self.spacing_mm[0]
        matrix[:3, 1] = np.array(self.down) * self.spacing_mm[1]
        matrix[:3, 2] = np.array(self.along) * self.spacing_mm[2]
        matrix[:3, 3] = self.origin
        return matrix

    def position(self, k: int) -> np.ndarray:
        place = k * self.spacing_mm[0] if self.places_mm is None else self.places_mm[k]
        return np.array(self.origin) + place * (self.normal + np.array(self.drift))

    def dataset(self, k: int) -> FileDataset:
        """Slice `k` as signed 16-bit pixels with slope 1 and intercept -1024."""
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CT
        meta.MediaStorageSOPInstanceUID = f"{self.uid}.{k + 1}"
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
        made.SOPClassUID, made.SOPInstanceUID = CT, f"{self.uid}.{k + 1}"
        made.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        made.Modality, made.PatientName, made.PatientID = "CT", "Made^Up", "made-1"
        made.StudyInstanceUID, made.SeriesInstanceUID = self.study, self.uid
        made.FrameOfReferenceUID = self.frame
        made.SeriesDescription, made.SeriesNumber, made.InstanceNumber = "CTA", 3, k + 1
        made.ImagePositionPatient = [_ds(value) for value in self.position(k)]
        made.ImageOrientationPatient = [_ds(value) for value in (*self.along, *self.down)]
        made.PixelSpacing = [_ds(value) for value in self.spacing_mm[1:]]
        made.SliceThickness = "2.5"
        made.Rows, made.Columns = self.hu.shape[1:]
        made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
        made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
        made.PixelRepresentation = 1
        made.RescaleSlope, made.RescaleIntercept = "1", "-1024"
        made.PixelData = (self.hu[k] + 1024).astype("<i2").tobytes()
        for name, value in self.tags.items():
            setattr(made, name, value)
        return made

    def write(self, names: list[str] | None = None, leave_out: tuple[int, ...] = ()) -> list[Path]:
        """Write every slice; returns the files in order of the slices."""
        files = []
        for k in range(len(self.hu)):
            if k in leave_out:
                continue
            name = names[k] if names else f"{self.uid[-6:]}-{k:03}.dcm"
            files.append(self.save(self.dataset(k), name))
        return files

    def save(self, dataset: FileDataset, name: str) -> Path:
        """Write one data set into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        return path

    def copy_of(self, k: int) -> FileDataset:
        """Slice `k` as an instance of its own."""
        made = self.dataset(k)
        made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = new_uid()
        return made

    def change(self, path: Path, **tags: Any) -> None:
        """Change elements of a file."""
        dataset = pydicom.dcmread(path)
        for name, value in tags.items():
            setattr(dataset, name, value)
        dataset.save_as(path)


def _ds(value: float) -> str:
    return f"{value:.10f}"[:16]


def new_uid() -> str:
    return f"2.25.{uuid.uuid4().int}"


def phantom_hu(shape: tuple[int, int, int] = (8, 20, 28)) -> np.ndarray:
    """HU that differ in every voxel neighborhood: an oblique ramp with a bright rod."""
    k, j, i = np.indices(shape)
    hu = -500 + 40 * k + 9 * j + 5 * i
    hu[:, 5:8, 9:13] = 400 + k[:, 5:8, 9:13]
    return hu.astype(np.int16)


@pytest.fixture
def make_series():
    """Makes a series of a shape in a folder, not yet written."""

    def make(folder: Path, shape: tuple[int, int, int] = (8, 20, 28), **what: Any) -> MadeSeries:
        return MadeSeries(phantom_hu(shape), folder, **what)

    return make


@pytest.fixture
def a_series(make_series, tmp_path):
    """An anisotropic, non-cubic axial series in a folder of its own, not yet written."""
    return make_series(tmp_path / "series")
