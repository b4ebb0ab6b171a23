"""Arteries of the neck: vertebral arteries, carotid bifurcations, external carotid branches."""

from viewer.phantom.arrange import Arrangement, Path


def add_neck_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the arteries of the neck up to the skull; needs the aorta with its arch.

    Radii after Krejza 2006 (carotid) and Jeng 2004 (vertebral arteries).
    """
    _add_vertebral(arrangement, variants)
    fork = (30, 8, 462)
    # the bulb is wider than the artery on either side of it (Krejza 2006, table 1)
    internal = [
        (fork, 3.6),
        ((33, 11, 468), 3.9),
        ((34.5, 14, 475), 3.2),
        ((34, 17, 484), 2.6),
        ((31, 18, 502), 2.5),
        ((26, 16.5, 515), 2.5),
        ((24, 16, 521), 2.5),
        ((23.5, 15, 527), 2.5),
        ((20, 10, 532), 2.4),
        ((14, 4, 534), 2.4),
        ((10.5, 2, 538), 2.4),
        ((10, -2, 543), 2.4),
        ((10.5, -10, 544), 2.3),
        ((11, -15, 548), 2.2),
        ((11, -13, 553), 2.0),
        ((10.5, -7, 555), 1.9),
        ((10, -3, 558), 1.8),
    ]
    points, radii = zip(*internal, strict=True)
    arrangement.add_pair(
        "internal carotid artery", points, radii, from_="common carotid artery", winding_mm=0.4
    )
    arrangement.add_pair(
        "external carotid artery",
        [fork, (34, 2, 470), (38, 1, 484), (43, 10, 504), (46, 14, 517)],
        (2.6, 2.3, 1.9),
        from_="common carotid artery",
    )
    branches: dict[str, tuple[Path, float]] = {
        "superior thyroid artery": (
            [(33, 4, 467), (27, -4, 462), (21, -6, 442), (17, 0, 416)],
            0.9,
        ),
        "lingual artery": ([(36, 1, 477), (26, -18, 482), (12, -34, 486), (8, -48, 488)], 1.0),
        "facial artery": (
            [(38, 1, 483), (44, -12, 486), (50, -32, 482), (44, -52, 492), (30, -70, 516)],
            1.1,
        ),
        "occipital artery": (
            [(37.5, 1, 481), (45, 16, 485), (39, 33, 490), (43, 54, 504), (36, 74, 522)],
            0.9,
        ),
        "superficial temporal artery": (
            [(46, 14, 517), (65, 12, 536), (73.5, 10, 556), (77.5, 2, 582)],
            1.1,
        ),
        "maxillary artery": ([(46, 14, 517), (41, -2, 521), (28, -18, 522)], 1.4),
    }
    for name, (course, radius) in branches.items():
        arrangement.add_pair(
            name,
            course,
            (radius, 0.75 * radius),
            from_="external carotid artery",
            winding_mm=0.8,
            at_detail=0.3,
        )


def _add_vertebral(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """The vertebral arteries through the transverse foramina, and the basilar artery."""
    course = [
        (20.5, 34.5, 420.5),
        (20.5, 32, 438),
        (20.5, 31.5, 456),
        (20.5, 33, 474.5),
        (21, 35.5, 489.5),
        (29.5, 39.5, 504.5),
        (25, 51.5, 516),
        (13.5, 49, 519),
        (8, 44.5, 524),
        (4, 34, 532),
        (0, 26, 538),
    ]
    rise = [(39, 33, 387), (34, 36, 396), (25, 36.5, 407.5)]
    left = [*rise, *course]
    if "left-vertebral-from-arch" in variants:
        start = [(19, 29, 334), (21, 29, 350), (26, 31, 372), (27, 35, 396)]
        arrangement.add("left vertebral artery", [*start, *course], (1.9, 1.8), from_="aortic arch")
    else:
        arrangement.add("left vertebral artery", left, (2.0, 1.8), from_="left subclavian artery")
    right = [(-x, y, z) for x, y, z in left]
    basilar = [(0, 26, 538), (0.5, 20, 544), (0, 13, 551), (0, 8, 556)]
    arrangement.add("basilar artery", basilar, (1.7, 1.5), from_="left vertebral artery")
    arrangement.add(
        "right vertebral artery",
        right,
        (1.8, 1.6),
        from_="right subclavian artery",
        to="basilar artery",
    )
