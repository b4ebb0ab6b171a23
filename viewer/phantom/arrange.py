"""Vessels laid out by hand in the standard adult, and how they lie in one person."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import CubicSpline

from viewer.geometry.tree import distance_along
from viewer.phantom.body import Body
from viewer.phantom.grow import colonize, ramify
from viewer.phantom.scene import Vessels
from viewer.phantom.territories import sample
from viewer.phantom.tissue import Tissue
from viewer.phantom.vessels import Tube, build

# A person is up to half as large again as the standard adult: paths are drawn finer than asked.
STEP_MM = 0.75
STIFF_MM = 20.0
THINNED = 3

Path = Sequence[Sequence[float]]


@dataclass(frozen=True, eq=False)
class Strand:
    """One arranged vessel from its origin to its end, in the standard frame.

    `knots_standard` (n,3) with `radius_mm` (n,) are its control points; `weights` (m,n) makes the
    path of them. It starts at point `joint` of strand `parent` (-1: nowhere), and ends at point
    `end_joint` of strand `end` (-1: freely). It winds by `winding_mm` around its course. `marks`
    are the points from which on it bears another name.
    """

    name: str
    knots_standard: np.ndarray
    radius_mm: np.ndarray
    blood: Tissue
    weights: np.ndarray
    shares: np.ndarray
    parent: int = -1
    joint: int = 0
    end: int = -1
    end_joint: int = 0
    winding_mm: float = 0.0
    marks: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Growth:
    """Twigs that grow out of the ends of strands: into a territory, or dividing freely."""

    strands: tuple[int, ...]
    territory: str
    twigs: int
    name: str


@dataclass
class Arrangement:
    """Arranged vessels; those that ask for more than `detail` (0 to 1) are left out."""

    detail: float = 1.0
    strands: list[Strand] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)

    def add(
        self,
        name: str,
        control_standard: Path,
        radius_mm: ArrayLike,
        blood: Tissue = Tissue.ARTERY,
        *,
        from_: str = "",
        to: str = "",
        winding_mm: float = 0.0,
        at_detail: float = 0.0,
    ) -> None:
        """Lay a vessel through control points (n,3) of the standard frame.

        `radius_mm` is given from first to last, evenly spread over the control points. The vessel
        leaves `from_` (and ends in `to`) where that comes nearest to its first (last) point.
        Left out with its own branches where the detail is under `at_detail`.
        """
        left_out = (from_ and self.known[from_] < 0) or (to and self.known[to] < 0)
        if left_out or at_detail > self.detail:
            self.known[name] = -1
            return
        knots = np.array(control_standard, float)
        parent, joint, knots[0] = self._joined(from_, knots[0])
        end, end_joint, knots[-1] = self._joined(to, knots[-1])
        given = np.atleast_1d(np.asarray(radius_mm, float))
        chord = distance_along(knots)
        radii = np.interp(chord / chord[-1], np.linspace(0, 1, len(given)), given)
        if len(given) == len(knots):
            radii = given
        step_mm = STEP_MM * min(1.0, float(radii.min())) / (1 + winding_mm / 4)
        weights, shares = _spline(knots, step_mm)
        self.known[name] = len(self.strands)
        self.strands.append(
            Strand(
                name, knots, radii, blood, weights, shares, parent, joint, end, end_joint,
                winding_mm,
            )
        )  # fmt: skip

    def add_pair(
        self,
        name: str,
        control_standard: Path,
        radius_mm: ArrayLike,
        blood: Tissue = Tissue.ARTERY,
        *,
        from_: str = "",
        to: str = "",
        winding_mm: float = 0.0,
        at_detail: float = 0.0,
    ) -> None:
        """Lay a vessel on the left side, and its mirror image on the right; see `add`."""
        for side, sign in (("left", 1), ("right", -1)):
            self.add(
                f"{side} {name}",
                (np.array(control_standard, float) * (sign, 1, 1)).tolist(),
                radius_mm,
                blood,
                from_=self._sided(side, from_),
                to=self._sided(side, to),
                winding_mm=winding_mm,
                at_detail=at_detail,
            )

    def path(self, name: str) -> np.ndarray:
        """The path (n,3) of a vessel in the standard frame."""
        strand = self.strands[self.known[name]]
        return np.asarray(strand.weights @ strand.knots_standard)

    def rename(self, name: str, of: str, point_standard: Sequence[float]) -> None:
        """Call a vessel by another name from a point (3,) on, as the aorta below its arch."""
        number, joint, _ = self._joined(of, np.array(point_standard, float))
        strand = self.strands[number]
        self.strands[number] = replace(strand, marks=(*strand.marks, (joint, name)))
        self.known[name] = number

    def grow(self, names: Sequence[str], territory: str, twigs: int, name: str = "") -> None:
        """Let about `twigs` twigs grow out of the ends of vessels, all inside a territory.

        Without a territory ("") every vessel divides freely. Twigs carry the blood of their
        vessel, and are called its branches or `name`.
        """
        found = tuple(n for n in (self.known[given] for given in names) if n >= 0)
        count = round(twigs * self.detail)
        if found and count >= len(found):
            self.growths.append(Growth(found, territory, count, name))

    def place(self, body: Body, rng: np.random.Generator, jitter: float = 1.0) -> Vessels:
        """The vessels of one person; with `jitter` 1 paths differ by 1 to 4 mm between people."""
        paths, standard = [], self._jittered(rng, jitter)
        ends = np.cumsum([len(path) for path in standard])[:-1]
        if standard:
            paths = np.split(body.place(np.concatenate(standard)), ends)
        size = float(np.prod(body.scale)) ** (1 / 3) * np.exp(jitter * rng.normal(0, 0.07))
        tubes = []
        for strand, path in zip(self.strands, paths, strict=True):
            radii = np.interp(strand.shares, _knot_shares(strand), strand.radius_mm)
            wave = np.sin(rng.uniform(3, 9) * strand.shares + rng.uniform(0, 6))
            radii *= size * np.exp(jitter * (rng.normal(0, 0.05) + 0.025 * wave))
            tubes.append(Tube(path, radii, strand.parent, strand.name))
        joints = [strand.joint for strand in self.strands]
        blood = [strand.blood for strand in self.strands]
        for growth in self.growths:
            mine = blood[growth.strands[0]]
            others = [t for t, kind in zip(tubes, blood, strict=True) if kind is not mine]
            for twig in _grown(growth, tubes, others, body, rng):
                tubes.append(twig)
                joints.append(len(tubes[twig.parent].points_lps) - 1)
                blood.append(blood[twig.parent])
        marks = [strand.marks for strand in self.strands]
        return _split(tubes, joints, blood, marks)

    def _joined(self, name: str, point: np.ndarray) -> tuple[int, int, np.ndarray]:
        """Strand and point on its path where a vessel joins it."""
        if not name:
            return -1, 0, point
        path = self.path(name)
        joint = max(1, int(np.argmin(((path - point) ** 2).sum(axis=1))))
        return self.known[name], joint, path[joint]

    def _sided(self, side: str, name: str) -> str:
        return f"{side} {name}" if f"{side} {name}" in self.known else name

    def _jittered(self, rng: np.random.Generator, jitter: float) -> list[np.ndarray]:
        """The strands' paths in the standard frame, as this person has them."""
        paths: list[np.ndarray] = []
        winding = np.exp(jitter * np.clip(rng.normal(0, 0.4), -1, 0.7))
        for strand in self.strands:
            knots = strand.knots_standard
            gaps = np.linalg.norm(np.diff(knots, axis=0), axis=1)
            room = np.minimum(np.r_[gaps[0], gaps], np.r_[gaps, gaps[-1]])
            moved = rng.normal(size=knots.shape) * np.minimum(1.5, 0.09 * room)[:, None] * jitter
            far = np.r_[0.0, np.cumsum(gaps)]
            if strand.parent >= 0:
                drift = paths[strand.parent][strand.joint] - knots[0]
                moved *= (1 - np.exp(-far / STIFF_MM))[:, None]
                moved += np.exp(-far / STIFF_MM)[:, None] * drift
            if strand.end >= 0:
                near = np.exp(-(far[-1] - far) / STIFF_MM)[:, None]
                drift = paths[strand.end][strand.end_joint] - knots[-1]
                moved = moved * (1 - near) + near * drift
                moved[0] = 0 if strand.parent < 0 else paths[strand.parent][strand.joint] - knots[0]
            path = strand.weights @ (knots + moved)
            paths.append(path + _winding(strand, far[-1], winding, rng))
        return paths


def _knot_shares(strand: Strand) -> np.ndarray:
    """How far along its path each control point of a strand lies (n,), from 0 to 1."""
    at = np.argmax(strand.weights, axis=0)
    at[0], at[-1] = 0, len(strand.shares) - 1
    return strand.shares[np.maximum.accumulate(at)]


def _spline(knots: np.ndarray, step_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights (m,n) that make a smooth path of knots (n,3), and how far along points are (m,)."""
    if len(knots) == 2:
        count = max(2, int(np.ceil(np.linalg.norm(knots[1] - knots[0]) / step_mm)) + 1)
        shares = np.linspace(0, 1, count)
        return np.column_stack([1 - shares, shares]), shares
    # centripetal knots: no loops or overshoot where control points are unevenly spaced
    at = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1) ** 0.6)]
    spline = CubicSpline(at, np.eye(len(knots)), bc_type="natural")
    fine = np.linspace(0, at[-1], 40 * len(knots))
    dense = spline(fine) @ knots
    s = distance_along(dense)
    even = np.linspace(0, s[-1], max(2, int(np.ceil(s[-1] / step_mm)) + 1))
    return spline(np.interp(even, s, fine)), even / even[-1]


def _winding(
    strand: Strand, length_mm: float, share: float, rng: np.random.Generator
) -> np.ndarray:
    """How far the points of a winding strand lie off its course (m,3); still at both ends."""
    # wide vessels wind in wide turns
    turn_mm = max(24.0, 13 * float(strand.radius_mm.mean())) * rng.uniform(0.8, 1.25)
    angle = 2 * np.pi * length_mm / turn_mm * strand.shares + rng.uniform(0, 2 * np.pi)
    heading = strand.knots_standard[-1] - strand.knots_standard[0]
    aside = np.cross(heading, rng.normal(size=3))
    aside /= np.linalg.norm(aside)
    across = np.cross(heading, aside)
    across /= np.linalg.norm(across)
    still = np.minimum(1.0, 4 * strand.shares * (1 - strand.shares))
    high = strand.winding_mm * share * still
    return high[:, None] * (
        np.sin(angle)[:, None] * aside + 0.5 * np.cos(1.3 * angle)[:, None] * across
    )


def _grown(
    growth: Growth,
    tubes: list[Tube],
    others: list[Tube],
    body: Body,
    rng: np.random.Generator,
) -> list[Tube]:
    """The twigs of a growth; their parents are numbers among `tubes` and the twigs after them.

    They keep clear of `others`, vessels that carry other blood.
    """
    roots = [tubes[n] for n in growth.strands]
    starts = np.array([root.points_lps[-1] for root in roots])
    headings = np.array([root.points_lps[-1] - root.points_lps[-4:][0] for root in roots])
    radii = np.array([root.radius_mm[-1] for root in roots])
    if growth.territory:
        targets = body.place(sample(growth.territory, growth.twigs, rng))
        course = np.concatenate([np.zeros((0, 3)), *(t.points_lps[::THINNED] for t in others)])
        clear = np.concatenate([np.zeros(0), *(t.radius_mm[::THINNED] for t in others)]) + 0.7
        twigs = colonize(
            starts, headings, targets, radii, rng, others_lps=course, clearance_mm=clear
        )
    else:
        twigs = ramify(starts, headings, radii, growth.twigs, rng)
    out: list[Tube] = []
    for twig in twigs:
        on_root = twig.parent < 0
        parent = growth.strands[-1 - twig.parent] if on_root else len(tubes) + twig.parent
        above = tubes[parent] if on_root else out[twig.parent]
        name = growth.name or (f"{above.name} branch" if on_root else above.name)
        out.append(replace(twig, parent=parent, name=name))
    return out


def _split(
    tubes: list[Tube],
    joints: list[int],
    blood: list[Tissue],
    marks: list[tuple[tuple[int, str], ...]],
) -> Vessels:
    """The tree of tubes that leave their parents at points `joints`.

    Parents are cut there, and where their name changes.
    """
    cuts: list[set[int]] = [{len(tube.points_lps) - 1} for tube in tubes]
    for tube, joint in zip(tubes, joints, strict=True):
        if tube.parent >= 0:
            cuts[tube.parent].add(joint)
    for number, named in enumerate(marks):
        cuts[number].update(joint for joint, _ in named)
    pieces: list[Tube] = []
    kinds: list[Tissue] = []
    ending: dict[tuple[int, int], int] = {}
    for number, tube in enumerate(tubes):
        above = ending[tube.parent, joints[number]] if tube.parent >= 0 else -1
        names = dict(marks[number]) if number < len(marks) else {}
        first, name = 0, tube.name
        for last in sorted(cuts[number]):
            part = slice(first, last + 1)
            name = names.get(first, name)
            pieces.append(Tube(tube.points_lps[part], tube.radius_mm[part], above, name))
            kinds.append(blood[number])
            above = ending[number, last] = len(pieces) - 1
            first = last
    return Vessels(build(pieces), tuple(kinds))
