"""The scans that the vessel step is measured on, real and made-up, with what should be found."""

import json
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import ndimage

from viewer.dicom.folder import scan_folder
from viewer.dicom.read import read_series
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.regions import REGIONS
from viewer.phantom.scanner import make_scanner, shoot
from viewer.phantom.truth import labels
from viewer.progress import silent
from viewer.segment.compare import onto
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VEIN
from viewer.volume.files import read_volume
from viewer.volume.volume import Volume

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
ARTERIES = (ARTERY, CALCIFICATION)
VESSELS = (ARTERY, VEIN, CALCIFICATION)
BRIGHT_HU = 150
HELD_OUT = 900_000
PHANTOM_MM = 1.5
THINNEST_MM = 0.75 * PHANTOM_MM  # radius; narrower vessels are dots on this grid
FAMILIAR = (
    ("thoracic-aorta", ""), ("abdominal-aorta", ""), ("abdomen", ""), ("carotid", ""),
    ("thoracic-aorta", "dissection"), ("abdominal-aorta", "aneurysm-with-thrombus"),
    ("abdomen", "tumor-encasement"), ("carotid", "stenosis"),
)  # fmt: skip
SEVERITY = 0.6
UNSEEN = ("tree", "colony", "tree", "colony")

# Boxes drawn by hand on slices of HCC_015 (slice, rows, columns), well inside one structure.
ORAL_CONTRAST = (
    (3, (120, 180), (110, 190)), (3, (120, 190), (320, 390)), (10, (125, 180), (150, 190)),
    (10, (150, 200), (360, 400)), (18, (190, 260), (370, 400)), (26, (200, 240), (380, 400)),
    (42, (215, 250), (320, 360)), (50, (230, 260), (330, 370)),
)  # fmt: skip
VERTEBRAE = (
    (3, (255, 290), (245, 275)), (10, (260, 290), (245, 280)), (18, (268, 300), (250, 280)),
    (26, (275, 310), (235, 265)), (34, (290, 320), (225, 265)), (42, (290, 320), (215, 250)),
    (50, (300, 325), (220, 245)), (57, (300, 330), (210, 235)),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Diameter:
    """The diameter of an aorta on one slice, measured without this program."""

    slice: int
    row: int
    column: int
    mm: float


@dataclass(frozen=True, eq=False)
class Reference:
    """One scan with what should be found on it.

    `truth` (bool) is None where nobody has drawn it; `counted` are the labels that count as found;
    `no_vessel` names masks (bool) that hold none; what lies in `ignored` counts for nothing.
    `person` tells one scene of a case from the others; `for_peers` says whether the usual methods
    are measured on it too.
    """

    name: str
    volume: Volume
    truth: np.ndarray | None
    counted: tuple[int, ...] = ARTERIES
    no_vessel: Mapping[str, np.ndarray] = field(default_factory=dict)
    diameters: tuple[Diameter, ...] = ()
    ignored: np.ndarray | None = None
    person: str = ""
    for_peers: bool = True


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
    heart = read_volume(folder / "pulmonary" / "heart.nii.gz", silent())
    other = {
        "heart": onto((heart.voxels > 0).astype(np.uint8), heart.grid, volume.grid) > 0,
        "vertebra T12": read_volume(folder / "vertebrae_T12.nii.gz", silent()).voxels > 0,
    }
    whole = (*ARTERIES, THROMBUS)
    yield Reference("Aortic dissection, arterial", volume, truth, whole, other)


def chest() -> Iterator[Reference]:
    """The arterial chest."""
    folder = DATA / "train" / "lidc0001_chest_cta_ccby"
    volume = read_volume(folder / "ct_1p5mm.nii.gz", silent())
    found = read_volume(folder / "labels_1p5mm.nii.gz", silent()).voxels
    yield Reference("Chest, arterial", volume, np.isin(found, (52, 54, 55, 56, 57, 58)))


def abdomen() -> Iterator[Reference]:
    """The portal-venous abdomen: arteries, then all vessels."""
    folder = DATA / "ircad01_ct_vessels_ccbyncnd"
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(folder / "PATIENT_DICOM.tar.xz") as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4
            archive.extractall(place)
        with zipfile.ZipFile(folder / "MASKS_DICOM.zip") as masks:
            masks.extractall(place)
        volume = one_series(Path(place) / "PATIENT_DICOM")
        artery, portal, caval, bone = (
            one_series(Path(place) / "MASKS_DICOM" / name).voxels > 0
            for name in ("artery", "portalvein", "venoussystem", "bone")
        )
    every = artery | portal | caval
    yield Reference("Abdomen, portal-venous: arteries", volume, artery)
    yield Reference(
        "Abdomen, portal-venous: all vessels", volume, every, VESSELS, {"bone": bone & ~every}
    )


def short_abdomen() -> Iterator[Reference]:
    """Twenty slices of the upper abdomen in a portal-venous phase: the aorta."""
    folder = DATA / "totalseg_dicom_j2k_apache"
    volume = one_series(folder / "example_ct_dicom")
    found = read_volume(folder / "example_seg_dicom.nii.gz", silent())
    truth = onto(found.voxels == 52, found.grid, volume.grid)
    yield Reference("Upper abdomen, 20 slices, faint: aorta", volume, truth)


def liver() -> Iterator[Reference]:
    """The example: arterial phase with swallowed contrast; aortic diameters without a mask."""
    folder = DATA / "hcc015_arterial_portal_dicom_ccby"
    volume = one_series(folder / "arterial_series4")
    rows = json.loads((folder / "reference_semiauto.json").read_text())["aorta_axial"]
    diameters = tuple(
        Diameter(r["z_index"], r["seed_xy"][1], r["seed_xy"][0], r["equiv_diameter_mm"])
        for r in rows
    )
    other = {
        "oral contrast": boxes(volume, ORAL_CONTRAST),
        "vertebrae": boxes(volume, VERTEBRAE),
    }
    yield Reference("Liver, arterial", volume, None, no_vessel=other, diameters=diameters)


def without_contrast() -> Iterator[Reference]:
    """The abdomen without contrast, which must be refused."""
    path = DATA / "totalseg_noncontrast_apache" / "example_ct.nii.gz"
    yield Reference("Abdomen without contrast", read_volume(path, silent()), None)


def phantoms() -> Iterator[Reference]:
    """Made-up people, healthy and ill, of regions that networks train on, from other seeds."""
    for n, (region, disease) in enumerate(FAMILIAR):
        yield made_up("Made-up people, held out", region, HELD_OUT + n, disease)


def unseen_phantoms() -> Iterator[Reference]:
    """Four made-up trees of generators that no network trains on."""
    for n, region in enumerate(UNSEEN, 100):
        yield made_up("Made-up trees, unseen family", region, HELD_OUT + n)


CASES: Mapping[str, Callable[[], Iterator[Reference]]] = {
    "dissection": dissection,
    "chest": chest,
    "abdomen": abdomen,
    "short_abdomen": short_abdomen,
    "phantoms": phantoms,
    "unseen_phantoms": unseen_phantoms,
    "liver": liver,
    "without_contrast": without_contrast,
}


def made_up(name: str, region: str, seed: int, disease: str = "") -> Reference:
    """A made-up CT angiogram; an abdomen is portal-venous, and its veins count too."""
    rng = np.random.default_rng([seed, 9])
    portal = region == "abdomen"
    ill = {disease: SEVERITY} if disease else {}
    scene = make_scene(region, seed, spacing_mm=PHANTOM_MM, diseases=ill)
    thin = np.array([b.radius_mm.mean() < THINNEST_MM for b in scene.vessels.tree.branches])
    ignored = (scene.wall_mm < PHANTOM_MM) & (scene.branch >= 0) & thin[scene.branch]
    look = make_appearance(rng, phase="portal" if portal else "arterial", random_contrast=0.0)
    volume = shoot(scene, look, make_scanner(rng), rng)
    counted = VESSELS if portal else ARTERIES
    truth = np.isin(labels(scene).labels, counted) & ~ignored
    words = [REGIONS[region].title, disease.replace("-", " "), f"seed {seed}"]
    person = ", ".join(word for word in words if word)
    return Reference(
        name,
        volume,
        truth,
        counted,
        ignored=ignored,
        person=person,
        for_peers=not disease,
    )


def boxes(
    volume: Volume, places: tuple[tuple[int, tuple[int, int], tuple[int, int]], ...]
) -> np.ndarray:
    """What is bright inside boxes on single slices (bool)."""
    out = np.zeros(volume.grid.shape, bool)
    for k, rows, columns in places:
        cut = (k, slice(*rows), slice(*columns))
        out[cut] = volume.voxels[cut] > BRIGHT_HU
    return out


def diameter_mm(found: np.ndarray, at: Diameter, spacing_mm: tuple[float, float, float]) -> float:
    """Diameter of the circle as large as the piece at a place on a slice; nan where none is."""
    pieces, _ = ndimage.label(found[at.slice])
    own = pieces[at.row, at.column]
    if own == 0:
        return float("nan")
    area_mm2 = np.count_nonzero(pieces == own) * spacing_mm[1] * spacing_mm[2]
    return float(2 * np.sqrt(area_mm2 / np.pi))


def one_series(folder: Path) -> Volume:
    """The volume of the only series in a folder."""
    volume, _ = read_series(scan_folder(folder, silent()).series[0], silent())
    return volume
