"""The data sets that may train, each read into `Anatomy` (licenses: CC BY, Apache, 3D Slicer B)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy import ndimage

from viewer.networks.plan import ARTERY, BONE, CHAMBER, ORGAN, OTHER, VEIN
from viewer.phantom.tissue import Tissue
from viewer.training.anatomy import (
    SPACING_MM,
    Anatomy,
    fill_body,
    fill_lungs,
    hollow_bones,
    wall_of,
)
from viewer.training.classes import UNKNOWN

T = Tissue


def read(path: Path, *, labels: bool) -> np.ndarray:
    """One image, turned to slices up, rows back, columns left, on the grid of `SPACING_MM`."""
    import SimpleITK as sitk

    image = sitk.DICOMOrient(sitk.ReadImage(str(path)), "LPS")
    size = [
        max(1, round(n * s / SPACING_MM))
        for n, s in zip(image.GetSize(), image.GetSpacing(), strict=True)
    ]
    grid = sitk.ResampleImageFilter()
    grid.SetReferenceImage(image)
    grid.SetOutputSpacing([SPACING_MM] * 3)
    grid.SetSize(size)
    grid.SetInterpolator(sitk.sitkNearestNeighbor if labels else sitk.sitkLinear)
    grid.SetDefaultPixelValue(0 if labels else -1024)
    return np.asarray(sitk.GetArrayFromImage(grid.Execute(image)))


def translated(labels: np.ndarray, table: Mapping[int | range, Tissue]) -> np.ndarray:
    """The tissue of each label (uint8), AIR where the table is silent."""
    lut = np.zeros(int(labels.max()) + 1, np.uint8)
    for label, tissue in table.items():
        chosen = [label] if isinstance(label, int) else list(label)
        lut[[n for n in chosen if n < len(lut)]] = tissue
    return np.asarray(lut[labels])


BODYPARTS: Mapping[int | range, Tissue] = {
    range(1, 3): T.MUSCLE,
    range(3, 5): T.BOWEL_FLUID,
    5: T.LIVER,
    6: T.SPLEEN,
    7: T.WATER,
    8: T.PANCREAS,
    range(9, 11): T.KIDNEY,
    11: T.WATER,
    12: T.BRAIN,
    13: T.BOWEL_WALL,
    14: T.HEART_WALL,
    15: T.AIRWAY,
    16: T.CARTILAGE,
    17: T.CORTEX,
    18: T.PULMONARY_ARTERY,
    19: T.PULMONARY_VEIN,
    20: T.PORTAL,
    21: T.CAVAL,
    22: T.INFLOW,
    23: T.CAVAL,
    24: T.LEFT_HEART,
    25: T.RIGHT_HEART,
    26: T.LEFT_HEART,
    27: T.RIGHT_HEART,
    range(28, 31): T.ARTERY,
}
MEDIASTINUM = (
    T.HEART_WALL,
    T.LEFT_HEART,
    T.RIGHT_HEART,
    T.ARTERY,
    T.AIRWAY,
    T.INFLOW,
    T.CAVAL,
    T.BOWEL_WALL,
)


def bodyparts(source: Path) -> list[Anatomy]:
    """BodyParts3D, the whole body, and the same body with each heart of the Toronto atlas."""
    labels = read(source / "bodyparts3d" / "bp3d_labels_1p5mm.nii.gz", labels=True)
    tissue = translated(labels, BODYPARTS)
    whole = finished(tissue)
    made = [Anatomy("bodyparts", whole)]
    chest = slice(*_slices(np.isin(tissue, (T.LEFT_HEART, T.RIGHT_HEART)), 90))
    for path in sorted((source / "toronto_heart_atlas_ccby").glob("heart_*.nii.gz")):
        name = path.name.split("_")[1].lower()
        heart = read(path, labels=True)
        made.append(Anatomy(f"heart-{name}", with_heart(whole[chest], heart)))
    return made


def finished(tissue: np.ndarray) -> np.ndarray:
    """A label map with what it lacks: bowel wall, marrow, fat, skin, lungs, kidney medulla."""
    tissue = tissue.copy()
    hollow = tissue == T.BOWEL_FLUID
    tissue[wall_of(tissue, hollow, 2.0)] = T.BOWEL_WALL
    kidney = tissue == T.KIDNEY
    deep = ndimage.distance_transform_edt(kidney) * SPACING_MM
    rows = np.indices(tissue.shape, np.int16).sum(axis=0) // 6
    tissue[(deep > 7) & (rows % 3 > 0)] = T.KIDNEY_MEDULLA
    tissue = fill_lungs(fill_body(tissue), MEDIASTINUM)
    return hollow_bones(tissue)


def _slices(part: np.ndarray, margin: int) -> tuple[int, int]:
    """First and last slice that hold a part, widened."""
    found = np.flatnonzero(part.any(axis=(1, 2)))
    return max(0, int(found[0]) - margin), min(len(part), int(found[-1]) + margin)


HEARTS: Mapping[int | range, Tissue] = {
    1: T.ARTERY,
    2: T.PULMONARY_ARTERY,
    range(3, 5): T.LEFT_HEART,
    range(5, 7): T.RIGHT_HEART,
    7: T.LEFT_HEART,
    8: T.RIGHT_HEART,
    10: T.AIRWAY,
    11: T.RIGHT_HEART,
    12: T.LEFT_HEART,
}
CHAMBERS = (T.LEFT_HEART, T.RIGHT_HEART)


def with_heart(chest: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A chest whose heart and great vessels are exchanged for those of another person."""
    heart = translated(labels, HEARTS)
    out = chest.copy()
    old = np.isin(out, CHAMBERS)
    near = ndimage.distance_transform_edt(~old) * SPACING_MM < 12
    taken = np.isin(out, (*CHAMBERS, T.HEART_WALL))
    taken |= near & np.isin(out, (T.PULMONARY_ARTERY, T.PULMONARY_VEIN, T.INFLOW, T.CAVAL))
    taken |= np.isin(out, (T.ARTERY, T.AIRWAY)) & (
        ndimage.binary_dilation(near, iterations=30) if T.AIRWAY in heart else near
    )
    out[taken] = T.FAT
    blood = np.isin(heart, CHAMBERS)
    shift = np.round(_center(old) - _center(blood)).astype(int)
    start = np.maximum(shift, 0)
    stop = np.minimum(shift + heart.shape, out.shape)
    there = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
    here = tuple(slice(a - s, b - s) for a, b, s in zip(start, stop, shift, strict=True))
    piece, cut = heart[here], out[there]
    wall = ndimage.distance_transform_edt(~blood[here]) * SPACING_MM < 8
    soft = np.isin(cut, (T.FAT, T.LUNG, T.MUSCLE))
    cut[wall & soft & (piece == T.AIR)] = T.HEART_WALL
    bone = np.isin(cut, (T.CORTEX, T.MARROW))
    cut[(piece != T.AIR) & ~bone] = piece[(piece != T.AIR) & ~bone]
    gone = taken & (out == T.FAT)
    far = ndimage.distance_transform_edt(~np.isin(out, MEDIASTINUM)) * SPACING_MM > 8
    out[gone & far] = T.LUNG
    return out


def _center(part: np.ndarray) -> np.ndarray:
    return np.array(ndimage.center_of_mass(part))


ABDOMEN: Mapping[int | range, Tissue] = {
    3: T.LIVER,
    4: T.SPLEEN,
    6: T.PANCREAS,
    7: T.ARTERY,
    8: T.CAVAL,
    9: T.BOWEL_FLUID,
    10: T.WATER,
    range(11, 13): T.PORTAL,
    13: T.BOWEL_FLUID,
    range(16, 30): T.ARTERY,
    32: T.MUSCLE,
    range(51, 53): T.KIDNEY,
    range(71, 77): T.ARTERY,
    range(81, 87): T.CAVAL,
    range(111, 113): T.GLAND,
    117: T.PORTAL,
    range(126, 128): T.ARTERY,
    range(128, 130): T.RENAL_VEIN,
    range(131, 140): T.MUSCLE,
    140: T.MUSCLE,
    range(141, 147): T.WATER,
    143: T.MUSCLE,
    range(151, 154): T.HEPATIC_VEIN,
    227: T.ARTERY,
    range(231, 242): T.MUSCLE,
    299: T.CORTEX,
    range(301, 506): T.CORTEX,
    range(551, 560): T.CARTILAGE,
    range(600, 700): T.CORTEX,
}


def abdominal_atlas(source: Path) -> list[Anatomy]:
    """The abdominal atlas of the Surgical Planning Laboratory."""
    labels = read(source / "spl_abdominal_atlas" / "seg.nrrd", labels=True)
    tissue = translated(np.where(labels < 0, 0, labels), ABDOMEN)
    return [Anatomy("abdomen", finished(tissue))]


NECK: Mapping[int | range, Tissue] = {
    2: T.CORTEX,
    3: T.SKIN,
    8: T.MUSCLE,
    range(9, 37): T.CORTEX,
    range(49, 51): T.GLAND,
    range(51, 65): T.MUSCLE,
    range(101, 109): T.ARTERY,
    range(109, 111): T.CAVAL,
    range(111, 113): T.ARTERY,
    range(113, 115): T.INFLOW,
    range(115, 117): T.ARTERY,
    117: T.INFLOW,
    118: T.THYROID,
    range(119, 121): T.CARTILAGE,
}


def neck_atlas(source: Path) -> list[Anatomy]:
    """The head and neck atlas: hollow bones filled, the skull with its brain."""
    labels = read(source / "spl_head_neck_atlas" / "HN-Atlas-labels.nrrd", labels=True)
    tissue = translated(labels, NECK)
    for k in range(len(tissue)):
        bone = tissue[k] == T.CORTEX
        skull = ndimage.binary_fill_holes(labels[k] == 10) & (tissue[k] == T.AIR)
        small = ndimage.binary_fill_holes(bone) & (tissue[k] == T.AIR) & ~skull
        tissue[k][small] = T.MARROW
        tissue[k][skull] = T.BRAIN
    marrow = tissue == T.MARROW
    full = fill_body(tissue)
    full = hollow_bones(full)
    full[marrow] = T.MARROW
    rng = np.random.default_rng(7)
    patches = ndimage.gaussian_filter(rng.standard_normal(full.shape, np.float32), 4)
    full[(full == T.FAT) & (patches > 0)] = T.MUSCLE
    return [Anatomy("neck", full)]


CHEST: Mapping[int | range, Tissue] = {
    1: T.SPLEEN,
    range(2, 4): T.KIDNEY,
    4: T.WATER,
    5: T.LIVER,
    6: T.BOWEL_FLUID,
    7: T.PANCREAS,
    range(8, 10): T.GLAND,
    range(10, 15): T.LUNG,
    15: T.BOWEL_WALL,
    16: T.AIRWAY,
    17: T.THYROID,
    range(18, 21): T.BOWEL_FLUID,
    range(25, 51): T.CORTEX,
    51: T.LEFT_HEART,
    52: T.ARTERY,
    53: T.PULMONARY_VEIN,
    range(54, 59): T.ARTERY,
    range(59, 61): T.INFLOW,
    61: T.LEFT_HEART,
    62: T.INFLOW,
    63: T.CAVAL,
    64: T.PORTAL,
    range(69, 75): T.CORTEX,
    79: T.WATER,
    range(86, 90): T.MUSCLE,
    range(92, 117): T.CORTEX,
    118: T.CARTILAGE,
}
PREDICTED_CLASSES = {
    BONE: (*range(25, 51), *range(69, 75), *range(92, 117)),
    ARTERY: (52, *range(54, 59)),
    VEIN: (53, 59, 60, 62, 63, 64),
    CHAMBER: (51, 61),
    ORGAN: (1, 2, 3, 5, 7, 17),
}


def arterial_chest(source: Path) -> list[Anatomy]:
    """LIDC-IDRI-0001: the real scan with its classes, and its anatomy to be rendered anew.

    Its labels paint the pulmonary artery as heart. Split by hand on slices of 1.5 mm counted
    from below: above slice 131 all is pulmonary artery; from 122 what lies before row 105 (the
    trunk); from 126 what lies right of column 112 (its right branch); between 118 and 122 the
    outflow tract counts as unknown.
    """
    folder = source / "lidc0001_chest_cta_ccby"
    hu = read(folder / "ct_1p5mm.nii.gz", labels=False)
    labels = read(folder / "labels_1p5mm.nii.gz", labels=True)
    heart = labels == 51
    slices, rows, columns = np.ogrid[: hu.shape[0], : hu.shape[1], : hu.shape[2]]
    trunk = (slices >= 131) | ((slices >= 122) & (rows < 105)) | ((slices >= 126) & (columns < 112))
    between = heart & (slices >= 118) & (slices < 122) & (rows < 105)
    classes = np.full(hu.shape, OTHER, np.uint8)
    for number, members in PREDICTED_CLASSES.items():
        classes[np.isin(labels, members)] = number
    classes[heart & trunk] = VEIN
    lungs = np.isin(labels, range(10, 15))
    classes[lungs & (hu > 0)] = VEIN
    bright = (hu > 110) & (labels == 0)
    classes[ndimage.binary_dilation(bright) & (classes == OTHER)] = UNKNOWN
    inflow = ndimage.binary_opening(bright & (hu > 420) & (slices > 160))
    classes[inflow] = VEIN
    classes[between] = UNKNOWN
    tissue = translated(labels, CHEST)
    tissue[heart & trunk] = T.PULMONARY_ARTERY
    tissue[heart & ~trunk & (hu < 190)] = T.HEART_WALL
    middle = _center(heart)[2]
    tissue[heart & ~trunk & (hu >= 190) & (columns < middle)] = T.RIGHT_HEART
    tissue[lungs & (hu > 0)] = T.PULMONARY_ARTERY
    tissue[inflow] = T.INFLOW
    unlabeled = (labels == 0) & (hu > -300)
    tissue[unlabeled] = np.where(hu > -20, T.MUSCLE, T.FAT)[unlabeled]
    tissue[(labels == 0) & (hu > 200) & ~inflow] = T.CALCIUM
    tissue[(labels == 0) & (hu > 200) & ~inflow & (hu < 700)] = T.CAVAL
    inner = np.isin(labels, (*range(25, 51), *range(69, 75), *range(92, 117)))
    tissue[inner] = T.CORTEX
    tissue[inner & (ndimage.gaussian_filter(hu.astype(np.float32), 0.7) < 330)] = T.MARROW
    return [
        Anatomy("chest-real", None, classes, hu.astype(np.int16)),
        Anatomy("chest-rendered", tissue),
    ]


def unlabeled_scans(source: Path) -> list[Anatomy]:
    """Three venous scans with rough bone: what is bright and no bone stays unknown."""
    folder = source / "tcia_unlabelled_ct_ccby"
    made = []
    for path in sorted(folder.glob("*_ct_*.nii.gz")):
        hu = read(path, labels=False)
        mask = read(next(folder.glob(path.name.split("_ct_")[0] + "_bone_*.nii.gz")), labels=True)
        classes = np.full(hu.shape, OTHER, np.uint8)
        classes[ndimage.gaussian_filter(hu.astype(np.float32), 1) > 30] = UNKNOWN
        near = ndimage.binary_dilation(mask > 0, iterations=2)
        classes[near] = UNKNOWN
        classes[(mask > 0) & (hu > 130)] = BONE
        name = "venous-" + path.name.split("_")[0]
        made.append(Anatomy(name, None, classes, hu.astype(np.int16)))
    return made


ALL = (bodyparts, abdominal_atlas, neck_atlas, arterial_chest, unlabeled_scans)
