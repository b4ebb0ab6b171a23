import torch

from viewer.networks.plan import ARTERY, CLASSES, Plan
from viewer.training.classes import UNKNOWN
from viewer.training.loss import class_loss, vessel_loss

PLAN = Plan("tiny", 2, len(CLASSES), (4, 4), 4, 1.0)


def logits_for(classes: torch.Tensor, strength: float) -> torch.Tensor:
    hot = torch.nn.functional.one_hot(classes, len(CLASSES)).permute(0, 4, 1, 2, 3)
    return strength * hot.float()


def test_the_truth_costs_least_and_unknown_places_cost_nothing():
    classes = torch.zeros((1, 8, 8, 8), dtype=torch.long)
    classes[:, 2:6, 2:6, 2:6] = ARTERY
    right = class_loss(logits_for(classes, 12), classes)
    wrong = class_loss(logits_for(1 - classes, 12), classes)
    assert right < 0.01 < 1 < wrong
    hidden = classes.clone()
    hidden[:, :, :, :4] = UNKNOWN
    said = logits_for(classes, 12)
    said[:, :, :, :, :4] = said[:, :, :, :, :4].flip(1)
    assert class_loss(said, hidden) < 0.01


def test_a_missed_centerline_costs():
    classes = torch.zeros((1, 8, 8, 8), dtype=torch.long)
    tube = torch.zeros((1, 8, 8, 8), dtype=torch.bool)
    tube[:, :, 4, 4] = True
    wall = torch.where(tube, -0.25, 0.5)
    seen = logits_for(torch.where(tube, ARTERY, classes), 12)
    blind = logits_for(classes, 12)
    exact = torch.tensor([True])
    rest = torch.stack([torch.where(tube, 10.0, -10.0), wall], dim=1)
    good = vessel_loss(PLAN, torch.cat([seen, rest], dim=1), tube, wall, exact)
    bad = vessel_loss(PLAN, torch.cat([blind, rest], dim=1), tube, wall, exact)
    assert good < 0.02
    assert bad > good + 0.3


def test_patches_without_exact_vessels_cost_nothing():
    out = torch.randn(1, PLAN.outputs, 4, 4, 4)
    nothing = torch.zeros((1, 4, 4, 4))
    assert vessel_loss(PLAN, out, nothing > 0, nothing, torch.tensor([False])) == 0
