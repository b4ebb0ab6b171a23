"""The check of a case's restoration by two halves of the dose, and the vessels that it concerns."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np

from viewer.case.case import Case
from viewer.case.meter import Meter
from viewer.case.options import EnhanceOptions
from viewer.case.pipeline import options_used
from viewer.case.restoring import facts_of, restoration_network
from viewer.enhance.halves import DOUBTFUL, RestorationCheck, checked
from viewer.errors import PLACE, Notice, ViewerError
from viewer.geometry.beside import rejudged
from viewer.geometry.frames import frames_along
from viewer.geometry.measure import own_part
from viewer.geometry.section import angles
from viewer.geometry.tree import Branch, VesselTree
from viewer.networks import device as devices
from viewer.progress import Progress
from viewer.provenance import Record, now, versions

CODE = "doubtful restoration"
AROUND = 8
LEAST_MM = 2.0
MOST_TOLD = 5


def check_restoration(case: Case, progress: Progress) -> Case:
    """The next case, whose restoration was compared with those of two halves of the dose.

    Vessels on which they disagree get a caution. Raises `ViewerError` where there is nothing to
    check or the noise is not known.
    """
    from viewer.enhance.restore import check_by_halves

    volume, restored = case.volume, case.restored
    if volume is None or restored is None or restored.untouched:
        raise ViewerError("There is no restored scan to check; run Enhance first.")
    options = options_used(case, "enhance")
    asked = None
    if restored.networks and isinstance(options, EnhanceOptions):
        asked = restoration_network(options)
    with Meter() as meter:
        apart = check_by_halves(
            volume,
            facts_of(case, progress.part(0.0, 0.15)),
            progress.part(0.15, 1.0),
            mode=restored.mode,
            factor=restored.acquisition.factor,
            network=asked,
            free_bytes=devices.free_memory(),
        )
    record = Record(
        "check",
        "check",
        now(),
        of=case.digests("check"),
        versions=versions(),
        seconds=round(meter.seconds, 3),
        peak_bytes=meter.peak_bytes,
        networks=restored.networks,
        device=asked.device.name if asked is not None else "",
    )
    check = checked(apart, restored.volume.grid)
    after = case.put("check", check, record)
    if case.findings is not None:
        both = rejudged(case.findings.both, restored, check)
        after = replace(after, findings=replace(case.findings, both=both))
    told = [each for each in case.notices.get("tree", ()) if each.code != CODE]
    tree = (*told, *doubtful_vessels(after))
    return replace(after, notices=MappingProxyType({**after.notices, "tree": tree}))


def told_of(check: RestorationCheck) -> str:
    """What a check gave, in a sentence."""
    if check.share == 0:
        return "Checked: two halves of the dose are restored alike everywhere."
    percent = 100 * check.share
    return (
        f"Checked: {f'{percent:.1f}' if percent >= 0.1 else 'less than 0.1'} % of the restored "
        "scan hangs on the noise; it is marked, and there only the raw scan is measured."
    )


def doubtful_vessels(case: Case, tree: VesselTree | None = None) -> tuple[Notice, ...]:
    """A caution for each vessel of a case on which halves of the dose are restored differently."""
    tree = tree or case.tree
    if case.check is None or tree is None:
        return ()
    found: dict[str, tuple[float, float, np.ndarray]] = {}
    for branch in tree.branches:
        parent = tree.branches[branch.parent] if branch.parent >= 0 else None
        length, worst, place = _doubtful(branch, parent, case.check)
        before = found.get(branch.name, (0.0, 0.0, place))
        at = place if worst > before[1] else before[2]
        found[branch.name] = (before[0] + length, max(worst, before[1]), at)
    long = {name: each for name, each in found.items() if each[0] >= LEAST_MM}
    order = sorted(long, key=lambda name: -long[name][0])
    told = [_caution(name, *long[name]) for name in order[:MOST_TOLD]]
    if len(order) > MOST_TOLD:
        text = f"So it is on {len(order) - MOST_TOLD} more vessels, on shorter stretches."
        told.append(Notice(CODE, "warning", text))
    return tuple(told)


def _caution(name: str, length_mm: float, worst: float, place_lps: np.ndarray) -> Notice:
    return Notice(
        CODE,
        "warning",
        f"The restored scan hangs on the noise along {length_mm:.0f} mm of "
        f"{f'the {name}' if name else 'vessels without a name'} (halves of the dose lie up to "
        f"{worst:.1f} noises apart): there only the raw scan is measured.",
        numbers=dict(zip(PLACE, (float(each) for each in place_lps), strict=True)),
    )


def _doubtful(
    branch: Branch, parent: Branch | None, check: RestorationCheck
) -> tuple[float, float, np.ndarray]:
    """How many mm of a branch are doubtful at its middle or wall, the worst value and its place."""
    own = own_part(branch, parent)
    points, radius = branch.points_lps[own], branch.radius_mm[own]
    if len(points) < 2:
        return 0.0, 0.0, branch.points_lps[-1]
    frames = frames_along(points)
    turn = angles(AROUND)[:, None]
    way = np.cos(turn) * frames.across[:, None] + np.sin(turn) * frames.up[:, None]
    wall = points[:, None] + radius[:, None, None] * way
    index = check.grid.nearest(np.concatenate([points[:, None], wall], axis=1))
    apart = check.apart[tuple(np.moveaxis(index, -1, 0))].max(axis=1).astype(float)
    step = np.gradient(branch.s_mm[own])
    worst = int(apart.argmax())
    return float(step[apart > DOUBTFUL].sum()), float(apart[worst]), points[worst]
