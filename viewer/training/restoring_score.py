"""How well restoration does on people that nobody learned from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import zoom

from viewer.enhance.acquisition import Triple
from viewer.enhance.consistent import agreeing, smoothest
from viewer.enhance.denoise import denoise
from viewer.enhance.guess import CONTRAST_HU, ERROR_HU, channels
from viewer.networks.unet import UNet
from viewer.phantom.scanner import make_scanner
from viewer.progress import silent
from viewer.training.restoring import Setting, Shot, needed, shoot
from viewer.training.restoring_loss import LOG_VARIANCE
from viewer.training.restoring_truth import person
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SIZE = 64
PEAK_HU = 1000.0  # of the signal in PSNR
MARGIN = 4  # voxels at the border of a patch that are not counted: a scan has none there
FACTORS: tuple[Triple, ...] = ((1, 1, 1), (2, 1, 1), (3, 1, 1), (5, 1, 1), (8, 1, 1), (2, 2, 2))
DOSES: tuple[float | None, ...] = (None, 1.0, 0.5, 0.25, 0.1)


@dataclass(frozen=True, eq=False)
class Answer:
    """A restored patch (HU), the standard deviation told of its error, and the truth."""

    hu: np.ndarray
    sd_hu: np.ndarray
    target: np.ndarray


def settings() -> list[tuple[Triple, float | None]]:
    """Every factor with every dose; without noise there is nothing to take off."""
    return [(f, d) for f in FACTORS for d in DOSES if not (f == (1, 1, 1) and d is None)]


def named(factor: Triple, dose: float | None) -> str:
    """A setting in words."""
    told = "x".join(str(n) for n in factor)
    return f"{told}, no noise" if dose is None else f"{told}, {100 * dose:.0f} % dose"


def score(network: UNet, people: Sequence[Path]) -> dict[str, dict[str, float]]:
    """PSNR in all voxels and at vessel walls, of the network and of what needs none, by setting.

    Means over the people; the peak is `PEAK_HU`. `exact` is the network's answer brought to agree
    with the scan voxel by voxel; `denoised` is the scan smoothed by the program before it is
    divided. `z_square` is the mean square of the error over what was told of it: 1 is right;
    `within_1_sd` 0.68.
    """
    return {named(*each): _row(network, people, *each) for each in settings()}


def _row(
    network: UNet, people: Sequence[Path], factor: Triple, dose: float | None
) -> dict[str, float]:
    errors: dict[str, list[np.ndarray]] = {}
    walls, told = [], []
    for number, path in enumerate(people):
        shot = shot_of(path, number, factor, dose)
        answer = asked(network, shot)
        made = {"network": answer.hu, **without_network(shot, dose), **_exact(answer, shot, dose)}
        for name, hu in made.items():
            errors.setdefault(name, []).append(_inner(hu - shot.target))
        walls.append(_inner(shot.wall))
        told.append(_inner(answer.sd_hu))
    row: dict[str, float] = {}
    for name, each in errors.items():
        row[f"psnr_{name}"] = _mean_psnr(each)
        at_walls = [error[wall] for error, wall in zip(each, walls, strict=True) if wall.any()]
        row[f"edge_psnr_{name}"] = _mean_psnr(at_walls)
    error = np.concatenate(errors["network"])
    z_square = (error / np.concatenate(told)) ** 2
    row["bias_hu"] = round(float(error.mean()), 2)
    row["z_square"] = round(float(z_square.mean()), 3)
    row["within_1_sd"] = round(float((z_square < 1).mean()), 3)
    return row


def error_over_sd(
    network: UNet, people: Sequence[Path], factor: Triple, dose: float | None
) -> np.ndarray:
    """Errors of the network over what it told of them, of all voxels that count."""
    found = []
    for number, path in enumerate(people):
        answer = asked(network, shot_of(path, number, factor, dose))
        found.append(_inner((answer.hu - answer.target) / answer.sd_hu))
    return np.concatenate(found)


def shot_of(path: Path, number: int, factor: Triple, dose: float | None) -> Shot:
    """The scan of a kept person, the same at each factor and dose but for these."""
    scanner = make_scanner(np.random.default_rng([number, 7]))
    setting = Setting(factor, scanner, dose=dose)
    rng = np.random.default_rng([number, 8])
    return shoot(person(path, needed(setting, SIZE), rng), setting, rng)


def asked(network: UNet, shot: Shot) -> Answer:
    """What the network says of a scan, on as much of it as it takes."""
    classical = smoothest(shot.scan, shot.acquisition)
    whole = np.array(classical.shape)
    more = -whole % network.plan.multiple
    wide = np.pad(classical, [(0, int(n)) for n in more], mode="edge")
    seen = torch.from_numpy(channels(wide, *shot.facts, new_mm=shot.new_mm))
    device = next(network.parameters()).device
    with torch.no_grad():
        out = network(seen[None].to(device))[0].cpu().numpy()
    out = out[(slice(None), *(slice(int(n)) for n in whole))]
    sd_hu = ERROR_HU * np.exp(0.5 * np.clip(out[1], *LOG_VARIANCE))
    return Answer(classical + CONTRAST_HU * out[0], sd_hu, shot.target)


def without_network(shot: Shot, dose: float | None) -> Mapping[str, np.ndarray]:
    """The scan on the new voxels as it comes without a network."""
    out = {
        "smoothest": smoothest(shot.scan, shot.acquisition),
        "cubic": zoom(shot.scan, shot.acquisition.factor, order=3, mode="nearest", grid_mode=True),
    }
    if dose is not None:
        mm = shot.new_mm[0], shot.new_mm[1], shot.new_mm[1]
        spacing = [each * n for each, n in zip(mm, shot.acquisition.factor, strict=True)]
        volume = Volume(shot.scan.astype(np.int16), Grid.regular(shot.scan.shape, spacing))
        quiet = denoise(volume, shot.facts[0], silent()).voxels
        out["denoised"] = smoothest(quiet, shot.acquisition)
    return out


def _exact(answer: Answer, shot: Shot, dose: float | None) -> Mapping[str, np.ndarray]:
    if dose is not None:
        return {}
    return {"exact": agreeing(answer.hu.astype(np.float32), shot.scan, shot.acquisition)}


def _inner(values: np.ndarray) -> np.ndarray:
    return values[MARGIN:-MARGIN, MARGIN:-MARGIN, MARGIN:-MARGIN].ravel()


def _mean_psnr(errors: Sequence[np.ndarray]) -> float:
    """Peak signal-to-noise ratio (dB), the mean of all people: metal in one does not decide."""
    squares = [max(float(np.mean(np.square(e, dtype=np.float64))), 1e-4) for e in errors]
    return round(float(np.mean(10 * np.log10(PEAK_HU**2 / np.array(squares)))), 2)
