"""The names of the arteries of the neck: carotid, vertebral and basilar."""

import numpy as np

from viewer.geometry.names_aorta import Side, sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_head import name_basilar, name_carotid_ends
from viewer.geometry.names_ways import Step, Way, Ways

FORK_MM = 40.0  # how far from its origin a common carotid artery parts at the earliest
LEAST_SHARE = 0.42
LEAST_RISE_MM = 8.0
ALIKE = 0.5
ALONE_MM = 150.0
MEET_MM = 15.0
FALLS_MM = 28.0


def name_carotid(
    ways: Ways, step: Step, side: str, sure: float, why: str, from_mm: float = FORK_MM
) -> list[Named]:
    """A common carotid artery from its origin on, and what it parts into."""
    way = ways.follow(step)
    fork = carotid_fork(ways, way, from_mm)
    name = f"{side} common carotid artery"
    if fork is None:
        return give(way, name, sure, why, to_mm=190.0)
    out = give(way, name, sure, why, to_mm=fork.s_mm)
    return out + name_carotid_fork(ways, way, fork, side, sure)


def carotid_fork(ways: Ways, way: Way, from_mm: float = FORK_MM) -> Side | None:
    """Where a carotid artery parts into two that both go up."""
    for side in sides_of(ways, way):
        own = way.middle_radius(side.s_mm - 25.0, side.s_mm - 3.0)
        rises = ways.toward(side.step, 25.0)[2] > LEAST_RISE_MM
        if side.s_mm >= from_mm and side.caliber_mm >= LEAST_SHARE * own and rises:
            return side
    return None


def name_carotid_fork(ways: Ways, way: Way, fork: Side, side: str, sure: float) -> list[Named]:
    """The internal and external carotid artery beyond a fork; none where they look alike."""
    k = way.step_from(fork.s_mm)
    first, second = way.steps[k], fork.step
    votes = internal_votes(ways, first, second)
    if abs(votes) < 2:
        return []
    inner, outer = (first, second) if votes > 0 else (second, first)
    share = 0.6 + 0.1 * min(abs(votes), 3)
    reason = "of the two at the carotid's fork"
    out = name_internal(
        ways, inner, side, share * sure, f"the one behind, without branches, {reason}"
    )
    trunk = ways.follow(outer)
    end = _external_end(ways, trunk)
    out += give(
        trunk,
        f"{side} external carotid artery",
        share * sure,
        f"the one in front, with branches, {reason}",
        to_mm=end,
    )
    return out


def _external_end(ways: Ways, way: Way) -> float:
    """Where the external carotid artery ends: at its last fork into alike vessels, by 75 mm."""
    for side in sides_of(ways, way):
        if side.s_mm > 45.0 and side.caliber_mm > 0.55 * way.radius_at(side.s_mm - 3.0):
            return side.s_mm
    return min(75.0, way.length_mm)


def internal_votes(ways: Ways, first: Step, second: Step) -> int:
    """How much more the first of two steps looks like the internal carotid artery."""
    a, b = ways.toward(first, 18.0), ways.toward(second, 18.0)
    votes = int(np.sign(a[1] - b[1])) if abs(a[1] - b[1]) > 2.0 else 0
    wide = ways.caliber(first) / ways.caliber(second)
    votes += 1 if wide > 1.12 else -1 if wide < 0.89 else 0
    counts = [
        sum(s.s_mm < 45.0 for s in sides_of(ways, ways.follow(each))) for each in (first, second)
    ]
    votes += int(np.sign(counts[1] - counts[0]))
    high = [float(ways.follow(each).points_lps[:, 2].max()) for each in (first, second)]
    return votes + (int(np.sign(high[0] - high[1])) if abs(high[0] - high[1]) > 15.0 else 0)


def name_internal(ways: Ways, step: Step, side: str, sure: float, why: str) -> list[Named]:
    """An internal carotid artery up to where it parts in the brain, and what it parts into."""
    return name_carotid_ends(ways, ways.follow(step), side, sure, why)


def name_vertebral(ways: Ways, step: Step, side: str, sure: float, why: str) -> list[Named]:
    """A vertebral artery up to where it meets the other, and the basilar artery beyond."""
    found = vertebral_end(ways, step)
    name = f"{side} vertebral artery"
    if found is None:
        return give(_rising(ways, step), name, sure, why, to_mm=ALONE_MM)
    way, k = found
    out = give(way, name, sure, why, to_mm=way.begins_mm[k])
    meet = "from where the vertebral arteries meet in the middle"
    return out + name_basilar(ways, way.steps[k], 0.9 * sure, meet)


def vertebral_end(ways: Ways, step: Step) -> tuple[Way, int] | None:
    """The way up from a step, and with which of its steps it goes on from the other's end.

    None where no alike vessel comes to it from below on the other side.
    """
    way = _rising(ways, step)
    for k in range(1, len(way.steps)):
        for beside in ways.ahead(way.steps[k - 1]):
            if beside == way.steps[k]:
                continue
            thick = ways.caliber(beside) > ALIKE * ways.caliber(way.steps[k])
            falls = float(way.at(way.begins_mm[k])[2] - ways.reach(beside)[:, 2].min())
            down = ways.toward(beside, 35.0)[2] < -8.0 and falls > FALLS_MM
            if thick and down and _meets(way, k, beside, ways):
                return way, k
    return None


def _rising(ways: Ways, step: Step) -> Way:
    """The way on from a step that does not turn down for long."""

    def choose(here: Step, options: tuple[Step, ...]) -> Step | None:
        rising = [o for o in options if ways.toward(o, 20.0)[2] > -6.0]
        return ways.main(here, tuple(rising)) if rising else None

    return ways.follow(step, choose)


def _meets(way: Way, k: int, beside: Step, ways: Ways) -> bool:
    """Whether a vessel comes to the joint before step k from the other side."""
    s = way.begins_mm[k]
    came = way.at(s - MEET_MM)[0] - way.at(s)[0]
    return bool(came * ways.toward(beside, MEET_MM)[0] < 0)
