"""The ways to divide slices and to take out noise: this program's and common ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from scipy.ndimage import zoom
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle

from viewer.enhance.acquisition import Acquisition
from viewer.enhance.consistent import smoothest
from viewer.enhance.guess import guessed
from viewer.enhance.restore import Mode, question, restore_scan
from viewer.enhance.scan_facts import ScanFacts
from viewer.networks.device import choose
from viewer.networks.network import Network
from viewer.networks.plan import RESTORE
from viewer.networks.registry import ModelCard, Weights
from viewer.progress import silent
from viewer.volume.separable import along
from viewer.volume.volume import Volume

CUBIC, SINC, NETWORK = "cubic", "sinc", "network alone"
MEANS, VARIATION = "non-local means", "total variation"
EXACT, NOISE = "ours, exact", "ours, noise"
WITHOUT = ", no network"
# The strength of the denoisers, in units of the noise; the best on made-up people is told.
STRENGTHS = {MEANS: (0.4, 0.6, 0.8), VARIATION: (0.5, 0.75, 1.0)}
LOBES, TIGHT, STEPS = 5, 1e-6, 40


@dataclass(frozen=True, eq=False)
class Made:
    """A restored volume (HU, float32 or int16) with what this program says of its agreement.

    `chi_square` is told in the mode noise, `residual_hu` (the greatest) in the mode exact.
    """

    hu: np.ndarray
    chi_square: float | None = None
    residual_hu: float | None = None


Method = Callable[[], Made]


def network_of_run(path: Path) -> Network:
    """The averaged weights of a run in training, not yet published."""
    from viewer.training.checkpoint import resume

    run = resume(path.parent, path.stem, "cpu")
    state = run.averaged.eval().state_dict()
    arrays = {name: value.numpy().astype(np.float32) for name, value in state.items()}
    card = ModelCard(
        RESTORE.name, "In training", run.plan, "", "", (), "", "", "", ("residual", "log variance")
    )
    return Network(Weights(card, arrays), choose())


def methods(
    scan: Volume, factor: int, facts: ScanFacts, network: Network | None
) -> Iterator[tuple[str, Method]]:
    """Every way by name; where slices stay as they are, "cubic" is the scan itself.

    Where the noise could not be measured, only what needs none of it is there.
    """
    hu = scan.voxels.astype(np.float32)
    yield CUBIC, lambda: Made(cubic(hu, factor))
    if factor > 1:
        yield SINC, lambda: Made(sinc(hu, factor))
    if facts.noise_hu is not None:
        for name, strengths in STRENGTHS.items():
            for each in strengths:
                yield f"{name} {each:g}", partial(quieted, name, hu, facts.noise_hu * each, factor)
    asks = network is not None and facts.noise_hu is not None
    if asks:
        yield NETWORK, partial(asked, scan, factor, facts, network)
    modes: list[tuple[str, Mode]] = [(NOISE, "noise")] if facts.noise_hu is not None else []
    if factor > 1:
        modes.append((EXACT, "exact"))
    for name, mode in modes:
        if asks:
            yield name, partial(ours, scan, factor, facts, mode, network)
        yield name + WITHOUT, partial(ours, scan, factor, facts, mode, None)


def cubic(hu: np.ndarray, factor: int) -> np.ndarray:
    """Cubic splines between slices."""
    if factor == 1:
        return hu
    out: np.ndarray = zoom(hu, (factor, 1, 1), order=3, mode="nearest", grid_mode=True)
    return out


def sinc(hu: np.ndarray, factor: int) -> np.ndarray:
    """Lanczos' windowed sinc over five slices to each side; the outermost slices go on."""
    count = len(hu)
    at = (np.arange(count * factor) + 0.5) / factor - 0.5
    steps = np.floor(at)[:, None] + np.arange(1 - LOBES, LOBES + 1)
    away = at[:, None] - steps
    weights = np.sinc(away) * np.sinc(away / LOBES)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((count * factor, count))
    rows = np.repeat(np.arange(count * factor), 2 * LOBES)
    np.add.at(matrix, (rows, np.clip(steps, 0, count - 1).astype(int).ravel()), weights.ravel())
    return along(hu, [matrix, None, None])


def quieted(name: str, hu: np.ndarray, strength_hu: float, factor: int) -> Made:
    """The scan after one of scikit-image's denoisers, then divided by cubic splines."""
    if name == VARIATION:
        quiet = denoise_tv_chambolle(hu, weight=strength_hu, eps=TIGHT, max_num_iter=STEPS)
    else:
        quiet = denoise_nl_means(
            hu, patch_size=3, patch_distance=3, h=strength_hu, fast_mode=True, preserve_range=True
        )
    return Made(cubic(quiet.astype(np.float32), factor))


def asked(scan: Volume, factor: int, facts: ScanFacts, network: Network) -> Made:
    """What the network says alone, as a plain residual network would be used."""
    acquisition = Acquisition(scan.grid.shape, (factor, 1, 1))
    new_mm = acquisition.grid(scan.grid).spacing_mm[:2]
    plain = smoothest(scan.voxels, acquisition)
    return Made(guessed(question(scan, facts, network), plain, acquisition, new_mm, silent())[0])


def ours(scan: Volume, factor: int, facts: ScanFacts, mode: Mode, network: Network | None) -> Made:
    """What the program makes of a scan."""
    found = restore_scan(scan, facts, silent(), mode=mode, factor=(factor, 1, 1), network=network)
    if mode == "noise":
        return Made(found.volume.voxels, chi_square=found.chi_square)
    return Made(found.volume.voxels, residual_hu=float(np.abs(found.residual).max()))
