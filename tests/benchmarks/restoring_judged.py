"""How near a restored scan is to the truth, in numbers."""

import time
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from tests.benchmarks.restoring_methods import Method
from tests.benchmarks.restoring_truths import Truth
from viewer.case.engine import engine_for
from viewer.case.options import SegmentOptions
from viewer.enhance.denoise import denoise
from viewer.enhance.halves import PATCH, patchwise, shell_correlation
from viewer.enhance.noise import noise_hu
from viewer.enhance.scan_facts import scan_facts
from viewer.enhance.suitability import judge
from viewer.geometry.sections import measure_sections
from viewer.phantom.scene import Scene
from viewer.phantom.tissue import Tissue
from viewer.phantom.truth import labels
from viewer.progress import silent
from viewer.segment.compare import dice
from viewer.segment.mask import ARTERY
from viewer.segment.vessels import segment_vessels
from viewer.volume.volume import Volume

LOW, HIGH = -1000.0, 1500.0  # the window in which PSNR and SSIM are told
EVEN_HU = 10.0  # a voxel, the steepest slope of an even place
WIDEST_MM, THINNEST_MM = 16.0, 1.2  # radius
BORDER = 4  # voxels
AGREES = 0.5  # of the Fourier shell correlation
ROW = dict[str, Any]


def judged(work: Method, truth: Truth, *, segmented: bool) -> ROW:
    """The numbers of one method on one scan; `segmented` asks how well vessels are found, too."""
    begun = time.perf_counter()
    made = work()
    row: ROW = {"seconds": time.perf_counter() - begun}
    hu = np.asarray(made.hu, np.float32)[: len(truth.volume.voxels)]
    row |= agreement(hu, truth) | {"chi2": made.chi_square, "residual": made.residual_hu}
    whole = np.clip(np.rint(hu), -1024, 32767).astype(np.int16)
    grid = truth.volume.grid.box((0, 0, 0), whole.shape)
    volume = Volume(whole, grid)
    row |= look(volume)
    if truth.scene is not None:
        row |= diameters(volume, truth) | correlation(hu, truth)
        if segmented:
            row["Dice"] = overlap(volume, truth.scene)
    return row


def agreement(hu: np.ndarray, truth: Truth) -> ROW:
    """PSNR, SSIM, PSNR at edges of vessels, and the mean error in even places (HU)."""
    true = truth.volume.voxels[: len(hu)].astype(np.float32)
    edge = truth.edge[: len(hu)]
    cut, wanted = np.clip(hu, LOW, HIGH), np.clip(true, LOW, HIGH)
    error = cut - wanted
    slope = np.sqrt(sum(np.square(np.gradient(true, axis=axis)) for axis in range(3)))
    even = (slope < EVEN_HU) & (true > -200)
    span = HIGH - LOW
    return {
        "PSNR": 10 * np.log10(span**2 / np.mean(error**2)),
        "edge": 10 * np.log10(span**2 / np.mean(error[edge] ** 2)),
        "SSIM": structural_similarity(cut, wanted, data_range=span),
        "bias": np.mean(error[even]) if even.any() else None,
    }


def look(volume: Volume) -> ROW:
    """Noise (HU), where its spectrum is highest (cycles per mm), and MTF50, as a scan tells."""
    facts = scan_facts(volume, silent())
    peak, spectrum = None, facts.noise_spectrum
    if spectrum is not None:
        peak = spectrum.cycles_per_mm[int(np.argmax(spectrum.power_hu2_mm2))]
    return {"noise": facts.noise_hu, "peak": peak, "MTF50": facts.mtf50_per_mm}


def diameters(volume: Volume, truth: Truth) -> ROW:
    """Mean error (mm) of diameters to the truth's in the same places, and how many are in 2 sd."""
    found, sd = along_arteries(volume, truth)
    true, _ = truth_diameters(truth)
    error = np.abs(found - true)
    known = np.isfinite(error)
    if not known.any():
        return {}
    within = error[known] < 2 * sd[known]
    return {"diameter": error[known].mean(), "within 2 sd": within.mean()}


def truth_diameters(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """What is measured on the truth itself."""
    return along_arteries(truth.volume, truth)


def along_arteries(volume: Volume, truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    """Equivalent diameters (n,) and their deviations along the true courses of the arteries."""
    assert truth.scene is not None
    vessels, size = truth.scene.vessels, np.array(truth.volume.grid.shape) - 1
    noise = noise_hu(volume, silent())
    found, deviations = [np.empty(0)], [np.empty(0)]
    for branch, blood in zip(vessels.tree.branches, vessels.blood, strict=True):
        index = truth.volume.grid.index(branch.points_lps)
        inside = ((index > BORDER) & (index < size - BORDER)).all(axis=1)
        fits = inside & (branch.radius_mm > THINNEST_MM) & (branch.radius_mm < WIDEST_MM)
        if blood != Tissue.ARTERY or np.count_nonzero(fits) < 12:
            continue
        own = branch.points_lps[fits], branch.radius_mm[fits]
        sections = measure_sections(volume, *own, noise_hu=noise)
        s_mm = np.linspace(0, sections.frames.s_mm[-1], 20)[2:-2]
        for out, values in ((found, sections.values), (deviations, sections.sd)):
            each = values["diameter_equivalent_mm"]
            out.append(np.interp(s_mm, sections.frames.s_mm, each))
    return np.concatenate(found), np.concatenate(deviations)


def correlation(hu: np.ndarray, truth: Truth) -> ROW:
    """The wavelength (mm) down to which restored and true volume agree, in all and in patches.

    Only patches with edges of vessels are told.
    """
    voxel_mm = truth.volume.grid.spacing_mm[0]
    true = truth.volume.voxels[: len(hu)].astype(np.float32)

    def agreeing_mm(one: np.ndarray, other: np.ndarray) -> float:
        frequencies, shells = shell_correlation(one, other)
        lost = np.flatnonzero(shells < AGREES)
        last = frequencies[lost[0]] if len(lost) else frequencies[-1]
        return float(voxel_mm / last)

    patches = patchwise(hu, true, agreeing_mm)
    edges = patchwise(truth.edge[: len(hu)], hu, lambda edge, _: float(edge.mean()))
    return {
        "resolution": agreeing_mm(hu, true),
        "patches": patches[edges > 1 / PATCH].tolist(),
    }


def overlap(volume: Volume, scene: Scene) -> float:
    """Dice of the arteries that the program's networks find after smoothing; 0 where refused."""
    suitability = judge(volume, silent())
    if suitability.reasons:
        return 0.0
    true = labels(scene).labels[: len(volume.voxels)] == ARTERY
    networks = engine_for(SegmentOptions()).networks
    smooth = denoise(volume, suitability.noise_hu, silent())
    found = segment_vessels(smooth, suitability, silent(), networks=networks)
    return dice(found.labels == ARTERY, true)
