"""The command that traces and measures vessels: trace."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.errors import ViewerError
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.case.case import Case
    from viewer.segment.mask import VesselMask
    from viewer.volume.volume import Volume

NOT_WRITTEN = "nothing was written: free some space or name another place."
TREE, DATA, MEASURES = "tree.vtp", "tree.json", "measures.json"


def add_trace(verbs: Any) -> None:
    """Add `trace`: from a mask and its scan to centerlines with their cross-sections."""
    verb = verbs.add_parser(
        "trace",
        help="centerlines and cross-sections of a case or a mask",
        description=f"Writes {TREE}, {DATA} and {MEASURES} into a new folder: branches with their "
        "names, paths and cross-sections; narrowings, widenings, angles, landmarks, and what was "
        "expected and not found; all with standard deviations, in mm of the patient's frame (LPS).",
    )
    verb.add_argument("input", type=Path, metavar="CASE_OR_MASK", help="case folder or mask file")
    verb.add_argument("out", type=Path, metavar="OUT", help="the folder to write")
    verb.add_argument("--ct", type=Path, help="the scan of a mask file; without it no sections")
    verb.add_argument("--root", metavar="X,Y,Z", help="where the tree starts (LPS, mm)")
    verb.set_defaults(command=_trace)


def _trace(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.case.by_hand_facts import by_hand_facts
    from viewer.case.decide import named
    from viewer.case.drawings import drawing_facts
    from viewer.case.pipeline import given
    from viewer.case.store import refuse_existing, whole
    from viewer.enhance.noise import noise_hu
    from viewer.geometry.beside import second_of
    from viewer.geometry.by_hand import ByHand
    from viewer.geometry.centerline import trace
    from viewer.geometry.files import write_tree
    from viewer.geometry.measured_tree import MeasuredTree, as_data, ends_of, measure_tree
    from viewer.geometry.redone import redone
    from viewer.geometry.retrace import Lumen
    from viewer.geometry.tree_measures import measure_vessels, measures_data

    refuse_existing(args.out, overwrite=False)
    root = None if args.root is None else _point(args.root)
    case = _opened(args.input, args.ct, progress.part(0.0, 0.15))
    mask, volume, by_hand = given(case.mask), case.volume, case.by_hand or ByHand()
    noise = 20.0 if volume is None else noise_hu(volume, progress.part(0.15, 0.2))
    noise = noise if np.isfinite(noise) else 20.0
    _refuse_bone(args.input, mask, volume, noise)
    part = progress.part(0.2, 0.55)
    tree = trace(mask, part, volume=volume, noise_hu=noise, root_lps=root)
    if root is not None:
        by_hand = replace(by_hand, root_lps=None)
    tree, lost = redone(tree, by_hand, Lumen(mask, volume, noise), progress.part(0.54, 0.55))
    tree = named(tree, case)
    measured, found = MeasuredTree(tree), None
    if volume is not None:
        measured = measure_tree(volume, tree, mask, noise, progress.part(0.55, 0.8))
        part = progress.part(0.8, 1.0)
        second = second_of(case.restored, case.check, mask, tree)
        found = measure_vessels(
            volume, mask, tree, noise, part, blur_mm=measured.blur_mm, second=second
        )
    with whole(args.out, "The tree", NOT_WRITTEN) as partial:
        write_tree(tree, partial / TREE)
        told = as_data(measured) | {"by_hand": by_hand_facts(by_hand)}
        (partial / DATA).write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")
        if found is not None:
            data = measures_data(found)
            data["drawings"] = [drawing_facts(drawing) for drawing in case.drawings or ()]
            text = json.dumps(data, indent=1, allow_nan=False)
            (partial / MEASURES).write_text(text, encoding="utf-8")
    ends = len(ends_of(tree))
    for notice in lost:
        print(f"Caution: {notice.text}")
    cut = "" if volume is not None else "; no cross-sections, because no scan was named (--ct)"
    print(f"Done; {len(tree.branches)} branches with {ends} ends in {args.out}{cut}.")
    return 0


def _refuse_bone(path: Path, mask: "VesselMask", volume: "Volume | None", noise: float) -> None:
    """Raise a `ViewerError` where a mask file marks what is no blood."""
    from viewer.segment.blood import why_not_blood

    why = "" if volume is None or path.is_dir() else why_not_blood(volume, mask, noise)
    if why:
        raise ViewerError(
            f"{path.name} does not mark vessels: {why}; nothing was traced: check which mask and "
            "which scan were named."
        )


def _opened(path: Path, ct: Path | None, progress: Progress) -> "Case":
    """A case with vessels; of a mask file (all that is not 0) and its CT one that holds these."""
    from viewer.case.case import Case
    from viewer.case.store import is_case, load_case
    from viewer.segment.mask import ARTERY, VesselMask
    from viewer.volume.files import read_labels, read_volume

    if path.is_dir() and is_case(path):
        case = load_case(path, progress)
        if case.mask is None:
            raise ViewerError(f"The case {path.name} holds no vessels yet; segment them first.")
        return case
    if not path.is_file():
        raise ViewerError(f"{path} is neither a case folder nor a mask file; check the name.")
    labels, grid = read_labels(path)
    mask = VesselMask(np.where(labels > 0, ARTERY, 0).astype(np.uint8), grid)
    if ct is None:
        return Case(mask=mask)
    volume = read_volume(ct, progress)
    if not volume.grid.same_as(grid, 0.05):
        raise ViewerError(
            f"{ct.name} and {path.name} do not lie on one grid, so nothing was traced; "
            "bring the mask onto the grid of its scan."
        )
    return Case(volume=volume, mask=mask)


def _point(text: str) -> np.ndarray:
    try:
        point = np.array([float(each) for each in text.split(",")])
    except ValueError:
        point = np.zeros(0)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise ViewerError(f"{text} is no point; write three numbers, as in --root 10.5,-42,300.")
    return point
