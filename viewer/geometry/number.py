"""One measured number, how sure it is, and how it was got."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Number:
    """A value with its standard deviation `sd`, both in `unit`, and the `method` it was got by.

    Where the scan does not show it, both are nan and `missing` is the sentence that says why.
    """

    value: float
    sd: float
    unit: str
    method: str
    missing: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a number."""
        return bool(np.isfinite(self.value))


def unknown(unit: str, method: str, why: str) -> Number:
    """No number, and why."""
    return Number(float("nan"), float("nan"), unit, method, why)
