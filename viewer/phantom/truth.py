"""What a perfect reader would write about a made-up person."""

from dataclasses import asdict
from typing import Any

import numpy as np

from viewer.phantom.appearance import Appearance
from viewer.phantom.make import GENERATOR
from viewer.phantom.scanner import Scanner
from viewer.phantom.scene import Lesion, Scene
from viewer.phantom.tissue import BLOOD, Tissue, mask_labels
from viewer.segment.mask import VesselMask


def labels(scene: Scene) -> VesselMask:
    """Artery, vein, bone, calcification, chamber, organ and thrombus, voxel by voxel."""
    return VesselMask(mask_labels().take(scene.tissue), scene.grid)


def truth_document(
    scene: Scene, appearance: Appearance, scanner: Scanner, *, dose: float = 1.0
) -> dict[str, Any]:
    """All that is known of a scene and its scan, as JSON holds it; lengths mm, points LPS mm."""
    return {
        "generator": GENERATOR,
        "region": scene.region,
        "seed": scene.seed,
        "synthetic": True,
        "variants": list(scene.variants),
        "grid": {
            "shape": list(scene.grid.shape),
            "lps_from_index": scene.grid.lps_from_index.tolist(),
        },
        "branches": _branches(scene),
        "lesions": [_lesion(scene, lesion) for lesion in scene.lesions],
        "appearance": {
            "phase": appearance.phase,
            "kvp": appearance.kvp,
            "contrast_by_chance": appearance.by_chance,
            "hu": {_named(t): round(float(appearance.hu[t]), 1) for t in _present(scene)},
        },
        "scanner": {**asdict(scanner), "dose": float(dose)},
    }


def _present(scene: Scene) -> list[Tissue]:
    """The kinds of blood and tissue that occur, blood first."""
    found = np.flatnonzero(np.bincount(scene.tissue.ravel(), minlength=max(Tissue) + 1))
    return sorted((Tissue(int(t)) for t in found), key=lambda t: (t not in BLOOD, int(t)))


def _named(tissue: Tissue) -> str:
    return tissue.name.lower().replace("_", " ")


def _branches(scene: Scene) -> list[dict[str, Any]]:
    """Name, blood and size of every branch of the tree, in its order."""
    return [
        {
            "name": branch.name,
            "blood": _named(blood),
            "parent": branch.parent,
            "length_mm": round(branch.length_mm, 3),
            "mean_radius_mm": round(float(branch.radius_mm.mean()), 4),
            "least_radius_mm": round(float(branch.radius_mm.min()), 4),
            "largest_radius_mm": round(float(branch.radius_mm.max()), 4),
        }
        for branch, blood in zip(scene.vessels.tree.branches, scene.vessels.blood, strict=True)
    ]


def _lesion(scene: Scene, lesion: Lesion) -> dict[str, Any]:
    """One disease with its true numbers."""
    known = 0 <= lesion.branch < len(scene.vessels.tree.branches)
    return {
        "kind": lesion.kind,
        "severity": float(lesion.severity),
        "at_lps": [round(float(x), 3) for x in lesion.at_lps],
        "branch": int(lesion.branch),
        "vessel": scene.vessels.tree.branches[lesion.branch].name if known else "",
        "from_mm": float(lesion.from_mm),
        "to_mm": float(lesion.to_mm),
        "numbers": {name: float(value) for name, value in lesion.numbers.items()},
    }
