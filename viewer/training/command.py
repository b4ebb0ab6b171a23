"""`angioscape train`: prepare the data, then train a network in pieces that resume."""

from pathlib import Path

from viewer.errors import ViewerError
from viewer.networks.plan import CONTEXT, FINE
from viewer.progress import Progress

PLANS = {plan.name: plan for plan in (CONTEXT, FINE)}
KEPT_SCENES = 400
FIRST_SEED = 1000
HELD_OUT_SCENES = 20
CALIBRATION_BATCHES = 15


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
    from viewer.training.scenes import HELD_OUT_SEED, keep_scenes

    if data is None:
        raise ViewerError("Say with --data where the training data lie; nothing was prepared.")
    made = prepare(data, work / "anatomy", progress.part(0, 0.3))
    keep_scenes(work / "scenes", KEPT_SCENES, FIRST_SEED, progress.part(0.3, 0.9))
    keep_scenes(work / "held_out", HELD_OUT_SCENES, HELD_OUT_SEED + 500, progress.part(0.9, 1.0))
    return f"{len(made)} anatomies and {KEPT_SCENES} scenes lie in {work}."


def publish_command(
    name: str, *, work: Path, folder: Path, page: Path | None, progress: Progress
) -> str:
    """Write the run of a network with its card into `folder`, to be signed there.

    It is calibrated on half of the people of the generator that no network learned from, and the
    other half says how well. `page` is one of measured accuracy, whose numbers the card tells.
    """
    from viewer.training import checkpoint
    from viewer.training.publish import measured_on, publish
    from viewer.training.scenes import kept_scenes
    from viewer.training.streams import held_out_stream

    if name not in PLANS or not (work / "runs" / f"{name}.safetensors").exists():
        raise ViewerError(f"No run of {name} lies in {work / 'runs'}; nothing was written.")
    measured = None if page is None else measured_on(page)
    progress.at(0.1, f"Calibrating {name}")
    run = checkpoint.resume(work / "runs", name, "cpu")
    scenes = sorted((work / "held_out").glob("*.npy"))
    if len(scenes) < 2:
        raise ViewerError(f"No two held-out scenes lie in {work}; run `train --prepare` first.")
    card = publish(
        run,
        held_out_stream(name, scenes[::2]),
        held_out_stream(name, scenes[1::2]),
        folder,
        batches=CALIBRATION_BATCHES,
        learned_from=kept_scenes(work / "scenes"),
        held_out=kept_scenes(work / "held_out"),
        measured=measured,
    )
    error = card.tables["held_out"]["calibration_error_with_temperature"]
    return (
        f"{name}: written to {folder}, temperature {card.softmax_temperature:.2f}, calibration "
        f"error {error:.3f}; sign the folder next."
    )
