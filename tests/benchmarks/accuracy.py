"""Measures the vessel step on every real case that has truth and writes docs/use/accuracy.md.

Run it from a checkout: `python -m tests.benchmarks.accuracy`.
"""

import platform
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.enhance.denoise import denoise
from viewer.enhance.suitability import judge
from viewer.progress import silent
from viewer.segment.compare import Agreement, compare, onto
from viewer.segment.mask import ARTERY, CALCIFICATION, VEIN
from viewer.segment.vessels import segment_vessels
from viewer.volume.files import read_volume
from viewer.volume.volume import Volume

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "use" / "accuracy.md"
THRESHOLD_HU = 150

INTRODUCTION = f"""# How accurate the vessel map is

Made by `python -m tests.benchmarks.accuracy`; do not edit by hand.

Every real case with a reference that we have is measured with the options as they come. Beside
it stands what one global threshold reaches on the same scan (HU > {THRESHOLD_HU}, largest
connected piece). Dice and clDice (Shit et al. 2021) are 1 when perfect; ASD is the average
distance between the surfaces and HD95 its 95th percentile, both ways, in millimeters (0 when
perfect). Artery and calcification count as found.
"""

EXPLANATION = """
## What the reference is, and what these numbers do not say

- **Aortic dissection** (TotalSegmentator test data, Apache-2.0): the union of aorta with both
  lumens, brachiocephalic trunk, left carotid and subclavian, celiac trunk and superior
  mesenteric artery, as *predicted by a network*, not drawn by an expert. The branches of the
  celiac trunk, the right subclavian and carotid arteries and the lung vessels are not in it:
  where they are found correctly they count as false. A false lumen that does not enhance counts
  as vessel: most of it is missed.
- **Chest** (LIDC-IDRI-0001, CC BY 3.0; labels predicted by TotalSegmentator): aorta,
  brachiocephalic trunk, subclavian and common carotid arteries. Celiac, mesenteric, renal,
  vertebral and coronary arteries are not in it and count as false when found. The right
  subclavian artery is hidden by dense inflow beside it.
- **Abdomen, portal-venous phase** (3D-IRCADb-01, patient 1, IRCAD Strasbourg, CC BY-NC-ND 4.0:
  evaluated here, never shipped and never trained on): drawn by experts. Arteries, veins and
  kidneys have nearly the same density, so thin arteries that run along veins are stopped at the
  gates. The second row takes arteries, portal and other veins together as the reference; the
  program follows the aorta only, so the veins are missed.
- **Upper abdomen** (TotalSegmentator test data, Apache-2.0): the aorta as predicted by a network,
  on 20 slices of 2 mm with faint contrast; its branches are not in the reference.
- Four scans are few. They were looked at while the method was made, so a new scan may do worse.
  The scans of 1.5 mm are coarse: thin branches are judged by one or two voxels.
- The map is no diagnosis: look at the outline on the slices, and repair it (grow, remove, cut,
  paint, erase).
"""


@dataclass(frozen=True, eq=False)
class Reference:
    """One scan with what should be found on it."""

    name: str
    volume: Volume
    truth: np.ndarray


def dissection() -> Iterator[Reference]:
    """The stented type-B dissection."""
    folder = DATA / "totalseg_aortic_dissection_cta_apache"
    volume = read_volume(folder / "ct_cropped.nii.gz", silent())
    names = (
        "aorta",
        "aorta_true_lumen",
        "aorta_false_lumen",
        "brachiocephalic_trunk",
        "common_carotid_artery_left",
        "subclavian_artery_left",
        "celiac_trunk",
        "superior_mesenteric_artery",
    )
    truth = np.zeros(volume.voxels.shape, bool)
    for name in names:
        truth |= read_volume(folder / f"{name}.nii.gz", silent()).voxels > 0
    yield Reference("Aortic dissection, arterial", volume, truth)


def chest() -> Iterator[Reference]:
    """The arterial chest."""
    folder = DATA / "train" / "lidc0001_chest_cta_ccby"
    volume = read_volume(folder / "ct_1p5mm.nii.gz", silent())
    labels = read_volume(folder / "labels_1p5mm.nii.gz", silent()).voxels
    yield Reference("Chest, arterial", volume, np.isin(labels, (52, 54, 55, 56, 57, 58)))


def abdomen() -> Iterator[Reference]:
    """The portal-venous abdomen: arteries, then all vessels."""
    folder = DATA / "ircad01_ct_vessels_ccbyncnd"
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(folder / "PATIENT_DICOM.tar.xz") as archive:
            archive.extractall(place, filter="data")
        with zipfile.ZipFile(folder / "MASKS_DICOM.zip") as masks:
            masks.extractall(place)
        volume = one_series(Path(place) / "PATIENT_DICOM")
        parts = [
            one_series(Path(place) / "MASKS_DICOM" / name).voxels > 0
            for name in ("artery", "portalvein", "venoussystem")
        ]
    yield Reference("Abdomen, portal-venous: arteries", volume, parts[0])
    yield Reference("Abdomen, portal-venous: all vessels", volume, parts[0] | parts[1] | parts[2])


def short_abdomen() -> Iterator[Reference]:
    """Twenty slices of the upper abdomen in a portal-venous phase: the aorta."""
    folder = DATA / "totalseg_dicom_j2k_apache"
    volume = one_series(folder / "example_ct_dicom")
    labels = read_volume(folder / "example_seg_dicom.nii.gz", silent())
    truth = onto(labels.voxels == 52, labels.grid, volume.grid)
    yield Reference("Upper abdomen, 20 slices, faint: aorta", volume, truth)


def one_series(folder: Path) -> Volume:
    """The volume of the only series in a folder."""
    volume, _ = read_series(scan_folder(folder, silent()).series[0], silent())
    return volume


def one_threshold(volume: Volume) -> np.ndarray:
    """The largest connected piece above one global threshold (bool)."""
    labels, _ = ndimage.label(volume.voxels > THRESHOLD_HU)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()


def found_vessels(volume: Volume) -> tuple[np.ndarray, float]:
    """What the vessel step finds with the options as they come (bool), and its seconds."""
    begun = time.perf_counter()
    suitability = judge(volume, silent())
    clean = denoise(volume, suitability.noise_hu, silent())
    mask = segment_vessels(clean, suitability, silent())
    found = np.isin(mask.labels, (ARTERY, VEIN, CALCIFICATION))
    return found, time.perf_counter() - begun


def row(name: str, method: str, agreement: Agreement, seconds: str) -> str:
    """One line of the table."""
    return (
        f"| {name} | {method} | {agreement.dice:.2f} | {agreement.cl_dice:.2f} "
        f"| {agreement.average_surface_distance_mm:.1f} | {agreement.hd95_mm:.1f} | {seconds} |"
    )


def rows(references: Iterator[Reference]) -> Iterator[str]:
    """Two lines for each reference: the program and one threshold."""
    last, found, seconds = None, np.empty(0), 0.0
    for reference in references:
        volume = reference.volume
        if volume is not last:
            found, seconds = found_vessels(volume)
            last = volume
        ours = compare(found, reference.truth, volume.grid)
        plain = compare(one_threshold(volume), reference.truth, volume.grid)
        yield row(reference.name, "Angioscape", ours, f"{seconds:.0f}")
        yield row("", f"HU > {THRESHOLD_HU}", plain, "")


def main() -> int:
    """Measure every case that is on this machine; 1 where one is missing."""
    lines, missing = [], []
    cases: tuple[Callable[[], Iterator[Reference]], ...] = (
        dissection,
        chest,
        abdomen,
        short_abdomen,
    )
    for case in cases:
        try:
            for line in rows(case()):
                print(line, flush=True)
                lines.append(line)
        except FileNotFoundError as error:
            missing.append(f"{case.__name__}: {error}")
    if missing:
        print("\n".join(["Not written, because cases are missing:", *missing]), file=sys.stderr)
        return 1
    table = [
        "",
        "| case | method | Dice | clDice | ASD (mm) | HD95 (mm) | seconds |",
        "|---|---|---|---|---|---|---|",
        *lines,
        "",
        "Seconds are for judging, denoising and segmenting "
        f"({platform.system()}, Python {platform.python_version()}, on two shared cores).",
    ]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(INTRODUCTION + "\n".join(table) + "\n" + EXPLANATION, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
