"""Veins of the trunk and the neck: caval, renal, hepatic and portal."""

from viewer.phantom.arrange import Arrangement
from viewer.phantom.tissue import Tissue


def add_upper_veins(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the superior vena cava with the veins of arms and neck.

    The variant "left-arm-inflow" or "right-arm-inflow" fills the way from that arm with dense
    contrast. Radii of the jugular veins after Lobato 1999.
    """
    dense = {side for side in ("left", "right") if f"{side}-arm-inflow" in variants}
    blood = {side: Tissue.INFLOW if side in dense else Tissue.CAVAL for side in ("left", "right")}
    cava, angle = "superior vena cava", (-27, 8, 334)
    arrangement.add(
        cava,
        [(-33, -1, 258), (-30, 3, 278), (-29, 6, 296), (-28, 8, 316), angle],
        (10, 9.5, 9.0),
        Tissue.INFLOW if dense else Tissue.CAVAL,
    )
    arms = {
        "left": [angle, (-14, -4, 347), (4, -3, 354), (22, 6, 366), (38, 13, 380)],
        "right": [angle, (-30, 9, 352), (-37, 12, 380)],
    }
    for side, course in arms.items():
        sign = 1 if side == "left" else -1
        x, y, z = course[-1]
        trunk = f"{side} brachiocephalic vein"
        arrangement.add(trunk, course, (7.0, 6.5), blood[side], from_=cava)
        arm = [(x, y, z), (sign * 54, 9, 384), (sign * 74, 8, 384), (sign * 88, 11, 372)]
        arm += [(sign * 102, 6, 353), (sign * 132, -2, 331)]
        vein = f"{side} subclavian vein"
        arrangement.add(vein, arm, (5.5, 5.0, 4.5), blood[side], from_=trunk)
        arrangement.rename(f"{side} axillary vein", vein, (sign * 86, 8, 375))
        neck = [(x, y, z), (sign * 35, 13, 400), (sign * 35.5, 15, 430), (sign * 39.5, 18, 462)]
        neck += [(sign * 43, 23, 485), (sign * 40, 27, 502), (sign * 33, 27, 516)]
        size = (6.0, 6.2, 5.5, 4.5) if side == "right" else (5.3, 5.4, 4.8, 4.2)
        jugular = f"{side} internal jugular vein"
        arrangement.add(jugular, neck, size, Tissue.CAVAL, from_=trunk)
    azygos = [(-28, 8, 312), (-26, 24, 318), (-20, 42, 310), (-9, 48, 294), (-6, 47, 270)]
    azygos += [(-5, 44, 228), (-6, 34, 180), (-8, 23, 150)]
    arrangement.add(
        "azygos vein", azygos, (4.2, 3.4, 2.2), from_=cava, blood=Tissue.CAVAL, at_detail=0.3
    )


def add_lower_veins(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the inferior vena cava with the renal, hepatic and iliac veins.

    Radii of the renal veins after Beckmann 1980.
    """
    cava = "inferior vena cava"
    course = [(-34, -2, 212), (-31, 4, 192), (-27, 12, 160), (-25, 17, 130), (-26, 8, 105)]
    course += [(-25, 1, 82), (-23, 2, 60), (-23, 4, 40), (-22, 6, 12), (-23, 10, -15)]
    arrangement.add(cava, course, (12, 11.5, 11, 10.5, 10, 9.8, 9.5, 9.2, 9, 8.5), Tissue.CAVAL)
    _add_renal_veins(arrangement, "retroaortic-left-renal-vein" in variants)
    _add_iliac_veins(arrangement)
    hepatic = {
        "right hepatic vein": [(-28, 10, 167), (-46, 11, 165), (-70, 16, 154), (-94, 22, 138)],
        "middle hepatic vein": [(-28, 10, 168), (-41, -8, 163), (-54, -22, 150), (-62, -32, 136)],
        "left hepatic vein": [(-28, 10, 169), (-29, -10, 167), (-20, -28, 160), (-8, -40, 150)],
    }
    for name, path in hepatic.items():
        arrangement.add(name, path, (4.8, 4.4, 3.4), Tissue.HEPATIC_VEIN, from_=cava)
    arrangement.grow(list(hepatic), "liver", 110)


def _add_renal_veins(arrangement: Arrangement, behind: bool) -> None:
    """The renal veins; the left one before or `behind` the aorta."""
    blood, cava = Tissue.RENAL_VEIN, "inferior vena cava"
    hilum = [(27, 10, 89), (37, 20, 89), (45, 27, 88)]
    front = [(-25, 1, 85), (-11, -9, 85.5), (3, -10.2, 86), (16, -3, 86.5), *hilum]
    back = [(-23, 3, 52), (-12, 7, 54), (1, 9.7, 57), (13, 6, 62), (22, 7, 74), *hilum[1:]]
    arrangement.add(
        "left renal vein",
        back if behind else front,
        (4.5, 2.6, 1.8, 2.4, 4.2, 4.4, 4.2) if behind else (5.2, 4.0, 2.9, 4.0, 4.6, 4.6, 4.2),
        blood,
        from_=cava,
    )
    right = [(-25, 1, 81), (-35, 12, 80), (-41, 19, 80), (-47, 27, 79)]
    arrangement.add("right renal vein", right, (5.2, 4.6, 4.2), blood, from_=cava)
    for side in ("left", "right"):
        arrangement.grow([f"{side} renal vein"], f"{side} kidney", 24)


def _add_iliac_veins(arrangement: Arrangement) -> None:
    """The iliac veins, behind and medial to the arteries."""
    start = (-23, 10, -15)
    trunks = {
        "left": [start, (-9, 12, -25), (8, 13, -34), (22, 23, -51), (30, 34, -68)],
        "right": [start, (-27, 19, -38), (-30, 34, -68)],
    }
    for side, course in trunks.items():
        sign = 1 if side == "left" else -1
        common, external = f"{side} common iliac vein", f"{side} external iliac vein"
        arrangement.add(common, course, (6.5, 6.0), Tissue.CAVAL, from_="inferior vena cava")
        down = [course[-1], (sign * 35, 31, -84), (sign * 49, 2, -112), (sign * 58, -27, -142)]
        down += [(sign * 60, -34, -164)]
        arrangement.add(external, down, (5.2, 4.8), Tissue.CAVAL, from_=common)
        inner = [course[-1], (sign * 30, 44, -82), (sign * 32, 52, -100)]
        arrangement.add(
            f"{side} internal iliac vein", inner, (4.0, 3.2), Tissue.CAVAL, from_=common
        )


def add_leg_veins(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the deep veins of the thighs beside the arteries; needs the lower veins."""
    del variants
    arrangement.add_pair(
        "femoral vein",
        [
            (60, -34, -164),
            (66, -27, -200),
            (74, -22, -245),
            (78, -18, -310),
            (82, -8, -390),
            (80, 12, -450),
            (84, 28, -495),
            (87, 39, -540),
            (88, 40, -590),
        ],
        (4.8, 4.2, 3.6, 3.4),
        Tissue.CAVAL,
        from_="external iliac vein",
    )


def add_portal_veins(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the portal vein with its roots, and let it grow into the liver.

    The tree starts at the confluence. Radii after Weinreb 1982 and Stamm 2016.
    """
    del variants
    blood, join = Tissue.PORTAL, (-9, -18, 94)
    trunk = "portal vein"
    course = [join, (-18, -16, 100), (-31, -11, 110), (-46, -11, 121)]
    arrangement.add(trunk, course, (6.8, 6.3), blood)
    right = [course[-1], (-60, -7, 126), (-74, 0, 130)]
    left = [course[-1], (-42, -17, 130), (-33, -30, 139), (-22, -41, 145)]
    arrangement.add("right portal vein", right, (5.2, 4.6), blood, from_=trunk)
    arrangement.add("left portal vein", left, (4.6, 4.0), blood, from_=trunk)
    arrangement.grow(["right portal vein", "left portal vein"], "liver", 160)
    mesenteric = [
        join,
        (-10, -22, 80),
        (-9.5, -24, 66),
        (-10, -28, 45),
        (-17, -33, 22),
        (-29, -34, 4),
    ]
    splenic = [
        join,
        (3, -24, 99),
        (16, -17, 103),
        (31, -5, 107),
        (49, 12, 114),
        (66, 26, 120),
        (80, 38, 126),
    ]
    # roots of the portal vein: they run from the confluence, against the blood
    arrangement.add("superior mesenteric vein", mesenteric, (5.6, 4.6, 2.6), blood, from_=trunk)
    arrangement.add("splenic vein", splenic, (4.6, 4.2, 3.6), blood, from_=trunk)
    arrangement.grow(["splenic vein"], "spleen", 20)
    arrangement.add(
        "inferior mesenteric vein",
        [(16, -17, 103), (20, -16, 84), (25, -14, 50), (26, -12, 8)],
        (1.9, 1.4),
        blood,
        from_="splenic vein",
        at_detail=0.5,
    )
    jejunal = [(-10, -20, 74), (12, -30, 66), (34, -40, 60)]
    arrangement.add(
        "jejunal vein", jejunal, (2.2, 1.5), blood, from_="superior mesenteric vein", at_detail=0.3
    )
