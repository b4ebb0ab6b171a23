"""How well diseases of made-up people are found and measured, and what is found in healthy ones.

Run it from a checkout: `python -m tests.benchmarks.findings [--seeds 41-50] [--regions a,b]
[--kinds occlusion,sac,fusiform,calcium,healthy]`. Every person is scanned by a scanner drawn from
the seed, on voxels of 1 mm, and traced from the true map: what the map itself misses is told in
accuracy.md. A line for each person goes to the error stream, the tables are printed at the end.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from viewer.errors import ViewerError
from viewer.geometry.aneurysm import Fusiform, aneurysms
from viewer.geometry.calcification import ALL, calcifications
from viewer.geometry.centerline import trace
from viewer.geometry.measured_tree import tree_blur
from viewer.geometry.names import name_vessels, renamed
from viewer.geometry.names_given import Named
from viewer.geometry.occlusion import occlusions
from viewer.geometry.sac import sacs
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import courses_of, widened_surely
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.scanner import make_scanner, shoot
from viewer.phantom.scene import Lesion, Scene
from viewer.phantom.truth import labels
from viewer.progress import silent
from viewer.segment.mask import CALCIFICATION, VesselMask
from viewer.volume.volume import Volume

VOXEL_MM, NOISE_HU = 1.0, 12.0
BELLY = ("abdominal-aorta", "abdomen", "legs")
REGIONS = {
    "occlusion": ("coronary", "carotid", "head", *BELLY),
    "sac": ("thoracic-aorta", "carotid", "head", *BELLY),
    "fusiform": ("thoracic-aorta", *BELLY),
    "calcium": ("coronary", "carotid", *BELLY),
    "healthy": ("coronary", "carotid", "head", "thoracic-aorta", *BELLY),
}
DISEASE = {
    "occlusion": "occlusion",
    "sac": "saccular-aneurysm",
    "fusiform": "fusiform-aneurysm",
    "calcium": "calcification",
    "healthy": "",
}
SEVERITIES = (0.3, 0.6, 0.9)
NEAR_MM = 8.0


@dataclass(frozen=True, eq=False)
class Person:
    """A made-up person's scan, true map, tree and names."""

    scene: Scene
    volume: Volume
    mask: VesselMask
    tree: VesselTree
    names: tuple[Named, ...]


@dataclass(frozen=True)
class Row:
    """Whether a disease was found, what was found besides, and errors by quantity.

    Each error comes with its stated deviation (nan where none is stated).
    """

    found: bool | None
    besides: dict[str, int]
    errors: dict[str, tuple[float, float]]


def person(region: str, seed: int, disease: str) -> Person:
    """The person of a seed, with a disease of a severity that changes with the seed."""
    ill = {disease: SEVERITIES[seed % len(SEVERITIES)]} if disease else {}
    scene = make_scene(region, seed, spacing_mm=VOXEL_MM, diseases=ill)
    rng = np.random.default_rng([seed, 9])
    look = make_appearance(rng, phase="arterial", random_contrast=0.0)
    volume, mask = shoot(scene, look, make_scanner(rng), rng), labels(scene)
    tree = trace(mask, silent(), volume=volume, noise_hu=NOISE_HU)
    names = name_vessels(tree, mask.grid)
    return Person(scene, volume, mask, renamed(tree, names), names)


def ends_of(lesion: Lesion, scene: Scene) -> np.ndarray:
    """Where a lesion begins and ends (2,3)."""
    branch = scene.vessels.tree.branches[lesion.branch]
    places = (lesion.from_mm, lesion.to_mm)
    return np.array([[np.interp(s, branch.s_mm, a) for a in branch.points_lps.T] for s in places])


def of_occlusion(who: Person) -> Row:
    """The occlusion of a person: within 8 mm of one of its ends counts as found."""
    (lesion,) = who.scene.lesions
    ends = ends_of(lesion, who.scene)
    good, besides = [], 0
    for each in occlusions(who.tree, who.names, who.volume, who.mask):
        points = [each.from_lps] + ([each.to_lps] if each.to_lps is not None else [])
        far = min(float(np.linalg.norm(ends - point, axis=1).min()) for point in points)
        good += [each] if far < NEAR_MM else []
        besides += far >= NEAR_MM
    errors = {}
    known = [each for each in good if each.length.known]
    if known:
        best = known[0]
        off = best.length.value - lesion.numbers["occluded_length_mm"]
        errors["length, mm"] = (off, best.length.sd)
        wide = best.reference.value - lesion.numbers["reference_diameter_mm"]
        errors["diameter before it, mm"] = (wide, best.reference.sd)
    return Row(bool(good), {"occlusions": besides}, errors)


def of_sac(who: Person) -> Row:
    """The sac of a person: its mouth on the right vessel, near the right place."""
    (lesion,) = who.scene.lesions
    true = lesion.numbers
    reach = true["parent_diameter_mm"] + 3.0
    found = sacs(who.tree, who.names, who.mask, silent())
    good = [each for each in found if np.linalg.norm(each.mouth_lps - lesion.at_lps) < reach]
    errors = {}
    if good:
        best = max(good, key=lambda each: each.volume.value)
        for name, number, key in (
            ("greatest diameter, mm", best.diameter_max, "maximal_diameter_mm"),
            ("neck, mm", best.neck, "neck_width_mm"),
            ("height, mm", best.height, "height_mm"),
        ):
            errors[name] = (number.value - true[key], number.sd)
        share = 100 / true["sac_volume_ml"]
        off = (best.volume.value - true["sac_volume_ml"]) * share
        errors["volume, %"] = (off, best.volume.sd * share)
    return Row(bool(good), {"sacs": len(found) - len(good)}, errors)


def widenings(who: Person) -> Iterator[tuple[np.ndarray, Fusiform]]:
    """Every widening that is proposed, with the middle (3,) of its widest section."""
    blur = tree_blur(who.volume, who.tree, who.mask)
    for course in courses_of(who.tree):
        free = course.s_mm >= course.ostium_mm
        if free.sum() < 2:
            continue
        sections = measure_sections(
            who.volume, course.points_lps[free], course.radius_mm[free],
            mask=who.mask, noise_hu=NOISE_HU, blur_mm=blur,
        )  # fmt: skip
        for each in aneurysms(sections, who.mask):
            if widened_surely(each, VOXEL_MM):
                at = int(np.argmin(np.abs(sections.frames.s_mm - each.widest_mm)))
                yield sections.frames.points_lps[at], each


def of_fusiform(who: Person) -> Row:
    """The spindle of a person: widest within a quarter of its length of the right place."""
    (lesion,) = who.scene.lesions
    true = lesion.numbers
    found = list(widenings(who))
    reach = 0.25 * true["length_mm"] + 5.0
    good = [each for at, each in found if np.linalg.norm(at - lesion.at_lps) < reach]
    errors = {}
    if good:
        best, wide = good[0].diameter_max, true["maximal_diameter_mm"]
        errors["greatest diameter, mm"] = (best.value - wide, best.sd)
        errors["greatest diameter, %"] = (100 * (best.value / wide - 1), 100 * best.sd / wide)
        if good[0].volume.known:
            share = 100 / true["volume_ml"]
            off = share * (good[0].volume.value - true["volume_ml"])
            errors["volume, %"] = (off, share * good[0].volume.sd)
    return Row(bool(good), {"widenings": len(found) - len(good)}, errors)


def of_calcium(who: Person) -> Row:
    """All calcium of a person, by what is marked and by the scan alone."""
    true = float((who.mask.labels == CALCIFICATION).sum()) * who.mask.grid.voxel_mm3
    bare = np.where(who.mask.labels == CALCIFICATION, 0, who.mask.labels).astype(np.uint8)
    errors = {}
    for name, mask in (("marked", who.mask), ("not marked", VesselMask(bare, who.mask.grid))):
        rows = calcifications(who.tree, who.names, who.volume, mask, NOISE_HU)
        whole = [each.volume for each in rows if each.vessel == ALL]
        if whole:
            off = whole[0].value - true
            errors[f"volume, {name}, %"] = (100 * off / true, 100 * whole[0].sd / true)
    return Row(bool(errors), {}, errors)


def of_healthy(who: Person) -> Row:
    """What is found in a person without a disease."""
    besides = {
        "occlusions": len(occlusions(who.tree, who.names, who.volume, who.mask)),
        "sacs": len(sacs(who.tree, who.names, who.mask, silent())),
        "widenings": len(list(widenings(who))),
    }
    return Row(None, besides, {})


MEASURED = {
    "occlusion": of_occlusion,
    "sac": of_sac,
    "fusiform": of_fusiform,
    "calcium": of_calcium,
    "healthy": of_healthy,
}


def measured(kind: str, regions: tuple[str, ...], seeds: range) -> Iterator[tuple[str, Row]]:
    """A row for every person who can have the disease, and the region."""
    for region in regions:
        for seed in seeds:
            try:
                row = MEASURED[kind](person(region, seed, DISEASE[kind]))
            except ViewerError as error:
                print(f"{kind} {region} {seed}: left out, {error}", file=sys.stderr, flush=True)
                continue
            print(f"{kind} {region} {seed}: {row}", file=sys.stderr, flush=True)
            yield region, row


def table(kind: str, rows: list[tuple[str, Row]]) -> Iterator[str]:
    """The lines of a kind's tables: found and besides by region, then the errors."""
    yield f"\n## {kind}\n\n| region | people | found | besides, per person |\n|---|---|---|---|"
    by_region: dict[str, list[Row]] = defaultdict(list)
    for region, row in rows:
        by_region[region].append(row)
    for region, own in [*by_region.items(), ("all", [row for _, row in rows])]:
        sick = [row.found for row in own if row.found is not None]
        found = f"{sum(sick)} of {len(sick)}" if sick else ""
        besides = ", ".join(
            f"{sum(row.besides.get(name, 0) for row in own) / len(own):.2f} {name}"
            for name in dict.fromkeys(name for row in own for name in row.besides)
        )
        yield f"| {region} | {len(own)} | {found} | {besides} |"
    errors: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for _, row in rows:
        for name, pair in row.errors.items():
            errors[name].append(pair)
    if errors:
        yield "\n| quantity | people | mean error | its spread | worst | within 2 sd |"
        yield "|---|---|---|---|---|---|"
    for name, pairs in errors.items():
        off, sd = np.array(pairs).T
        within = f"{100 * np.mean(np.abs(off) <= 2 * sd):.0f} %"
        numbers = f"{off.mean():+.2f} | {off.std():.2f} | {off[np.argmax(np.abs(off))]:+.2f}"
        yield f"| {name} | {len(off)} | {numbers} | {within} |"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="41-50")
    parser.add_argument("--regions", default="")
    parser.add_argument("--kinds", default=",".join(REGIONS))
    asked = parser.parse_args()
    first, last = (int(part) for part in asked.seeds.split("-"))
    for kind in asked.kinds.split(","):
        regions = REGIONS[kind]
        if asked.regions:
            regions = tuple(r for r in regions if r in asked.regions.split(","))
        rows = list(measured(kind, regions, range(first, last + 1)))
        if rows:
            print("\n".join(table(kind, rows)), flush=True)


if __name__ == "__main__":
    main()
