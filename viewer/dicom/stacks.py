"""Sorts the headers of a folder into stacks, each of which can make one volume."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewer.dicom.geometry import FEWEST_SLICES, JITTER_MM, JITTER_SHARE, along_normal, axes
from viewer.dicom.headers import Header, lenient_pydicom, quietly
from viewer.errors import Notice, ViewerError

SPLITTING_TAGS = (
    "TemporalPositionIdentifier",
    "NominalPercentageOfCardiacPhase",
    "TriggerTime",
    "AcquisitionNumber",
    "AcquisitionDateTime",
    "AcquisitionTime",
    "ContentTime",
    "SeriesTime",
    "ConvolutionKernel",
    "KVP",
    "ImageType",
    "SeriesDescription",
    "ProtocolName",
    "ImageComments",
)


@dataclass(frozen=True)
class Stack:
    """Headers that belong together; `refusal` says why no volume can be made, "" where it can.

    `label` tells volumes of one series apart ("AcquisitionTime 101500").
    """

    headers: tuple[Header, ...]
    label: str = ""
    refusal: str = ""
    notices: tuple[Notice, ...] = ()


def stacks(headers: Iterable[Header]) -> list[Stack]:
    """Groups headers by what must agree within a volume, then splits repeated positions."""
    groups: dict[Hashable, list[Header]] = defaultdict(list)
    for header in headers:
        groups[_key(header)].append(header)
    found: list[Stack] = []
    for stack in _joined(list(groups.values())):
        without, notices = _without_copies(stack.headers)
        for part in split(without):
            found.append(replace(part, notices=stack.notices + notices + part.notices))
    return _with_mixed_patients(found)


def _with_mixed_patients(found: Sequence[Stack]) -> list[Stack]:
    """Warns where one series UID stands for several patients; their slices were kept apart."""
    patients: dict[str, set[str]] = defaultdict(set)
    for stack in found:
        patients[stack.headers[0].series_uid].add(stack.headers[0].patient_id)
    text = "The series UID occurs with several patient IDs; check whose scan this is."
    notice = Notice("patients", "warning", text)
    return [
        replace(stack, notices=(*stack.notices, notice))
        if stack.headers[0].series_uid and len(patients[stack.headers[0].series_uid]) > 1
        else stack
        for stack in found
    ]


def _key(header: Header) -> tuple[Hashable, ...]:
    return (header.series_uid, header.patient_id, *_form(header))


def _form(header: Header) -> tuple[Hashable, ...]:
    """What must agree even between files of different series UIDs that may be joined."""
    rounded = tuple(round(value, 3) + 0.0 for value in header.orientation or ())
    spacing = tuple(round(value, 4) for value in header.spacing_mm or ())
    return (
        *(header.study_uid, header.frame_uid, header.modality, header.rows, header.columns),
        *(header.samples, header.frames > 1, rounded, spacing, header.image_type[:3]),
    )


def _joined(groups: list[list[Header]]) -> list[Stack]:
    """Joins single slices that differ in nothing but their series UID."""
    alone: dict[Hashable, list[Header]] = defaultdict(list)
    whole: list[Stack] = []
    for group in groups:
        if len(group) == 1 and group[0].position_lps is not None:
            header = group[0]
            alone[(header.patient_id, header.description, header.path.parent, *_form(header))] += (
                group
            )
        else:
            whole.append(Stack(tuple(group)))
    for group in alone.values():
        if len(group) < FEWEST_SLICES:
            whole += [Stack((header,)) for header in group]
            continue
        text = f"Each of {len(group)} slices has a series UID of its own; they were joined."
        whole.append(Stack(tuple(group), notices=(Notice("joined", "warning", text),)))
    return whole


def _without_copies(headers: Sequence[Header]) -> tuple[list[Header], tuple[Notice, ...]]:
    """Drops files that repeat another file's SOP UID and pixels."""
    by_uid: dict[str, list[Header]] = defaultdict(list)
    for header in headers:
        by_uid[header.sop_uid or str(header.path)].append(header)
    kept: list[Header] = []
    dropped: list[str] = []
    conflicts: list[str] = []
    for same in by_uid.values():
        kept.append(same[0])
        if len(same) == 1:
            continue
        first = pixel_hash(same[0])
        for other in same[1:]:
            if other.position_lps == same[0].position_lps and pixel_hash(other) == first:
                dropped.append(other.path.name)
            else:
                kept.append(other)
                conflicts.append(other.path.name)
    notices = []
    if dropped:
        count = "One file was" if len(dropped) == 1 else f"{len(dropped)} files were"
        text = f"{count} left out: identical copies of other files."
        notices.append(Notice("copies", "info", text, tuple(dropped)))
    if conflicts:
        text = f"{len(conflicts)} files share a SOP Instance UID but differ; check their origin."
        notices.append(Notice("uid-conflict", "blocks", text, tuple(conflicts)))
    return kept, tuple(notices)


def pixel_hash(header: Header) -> str:
    """SHA-256 of all that stands behind the header in the file (hex)."""
    with header.path.open("rb") as file:
        file.seek(max(header.pixels_at, 0))
        return hashlib.file_digest(file, "sha256").hexdigest()


def split(headers: Sequence[Header]) -> list[Stack]:
    """One stack where every position occurs once, else one for each phase."""
    places = _places(headers)
    if places is None or len(set(places)) == len(places):
        return [Stack(tuple(headers))]
    if len(set(places)) == 1:
        text = f"All {len(places)} slices have the same ImagePositionPatient."
        return [Stack(tuple(headers), refusal=text)]
    by_tag = _split_by_tag(headers, places)
    if by_tag is not None:
        return by_tag
    by_run = _split_by_run(headers, places)
    if by_run is not None:
        return by_run
    repeated = len(places) - len(set(places))
    return [
        Stack(
            tuple(headers),
            refusal=f"{repeated} of {len(places)} slices repeat the position of another slice and "
            "no tag tells them apart; export each phase as a series of its own.",
        )
    ]


def _places(headers: Sequence[Header]) -> list[int] | None:
    """A number for each header's position along the normal; equal positions share it."""
    if any(header.position_lps is None for header in headers):
        return None
    try:
        along = along_normal(headers)
        axes(headers[0])
    except ViewerError:
        return None
    order = np.argsort(along, kind="stable")
    steps = np.diff(along[order])
    distinct = steps[steps > JITTER_MM]
    near = max(JITTER_MM, JITTER_SHARE * float(np.median(distinct)) if distinct.size else 0.0)
    numbers = np.concatenate([[0], np.cumsum(steps > near)])
    places = np.empty(len(along), dtype=int)
    places[order] = numbers
    return [int(place) for place in places]


def _split_by_tag(headers: Sequence[Header], places: Sequence[int]) -> list[Stack] | None:
    values = _splitting_values(headers)
    for fits in (_covers_all, _covers_distinct):
        for tag in SPLITTING_TAGS:
            parts: dict[str, list[int]] = defaultdict(list)
            for at, row in enumerate(values):
                parts[row[tag]].append(at)
            if len(parts) > 1 and "" not in parts and fits(parts.values(), places):
                return [
                    Stack(tuple(headers[at] for at in part), label=f"{tag} {value}")
                    for value, part in sorted(parts.items())
                ]
    return None


def _covers_all(parts: Iterable[Sequence[int]], places: Sequence[int]) -> bool:
    every = sorted(set(places))
    return len(every) >= FEWEST_SLICES and all(
        sorted(places[at] for at in part) == every for part in parts
    )


def _covers_distinct(parts: Iterable[Sequence[int]], places: Sequence[int]) -> bool:
    """Whether each part is an unbroken range of positions, each once."""
    for part in parts:
        own = sorted(places[at] for at in part)
        if len(own) < FEWEST_SLICES or own != list(range(own[0], own[-1] + 1)):
            return False
    return True


def _splitting_values(headers: Sequence[Header]) -> list[dict[str, str]]:
    dcmread: Callable[..., Any] = lenient_pydicom().dcmread
    tags = list(SPLITTING_TAGS)
    rows = []
    with quietly():
        for header in headers:
            try:
                dataset = dcmread(
                    header.path, force=True, stop_before_pixels=True, specific_tags=tags
                )
                rows.append({tag: str(dataset.get(tag, "")) for tag in tags})
            except Exception:
                rows.append(dict.fromkeys(tags, ""))
    return rows


def _split_by_run(headers: Sequence[Header], places: Sequence[int]) -> list[Stack] | None:
    """Splits where the instance numbers start over at a position that occurred before."""
    instances = [header.instance for header in headers]
    if None in instances or len(set(instances)) < len(instances):
        return None
    order = sorted(range(len(headers)), key=lambda at: instances[at] or 0)
    runs: list[list[int]] = [[]]
    seen: set[int] = set()
    for at in order:
        if places[at] in seen:
            runs.append([])
            seen = set()
        runs[-1].append(at)
        seen.add(places[at])
    if not _covers_all(runs, places):
        return None
    notice = Notice(
        "split-by-instance",
        "warning",
        f"{len(runs)} volumes in one series were told apart by their instance numbers only.",
    )
    return [
        Stack(
            tuple(headers[at] for at in run),
            label=f"instances {instances[run[0]]} to {instances[run[-1]]}",
            notices=(notice,),
        )
        for run in runs
    ]
