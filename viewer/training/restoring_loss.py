"""What the restoration network is punished for."""

from dataclasses import dataclass

import torch
from torch.nn import functional

# All in the unit of the residual (400 HU), but the variance, which is told in (100 HU)^2.
SMALL, SMALL_DRIFT = 0.05, 0.005  # below this an error counts by its square
AT_WALL = 4.0
EASY = 0.003  # a patch is not weighed as if there were less than this to do
EDGE, LIKELIHOOD, DRIFT = 0.5, 0.1, 0.5
EVEN, BLOCK = 0.03, 8  # standard deviation of what is called even, in blocks of so many voxels
LOG_VARIANCE = (-9.0, 6.0)
VARIANCE_UNITS = 4.0  # 400 HU in 100 HU


@dataclass(frozen=True, eq=False)
class Punished:
    """The terms, each a number; value and edge are 1 where nothing is added to what was there."""

    value: torch.Tensor
    edge: torch.Tensor
    likelihood: torch.Tensor
    drift: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """Their weighted sum."""
        return self.value + EDGE * self.edge + LIKELIHOOD * self.likelihood + DRIFT * self.drift


def restoring_loss(
    out: torch.Tensor, wanted: torch.Tensor, truth: torch.Tensor, wall: torch.Tensor
) -> Punished:
    """The terms for an answer (n,2,d,h,w) where the residual `wanted` (n,d,h,w) was right.

    `truth` is the scan as it should be, `wall` (bool) where vessel walls run, which weigh five
    times as much. Each patch counts by the share of its own errors that is left, so that a quiet
    scan teaches as much as a noisy one.
    """
    error = out[:, 0] - wanted
    to_do = value_of(wanted, wall) + EASY
    return Punished(
        (value_of(error, wall) / to_do).mean(),
        (edge_of(error, wall) / (edge_of(wanted, wall) + EASY)).mean(),
        likelihood(error, out[:, 1]),
        (drift_of(error, truth) / to_do).mean(),
    )


def charbonnier(error: torch.Tensor, small: float = SMALL) -> torch.Tensor:
    """The size of an error, smooth about zero (Charbonnier 1994)."""
    return torch.sqrt(error**2 + small**2) - small


def value_of(error: torch.Tensor, wall: torch.Tensor) -> torch.Tensor:
    """How wrong the values of each patch are (n,)."""
    weight = 1 + AT_WALL * wall
    return (weight * charbonnier(error)).mean(dim=(1, 2, 3))


def edge_of(error: torch.Tensor, wall: torch.Tensor) -> torch.Tensor:
    """How wrong the slopes of each patch are along the three axes (n,)."""
    weight = 1 + AT_WALL * wall
    terms = []
    for axis in (1, 2, 3):
        last = error.shape[axis] - 1
        here = torch.maximum(weight.narrow(axis, 0, last), weight.narrow(axis, 1, last))
        terms.append((here * charbonnier(error.diff(dim=axis))).mean(dim=(1, 2, 3)))
    return torch.stack(terms).sum(dim=0)


def likelihood(error: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Negative Gaussian log-likelihood of the error; it teaches the variance alone.

    The error is taken as given, so that no variance makes a wrong value cheap (heteroscedastic
    regression after Nix and Weigend 1994).
    """
    told = log_variance.clamp(*LOG_VARIANCE)
    square = (VARIANCE_UNITS * error.detach()) ** 2
    return 0.5 * (square * torch.exp(-told) + told).mean()


def drift_of(error: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """By how much the means of blocks are wrong in which the truth of a patch is even (n,)."""
    mean = functional.avg_pool3d(truth[:, None], BLOCK)
    spread = functional.avg_pool3d(truth[:, None] ** 2, BLOCK) - mean**2
    even = (spread < EVEN**2).float()
    off = charbonnier(functional.avg_pool3d(error[:, None], BLOCK), SMALL_DRIFT)
    blocks = (1, 2, 3, 4)
    return (off * even).sum(dim=blocks) / even.sum(dim=blocks).clamp(min=1)
