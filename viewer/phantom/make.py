"""A whole made-up person from a seed: body, vessels, diseases and what lies around them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from viewer.phantom.body import Body, make_body
from viewer.phantom.companions import companions as lay_companions
from viewer.phantom.disease import add_diseases
from viewer.phantom.raster import rasterize
from viewer.phantom.regions import REGIONS, make_vessels
from viewer.phantom.scene import Lesion, Scene, Vessels
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk import Arms
from viewer.phantom.variants import choose, present
from viewer.progress import Progress, silent
from viewer.volume.grid import Grid, Shape

GENERATOR = 2
_ARMS_DOWN = ("carotid", "head")
NO_DISEASE: Mapping[str, float] = MappingProxyType({})


def make_scene(
    region: str,
    seed: int,
    *,
    spacing_mm: float | Sequence[float] = 1.0,
    shape: Shape | None = None,
    center_lps: np.ndarray | None = None,
    diseases: Mapping[str, float] = NO_DISEASE,
    variety: float = 1.0,
    detail: float = 1.0,
    companions: bool = True,
    variants: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Scene:
    """The person that `seed` gives, on an axial grid over a region or, with `shape`, a part of it.

    `spacing_mm` is one for all axes or in array order. A part lies around `center_lps`, else
    around a lesion, else around some vessel. `diseases` maps names to severities (0 to 1);
    without `companions` all is muscle. Each seed has one body and one anatomy, whatever the grid
    and the diseases; `variants` None draws those of the anatomy as common as in people. Raises
    ViewerError for an unknown region, disease or variant.
    """
    shaping, growing, ailing, placing, filling = (
        np.random.default_rng([seed, part]) for part in range(5)
    )
    progress = progress or silent()
    body = make_body(shaping, variety)
    chosen = choose(np.random.default_rng([seed, 5]), variants)
    vessels = make_vessels(region, body, growing, detail=detail, variants=sorted(chosen))
    progress.at(0.2)
    closed = _outside(region, body, vessels) if diseases else None
    vessels, solids, lesions = add_diseases(vessels, body, diseases, ailing, closed)
    progress.at(0.3)
    steps = np.broadcast_to(np.asarray(spacing_mm, float), (3,))
    if shape is None:
        grid = region_grid(region, body, steps)
    else:
        center = center_lps
        if center is None:
            center = _somewhere(region, body, vessels, lesions, np.array(shape) * steps, placing)
        grid = _grid_about(np.asarray(center, float), shape, steps)
    if companions:
        arms: Arms = "down" if region in _ARMS_DOWN else "up"
        tissue = lay_companions(body, grid, filling, arms=arms, progress=progress.part(0.3, 0.7))
    else:
        tissue = np.full(grid.shape, Tissue.MUSCLE, np.uint8)
    raster = rasterize(vessels, tissue, grid, solids, progress.part(0.7, 1.0))
    return Scene(
        grid,
        raster.tissue,
        raster.wall_mm,
        raster.blood,
        raster.branch,
        vessels,
        body,
        lesions=tuple(lesions),
        solids=tuple(solids),
        stain=raster.stain,
        region=region,
        seed=seed,
        variants=present(chosen, {branch.name for branch in vessels.tree.branches}),
    )


def region_grid(region: str, body: Body, spacing_mm: Sequence[float] | np.ndarray) -> Grid:
    """An axial grid over all that a scan of a region covers in one person."""
    low, high = np.array(REGIONS[region].box_standard, float)
    faces = np.stack(np.meshgrid(*np.linspace(low, high, 5).T, indexing="ij"), -1)
    placed = body.place(faces.reshape(-1, 3))
    first, last = placed.min(axis=0), placed.max(axis=0)
    steps = np.asarray(spacing_mm, float)
    count = np.ceil((last - first)[::-1] / steps).astype(int) + 1
    return Grid.regular((int(count[0]), int(count[1]), int(count[2])), tuple(steps), tuple(first))


def _outside(region: str, body: Body, vessels: Vessels) -> np.ndarray:
    """The points of the vessels (n,3) that a scan of the region does not show."""
    grid, points = region_grid(region, body, (1.0, 1.0, 1.0)), vessels.tree.points_lps
    index = grid.index(points)
    return points[((index < 0) | (index > np.array(grid.shape) - 1)).any(axis=1)]


def _grid_about(center_lps: np.ndarray, shape: Shape, spacing_mm: np.ndarray) -> Grid:
    """An axial grid with its middle at a point."""
    half_mm = 0.5 * (np.array(shape) - 1) * spacing_mm
    return Grid.regular(shape, tuple(spacing_mm), tuple(center_lps - half_mm[::-1]))


def _somewhere(
    region: str,
    body: Body,
    vessels: Vessels,
    lesions: Sequence[Lesion],
    extent_mm: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """The middle of a part: near a lesion where there is one, else near a point of some vessel.

    Half of the time any point of the vessels in the region, else any branch, so that thick
    vessels with few points are seen as often as the many thin ones.
    """
    jitter = rng.uniform(-0.25, 0.25, 3) * extent_mm[::-1]
    if lesions:
        return np.asarray(lesions[int(rng.integers(len(lesions)))].at_lps, float) + jitter
    tree = vessels.tree
    low, high = np.array(REGIONS[region].box_standard, float)
    standard = body.standard(tree.points_lps)
    inside = np.flatnonzero(np.all((standard > low) & (standard < high), axis=1))
    if not len(inside):
        return body.place(0.5 * (low + high)) + jitter
    if rng.random() < 0.5:
        branches = np.unique(tree.branch_of_point[inside])
        inside = inside[tree.branch_of_point[inside] == rng.choice(branches)]
    return tree.points_lps[rng.choice(inside)] + jitter
