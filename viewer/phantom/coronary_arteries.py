"""The coronary arteries, which run on the heart's surface in its grooves."""

from viewer.phantom.arrange import Arrangement, Path

ROOT = "aortic root"
# Where the grooves of the heart meet at its back (standard frame).
CRUX = (14.0, -5.5, 203.0)


def add_coronary_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the coronary arteries; needs the aorta. Radii after Dodge 1992 (table 3)."""
    _add_left(arrangement)
    _add_right(arrangement, "left-dominant" in variants)


def _add_left(arrangement: Arrangement) -> None:
    """The left main, anterior descending and circumflex arteries."""
    main, ladder, around = "left main coronary artery", "left anterior descending artery", ""
    around = "left circumflex artery"
    fork = (30, -3, 267.5)
    arrangement.add(main, [(4, -1, 262), (17, 4, 265), (25, 4, 265), fork], (2.3, 2.2), from_=ROOT)
    descending = [
        fork,
        (38.5, -15, 262),
        (42.5, -31.5, 255.5),
        (50.5, -43.5, 243.5),
        (60, -52, 228),
    ]
    descending += [(71, -54, 211.5), (78.5, -49.5, 196.5), (80.5, -43, 188.5)]
    arrangement.add(ladder, descending, (1.9, 1.7, 1.3, 0.8), from_=main)
    circumflex = [
        fork,
        (47, 9.5, 258.5),
        (49.5, 10.5, 246.5),
        (53, 14.5, 234),
        (48, 17, 221),
        (39, 15, 210.5),
    ]
    arrangement.add(around, circumflex, (1.7, 1.5, 1.2), from_=main)
    branches: dict[str, tuple[Path, str]] = {
        "first diagonal artery": (
            [(42.5, -31.5, 255.5), (54, -32, 252), (68, -32, 243.5), (81, -34.5, 228.5)],
            ladder,
        ),
        "second diagonal artery": (
            [(52, -45, 239), (64, -45.5, 235.5), (76.5, -44.5, 225), (85, -43, 211.5)],
            ladder,
        ),
        "first septal artery": ([(43, -32, 252), (40, -38, 240), (42, -38, 228)], ladder),
        "first obtuse marginal artery": (
            [(48, 12, 255), (57.5, 3.5, 247), (70.5, -4, 239.5), (82.5, -14.5, 227.5)],
            around,
        ),
        "second obtuse marginal artery": (
            [(56, 20, 240), (64.5, 10, 228.5), (77.5, 1, 216), (87, -11.5, 206)],
            around,
        ),
    }
    for name, (course, source) in branches.items():
        radius = (0.7, 0.5) if "septal" in name else (1.1, 0.65)
        arrangement.add(name, course, radius, from_=source, at_detail=0.25)


def _add_right(arrangement: Arrangement, left_dominant: bool) -> None:
    """The right coronary artery, and who feeds the back of the heart."""
    right = "right coronary artery"
    course = [(4, -1, 262), (-1, -19, 264), (-4.5, -31.5, 253), (-22, -36, 242), (-30, -42, 228.5)]
    course += [(-31.5, -34.5, 207.5), (-25, -17.5, 198.5)]
    if not left_dominant:
        course += [(-12, -13, 201), (2, -11.5, 204), CRUX]
    radii = (1.1, 1.0, 0.7) if left_dominant else (1.9, 1.8, 1.6, 1.4)
    arrangement.add(right, course, radii, from_=ROOT)
    feeder = "left circumflex artery" if left_dominant else right
    lead = [(39, 15, 210.5), (27.5, 6.5, 202.5)] if left_dominant else [CRUX]
    arrangement.add(
        "posterior descending artery",
        [
            *lead,
            (25, -4.5, 196),
            (38.5, -15, 183.5),
            (56.5, -28, 176),
            (70, -35.5, 177.5),
        ],
        (1.2, 0.7),
        from_=feeder,
    )
    if not left_dominant:
        arrangement.add(
            "posterolateral artery",
            [CRUX, (27.5, 6.5, 203), (40.5, 6.5, 196.5), (56, 0.5, 188)],
            (1.1, 0.65),
            from_=right,
            at_detail=0.25,
        )
    arrangement.add(
        "acute marginal artery",
        [(-30, -32, 211), (-16, -48, 200), (3, -61.5, 187), (30.5, -61.5, 179.5)],
        (0.9, 0.6),
        from_=right,
        at_detail=0.25,
    )
    arrangement.add(
        "conus artery",
        [(-4, -22, 262), (-3.5, -39.5, 256), (-1.5, -54, 248.5)],
        (0.7, 0.5),
        from_=right,
        at_detail=0.5,
    )
