"""What the plan asks of the vessel step, beside what was reached."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Measures = Mapping[str, float]
DISSECTION = "Aortic dissection, arterial"
LIVER = "Liver, arterial"
HEAD = (
    "| case | number | classical: asked | reached | networks: asked | reached |",
    "|---|---|---|---|---|---|",
)


def plain(value: float) -> str:
    """A score."""
    return f"{value:.2f}"


def percent(value: float) -> str:
    """A share."""
    return f"{100 * value:.1f} %"


def millimeters(value: float) -> str:
    """A length."""
    return f"{value:.1f} mm"


def yes_or_no(value: float) -> str:
    """Whether something was so."""
    return "yes" if value == 1 else "no"


@dataclass(frozen=True)
class Asked:
    """A number of the plan: the measure of a case, and its limit without and with networks."""

    case: str
    measure: str
    classical: float
    networks: float
    shown: Callable[[float], str] = plain
    at_most: bool = False

    def met(self, value: float, limit: float) -> bool:
        """Whether a value is as good as its limit; nan never is."""
        return value <= limit if self.at_most else value >= limit


ASKED = (
    Asked("Made-up people, held out", "Dice", 0.60, 0.85),
    Asked("Made-up people, held out", "clDice", 0.60, 0.80),
    Asked("Made-up trees, unseen family", "Dice", 0.55, 0.70),
    Asked(DISSECTION, "Dice", 0.60, 0.80),
    Asked(DISSECTION, "heart", 0.10, 0.10, percent, at_most=True),
    Asked(DISSECTION, "vertebra T12", 0.05, 0.05, percent, at_most=True),
    Asked("Abdomen, portal-venous: all vessels", "Dice", 0.45, 0.60),
    Asked(LIVER, "oral contrast", 0.001, 0.001, percent, at_most=True),
    Asked(LIVER, "vertebrae", 0.001, 0.001, percent, at_most=True),
    Asked(LIVER, "aortic diameter", 1.5, 1.0, millimeters, at_most=True),
    Asked("Abdomen without contrast", "refused", 1.0, 1.0, yes_or_no),
)
NAMES = {
    "heart": "heart called vessel",
    "vertebra T12": "vertebra T12 called vessel",
    "oral contrast": "oral contrast called vessel",
    "vertebrae": "vertebrae called vessel",
    "aortic diameter": "largest error of the aortic diameter",
}


def reached(classical: Mapping[str, Measures], networks: Mapping[str, Measures]) -> list[str]:
    """The lines of the table: each number that is asked beside the measures of its case.

    A case that was not run has none; a miss is marked.
    """
    lines = []
    for asked in ASKED:
        cells = []
        for limit, of in ((asked.classical, classical), (asked.networks, networks)):
            bound = "at most " * asked.at_most + asked.shown(limit)
            if asked.case not in of:
                cells += [bound, "not run"]
                continue
            value = of[asked.case].get(asked.measure, float("nan"))
            good = asked.met(value, limit)
            cells += [bound, asked.shown(value) if good else f"**{asked.shown(value)}: missed**"]
        name = NAMES.get(asked.measure, asked.measure)
        lines.append(f"| {asked.case} | {name} | {' | '.join(cells)} |")
    missed = sum(line.count(": missed**") for line in lines)
    return ["", *HEAD, *lines, "", f"{missed} of {2 * len(ASKED)} numbers are missed.", ""]
