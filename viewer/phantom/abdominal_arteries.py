"""Arteries of the belly and the pelvis: visceral, renal and iliac."""

from viewer.phantom.arrange import Arrangement, Path

AORTA = "abdominal aorta"


def add_abdominal_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the branches of the abdominal aorta; needs the aorta.

    Radii after Malnar 2010 (celiac trunk) and Pedersen 1993 (iliac arteries).
    """
    _add_celiac(arrangement, variants)
    _add_mesenteric(arrangement, variants)
    _add_renal(arrangement, variants)
    _add_iliac(arrangement)


def _add_celiac(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """The celiac trunk and the arteries of liver, stomach and spleen."""
    fork = (2, -22, 113)
    start: Path
    if "celiacomesenteric-trunk" in variants:
        arrangement.add(
            "celiacomesenteric trunk",
            [(2.5, 6, 107), (3, -5, 106), (4, -12, 104)],
            (4.8, 4.5),
            from_=AORTA,
        )
        start, source = [(4, -12, 104), (3, -18, 109)], "celiacomesenteric trunk"
    else:
        start, source = [(3.5, 8, 115), (3, -5, 114), (3, -15, 112)], AORTA
    arrangement.add("celiac trunk", [*start, fork], (3.7, 3.4), from_=source)
    trunk = "celiac trunk"
    common = [fork, (-8, -25, 115), (-18, -24, 114), (-27, -21, 112)]
    arrangement.add("common hepatic artery", common, (2.6, 2.4), from_=trunk, winding_mm=1.2)
    hepatic = "common hepatic artery"
    arrangement.add(
        "gastroduodenal artery",
        [common[-1], (-27, -24, 100), (-29, -22, 84), (-24, -26, 70)],
        (1.7, 1.3),
        from_=hepatic,
        winding_mm=0.8,
    )
    proper = [common[-1], (-34, -24, 117), (-42, -25, 122)]
    arrangement.add("proper hepatic artery", proper, (2.2, 2.1), from_=hepatic)
    if "replaced-right-hepatic" not in variants:
        arrangement.add(
            "right hepatic artery",
            [proper[-1], (-54, -20, 124), (-68, -14, 127)],
            (1.8, 1.4),
            from_="proper hepatic artery",
            at_detail=0.1,
        )
    arrangement.add(
        "left hepatic artery",
        [proper[-1], (-35, -33, 128), (-27, -42, 135)],
        (1.5, 1.2),
        from_="proper hepatic artery",
        at_detail=0.1,
    )
    splenic = [fork, (14, -20, 118), (30, -10, 121), (50, 6, 126), (68, 21, 131), (80, 32, 135)]
    arrangement.add("splenic artery", splenic, (2.8, 2.5, 2.2), from_=trunk, winding_mm=4.0)
    arrangement.add(
        "left gastric artery",
        [(3, -17, 112), (6, -18, 124), (10, -15, 137), (16, -22, 136), (24, -34, 124)],
        (1.9, 1.2),
        from_=trunk,
        at_detail=0.1,
    )
    arrangement.grow(["splenic artery"], "spleen", 26)


def _add_mesenteric(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """The superior and inferior mesenteric arteries with their larger branches."""
    name = "superior mesenteric artery"
    start: Path
    if "celiacomesenteric-trunk" in variants:
        start, source = [(4, -12, 104), (5, -17, 96)], "celiacomesenteric trunk"
    else:
        start, source = [(2, 5, 100), (3, -8, 97), (4.5, -14.5, 90)], AORTA
    course = [(4.5, -17, 84), (4, -20, 70), (1, -25, 45), (-8, -28, 20), (-20, -30, 0)]
    arrangement.add(
        name, [*start, *course, (-36, -30, -12)], (3.5, 3.2, 2.6, 2.0, 1.5), from_=source
    )
    if "replaced-right-hepatic" in variants:
        # behind the portal vein, where a surgeon feels for it
        arrangement.add(
            "right hepatic artery",
            [
                (4.5, -15, 89),
                (-8, -2, 94),
                (-22, 1, 106),
                (-40, 0, 119),
                (-56, 2, 126),
                (-70, 8, 130),
            ],
            (2.2, 1.8, 1.4),
            from_=name,
        )
    branches: dict[str, Path] = {
        "middle colic artery": [(4, -19, 76), (0, -36, 72), (-8, -52, 64), (-22, -58, 52)],
        "right colic artery": [(0, -26, 42), (-8, -37, 41), (-24, -37, 40), (-48, -33, 44)],
        "first jejunal artery": [(4, -20, 70), (18, -27, 68), (36, -34, 66)],
        "second jejunal artery": [(3, -21, 62), (20, -30, 56), (42, -36, 50)],
        "third jejunal artery": [(2, -24, 50), (20, -33, 42), (44, -38, 34)],
        "first ileal artery": [(-2, -26, 34), (16, -34, 22), (36, -38, 10)],
        "second ileal artery": [(-9, -28, 18), (6, -36, 2), (24, -40, -14)],
    }
    for branch, path in branches.items():
        arrangement.add(branch, path, (1.35, 0.95), from_=name, winding_mm=0.8, at_detail=0.3)
    small = [b for b in branches if "jejunal" in b or "ileal" in b]
    arrangement.grow(small, "gut", 60)
    arrangement.grow(["right hepatic artery", "left hepatic artery"], "liver", 40)
    inferior = [
        (1, -2, 38),
        (6, -12, 34),
        (13, -16, 20),
        (19, -16, 0),
        (22, -10, -30),
        (14, 8, -62),
    ]
    arrangement.add("inferior mesenteric artery", inferior, (1.9, 1.4), from_=AORTA)
    arrangement.add(
        "left colic artery",
        [(14, -16, 18), (34, -20, 26), (58, -18, 38), (70, -16, 56)],
        (1.2, 0.9),
        from_="inferior mesenteric artery",
        at_detail=0.5,
    )


def _add_renal(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """The renal arteries to the kidneys' hilum, and on into the kidneys."""
    left = [(1.5, 2.5, 84), (13, 5, 84), (24, 15, 83), (35, 26, 83), (43, 34, 84)]
    right = [
        (1.2, 1.5, 79),
        (-10, 6, 79),
        (-17, 14, 77.5),
        (-25, 20, 75),
        (-36, 28, 72),
        (-44, 35, 72),
    ]
    for side, course, sign, z in (("left", left, 1, 84), ("right", right, -1, 72)):
        trunk = f"{side} renal artery"
        arrangement.add(trunk, course, (2.9, 2.7, 2.5), from_=AORTA, winding_mm=0.7)
        divisions = {
            f"{side} anterior renal division": [
                course[-1],
                (sign * 49, 36, z + 7),
                (sign * 55, 38, z + 18),
            ],
            f"{side} inferior renal division": [
                course[-1],
                (sign * 49, 37, z - 6),
                (sign * 55, 38, z - 17),
            ],
            f"{side} posterior renal division": [
                course[-1],
                (sign * 50, 41, z),
                (sign * 56, 50, z + 1),
            ],
        }
        for division, path in divisions.items():
            arrangement.add(division, path, (1.7, 1.4), from_=trunk, at_detail=0.1)
        arrangement.grow(list(divisions), f"{side} kidney", 46)
    if "accessory-renal-artery" in variants:
        arrangement.add(
            "left accessory renal artery",
            [(1, -1, 52), (12, 1, 52), (26, 11, 54), (40, 26, 57), (54, 36, 60)],
            (1.7, 1.4),
            from_=AORTA,
        )


def _add_iliac(arrangement: Arrangement) -> None:
    """The iliac arteries of both sides, down to the groin."""
    fork = (38, 21, -58)
    arrangement.add_pair(
        "common iliac artery",
        [(0, 0, 0), (10, -2, -16), (22.5, 3, -36), fork],
        (5.1, 4.8),
        from_=AORTA,
        winding_mm=1.2,
    )
    arrangement.add_pair(
        "external iliac artery",
        [
            fork,
            (50, 19, -82),
            (60, -3, -110),
            (67.5, -23.5, -136),
            (72, -32, -160),
            (74, -34, -170),
        ],
        (4.2, 3.9),
        from_="common iliac artery",
        winding_mm=1.5,
    )
    arrangement.add_pair(
        "internal iliac artery",
        [fork, (41, 32, -70), (44, 40, -86)],
        (3.2, 2.9),
        from_="common iliac artery",
    )
    arrangement.add_pair(
        "superior gluteal artery",
        [(44, 40, -86), (43, 47, -98), (40, 54, -112)],
        (2.0, 1.4),
        from_="internal iliac artery",
        at_detail=0.3,
    )
    arrangement.add_pair(
        "anterior division of internal iliac artery",
        [(44, 40, -86), (44, 34, -106), (38, 22, -126), (28, 8, -138)],
        (2.1, 1.3),
        from_="internal iliac artery",
        at_detail=0.3,
    )
