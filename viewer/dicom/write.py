"""Made-up scans as DICOM series that can never pass for a patient's."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewer.dicom.series import MADE_UP
from viewer.dicom.stamp import stamped
from viewer.errors import ViewerError
from viewer.progress import Progress
from viewer.provenance import product_version
from viewer.volume.grid import Grid
from viewer.volume.volume import AIR_HU, Volume

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
IMAGE_TYPE = ("DERIVED", "SECONDARY", "AXIAL")
INTERCEPT_HU = -1024
TOP_HU = 3071
WARNING = f"{MADE_UP.text} Research use only, not for diagnosis."


@dataclass(frozen=True)
class Facts:
    """What the header of a made-up series says; `seed` and `recipe` make its UIDs.

    `recipe` is a text that is the same only for the same patient and scan.
    """

    region: str
    title: str
    seed: int
    recipe: str
    generator: str
    phase: str = ""
    kernel: str = ""
    kvp: int | None = None
    slice_mm: float | None = None


def write_series(volume: Volume, folder: Path, facts: Facts, progress: Progress) -> None:
    """Write a volume as a CT series, a file a slice, each marked and stamped as synthetic.

    The same volume and facts give the same bytes. Values are clamped to -1024 to 3071 HU. Raises
    `ViewerError` where the grid's rows and columns are not square or a file cannot be written.
    """
    volume = _right_handed(volume)
    voxels = np.clip(np.rint(volume.voxels), AIR_HU, TOP_HU).astype(np.int16)
    marked = stamped(voxels)
    dataset = _common(volume.grid, facts, marked is not None)
    stored = voxels if marked is None else marked
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, pixels in progress.over(
            enumerate(stored, start=1), len(stored), "Writing DICOM"
        ):
            _place_slice(dataset, volume.grid, facts, number)
            dataset.PixelData = (pixels - INTERCEPT_HU).astype("<u2").tobytes()
            dataset.save_as(folder / f"IM{number:05d}.dcm", enforce_file_format=True)
    except OSError as error:
        raise ViewerError(
            f"The series could not be written to {folder} ({error.strerror or error}); free some "
            "space or choose another place."
        ) from error


def uid(*parts: object) -> str:
    """A UID under 2.25 (PS3.5 B.2) that the same parts always give."""
    text = "\n".join(str(part) for part in parts)
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
    # The bits of a random UUID (RFC 4122, 4.4).
    number = number & ~(0xF << 76) | (0x4 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"2.25.{number}"


def _right_handed(volume: Volume) -> Volume:
    """The volume with its slices in the direction of the slice normal (rows x columns)."""
    matrix = volume.grid.lps_from_index
    steps = matrix[:3, :3]
    along = steps / np.linalg.norm(steps, axis=0)
    if np.abs(along.T @ along - np.eye(3)).max() > 1e-3:
        raise ViewerError("The axes of the volume are not square, so it makes no DICOM series.")
    if np.dot(np.cross(along[:, 2], along[:, 1]), along[:, 0]) > 0:
        return volume
    turned = matrix.copy()
    turned[:3, 3] = volume.grid.points_lps(np.array((volume.grid.shape[0] - 1, 0, 0)))
    turned[:3, 0] = -matrix[:3, 0]
    return Volume(
        np.ascontiguousarray(volume.voxels[::-1]),
        Grid(volume.grid.shape, turned, volume.grid.frame_uid),
    )


def _common(grid: Grid, facts: Facts, burned_in: bool) -> Any:
    """What all slices share: every attribute of type 1 and 2 of the CT Image IOD (PS3.3 A.3)."""
    from pydicom.dataset import Dataset, FileMetaDataset

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = CT_IMAGE_STORAGE
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    dataset.file_meta.ImplementationClassUID = uid("angioscape", "implementation")
    dataset.file_meta.ImplementationVersionName = "ANGIOSCAPE"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    _identify(dataset, facts)
    _describe_scan(dataset, facts, burned_in)
    _describe_pixels(dataset, grid, facts)
    dataset.ContributingEquipmentSequence = [_equipment(facts)]
    return dataset


def _identify(dataset: Any, facts: Facts) -> None:
    dataset.SOPClassUID = CT_IMAGE_STORAGE
    dataset.SyntheticData = "YES"
    dataset.PatientName = f"SYNTHETIC^{facts.region.upper()}"
    dataset.PatientID = f"SYN-{facts.seed}"
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.PatientComments = WARNING
    dataset.StudyInstanceUID = uid(facts.recipe, "study")
    dataset.SeriesInstanceUID = uid(facts.recipe, "series")
    dataset.FrameOfReferenceUID = uid(facts.recipe, "frame")
    dataset.PositionReferenceIndicator = ""
    dataset.StudyDate = dataset.StudyTime = dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    dataset.StudyDescription = f"SYNTHETIC {facts.title}"
    dataset.SeriesDescription = f"SYNTHETIC {facts.phase}".strip()
    dataset.SeriesNumber = dataset.AcquisitionNumber = 1


def _describe_scan(dataset: Any, facts: Facts, burned_in: bool) -> None:
    dataset.Modality = "CT"
    dataset.ImageType = list(IMAGE_TYPE)
    dataset.DerivationDescription = WARNING
    dataset.ImageComments = WARNING
    dataset.LossyImageCompression = "00"
    dataset.BurnedInAnnotation = "YES" if burned_in else "NO"
    dataset.Manufacturer = "Angioscape"
    dataset.ManufacturerModelName = "Made-up scanner"
    dataset.SoftwareVersions = facts.generator
    dataset.KVP = facts.kvp
    dataset.ConvolutionKernel = facts.kernel or None
    dataset.ContrastBolusAgent = "" if facts.phase == "plain" else "made up"
    dataset.PatientPosition = "HFS"


def _describe_pixels(dataset: Any, grid: Grid, facts: Facts) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = grid.shape[1:]
    dataset.BitsAllocated = 16
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.RescaleIntercept, dataset.RescaleSlope = str(INTERCEPT_HU), "1"
    dataset.RescaleType = "HU"
    dataset.WindowWidth, dataset.WindowCenter = "700", "200"
    dataset.WindowCenterWidthExplanation = "ANGIO"
    slice_mm, row_mm, column_mm = grid.spacing_mm
    dataset.PixelSpacing = [_decimal(row_mm), _decimal(column_mm)]
    dataset.SliceThickness = _decimal(facts.slice_mm or slice_mm)
    dataset.SpacingBetweenSlices = _decimal(slice_mm)
    unit = grid.lps_from_index[:3, :3] / grid.spacing_mm
    dataset.ImageOrientationPatient = [_decimal(x) for x in (*unit[:, 2], *unit[:, 1])]


def _equipment(facts: Facts) -> Any:
    from pydicom.dataset import Dataset

    purpose, equipment = Dataset(), Dataset()
    purpose.CodeValue = "109102"
    purpose.CodingSchemeDesignator = "DCM"
    purpose.CodeMeaning = "Processing Equipment"
    equipment.PurposeOfReferenceCodeSequence = [purpose]
    equipment.Manufacturer = "Angioscape"
    equipment.ManufacturerModelName = "Angioscape phantom generator"
    equipment.SoftwareVersions = product_version()
    equipment.ContributionDescription = (
        f"Made-up (synthetic) CT of no person; {facts.generator}; region {facts.region}; "
        f"seed {facts.seed}"
    )
    return equipment


def _place_slice(dataset: Any, grid: Grid, facts: Facts, number: int) -> None:
    corner = grid.points_lps(np.array((number - 1, 0, 0)))
    dataset.InstanceNumber = number
    dataset.SOPInstanceUID = uid(facts.recipe, "slice", number)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.ImagePositionPatient = [_decimal(x) for x in corner]


def _decimal(value: float) -> str:
    """A number as a decimal string of at most 16 characters (PS3.5 6.2)."""
    text = repr(round(float(value) + 0.0, 10))
    for digits in range(12, 3, -1):
        if len(text) <= 16:
            break
        text = f"{float(value):.{digits}g}"
    return text
