import itertools

import numpy as np
import torch

from viewer.networks.plan import CLASSES, Plan
from viewer.networks.registry import open_weights
from viewer.progress import Progress, silent
from viewer.training import checkpoint
from viewer.training.data import Patch
from viewer.training.publish import publish
from viewer.training.train import Batch, Manner, batch_of, rate, train

PLAN = Plan("context", 2, len(CLASSES), (4, 8), 4, 2.5, tube=False, wall=False)


def stream(first: int = 0):
    """Bright blocks are artery, dark ones are not."""
    for number in itertools.count(first):
        rng = np.random.default_rng(number)
        patches = []
        for _ in range(4):
            classes = torch.zeros((16, 16, 16), dtype=torch.long)
            a, b, c = rng.integers(0, 8, 3)
            classes[a : a + 8, b : b + 8, c : c + 8] = 1
            noise = torch.from_numpy(rng.normal(0, 20, (16, 16, 16)).astype(np.float32))
            patches.append(Patch(50 + 350 * classes + noise, classes))
        yield batch_of(patches)


def test_it_learns_resumes_and_ships(tmp_path):
    run = checkpoint.begin(PLAN, 0, "cpu")
    told: list[str] = []
    progress = Progress(lambda _, text: told.append(text))
    train(run, stream(), tmp_path, progress, minutes=0.05, of_minutes=0.1)
    half = run.step
    assert half > 0
    run = checkpoint.resume(tmp_path, "context", "cpu")
    assert run.step == half
    train(run, stream(half), tmp_path, silent(), minutes=0.05, of_minutes=0.1)
    assert run.step > half
    assert run.curve[-1]["loss"] < 0.7 * run.curve[0]["loss"]
    card = publish(
        run,
        stream(20_000),
        stream(30_000),
        tmp_path / "models",
        batches=2,
        learned_from={1000: 1, 1001: 2},
        held_out={900_500: 2},
    )
    assert card.generator == "Angioscape generator 1 and 2"
    assert card.training["scene_seeds"] == [1000, 1001, 2]
    weights = open_weights("context", tmp_path / "models", untrusted=True)
    assert weights.card.training["steps"] == run.step
    assert not weights.card.trusted
    assert 0 <= card.tables["held_out"]["calibration_error_with_temperature"] < 0.5
    name = "encode.0.steps.0.0.weight"
    there = run.averaged.state_dict()[name].numpy()
    assert np.allclose(weights.arrays[name], there, atol=2e-3)


def test_a_checkpoint_goes_on_exactly(tmp_path):
    one = checkpoint.begin(PLAN, 3, "cpu")
    step(one, next(stream()))
    checkpoint.save(one, tmp_path)
    other = checkpoint.resume(tmp_path, "context", "cpu")
    for run in (one, other):
        step(run, next(stream(5)))
    for (name, a), b in zip(
        one.network.state_dict().items(), other.network.state_dict().values(), strict=True
    ):
        assert torch.allclose(a.float(), b.float(), atol=1e-6), name


def step(run: checkpoint.Run, batch: Batch) -> None:
    run.network.train()
    loss = run.network(batch.channels).square().mean()
    run.optimizer.zero_grad()
    loss.backward()
    run.optimizer.step()
    run.step += 1
    run.average()


def test_batch_norm_settles_when_told(tmp_path):
    def seen(run: checkpoint.Run) -> torch.Tensor:
        return run.network.state_dict()["stem.steps.0.1.running_mean"].clone()

    def trained(settled: int | None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        run = checkpoint.begin(PLAN, 0, "cpu")
        weight = run.network.head.weight.detach().clone()
        lasts = {"minutes": 0.005, "of_minutes": 0.1}
        manner = Manner(settled=settled)
        train(run, stream(), tmp_path, silent(), **lasts, manner=manner)
        assert run.step > 1
        return torch.zeros_like(seen(run)), seen(run), run.network.head.weight - weight

    before, after, learned = trained(0)
    assert torch.equal(before, after)
    assert learned.abs().max() > 0
    before, after, _ = trained(None)
    assert not torch.equal(before, after)


def test_the_rate_rises_shortly_then_falls_to_nothing():
    assert rate(0.0) < rate(0.02)
    assert rate(0.02) > rate(0.5) > rate(0.9)
    assert rate(1.0) < 1e-9
