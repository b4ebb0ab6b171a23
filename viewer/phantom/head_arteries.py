"""Arteries of the brain: the circle of Willis and what leaves it."""

from viewer.phantom.arrange import Arrangement, Path


def add_head_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the arteries of the brain; needs those of the neck.

    Radii after Krabbe-Hartkamp 1998 (circle of Willis) and Gibo 1981 (middle cerebral artery).
    """
    carotid = "internal carotid artery"
    end = (10, -3, 558)
    middle = [end, (17, -5, 560), (25, -7, 560), (32, -5, 559)]
    arrangement.add_pair("middle cerebral artery", middle, (1.45, 1.3), from_=carotid)
    arrangement.add_pair(
        "superior M2 trunk",
        [middle[-1], (37, -5, 565), (40, 0, 574), (41, 10, 583), (46, 18, 590)],
        (1.05, 0.9),
        from_="middle cerebral artery",
    )
    arrangement.add_pair(
        "inferior M2 trunk",
        [middle[-1], (37, -1, 562), (40, 8, 568), (42, 20, 574), (48, 30, 580)],
        (1.05, 0.9),
        from_="middle cerebral artery",
    )
    _add_anterior(arrangement, end)
    _add_posterior(arrangement, variants)
    arrangement.add_pair(
        "ophthalmic artery",
        [(11, -14, 552), (12, -22, 553), (15, -32, 553), (18, -44, 554)],
        (0.75, 0.55),
        from_=carotid,
        at_detail=0.4,
    )
    for side in ("left", "right"):
        trunks = [f"{side} superior M2 trunk", f"{side} inferior M2 trunk"]
        arrangement.grow(trunks, f"{side} hemisphere", 60, f"{side} middle cerebral artery, M3")


def _add_anterior(arrangement: Arrangement, end: tuple[float, float, float]) -> None:
    """The anterior cerebral arteries and what joins them."""
    front = (2.2, -15, 562)
    arch = [(2.2, -24, 567), (2.2, -32, 578), (2.2, -33, 594), (2.2, -22, 608), (2.2, -2, 616)]
    arrangement.add_pair(
        "anterior cerebral artery",
        [end, (6, -9, 560), front, *arch, (2.2, 22, 618)],
        (1.2, 1.1, 1.0, 0.85),
        from_="internal carotid artery",
    )
    arrangement.add(
        "anterior communicating artery",
        [front, (-2.2, -15, 562)],
        0.75,
        from_="left anterior cerebral artery",
        to="right anterior cerebral artery",
    )
    arrangement.add_pair(
        "callosomarginal artery",
        [(2.2, -33, 585), (3, -44, 596), (3.5, -44, 614), (4, -30, 628), (5, -8, 636)],
        (0.9, 0.7),
        from_="anterior cerebral artery",
        at_detail=0.2,
    )
    for side in ("left", "right"):
        tips = [f"{side} anterior cerebral artery", f"{side} callosomarginal artery"]
        arrangement.grow(tips, f"{side} parietal brain", 36)


def _add_posterior(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """The posterior cerebral and communicating arteries, and those of the cerebellum."""
    course = [(8, 8, 559), (15, 14, 560), (19, 24, 562), (17, 38, 566), (13, 52, 570)]
    for side, sign in (("left", 1), ("right", -1)):
        fetal = f"{side}-fetal-posterior-cerebral" in variants
        name, carotid = f"{side} posterior cerebral artery", f"{side} internal carotid artery"
        path = [(sign * x, y, z) for x, y, z in course]
        behind = [(sign * 10.5, -6, 555.5), (sign * 10, 1, 556.5)]
        if fetal:
            arrangement.add(name, [*behind, *path[1:]], (1.15, 0.9), from_=carotid)
            arrangement.add(
                f"{side} P1 segment",
                [(0, 8, 556), (sign * 7, 8, 558), path[1]],
                0.45,
                from_="basilar artery",
                to=name,
                at_detail=0.3,
            )
        else:
            arrangement.add(name, [(0, 8, 556), *path], (1.2, 0.9), from_="basilar artery")
            arrangement.add(
                f"{side} posterior communicating artery",
                [*behind, path[0]],
                0.6,
                from_=carotid,
                to=name,
                at_detail=0.1,
            )
    names = ["left posterior cerebral artery", "right posterior cerebral artery"]
    arrangement.grow(names, "occipital brain", 44)
    small: dict[str, Path] = {
        "superior cerebellar artery": [(0, 9.5, 554.5), (7, 12, 554), (16, 22, 554), (18, 36, 558)],
        "anterior inferior cerebellar artery": [(0.3, 20, 544), (8, 22, 542), (18, 30, 541)],
    }
    for kind, small_course in small.items():
        arrangement.add_pair(
            kind, small_course, (0.75, 0.55), from_="basilar artery", at_detail=0.4
        )
    arrangement.add_pair(
        "posterior inferior cerebellar artery",
        [(5.5, 38, 529), (11, 48, 530), (10, 58, 536), (16, 64, 544)],
        (0.8, 0.55),
        from_="vertebral artery",
        at_detail=0.4,
    )
