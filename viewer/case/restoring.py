"""The step that restores a case's scan, by the options of the form and the command line."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from viewer.case.case import Case
from viewer.case.options import EnhanceOptions
from viewer.enhance.acquisition import MOST, Triple
from viewer.enhance.denoise import denoise
from viewer.enhance.guess import NAME
from viewer.enhance.restore import restore_scan
from viewer.enhance.restored import Mode, Restored
from viewer.enhance.scan_facts import ScanFacts, scan_facts, unsuitable
from viewer.errors import Notice, ViewerError
from viewer.networks import device as devices
from viewer.networks.network import Network, network
from viewer.networks.registry import models
from viewer.progress import Progress
from viewer.volume.volume import Volume

FACTS_VOXELS = 12_000_000  # new ones, which are restored while a scan is measured
_facts: "weakref.WeakKeyDictionary[Volume, ScanFacts]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Restoration:
    """A restored scan with what a reader should know of it, and which network guessed where."""

    restored: Restored
    notices: tuple[Notice, ...] = ()
    networks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    device: str = ""


def restore_case(
    case: Case, options: EnhanceOptions, progress: Progress, *, factor: Triple | None = None
) -> Restoration:
    """The restored scan of a case; one that nothing can be done with is kept as it is, and why.

    Each voxel is divided by `factor` where the options offer no such one.
    """
    volume = case.volume
    if volume is None:
        raise ViewerError("There is no scan to restore; open one first.")
    why = why_unsuitable(case)
    if why is not None:
        return _as_it_is(volume, why, progress)
    factor = factor or factor_of(options, volume)
    first = 0.0 if volume in _facts else _facts_share(volume, factor)
    facts = facts_of(case, progress.part(0.0, first))
    if options.mode == "noise" and facts.noise_hu is None:
        return _as_it_is(volume, facts.reasons[0], progress)
    asked = restoration_network(options)
    restored = restore_scan(
        volume,
        facts,
        progress.part(first, 1.0),
        mode=mode_of(options),
        factor=factor,
        network=asked,
        free_bytes=devices.free_memory(),
    )
    restored = replace(restored, noise=facts.noise_map)
    notices = tuple(Notice("scan facts", "info", reason) for reason in facts.reasons)
    where = asked.device.name if restored.networks and asked is not None else ""
    return Restoration(restored, notices, restored.networks, where)


def for_vessels(case: Case, noise_hu: float, progress: Progress) -> Volume | None:
    """The scan in which vessels are looked for: smoothed where the scan was restored.

    A network's guess is not asked what is a vessel while voxels stay as they were; of a divided
    scan it is, because nothing else shows the finer voxels.
    """
    volume, restored = case.volume, case.restored
    if volume is None or restored is None:
        return volume
    if restored.acquisition.voxels > 1:
        return restored.volume
    return denoise(volume, noise_hu, progress)


def why_unsuitable(case: Case) -> str | None:
    """Why the scan of a case cannot be restored; None where it can."""
    if case.volume is None:
        return "There is no scan to restore; open one first."
    if case.series is None:
        return unsuitable(case.volume)
    kinds, modality = case.series.image_type, case.series.modality or "CT"
    return unsuitable(case.volume, modality=modality, image_type=kinds)


def facts_of(case: Case, progress: Progress) -> ScanFacts:
    """What the scan of a case tells of how it was made; measured once."""
    assert case.volume is not None
    if case.volume not in _facts:
        thick = case.series.slice_thickness_mm if case.series is not None else None
        _facts[case.volume] = scan_facts(case.volume, progress, slice_thickness_mm=thick)
    return _facts[case.volume]


def _facts_share(volume: Volume, factor: Triple) -> float:
    """What share of the time goes into measuring the scan, which takes as long for all."""
    return FACTS_VOXELS / (FACTS_VOXELS + volume.voxels.size * int(np.prod(factor)))


def mode_of(options: EnhanceOptions) -> Mode:
    """What is promised."""
    return "exact" if options.mode == "exact" else "noise"


def factor_of(options: EnhanceOptions, volume: Volume) -> Triple:
    """Into how many each voxel is divided."""
    along, across, _ = volume.grid.spacing_mm
    cubic = max(1, min(round(along / across), MOST))
    return {
        "none": (1, 1, 1),
        "cubic": (cubic, 1, 1),
        "slices": (2, 1, 1),
        "all": (2, 2, 2),
    }[options.divide]


def restoration_network(options: EnhanceOptions) -> Network | None:
    """The restoration network, where a trusted one comes along and it is wanted."""
    there = any(card.name == NAME and card.trusted for card in models())
    if not there or options.engine != "networks":
        return None
    # Half precision where the processor has it: some hundredths of a HU, three times as fast.
    return network(NAME, devices.choose(devices.DEVICES[options.device], exact=False))


def _as_it_is(volume: Volume, why: str, progress: Progress) -> Restoration:
    """The scan itself, with the reason why nothing was done."""
    kept = restore_scan(volume, ScanFacts(), progress, mode="exact")
    return Restoration(kept, (Notice("not restored", "warning", f"Not restored. {why}"),))
