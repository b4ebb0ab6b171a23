"""What the networks are punished for."""

import torch
from torch.nn import functional

from viewer.networks.plan import ARTERY, BONE, CHAMBER, CLASSES, DENSE, ORGAN, OTHER, VEIN, Plan
from viewer.training.classes import UNKNOWN

WEIGHT = {OTHER: 0.6, ARTERY: 2.0, VEIN: 2.0, BONE: 1.0, CHAMBER: 1.2, ORGAN: 0.8, DENSE: 1.5}


def class_loss(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """Cross entropy plus the Dice of every class over the batch; `UNKNOWN` counts for nothing."""
    known = classes != UNKNOWN
    target = torch.where(known, classes, 0)
    weight = torch.tensor([WEIGHT[n] for n in range(len(CLASSES))])
    entropy = functional.cross_entropy(logits, target, weight.to(logits), reduction="none")
    entropy = (entropy * known).sum() / known.sum().clamp(min=1)
    share = logits.softmax(dim=1) * known[:, None]
    truth = functional.one_hot(target, len(CLASSES)).permute(0, 4, 1, 2, 3) * known[:, None]
    both = (share * truth).sum(dim=(0, 2, 3, 4))
    size = share.sum(dim=(0, 2, 3, 4)) + truth.sum(dim=(0, 2, 3, 4))
    present = truth.sum(dim=(0, 2, 3, 4)) > 20
    dice = 1 - (2 * both[present] + 1) / (size[present] + 1)
    return entropy + dice.mean()


def vessel_loss(
    plan: Plan,
    logits: torch.Tensor,
    tube: torch.Tensor,
    wall: torch.Tensor,
    exact: torch.Tensor,
) -> torch.Tensor:
    """Half the missed share of centerlines plus a fifth of the error of the wall's distance.

    `tube` (n,d,h,w) bool, `wall` (n,d,h,w) in voxels over 4, cut to +-1; `exact` (n,) says which
    patches have them. Skeleton recall after Kirchhoff 2024 (arXiv 2404.03010).
    """
    if not exact.any():
        return logits.sum() * 0
    at = plan.classes
    out = logits[exact]
    on = tube[exact].float()
    vessel = out[:, : plan.classes].softmax(dim=1)[:, [ARTERY, VEIN]].sum(dim=1)
    recall = 1 - ((vessel * on).sum() + 1) / (on.sum() + 1)
    loss = 0.5 * recall
    if plan.tube:
        score = out[:, at]
        at += 1
        loss = loss + 0.2 * functional.binary_cross_entropy_with_logits(
            score, on, pos_weight=torch.tensor(8.0).to(score)
        )
    if plan.wall:
        loss = loss + 0.2 * functional.l1_loss(out[:, at], wall[exact])
    return loss
