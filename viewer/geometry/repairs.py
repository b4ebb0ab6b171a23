"""What was mended or left out while a tree was traced, told to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from viewer.errors import PLACE, Notice

Kind = Literal["touching", "loop", "pieces", "crumbs"]
MOST_OF_A_KIND = 3
MANY = {
    "touching": "Vessels touch without joining in {count} places and are kept apart.",
    "loop": "{count} rings of vessels were opened at their thinnest places, as a tree has none.",
    "pieces": "The vessels are in {count} pieces beside the largest; each has a tree of its own.",
    "crumbs": "{count} pieces are too short for a centerline and were left out.",
}
ONE = {
    "touching": "Two vessels touch here without joining and are kept apart.",
    "loop": "A ring of vessels was opened here at its thinnest place, as a tree has none.",
    "pieces": "This piece is not joined to the largest one and has a tree of its own.",
    "crumbs": "This piece is too short for a centerline and was left out.",
}


@dataclass(frozen=True)
class Repair:
    """One thing that was mended or left out, and where (LPS mm)."""

    kind: Kind
    point_lps: tuple[float, float, float]

    @property
    def text(self) -> str:
        """The sentence for a person."""
        return ONE[self.kind]


def notices(repairs: Sequence[Repair]) -> tuple[Notice, ...]:
    """What a reader should know of a tree: each place, or one sentence where there are many."""
    told: list[Notice] = []
    for kind in ONE:
        own = [repair for repair in repairs if repair.kind == kind]
        if len(own) > MOST_OF_A_KIND:
            text = MANY[kind].format(count=len(own))
            told.append(Notice("tree repaired", "info", text, numbers={"places": len(own)}))
            continue
        for repair in own:
            place = dict(zip(PLACE, repair.point_lps, strict=True))
            told.append(Notice("tree repaired", "info", repair.text, numbers=place))
    return tuple(told)
