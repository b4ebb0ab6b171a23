"""The aorta's diameters on real scans beside what others say of the same scans.

Run it from a checkout: `python -m tests.benchmarks.aorta`. Every scan goes through the whole
program with the options as they come. The dissection's report and masks are predictions of a
network; the other references are half-maximum diameters on axial slices (see their files).
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tests.benchmarks.cases import CASES, DATA
from tests.geometry.test_aneurysm import found_in
from viewer.case.case import Case
from viewer.case.pipeline import reconstruct
from viewer.geometry.aneurysm import aneurysms
from viewer.geometry.dissection import Dissection, as_whole, dissections
from viewer.geometry.dissection_flap import wide_courses
from viewer.geometry.landmarks import aortic_path, landmarks, measured_as
from viewer.geometry.measured_tree import tree_blur
from viewer.geometry.section import CALIPERS, Sections
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import courses_of
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.volume.files import read_volume
from viewer.volume.lines import along_lines
from viewer.volume.volume import Volume

DISSECTED = DATA / "totalseg_aortic_dissection_cta_apache"
LUMENS = ("aorta", "aorta_true_lumen", "aorta_false_lumen")
# Our landmark for each of the report's that means the same place.
SAME = {"2": 1, "3": 2, "4": 3, "5": 4, "6": 5, "7": 6, "8": 7, "10": 9}
PLANE_MM, PIXEL_MM = 36.0, 0.5
NEAR_MM = 12.0
SEEDS = 20


@dataclass(frozen=True, eq=False)
class MeasuredAorta:
    """The sections along an aorta, where both lumens are measured as one, and what parts it.

    `beside` are the sections of all other vessels as wide, as the aorta's own lower part where
    its path was not followed so far.
    """

    volume: Volume
    tree: VesselTree
    sections: Sections
    parted: tuple[Dissection, ...]
    beside: tuple[Sections, ...]

    def nearest(self, point_lps: np.ndarray) -> tuple[int, float]:
        """The section nearest to a point (3,), and how far (mm) it is."""
        far = np.linalg.norm(self.sections.frames.points_lps - point_lps, axis=1)
        return int(far.argmin()), float(far.min())


def measured_aorta(volume: Volume) -> MeasuredAorta:
    """The aorta of a scan as the program finds and measures it."""
    case = reconstruct(Case().put("volume", volume))
    mask, tree, noise = case.mask, case.tree, case.suitability.noise_hu
    return along_aorta(volume, mask, tree, noise)


def along_aorta(
    volume: Volume, mask: VesselMask, tree: VesselTree, noise_hu: float
) -> MeasuredAorta:
    """The sections along the aorta of a traced scan."""
    blur = tree_blur(volume, tree, mask)
    parted = [
        each
        for course in courses_of(tree)
        for each in dissections(volume, mask, tree, course, noise_hu, blur)
    ]
    path = aortic_path(tree, volume.grid)
    if path is None:
        raise RuntimeError("no aorta was found in the scan")
    cut = partial(measure_sections, volume, mask=mask, noise_hu=noise_hu, blur_mm=blur)
    return MeasuredAorta(
        volume,
        tree,
        as_whole(cut(*path), parted),
        tuple(parted),
        tuple(cut(c.points_lps, c.radius_mm) for c in wide_courses(tree)),
    )


def told(sections: Sections, row: int, name: str) -> str:
    """One number of a section with its deviation."""
    value, sd = sections.values[name][row], sections.sd[name][row]
    return f"{value:.1f} ± {sd:.1f}" if np.isfinite(value) else "none"


def in_plane(mask: np.ndarray, aorta: MeasuredAorta, row: int) -> tuple[float, float]:
    """Area-equivalent and greatest diameter (mm) of a mask (bool) in the plane of a section."""
    from scipy import ndimage

    f = aorta.sections.frames
    away = np.arange(-PLANE_MM, PLANE_MM + 1e-6, PIXEL_MM)
    points = (
        f.points_lps[row] + away[:, None, None] * f.up[row] + away[None, :, None] * f.across[row]
    )
    index = np.moveaxis(aorta.volume.grid.index(points), -1, 0)
    held = along_lines(mask.astype(np.float32), index, beyond=0.0) >= 0.5
    pieces, count = ndimage.label(held)
    if not count:
        return float("nan"), float("nan")
    middle = np.hypot(away[:, None], away[None])
    own = pieces == pieces.flat[np.argmin(np.where(held, middle, np.inf))]
    rows, columns = np.nonzero(own)
    turn = np.arange(CALIPERS) * np.pi / CALIPERS
    span = np.column_stack([away[columns], away[rows]]) @ np.stack([np.cos(turn), np.sin(turn)])
    return (
        float(2 * np.sqrt(own.sum() * PIXEL_MM**2 / np.pi)),
        float((span.max(axis=0) - span.min(axis=0)).max() + PIXEL_MM),
    )


def report_rows() -> Iterator[tuple[str, dict[str, Any], np.ndarray]]:
    """Number, entry and place (LPS) of each landmark of the dissection's report."""
    report = json.loads((DISSECTED / "aorta_report.json").read_text(encoding="utf-8"))
    for number, each in report["landmarks"].items():
        if each["start"] is not None:
            middle = 0.5 * (np.array(each["start"]) + np.array(each["end"]))  # R, A, S
            yield number, each, middle * (-1, -1, 1)


def dissected() -> list[str]:
    """The table of the dissection's landmarks."""
    (case,) = CASES["dissection"]()
    aorta = measured_aorta(case.volume)
    mask = np.zeros(case.volume.voxels.shape, bool)
    for name in LUMENS:
        mask |= read_volume(DISSECTED / f"{name}.nii.gz", silent()).voxels > 0
    found = {each.number: each for each in landmarks(aorta.tree, case.volume.grid)}
    s = aorta.sections.frames.s_mm
    lines = [
        "| place in the report | report: diameter, across it (mm) | mask in our plane: equivalent, "
        "greatest | ours: equivalent | ours: greatest | ours − mask, equivalent | ours − report, "
        "greatest | what was measured | our own landmark lies |",
        "|---" * 9 + "|",
    ]
    for number, each, at_lps in report_rows():
        row, far = aorta.nearest(at_lps)
        own = found.get(SAME.get(number, 0))
        place = "no such landmark"
        if own is not None:
            place = own.how
            if own.at_lps is not None:
                place = f"{s[aorta.nearest(own.at_lps)[0]] - s[row]:+.0f} mm along the aorta"
        if far > NEAR_MM:
            lines.append(f"| {each['name']} | {10 * each['diameter']:.0f} | | none | none | | | "
                         f"not in our aorta ({far:.0f} mm away) | {place} |")  # fmt: skip
            continue
        mean, across = in_plane(mask, aorta, row)
        values = aorta.sections.values
        lines.append(
            f"| {each['name']} | {10 * each['diameter']:.0f}, {10 * each['diameter_pd']:.0f} "
            f"| {mean:.1f}, {across:.1f} | {told(aorta.sections, row, 'diameter_equivalent_mm')} "
            f"| {told(aorta.sections, row, 'diameter_max_mm')} "
            f"| {values['diameter_equivalent_mm'][row] - mean:+.1f} "
            f"| {values['diameter_max_mm'][row] - 10 * each['diameter']:+.1f} "
            f"| {measured_as(aorta.sections, row)} | {place} |"
        )
    for each in aorta.parted:
        lines += ["", summary(each)]
    return lines


def summary(found: Dissection) -> str:
    """A dissection in one line."""
    numbers = (
        ("greatest diameter", found.diameter_max),
        ("true lumen", found.true_volume),
        ("false lumen", found.false_volume),
        ("dark in it", found.unenhanced_volume),
        ("flap", found.flap_thickness),
    )
    parts = [f"{name} {n.value:.1f} ± {n.sd:.1f} {n.unit}" for name, n in numbers if n.known]
    return f"Dissection over {found.to_mm - found.from_mm:.0f} mm: {', '.join(parts)}."


def axial(name: str, places: Iterator[tuple[str, np.ndarray, float]]) -> list[str]:
    """The table of a scan whose reference holds diameters on axial slices."""
    case = next(iter(CASES[name]()))
    aorta = measured_aorta(case.volume)
    lines = [
        "| place | reference: equivalent on the axial slice (mm) | ours: equivalent | ours on the "
        "axial slice | difference |",
        "|---" * 5 + "|",
    ]
    for place, index, reference in places:
        point = case.volume.grid.points_lps(index)
        nearest = aorta
        if aorta.nearest(point)[1] > 0.5 * NEAR_MM:
            every = [replace(aorta, sections=other) for other in aorta.beside]
            nearest = min([aorta, *every], key=lambda each: each.nearest(point)[1])
        row, far = nearest.nearest(point)
        sections = nearest.sections
        if far > NEAR_MM:
            lines.append(f"| {place} | {reference:.1f} | none | none | |")
            continue
        upright = abs(float(sections.frames.tangent[row] @ axis_of(case.volume)))
        own = float(sections.values["diameter_equivalent_mm"][row] / np.sqrt(upright))
        lines.append(
            f"| {place} | {reference:.1f} | {told(sections, row, 'diameter_equivalent_mm')} "
            f"| {own:.1f} | {own - reference:+.1f} |"
        )
    return lines


def axis_of(volume: Volume) -> np.ndarray:
    """The direction (3,) across the slices of a scan."""
    across = np.cross(*volume.grid.lps_from_index[:3, 1:3].T)
    return np.asarray(across / np.linalg.norm(across))


def liver_places() -> Iterator[tuple[str, np.ndarray, float]]:
    """The places of the liver scan's reference."""
    (case,) = CASES["liver"]()
    for d in case.diameters:
        yield f"slice {d.slice}", np.array([d.slice, d.row, d.column], float), d.mm


def abdomen_places() -> Iterator[tuple[str, np.ndarray, float]]:
    """The places of the portal-venous abdomen's reference, as far as they are the aorta."""
    text = (DATA / "ircad01_ct_vessels_ccbyncnd" / "reference.json").read_text(encoding="utf-8")
    for row in json.loads(text)["aorta_axial"]:
        column, line = row["centroid_xy_index"]
        place = np.array([row["z_index"], line, column], float)
        yield f"slice {row['z_index']}", place, row["equiv_diameter_mm"]


def widened() -> list[str]:
    """The table of made-up aneurysms of 55 mm: the greatest diameter with thrombus."""
    lines = [
        "| aneurysm of 55 mm | found | mean error (mm) | largest error (mm) |",
        "|---" * 4 + "|",
    ]
    for clot, name in ((True, "with thrombus"), (False, "without")):
        errors = []
        for seed in range(SEEDS):
            sections, mask = found_in(clot=clot, seed=seed)
            errors += [each.diameter_max.value - 55.0 for each in aneurysms(sections, mask)]
        lines.append(
            f"| {name} | {len(errors)} of {SEEDS} | {np.mean(errors):+.2f} "
            f"| {np.abs(errors).max():.2f} |"
        )
    return lines


def main() -> int:
    """Print the tables."""
    print("## Aneurysms\n", *widened(), "", sep="\n")
    print("## Dissection\n", *dissected(), sep="\n")
    print("\n## Liver, arterial\n", *axial("liver", liver_places()), sep="\n")
    print("\n## Abdomen, portal-venous\n", *axial("abdomen", abdomen_places()), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
