"""The tables of what was measured along the vessels: a row of `LISTINGS` makes a table."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import TreeMeasures
from viewer.window.findings_courses import length_rows, neck_rows
from viewer.window.findings_lesions import (
    calcium_rows,
    dissection_rows,
    narrowing_rows,
    occlusion_rows,
    sac_rows,
    widening_rows,
)
from viewer.window.findings_rows import (
    PROPOSED_TIP,
    Row,
    angle_rows,
    audit_rows,
    landmark_rows,
    name_rows,
    section_rows,
)


@dataclass(frozen=True)
class Head:
    """A column: its title, what explains it, and whether it holds numbers."""

    title: str
    tip: str = ""
    number: bool = True


@dataclass(frozen=True)
class Listing:
    """One table: how it is called, its columns, its rows.

    `empty` is the sentence where nothing was found; `count` what stands behind its title.
    """

    name: str
    title: str
    heads: tuple[Head, ...]
    rows: Callable[[TreeMeasures, VesselTree], list[Row]]
    empty: str
    count: Callable[[TreeMeasures], str]


def _words(title: str, tip: str = "") -> Head:
    return Head(title, tip, number=False)


def _missing(found: TreeMeasures) -> str:
    missing = sum(not each.found for each in found.audit)
    return f"{missing} missing" if missing else str(len(found.audit))


EQUIVALENT = "Diameter of the circle of the lumen's area"
HEALTHY = f"{EQUIVALENT} that the vessel would have there"
GUIDELINE = "How likely the greatest diameter lies above what guidelines name"
LUMEN = "Of the lumen, across its middle line"
STATE = _words("State", PROPOSED_TIP)
# fmt: off
LISTINGS: tuple[Listing, ...] = (
    Listing(
        "narrowings", "Narrowings",
        (_words("Vessel"),
         Head("Narrowed ⌀", f"By diameter: {EQUIVALENT.lower()} against the healthy one"),
         Head("Area", "By area of the lumen, against the healthy one"),
         Head("NASCET", "By diameter, against the normal vessel beyond"),
         Head("⌀ left, equivalent", f"{EQUIVALENT} where it is narrowest"),
         Head("⌀ healthy, equivalent", HEALTHY), Head("Length", "Of the narrowing"),
         Head("At", "Along the vessel"), STATE),
        narrowing_rows, "No vessel is narrowed by a quarter of its diameter or more.",
        lambda found: str(sum(len(vessel.stenoses) for vessel in found.vessels)),
    ),
    Listing(
        "widenings", "Widenings",
        (_words("Vessel"),
         Head("⌀ greatest", "Across the middle line, with thrombus where it is marked"),
         _words("Guideline", GUIDELINE),
         Head("⌀ greatest, lumen", "Across the middle line, without thrombus"),
         Head("⌀ healthy, equivalent", HEALTHY),
         Head("⌀ before, equivalent", f"{EQUIVALENT} just before the widening"),
         Head("Length", "Of the widening"), Head("Volume", "Within the outer wall"),
         Head("Lumen", "Volume of the lumen"),
         Head("Thrombus", "Volume between lumen and outer wall"),
         Head("At", "Along the vessel"), STATE),
        widening_rows, "No vessel is widened to one and a half times its diameter or more.",
        lambda found: str(sum(len(vessel.aneurysms) for vessel in found.vessels)),
    ),
    Listing(
        "sacs", "Sacs",
        (_words("Vessel"), Head("⌀ greatest", "Between any two of its points"),
         Head("Height", "From the neck to the dome"), Head("Width", "Greatest across its height"),
         Head("Neck", "Where it leaves the wall"), Head("Height / neck", "Aspect ratio"),
         Head("⌀ of the vessel", "That it sits on"), Head("Volume"),
         Head("Lumen", "What blood fills"), Head("Thrombus", "What blood does not fill"),
         _words("Where"), STATE),
        sac_rows, "No sac was found on the walls or where vessels part.",
        lambda found: str(len(found.sacs)),
    ),
    Listing(
        "occlusions", "Occlusions",
        (_words("Vessel"), Head("Length", "From where it ends to where it goes on"),
         Head("⌀ before, equivalent", f"{EQUIVALENT} before the occlusion"),
         Head("Filled with", "Median brightness of what fills it"),
         Head("Calcium", "Share of what fills it"), Head("Sure", "From 0 to 1"),
         _words("Beyond", "Whether the vessel was found again"), STATE),
        occlusion_rows, "No vessel of the map ends with its full caliber.",
        lambda found: str(len(found.occlusions)),
    ),
    Listing(
        "dissections", "Dissections",
        (_words("Vessel"), _words("What"), Head("Length", "Along the middle line"),
         Head("⌀ greatest", "Within the outer wall; of a tear its width"),
         Head("Flap", "Thickness of the flap"), Head("True lumen", "Volume"),
         Head("False lumen", "Volume"), Head("Without contrast", "Volume of the false lumen"),
         Head("Sure", "From 0 to 1"), STATE),
        dissection_rows, "No flap was found that parts a wide vessel into two lumens.",
        lambda found: str(len(found.dissections)),
    ),
    Listing(
        "calcium", "Calcium",
        (_words("Vessel"), Head("Volume", "Corrected for blooming"), Head("Plaques"),
         Head("Widest arc", "Of the circumference"), Head("Brightest"),
         Head("Agatston", "Only where the scan allows a score"), STATE),
        calcium_rows, "No calcium was found in the walls of the arteries.",
        lambda found: str(max((each.plaques for each in found.calcifications), default=0)),
    ),
    Listing(
        "necks", "Necks",
        (_words("Aneurysm of"), Head("Length", "From the lowest renal artery to where it widens"),
         Head("⌀ of the neck", "Just before the aneurysm"),
         Head("Alpha", "Between the aorta above the renal arteries and the neck; 0 is straight"),
         Head("Beta", "Between the neck and the sac; 0 is straight"), _words("Where"), STATE),
        neck_rows, "No aneurysm lies below renal arteries that the map holds.",
        lambda found: str(len(found.necks)),
    ),
    Listing(
        "lengths", "Lengths",
        (_words("Vessel"), Head("Length", "Along the middle line, from the vessel it leaves"),
         Head("Tortuosity", "Length over the straight distance of the ends"),
         Head("Curvature", "Greatest, over 5 mm; a click goes there"),
         Head("Torsion", "Strongest; positive like a right-handed screw"), STATE),
        length_rows, "No vessel of the map is long enough to be measured along.",
        lambda found: str(sum(each.winding is not None for each in found.vessels)),
    ),
    Listing(
        "angles", "Angles",
        (_words("Vessel"), _words("and"), Head("Angle", "In space, between lines through both"),
         _words("What"), STATE),
        angle_rows, "No vessels part in the map, so there are no angles.",
        lambda found: str(len(found.angles)),
    ),
    Listing(
        "landmarks", "Landmarks",
        (Head("No."), _words("Place"), Head("⌀ equivalent", EQUIVALENT), Head("⌀ greatest", LUMEN),
         Head("⌀ least", LUMEN), _words("Guideline", GUIDELINE), _words("Where it lies"), STATE),
        landmark_rows, "No aorta was found in the map, so its landmarks are not measured.",
        lambda found: str(sum(row.at_lps is not None for row in found.landmarks)),
    ),
    Listing(
        "aorta", "Aorta",
        (_words("Section"), Head("Length", "Along the middle line"),
         Head("Volume", "Of what the tip names: the lumen, or both lumens of a dissection"),
         _words("Bounded by"), STATE),
        section_rows, "No aorta was found in the map, so its sections are not measured.",
        lambda found: str(sum(bool(np.isfinite(s.length_mm)) for s in found.aortic_sections)),
    ),
    Listing(
        "names", "Names",
        (_words("Vessel"), _words("Branches"), Head("Sure", "From 0 to 1"), _words("Read from"),
         STATE),
        name_rows, "No vessel of the map could be named.",
        lambda found: str(len({each.name for each in found.names if each.name})),
    ),
    Listing(
        "audit", "Audit",
        (_words("Expected vessel"), _words("Found"), Head("Sure", "From 0 to 1"),
         _words("What is known"), STATE),
        audit_rows, "No vessel of the map is known by name, so it is not known what to expect.",
        _missing,
    ),
)
# fmt: on
