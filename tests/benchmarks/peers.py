"""What the vessel step is measured beside: this program and the usual methods, each in a process.

Each method takes a volume and gives labels (uint8) on its grid, or raises `ViewerError`.
"""

import multiprocessing
import resource
import signal
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from viewer.case.engine import engine_for
from viewer.case.options import SegmentOptions
from viewer.enhance.coarse import Coarse, coarse
from viewer.enhance.denoise import denoise
from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.slabs import whole
from viewer.enhance.suitability import judge
from viewer.errors import ViewerError
from viewer.progress import silent
from viewer.segment.mask import ARTERY
from viewer.segment.vessels import Networks, segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

THRESHOLD_HU = 150
TUBE_HU = 120
TUBE_GRID_MM = 1.8
TUBE_SCALES_MM = (1.0, 2.0, 4.0, 8.0)
LONGEST_CPU_S = 150


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method gave: labels, or the reason why there are none; its time and memory."""

    labels: np.ndarray | None
    reason: str = ""
    seconds: float = float("nan")
    peak_gb: float = float("nan")


def with_networks(volume: Volume) -> np.ndarray:
    """The vessel step with the options as they come."""
    networks = engine_for(SegmentOptions()).networks
    if networks is None:
        raise ViewerError("no networks come with this checkout")
    return segmented(volume, networks)


def classical(volume: Volume) -> np.ndarray:
    """The vessel step without networks."""
    return segmented(volume, None)


def segmented(volume: Volume, networks: Networks | None) -> np.ndarray:
    """The labels of the vessel step after judging and denoising."""
    suitability = judge(volume, silent())
    if suitability.reasons:
        raise ViewerError(suitability.reasons[0])
    clean = denoise(volume, suitability.noise_hu, silent())
    return segment_vessels(clean, suitability, silent(), networks=networks).labels


def one_threshold(volume: Volume) -> np.ndarray:
    """The largest connected piece above one HU."""
    pieces, _ = ndimage.label(volume.voxels > THRESHOLD_HU)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return pieces == sizes.argmax()


def otsu(volume: Volume) -> np.ndarray:
    """The piece at the automatic seed above the threshold of Otsu (1979) over soft tissue."""
    from skimage.filters import threshold_otsu

    soft = volume.voxels[(volume.voxels > 0) & (volume.voxels < 1000)]
    pieces, _ = ndimage.label(volume.voxels > threshold_otsu(soft))
    own = pieces[seed_index(volume)]
    return (pieces == own) & (own > 0)


def region_growing(volume: Volume) -> np.ndarray:
    """ITK's confidence-connected growing from the automatic seed."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(volume.voxels.astype(np.float32))
    k, j, i = seed_index(volume)
    grown = sitk.ConfidenceConnected(
        image,
        seedList=[(i, j, k)],
        numberOfIterations=3,
        multiplier=2.5,
        initialNeighborhoodRadius=2,
    )
    return sitk.GetArrayFromImage(grown) > 0


def frangi(volume: Volume) -> np.ndarray:
    """Frangi's filter (1998) of scikit-image on a coarser grid."""
    from skimage.filters import frangi as tubes

    return tubular(volume, lambda hu, sigmas: tubes(hu, sigmas, black_ridges=False))


def sato(volume: Volume) -> np.ndarray:
    """Sato's filter (1998) of scikit-image on a coarser grid."""
    from skimage.filters import sato as tubes

    return tubular(volume, lambda hu, sigmas: tubes(hu, sigmas, black_ridges=False))


def objectness(volume: Volume) -> np.ndarray:
    """ITK's multi-scale Hessian objectness (Antiga 2007) on a coarser grid."""
    import SimpleITK as sitk

    def tubes(hu: np.ndarray, sigmas: list[float]) -> np.ndarray:
        image = sitk.GetImageFromArray(hu)
        best = np.zeros(hu.shape, np.float32)
        for sigma in sigmas:
            smooth = sitk.SmoothingRecursiveGaussian(image, sigma)
            answer = sitk.ObjectnessMeasure(smooth, objectDimension=1, brightObject=True)
            np.maximum(best, sigma**2 * sitk.GetArrayFromImage(answer), out=best)
        return best

    return tubular(volume, tubes)


def tubular(
    volume: Volume, filtered: Callable[[np.ndarray, list[float]], np.ndarray]
) -> np.ndarray:
    """Where a filter answers above Otsu's threshold of its answers, and HU > 120."""
    from skimage.filters import threshold_otsu

    grid: Coarse = coarse(volume, TUBE_GRID_MM, silent())
    sigmas = [mm / float(np.mean(grid.spacing_mm)) for mm in TUBE_SCALES_MM]
    answer = np.asarray(filtered(np.clip(grid.hu, -200, 1000), sigmas), np.float32)
    bright = grid.hu > TUBE_HU
    chosen = bright & (answer > threshold_otsu(answer[bright])) if bright.any() else bright
    near = grid.spread(grid.native(chosen), whole(volume.grid.shape))
    return near & (volume.voxels > TUBE_HU)


def seed_index(volume: Volume) -> tuple[int, int, int]:
    """The voxel in the middle of the best chain of round spots; `ViewerError` where none is."""
    great = find_great_vessels(volume, silent())
    if not great.chains:
        raise ViewerError("there is no vessel to start from")
    spots = great.chains[0].spots
    block = np.rint(spots[len(spots) // 2, :3]).astype(int)
    mark = np.zeros(great.coarse.hu.shape, bool)
    mark[tuple(block)] = True
    first = np.argwhere(great.coarse.native(mark))[0] * great.coarse.factors
    middle = first + np.array(great.coarse.factors) // 2
    k, j, i = (int(n) for n in np.minimum(middle, np.array(volume.grid.shape) - 1))
    return k, j, i


METHODS: Mapping[str, tuple[str, Callable[[Volume], np.ndarray]]] = {
    "networks": ("Angioscape, with networks", with_networks),
    "classical": ("Angioscape, classical", classical),
    "threshold": (f"HU > {THRESHOLD_HU}", one_threshold),
    "otsu": ("Otsu with seed", otsu),
    "growing": ("region growing", region_growing),
    "frangi": ("Frangi", frangi),
    "sato": ("Sato", sato),
    "objectness": ("ITK Hessian", objectness),
}


def run(method: str, volume: Volume) -> Outcome:
    """A method on a volume in a process of its own, stopped when it takes too long."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "voxels.npy", volume.voxels)
        np.save(folder / "grid.npy", volume.grid.lps_from_index)
        process = multiprocessing.get_context("spawn").Process(
            target=work, args=(method, str(folder))
        )
        process.start()
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            return Outcome(None, f"stopped after {LONGEST_CPU_S} s of processor time")
        if not (folder / "told.npy").exists():
            raise RuntimeError(f"{method} ended with exit code {process.exitcode}")
        seconds, peak_gb = np.load(folder / "told.npy")
        if (folder / "reason.txt").exists():
            reason = (folder / "reason.txt").read_text(encoding="utf-8")
            return Outcome(None, reason, float(seconds), float(peak_gb))
        return Outcome(np.load(folder / "labels.npy"), "", float(seconds), float(peak_gb))


def work(method: str, place: str) -> None:
    """Run a method on the volume in a folder and leave its labels, time and memory there."""
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S + 10))
    folder = Path(place)
    voxels = np.load(folder / "voxels.npy")
    volume = Volume(voxels, Grid(voxels.shape, np.load(folder / "grid.npy")))
    begun = time.perf_counter()
    try:
        found = METHODS[method][1](volume)
        labels = found * np.uint8(ARTERY) if found.dtype == bool else found
        seconds = time.perf_counter() - begun
        np.save(folder / "labels.npy", labels)
    except ViewerError as error:
        seconds = time.perf_counter() - begun
        (folder / "reason.txt").write_text(str(error), encoding="utf-8")
    np.save(folder / "told.npy", np.array([seconds, own_peak_gb()]))


def own_peak_gb() -> float:
    """The most memory that this program has held, without what its parent held before it began.

    `ru_maxrss` outlives the change of program and would tell the parent's.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (each for each in status.splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e9
