"""What restorations are measured against, and the thick or noisy scans that they are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tests.benchmarks.cases import DATA, abdomen, dissection, liver
from viewer.enhance.glimpse import cut
from viewer.enhance.scan_facts import ScanFacts, scan_facts
from viewer.phantom.appearance import make_appearance, paint
from viewer.phantom.make import make_scene
from viewer.phantom.rescan import rescan, thin
from viewer.phantom.scanner import SCANNERS, Scanner
from viewer.phantom.scene import Scene
from viewer.progress import silent
from viewer.volume.files import read_volume
from viewer.volume.volume import Volume

# Region, seed, scanner, and the artery at whose origin the middle lies.
PEOPLE = (
    ("abdominal-aorta", 930_001, "vascular", "left renal artery"),
    ("carotid", 930_002, "soft", "right internal carotid artery"),
    ("thoracic-aorta", 930_003, "standard", "brachiocephalic artery"),
)
SHAPE, SPACING_MM = (84, 128, 128), 0.7
SLICE_MM = 0.9  # of the truth, and of scans of which only noise is to be taken
REAL_SHAPE = (72, 112, 112)
SLICES_MM = (2.0, 4.0, 5.0)
DOSES = (0.5, 0.25, 0.1)
MOST_OFF = 0.15  # of the slices asked for, that real ones may be thinner or thicker
NEAR_WALL_MM = 1.5
STEEP_HU = 80.0


@dataclass(frozen=True)
class Setting:
    """Slices so thick at the usual dose, or (None) those of the truth at a share of its dose."""

    slices_mm: float | None = None
    dose: float = 1.0

    @property
    def name(self) -> str:
        """In words."""
        if self.slices_mm is None:
            return f"{100 * self.dose:.0f} % dose"
        return f"{self.slices_mm:g} mm slices"


SETTINGS = (
    *(Setting(slices_mm=each) for each in SLICES_MM),
    *(Setting(dose=each) for each in DOSES),
)


@dataclass(eq=False)
class Truth:
    """What a restoration is measured against: HU, and where edges of vessels are (bool).

    A made-up person has a `scene` with its painted HU and its scanner, and no noise. Of a real
    scan the truth is a `box` (rows, columns) of `slab`, some of its slices, which is thinned.
    """

    name: str
    volume: Volume
    edge: np.ndarray
    scene: Scene | None = None
    painted_hu: np.ndarray | None = None
    scanner: Scanner | None = None
    slab: Volume | None = None
    box: tuple[slice, slice] = (slice(None), slice(None))

    @property
    def kind(self) -> str:
        """The table in which it is told."""
        return "Real scans" if self.scene is None else "Made-up people"

    @cached_property
    def facts(self) -> ScanFacts:
        """What is measured on a real scan before it is thinned."""
        assert self.slab is not None
        return scan_facts(self.slab, silent())

    def factor(self, setting: Setting) -> int | None:
        """How many of its slices make one; None where no whole number comes near."""
        if setting.slices_mm is None:
            unknown = self.scene is None and self.facts.noise_hu is None
            return None if unknown else 1
        own = self.volume.grid.spacing_mm[0]
        count = round(setting.slices_mm / own)
        near = abs(count * own / setting.slices_mm - 1) < MOST_OFF
        return count if near and count > 1 else None

    def scan(self, setting: Setting) -> tuple[Volume, ScanFacts]:
        """The scan in a setting, always the same, and what is measured on it."""
        rng = np.random.default_rng([*self.name.encode()])
        slices = self.factor(setting) or 1
        if self.slab is not None:
            thinned = thin(self.slab, self.facts, rng, slices=slices, dose=setting.dose)
            box = (slice(0, len(thinned.voxels)), *self.box)
            return cut(thinned, scan_facts(thinned, silent()), box)
        assert self.painted_hu is not None
        assert self.scanner is not None
        grid = self.volume.grid
        apart, *across = grid.spacing_mm
        thick = slices * apart if slices > 1 else SLICE_MM
        quieter = float(np.sqrt(SLICE_MM / thick))
        scanner = replace(self.scanner, slice_mm=thick, noise_hu=quieter * self.scanner.noise_hu)
        spacing = (slices * apart, *across)
        scan = rescan(self.painted_hu, grid, scanner, rng, spacing, dose=setting.dose)
        return scan, scan_facts(scan, silent())


def person(region: str, seed: int, scanner_name: str, artery: str) -> Truth:
    """A part of a made-up person, and what a scanner without noise shows of it in thin slices."""
    rng = np.random.default_rng(seed)
    middle = origin_of(artery, region, seed)
    scene = make_scene(region, seed, spacing_mm=SPACING_MM, shape=SHAPE, center_lps=middle)
    hu = paint(scene, make_appearance(rng, phase="arterial"), rng)
    usual = SCANNERS[scanner_name]
    noise = usual.noise_hu * float(np.sqrt(usual.slice_mm / SLICE_MM))
    scanner = replace(usual, slice_mm=SLICE_MM, noise_hu=noise, streaks=0.0, motion_mm=0.0)
    still = replace(scanner, noise_hu=0.0)
    volume = rescan(hu, scene.grid, still, rng, scene.grid.spacing_mm)
    edge = (np.abs(scene.wall_mm) < NEAR_WALL_MM) & (scene.blood > 0)
    return Truth(f"{region} {seed}", volume, edge, scene, hu, scanner)


def origin_of(artery: str, region: str, seed: int) -> np.ndarray:
    """Where (3,) an artery of a made-up person begins, in LPS mm."""
    vessels = make_scene(region, seed, spacing_mm=8.0, shape=(2, 2, 2), companions=False).vessels
    (branch,) = (each for each in vessels.tree.branches if each.name == artery)
    return np.asarray(branch.points_lps[0])


def malformation() -> Volume:
    """The head whose bone was taken away."""
    return read_volume(DATA / "avm_head_cta_vessels_bsd" / "CT_AVM.nii.gz", silent())


REALS: Mapping[str, Callable[[], Volume]] = {
    "head, malformation": malformation,
    "chest, dissection": lambda: next(dissection()).volume,
    "abdomen, portal-venous": lambda: next(abdomen()).volume,
    "liver, arterial": lambda: next(liver()).volume,
}


def real(name: str) -> Truth:
    """The middle of a real scan; its own noise is part of the truth."""
    volume = REALS[name]()
    (first, last), *box = (
        ((n - min(n, m)) // 2, (n + min(n, m)) // 2)
        for n, m in zip(volume.grid.shape, REAL_SHAPE, strict=True)
    )
    rows, columns = (slice(*each) for each in box)
    slab = volume.box((first, 0, 0), (last, *volume.grid.shape[1:]))
    part = slab.box((0, rows.start, columns.start), (last - first, rows.stop, columns.stop))
    hu = part.voxels.astype(np.float32)
    steep = np.sqrt(sum(np.square(np.gradient(hu, axis=axis)) for axis in range(3)))
    edge = (steep > STEEP_HU) & (hu > -200)
    return Truth(name, part, edge, slab=slab, box=(rows, columns))
