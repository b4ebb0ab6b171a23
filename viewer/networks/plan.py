"""What a network looks like: everything that is needed to build it again, without torch."""

from dataclasses import asdict, dataclass
from typing import Any

# What `context` and `fine` tell apart; the same numbers everywhere in networks and training.
OTHER, ARTERY, VEIN, BONE, CHAMBER, ORGAN, DENSE = range(7)
CLASSES = ("other", "artery", "vein", "bone", "chamber", "organ", "dense")


@dataclass(frozen=True)
class Plan:
    """A U-Net with a stem at half resolution.

    `inputs` channels go in; out come `classes` logits (or other values), then (with `tube`) the
    logit of lying on a centerline and (with `wall`) the signed distance to the lumen wall in
    voxels, over 4. `widths` are the channels at each level, the first at half resolution; `last`
    those of the convolution at full resolution. `spacing_mm` is the isotropic grid that it was
    trained on, 0 for any.
    """

    name: str
    inputs: int
    classes: int
    widths: tuple[int, ...]
    last: int
    spacing_mm: float
    tube: bool = True
    wall: bool = True

    @property
    def outputs(self) -> int:
        """Channels that come out."""
        return self.classes + int(self.tube) + int(self.wall)

    @property
    def multiple(self) -> int:
        """Every side of an input must be a multiple of this."""
        return int(2 ** len(self.widths))

    def as_dict(self) -> dict[str, Any]:
        """Names and values, for a file."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Plan":
        """The plan that `as_dict` wrote."""
        return cls(**{**values, "widths": tuple(values["widths"])})


# `context` sees HU scaled by `scaled`; `fine` sees that and the class probabilities of `context`.
CONTEXT = Plan("context", 2, len(CLASSES), (24, 48, 96, 128), 12, 2.5, tube=False, wall=False)
FINE = Plan("fine", 2 + len(CLASSES), len(CLASSES), (24, 40, 64, 96), 12, 1.0)
# `restore` sees a scan on new voxels, then noise, factor along z, kernel and slice profile.
RESTORE = Plan("restore", 5, 2, (32, 64, 128), 16, 0.0, tube=False, wall=False)
