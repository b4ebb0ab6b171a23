"""What the step Enhance would do at one place, and what all of it would cost."""

import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.case.case import Case
from viewer.case.options import EnhanceOptions
from viewer.case.restoring import (
    factor_of,
    facts_of,
    mode_of,
    restoration_network,
    why_unsuitable,
)
from viewer.enhance.acquisition import Triple
from viewer.enhance.glimpse import Glimpse, box_round, cut, glimpse, whole_of
from viewer.enhance.guess import run_on
from viewer.enhance.restore import BYTES_PER_VOXEL, Whole, restore_scan
from viewer.enhance.scan_facts import ScanFacts
from viewer.errors import ViewerError
from viewer.networks.device import free_memory
from viewer.networks.network import Network
from viewer.progress import Progress, silent
from viewer.units import bytes_text
from viewer.volume.volume import Volume

TRIAL_VOXELS = 1_000_000  # new ones, whose time tells that of all
SLOWER = 1.7  # a voxel of a whole scan than one of a small box, which the caches hold
DIVISIONS = ("all", "cubic", "slices", "none")  # from the largest result to the smallest


@dataclass(frozen=True)
class Cost:
    """What restoring a scan will take, and why it cannot be done (`refusal`, "" where it can).

    `shape` and `spacing_mm` are of the restored volume; `seconds` is None before it was tried.
    """

    shape: Triple
    spacing_mm: tuple[float, float, float]
    bytes: int
    free_bytes: int
    seconds: float | None = None
    network: bool = False
    refusal: str = ""


@dataclass(frozen=True)
class _Tried:
    """What was learned of a scan for some options."""

    whole: Whole
    seconds_per_voxel: float


_tried: "weakref.WeakKeyDictionary[Volume, dict[EnhanceOptions, _Tried]]" = (
    weakref.WeakKeyDictionary()
)


def glimpse_of(
    case: Case,
    options: EnhanceOptions,
    at_lps: Sequence[float] | np.ndarray,
    into: Sequence[float] | np.ndarray,
    progress: Progress,
) -> Glimpse:
    """What the step would show round a point; `into` (LPS) leads into the slice looked at.

    The first one on a scan takes seconds, later ones a moment. Raises `ViewerError` where the
    scan cannot be restored.
    """
    volume, facts = _given(case, options, progress.part(0.0, 0.5))
    asked = restoration_network(options)
    tried = _try(volume, facts, options, asked, progress.part(0.5, 0.7))
    return glimpse(
        volume,
        facts,
        tried.whole,
        at_lps,
        into,
        progress.part(0.7, 1.0),
        mode=mode_of(options),
        factor=factor_of(options, volume),
        network=asked,
    )


def cost_of(case: Case, options: EnhanceOptions, progress: Progress) -> Cost:
    """What the step would take, and what keeps it from being done."""
    volume = case.volume
    if volume is None:
        raise ViewerError("There is no scan to restore; open one first.")
    cost = _size(volume, options)
    try:
        _, facts = _given(case, options, progress.part(0.0, 0.5))
    except ViewerError as error:
        return _refused(cost, str(error))
    if cost.bytes > cost.free_bytes:
        return _refused(cost, _too_large(volume, options, cost))
    asked = restoration_network(options)
    tried = _try(volume, facts, options, asked, progress.part(0.5, 0.9))
    seconds = float(np.prod(cost.shape)) * tried.seconds_per_voxel * SLOWER
    if asked is not None:
        try:
            run = run_on(cost.shape, asked)
        except ViewerError as error:
            return _refused(cost, str(error))
        seconds += run.seconds
    return Cost(
        cost.shape, cost.spacing_mm, cost.bytes, cost.free_bytes, seconds, asked is not None
    )


def _given(case: Case, options: EnhanceOptions, progress: Progress) -> tuple[Volume, ScanFacts]:
    """The scan and what was measured of it; raises `ViewerError` where it cannot be restored."""
    why = why_unsuitable(case)
    if why is not None or case.volume is None:
        raise ViewerError(why or "There is no scan to restore; open one first.")
    facts = facts_of(case, progress)
    if options.mode == "noise" and facts.noise_hu is None:
        raise ViewerError(facts.reasons[0])
    return case.volume, facts


def _try(
    volume: Volume,
    facts: ScanFacts,
    options: EnhanceOptions,
    asked: Network | None,
    progress: Progress,
) -> _Tried:
    """What a part must know of the whole, and how fast this machine is; kept with the scan."""
    known = _tried.setdefault(volume, {})
    if options not in known:
        mode, factor = mode_of(options), factor_of(options, volume)
        whole = whole_of(volume, facts, progress, mode=mode, factor=factor, network=asked)
        most = TRIAL_VOXELS // int(np.prod(factor))
        box, _ = box_round(volume, volume.grid.center_lps, (0, 0, 1), 0, most)
        part, told = cut(volume, facts, box)
        begun = time.perf_counter()
        made = restore_scan(part, told, silent(), mode=mode, factor=factor, whole=whole)
        spent = time.perf_counter() - begun
        known[options] = _Tried(whole, spent / made.volume.voxels.size)
    return known[options]


def _size(volume: Volume, options: EnhanceOptions) -> Cost:
    """How large the result and the memory will be."""
    factor = factor_of(options, volume)
    a, b, c = (n * f for n, f in zip(volume.grid.shape, factor, strict=True))
    x, y, z = (mm / f for mm, f in zip(volume.grid.spacing_mm, factor, strict=True))
    return Cost((a, b, c), (x, y, z), BYTES_PER_VOXEL * a * b * c, free_memory())


def _refused(cost: Cost, why: str) -> Cost:
    return Cost(cost.shape, cost.spacing_mm, cost.bytes, cost.free_bytes, refusal=why)


def _too_large(volume: Volume, options: EnhanceOptions, cost: Cost) -> str:
    """Why the memory does not suffice, and what would fit."""
    told = (
        f"It needs about {bytes_text(cost.bytes)} of memory and {bytes_text(cost.free_bytes)} "
        "are free. "
    )
    titles = EnhanceOptions.__dataclass_fields__["divide"].metadata["choices"]
    for divide in DIVISIONS:
        other = _size(volume, EnhanceOptions(options.mode, divide))
        if other.bytes <= min(cost.free_bytes, cost.bytes - 1):
            return f'{told}"{titles[divide]}" needs {bytes_text(other.bytes)} and fits.'
    return f"{told}Close other programs, or crop the scan."
