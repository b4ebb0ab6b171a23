"""The names of the arteries of liver and stomach, by where they go from the celiac trunk."""

import numpy as np

from viewer.geometry.names_aorta import sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Way, Ways

LOOK_MM = 22.0
FALLS_MM, RISES_MM = 10.0, 14.0
ASIDE_MM = 6.0
PROPER_MM, SURE_MM = 35.0, 12.0
OWN_MM, INNER_MM = 30.0, 18.0
ALIKE = 0.4
TRUNK_MM = 32.0  # from the aorta's middle
FALL_LOOK_MM, FALL_MM = 55.0, 25.0
SPREAD_LOOK_MM, SPREAD_MM = 90.0, 25.0
REPLACED_MM = 45.0  # from the origin of the superior mesenteric artery
REPLACED_LOOK_MM, REPLACED_ASIDE_MM, REPLACED_RISES_MM = 45.0, 28.0, 12.0


def name_hepatic(
    ways: Ways, common: Way, end_mm: float, sure: float, *, replaced: bool
) -> list[Named]:
    """What a common hepatic artery parts into at `end_mm` of its way.

    Where the right hepatic artery is `replaced` the proper one does not part in a left and a right.
    """
    k = common.step_from(end_mm)
    if not 0 < k < len(common.steps) or abs(common.begins_mm[k] - end_mm) > 1.0:
        return []
    options = ways.ahead(common.steps[k - 1])
    falls = [o for o in options if ways.toward(o, LOOK_MM)[2] < -FALLS_MM]
    goes_on = [o for o in options if o not in falls and ways.toward(o, LOOK_MM)[2] > -ASIDE_MM]
    out: list[Named] = []
    if len(falls) == 1:
        why = "downwards from the end of the common hepatic artery"
        way = ways.follow(falls[0])
        out += give(way, "gastroduodenal artery", 0.8 * sure, why, to_mm=OWN_MM)
    goes_on = [o for o in goes_on if ways.toward(o, LOOK_MM)[0] < 0]
    if len(falls) == 1 and len(goes_on) == 1:
        out += _name_proper(ways, goes_on[0], sure, replaced=replaced)
    return out


def _name_proper(ways: Ways, step: Step, sure: float, *, replaced: bool) -> list[Named]:
    """The proper hepatic artery and its two branches, where it parts in two."""
    way = ways.follow(step)
    fork = next(
        (
            side
            for side in sides_of(ways, way)
            if side.s_mm > 5.0 and side.caliber_mm > ALIKE * way.radius_at(side.s_mm - 2.0)
        ),
        None,
    )
    why = "on to the right from the common hepatic artery, beyond the gastroduodenal one"
    if replaced or fork is None or fork.s_mm > PROPER_MM:
        return give(way, "proper hepatic artery", 0.7 * sure, why, to_mm=SURE_MM)
    out = give(way, "proper hepatic artery", 0.8 * sure, why, to_mm=fork.s_mm)
    pair = (way.steps[way.step_from(fork.s_mm)], fork.step)
    gone = [ways.toward(each, LOOK_MM) for each in pair]
    right = 0 if gone[0][0] < gone[1][0] else 1
    apart = gone[1 - right][0] - gone[right][0]
    if apart < 2 * ASIDE_MM or gone[right][0] > -ASIDE_MM:
        return out
    for name, each in (("right", pair[right]), ("left", pair[1 - right])):
        why = f"the {name} one of the two at the end of the proper hepatic artery"
        own = ways.follow(each)
        out += give(own, f"{name} hepatic artery", 0.75 * sure, why, to_mm=INNER_MM)
    return out


def name_left_gastric(ways: Ways, trunk: Way, sure: float) -> list[Named]:
    """The thin artery that rises from a celiac trunk before it parts."""
    rising = [
        side
        for side in sides_of(ways, trunk)
        if ways.toward(side.step, LOOK_MM)[2] > RISES_MM
        and side.caliber_mm < 0.8 * trunk.radius_at(side.s_mm)
    ]
    if len(rising) != 1:
        return []
    why = "rises from the celiac trunk before it parts"
    way = ways.follow(rising[0].step)
    return give(way, "left gastric artery", 0.75 * sure, why, to_mm=OWN_MM)


def common_trunk(ways: Ways, step: Step) -> tuple[Way, Step, Step] | None:
    """A celiac trunk and a superior mesenteric artery that leave the aorta as one.

    Their common trunk, and the steps to the celiac trunk and to the mesenteric artery.
    """
    way = ways.follow(step)
    for side in sides_of(ways, way):
        if side.s_mm > TRUNK_MM:
            break
        k = way.step_from(side.s_mm)
        joint = way.at(side.s_mm)
        pair = (way.steps[k], side.step)
        falls = [ways.toward(each, FALL_LOOK_MM)[2] < -FALL_MM for each in pair]
        if sum(falls) != 1:
            continue
        celiac, mesenteric = (pair[1], pair[0]) if falls[0] else pair
        reach = ways.reach(celiac) - joint
        near = reach[np.linalg.norm(reach, axis=1) < SPREAD_LOOK_MM]
        if min(near[:, 0].max(), -near[:, 0].min()) > SPREAD_MM:
            return ways.way(way.steps[:k]), celiac, mesenteric
    return None


def name_replaced(ways: Ways, mesenteric: Way, sure: float) -> list[Named]:
    """A right hepatic artery from the superior mesenteric one: far to the right and upwards."""
    found = []
    for side in sides_of(ways, mesenteric):
        gone = ways.toward(side.step, REPLACED_LOOK_MM)
        if side.s_mm < REPLACED_MM and gone[0] < -REPLACED_ASIDE_MM and gone[2] > REPLACED_RISES_MM:
            found.append(side)
    if len(found) != 1:
        return []
    why = "from the superior mesenteric artery to the right and upwards: a replaced one"
    return give(ways.follow(found[0].step), "right hepatic artery", 0.75 * sure, why, to_mm=75.0)
