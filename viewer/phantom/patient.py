"""A made-up patient from a recipe: the scene, its scan, and all that is known of both."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.enhance.tube_voltage import IODINE_AT_KVP
from viewer.errors import ViewerError
from viewer.phantom.appearance import Appearance, make_appearance
from viewer.phantom.body import make_body
from viewer.phantom.disease import DISEASES
from viewer.phantom.make import GENERATOR, make_scene, region_grid
from viewer.phantom.regions import REGIONS
from viewer.phantom.scanner import SCANNERS, Scanner, make_scanner, shoot
from viewer.phantom.scene import Scene
from viewer.phantom.tissue import PHASES, Phase, mask_labels
from viewer.phantom.truth import truth_document
from viewer.phantom.variants import VARIANTS
from viewer.progress import Progress
from viewer.provenance import product_version
from viewer.segment.mask import ARTERY, VEIN
from viewer.volume.volume import Volume

USUAL_MM: Mapping[str, float] = MappingProxyType(
    {"coronary": 0.7, "head": 0.8, "carotid": 0.9, "liver": 1.0, "legs": 1.5}
)
USUAL_ELSEWHERE_MM = 1.2
DOSES, SPACINGS_MM, VARIETIES = (0.05, 4.0), (0.3, 6.0), (0.0, 2.0)
KVPS = tuple(sorted(IODINE_AT_KVP))
BYTES_A_VOXEL = 70

_PLAQUE = ("stenosis", "eccentric-stenosis", "calcified-stenosis", "soft-plaque", "calcification")
_BULGE = ("fusiform-aneurysm", "saccular-aneurysm", "saccular-aneurysm-with-thrombus")
_AORTA = ("aneurysm-with-thrombus", "ulcer", "dissection", "aortic-thrombus", "stent-graft")
_BELLY = (
    *_PLAQUE, *_BULGE, *_AORTA, "endoleak", "occlusion", "stent", "fibromuscular-dysplasia",
    "vasculitis", "tumor-encasement", "arteriovenous-malformation",
)  # fmt: skip
SUITED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "thoracic-aorta": (
            *_PLAQUE, *_BULGE, *_AORTA, "endoleak", "coarctation", "vasculitis",
            "pulmonary-embolism",
        ),
        "chest": (*_PLAQUE, *_BULGE, *_AORTA, "coarctation", "vasculitis", "pulmonary-embolism"),
        "coronary": (*_PLAQUE, "occlusion", "stent"),
        "pulmonary": ("pulmonary-embolism", "arteriovenous-malformation", "tumor-encasement"),
        "abdominal-aorta": _BELLY,
        "abdomen": _BELLY,
        "liver": (*_PLAQUE, "saccular-aneurysm", "arteriovenous-malformation", "tumor-encasement"),
        "carotid": (
            *_PLAQUE, "saccular-aneurysm", "occlusion", "stent", "fibromuscular-dysplasia",
            "vasculitis", "tumor-encasement",
        ),
        "head": (
            *_PLAQUE, "saccular-aneurysm", "saccular-aneurysm-with-thrombus", "occlusion",
            "arteriovenous-malformation", "vasculitis",
        ),
        "legs": (*_PLAQUE, "occlusion", "stent", "fusiform-aneurysm", "aneurysm-with-thrombus"),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What a made-up patient is to be; whatever is None is drawn from the seed.

    `diseases` maps names to severities (0 to 1); `dose` is a share of the usual one; `variety`
    says how far bodies differ from the standard one (1 is usual); `spacing_mm` None is usual for
    the region; `variants` are keys of `VARIANTS`, or drawn as common as in people;
    `random_contrast` lets the levels of soft tissue change places, as in an MR angiogram.
    """

    region: str
    seed: int
    diseases: Mapping[str, float | None] = field(default_factory=lambda: MappingProxyType({}))
    phase: Phase | None = None
    kvp: int | None = None
    scanner: str | None = None
    dose: float = 1.0
    spacing_mm: float | None = None
    variety: float = 1.0
    variants: tuple[str, ...] | None = None
    random_contrast: bool = False


@dataclass(frozen=True, eq=False)
class Patient:
    """A made-up patient: `document` is the truth as JSON holds it."""

    recipe: Recipe
    scene: Scene
    appearance: Appearance
    scanner: Scanner
    volume: Volume
    document: Mapping[str, Any]


def suited(region: str) -> tuple[str, ...]:
    """The diseases that suit a region, in the order of `DISEASES`; all where none is known."""
    names = SUITED.get(region, tuple(DISEASES))
    return tuple(name for name in DISEASES if name in names)


def check(recipe: Recipe) -> None:
    """Raise a `ViewerError` that says which wish cannot be met, and which can."""
    _among("region", recipe.region, REGIONS)
    for disease in recipe.diseases:
        _among("disease", disease, DISEASES)
    for variant in recipe.variants or ():
        _among("variant", variant, VARIANTS)
    _among("phase", recipe.phase, PHASES)
    _among("tube voltage", recipe.kvp, KVPS)
    _among("scanner", recipe.scanner, SCANNERS)
    if recipe.seed < 0:
        raise ViewerError("The seed must be 0 or more; nothing was made.")
    for what, value, (low, high) in (
        ("dose", recipe.dose, DOSES),
        ("voxel size", recipe.spacing_mm, SPACINGS_MM),
        ("variety", recipe.variety, VARIETIES),
        *((f"severity of {name}", value, (0.0, 1.0)) for name, value in recipe.diseases.items()),
    ):
        if value is not None and not low <= value <= high:
            raise ViewerError(
                f"The {what} must lie between {low:g} and {high:g}; nothing was made."
            )


def _among(what: str, name: object, known: Any) -> None:
    if name is not None and name not in known:
        choices = ", ".join(str(each) for each in known)
        raise ViewerError(
            f"There is no {what} called {name}; nothing was made: choose among {choices}."
        )


def decided(recipe: Recipe) -> Recipe:
    """The same recipe with everything drawn that was left open, but for phase, kVp and scanner."""
    rng = np.random.default_rng([recipe.seed, 11])
    drawn = dict(zip(DISEASES, rng.uniform(0.25, 0.95, len(DISEASES)), strict=True))
    severities = {
        name: round(float(drawn[name]), 3) if severity is None else float(severity)
        for name, severity in recipe.diseases.items()
    }
    usual = USUAL_MM.get(recipe.region, USUAL_ELSEWHERE_MM)
    return replace(
        recipe, diseases=MappingProxyType(severities), spacing_mm=recipe.spacing_mm or usual
    )


def needed_bytes(recipe: Recipe) -> int:
    """About how much memory the making of a patient takes."""
    recipe = decided(recipe)
    body = make_body(np.random.default_rng([recipe.seed, 0]), recipe.variety)
    grid = region_grid(recipe.region, body, (recipe.spacing_mm or 1.0,) * 3)
    return int(np.prod(grid.shape, dtype=float) * BYTES_A_VOXEL)


def make_patient(recipe: Recipe, progress: Progress) -> Patient:
    """The patient of a recipe: the same recipe gives the same patient, bit by bit.

    Raises `ViewerError` where the recipe cannot be met.
    """
    check(recipe)
    recipe = decided(recipe)
    looking, scanning = (np.random.default_rng([recipe.seed, part]) for part in (12, 13))
    progress.at(0.0, f"Making the anatomy: {REGIONS[recipe.region].title.lower()}")
    scene = make_scene(
        recipe.region,
        recipe.seed,
        spacing_mm=recipe.spacing_mm or 1.0,
        diseases={name: severity or 0.0 for name, severity in recipe.diseases.items()},
        variety=recipe.variety,
        variants=recipe.variants,
        progress=progress.part(0.0, 0.7),
    )
    progress.at(0.7, "Scanning")
    appearance = make_appearance(
        looking,
        phase=recipe.phase,
        kvp=recipe.kvp,
        random_contrast=float(recipe.random_contrast),
    )
    scanner = SCANNERS[recipe.scanner] if recipe.scanner else make_scanner(looking)
    volume = shoot(scene, appearance, scanner, scanning, dose=recipe.dose)
    progress.at(0.95, "Writing down the truth")
    document = truth_document(scene, appearance, scanner, dose=recipe.dose)
    document["lesions"] = [
        each | {"in_scan": scene.grid.holds(np.array(each["at_lps"]))}
        for each in document["lesions"]
    ]
    document["program"] = product_version()
    document["recipe"] = asdict(replace(recipe, diseases=dict(recipe.diseases)))
    if recipe.variants is not None:
        document["recipe"]["variants"] = list(recipe.variants)
    progress.at(1.0)
    return Patient(recipe, scene, appearance, scanner, volume, MappingProxyType(document))


def surprise(seed: int, region: str | None = None) -> Recipe:
    """A recipe by chance: three times in four with one or two diseases that suit the region."""
    rng = np.random.default_rng([seed, 14])
    place = region or str(rng.choice(sorted(SUITED)))
    names = SUITED.get(place, ())
    count = min(len(names), int(rng.choice(3, p=[0.25, 0.55, 0.2])))
    chosen = [str(name) for name in rng.choice(names, count, replace=False)] if count else []
    severities = {name: round(float(rng.uniform(0.35, 0.95)), 2) for name in chosen}
    phase: Phase = "arterial" if rng.random() < 0.85 else "late"
    scanners = ("vascular", "soft", "iterative", "standard", "photon counting")
    return Recipe(
        place,
        seed,
        MappingProxyType(severities),
        phase=phase,
        kvp=int(rng.choice([100, 120])),
        scanner=str(rng.choice(scanners)),
        dose=round(float(rng.uniform(0.5, 1.5)), 2),
    )


def generator_text() -> str:
    """Which generator made a patient, for headers and records."""
    return f"Angioscape {product_version()}, generator {GENERATOR}"


def front_view(recipe: Recipe, progress: Progress, spacing_mm: float = 5.0) -> np.ndarray:
    """A small picture (rows, columns, 3) uint8 of a patient from the front, made in coarse voxels.

    The body in gray, arteries red, veins blue, a yellow cross where each disease lies.
    """
    patient = make_patient(replace(recipe, spacing_mm=spacing_mm), progress)
    voxels, grid = patient.volume.voxels, patient.volume.grid
    gray = np.clip((voxels.mean(axis=1) + 1000) / 1300, 0, 1)
    gray = np.maximum(gray, 0.8 * np.clip((voxels.max(axis=1) - 200.0) / 900, 0, 1))
    rgb = np.repeat((255 * gray).astype(np.uint8)[:, :, None], 3, axis=2)
    found = mask_labels().take(patient.scene.tissue)
    rgb[(found == VEIN).any(axis=1)] = (74, 125, 223)
    rgb[(found == ARTERY).any(axis=1)] = (229, 77, 77)
    rgb = np.repeat(np.repeat(rgb, 4, axis=0), 4, axis=1)
    for lesion in patient.scene.lesions:
        k, _, i = grid.index(lesion.at_lps)
        row, column = int(4 * k + 2), int(4 * i + 2)
        rgb[max(row - 8, 0) : row + 9, max(column - 1, 0) : column + 1] = (245, 217, 10)
        rgb[max(row - 1, 0) : row + 1, max(column - 8, 0) : column + 9] = (245, 217, 10)
    return np.ascontiguousarray(rgb[::-1])
