"""The vessel's own wall, where it lies between blood and what is darker than it: fat or lung."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy import ndimage
from scipy.special import ndtr

from viewer.geometry.edges import CALCIUM_HU, FAT_HU, WALL_HU, Rays, first_below

DARKER_HU = 60.0  # what is this much darker than the wall shows how thick it is
LEAST_STEP_HU = 80.0  # from blood to wall
LEAST_RAYS, WINDOW_MM = 150, 15.0
FROM_MM, TO_MM, STEP_MM = -1.6, 3.2, 0.1
BEGUN_MM, MOST_MM = (0.6, 1.2, 2.2), 3.0
BETTER = 0.5  # of the square that is left without a wall: so little must be left with one
BARE = 0.015  # of the step: an edge explained so well needs no wall
SURELY = 5.0  # of the squared error of the mean profile: a wall must take away more
STRETCHES = 8
LEAST_BLUR, MOST_BLUR = 0.4, 2.5  # of the usual one
ALONG_MM, PLACE_TURN, BEYOND_TURN = 2.0, 0.04, 0.08
BEYOND_MM, ALIKE = 0.8, 0.25
USUAL_MM, TOGETHER = 0.5, 2.5  # how thick a wall is along a vessel; samples that see one voxel
KNOWN_MM, UNKNOWN_MM = 0.12, 0.5  # how far off a thickness is that edges showed, and did not
RADII = np.geomspace(0.5, 14.0, 100)  # in blurs, as the next
PLACES = np.linspace(-4.0, 8.0, 241)


@dataclass(frozen=True, eq=False)
class Lining:
    """How thick the wall is at each section, `thick_mm` (n,): 0 where none is seen.

    `blur_mm` is the blur that explains the edges, nan where too few are seen or none explains
    them. `off_mm` is how far off the thickness may be. `darker_hu` (n,) is by how much the
    surroundings are darker than the wall, on average over the rays.
    """

    thick_mm: np.ndarray
    blur_mm: float
    off_mm: float
    darker_hu: np.ndarray

    @property
    def sure(self) -> bool:
        """Whether the edges were explained, with a wall or without."""
        return bool(np.isfinite(self.blur_mm))

    def doubt_mm(self, blood_hu: np.ndarray, blur_mm: float) -> np.ndarray:
        """How far (n,) mm the edge moves by what is not known of the wall."""
        # What is darker than fat shows the wall as much better as it moves the edge more.
        darker = np.minimum(self.darker_hu, WALL_HU - FAT_HU) if self.sure else self.darker_hu
        more = ndtr((self.thick_mm + self.off_mm) / blur_mm) - ndtr(self.thick_mm / blur_mm)
        slope = np.maximum(blood_hu - WALL_HU, 1.0) / (blur_mm * np.sqrt(2 * np.pi))
        return np.asarray(darker * more / slope)


@dataclass(frozen=True, eq=False)
class _Fit:
    """How an edge is explained: the mean square left (HU2), the wall, and the step of the edge."""

    left: float
    thick_mm: float
    blur_mm: float
    step_hu: float


def lining_of(rays: Rays, seen: np.ndarray, s_mm: np.ndarray, usual_mm: float) -> Lining:
    """The wall as edges (n,m) of blood against darker surroundings show it; `usual_mm` of blur.

    Such an edge is no symmetric step. The mean profile of all of them is explained by two disks in
    a Gaussian, the lumen and the lumen with its wall, whose radii and whose blur are sought
    together. Half way from blood to fat, without a wall, lies outside the lumen by up to 0.4 mm.
    """
    profile, place, at, darker = _profiles(rays, seen, s_mm)
    unknown = Lining(np.zeros(len(s_mm)), float("nan"), UNKNOWN_MM, darker)
    if len(place) < LEAST_RAYS:
        return unknown
    edge = _edge(profile, place)
    bare = edge.fit(usual_mm, None)
    lined = min((edge.fit(usual_mm, begun) for begun in BEGUN_MM), key=lambda fit: fit.left)
    surely = bare.left - lined.left > SURELY * edge.error_hu**2
    if surely and lined.left < BETTER * bare.left and _usual(lined, usual_mm):
        along = _along(profile, place, at, s_mm, lined)
        return Lining(along, lined.blur_mm, KNOWN_MM, darker)
    if np.sqrt(bare.left) < BARE * bare.step_hu and _usual(bare, usual_mm):
        off = float(np.clip(lined.thick_mm, KNOWN_MM, UNKNOWN_MM))
        return replace(unknown, blur_mm=bare.blur_mm, off_mm=off)
    return unknown


def _usual(fit: _Fit, usual_mm: float) -> bool:
    """Whether the blur is one that a scanner has."""
    return LEAST_BLUR * usual_mm < fit.blur_mm < MOST_BLUR * usual_mm


def blur_of(rays: Rays, seen: np.ndarray, s_mm: np.ndarray, usual_mm: float) -> float:
    """The blur (mm) that explains edges against soft tissue, of a vessel of any width; or nan."""
    profile, place, _, _ = _profiles(rays, seen, s_mm, dark=False)
    if len(place) < LEAST_RAYS:
        return float("nan")
    found = _edge(profile, place).fit(usual_mm, None)
    explained = np.sqrt(found.left) < BARE * found.step_hu and _usual(found, usual_mm)
    return found.blur_mm if explained else float("nan")


def _profiles(
    rays: Rays, seen: np.ndarray, s_mm: np.ndarray, dark: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Profiles (k,p) of edges against what is dark, or is not, with their places (k,) mm on rays.

    The place is half way from blood to wall. Then come where along the vessel (k,) mm each is, and
    by how much each section's surroundings are darker than the wall (n,) HU.
    """
    blood = np.broadcast_to(rays.blood_hu[:, None], seen.shape)
    step = np.broadcast_to(rays.step_mm[:, None], seen.shape)
    place = _steady(first_below(rays.hu, 0.5 * (blood + WALL_HU)) * step, s_mm, PLACE_TURN)
    hu = _sampled(rays.hu, (place[..., None] + _away()) / step[..., None])
    # Steady, so that grains of noise are not taken for dark surroundings.
    beyond = _away() > TO_MM - BEYOND_MM
    outside = _steady(_mean(np.moveaxis(hu[..., beyond], 2, 0), least=0.3), s_mm, BEYOND_TURN)
    good = seen & np.isfinite(outside) & (blood > WALL_HU + LEAST_STEP_HU)
    good &= (outside < WALL_HU - DARKER_HU) == dark
    good &= rays.hu.max(axis=2) < blood + CALCIUM_HU
    darker = np.where(seen, np.clip(WALL_HU - np.nan_to_num(outside, nan=WALL_HU), 0, None), 0.0)
    if good.any():
        usual = float(np.median(outside[good]))
        good &= np.abs(outside - usual) < max(DARKER_HU, 0.5 * abs(usual))
        wide = float(np.median(place[good]))
        good &= np.abs(place - wide) < ALIKE * wide  # no stenosis, no bulge
    at = np.broadcast_to(s_mm[:, None], seen.shape)
    return hu[good], place[good], at[good], darker.mean(axis=1)


def _sampled(hu: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """Rays (n,m,k) between their samples (n,m,p); nan where they do not reach."""
    known = (sample >= 0) & (sample <= hu.shape[2] - 1)
    sample = np.where(known, sample, 0.0)
    low = np.minimum(sample.astype(int), hu.shape[2] - 2)
    part = sample - low
    found = np.take_along_axis(hu, low, 2) * (1 - part)
    found += np.take_along_axis(hu, low + 1, 2) * part
    return np.where(known, found, np.nan)


def _steady(values: np.ndarray, s_mm: np.ndarray, turn: float) -> np.ndarray:
    """Values (n,m) of rays averaged along the vessel and over a part of a `turn`; nan stays."""
    known = np.isfinite(values)
    sigma = (ALONG_MM / (float(s_mm[-1]) / max(len(s_mm) - 1, 1)), turn * values.shape[1])
    mode = ("nearest", "wrap")
    weight = ndimage.gaussian_filter(known.astype(float), sigma, mode=mode)
    total = ndimage.gaussian_filter(np.where(known, values, 0.0), sigma, mode=mode)
    return np.where(known, total / np.maximum(weight, 1e-6), np.nan)


def _away() -> np.ndarray:
    return np.arange(FROM_MM, TO_MM, STEP_MM)


def _mean(profile: np.ndarray, least: float = 0.5) -> np.ndarray:
    """The mean (...) of profiles (k, ...); nan where less than a share of them reach."""
    known = np.isfinite(profile).sum(axis=0)
    total = np.nansum(profile, axis=0)
    return np.where(known > least * len(profile), total / np.maximum(known, 1), np.nan)


def _along(
    profile: np.ndarray, place: np.ndarray, at_mm: np.ndarray, s_mm: np.ndarray, whole: _Fit
) -> np.ndarray:
    """The wall's thickness (n,) mm at each section, from the edges of each stretch by itself."""
    count = max(1, round(float(s_mm[-1]) / WINDOW_MM))
    edges = np.linspace(0.0, float(s_mm[-1]), count + 1)
    middle, thick = 0.5 * (edges[1:] + edges[:-1]), np.full(count, whole.thick_mm)
    which = np.clip(np.searchsorted(edges, at_mm) - 1, 0, count - 1)
    for number in range(count):
        own = which == number
        if own.sum() >= LEAST_RAYS:
            edge = _edge(profile[own], place[own])
            thick[number] = edge.fit(whole.blur_mm, whole.thick_mm, blur_known=True).thick_mm
    return np.interp(s_mm, middle, thick)


def _edge(profile: np.ndarray, place: np.ndarray) -> "_Edge":
    """The mean of profiles (k,p), and its error by how much the parts of the vessel differ."""
    mean = _mean(profile)
    known = np.isfinite(mean)
    alike = np.stack([np.ones(known.sum()), mean[known], np.gradient(mean[known])], axis=1)
    parts = np.stack([_mean(part)[known] for part in np.array_split(profile, STRETCHES)], axis=1)
    parts = np.where(np.isfinite(parts), parts, mean[known][:, None])
    # Blood, surroundings and place of the edge may differ along the vessel.
    rest = parts - alike @ np.linalg.lstsq(alike, parts, rcond=None)[0]
    error = float(np.sqrt(np.median((rest**2).mean(axis=0)) / STRETCHES))
    return _Edge(mean, error, float(np.median(place)))


@dataclass(frozen=True, eq=False)
class _Edge:
    """A mean profile (p,) HU with its error, and how far out (mm) half way to the wall is."""

    mean_hu: np.ndarray
    error_hu: float
    radius_mm: float

    def fit(self, blur_mm: float, thick_mm: float | None, blur_known: bool = False) -> _Fit:
        """The best of all edges with a wall, begun with `thick_mm`, or without one (None).

        Where the blur is known the wall is about as thick as it begins.
        """
        from scipy.optimize import least_squares

        known = np.isfinite(self.mean_hu)
        away, hu = _away()[known], self.mean_hu[known]

        def off(free: np.ndarray) -> np.ndarray:
            blood, outside, moved = free[:3]
            blur = blur_mm * (1.0 if blur_known else float(np.exp(free[3])))
            thick = 0.0 if thick_mm is None else abs(float(free[-1]))
            far, lumen = self.radius_mm + away, self.radius_mm + moved
            inner = _disk(lumen, far, blur)
            outer = _disk(lumen + thick, far, blur) if thick_mm is not None else inner
            found = blood * inner + WALL_HU * (outer - inner) + outside * (1 - outer) - hu
            if thick_mm is None or not blur_known:
                return np.asarray(found)
            unusual = TOGETHER * self.error_hu * (thick - thick_mm) / USUAL_MM
            return np.append(found, unusual)

        begun = [hu[0], hu[-1], 0.0]
        begun += [] if blur_known else [0.0]
        begun += [] if thick_mm is None else [thick_mm]
        found = least_squares(off, begun, method="lm", x_scale="jac", max_nfev=300)
        blur = blur_mm * (1.0 if blur_known else float(np.exp(found.x[3])))
        thick = 0.0 if thick_mm is None else min(abs(float(found.x[-1])), MOST_MM)
        step = float(found.x[0] - found.x[1])
        return _Fit(float(2 * found.cost / len(hu)), thick, blur, step)


def _disk(radius_mm: np.ndarray, far_mm: np.ndarray, blur_mm: float) -> np.ndarray:
    """How bright a disk of brightness 1 in a Gaussian is so far from its middle."""
    size = np.log(np.clip(radius_mm / blur_mm, RADII[0], RADII[-1]) / RADII[0])
    row = size / np.log(RADII[1] / RADII[0])
    column = ((far_mm - radius_mm) / blur_mm - PLACES[0]) / (PLACES[1] - PLACES[0])
    both = np.broadcast_arrays(row, column)
    return np.asarray(ndimage.map_coordinates(_table(), both, order=1, mode="nearest"))


@cache
def _table() -> np.ndarray:
    """Disks in a Gaussian, a noncentral chi-square distribution (Rice 1945): (radii, places)."""
    from scipy.stats import ncx2

    far = np.maximum(RADII[:, None] + PLACES, 1e-6)
    return np.asarray(ncx2.cdf(RADII[:, None] ** 2, 2, far**2), np.float64)
