"""The diseases that made-up vessels can have, and where each one is put."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from viewer.errors import ViewerError
from viewer.phantom import calcification as calcium
from viewer.phantom import (
    dissection,
    embolism,
    malformation,
    narrowing,
    occlusion,
    stent_graft,
    tumor,
    widening,
)
from viewer.phantom.body import Body
from viewer.phantom.placement import Place, find_site
from viewer.phantom.scene import ADDS, FILLS, STAINS, SURROUNDS, Lesion, Solid, Vessels, Wires
from viewer.phantom.site import Change, Site
from viewer.phantom.tissue import Tissue

Add = Callable[[Vessels, Site, float, np.random.Generator], Change]

_AORTA = ("infrarenal|abdominal aorta", "descending thoracic", "aort")
_GRAFTED = (*_AORTA, "common iliac")
_PLAQUE = (
    "internal carotid|common carotid|(common|external) iliac|renal artery$|anterior descending"
    "|left circumflex|coronary|(common|superficial) femoral"
    "|popliteal|superior mesenteric artery$|celiac|subclavian|middle cerebral artery$",
)
_ANEURYSM = (
    "middle cerebral artery$|internal carotid|basilar|anterior cerebral artery$"
    "|splenic artery$|popliteal|renal artery$|aort",
)


@dataclass(frozen=True, eq=False)
class Disease:
    """One disease: its `title`, what it is, what its `severity` 0 to 1 means, and where it sits.

    `places` are patterns of branch names, the best suited first; where a tree has none of them
    free any branch does whose radius lies in `radius_mm`, unless it is a disease of these `only`.
    `length_radii` is the wanted length at severity 0 and 1, and `at` the range of its middle along
    a vessel, 0 to 1.
    """

    title: str
    description: str
    severity: str
    places: tuple[str, ...]
    regions: str
    add: Add
    radius_mm: tuple[float, float] = (1.0, 30.0)
    length_radii: tuple[float, float] = (4.0, 8.0)
    at: tuple[float, float] = (0.0, 1.0)
    blood: Tissue = Tissue.ARTERY
    ends: bool = False
    only: bool = False
    brings: tuple[str, ...] = ()

    def place(self, severity: float) -> Place:
        """Where it wants to sit at a severity."""
        short, long = self.length_radii
        wanted = short + severity * (long - short)
        return Place(self.places, self.radius_mm, wanted, self.at, self.blood, self.ends, self.only)


DISEASES: Mapping[str, Disease] = MappingProxyType(
    {
        "stenosis": Disease(
            "Stenosis",
            "Plaque all round narrows the lumen evenly.",
            "diameter stenosis of 20 to 95 %",
            _PLAQUE, "any with arteries", narrowing.stenosis, (0.7, 9), at=(0.1, 0.6),
        ),
        "eccentric-stenosis": Disease(
            "Eccentric stenosis",
            "Plaque on one wall pushes the lumen to the other, so views differ in what they show.",
            "diameter stenosis of 20 to 95 %",
            _PLAQUE, "any with arteries", narrowing.eccentric_stenosis, (0.7, 9), at=(0.1, 0.6),
        ),
        "calcified-stenosis": Disease(
            "Calcified stenosis",
            "Plates of calcium in the plaque bloom and make the lumen look narrower than it is.",
            "diameter stenosis of 18 to 86 %, with 2 to 6 plates",
            _PLAQUE, "any with arteries", narrowing.calcified_stenosis, (0.7, 9), at=(0.1, 0.6),
        ),
        "soft-plaque": Disease(
            "Soft plaque",
            "A bulky plaque without calcium bulges outward and hardly narrows the lumen.",
            "diameter stenosis of 10 to 48 %, remodeling index of 1.25 to 1.65",
            _PLAQUE, "any with arteries", narrowing.soft_plaque, (0.7, 9), at=(0.1, 0.6),
        ),
        "occlusion": Disease(
            "Occlusion",
            "Clot closes the vessel; thin winding collaterals refill it farther on.",
            "length closed, a quarter to three quarters of the way between the collaterals",
            ("femoral artery|popliteal|(common|external) iliac",
             "carotid|subclavian|mesenteric artery|coronary"),
            "any with arteries", occlusion.occlusion, (0.7, 8), (12.0, 22.0), (0.2, 0.8),
        ),
        "fusiform-aneurysm": Disease(
            "Fusiform aneurysm",
            "The whole circumference of the vessel is widened over a length.",
            "greatest diameter, 1.5 to 2.2 times the healthy one, to 3.2 times",
            (_AORTA[0], "descending thoracic|popliteal|(common|external) iliac|basilar"),
            "any with arteries",
            widening.fusiform_aneurysm, (1.5, 20), (6.0, 10.0), (0.6, 0.85),
        ),
        "aneurysm-with-thrombus": Disease(
            "Aneurysm with mural thrombus",
            "The lumen lies off center in clot, so its width says little of the aneurysm's.",
            "greatest outer diameter, 1.6 to 3.3 times the healthy one",
            (_AORTA[0], "descending thoracic|popliteal|(common|external) iliac"),
            "any with arteries",
            widening.aneurysm_with_thrombus, (2.0, 20), (6.0, 10.0), (0.6, 0.85),
        ),
        "saccular-aneurysm": Disease(
            "Saccular aneurysm",
            "A round sac hangs on one wall by a neck.",
            "width of the sac, from the vessel's to three times it",
            _ANEURYSM, "any with arteries", widening.saccular_aneurysm, (0.8, 20), (5.0, 8.0),
        ),
        "saccular-aneurysm-with-thrombus": Disease(
            "Saccular aneurysm with thrombus",
            "Clot lines the sac: contrast shows less than all of it.",
            "width of the open sac, from the vessel's to three times it",
            _ANEURYSM, "any with arteries", widening.saccular_aneurysm_with_thrombus,
            (0.8, 20), (5.0, 8.0),
        ),
        "ulcer": Disease(
            "Penetrating ulcer",
            "A crater runs through plaque into the wall of the aorta.",
            "depth, 0.3 to 1.3 radii of the vessel (15 mm at most)",
            ("descending thoracic|abdominal aorta", "aort|iliac"),
            "chest, abdomen or any with wide arteries",
            widening.ulcer, (2.5, 22), (3.0, 5.0), only=True,
        ),
        "dissection": Disease(
            "Dissection",
            "A flap winds along the vessel between a true and a weaker enhancing false lumen.",
            "false lumen of 30 to 70 % of the area, vessel widened by 5 to 35 %",
            ("descending thoracic|arch|isthmus", "aort", "carotid|iliac"), "any with wide arteries",
            dissection.dissection, (2.0, 22), (14.0, 30.0),
        ),
        "coarctation": Disease(
            "Coarctation",
            "A short shelf narrows the aorta past the left subclavian artery, wide behind it.",
            "diameter stenosis of 30 to 85 %",
            ("isthmus to descending thoracic", "abdominal aorta", "descending thoracic"),
            "chest or abdomen", narrowing.coarctation, (4.0, 22), (6.0, 7.0), (0.0, 0.15),
            only=True,
        ),
        "arteriovenous-malformation": Disease(
            "Arteriovenous malformation",
            "A tangle of thin vessels drains early into a wide vein.",
            "radius of the nidus, 4 to 14 mm",
            ("m2 trunk|cerebral|callosomarginal|segmental|basal|renal|deep femoral|hepatic",),
            "head, lungs, abdomen or legs",
            malformation.arteriovenous_malformation, (0.4, 6), (8.0, 12.0), (1.0, 1.0), ends=True,
        ),
        "fibromuscular-dysplasia": Disease(
            "Fibromuscular dysplasia",
            "A string of beads in the middle of the artery, beads wider than the vessel.",
            "3 to 9 beads, with webs of 15 to 55 %",
            ("renal artery|internal carotid", "vertebral|external iliac"),
            "abdomen, neck or any with arteries", narrowing.fibromuscular_dysplasia,
            (1.2, 6), (9.0, 22.0), (0.5, 0.8),
        ),
        "vasculitis": Disease(
            "Vasculitis of large vessels",
            "A long smooth taper in a thick wall.",
            "diameter stenosis of 15 to 80 %, wall to 5 mm",
            ("subclavian|common carotid|axillary|descending thoracic|abdominal aorta"
             "|renal artery$",),
            "any with arteries", narrowing.vasculitis, (1.2, 18), (12.0, 24.0),
        ),
        "stent-graft": Disease(
            "Stent graft",
            "Metal rings line an aneurysm, its sac closed off and full of clot.",
            "sac of 1.6 to 3 times the graft's diameter",
            _GRAFTED, "abdomen or chest", stent_graft.stent_graft,
            (3.5, 20), (9.0, 12.0), (0.75, 1.0), only=True,
        ),
        "endoleak": Disease(
            "Endoleak",
            "Blood runs past a stent graft into the sac that it should have closed off.",
            "size of the leak in the sac",
            _GRAFTED, "abdomen or chest", stent_graft.endoleak,
            (3.5, 20), (9.0, 12.0), (0.75, 1.0), only=True, brings=("stent-graft",),
        ),
        "stent": Disease(
            "Stent",
            "A fine metal mesh on the wall; its blooming hides the lumen.",
            "length, 5 to 14 radii",
            ("renal artery$|(common|external) iliac|(common|internal) carotid|anterior descending"
             "|coronary|superficial femoral",),
            "any with arteries", stent_graft.stent, (0.8, 8), (5.0, 14.0), (0.1, 0.6),
        ),
        "pulmonary-embolism": Disease(
            "Pulmonary embolism",
            "Clots hang in pulmonary arteries with blood on both sides, or close thin ones.",
            "1 to 12 clots; from 0.6 on one rides the division of the trunk",
            ("lobar|interlobar|basal", "pulmonary artery"),
            "chest with pulmonary arteries", embolism.pulmonary_embolism,
            (1.0, 13), (3.0, 8.0), blood=Tissue.PULMONARY_ARTERY,
        ),
        "tumor-encasement": Disease(
            "Tumor round a vessel",
            "A mass grows round the vessel and narrows it.",
            "contact with about 50 to 360 degrees of the wall, stenosis up to 60 %",
            ("superior mesenteric artery$|celiac|common hepatic|splenic artery$",
             "(common|internal) carotid|renal artery$"),
            "any with arteries", tumor.tumor_encasement, (1.0, 9), (5.0, 9.0), (0.2, 0.7),
        ),
        "calcification": Disease(
            "Calcification",
            "Plates of calcium lie scattered over the walls of the arteries.",
            "number of plates, up to one for each 10 mm of artery",
            (), "any with arteries", calcium.calcification, (1.2, 30), (0.5, 0.5),
        ),
        "aortic-thrombus": Disease(
            "Aortic thrombus",
            "Clot sits on one wall of an aorta that is not widened.",
            "8 to 55 % of the lumen's area",
            ("descending thoracic|abdominal aorta", "aort|iliac"),
            "chest, abdomen or any with wide arteries",
            embolism.aortic_thrombus, (3.0, 22), (3.0, 7.0), only=True,
        ),
    }
)  # fmt: skip


def add_diseases(
    vessels: Vessels,
    body: Body,
    wanted: Mapping[str, float],
    rng: np.random.Generator,
    closed_lps: np.ndarray | None = None,
) -> tuple[Vessels, tuple[Solid | Wires, ...], tuple[Lesion, ...]]:
    """The vessels with diseases (`wanted`: severity 0 to 1 by key), their bodies and their truth.

    No two sit in the same place, and none near points `closed_lps` (n,3) of the vessels. The order
    of `wanted` does not matter. `ViewerError` where a disease is unknown or finds no free vessel
    that suits it.
    """
    unknown = sorted(set(wanted) - set(DISEASES))
    if unknown:
        raise ViewerError(
            f"There is no disease {unknown[0]!r}, and nothing was changed; choose one of "
            + ", ".join(DISEASES)
            + "."
        )
    brought = {key for each in wanted for key in DISEASES[each].brings}
    solids: list[Solid | Wires] = []
    lesions: list[Lesion] = []
    taken = [closed_lps] if closed_lps is not None and len(closed_lps) else []
    for key in (key for key in DISEASES if key in wanted and key not in brought):
        severity = float(np.clip(wanted[key], 0, 1))
        disease = DISEASES[key]
        site = find_site(vessels, disease.place(severity), taken, rng)
        if site is None:
            raise ViewerError(
                f"{disease.title} finds no free vessel that suits it here, and nothing was "
                f"changed; choose a region that has one ({disease.regions})."
            )
        change = disease.add(vessels, site, severity, rng)
        lesions = [_moved(each, vessels, change.vessels) for each in lesions]
        vessels = change.vessels
        solids += change.solids
        lesions += change.lesions
        if disease.places:
            taken.append(site.points_lps)
    return vessels, tuple(sorted(solids, key=_order)), tuple(lesions)


def _order(solid: Solid | Wires) -> int:
    """What is painted first: blood joins, walls grow round it, calcium in them, clots, metal."""
    if isinstance(solid, Wires):
        return 5
    if solid.effect == SURROUNDS and solid.tissue is Tissue.CALCIUM:
        return 2
    return {ADDS: 0, SURROUNDS: 1, FILLS: 3, STAINS: 4}[solid.effect]


def _moved(lesion: Lesion, before: Vessels, after: Vessels) -> Lesion:
    """The same lesion, with its place told in the branches of changed vessels."""
    old, new = before.tree.branches, after.tree.branches
    if lesion.branch < 0 or len(old) == len(new):
        return lesion
    whole = old[lesion.branch]
    ends = [
        np.array([np.interp(at_mm, whole.s_mm, axis) for axis in whole.points_lps.T])
        for at_mm in (lesion.from_mm, lesion.to_mm)
    ]
    middle = np.array(
        [
            np.interp(0.5 * (lesion.from_mm + lesion.to_mm), whole.s_mm, axis)
            for axis in whole.points_lps.T
        ]
    )
    number = min(
        (n for n, branch in enumerate(new) if branch.name == whole.name),
        key=lambda n: float(np.linalg.norm(new[n].points_lps - middle, axis=1).min()),
    )
    low, high = (
        float(new[number].s_mm[np.linalg.norm(new[number].points_lps - end, axis=1).argmin()])
        for end in ends
    )
    return replace(lesion, branch=number, from_mm=low, to_mm=high)
