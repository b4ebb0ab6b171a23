"""The names of the arteries at the base of the brain."""

import numpy as np

from viewer.geometry.names_aorta import sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Way, Ways

END_SHARE = 0.42
ANTERIOR_MM = 40.0
CROSSING_MM = 3.5
POSTERIOR_MM = 60.0
FORWARDS_MM = 4.0, 10.0  # so far within so much of a way
BASILAR_MM = 50.0
SIPHON_MM = 55.0  # an internal carotid artery does not end before
ACROSS_MM = 45.0  # nor does it go so far towards the other side


def name_carotid_ends(ways: Ways, way: Way, side: str, sure: float, why: str) -> list[Named]:
    """An internal carotid artery to its end, and the middle and anterior cerebral arteries.

    `way` begins with the internal carotid artery.
    """
    name = f"{side} internal carotid artery"
    found = end_of_carotid(ways, way, side)
    if found is None:
        return give(way, name, sure, why, to_mm=140.0)
    end_mm, lateral, medial = found
    out = give(way, name, sure, why, to_mm=end_mm)
    fork = f"at the end of the {side} internal carotid artery"
    middle, front = ways.follow(lateral), _own_side(ways, medial, side)
    out += give(
        middle,
        f"{side} middle cerebral artery",
        0.85 * sure,
        f"to the side {fork}",
        to_mm=_until_fork(ways, middle, 0.6, 10.0, 30.0),
    )
    return out + give(
        front,
        f"{side} anterior cerebral artery",
        0.85 * sure,
        f"to the middle and forwards {fork}",
        to_mm=ANTERIOR_MM,
    )


def _own_side(ways: Ways, step: Step, side: str) -> Way:
    """The way on from a step that does not cross to the other side of the body."""
    sign = 1.0 if side == "left" else -1.0

    def choose(here: Step, options: tuple[Step, ...]) -> Step | None:
        own = [o for o in options if sign * ways.toward(o, 10.0)[0] > -CROSSING_MM]
        return ways.main(here, tuple(own)) if own else None

    return ways.follow(step, choose)


def end_of_carotid(ways: Ways, way: Way, side: str) -> tuple[float, Step, Step] | None:
    """Where a carotid artery parts to the side and to the middle, and into which steps."""
    sign = 1.0 if side == "left" else -1.0
    for beside in sides_of(ways, way):
        k = way.step_from(beside.s_mm)
        own = way.middle_radius(beside.s_mm - 12.0, beside.s_mm - 2.0)
        across = sign * (way.points_lps[0] - way.at(beside.s_mm))[0]
        if across > ACROSS_MM:
            return None
        if beside.s_mm < SIPHON_MM or beside.caliber_mm < END_SHARE * own:
            continue
        pair = (way.steps[k], beside.step)
        out = [sign * ways.toward(step, 14.0)[0] for step in pair]
        ahead = [-ways.toward(step, 14.0)[1] for step in pair]
        lateral, medial = int(np.argmax(out)), int(np.argmin(out))
        if out[lateral] > 7.0 and out[medial] < 2.0 and ahead[medial] > 3.0:
            return beside.s_mm, pair[lateral], pair[medial]
    return None


def _until_fork(ways: Ways, way: Way, share: float, from_mm: float, to_mm: float) -> float:
    """Where a way first parts into alike vessels between two distances, or the last of them."""
    for side in sides_of(ways, way):
        if from_mm <= side.s_mm <= to_mm:
            own = way.middle_radius(side.s_mm - 8.0, side.s_mm - 1.0)
            if side.caliber_mm > share * own:
                return side.s_mm
    return to_mm


def name_basilar(ways: Ways, step: Step, sure: float, why: str) -> list[Named]:
    """The basilar artery from where the vertebral arteries meet, and its two ends."""
    way = ways.follow(step)
    found = _end_of_basilar(ways, way)
    name = "basilar artery"
    if found is None:
        return give(way, name, 0.8 * sure, why, to_mm=20.0)
    end_mm, left, right = found
    out = give(way, name, sure, why, to_mm=end_mm)
    for side, on in (("left", left), ("right", right)):
        out += give(
            _backwards(ways, on),
            f"{side} posterior cerebral artery",
            0.85 * sure,
            f"to the {side} at the end of the basilar artery",
            to_mm=POSTERIOR_MM,
        )
    return out


def _backwards(ways: Ways, step: Step) -> Way:
    """The way on from a step that does not turn forwards, as the communicating artery does."""

    def choose(here: Step, options: tuple[Step, ...]) -> Step | None:
        back = [o for o in options if ways.toward(o, FORWARDS_MM[1])[1] > -FORWARDS_MM[0]]
        return ways.main(here, tuple(back)) if back else None

    return ways.follow(step, choose)


def _end_of_basilar(ways: Ways, way: Way) -> tuple[float, Step, Step] | None:
    """Where a basilar artery parts to either side for good."""
    best: tuple[float, Step, Step] | None = None
    for beside in sides_of(ways, way):
        k = way.step_from(beside.s_mm)
        own = way.middle_radius(beside.s_mm - 8.0, beside.s_mm - 1.0)
        if not 12.0 <= beside.s_mm <= BASILAR_MM or beside.caliber_mm < 0.5 * own:
            continue
        pair: tuple[Step, Step] = (way.steps[k], beside.step)
        gone = [ways.toward(step, 14.0) for step in pair]
        apart = gone[0][0] * gone[1][0] < 0 and min(abs(g[0]) for g in gone) > 4.0
        if apart and min(g[2] for g in gone) > -5.0:
            best = (beside.s_mm, *(pair if gone[0][0] > 0 else (pair[1], pair[0])))
    return best
