"""The regions of the body that a scan may cover, and the vessels each holds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from viewer.errors import ViewerError
from viewer.phantom.abdominal_arteries import add_abdominal_arteries
from viewer.phantom.arrange import Arrangement
from viewer.phantom.body import Body
from viewer.phantom.coronary_arteries import add_coronary_arteries
from viewer.phantom.grow import colonize, ramify
from viewer.phantom.head_arteries import add_head_arteries
from viewer.phantom.leg_arteries import add_leg_arteries
from viewer.phantom.neck_arteries import add_neck_arteries
from viewer.phantom.pulmonary_vessels import add_pulmonary_arteries, add_pulmonary_veins
from viewer.phantom.scene import Vessels
from viewer.phantom.territories import TERRITORIES, sample
from viewer.phantom.tissue import Tissue
from viewer.phantom.trunk_arteries import add_aorta
from viewer.phantom.variants import choose
from viewer.phantom.veins import add_leg_veins, add_lower_veins, add_portal_veins, add_upper_veins
from viewer.phantom.vessels import Tube, build, line

Part = Callable[[Arrangement, frozenset[str]], None]
Box = tuple[tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True)
class Region:
    """A region by the name that people read.

    `box_standard` holds the lowest and the highest corner of what a scan of it covers; `parts`
    lay its vessels in turn. A region without parts is grown at random.
    """

    title: str
    box_standard: Box
    parts: tuple[Part, ...] = ()


_TRUNK = (add_aorta,)
_BELLY = (*_TRUNK, add_abdominal_arteries)
_NECK = (*_TRUNK, add_neck_arteries)
_LUNGS = (add_pulmonary_arteries, add_pulmonary_veins)
REGIONS: Mapping[str, Region] = MappingProxyType(
    {
        "thoracic-aorta": Region(
            "Thoracic aorta", ((-120, -100, 110), (120, 120, 410)),
            (*_TRUNK, add_coronary_arteries, add_neck_arteries, *_LUNGS, add_upper_veins),
        ),
        "chest": Region(
            "Chest", ((-180, -115, 110), (180, 130, 400)),
            (*_TRUNK, add_coronary_arteries, *_LUNGS, add_upper_veins, add_lower_veins),
        ),
        "coronary": Region(
            "Coronary arteries", ((-75, -90, 155), (115, 80, 295)),
            (*_TRUNK, add_coronary_arteries, *_LUNGS, add_upper_veins, add_lower_veins),
        ),
        "pulmonary": Region(
            "Pulmonary arteries", ((-170, -110, 140), (170, 125, 390)),
            (*_LUNGS, *_TRUNK, add_upper_veins),
        ),
        "abdominal-aorta": Region(
            "Abdominal aorta", ((-120, -90, -170), (120, 90, 170)), (*_BELLY, add_lower_veins)
        ),
        "abdomen": Region(
            "Abdomen", ((-165, -105, -60), (165, 110, 200)),
            (*_BELLY, add_lower_veins, add_portal_veins),
        ),
        "liver": Region(
            "Liver", ((-165, -105, 50), (70, 80, 200)),
            (*_BELLY, add_lower_veins, add_portal_veins),
        ),
        "carotid": Region(
            "Carotid arteries", ((-80, -60, 330), (80, 90, 570)), (*_NECK, add_upper_veins)
        ),
        "head": Region(
            "Head", ((-85, -95, 490), (85, 105, 660)),
            (*_NECK, add_head_arteries, add_upper_veins),
        ),
        "legs": Region(
            "Legs", ((-150, -90, -1000), (150, 90, 20)),
            (*_BELLY, add_leg_arteries, add_lower_veins, add_leg_veins),
        ),
        "tree": Region("Random tree", ((-110, -95, -20), (110, -2, 110))),
        "colony": Region("Random organs", ((-165, -105, 20), (140, 90, 200))),
    }
)  # fmt: skip


def make_vessels(
    region: str,
    body: Body,
    rng: np.random.Generator,
    *,
    detail: float = 1.0,
    variants: Sequence[str] | None = None,
) -> Vessels:
    """The vessels of a region in one person; every radius is that of the lumen.

    `detail` 0 gives the main vessels alone, 1 all. `variants` are keys of `VARIANTS`; None draws
    them as common as in people. Raises ViewerError for an unknown region or variant.
    """
    if region not in REGIONS:
        raise ViewerError(
            f"There is no region called {region}; nothing was made; "
            f"choose among {', '.join(REGIONS)}."
        )
    chosen = choose(rng, variants)
    if REGIONS[region].parts:
        return arranged(region, detail, chosen).place(body, rng)
    return _random_tree(body, rng, detail) if region == "tree" else _colonies(body, rng, detail)


@lru_cache(maxsize=64)
def arranged(region: str, detail: float, variants: frozenset[str]) -> Arrangement:
    """The vessels of a region as they are laid out in the standard adult, with named variants."""
    arrangement = Arrangement(detail)
    for part in REGIONS[region].parts:
        part(arrangement, variants)
    return arrangement


def _random_tree(body: Body, rng: np.random.Generator, detail: float) -> Vessels:
    """A tree that divides at random in the soft tissue before the spine."""
    low, high = np.array(REGIONS["tree"].box_standard, float)
    radius = rng.uniform(3.5, 9.0)
    start = rng.uniform(low + 20, high - 20)
    side = int(rng.integers(3))
    start[side] = (low + 12, high - 12)[int(rng.integers(2))][side]
    ends = start, rng.uniform(low + 40, high - 35)
    trunk = line(*body.place(np.array(ends)))
    heading = trunk[-1] - trunk[0]
    heading /= np.linalg.norm(heading)
    tubes = [Tube(trunk, np.array(radius), name="tree")]
    twigs = ramify(trunk[-1:], heading[None], np.array([radius]), 12 + int(110 * detail), rng)
    kept = {-1: 0}
    for number, twig in enumerate(twigs):
        there = body.standard(twig.points_lps)
        if twig.parent in kept and np.all((there > low) & (there < high)):
            kept[number] = len(tubes)
            tubes.append(Tube(twig.points_lps, twig.radius_mm, kept[twig.parent], "tree"))
    return Vessels(build(tubes), (Tissue.ARTERY,) * len(tubes))


def _colonies(body: Body, rng: np.random.Generator, detail: float) -> Vessels:
    """A tree in each of four organs, from anywhere on the organ's side to the spine."""
    tubes: list[Tube] = []
    for organ in ("liver", "spleen", "left kidney", "right kidney"):
        egg = TERRITORIES[organ][0]
        center, half = np.array(egg[0], float), np.array(egg[1], float)
        inward = rng.normal(size=3) * 0.5 - np.sign(center[0]) * np.array([1.2, 0, 0])
        ends = center + half * np.outer([1.25, 0.85], inward / np.linalg.norm(inward))
        trunk = line(*body.place(ends))
        heading = trunk[-1:] - trunk[:1]
        radius = np.array([rng.uniform(2.0, 6.5)])
        targets = body.place(sample(organ, 20 + int(rng.uniform(30, 160) * detail), rng))
        first = len(tubes)
        tubes.append(Tube(trunk, radius[0], name=organ))
        for twig in colonize(trunk[-1:], heading, targets, radius, rng):
            parent = first if twig.parent < 0 else first + 1 + twig.parent
            tubes.append(Tube(twig.points_lps, twig.radius_mm, parent, organ))
    return Vessels(build(tubes), (Tissue.ARTERY,) * len(tubes))
