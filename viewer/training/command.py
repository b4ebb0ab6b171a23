"""`angioscape train`: prepare the data, then train a network in pieces that resume."""

from pathlib import Path

from viewer.errors import ViewerError
from viewer.networks.plan import CONTEXT, FINE
from viewer.progress import Progress

PLANS = {plan.name: plan for plan in (CONTEXT, FINE)}
KEPT_SCENES = 120
FIRST_SEED = 1000


def train_command(
    name: str,
    *,
    minutes: float,
    of_minutes: float,
    resume: bool,
    data: Path | None,
    work: Path,
    device: str | None,
    prepare: bool,
    progress: Progress,
) -> str:
    """Prepare (`data` to `work`) or train a network there; gives a sentence on what was done.

    `minutes` is this piece, `of_minutes` the whole run, over which the learning rate falls.
    """
    if name not in PLANS:
        raise ViewerError(f"There is no network called {name}; choose {' or '.join(PLANS)}.")
    if prepare:
        return _prepare(data, work, progress)
    import torch

    from viewer.training import checkpoint
    from viewer.training.anatomy import load
    from viewer.training.streams import context_stream, fine_stream
    from viewer.training.train import train

    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    runs = work / "runs"
    there = (runs / f"{name}.safetensors").exists()
    if there and not resume:
        raise ViewerError(
            f"A run of {name} lies in {runs} already; it was kept. Add --resume to go on with it, "
            "or move it away."
        )
    run = checkpoint.resume(runs, name, place) if there else checkpoint.begin(PLANS[name], 0, place)
    anatomies = load(work / "anatomy")
    scenes = sorted((work / "scenes").glob("*.npy"))
    streams = {CONTEXT.name: context_stream, FINE.name: fine_stream}
    stream = streams[name](anatomies, scenes, run.step)
    train(run, stream, runs, progress, minutes=minutes, of_minutes=of_minutes)
    last = run.curve[-1]["loss"] if run.curve else float("nan")
    return f"{name}: step {run.step}, {run.seconds / 60:.0f} minutes, loss {last:.3f}, on {place}."


def _prepare(data: Path | None, work: Path, progress: Progress) -> str:
    from viewer.training.anatomy import prepare
    from viewer.training.scenes import keep_scenes

    if data is None:
        raise ViewerError("Say with --data where the training data lie; nothing was prepared.")
    made = prepare(data, work / "anatomy", progress.part(0, 0.3))
    keep_scenes(work / "scenes", KEPT_SCENES, FIRST_SEED, progress.part(0.3, 1.0))
    return f"{len(made)} anatomies and {KEPT_SCENES} scenes lie in {work}."
