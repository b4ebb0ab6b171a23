"""How near restored scans come to the truth, beside what is commonly done.

Run it from a checkout: `python -m tests.benchmarks.restoring --work FOLDER [--quick] [--run FILE]
[--part 0/2] [--table]`. Made-up people of seeds that nothing learned from are scanned thick or at
a low dose, and real scans are thinned; the truth is the person without noise in thin slices, or
the real scan as it was. What was measured is kept, a line for each method on each scan, in FOLDER:
what was stopped goes on, parts may run side by side, another network is measured beside the peers
that are there, and `--table` prints what there is. `--run` takes a network in training.
"""

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.restoring_judged import judged
from tests.benchmarks.restoring_methods import CUBIC, EXACT, NETWORK, NOISE, methods, network_of_run
from tests.benchmarks.restoring_tables import tables
from tests.benchmarks.restoring_truths import PEOPLE, REALS, SETTINGS, Setting, Truth, person, real
from viewer.enhance.guess import NAME
from viewer.networks.device import choose
from viewer.networks.network import Network, network
from viewer.networks.registry import models

SEGMENTED, ASKED = (CUBIC, NOISE, EXACT), (NETWORK, NOISE, EXACT)
QUICK_SETTINGS = (SETTINGS[1], SETTINGS[4])
QUICK_REAL = "chest, dissection"


@dataclass(frozen=True)
class Part:
    """Every `of`-th scan, from `number` on."""

    number: int = 0
    of: int = 1

    @classmethod
    def read(cls, text: str) -> "Part":
        """From words such as 0/2."""
        number, of = (int(each) for each in text.split("/"))
        if not 0 <= number < of:
            raise ValueError(text)
        return cls(number, of)


def kept(folder: Path) -> list[dict[str, Any]]:
    """The lines of all parts, in the order in which they were measured."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.jsonl")]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    return sorted(rows, key=lambda row: float(row["at"]))


def truths(quick: bool) -> Iterator[Truth]:
    """Made-up people, then real scans; with `quick` one of each."""
    for each in PEOPLE[: 1 if quick else None]:
        yield person(*each)
    for name in [QUICK_REAL] if quick else REALS:
        yield real(name)


def scans(quick: bool, part: Part) -> Iterator[tuple[Truth, Setting]]:
    """What a part is to measure: the truths with the settings that their slices allow."""
    settings = QUICK_SETTINGS if quick else SETTINGS
    every = ((t, each) for t in truths(quick) for each in settings if t.factor(each) is not None)
    return itertools.islice(every, part.number, None, part.of)


def measure(folder: Path, restorer: Network | None, part: Part, *, quick: bool) -> None:
    """Write a line for every truth, setting and method of a part that has none yet."""
    folder.mkdir(parents=True, exist_ok=True)
    done = {(r["truth"], r["setting"], r["method"], r["network"]) for r in kept(folder)}
    checksum = restorer.checksum[:12] if restorer else ""
    with (folder / f"{part.number}-of-{part.of}.jsonl").open("a", encoding="utf-8") as file:
        for truth, setting in scans(quick, part):
            scan, facts = truth.scan(setting)
            factor = truth.factor(setting) or 1
            for method, work in methods(scan, factor, facts, restorer):
                place = (truth.name, setting.name, method, checksum * (method in ASKED))
                if place in done:
                    continue
                row = dict(zip(("truth", "setting", "method", "network"), place, strict=True))
                row |= {"kind": truth.kind, "factor": factor, "at": time.time()}
                row |= judged(work, truth, segmented=method in SEGMENTED and not quick)
                file.write(json.dumps(row, default=float) + "\n")
                file.flush()
                print(*place[:3], f"{row['edge']:.2f} dB", file=sys.stderr)


def shipped() -> Network | None:
    """The restoration network, where it comes along."""
    there = any(card.name == NAME and card.trusted for card in models())
    return network(NAME, choose(exact=False)) if there else None


def main() -> int:
    """Measure what is not measured yet, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="where the numbers are kept")
    parser.add_argument("--quick", action="store_true", help="one person and one real scan")
    parser.add_argument("--run", type=Path, help="a run in training, instead of what is shipped")
    parser.add_argument("--part", type=Part.read, default=Part(), help="such as 0/2")
    parser.add_argument("--table", action="store_true", help="measure nothing, print the tables")
    args = parser.parse_args()
    if not args.table:
        restorer = network_of_run(args.run) if args.run else shipped()
        measure(args.work, restorer, args.part, quick=args.quick)
    print("\n".join(tables(kept(args.work))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
