import pytest
import torch

from viewer.networks.plan import RESTORE
from viewer.training.restoring import Pairs
from viewer.training.restoring_loss import (
    drift_of,
    edge_of,
    likelihood,
    restoring_loss,
    value_of,
)

SHAPE = (2, 16, 16, 16)


@pytest.fixture
def a_wall():
    wall = torch.zeros(SHAPE, dtype=torch.bool)
    wall[:, :, 8] = True
    return wall


@pytest.fixture
def noise():
    return 0.1 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))


def answer(residual, log_variance=0.0):
    return torch.stack([residual, torch.full(SHAPE, log_variance)], dim=1)


def test_the_right_residual_costs_nothing(noise, a_wall):
    found = restoring_loss(answer(noise), noise, torch.zeros(SHAPE), a_wall)
    assert found.value == found.edge == found.drift == 0


@pytest.mark.parametrize("size", [0.3, 1.0])
def test_to_add_nothing_costs_one_however_noisy_the_scan(noise, a_wall, size):
    found = restoring_loss(answer(0 * noise), size * noise, torch.zeros(SHAPE), a_wall)
    assert 0.75 < found.value < 1
    assert 0.9 < found.edge < 1


def test_walls_weigh_five_times_as_much(a_wall):
    def step(row):
        error = torch.zeros(SHAPE)
        error[:, :, row:] = 0.2
        return float(edge_of(error, a_wall)[0])

    assert step(8) == pytest.approx(5 * step(3), rel=1e-5)
    assert edge_of(torch.full(SHAPE, 0.2), a_wall)[0] == 0

    def row(number):
        error = torch.zeros(SHAPE)
        error[:, :, number] = 0.2
        return float(value_of(error, a_wall)[0])

    assert row(8) == pytest.approx(5 * row(3), rel=1e-5)


def test_the_variance_that_costs_least_is_that_of_the_error(noise):
    right = 2 * torch.log((4 * noise).std())  # in (100 HU)^2, the error being in 400 HU
    costs = [float(likelihood(noise, torch.full(SHAPE, float(right) + d))) for d in (-0.3, 0, 0.3)]
    assert costs[1] < min(costs[0], costs[2])


def test_the_variance_cannot_spoil_the_mean(noise):
    out = answer(noise, -3.0).requires_grad_()
    likelihood(out[:, 0], out[:, 1]).backward()
    assert torch.all(out.grad[:, 0] == 0)
    assert torch.all(out.grad[:, 1] != 0)


def test_a_mean_that_drifts_is_punished_where_the_truth_is_even(noise):
    even, uneven = torch.full(SHAPE, 0.1), torch.rand(SHAPE)
    off = torch.full(SHAPE, 0.05)
    assert drift_of(off, even)[0] == pytest.approx(0.045, abs=0.002)
    assert drift_of(off, uneven)[0] == 0
    assert drift_of(noise, even).max() < 0.05 * noise.abs().mean()


def test_pairs_are_punished_in_units_of_the_residual(noise, a_wall):
    classical = torch.full(SHAPE, 50.0)
    pairs = Pairs(torch.zeros(2, 5, 16, 16, 16), classical, classical + 400 * noise, a_wall)
    right = pairs.loss(RESTORE, answer(noise, -3.2))
    wrong = pairs.loss(RESTORE, answer(0 * noise, -3.2))
    assert right < wrong - 1
