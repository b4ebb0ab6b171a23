"""The coronary arteries, which run on the heart's surface in its grooves."""

from viewer.phantom.arrange import Arrangement

ROOT = "aortic root"


def add_coronary_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the coronary arteries; needs the aorta. Radii after Dodge 1992 (table 3)."""
    _add_left(arrangement)
    _add_right(arrangement, "left-dominant" in variants)


def _add_left(arrangement: Arrangement) -> None:
    """The left main, anterior descending and circumflex arteries."""
    main, ladder, around = "left main coronary artery", "left anterior descending artery", ""
    around = "left circumflex artery"
    fork = (32, 0, 263)
    arrangement.add(main, [(4, -1, 262), (17, 4, 265), (25, 4, 265), fork], (2.3, 2.2), from_=ROOT)
    descending = [fork, (38, -14, 259), (42, -30, 253), (50, -42, 242), (60, -52, 228)]
    descending += [(72, -57, 212), (84, -57, 194), (90, -50, 180)]
    arrangement.add(ladder, descending, (1.9, 1.7, 1.3, 0.8), from_=main)
    circumflex = [fork, (42, 8, 260), (52, 15, 250), (56, 22, 236), (50, 26, 220), (38, 26, 206)]
    arrangement.add(around, circumflex, (1.7, 1.5, 1.2), from_=main)
    branches = {
        "first diagonal artery": (
            [(42, -30, 253), (54, -32, 252), (68, -32, 243), (80, -34, 228)],
            ladder,
        ),
        "second diagonal artery": (
            [(52, -45, 239), (64, -46, 236), (77, -45, 225), (86, -44, 212)],
            ladder,
        ),
        "first septal artery": ([(43, -32, 252), (40, -38, 240), (42, -38, 228)], ladder),
        "first obtuse marginal artery": (
            [(48, 12, 255), (62, 8, 252), (74, -2, 242), (84, -14, 228)],
            around,
        ),
        "second obtuse marginal artery": (
            [(56, 20, 240), (68, 15, 230), (79, 2, 216), (86, -12, 206)],
            around,
        ),
    }
    for name, (course, source) in branches.items():
        radius = (0.7, 0.5) if "septal" in name else (1.1, 0.65)
        arrangement.add(name, course, radius, from_=source, at_detail=0.25)


def _add_right(arrangement: Arrangement, left_dominant: bool) -> None:
    """The right coronary artery, and who feeds the back of the heart."""
    right = "right coronary artery"
    course = [(4, -1, 262), (-1, -19, 264), (-11, -31, 257), (-22, -39, 245), (-29, -40, 228)]
    course += [(-30, -32, 210), (-24, -18, 196)]
    if not left_dominant:
        course += [(-10, -2, 191), (4, 10, 194)]
    radii = (1.1, 1.0, 0.7) if left_dominant else (1.9, 1.8, 1.6, 1.4)
    arrangement.add(right, course, radii, from_=ROOT)
    feeder = "left circumflex artery" if left_dominant else right
    lead = [(38, 26, 206), (24, 20, 196)] if left_dominant else []
    arrangement.add(
        "posterior descending artery",
        [*lead, (4, 10, 194), (18, 0, 187), (36, -14, 179), (56, -28, 172), (72, -38, 170)][
            bool(lead) :
        ],
        (1.2, 0.7),
        from_=feeder,
    )
    if not left_dominant:
        arrangement.add(
            "posterolateral artery",
            [(4, 10, 194), (20, 18, 193), (38, 16, 188), (56, 4, 184)],
            (1.1, 0.65),
            from_=right,
            at_detail=0.25,
        )
    arrangement.add(
        "acute marginal artery",
        [(-30, -32, 211), (-16, -48, 200), (6, -58, 191), (30, -60, 182)],
        (0.9, 0.6),
        from_=right,
        at_detail=0.25,
    )
    arrangement.add(
        "conus artery",
        [(-4, -22, 262), (-5, -40, 257), (0, -53, 247)],
        (0.7, 0.5),
        from_=right,
        at_detail=0.5,
    )
