"""How contrast on CT follows the tube voltage."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# What iodine adds grows toward its K edge (33 keV) as the tube voltage falls: its contrast over
# that at 120 kVp. They are iodine's attenuation over water's (Hubbell and Seltzer 1995, NIST) at
# 50.5, 54.4, 62.8, 70 and 74.8 keV, the mean energies behind a body; in thin people iodine rises
# about a tenth more, in stout ones a tenth less. Calcium and bone rise less.
IODINE_AT_KVP: Mapping[int, float] = MappingProxyType(
    {70: 2.05, 80: 1.75, 100: 1.28, 120: 1.0, 140: 0.86}
)
CALCIUM_AT_KVP: Mapping[int, float] = MappingProxyType(
    {70: 1.45, 80: 1.3, 100: 1.12, 120: 1.0, 140: 0.93}
)


def contrast_ratio(law: Mapping[int, float], from_kvp: float, to_kvp: float) -> float:
    """By how much a material's contrast is multiplied from one tube voltage to another.

    Between the voltages of `law` and up to its ends; beyond, the last value holds.
    """
    known = sorted(law)
    before, after = np.interp([from_kvp, to_kvp], known, [law[kvp] for kvp in known])
    return float(after / before)
