"""Arteries of the legs, from the groin to the ankle."""

from viewer.phantom.arrange import Arrangement, Path


def add_leg_arteries(arrangement: Arrangement, variants: frozenset[str]) -> None:
    """Lay the run-off of both legs; needs the arteries of the belly.

    Radii after Sandgren 1999 and Wolf 2006 (popliteal and below).
    """
    del variants
    groin, femoral = (74.0, -34.0, -170.0), "common femoral artery"
    course: list[tuple[float, float, float]] = [
        groin,
        (76, -34, -200),
        (78, -34, -245),
        (78, -29, -310),
        (74, -15, -390),
    ]
    course += [(72, 4, -450), (76, 20, -495), (80, 31, -540), (81, 36.5, -585.5), (82, 29, -622.5)]
    radii = (4.3, 4.0, 3.1, 3.0, 2.9, 2.8, 2.8, 2.9, 2.7, 2.4)
    arrangement.add_pair(femoral, course, radii, from_="external iliac artery")
    for side, sign in (("left", 1), ("right", -1)):
        whole = f"{side} {femoral}"
        arrangement.rename(f"{side} superficial femoral artery", whole, (sign * 76.5, -34, -212))
        arrangement.rename(f"{side} popliteal artery", whole, (sign * 75, 16, -485))
    arrangement.add_pair(
        "deep femoral artery",
        [(76.5, -34, -212), (84, -26, -226), (91, -14, -262), (92, -4, -320), (90, 6, -380)],
        (2.7, 2.2, 1.5),
        from_=femoral,
    )
    below: dict[str, Path] = {
        "anterior tibial artery": [
            (82, 29, -622.5),
            (92, 19.5, -633.5),
            (97.5, 5.5, -645.5),
            (98, 1, -720),
            (94, -2, -820),
            (86, -8, -920),
            (80, -16, -968),
        ],
        "tibioperoneal trunk": [(82, 29, -622.5), (84, 27, -640), (85, 27, -655)],
    }
    popliteal = "popliteal artery"
    arrangement.add_pair(
        "anterior tibial artery", below["anterior tibial artery"], (1.7, 1.3), from_=popliteal
    )
    arrangement.add_pair(
        "tibioperoneal trunk", below["tibioperoneal trunk"], (1.9, 1.8), from_=popliteal
    )
    arrangement.add_pair(
        "posterior tibial artery",
        [(85, 27, -655), (78, 28, -700), (70, 27, -800), (62, 27, -900), (60, 28, -975)],
        (1.6, 1.3),
        from_="tibioperoneal trunk",
    )
    arrangement.add_pair(
        "peroneal artery",
        [(85, 27, -655), (91, 26, -700), (96, 25, -800), (92, 25.5, -920)],
        (1.5, 1.1),
        from_="tibioperoneal trunk",
    )
    thigh = {
        "lateral circumflex femoral artery": [(84, -26, -226), (98, -32, -236), (116, -30, -262)],
        "medial circumflex femoral artery": [(82, -28, -222), (72, -10, -226), (64, 12, -230)],
        "first perforating artery": [(91, -12, -268), (88, 12, -284), (92, 32, -306)],
    }
    for name, path in thigh.items():
        arrangement.add_pair(name, path, (1.2, 0.8), from_="deep femoral artery", at_detail=0.4)
