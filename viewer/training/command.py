"""`angioscape train`: prepare the data, then train a network in pieces that resume."""

from pathlib import Path
from typing import TYPE_CHECKING

from viewer.errors import ViewerError
from viewer.networks.plan import CONTEXT, FINE, RESTORE
from viewer.progress import Progress

if TYPE_CHECKING:
    from viewer.training.checkpoint import Run

PLANS = {plan.name: plan for plan in (CONTEXT, FINE, RESTORE)}
KEPT_SCENES = 400
KEPT_PEOPLE, HELD_OUT_PEOPLE, FIRST_PERSON = 260, 21, 3000
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
        return _prepare(name, data, work, progress)
    import torch

    from viewer.training import checkpoint
    from viewer.training.restoring import MANNER, start_from_classical
    from viewer.training.streams import stream_of
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
    restores = name == RESTORE.name
    if restores and not there:
        start_from_classical(run.network)
    train(
        run,
        stream_of(name, work, run.step),
        runs,
        progress,
        minutes=minutes,
        of_minutes=of_minutes,
        manner=MANNER if restores else None,
    )
    last = run.curve[-1]["loss"] if run.curve else float("nan")
    return f"{name}: step {run.step}, {run.seconds / 60:.0f} minutes, loss {last:.3f}, on {place}."


def _prepare(name: str, data: Path | None, work: Path, progress: Progress) -> str:
    from viewer.training.anatomy import prepare
    from viewer.training.restoring_truth import keep_people
    from viewer.training.scenes import HELD_OUT_SEED, keep_scenes

    if data is None:
        raise ViewerError("Say with --data where the training data lie; nothing was prepared.")
    made = prepare(data, work / "anatomy", progress.part(0, 0.3))
    if name == RESTORE.name:
        held_out, seed = work / "people_held_out", HELD_OUT_SEED + 1500
        keep_people(work / "people", KEPT_PEOPLE, FIRST_PERSON, progress.part(0.3, 0.9))
        keep_people(held_out, HELD_OUT_PEOPLE, seed, progress.part(0.9, 1.0), held_out=True)
        return f"{len(made)} anatomies and {KEPT_PEOPLE} painted people lie in {work}."
    keep_scenes(work / "scenes", KEPT_SCENES, FIRST_SEED, progress.part(0.3, 0.9))
    keep_scenes(work / "held_out", HELD_OUT_SCENES, HELD_OUT_SEED + 500, progress.part(0.9, 1.0))
    return f"{len(made)} anatomies and {KEPT_SCENES} scenes lie in {work}."


def publish_command(
    name: str, *, work: Path, folder: Path, page: Path | None, progress: Progress
) -> str:
    """Write the run of a network with its card into `folder`, to be signed there.

    It is calibrated on half of the people of the generator that no network learned from, and the
    other half says how well. `page` is one of measured accuracy, whose numbers the card tells, but
    for the network that restores.
    """
    from viewer.training import checkpoint
    from viewer.training.publish import measured_on, publish
    from viewer.training.scenes import kept_scenes
    from viewer.training.streams import held_out_stream

    if name not in PLANS or not (work / "runs" / f"{name}.safetensors").exists():
        raise ViewerError(f"No run of {name} lies in {work / 'runs'}; nothing was written.")
    progress.at(0.1, f"Calibrating {name}")
    run = checkpoint.resume(work / "runs", name, "cpu")
    if name == RESTORE.name:
        return _publish_restoring(run, work, folder)
    measured = None if page is None else measured_on(page)
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


def _publish_restoring(run: "Run", work: Path, folder: Path) -> str:
    from viewer.training.restoring_publish import publish_restoring
    from viewer.training.scenes import kept_scenes

    people = sorted((work / "people_held_out").glob("*.npy"))
    if len(people) < 2:
        raise ViewerError(f"No two held-out people lie in {work}; run `train --prepare` first.")
    card = publish_restoring(
        run,
        people[::2],
        people[1::2],
        folder,
        learned_from=kept_scenes(work / "people"),
        held_out=kept_scenes(work / "people_held_out"),
    )
    rows = card.tables["held_out"].values()
    gain = min(row["edge_psnr_network"] - row["edge_psnr_smoothest"] for row in rows)
    return (
        f"{run.plan.name}: written to {folder}; at vessel walls {gain:.1f} dB better than without "
        "a network where it gains least; sign the folder next."
    )
