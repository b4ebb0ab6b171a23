"""Anatomy as some people have it: named variants of the vessels and how common each is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from viewer.errors import ViewerError


@dataclass(frozen=True)
class Variant:
    """A variant for people to read, its share of all people, and the vessel that it changes."""

    title: str
    prevalence: float
    vessel: str
    excludes: tuple[str, ...] = ()


# Shares after Popieluszko 2018 (arch), Polguj 2014 (lusoria), Satti 2007 (renal), Michels 1966
# (hepatic), Krabbe-Hartkamp 1998 (circle of Willis), Yi 2012 (renal vein) and Altin 2015
# (dominance). Inflow is no variant of people but of injections.
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "bovine-arch": Variant(
            "Common origin of brachiocephalic and left carotid artery",
            0.14,
            "left common carotid artery",
        ),
        "aberrant-right-subclavian": Variant(
            "Aberrant right subclavian artery", 0.009, "right subclavian artery"
        ),
        "left-vertebral-from-arch": Variant(
            "Left vertebral artery from the arch", 0.045, "left vertebral artery"
        ),
        "accessory-renal-artery": Variant(
            "Accessory left renal artery", 0.14, "left accessory renal artery"
        ),
        "replaced-right-hepatic": Variant(
            "Right hepatic artery from the SMA", 0.11, "right hepatic artery"
        ),
        "left-fetal-posterior-cerebral": Variant(
            "Fetal left posterior cerebral artery", 0.1, "left posterior cerebral artery"
        ),
        "right-fetal-posterior-cerebral": Variant(
            "Fetal right posterior cerebral artery", 0.1, "right posterior cerebral artery"
        ),
        "celiacomesenteric-trunk": Variant(
            "Common trunk of celiac artery and SMA", 0.008, "superior mesenteric artery"
        ),
        "retroaortic-left-renal-vein": Variant(
            "Left renal vein behind the aorta", 0.03, "left renal vein"
        ),
        "left-dominant": Variant("Left-dominant coronary arteries", 0.08, "left circumflex artery"),
        "right-arm-inflow": Variant(
            "Dense inflow from the right arm", 0.4, "superior vena cava", ("left-arm-inflow",)
        ),
        "left-arm-inflow": Variant(
            "Dense inflow from the left arm", 0.15, "superior vena cava", ("right-arm-inflow",)
        ),
    }
)


def choose(rng: np.random.Generator, names: Sequence[str] | None = None) -> frozenset[str]:
    """Variants of one person: those named, or at random as common as in people.

    Raises ViewerError for a name that is not in `VARIANTS`.
    """
    if names is None:
        drawn = rng.uniform(size=len(VARIANTS))
        chosen: set[str] = set()
        for (name, variant), chance in zip(VARIANTS.items(), drawn, strict=True):
            if chance < variant.prevalence and chosen.isdisjoint(variant.excludes):
                chosen.add(name)
        return frozenset(chosen)
    for name in names:
        if name not in VARIANTS:
            raise ViewerError(
                f"There is no variant called {name}; nothing was made; "
                f"choose among {', '.join(VARIANTS)}."
            )
    return frozenset(names)


def present(chosen: Iterable[str], vessels: Iterable[str]) -> tuple[str, ...]:
    """Those of some variants of which a person with these vessels (names) shows anything."""
    shown = frozenset(vessels)
    return tuple(
        name for name in VARIANTS if name in set(chosen) and VARIANTS[name].vessel in shown
    )
