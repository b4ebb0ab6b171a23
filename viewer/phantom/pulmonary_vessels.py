"""Vessels of the lungs: the pulmonary arteries, and the veins to the left atrium."""

from viewer.phantom.arrange import Arrangement
from viewer.phantom.tissue import Tissue

TWIGS_A_LUNG = 260


def add_pulmonary_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the pulmonary arteries to the lobes, and let them grow into the lungs.

    Radii after Edwards 1998 (trunk and main arteries) and Singhal 1973 (tree).
    """
    del variants
    blood = Tissue.PULMONARY_ARTERY
    trunk = "pulmonary trunk"
    course = [(13, -38, 254), (18, -30, 267), (22.5, -21, 280), (21, -4, 291), (14, 10, 297)]
    arrangement.add(trunk, course, (13.0, 13.0, 12.5), blood)
    left, right = "left pulmonary artery", "right pulmonary artery"
    arrangement.add(
        left,
        [course[-1], (26, 21, 303), (38, 30, 303), (48, 38, 295)],
        (10.0, 8.5),
        blood,
        from_=trunk,
    )
    arrangement.add(
        right,
        [course[-1], (-4, 21, 299), (-18, 26, 298), (-30, 29, 297), (-43, 30, 292)],
        (10.0, 9.5, 8.0),
        blood,
        from_=trunk,
    )
    lobes = {
        "left upper lobar artery": (left, [(40, 32, 302), (52, 24, 314), (60, 18, 328)], 4.6, 3.2),
        "left lower lobar artery": (
            left,
            [(48, 38, 295), (55, 43, 280), (59, 45, 262), (66, 46, 240)],
            6.6,
            3.6,
        ),
        "right upper lobar artery": (
            right,
            [(-26, 28, 297), (-42, 22, 308), (-54, 18, 324)],
            5.4,
            3.4,
        ),
        "right interlobar artery": (
            right,
            [(-43, 30, 292), (-53, 35, 278), (-57, 39, 262), (-64, 44, 238)],
            7.0,
            3.6,
        ),
    }
    for name, (source, path, first, last) in lobes.items():
        arrangement.add(name, path, (first, last), blood, from_=source)
    below_left, below_right = "left lower lobar artery", "right interlobar artery"
    above_left, above_right = "left upper lobar artery", "right upper lobar artery"
    segments = {
        "left lingular artery": (below_left, [(52, 41, 288), (66, 20, 276), (80, 2, 262)]),
        "left superior segmental artery": (
            below_left,
            [(56, 43, 278), (68, 56, 278), (84, 66, 284)],
        ),
        "left anterior segmental artery": (
            above_left,
            [(52, 24, 314), (66, 12, 312), (78, 0, 312)],
        ),
        "left posterior basal artery": (below_left, [(61, 45, 256), (66, 60, 238), (72, 68, 218)]),
        "left anterior basal artery": (below_left, [(62, 45, 252), (82, 30, 236), (96, 16, 220)]),
        "right middle lobar artery": (below_right, [(-55, 37, 272), (-64, 18, 260), (-76, 0, 248)]),
        "right superior segmental artery": (
            below_right,
            [(-56, 38, 270), (-68, 56, 276), (-84, 66, 282)],
        ),
        "right anterior segmental artery": (
            above_right,
            [(-44, 21, 310), (-60, 8, 310), (-74, -4, 308)],
        ),
        "right posterior basal artery": (
            below_right,
            [(-60, 41, 252), (-66, 58, 234), (-74, 68, 212)],
        ),
        "right anterior basal artery": (
            below_right,
            [(-61, 42, 248), (-80, 30, 232), (-94, 14, 214)],
        ),
    }
    for name, (source, path) in segments.items():
        arrangement.add(name, path, (2.9, 2.4), blood, from_=source, at_detail=0.1)
    for side, lobar in (("left", (above_left, below_left)), ("right", (above_right, below_right))):
        tips = [*lobar, *(name for name in segments if name.startswith(side))]
        arrangement.grow(tips, f"{side} lung", TWIGS_A_LUNG, f"{side} pulmonary artery branch")


def add_pulmonary_veins(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the four pulmonary veins from the left atrium, and let them grow into the lungs."""
    del variants
    veins = {
        "right superior pulmonary vein": [
            (-8, 24, 255),
            (-26, 20, 267),
            (-44, 16, 279),
            (-60, 9, 292),
        ],
        "right inferior pulmonary vein": [
            (-8, 30, 243),
            (-28, 36, 239),
            (-48, 44, 230),
            (-66, 56, 220),
        ],
        "left superior pulmonary vein": [(18, 22, 258), (34, 17, 272), (50, 12, 286), (64, 8, 300)],
        "left inferior pulmonary vein": [
            (18, 32, 248),
            (38, 37, 246),
            (50, 37, 236),
            (68, 52, 222),
        ],
    }
    side_veins = {
        "right superior": (
            "right middle lobe vein",
            [(-34, 18, 271), (-52, 6, 258), (-70, -10, 249)],
        ),
        "right inferior": (
            "right anterior basal vein",
            [(-40, 41, 234), (-62, 34, 220), (-84, 24, 204)],
        ),
        "left superior": ("left lingular vein", [(38, 16, 275), (58, 2, 272), (78, -12, 262)]),
        "left inferior": (
            "left anterior basal vein",
            [(46, 37, 240), (68, 32, 224), (86, 22, 208)],
        ),
    }
    blood = Tissue.PULMONARY_VEIN
    for name, course in veins.items():
        arrangement.add(name, course, (6.2, 5.2, 3.4), blood)
        key = " ".join(name.split()[:2])
        small, path = side_veins[key]
        arrangement.add(small, path, (3.0, 2.3), blood, from_=name, at_detail=0.1)
    for side in ("left", "right"):
        tips = [name for name in veins if name.startswith(side)]
        tips += [name for key, (name, _) in side_veins.items() if key.startswith(side)]
        arrangement.grow(tips, f"{side} lung", TWIGS_A_LUNG, f"{side} pulmonary vein branch")
