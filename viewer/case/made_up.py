"""Made-up patients as cases and as folders; both say that no person is behind them."""

import json
from pathlib import Path

import psutil

from viewer.case.case import Case
from viewer.case.meter import Meter
from viewer.case.store import refuse_existing, whole
from viewer.case.truth import DOCUMENT, FORMATS, LABELS, NOTE, SCAN, Truth, write_document
from viewer.dicom.series import MADE_UP, Series
from viewer.dicom.write import IMAGE_TYPE, Facts, write_series
from viewer.errors import ViewerError
from viewer.geometry.files import write_tree
from viewer.phantom.patient import (
    Patient,
    Recipe,
    check,
    generator_text,
    make_patient,
    needed_bytes,
    surprise,
)
from viewer.phantom.regions import REGIONS
from viewer.phantom.truth import labels
from viewer.progress import Progress
from viewer.provenance import Record, now, versions
from viewer.units import bytes_text
from viewer.volume.files import write_labels, write_volume

TRIES = 6


def make_case(recipe: Recipe, progress: Progress) -> Case:
    """The case of a made-up patient, with its truth.

    Raises `ViewerError` where the recipe cannot be met or memory does not suffice.
    """
    demand_memory(recipe)
    with Meter() as meter:
        patient = make_patient(recipe, progress.part(0.0, 0.95))
        progress.at(0.95, "Writing down the truth")
        truth = Truth(patient.document, labels(patient.scene))
        _ = truth.mask.counts  # counted here, so that showing it costs nothing
    record = Record(
        step="make",
        part="volume",
        made=now(),
        options={"region": recipe.region, "seed": recipe.seed, "generator": generator_text()},
        versions=versions(),
        seconds=round(meter.seconds, 3),
        peak_bytes=meter.peak_bytes,
    )
    case = Case(series=series_of(patient))
    case = case.put("volume", patient.volume, record, notices=(MADE_UP,))
    return case.put("truth", truth)


def make_surprise(seed: int, progress: Progress) -> Case:
    """A made-up patient that nobody has seen; of recipes that cannot be met it takes the next."""
    for step in range(TRIES - 1):
        try:
            return make_case(surprise(seed + step), progress)
        except ViewerError:
            continue
    return make_case(surprise(seed + TRIES - 1), progress)


def demand_memory(recipe: Recipe) -> None:
    """Raise a `ViewerError` when a patient cannot be made in the memory that is free."""
    check(recipe)
    needed, free = needed_bytes(recipe), psutil.virtual_memory().available
    if needed > free:
        raise ViewerError(
            f"This patient needs about {bytes_text(needed)} of memory and {bytes_text(free)} is "
            "free; nothing was made: choose larger voxels or a smaller region."
        )


def series_of(patient: Patient) -> Series:
    """What the header of a made-up scan would say."""
    facts = facts_of(patient)
    grid = patient.volume.grid
    return Series(
        uid="",
        files=(),
        grid=grid,
        modality="CT",
        description=f"SYNTHETIC {facts.phase}",
        study_description=f"SYNTHETIC {facts.title}",
        phase=facts.phase,
        kernel=facts.kernel,
        kvp=float(patient.appearance.kvp),
        contrast="" if facts.phase == "plain" else "made up",
        slice_thickness_mm=facts.slice_mm,
        spacing_mm=grid.spacing_mm,
        manufacturer="Angioscape",
        model="Made-up scanner",
        patient_name=f"SYNTHETIC^{facts.region.upper()}",
        patient_id=f"SYN-{facts.seed}",
        synthetic=True,
        image_type=IMAGE_TYPE,
    )


def facts_of(patient: Patient) -> Facts:
    """What a header says of a made-up patient."""
    look = patient.appearance
    return Facts(
        region=patient.recipe.region,
        title=REGIONS[patient.recipe.region].title,
        seed=patient.recipe.seed,
        recipe=json.dumps(
            {"recipe": patient.document["recipe"], "generator": generator_text()}, sort_keys=True
        ),
        generator=generator_text(),
        phase=look.phase + ", random contrast" * look.by_chance,
        kernel=patient.scanner.name,
        kvp=look.kvp,
        slice_mm=round(patient.scanner.slice_mm, 2),
    )


def folder_name(recipe: Recipe) -> str:
    """The folder of one patient among many."""
    return f"{recipe.region}-{recipe.seed:06d}"


def write_patient(
    patient: Patient,
    folder: Path,
    progress: Progress,
    *,
    dicom: bool = False,
    form: str = FORMATS[0],
) -> None:
    """Write scan, labels, centerlines and truth of a patient; the folder appears whole or not.

    The scan is a volume file ending in `form`, or a DICOM series in the folder `dicom`. Raises
    `ViewerError` when the folder exists or cannot be written.
    """
    refuse_existing(folder, overwrite=False)
    advice = "free some space or choose another place."
    with whole(folder, "The patient", advice) as partial:
        if dicom:
            write_series(
                patient.volume, partial / "dicom", facts_of(patient), progress.part(0, 0.6)
            )
        else:
            progress.at(0.0, "Writing the scan")
            write_volume(patient.volume, partial / f"{SCAN}{form}", NOTE)
        progress.at(0.6, "Writing the truth")
        mask = labels(patient.scene)
        write_labels(mask.labels, mask.grid, partial / LABELS, NOTE)
        names = {str(label): name for label, name in mask.names.items()}
        (partial / "labels.json").write_text(json.dumps(names, indent=1) + "\n", encoding="utf-8")
        progress.at(0.9)
        write_tree(patient.scene.vessels.tree, partial / "centerlines.vtp")
        write_document(patient.document, partial / DOCUMENT)
    progress.at(1.0)
