"""Which way through a tree is the aorta, where its heart's end is, and what leaves it."""

from dataclasses import dataclass, replace

import numpy as np

from viewer.geometry.names_ways import JOINT, Step, Way, Ways, heading

LEAST_MM = 5.5  # radius
SURE_MM = 7.0
LEAST_LENGTH_MM = 12.0
ALONE_MM = 70.0
WIDE_MM = 9.0
FORK_MM = 25.0
ABOUT = 0.9  # of the widest: the longest branch as wide as that is surely the aorta's
NARROW = 10  # percent of a way that is narrower
SAME = 0.72  # caliber of what goes on as the aorta, as a share of it
RECENT_MM = 30.0
LEAST_SAME = 0.5  # the same of what was widest lately; a sac counts as a wide aorta
LATELY_MM = 120.0
ALWAYS_MM = 8.0  # what is this thick goes on as the aorta even below a sac
NARROWEST = 0.62
DEAD_END_MM = 30.0
STRAIGHT = 0.85  # cosine
RATHER_MM = 13.0
ALIKE = 0.7
ARCH_DROP_MM = 25.0
ARM_MM = 30.0
ROOT_MM = 40.0
CORONARY_MM = 3.2
BEHIND_MM = 20.0
LEVEL = 0.45


@dataclass(frozen=True)
class Side:
    """A vessel that leaves a way at `s_mm`; `caliber_mm` is its radius."""

    step: Step
    s_mm: float
    caliber_mm: float


@dataclass(frozen=True, eq=False)
class Aorta:
    """The aorta in a tree from the heart downwards, with what leaves it by distance.

    `arch_mm` (from, to) is where the way turns over, None where it does not; `rising` says that
    it holds the ascending part, `beside` that it lies
    behind another piece that rises; `forks` are the two iliac arteries' steps (left, right).
    """

    way: Way
    sides: tuple[Side, ...]
    arch_mm: tuple[float, float] | None = None
    rising: bool = False
    beside: bool = False
    forks: tuple[Step, Step] | None = None


def aortas(ways: Ways) -> list[Aorta]:
    """The pieces of aorta in a tree: one, or ascending and descending apart."""
    found = [_aorta(ways, piece) for piece in ways.pieces]
    out = [each for each in found if each is not None]
    out = [each for each in out if not any(_thinner_beside(each, o) for o in out)]
    if len(out) > 1 or any(each.rising for each in out):
        out = _one_rising([_with_rising(ways, each, out) for each in out])
    return sorted(out, key=lambda each: -each.way.length_mm)


def sides_of(ways: Ways, way: Way, *, first: bool = False, last: bool = False) -> tuple[Side, ...]:
    """What leaves a way at its joints (with `first` and `last`, also at its start and end)."""
    own = {s.branch for s in way.steps}
    start = ways.leaving[ways.start(way.steps[0])]
    out = [Side(on, 0.0, ways.caliber(on)) for on in start if on.branch not in own and first]
    for k, step in enumerate(way.steps):
        if k == len(way.steps) - 1 and not last:
            break
        out += [
            Side(on, way.begins_mm[k + 1], ways.caliber(on))
            for on in ways.ahead(step)
            if on.branch not in own
        ]
    return tuple(sorted(out, key=lambda side: side.s_mm))


def _aorta(ways: Ways, piece: tuple[int, ...]) -> Aorta | None:
    """The aorta in a connected piece, if it holds one."""
    branches = ways.tree.branches
    long = [b for b in piece if branches[b].length_mm >= 3.0] or list(piece)
    wide = {b: float(np.median(branches[b].radius_mm)) for b in long}
    widest = max(wide.values())
    if widest < LEAST_MM:
        return None
    seed = max((b for b in long if wide[b] > ABOUT * widest), key=lambda b: branches[b].length_mm)
    back = _extended(ways, [Step(seed, False)])
    steps = _extended(ways, [s.back for s in reversed(back)])
    way = ways.way(steps)
    if pulmonary_fork(ways, way) is not None:
        return None
    way, arch, rising = _from_heart(ways, way)
    forks = iliac_fork(ways, way)
    usual = way.middle_radius(0, way.length_mm)
    if forks is None and usual < SURE_MM:
        return None
    alone = forks is None and arch is None and usual < WIDE_MM
    if way.length_mm < (ALONE_MM if alone else LEAST_LENGTH_MM):
        return None
    return Aorta(
        way, sides_of(ways, way, first=True, last=forks is None), arch, rising, False, forks
    )


def _extended(ways: Ways, steps: list[Step]) -> list[Step]:
    """Steps, and on from their end as long as the aorta goes on."""
    steps = list(steps)
    while True:
        seen = {s.branch for s in steps}
        options = [o for o in ways.ahead(steps[-1]) if o.branch not in seen]
        if not options:
            return steps
        way = ways.way(steps)
        recent = way.middle_radius(way.length_mm - RECENT_MM, way.length_mm)
        widest = float(way.radius_mm[way.s_mm >= way.length_mm - LATELY_MM].max())
        if _iliacs(ways, way, tuple(options)):
            return steps
        least = min(max(SAME * recent, LEAST_SAME * min(widest, RATHER_MM)), ALWAYS_MM)
        wide = [o for o in options if ways.caliber(o) >= least]
        if not wide:
            return _to_end(ways, _to_fork(ways, steps), NARROWEST * recent)
        steps.append(_farthest(ways, wide, options, NARROWEST * recent))


def _farthest(ways: Ways, wide: list[Step], options: list[Step], least_mm: float) -> Step:
    """The one of several wide steps that leads farthest.

    Where all end soon, as where the mask of two lumens frays, a thinner one that leads on.
    """
    widest = max(ways.caliber(o) for o in wide)
    same = [o for o in wide if ways.caliber(o) > SAME * widest]
    best = _widest_there(ways, max(same, key=lambda o: ways.follow(o).length_mm), same, widest)
    if ways.follow(best).length_mm > DEAD_END_MM:
        return best
    on = [
        o
        for o in options
        if ways.caliber(o) >= least_mm and ways.follow(o).length_mm > 2 * DEAD_END_MM
    ]
    return max(on, key=ways.caliber, default=best)


def _widest_there(ways: Ways, best: Step, options: list[Step], near_mm: float) -> Step:
    """The one of several steps to about the same end whose way is nowhere as narrow as others'.

    Where a mask has a hole, a second way goes around it.
    """
    end = ways.follow(best).points_lps[-1]
    there = [o for o in options if np.linalg.norm(ways.follow(o).points_lps[-1] - end) < near_mm]
    return max(there, key=lambda o: float(np.percentile(ways.follow(o).radius_mm, NARROW)))


def _to_fork(ways: Ways, steps: list[Step]) -> list[Step]:
    """Steps, and on where a little farther the iliac arteries part."""
    longer = list(steps)
    while True:
        options = ways.ahead(longer[-1])
        if not options:
            return steps
        longer.append(max(options, key=lambda o: float(np.median(ways.radius(o)))))
        way = ways.way(longer)
        if way.length_mm - ways.way(steps).length_mm > FORK_MM:
            return steps
        if iliac_fork(ways, way):
            return longer


def _to_end(ways: Ways, steps: list[Step], least_mm: float) -> list[Step]:
    """Steps, and straight on into a last short piece as wide out of the joint: the aorta's own end.

    At a cut end a centerline runs into an edge of the cut, and its spheres shrink.
    """
    come = heading(ways.way(steps).points_lps[::-1], RECENT_MM)
    for on in ways.ahead(steps[-1]):
        points = ways.points(on)
        far = np.linalg.norm(points - points[0], axis=1)
        out = ways.radius(on)[far > JOINT * ways.joint_radius(on)]
        straight = -float(come @ heading(points, DEAD_END_MM)) > STRAIGHT
        if straight and not ways.ahead(on) and len(out) and out.max() >= least_mm:
            return [*steps, on] if far.max() < DEAD_END_MM else steps
    return steps


def _iliacs(ways: Ways, way: Way, options: tuple[Step, ...]) -> tuple[Step, Step] | None:
    """The left and right one of two alike vessels that go down on either side, if such part."""
    if len(options) < 2:
        return None
    first, second = sorted(options, key=ways.caliber, reverse=True)[:2]
    if ways.caliber(second) < ALIKE * ways.caliber(first) or ways.caliber(second) < 2.0:
        return None
    a, b = ways.toward(first, 50.0), ways.toward(second, 50.0)
    down = min(-a[2], -b[2]) > 12.0
    apart = abs(a[0] - b[0]) > 14.0
    come = way.points_lps[-1] - way.at(way.length_mm - RECENT_MM)
    if not (down and apart and come[2] < 0):
        return None
    return (first, second) if a[0] > b[0] else (second, first)


def iliac_fork(ways: Ways, way: Way) -> tuple[Step, Step] | None:
    """The left and right common iliac artery at the end of the aorta, if it parts so."""
    return _iliacs(ways, way, ways.ahead(way.steps[-1]))


def pulmonary_fork(ways: Ways, way: Way) -> tuple[Step, Step] | None:
    """The left and right pulmonary artery on a thick way or at its ends, if it parts so."""
    for step in (*way.steps, way.steps[0].back):
        options = [s for s in (*ways.ahead(step), step.back) if ways.caliber(s) > 4.5]
        if len(options) < 3:
            continue
        gone = [ways.toward(s, 35.0) for s in options]
        level = [k for k in range(len(gone)) if abs(gone[k][2]) < 0.8 * abs(gone[k][0])]
        if len(level) < 2:
            continue
        left, right = max(level, key=lambda k: gone[k][0]), min(level, key=lambda k: gone[k][0])
        if gone[left][0] > 20.0 and gone[right][0] < -20.0:
            return options[left], options[right]
    return None


def _from_heart(ways: Ways, way: Way) -> tuple[Way, tuple[float, float] | None, bool]:
    """A way turned so that it starts at the heart, its arch, and whether it rises at first."""
    z = way.points_lps[:, 2]
    top = int(np.argmax(z))
    drops = z[top] - z[0], z[top] - z[-1]
    if min(drops) < ARCH_DROP_MM:
        if abs(z[0] - z[-1]) < LEVEL * way.length_mm:  # a scan that begins in the arch
            back = way.points_lps[-1, 1] > way.points_lps[0, 1]
            way = way if back else _turned(ways, way)
            return way, (0.0, way.length_mm), False
        down = way if z[0] > z[-1] else _turned(ways, way)
        return down, None, False
    first, last = _arm(way, top, -1), _arm(way, top, 1)
    if first[1] > last[1]:  # the ascending arm lies in front
        way = _turned(ways, way)
    return way, _arch(way), True


def _turned(ways: Ways, way: Way) -> Way:
    return ways.way([s.back for s in reversed(way.steps)])


def _arm(way: Way, top: int, toward: int) -> np.ndarray:
    """The point (3,) of a way some way below its top, before (-1) or after it (1)."""
    z = way.points_lps[top, 2] - way.points_lps[:, 2]
    low = np.flatnonzero((z > ARM_MM * 0.8) & (np.sign(np.arange(len(z)) - top) == toward))
    return np.asarray(way.points_lps[low[0] if toward > 0 else low[-1]])


def _arch(way: Way) -> tuple[float, float]:
    """Where a way runs more level than upright around its top."""
    even = np.linspace(0, way.length_mm, max(3, int(way.length_mm)))
    points = np.array([way.at(s) for s in even])
    slope = np.gradient(points, even, axis=0)
    level = np.abs(slope[:, 2]) < np.linalg.norm(slope[:, :2], axis=1)
    top = int(np.argmax(points[:, 2]))
    low = high = top
    while low > 0 and level[low - 1]:
        low -= 1
    while high < len(even) - 1 and level[high + 1]:
        high += 1
    return float(even[low]), float(even[high])


def _thinner_beside(aorta: Aorta, other: Aorta) -> bool:
    """Whether a piece that parts in two lies beside a much wider piece, as a lung's artery does."""
    z, there = aorta.way.points_lps[:, 2], other.way.points_lps[:, 2]
    both = min(z.max(), there.max()) - max(z.min(), there.min())
    thin = np.median(aorta.way.radius_mm) < SAME * np.median(other.way.radius_mm)
    return bool(thin and both > 0.3 * np.ptp(z))


def _one_rising(found: list[Aorta]) -> list[Aorta]:
    """The pieces without those that only seem to rise, as the pulmonary trunk does."""
    rising = [each for each in found if each.rising]
    if len(rising) < 2:
        return found
    real = [each for each in rising if each.arch_mm is not None] or [
        each
        for each in rising
        if any(s.s_mm < ROOT_MM and s.caliber_mm < CORONARY_MM for s in each.sides)
    ]
    return [each for each in found if not each.rising or (each in real and len(real) == 1)]


def _with_rising(ways: Ways, aorta: Aorta, all_: list[Aorta]) -> Aorta:
    """A piece without an arch, turned to rise where it lies in front of another piece."""
    if aorta.rising:
        return aorta
    z = aorta.way.points_lps[:, 2]
    for other in all_:
        there = other.way.points_lps
        near = there[(there[:, 2] > z.min()) & (there[:, 2] < z.max())]
        if other is aorta or not len(near):
            continue
        own = aorta.way.points_lps[(z > near[:, 2].min()) & (z < near[:, 2].max())]
        if len(own) and near[:, 1].mean() - own[:, 1].mean() > BEHIND_MM:
            way = _turned(ways, aorta.way)
            return Aorta(way, sides_of(ways, way, first=True, last=True), None, True)
        if len(own) and own[:, 1].mean() - near[:, 1].mean() > BEHIND_MM:
            return replace(aorta, beside=True)
    return aorta
