"""The U-Net of `Plan`, in torch: for training and for graphics processors."""

import itertools

import torch
from torch import nn
from torch.nn import functional

from viewer.networks.plan import Plan


class Block(nn.Module):
    """Convolution 3x3x3, batch norm and ReLU, `depth` times; a shortcut around all where it fits.

    Batch norm, because at inference it is a fixed scale and shift: what a voxel gets does not
    depend on what else its tile holds (decision 0009).
    """

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList()
        for number in range(depth):
            step = nn.Sequential(
                nn.Conv3d(outputs if number else inputs, outputs, 3, padding=1, bias=False),
                nn.BatchNorm3d(outputs, momentum=0.03),
            )
            self.steps.append(step)
        self.short = inputs == outputs and depth > 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's features."""
        y = x
        for number, step in enumerate(self.steps):
            y = step(y)
            if self.short and number == len(self.steps) - 1:
                y = y + x
            y = functional.relu(y)
        return y


class UNet(nn.Module):
    """The network of a plan: (n, inputs, d, h, w) to (n, outputs, d, h, w)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        widths = plan.widths
        self.stem = Block(8 * plan.inputs, widths[0], 1)
        self.down = nn.ModuleList(
            nn.Conv3d(a, b, 2, stride=2) for a, b in itertools.pairwise(widths)
        )
        self.encode = nn.ModuleList(Block(w, w, 2) for w in widths)
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(b, a, 2, stride=2) for a, b in itertools.pairwise(widths)
        )
        self.decode = nn.ModuleList(Block(2 * w, w, 1) for w in widths[:-1])
        self.widen = nn.Conv3d(widths[0], 8 * plan.last, 1)
        self.last = Block(plan.last + plan.inputs, plan.last, 1)
        self.head = nn.Conv3d(plan.last, plan.outputs, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of the classes, then tube and wall."""
        y = self.stem(space_to_depth(x))
        skips = []
        for level, encode in enumerate(self.encode):
            y = encode(y)
            if level < len(self.down):
                skips.append(y)
                y = self.down[level](y)
        for level in reversed(range(len(self.down))):
            y = self.decode[level](torch.cat([self.up[level](y), skips[level]], dim=1))
        y = depth_to_space(self.widen(y))
        return self.head(self.last(torch.cat([y, x], dim=1)))


def space_to_depth(x: torch.Tensor) -> torch.Tensor:
    """(n, c, 2d, 2h, 2w) to (n, 8c, d, h, w): channel c*8 + 4*dz + 2*dy + dx."""
    n, c, d, h, w = x.shape
    x = x.reshape(n, c, d // 2, 2, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 7, 2, 4, 6)
    return x.reshape(n, 8 * c, d // 2, h // 2, w // 2)


def depth_to_space(x: torch.Tensor) -> torch.Tensor:
    """The way back of `space_to_depth`."""
    n, c, d, h, w = x.shape
    x = x.reshape(n, c // 8, 2, 2, 2, d, h, w).permute(0, 1, 5, 2, 6, 3, 7, 4)
    return x.reshape(n, c // 8, 2 * d, 2 * h, 2 * w)
