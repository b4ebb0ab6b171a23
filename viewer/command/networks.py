"""Commands about the networks: train, models."""

import argparse
from pathlib import Path
from typing import Any

from viewer.progress import Progress


def add_train(verbs: Any) -> None:
    """Add `train`: a network from made-up patients and real anatomy."""
    verb = verbs.add_parser("train", help="train a network on made-up patients")
    verb.add_argument("name", help="the network: context, fine or restore")
    verb.add_argument("--minutes", metavar="N", type=float, default=60.0, help="of this piece")
    verb.add_argument("--of", metavar="N", type=float, help="of the whole run (this piece alone)")
    verb.add_argument("--resume", action="store_true", help="go on where the last run ended")
    verb.add_argument("--data", metavar="FOLDER", type=Path, help="real anatomy to learn from")
    verb.add_argument(
        "--work",
        metavar="FOLDER",
        type=Path,
        default=Path("training"),
        help="where prepared data and runs are kept (training)",
    )
    verb.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    verb.add_argument("--prepare", action="store_true", help="only make the data ready")
    verb.add_argument(
        "--publish",
        metavar="FOLDER",
        type=Path,
        help="calibrate the run and write weights and card there, to be signed",
    )
    verb.add_argument(
        "--table",
        metavar="PAGE",
        type=Path,
        help="with --publish: a page of measured accuracy (docs/use/accuracy.md) for the card",
    )
    verb.set_defaults(command=_train)


def add_models(verbs: Any) -> None:
    """Add `models`: the networks that come along, and whether they are trusted."""
    verb = verbs.add_parser("models", help="list the networks, their limits and their trust")
    verb.add_argument("folder", type=Path, nargs="?", help="of other networks than the program's")
    verb.set_defaults(command=_models)


def _train(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.training.command import publish_command, train_command

    if args.publish is not None:
        asked = {"work": args.work, "folder": args.publish, "page": args.table}
        print(publish_command(args.name, **asked, progress=progress))
        return 0
    told = train_command(
        args.name,
        minutes=args.minutes,
        of_minutes=args.of or args.minutes,
        resume=args.resume,
        data=args.data,
        work=args.work,
        device=None if args.device == "auto" else args.device,
        prepare=args.prepare,
        progress=progress,
    )
    print(told)
    return 0


def _models(args: argparse.Namespace, progress: Progress) -> int:
    from viewer.networks.registry import models

    cards = models(args.folder)
    if not cards:
        print("There are no networks here; the vessels are found by rules alone.")
    for card in cards:
        trust = "trusted" if card.trusted else "NOT TRUSTED: not as a known key signed it"
        print(f"{card.name}: {card.title} ({trust})")
        print(f"  Made {card.made}, {card.generator}; {card.license}.")
        print(f"  Use: {card.intended_use}")
        print(f"  Limits: {card.limits}")
    return 0
