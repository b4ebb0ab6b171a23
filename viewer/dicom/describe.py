"""The facts of a series, from one of its headers."""

from typing import Any

from viewer.dicom.geometry import place
from viewer.dicom.headers import Header, lenient_pydicom
from viewer.dicom.phase import clock_seconds, phase
from viewer.dicom.series import MADE_UP, Series
from viewer.dicom.stacks import Stack
from viewer.dicom.syntax import LOSSY_SYNTAXES, READABLE_SYNTAXES, syntax_name
from viewer.errors import Notice, ViewerError

FACTS = (
    *("SpecificCharacterSet", "SeriesDescription", "SeriesNumber", "ConvolutionKernel", "KVP"),
    *("ContrastBolusAgent", "ContrastBolusStartTime", "AcquisitionTime", "SliceThickness"),
    *("NominalPercentageOfCardiacPhase", "Exposure", "ExposureInmAs", "Manufacturer"),
    *("ManufacturerModelName", "BodyPartExamined", "PatientName", "PatientID", "PatientSex"),
    *("PatientBirthDate", "PatientAge", "StudyDate", "StudyDescription", "AccessionNumber"),
    *("ImagesInAcquisition", "NumberOfSeriesRelatedInstances"),
)


def describe(named: tuple[str, Stack]) -> Series:
    """The series that a stack makes; it has no grid where no volume can be made of it."""
    uid, stack = named
    notices = [*stack.notices, *_pixel_notices(stack.headers)]
    headers, grid = stack.headers, None
    refusal = stack.refusal or _refusal(stack.headers)
    if not refusal:
        try:
            placement = place(stack.headers)
            headers, grid = placement.headers, placement.grid
            notices += placement.notices
        except ViewerError as error:
            refusal = str(error)
    if refusal:
        notices.append(Notice("refused", "blocks", refusal))
    first = headers[0]
    facts = Facts(first)
    if grid is not None:
        notices += _end_notices(headers, facts)
    thickness = facts.number("SliceThickness")
    return Series(
        uid=uid,
        files=tuple(header.path for header in headers),
        grid=grid,
        modality=first.modality,
        description=facts.text("SeriesDescription"),
        number=_whole(facts.number("SeriesNumber")),
        phase=stack.label or _phase(facts),
        kernel=facts.text("ConvolutionKernel"),
        contrast=facts.text("ContrastBolusAgent"),
        kvp=facts.number("KVP"),
        exposure_mas=facts.number("ExposureInmAs") or facts.number("Exposure"),
        slice_thickness_mm=thickness,
        spacing_mm=grid.spacing_mm if grid is not None else None,
        manufacturer=facts.text("Manufacturer"),
        model=facts.text("ManufacturerModelName"),
        body_part=facts.text("BodyPartExamined"),
        transfer_syntax=first.transfer_syntax,
        patient_name=facts.text("PatientName"),
        patient_id=facts.text("PatientID"),
        patient_sex=facts.text("PatientSex"),
        patient_birth_date=facts.text("PatientBirthDate"),
        patient_age=facts.text("PatientAge"),
        study_uid=first.study_uid,
        study_date=facts.text("StudyDate"),
        study_description=facts.text("StudyDescription"),
        accession=facts.text("AccessionNumber"),
        frame_uid=first.frame_uid,
        lossy=any(_lossy(header) for header in headers),
        synthetic=any(header.synthetic for header in headers),
        image_type=first.image_type,
        notices=tuple(notices),
        headers=headers,
    )


class Facts:
    """Descriptive elements of one file, decoded as well as its character set allows."""

    def __init__(self, header: Header) -> None:
        self._dataset: Any = {}
        try:
            self._dataset = lenient_pydicom().dcmread(
                header.path, force=True, stop_before_pixels=True, specific_tags=list(FACTS)
            )
        except Exception:
            # The file was read a moment ago; a text that cannot be decoded is absent.
            self._dataset = {}

    def text(self, keyword: str) -> str:
        """An element as one line of text, "" where absent."""
        try:
            value = self._dataset.get(keyword)
        except Exception:
            return ""
        if value is None:
            return ""
        parts = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else value
        text = "\\".join(str(part) for part in parts) if keyword != "PatientName" else str(value)
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    def number(self, keyword: str) -> float | None:
        """An element as a number, None where absent."""
        try:
            return float(self.text(keyword).split("\\")[0])
        except ValueError:
            return None


def _whole(number: float | None) -> int | None:
    return None if number is None or abs(number) > 2**31 else int(number)


def _phase(facts: Facts) -> str:
    start = clock_seconds(facts.text("ContrastBolusStartTime"))
    scan = clock_seconds(facts.text("AcquisitionTime"))
    seconds = scan - start if scan is not None and start is not None else None
    percent = facts.text("NominalPercentageOfCardiacPhase")
    return phase(facts.text("SeriesDescription"), percent, seconds)


def _lossy(header: Header) -> bool:
    return header.lossy or header.transfer_syntax in LOSSY_SYNTAXES


def _refusal(headers: tuple[Header, ...]) -> str:
    """Why these files make no volume in HU, "" where they may."""
    first = headers[0]
    if first.modality != "CT":
        kind = {"MR": "an MR", "PT": "a PET"}.get(
            first.modality, f"a {first.modality or 'nameless'}"
        )
        return f"This is {kind} series; Angioscape reads CT."
    if first.frames > 1:
        return (
            f"This is a multi-frame file ({first.frames} frames); export the series as one file "
            "a slice."
        )
    unknown = next((h for h in headers if h.transfer_syntax not in READABLE_SYNTAXES), None)
    if unknown is not None:
        return (
            f"The pixels are stored as {syntax_name(unknown.transfer_syntax)}, which cannot be "
            "read; export the series uncompressed."
        )
    without = [h for h in headers if h.slope is None or h.intercept is None or h.slope == 0]
    if without:
        return (
            f"RescaleSlope or RescaleIntercept is missing or zero in {len(without)} of "
            f"{len(headers)} files, so Hounsfield units are not known; export the series again."
        )
    return ""


def _pixel_notices(headers: tuple[Header, ...]) -> list[Notice]:
    notices = []
    lossy = [header for header in headers if _lossy(header)]
    if lossy:
        text = "The pixels were compressed with loss; small vessels and HU may be altered."
        notices.append(Notice("lossy", "warning", text))
    if any(header.synthetic for header in headers):
        notices.append(MADE_UP)
    if not headers[0].series_uid:
        text = f"{len(headers)} files have no Series Instance UID; they were read as one series."
        notices.append(Notice("blank-uid", "warning", text))
    return notices


def _end_notices(headers: tuple[Header, ...], facts: Facts) -> list[Notice]:
    """A warning where the header promises more slices than there are and ends may be missing."""
    promised = facts.number("NumberOfSeriesRelatedInstances") or facts.number("ImagesInAcquisition")
    instances = [header.instance for header in headers if header.instance is not None]
    if not promised or promised <= len(headers) or not instances:
        return []
    if max(instances) - min(instances) + 1 != len(headers) or min(instances) == 0:
        return []
    if min(instances) == 1 and max(instances) >= promised:
        return []
    text = f"The header promises {promised:.0f} slices; {len(headers)} were found."
    return [Notice("ends-missing", "warning", text, numbers={"promised": promised})]
