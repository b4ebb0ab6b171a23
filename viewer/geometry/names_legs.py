"""The names of the arteries of pelvis and legs."""

from collections.abc import Callable

import numpy as np

from viewer.geometry.names_aorta import Side, sides_of
from viewer.geometry.names_given import Named, give
from viewer.geometry.names_ways import Step, Way, Ways

LEAST_SHARE = 0.4
COMMON_MM = 15.0
INNER_MM = 45.0
GROIN_MM = (30.0, 58.0)  # above the deep femoral artery: surely femoral, surely external iliac
KNEE_MM = (95.0, 210.0)  # above the trifurcation: surely popliteal, surely superficial femoral


def name_leg(ways: Ways, step: Step, side: str, sure: float, why: str) -> list[Named]:
    """A common iliac artery from the aorta's fork, and what follows down to the calf."""
    way = ways.follow(step, _downward(ways))
    fork = _iliac_fork(ways, way)
    name = f"{side} common iliac artery"
    if fork is None:
        return give(way, name, 0.8 * sure, why, to_mm=30.0)
    k = way.step_from(fork.s_mm)
    front, behind = _apart(ways, way.steps[k], fork.step)
    out = give(way, name, sure, why, to_mm=fork.s_mm)
    if front is None or behind is None:
        return out
    reason = f"backwards from the end of the {side} common iliac artery"
    inner = ways.follow(behind)
    out += give(
        inner,
        f"{side} internal iliac artery",
        0.9 * sure,
        reason,
        to_mm=min(_first_fork(ways, inner), INNER_MM),
    )
    return out + name_outer(ways, front, side, sure)


def name_outer(ways: Ways, step: Step, side: str, sure: float) -> list[Named]:
    """An external iliac artery, and the femoral and popliteal arteries that it becomes."""
    way = ways.follow(step, _downward(ways))
    deep = _deep_femoral(ways, way)
    iliac, why = f"{side} external iliac artery", "forwards from the common iliac artery's end"
    if deep is None:
        return give(way, iliac, 0.8 * sure, why, to_mm=_groin(way))
    out = give(way, iliac, 0.9 * sure, why, to_mm=deep.s_mm - GROIN_MM[1])
    return out + name_femoral(ways, way, deep, side, 0.9 * sure)


def name_femoral(ways: Ways, way: Way, deep: Side, side: str, sure: float) -> list[Named]:
    """The common, deep and superficial femoral arteries round a fork of a way, and the calf's."""
    fork = "the fork of the femoral artery in the groin"
    out = give(
        way,
        f"{side} common femoral artery",
        sure,
        f"shortly above {fork}",
        deep.s_mm - GROIN_MM[0],
        deep.s_mm,
    )
    out += give(
        ways.follow(deep.step),
        f"{side} deep femoral artery",
        0.9 * sure,
        f"the outer one behind, from {fork}",
        to_mm=_first_fork(ways, ways.follow(deep.step), 0.6, 60.0),
    )
    three = _calf_fork(ways, way, deep.s_mm)
    name, why = f"{side} superficial femoral artery", f"the straight one from {fork}"
    if three is None:
        return out + give(way, name, 0.9 * sure, why, deep.s_mm, deep.s_mm + 200.0)
    from_, to = three.s_mm - KNEE_MM[1], three.s_mm - KNEE_MM[0]
    out += give(way, name, 0.9 * sure, why, deep.s_mm, max(from_, deep.s_mm + 100.0))
    reason = "behind the knee, above the first fork below it"
    out += give(way, f"{side} popliteal artery", 0.85 * sure, reason, to, three.s_mm)
    return out + _name_calf(ways, way, three, side, sure)


def _name_calf(ways: Ways, way: Way, three: Side, side: str, sure: float) -> list[Named]:
    """The arteries of the calf from the fork below the knee."""
    pair = (way.steps[way.step_from(three.s_mm)], three.step)
    forward = [-ways.toward(step, 35.0)[1] for step in pair]
    if abs(forward[0] - forward[1]) < 6.0:
        return []
    front, behind = pair if forward[0] > forward[1] else pair[::-1]
    out = give(
        ways.follow(front, _downward(ways)),
        f"{side} anterior tibial artery",
        0.85 * sure,
        "forwards from the fork below the knee",
    )
    trunk = ways.follow(behind, _downward(ways))
    fork = next(
        (
            s
            for s in sides_of(ways, trunk)
            if 12.0 < s.s_mm < 80.0 and s.caliber_mm > 0.5 * trunk.radius_at(s.s_mm - 2.0)
        ),
        None,
    )
    if fork is None:
        return out
    out += give(
        trunk,
        f"{side} tibioperoneal trunk",
        0.8 * sure,
        "backwards from the fork below the knee to the next",
        to_mm=fork.s_mm,
    )
    ends = (trunk.steps[trunk.step_from(fork.s_mm)], fork.step)
    sign = 1.0 if side == "left" else -1.0
    lateral = [sign * ways.toward(step, 60.0)[0] for step in ends]
    if abs(lateral[0] - lateral[1]) < 6.0:
        return out
    inner, outer = ends if lateral[0] < lateral[1] else ends[::-1]
    for on, kind, where in ((inner, "posterior tibial", "inner"), (outer, "peroneal", "outer")):
        out += give(
            ways.follow(on, _downward(ways)),
            f"{side} {kind} artery",
            0.8 * sure,
            f"the {where} one from the tibioperoneal trunk",
        )
    return out


def _downward(ways: Ways) -> Callable[[Step, tuple[Step, ...]], Step | None]:
    """The choice of the thick vessel that goes down."""

    def choose(step: Step, options: tuple[Step, ...]) -> Step | None:
        down = [o for o in options if ways.toward(o, 30.0)[2] < 3.0]
        return ways.main(step, tuple(down)) if down else None

    return choose


def _iliac_fork(ways: Ways, way: Way) -> Side | None:
    """Where a common iliac artery parts."""
    for side in sides_of(ways, way):
        own = way.middle_radius(side.s_mm - 20.0, side.s_mm - 3.0)
        if side.s_mm > COMMON_MM and side.caliber_mm > LEAST_SHARE * own:
            return side
    return None


def _apart(ways: Ways, first: Step, second: Step) -> tuple[Step | None, Step | None]:
    """The front and the back one of two steps, None where they lie alike."""
    behind = [ways.toward(step, 35.0)[1] for step in (first, second)]
    if abs(behind[0] - behind[1]) < 8.0:
        return None, None
    return (first, second) if behind[0] < behind[1] else (second, first)


def _first_fork(ways: Ways, way: Way, share: float = 0.5, from_mm: float = 12.0) -> float:
    """Where a way first parts into alike vessels."""
    for side in sides_of(ways, way):
        own = way.radius_at(side.s_mm - 3.0)
        if side.s_mm > from_mm and side.caliber_mm > share * own:
            return side.s_mm
    return way.length_mm


def _groin(way: Way) -> float:
    """Where an external iliac artery has come to the front for good; its end where it has not."""
    y = way.points_lps[:, 1]
    front = int(np.argmin(y))
    near = np.flatnonzero(y[: front + 1] > y[front] + 4.0)
    reached = float(way.s_mm[near[-1]]) if len(near) else 0.0
    if way.length_mm - reached < 45.0:
        return way.length_mm
    return reached


def _deep_femoral(ways: Ways, way: Way) -> Side | None:
    """The deep femoral artery: the first strong one that leaves backwards, far down."""
    for side in sides_of(ways, way):
        own = way.middle_radius(side.s_mm - 20.0, side.s_mm - 3.0)
        gone = ways.toward(side.step, 50.0)
        if side.s_mm > 60.0 and side.caliber_mm > 0.5 * own and gone[2] < -15.0 and gone[1] > 4.0:
            return side
    return None


def _calf_fork(ways: Ways, way: Way, from_mm: float) -> Side | None:
    """Where the popliteal artery parts below the knee."""
    for side in sides_of(ways, way):
        own = way.middle_radius(side.s_mm - 20.0, side.s_mm - 3.0)
        if side.s_mm > from_mm + 280.0 and side.caliber_mm > 0.4 * own:
            return side
    return None
