"""The names of what leaves the aorta in the belly."""

from dataclasses import dataclass

import numpy as np

from viewer.geometry.names_aorta import Aorta, Side, sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_liver import (
    common_trunk,
    name_hepatic,
    name_left_gastric,
    name_replaced,
)
from viewer.geometry.names_ways import Step, Way, Ways

LEAST_MM = 1.25
FALL_MM = 30.0
SPREAD_MM = 18.0
RENAL_MM = (-12.0, 70.0)  # below the superior mesenteric artery
OUT_MM = 25.0
ALONE_MM, ALONE_LONG_MM = 2.0, 25.0  # radius and length: nothing else leaves a chest's aorta so


@dataclass(frozen=True, eq=False)
class Belly:
    """What was recognized of the belly's arteries; distances along the aorta in mm.

    `celiac`, `mesenteric` and the `renal` arteries by side (all, the main one first).
    """

    celiac: Side | None = None
    mesenteric: Side | None = None
    inferior: Side | None = None
    left: tuple[Side, ...] = ()
    right: tuple[Side, ...] = ()

    @property
    def lowest_renal_mm(self) -> float | None:
        """Where the lower one of the two main renal arteries leaves."""
        main = [each[0].s_mm for each in (self.left, self.right) if each]
        return max(main) if main else None


@dataclass(frozen=True, eq=False)
class Look:
    """How a vessel leaves the aorta and where it goes (mm; LPS)."""

    side: Side
    out: np.ndarray
    falls: float
    spread: tuple[float, float]
    seen_mm: float

    @property
    def front(self) -> bool:
        """Whether it sets out forwards rather than to a side."""
        return bool(-self.out[1] > 0.8 * abs(self.out[0]))


def look(ways: Ways, aorta: Aorta, side: Side) -> Look:
    """How a side vessel of the aorta looks."""
    inside = ways.joint_radius(side.step)
    origin = aorta.way.at(side.s_mm)
    way = ways.follow(side.step)
    tangent = aorta.way.at(side.s_mm + 4) - aorta.way.at(side.s_mm - 4)
    tangent /= max(float(np.linalg.norm(tangent)), 1e-9)
    gone = way.at(inside + 6.0) - origin
    out = gone - (gone @ tangent) * tangent
    all_ = ways.reach(side.step) - origin
    near = all_[np.linalg.norm(all_, axis=1) < 90.0]
    return Look(
        side,
        out,
        float(origin[2] - way.at(inside + 75.0)[2]),
        (float(near[:, 0].max()), float(near[:, 0].min())),
        way.length_mm - inside,
    )


def recognize(ways: Ways, aorta: Aorta, from_mm: float) -> Belly:
    """The belly's arteries among what leaves the aorta beyond `from_mm`."""
    sides = [s for s in aorta.sides if s.s_mm >= from_mm and s.caliber_mm >= LEAST_MM]
    own = {f.branch for f in aorta.forks or ()}
    looks = [look(ways, aorta, s) for s in sides if s.step.branch not in own]
    front = [each for each in looks if each.front and each.seen_mm > 5.0]
    celiac, mesenteric = _unpaired(front)
    if mesenteric is None:
        return _renals(ways, aorta, Belly(celiac.side if celiac else None), looks)
    lower = [
        each
        for each in front
        if each.side.s_mm > mesenteric.side.s_mm + 30.0
        and each.falls > 0.7 * FALL_MM
        and each.side.caliber_mm < 0.9 * mesenteric.side.caliber_mm
        and each.spread[0] > 5.0
    ]
    return _renals(
        ways,
        aorta,
        Belly(celiac.side if celiac else None, mesenteric.side, lower[0].side if lower else None),
        looks,
    )


def _unpaired(front: list[Look]) -> tuple[Look | None, Look | None]:
    """The celiac trunk and the superior mesenteric artery among what sets out forwards."""
    spreads = [f for f in front if min(f.spread[0], -f.spread[1]) > SPREAD_MM]
    falls = [f for f in front if f.falls > FALL_MM and f.side.caliber_mm > 1.6]
    for first in front:
        near = [f for f in front if 4.0 < f.side.s_mm - first.side.s_mm < 45.0]
        strong = [f for f in near if f.side.caliber_mm > 0.55 * first.side.caliber_mm]
        if strong and first.falls < FALL_MM and first.side.caliber_mm > 1.6:
            return first, strong[0]
    only_falls = [f for f in falls if f not in spreads or f.falls > 45.0]
    if only_falls:
        above = [f for f in spreads if f.side.s_mm < only_falls[0].side.s_mm]
        big = max(only_falls, key=lambda f: f.side.caliber_mm)
        return (above[0] if above else None), big
    thick = [f for f in front if f.side.caliber_mm > ALONE_MM]
    if len(thick) == 1 and thick[0].falls < FALL_MM and thick[0].seen_mm > ALONE_LONG_MM:
        return thick[0], None  # a scan that ends above the superior mesenteric artery
    return None, None


def _renals(ways: Ways, aorta: Aorta, belly: Belly, looks: list[Look]) -> Belly:
    """The same with the renal arteries of both sides."""
    if belly.mesenteric is None and aorta.forks is None:
        return belly
    taken = {s.step for s in (belly.celiac, belly.mesenteric, belly.inferior) if s}
    found: dict[str, list[Side]] = {"left": [], "right": []}
    for each in looks:
        if each.side.step in taken:
            continue
        way = ways.follow(each.side.step)
        origin = aorta.way.at(each.side.s_mm)
        inside = ways.joint_radius(each.side.step)
        far = way.at(inside + 35.0) - origin
        lateral = abs(far[0]) > OUT_MM and abs(far[0]) > 1.1 * abs(far[2])
        back = far[1] > -6.0 and abs(far[0]) > 0.5 * abs(far[1])
        if not (lateral and back and each.side.caliber_mm > 1.3) or far[1] > 1.6 * abs(far[0]):
            continue
        if belly.mesenteric is not None:
            below = each.side.s_mm - belly.mesenteric.s_mm
            if not RENAL_MM[0] <= below <= RENAL_MM[1]:
                continue
        if abs(each.out[0]) > 0.5 * each.out[1]:
            found["left" if far[0] > 0 else "right"].append(each.side)
    sorted_ = {k: tuple(sorted(v, key=lambda s: -s.caliber_mm)) for k, v in found.items()}
    return Belly(belly.celiac, belly.mesenteric, belly.inferior, sorted_["left"], sorted_["right"])


def name_belly_arteries(ways: Ways, belly: Belly) -> list[Named]:
    """Names of the recognized arteries of the belly and of the celiac trunk's branches."""
    out: list[Named] = []
    celiac = belly.celiac.step if belly.celiac else None
    mesenteric = belly.mesenteric.step if belly.mesenteric else None
    common = common_trunk(ways, mesenteric) if mesenteric and not celiac else None
    if common:
        trunk, celiac, mesenteric = common
        why = "parts into what spreads to both sides and what goes down"
        out += give(trunk, "celiacomesenteric trunk", 0.75, why)
    replaced: list[Named] = []
    if mesenteric:
        why = "from the front of the aorta below the celiac trunk, downwards"
        sure = 0.9 if belly.celiac else 0.75
        way = ways.follow(mesenteric)
        replaced = name_replaced(ways, way, sure)
        out += give(way, "superior mesenteric artery", sure, why) + replaced
    if celiac:
        out += _name_celiac(ways, celiac, mesenteric is not None, replaced=bool(replaced))
    if belly.inferior:
        why = "thin, from the front of the aorta far below the upper one, to the left"
        way = ways.follow(belly.inferior.step)
        out += give(way, "inferior mesenteric artery", 0.7, why, to_mm=130.0)
    for name, sides in (("left", belly.left), ("right", belly.right)):
        for n, side in enumerate(sides):
            way = ways.follow(side.step)
            end = _hilum(ways, way)
            kind = "renal artery" if n == 0 else "accessory renal artery"
            why = f"from the {name} side of the aorta to the {name} and backwards"
            sure = 0.9 if n == 0 and belly.mesenteric else 0.7
            out += give(way, f"{name} {kind}", sure, why, to_mm=end)
    return out


def _hilum(ways: Ways, way: Way) -> float:
    """Where a renal artery parts for good."""
    for side in sides_of(ways, way):
        own = way.middle_radius(side.s_mm - 12.0, side.s_mm - 2.0)
        if side.s_mm > 25.0 and side.caliber_mm > 0.4 * own:
            return side.s_mm
    return way.length_mm


def _name_celiac(ways: Ways, celiac: Step, below: bool, *, replaced: bool) -> list[Named]:
    """The celiac trunk, and the splenic and common hepatic arteries that it parts into."""
    why = "the first artery from the front of the aorta in the belly"
    sure = 0.9 if below else 0.7
    origin = ways.points(celiac)[0]
    spleen = ways.way_to(celiac, lambda p: p[:, 0] - origin[0] + 0.4 * (p[:, 1] - origin[1]))
    liver = ways.way_to(celiac, lambda p: -(p[:, 0] - origin[0]))
    same = [a == b for a, b in zip(spleen.steps, liver.steps, strict=False)]
    common = same.index(False) if False in same else len(same)
    to_left = spleen.points_lps[-1][0] - origin[0]
    to_right = origin[0] - liver.points_lps[-1][0]
    if common in (0, len(same)) or to_left < 15.0 or to_right < 15.0:
        return give(ways.follow(celiac), "celiac trunk", sure, why, to_mm=35.0)
    trunk = ways.way(liver.steps[:common])
    out = give(trunk, "celiac trunk", sure, why) + name_left_gastric(ways, trunk, sure)
    left = ways.way(spleen.steps[common:])
    out += give(
        left,
        "splenic artery",
        0.9 * sure,
        "from the celiac trunk to the far left",
        to_mm=_until_hilum(ways, left),
    )
    right = ways.way(liver.steps[common:])
    end = next(
        (
            s.s_mm
            for s in sides_of(ways, right)
            if s.s_mm > 12.0 and s.caliber_mm > 0.4 * right.radius_at(s.s_mm - 3.0)
        ),
        min(45.0, right.length_mm),
    )
    reason = "from the celiac trunk to the right, to its first fork"
    out += give(right, "common hepatic artery", 0.85 * sure, reason, to_mm=end)
    return out + name_hepatic(ways, right, end, sure, replaced=replaced)


def _until_hilum(ways: Ways, way: Way) -> float:
    """Where a splenic artery parts for good, after most of its way to the left."""
    reach = way.points_lps[:, 0] - way.points_lps[0, 0]
    for side in sides_of(ways, way):
        gone = float(np.interp(side.s_mm, way.s_mm, reach))
        alike = side.caliber_mm > 0.45 * way.radius_at(side.s_mm - 2.0)
        if gone > 0.6 * reach.max() and gone > 40.0 and alike:
            return side.s_mm
    return way.length_mm
