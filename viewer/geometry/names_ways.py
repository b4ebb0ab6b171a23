"""Ways through a vessel tree, in any direction, and what lies ahead on them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from viewer.geometry.tree import VesselTree, distance_along

LOOK_MM = 20.0
TURN_MM = 10.0
JOINT = 1.2  # radii of the widest vessel at a joint: what lies nearer is none of a side vessel
TWIG = 0.5  # what is thinner, by the thickest, is a side vessel
STRAIGHT = 0.5  # what going straight on is worth, beside being as thick as the thickest


class Step(NamedTuple):
    """One branch, followed as it is stored (`forward`) or from its end to its start."""

    branch: int
    forward: bool

    @property
    def back(self) -> "Step":
        """The same branch the other way."""
        return Step(self.branch, not self.forward)


@dataclass(frozen=True)
class Stretch:
    """A part of a branch, in mm along it."""

    branch: int
    from_mm: float
    to_mm: float


@dataclass(frozen=True, eq=False)
class Way:
    """Some branches followed one after the other.

    `points_lps` (n,3), `radius_mm` (n,) and `s_mm` (n,) from the way's start; step k begins at
    `begins_mm[k]` and the last number is the length.
    """

    steps: tuple[Step, ...]
    points_lps: np.ndarray
    radius_mm: np.ndarray
    begins_mm: tuple[float, ...]

    @cached_property
    def s_mm(self) -> np.ndarray:
        """Distance of each point from the way's start (n,)."""
        return distance_along(self.points_lps)

    @property
    def length_mm(self) -> float:
        """Length of all steps."""
        return self.begins_mm[-1]

    def at(self, s_mm: float) -> np.ndarray:
        """The point (3,) at a distance from the start; the nearer end beyond it."""
        return np.array([np.interp(s_mm, self.s_mm, self.points_lps[:, a]) for a in range(3)])

    def radius_at(self, s_mm: float) -> float:
        """The radius in mm at a distance from the start."""
        return float(np.interp(s_mm, self.s_mm, self.radius_mm))

    def middle_radius(self, from_mm: float, to_mm: float) -> float:
        """The median radius in mm between two distances."""
        inside = (self.s_mm >= from_mm) & (self.s_mm <= to_mm)
        if not inside.any():
            return self.radius_at(0.5 * (from_mm + to_mm))
        return float(np.median(self.radius_mm[inside]))

    def step_from(self, s_mm: float) -> int:
        """The number of the step that begins at a distance from the start."""
        return int(np.searchsorted(np.array(self.begins_mm), s_mm - 1e-6))

    def stretches(self, from_mm: float = 0.0, to_mm: float = np.inf) -> Iterator[Stretch]:
        """The parts of branches between two distances from the start."""
        for step, first, last in zip(
            self.steps, self.begins_mm[:-1], self.begins_mm[1:], strict=True
        ):
            low, high = max(from_mm, first) - first, min(to_mm, last) - first
            if high - low < 1e-6:
                continue
            length = last - first
            ends = (low, high) if step.forward else (length - high, length - low)
            yield Stretch(step.branch, float(ends[0]), float(ends[1]))

    def place(self, s_mm: float) -> tuple[int, float]:
        """The branch, and how far along it in mm, at a distance from the start."""
        s_mm = float(np.clip(s_mm, 0.0, self.length_mm))
        k = min(int(np.searchsorted(self.begins_mm, s_mm, side="right")) - 1, len(self.steps) - 1)
        step, along = self.steps[k], s_mm - self.begins_mm[k]
        length = self.begins_mm[k + 1] - self.begins_mm[k]
        return step.branch, float(along if step.forward else length - along)


@dataclass(frozen=True, eq=False)
class Ways:
    """A tree that can be followed from any of its ends: branches meet where their ends lie."""

    tree: VesselTree

    @cached_property
    def nodes(self) -> np.ndarray:
        """The number of the joint or end (b,2) at which each branch starts and ends."""
        known: dict[tuple[float, ...], int] = {}
        ends = [p for b in self.tree.branches for p in (b.points_lps[0], b.points_lps[-1])]
        found = [known.setdefault(tuple(np.round(p, 3)), len(known)) for p in ends]
        return np.array(found, int).reshape(-1, 2)

    @cached_property
    def leaving(self) -> dict[int, tuple[Step, ...]]:
        """The steps that lead away from each joint or end."""
        out: dict[int, tuple[Step, ...]] = {}
        for branch, (start, end) in enumerate(self.nodes.tolist()):
            out[start] = (*out.get(start, ()), Step(branch, True))
            out[end] = (*out.get(end, ()), Step(branch, False))
        return out

    @cached_property
    def pieces(self) -> tuple[tuple[int, ...], ...]:
        """The branches of each connected piece."""
        left, out = set(range(len(self.tree.branches))), []
        while left:
            first = min(left)
            piece = self.beyond(Step(first, True)) | self.beyond(Step(first, False)) | {first}
            left -= piece
            out.append(tuple(sorted(piece)))
        return tuple(out)

    def start(self, step: Step) -> int:
        """The joint or end from which a step leads."""
        return int(self.nodes[step.branch, 0 if step.forward else 1])

    def ahead(self, step: Step) -> tuple[Step, ...]:
        """The steps on from the end of one."""
        return tuple(s for s in self.leaving[self.start(step.back)] if s != step.back)

    def beyond(self, step: Step) -> set[int]:
        """The branches that are reached through a step, its own included."""
        seen, front, home = {step.branch}, [step], self.start(step)
        while front:
            for on in self.ahead(front.pop()):
                if on.branch not in seen and self.start(on) != home:
                    seen.add(on.branch)
                    front.append(on)
        return seen

    def reach(self, step: Step) -> np.ndarray:
        """All points (n,3) that are reached through a step."""
        return np.concatenate([self.tree.branches[b].points_lps for b in self.beyond(step)])

    def points(self, step: Step) -> np.ndarray:
        """The points (n,3) of a step in its direction."""
        points = self.tree.branches[step.branch].points_lps
        return points if step.forward else points[::-1]

    def radius(self, step: Step) -> np.ndarray:
        """The radius (n,) mm at the points of a step."""
        radius = self.tree.branches[step.branch].radius_mm
        return radius if step.forward else radius[::-1]

    def way(self, steps: list[Step] | tuple[Step, ...]) -> Way:
        """Some steps that follow one another, as one way."""
        points, radii, begins = [self.points(steps[0])[:1]], [self.radius(steps[0])[:1]], [0.0]
        for step in steps:
            points.append(self.points(step)[1:])
            radii.append(self.radius(step)[1:])
            begins.append(begins[-1] + self.tree.branches[step.branch].length_mm)
        return Way(tuple(steps), np.concatenate(points), np.concatenate(radii), tuple(begins))

    def follow(
        self, step: Step, choose: Callable[[Step, tuple[Step, ...]], Step | None] | None = None
    ) -> Way:
        """The way on from a step; `choose` picks at each joint, by itself the main vessel."""
        choose = choose or self.main
        steps, seen = [step], {self.start(step), self.start(step.back)}
        while True:
            options = tuple(o for o in self.ahead(steps[-1]) if self.start(o.back) not in seen)
            on = choose(steps[-1], options) if options else None
            if on is None:
                return self.way(steps)
            seen.add(self.start(on.back))
            steps.append(on)

    def way_to(self, step: Step, score: Callable[[np.ndarray], np.ndarray]) -> Way:
        """The way from a step to that end beyond it whose point (3,) scores most."""
        before: dict[int, Step | None] = {step.branch: None}
        last, front = {step.branch: step}, [step]
        while front:
            here = front.pop()
            for on in self.ahead(here):
                if on.branch not in before and self.start(on) != self.start(step):
                    before[on.branch], last[on.branch] = here, on
                    front.append(on)
        ends = np.array([self.points(s)[-1] for s in last.values()])
        best: Step | None = list(last.values())[int(np.argmax(score(ends)))]
        steps: list[Step] = []
        while best is not None:
            steps.append(best)
            best = before[best.branch]
        return self.way(steps[::-1])

    def main(self, step: Step, options: tuple[Step, ...]) -> Step | None:
        """The option that goes on as the same vessel: thick and straight."""
        widest = max(self.caliber(o) for o in options)
        come = heading(self.points(step)[::-1], TURN_MM)

        def worth(option: Step) -> float:
            straight = -float(come @ heading(self.points(option), TURN_MM))
            return self.caliber(option) / widest + STRAIGHT * straight

        return max((o for o in options if self.caliber(o) >= TWIG * widest), key=worth)

    def joint_radius(self, step: Step) -> float:
        """The largest radius in mm at the joint from which a step leads."""
        return max(float(self.radius(s)[0]) for s in self.leaving[self.start(step)])

    def caliber(self, step: Step) -> float:
        """The radius in mm with which a vessel sets out, seen once it has left its parent."""
        return self._calibers[step]

    @cached_property
    def _calibers(self) -> dict[Step, float]:
        return {
            step: self._caliber(step)
            for branch in range(len(self.tree.branches))
            for step in (Step(branch, True), Step(branch, False))
        }

    def _caliber(self, step: Step) -> float:
        inside = JOINT * self.joint_radius(step)
        steps, length = [step], self.tree.branches[step.branch].length_mm
        while length < inside + LOOK_MM:
            options = [
                o for o in self.ahead(steps[-1]) if o.branch not in {s.branch for s in steps}
            ]
            if not options:
                break
            steps.append(max(options, key=self._goes_on))
            length += self.tree.branches[steps[-1].branch].length_mm
        inside = min(inside, 0.6 * length)
        return self.way(steps).middle_radius(inside, inside + LOOK_MM)

    def _goes_on(self, step: Step) -> float:
        """The radius in mm of the widest way from a step out of its joint, or of an end in it."""
        home, inside = self.points(step)[0], JOINT * self.joint_radius(step)
        seen, front = {step.branch}, [step]
        leaves, ends = [], []
        while front:
            here = front.pop()
            out = np.linalg.norm(self.points(here) - home, axis=1) > inside
            on = [o for o in self.ahead(here) if self.start(o) != self.start(step)]
            if out.any():
                leaves.append(float(np.median(self.radius(here)[out])))
            elif not on:
                ends.append(float(np.median(self.radius(here))))
            else:
                front += [o for o in on if o.branch not in seen]
                seen.update(o.branch for o in on)
        return max(leaves or ends, default=0.0)

    def toward(self, step: Step, mm: float) -> np.ndarray:
        """How far (3,) in mm the main vessel has gone from its joint after `mm` of its way."""
        way = self.follow(step)
        return np.asarray(way.at(mm) - way.points_lps[0])


def heading(points_lps: np.ndarray, mm: float) -> np.ndarray:
    """The direction (3,), one long, from the first of some points (n,3) to that `mm` on."""
    far = np.linalg.norm(points_lps - points_lps[0], axis=1)
    beyond = np.flatnonzero(far >= mm)
    away = points_lps[beyond[0] if len(beyond) else int(np.argmax(far))] - points_lps[0]
    return np.asarray(away / max(float(np.linalg.norm(away)), 1e-9))
