"""Anatomy as some people have it: named variants of the vessels and how common each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from viewer.errors import ViewerError


@dataclass(frozen=True)
class Variant:
    """A variant for people to read, and its share of all people."""

    title: str
    prevalence: float
    excludes: tuple[str, ...] = ()


# Shares after Popieluszko 2018 (arch), Polguj 2014 (lusoria), Satti 2007 (renal), Michels 1966
# (hepatic), Krabbe-Hartkamp 1998 (circle of Willis), Yi 2012 (renal vein) and Altin 2015
# (dominance). Inflow is no variant of people but of injections.
VARIANTS: Mapping[str, Variant] = MappingProxyType(
    {
        "bovine-arch": Variant("Common origin of brachiocephalic and left carotid artery", 0.14),
        "aberrant-right-subclavian": Variant("Aberrant right subclavian artery", 0.009),
        "left-vertebral-from-arch": Variant("Left vertebral artery from the arch", 0.045),
        "accessory-renal-artery": Variant("Accessory left renal artery", 0.14),
        "replaced-right-hepatic": Variant("Right hepatic artery from the SMA", 0.11),
        "left-fetal-posterior-cerebral": Variant("Fetal left posterior cerebral artery", 0.1),
        "right-fetal-posterior-cerebral": Variant("Fetal right posterior cerebral artery", 0.1),
        "celiacomesenteric-trunk": Variant("Common trunk of celiac artery and SMA", 0.008),
        "retroaortic-left-renal-vein": Variant("Left renal vein behind the aorta", 0.03),
        "left-dominant": Variant("Left-dominant coronary arteries", 0.08),
        "right-arm-inflow": Variant("Dense inflow from the right arm", 0.4, ("left-arm-inflow",)),
        "left-arm-inflow": Variant("Dense inflow from the left arm", 0.15, ("right-arm-inflow",)),
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
