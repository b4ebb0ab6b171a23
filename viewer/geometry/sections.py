"""Cross-sections measured on the scan, each number with its standard deviation."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from viewer.geometry.blurred import response, sharpened_mm, unblurred_mm, usual_blur_mm
from viewer.geometry.edges import Rays, calcified, cast, measured_blur_mm, walls
from viewer.geometry.frames import Frames, frames_along
from viewer.geometry.lined import Lining, blur_of, lining_of
from viewer.geometry.section import Sections, angles, measured, outlines
from viewer.geometry.thin import by_brightness, of_thin, sized
from viewer.geometry.tree import distance_along, even_path
from viewer.progress import Progress, silent
from viewer.segment.mask import ARTERY, VesselMask
from viewer.volume.volume import Volume

RAYS = 48
ROUNDS, COARSE = 3, 0.3
STRAIGHTEN_MM = 1.5
LEAST_SEEN, MOST_GAP = 0.4, 1 / 3  # of a turn
MOST_LEAVING = 0.1  # of an outline beyond the scan
TOGETHER = 3  # sections
THICK_BLURS, LEAST_WIDTHS = 4.0, 200
ALONG_ARC_MM = 1.0
PLACE_SHARE = 0.08  # of a voxel: where an edge lies between samples
CONFIDENCE_RAYS, UNSURE = 8, 0.2  # of the radius, where networks are wrong for sure
BLUR_SHARE = 0.15  # how well the blur is known
BLOOM_SHARE = 0.35  # of the blur: how far off the wall is where calcium lies beyond it
CALIPER_SHARE = 0.5  # of the noise of one place: outlines are quieted
TILT = 0.002  # 1 - cos of the angle that a section may lean


def measure_sections(
    volume: Volume,
    path_lps: np.ndarray,
    radius_mm: np.ndarray,
    *,
    mask: VesselMask | None = None,
    label: int = ARTERY,
    noise_hu: float = 10.0,
    blur_mm: float | None = None,
    step_mm: float | None = None,
    progress: Progress | None = None,
) -> Sections:
    """The sections along a path (n,3) of a vessel with a roughly known radius (n,) mm.

    The path is first brought to the middles of its own sections. `blur_mm` is the standard
    deviation of the scanner's blur (by voxel size unless measured). A section where less than
    `LEAST_SEEN` of the rays found an edge is measured by its brightness, or has no numbers (nan).
    """
    progress = progress or silent()
    voxel_mm = float(np.cbrt(volume.grid.voxel_mm3))
    step = step_mm or max(0.5 * voxel_mm, 0.5)
    frames, rough = evenly(path_lps, radius_mm, max(step, COARSE * float(np.median(radius_mm))))
    for _ in progress.part(0.0, 0.4).over(range(ROUNDS), ROUNDS):
        rays = cast(volume, mask, label, frames, rough, RAYS // 2)
        wall, _ = walls(rays, voxel_mm, noise_hu)
        frames = recentered(frames, wall, rough)
        rough = _rough(wall, rough)
    frames, rough = evenly(frames.points_lps, rough, step)
    return measure_in(
        volume,
        frames,
        rough,
        mask=mask,
        label=label,
        noise_hu=noise_hu,
        blur_mm=blur_mm,
        voxel_mm=voxel_mm,
        progress=progress.part(0.4, 1.0),
    )


def measure_in(
    volume: Volume,
    frames: Frames,
    rough: np.ndarray,
    *,
    voxel_mm: float,
    mask: VesselMask | None = None,
    label: int = ARTERY,
    noise_hu: float = 10.0,
    blur_mm: float | None = None,
    progress: Progress | None = None,
) -> Sections:
    """The sections in given planes, where the vessel's radius (n,) mm is roughly known.

    `voxel_mm` is the edge of the voxels that were measured: of a divided scan, those of the scan.
    """
    progress = progress or silent()
    rays = cast(volume, mask, label, frames, rough, RAYS)
    progress.at(0.4)
    wall, seen = walls(rays, voxel_mm, noise_hu)
    progress.at(0.7)
    usual = usual_blur_mm(volume.grid)
    lining = lining_of(rays, seen, frames.s_mm, usual)
    if blur_mm is None:
        blur_mm = blur_shown(rays, wall, seen, lining, frames.s_mm, usual)
    if lining.sure:
        lined = lining.thick_mm
        wall, seen = walls(rays, voxel_mm, noise_hu, lined_mm=lined, blur_mm=lining.blur_mm)
    unsure = UNSURE * doubt_of(mask, frames, rough)
    return _reported(frames, wall, seen, rays, voxel_mm, noise_hu, blur_mm, lining, unsure)


def doubt_of(mask: VesselMask | None, frames: Frames, radius_mm: np.ndarray) -> np.ndarray:
    """How likely (n,) it is that networks are wrong about a lumen; 0 where none was asked."""
    if mask is None or mask.confidence is None:
        return np.zeros(len(radius_mm))
    turn = angles(CONFIDENCE_RAYS)[:, None]
    way = np.cos(turn) * frames.across[:, None] + np.sin(turn) * frames.up[:, None]
    points = frames.points_lps[:, None] + 0.5 * radius_mm[:, None, None] * way
    index = mask.grid.nearest(points.reshape(-1, 3))
    sure = mask.confidence[tuple(index.T)].reshape(len(radius_mm), CONFIDENCE_RAYS)
    return np.where(sure > 0, 1 - sure / 255, 0.0).mean(axis=1)


def blur_shown(
    rays: Rays,
    wall_mm: np.ndarray,
    seen: np.ndarray,
    lining: Lining,
    s_mm: np.ndarray,
    usual_mm: float,
) -> float:
    """The scanner's blur (mm) as the walls of a vessel show it; the usual one where none do.

    Of a thick vessel the lower third of the widths counts: what else lies near a wall only makes
    its edge wider. A vessel in fat is as sharp as its `lining` says, a thin one as the disk that
    explains its edges.
    """
    thick = wall_mm.mean(axis=1) > THICK_BLURS * usual_mm
    if lining.thick_mm[thick].any():
        return lining.blur_mm
    widths = measured_blur_mm(rays, wall_mm, seen & thick[:, None])
    if len(widths) >= LEAST_WIDTHS:
        return float(np.clip(np.percentile(widths, 40), 0.5 * usual_mm, 2.0 * usual_mm))
    blur = lining.blur_mm if lining.sure else blur_of(rays, seen, s_mm, usual_mm)
    return blur if np.isfinite(blur) else usual_mm


def measured_blur(
    volume: Volume,
    path_lps: np.ndarray,
    radius_mm: np.ndarray,
    *,
    mask: VesselMask | None = None,
    label: int = ARTERY,
) -> float:
    """The scanner's blur (standard deviation in mm) as the walls of a thick vessel show it."""
    usual = usual_blur_mm(volume.grid)
    frames, rough = evenly(path_lps, radius_mm, 1.0)
    rays = cast(volume, mask, label, frames, rough, RAYS)
    wall, seen = walls(rays, float(np.cbrt(volume.grid.voxel_mm3)), 1.0)
    lining = lining_of(rays, seen, frames.s_mm, usual)
    return blur_shown(rays, wall, seen, lining, frames.s_mm, usual)


def evenly(
    path_lps: np.ndarray, radius_mm: np.ndarray, step_mm: float
) -> tuple[Frames, np.ndarray]:
    """Frames about every `step_mm` along a path (n,3), and the radius (n,) there."""
    path = even_path(path_lps, step_mm, least=3)
    s = distance_along(path_lps)
    even = np.linspace(0.0, s[-1], len(path))
    radius = np.interp(even, s, radius_mm)
    return frames_along(smoothed(path, even[1], radius)), radius


def smoothed(path: np.ndarray, step_mm: float, radius_mm: np.ndarray) -> np.ndarray:
    """A path (n,3) without what is shorter than the vessel is wide; its ends stay.

    Twice forwards and once back (Taubin 1995), so that a bend does not shrink.
    """
    sigma = max(STRAIGHTEN_MM, 0.5 * float(np.median(radius_mm))) / max(step_mm, 1e-6)
    sigma = min(sigma, len(path) / 6)
    ends = path[[0, -1]]
    chord = np.linspace(0, 1, len(path))[:, None] * (ends[1] - ends[0]) + ends[0]
    away = path - chord  # 0 at both ends: mirrored with its sign turned, they stay
    wide = np.concatenate([-away[:0:-1], away, -away[-2::-1]])
    low = ndimage.gaussian_filter1d(wide, sigma, axis=0)
    low += ndimage.gaussian_filter1d(wide - low, sigma, axis=0)
    return np.asarray(chord + low[len(path) - 1 : 2 * len(path) - 1])


def recentered(frames: Frames, wall_mm: np.ndarray, radius_mm: np.ndarray) -> Frames:
    """The frames moved to the middles of their outlines (n,m), the path kept smooth."""
    middle = centroids(wall_mm)
    far = np.linalg.norm(middle, axis=1, keepdims=True)
    most = 0.8 * radius_mm[:, None]
    middle = np.nan_to_num(middle * np.minimum(1.0, most / np.maximum(far, 1e-9)))
    moved = frames.in_planes(middle)
    step = frames.s_mm[-1] / (len(moved) - 1)
    return frames_along(smoothed(moved, step, radius_mm))


def centroids(wall_mm: np.ndarray) -> np.ndarray:
    """The middle (n,2) of the area of each outline (n,m) in its plane."""
    points = outlines(wall_mm)
    ahead = np.roll(points, -1, axis=1)
    cross = points[..., 0] * ahead[..., 1] - points[..., 1] * ahead[..., 0]
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = ((points + ahead) * cross[..., None]).sum(axis=1) / (3 * cross.sum(axis=1))[
            :, None
        ]
    return np.asarray(middle)


def _rough(wall_mm: np.ndarray, before_mm: np.ndarray) -> np.ndarray:
    """A radius (n,) mm for the next look: that of the outline, steady along the vessel."""
    own = wall_mm.mean(axis=1)
    own = np.where(np.isfinite(own), own, before_mm)
    return np.asarray(ndimage.median_filter(own, 5, mode="nearest"))


def _reported(
    frames: Frames,
    half_mm: np.ndarray,
    seen: np.ndarray,
    rays: Rays,
    voxel_mm: float,
    noise_hu: float,
    blur_mm: float,
    lining: Lining,
    unsure: np.ndarray,
) -> Sections:
    """The sections with the blur taken out of each outline, and how sure each number is.

    `unsure` (n,) is the share of the radius that the mask leaves in doubt.
    """
    leaves = (half_mm > rays.leaves_mm).mean(axis=1) > MOST_LEAVING
    half_mm = np.where((shown(seen) & ~leaves)[:, None], half_mm, np.nan)
    mean = half_mm.mean(axis=1)
    one, independent = _one_place(mean, rays, voxel_mm, noise_hu, blur_mm)
    half_mm = _quieted(half_mm, one, independent)
    true = sharpened_mm(unblurred_mm(mean, blur_mm), frames.s_mm, blur_mm)
    bright, bright_sd = by_brightness(
        rays, half_mm, frames.s_mm, voxel_mm, noise_hu, blur_mm, lining.thick_mm
    )
    bright[leaves] = np.nan
    thin = np.isfinite(bright)
    with np.errstate(invalid="ignore", divide="ignore"):
        wall = half_mm * (true / mean)[:, None]
    wall[thin] = sized(half_mm[thin], seen[thin], bright[thin])
    wall[~together(np.isfinite(wall).all(axis=1))] = np.nan
    values = {name: np.asarray(each) for name, each in measured(wall).items()}
    blooms = BLOOM_SHARE * blur_mm * np.sqrt(calcified(rays, half_mm, noise_hu))
    doubt = np.hypot(lining.doubt_mm(rays.blood_hu, blur_mm), blooms)
    doubt = np.hypot(doubt, unsure * np.nan_to_num(mean))
    sd = deviations(values, mean, seen, one, independent, blur_mm, doubt)
    for name, each in of_thin(values, bright_sd).items():
        sd[name] = np.where(thin, each, sd[name])
    sections = Sections(frames, wall, seen, values, sd)
    return replace(sections, values=MappingProxyType(values), sd=MappingProxyType(sd))


def shown(seen: np.ndarray) -> np.ndarray:
    """Which sections (n,) edges (n,m) show: enough of them, and no wide gap between.

    Across a wide gap, as where a vessel leaves the scan sideways, an outline would be made up.
    """
    gap, run = np.zeros(len(seen)), np.zeros(len(seen))
    for ray in np.concatenate([seen, seen], axis=1).T:
        run = np.where(ray, 0, run + 1)
        gap = np.maximum(gap, run)
    return np.asarray((seen.mean(axis=1) >= LEAST_SEEN) & (gap <= MOST_GAP * seen.shape[1]))


def together(known: np.ndarray) -> np.ndarray:
    """Which sections (n,) are known together with some beside them; one alone is noise."""
    wide = np.pad(known, TOGETHER)
    return ndimage.binary_opening(wide, np.ones(TOGETHER))[TOGETHER:-TOGETHER]


def _quieted(wall_mm: np.ndarray, one_mm: np.ndarray, independent: np.ndarray) -> np.ndarray:
    """Outlines (n,m) with each bend of them shrunk by what noise alone would bend.

    A harmonic of the outline of power p, where noise has v, is multiplied by 1 - v / p (James and
    Stein 1961): else the least diameter would always be too small and the greatest too large.
    """
    count = wall_mm.shape[1]
    bends = np.fft.rfft(np.nan_to_num(wall_mm), axis=1)
    power = np.abs(bends) ** 2
    by_noise = (count * one_mm) ** 2 / independent
    gain = np.clip(1 - by_noise[:, None] / np.maximum(power, 1e-12), 0, 1)
    gain[:, :2] = 1.0
    return np.where(np.isfinite(wall_mm), np.fft.irfft(bends * gain, n=count, axis=1), np.nan)


def _one_place(
    half_mm: np.ndarray, rays: Rays, voxel_mm: float, noise_hu: float, blur_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """How far off one place of a wall lies (n,) mm, and how many places are independent (n,).

    The noise by the slope of the blurred edge, and where the edge lies between samples; places a
    millimeter or a voxel apart have noise of their own.
    """
    contrast = np.maximum(rays.blood_hu - rays.hu.min(axis=(1, 2)), 1.0)
    slope = contrast / (blur_mm * np.sqrt(2 * np.pi))
    one = np.hypot(noise_hu / slope, PLACE_SHARE * voxel_mm)
    around = 2 * np.pi * np.nan_to_num(half_mm, nan=1.0)
    return one, np.maximum(around / max(ALONG_ARC_MM, voxel_mm), 3.0)


def deviations(
    values: dict[str, np.ndarray],
    half_mm: np.ndarray,
    seen: np.ndarray,
    one_mm: np.ndarray,
    independent: np.ndarray,
    blur_mm: float,
    doubt_mm: np.ndarray,
) -> dict[str, np.ndarray]:
    """Standard deviations (n,) by the names in `QUANTITIES`.

    The mean radius averages the places of the wall that are independent, each `one_mm` off. To it
    come how well the blur is known, as far as it moved the radius, the lean of the section, and
    `doubt_mm` (n,) of what lies around it.
    What was not seen widens all.
    """
    radius = 0.5 * values["diameter_equivalent_mm"]
    moves = np.clip(response(half_mm, blur_mm), 1.0, 50.0)
    shifted = np.abs(
        unblurred_mm(half_mm, blur_mm * (1 + BLUR_SHARE)) - unblurred_mm(half_mm, blur_mm)
    )
    shifted = np.where(np.isfinite(shifted), shifted, 0.5 * radius)
    share = np.maximum(seen.mean(axis=1), 1e-3)
    mean = moves * one_mm / np.sqrt(independent * share)
    unseen = (1 - share) * 0.2 * radius
    mean = np.sqrt(mean**2 + shifted**2 + (TILT * radius) ** 2 + unseen**2 + doubt_mm**2)
    one = CALIPER_SHARE * moves * one_mm
    caliper = np.hypot(2 * mean, one)
    return {
        "area_mm2": 2 * np.pi * radius * mean,
        "diameter_equivalent_mm": 2 * mean,
        "diameter_min_mm": caliper,
        "diameter_max_mm": caliper,
        "inscribed_radius_mm": np.hypot(mean, one / np.sqrt(2)),
        "circularity": values["circularity"] * 2 * one_mm / np.maximum(radius, 1e-6),
    }
