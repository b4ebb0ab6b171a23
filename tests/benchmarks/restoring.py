"""How near restored scans come to the truth, beside what is commonly done.

Run it from a checkout: `python -m tests.benchmarks.restoring [--quick]`. Made-up people of seeds
that nothing learned from are scanned thick or at a low dose, and real scans are thinned; the truth
is the person without noise in thin slices, or the real scan as it was.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from scipy.ndimage import zoom
from skimage.metrics import structural_similarity
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

from viewer.enhance.acquisition import Triple
from viewer.enhance.noise import noise_hu
from viewer.enhance.restore import Mode, restore
from viewer.geometry.sections import measure_sections
from viewer.phantom.appearance import make_appearance
from viewer.phantom.make import make_scene
from viewer.phantom.scanner import SCANNERS, scan, shoot
from viewer.phantom.scene import Vessels
from viewer.phantom.tissue import Tissue
from viewer.progress import silent
from viewer.volume.files import read_volume
from viewer.volume.grid import Grid
from viewer.volume.separable import along
from viewer.volume.volume import Volume

Method = Callable[[], np.ndarray]
DATA = Path(__file__).parents[3] / "shared" / "data"
LOW, HIGH = -1000.0, 1500.0  # the window in which PSNR and SSIM are told
PEOPLE = (("abdominal-aorta", 930_001), ("carotid", 930_002), ("thoracic-aorta", 930_003))
SIDE, SPACING_MM = 128, 0.8
REAL = (
    "avm_head_cta_vessels_bsd/CT_AVM.nii.gz",
    "totalseg_aortic_dissection_cta_apache/ct_cropped.nii.gz",
    "totalseg_noncontrast_apache/example_ct.nii.gz",
)
SLICES_MM = (2.0, 4.0, 5.0)
DOSES = (0.5, 0.25, 0.1)
NEAR_WALL_MM = 1.5
STEEP_HU = 80.0
WIDEST_MM, THINNEST_MM = 12.0, 1.2


@dataclass(eq=False)
class Truth:
    """What a restoration is measured against: HU, where vessels' edges are, and the vessels."""

    name: str
    volume: Volume
    edge: np.ndarray
    clean: bool
    vessels: Vessels | None = None

    @cached_property
    def diameters_mm(self) -> np.ndarray:
        """What is measured on the truth itself."""
        return diameters_mm(self.volume, self)


def people(wanted: int) -> Iterator[Truth]:
    """Made-up people as a good scanner without noise would show them."""
    for region, seed in PEOPLE[:wanted]:
        rng = np.random.default_rng(seed)
        scene = make_scene(region, seed, spacing_mm=SPACING_MM, shape=(SIDE,) * 3)
        scanner = replace(SCANNERS["vascular"], noise_hu=0.0, streaks=0.0, motion_mm=0.0)
        volume = shoot(scene, make_appearance(rng, phase="arterial"), scanner, rng)
        edge = (np.abs(scene.wall_mm) < NEAR_WALL_MM) & (scene.blood > 0)
        yield Truth(f"{region} {seed}", volume, edge, True, scene.vessels)


def reals() -> Iterator[Truth]:
    """The middle of real scans; their own noise is part of the truth."""
    for name in REAL:
        if not (DATA / name).exists():
            continue
        volume = read_volume(DATA / name, silent())
        middle = [slice(max(0, n // 2 - 72), n // 2 + 72) for n in volume.voxels.shape]
        start = tuple(s.start for s in middle)
        stop = tuple(min(s.stop, n) for s, n in zip(middle, volume.voxels.shape, strict=True))
        part = volume.box(start, stop)  # type: ignore[arg-type]
        hu = part.voxels.astype(np.float32)
        steep = np.sqrt(sum(np.square(np.gradient(hu, axis=axis)) for axis in range(3)))
        yield Truth(Path(name).parent.name, part, (steep > STEEP_HU) & (hu > -200), False)


def thick(truth: Truth, slices_mm: float, noise: float) -> tuple[Volume, int] | None:
    """The truth in slices about so thick (the mean of thin ones), with a noise; and how many."""
    spacing = truth.volume.grid.spacing_mm
    factor = round(slices_mm / spacing[0])
    if factor < 2:
        return None
    deep = len(truth.volume.voxels) // factor
    parts = truth.volume.voxels[: deep * factor].astype(np.float32)
    hu = parts.reshape(deep, factor, *parts.shape[1:]).mean(axis=1)
    matrix = truth.volume.grid.lps_from_index.copy()
    matrix[:3, 0] *= factor
    matrix[:3, 3] = truth.volume.grid.points_lps(np.array([[(factor - 1) / 2, 0, 0]]))[0]
    return noisy(hu, Grid(hu.shape, matrix), noise), factor


def noisy(hu: np.ndarray, grid: Grid, noise: float) -> Volume:
    """HU with the noise of a vascular scan of the deviation asked for."""
    rng = np.random.default_rng(17)
    if noise > 0:
        scanner = replace(SCANNERS["vascular"], psf_mm=0.01, slice_mm=0.05, streaks=0.0)
        plain = np.clip(hu, -1000, 200).astype(np.float32)
        seen = scan(plain, grid, scanner, rng).astype(np.float32) - plain
        hu = hu + seen * (noise / max(float(np.std(seen)), 1e-3))
    return Volume(np.clip(np.rint(hu), -1024, 3071).astype(np.int16), grid)


def sinc(volume: Volume, factor: int) -> np.ndarray:
    """Lanczos' windowed sinc over five slices to each side; the outermost slices go on."""
    count, lobes = len(volume.voxels), 5
    at = (np.arange(count * factor) + 0.5) / factor - 0.5
    steps = np.floor(at)[:, None] + np.arange(1 - lobes, lobes + 1)
    away = at[:, None] - steps
    weights = np.sinc(away) * np.sinc(away / lobes)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((count * factor, count))
    rows = np.repeat(np.arange(count * factor), 2 * lobes)
    np.add.at(matrix, (rows, np.clip(steps, 0, count - 1).astype(int).ravel()), weights.ravel())
    return along(volume.voxels, [matrix, None, None])


def divided(volume: Volume, factor: int, noise: float) -> Iterator[tuple[str, Method]]:
    """The ways to divide slices."""
    hu, three = volume.voxels.astype(np.float32), (factor, 1, 1)
    yield "cubic", lambda: zoom(hu, three, order=3, mode="nearest", grid_mode=True)
    yield "sinc", lambda: sinc(volume, factor)
    for mode in ("exact", "noise"):
        yield f"ours, {mode}", partial(ours, volume, noise, mode, three)


def ours(volume: Volume, noise: float, mode: Mode, factor: Triple = (1, 1, 1)) -> np.ndarray:
    """What the program makes of a scan."""
    return restore(volume, noise, silent(), mode=mode, factor=factor).volume.voxels


def quieted(volume: Volume, noise: float) -> Iterator[tuple[str, Method]]:
    """The ways to take out noise; each is told the same noise."""
    hu = volume.voxels.astype(np.float32)
    yield "as scanned", lambda: hu
    yield (
        "non-local means",
        lambda: denoise_nl_means(
            hu, patch_size=3, patch_distance=4, h=0.8 * noise, sigma=noise, fast_mode=True
        ),
    )
    yield "total variation", lambda: denoise_tv_chambolle(hu, weight=1.5 * noise)
    yield "ours, noise", partial(ours, volume, noise, "noise")


def numbers(made: np.ndarray, truth: Truth) -> dict[str, float]:
    """PSNR, SSIM, PSNR at edges of vessels, and the mean error in even places (HU)."""
    count = min(len(made), len(truth.volume.voxels))
    true = truth.volume.voxels[:count].astype(np.float32)
    edge = truth.edge[:count]
    cut = np.clip(made[:count].astype(np.float32), LOW, HIGH)
    error = cut - np.clip(true, LOW, HIGH)
    slope = np.sqrt(sum(np.square(np.gradient(true, axis=axis)) for axis in range(3)))
    even = (slope < 10) & (true > -200)
    span = HIGH - LOW
    return {
        "PSNR": 10 * np.log10(span**2 / np.mean(error**2)),
        "edge PSNR": 10 * np.log10(span**2 / np.mean(error[edge] ** 2)) if edge.any() else np.nan,
        "SSIM": structural_similarity(cut, np.clip(true, LOW, HIGH), data_range=span),
        "bias": float(np.mean(error[even])) if even.any() else np.nan,
    }


def diameters_mm(volume: Volume, truth: Truth) -> np.ndarray:
    """Equivalent diameters (n,) along the true courses of the arteries that lie in the volume."""
    if truth.vessels is None:
        return np.empty(0)
    noise, out = noise_hu(volume, silent()), []
    size = np.array(volume.grid.shape) - 1
    for branch, blood in zip(truth.vessels.tree.branches, truth.vessels.blood, strict=True):
        index = truth.volume.grid.index(branch.points_lps)
        inside = ((index > 4) & (index < size - 4)).all(axis=1)
        fits = inside & (branch.radius_mm > THINNEST_MM) & (branch.radius_mm < WIDEST_MM)
        if blood != Tissue.ARTERY or np.count_nonzero(fits) < 12:
            continue
        own = branch.points_lps[fits], branch.radius_mm[fits]
        found = measure_sections(volume, *own, noise_hu=noise)
        s_mm = np.linspace(0, found.frames.s_mm[-1], 20)[2:-2]
        out += np.interp(s_mm, found.frames.s_mm, found.values["diameter_equivalent_mm"]).tolist()
    return np.array(out)


def diameter_error_mm(made: np.ndarray, truth: Truth) -> float:
    """The mean absolute difference of diameters to those of the truth, in the same places."""
    grid = Grid(made.shape, truth.volume.grid.lps_from_index)
    volume = Volume(np.clip(np.rint(made), -1024, 32767).astype(np.int16), grid)
    error = np.abs(diameters_mm(volume, truth) - truth.diameters_mm)
    return float(np.nanmean(error)) if np.isfinite(error).any() else float("nan")


def rows(truths: list[Truth]) -> Iterator[tuple[str, str, dict[str, float]]]:
    """(setting, method, numbers) of every truth, setting and method."""
    for truth in truths:
        own = 0.0 if truth.clean else noise_hu(truth.volume, silent())
        base = 15.0 if truth.clean else 0.0
        for slices_mm in SLICES_MM:
            made = thick(truth, slices_mm, base)
            if made is None:
                continue
            volume, factor = made
            noise = max(base, own / np.sqrt(factor), 1.0)
            for method, work in divided(volume, factor, noise):
                yield f"{slices_mm:g} mm slices", method, judged(work, truth)
        for dose in DOSES:
            extra = base / np.sqrt(dose) if truth.clean else own * np.sqrt(1 / dose - 1)
            volume = noisy(truth.volume.voxels.astype(np.float32), truth.volume.grid, extra)
            noise = extra if truth.clean else float(np.hypot(own, extra))
            for method, work in quieted(volume, noise):
                yield f"{100 * dose:.0f} % dose", method, judged(work, truth)


def judged(work: Method, truth: Truth) -> dict[str, float]:
    """The numbers of one method on one truth, and its time."""
    begun = time.perf_counter()
    made = np.asarray(work(), np.float32)
    seconds = time.perf_counter() - begun
    diameter = diameter_error_mm(made, truth)
    return numbers(made, truth) | {"diameter": diameter, "seconds": seconds}


def main() -> int:
    """Print a table: the mean over people and over real scans."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one person and one real scan")
    quick = parser.parse_args().quick
    groups = {
        "Made-up people": list(people(1 if quick else len(PEOPLE))),
        "Real scans": list(reals())[: 1 if quick else None],
    }
    for title, truths in groups.items():
        print(f"\n**{title}**: {', '.join(truth.name for truth in truths)}\n")
        print(
            "| setting | method | PSNR | edge PSNR | SSIM | bias (HU) | diameter error (mm) | s |"
        )
        print("|---|---|---|---|---|---|---|---|")
        found: dict[tuple[str, str], list[dict[str, float]]] = {}
        for setting, method, values in rows(truths):
            found.setdefault((setting, method), []).append(values)
        for (setting, method), each in found.items():
            names = ("PSNR", "edge PSNR", "SSIM", "bias", "diameter", "seconds")
            mean = {n: np.nanmean([e[n] for e in each] or [np.nan]) for n in names}
            print(
                f"| {setting} | {method} | {mean['PSNR']:.2f} | {mean['edge PSNR']:.2f} "
                f"| {mean['SSIM']:.4f} | {mean['bias']:+.1f} | {mean['diameter']:.3f} "
                f"| {mean['seconds']:.1f} |"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
