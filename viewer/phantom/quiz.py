"""Scores of a reader who looked for the diseases of a made-up patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

NEAR_MM = 20.0
NEAR_LESION_MM = 10.0
PLACE_POINTS, KIND_POINTS, NUMBER_POINTS = 40, 35, 25
NORMAL_POINTS = 100
FALSE_POINTS = 20
FINE, FAIR = 0.1, 0.3


@dataclass(frozen=True)
class Question:
    """What is to be measured on a disease: `scale` times the true number `name`, in `unit`."""

    name: str
    title: str
    unit: str
    scale: float = 1.0


_STENOSIS = Question("diameter_stenosis", "Degree of stenosis by diameter", "%", 100)
_DIAMETER = Question("maximal_diameter_mm", "Greatest outer diameter", "mm")
QUESTIONS: Mapping[str, Question] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "stenosis",
                "eccentric-stenosis",
                "calcified-stenosis",
                "soft-plaque",
                "coarctation",
                "fibromuscular-dysplasia",
                "vasculitis",
            ),
            _STENOSIS,
        ),
        **dict.fromkeys(
            (
                "fusiform-aneurysm",
                "aneurysm-with-thrombus",
                "saccular-aneurysm",
                "saccular-aneurysm-with-thrombus",
                "dissection",
                "stent-graft",
                "endoleak",
            ),
            _DIAMETER,
        ),
        "occlusion": Question("occluded_length_mm", "Length that is closed", "mm"),
        "ulcer": Question("depth_mm", "Depth of the crater", "mm"),
        "arteriovenous-malformation": Question("nidus_diameter_mm", "Diameter of the nidus", "mm"),
        "stent": Question("length_mm", "Length of the stent", "mm"),
        "pulmonary-embolism": Question("clot_count", "Number of clots", ""),
        "tumor-encasement": Question("tumor_diameter_mm", "Diameter of the mass", "mm"),
        "aortic-thrombus": Question("share_of_area", "Share of the area that is closed", "%", 100),
    }
)


@dataclass(frozen=True)
class Mark:
    """What a reader says: here lies a disease of this kind, of this size (None: not measured)."""

    at_lps: tuple[float, float, float]
    kind: str
    number: float | None = None


@dataclass(frozen=True)
class Found:
    """One true lesion beside the mark that met it (None: it was missed).

    `number` is the true answer to `question` in its unit, `error` the mark's less the true one.
    """

    kind: str
    vessel: str
    at_lps: tuple[float, float, float]
    question: Question | None
    number: float | None
    mark: Mark | None
    distance_mm: float | None
    kind_right: bool
    error: float | None
    credit: int


@dataclass(frozen=True)
class Score:
    """The lesions with what was said of them, marks that met none, and its credit of 100."""

    found: tuple[Found, ...]
    wrong: tuple[Mark, ...]
    credit: int

    @property
    def normal(self) -> bool:
        """Whether there was nothing to find."""
        return not self.found


def lesions_of(document: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The lesions of a truth document that lie inside its scan."""
    return tuple(each for each in document["lesions"] if each.get("in_scan", True))


def extent_mm(lesion: Mapping[str, Any]) -> float:
    """How far from its middle a lesion still reaches along its vessel."""
    numbers = lesion["numbers"]
    length = max(
        float(numbers.get("length_mm", 0.0)),
        float(numbers.get("nidus_diameter_mm", 0.0)),
        float(lesion["to_mm"]) - float(lesion["from_mm"]),
    )
    return length / 2


def score(document: Mapping[str, Any], marks: Sequence[Mark]) -> Score:
    """What a reader found of the truth; "nothing marked" is the right answer where nothing is.

    A mark meets the nearest lesion that no other mark met and that lies near enough: within its
    own extent and 10 mm, at least 20 mm. Calcium scattered over the tree is met anywhere.
    """
    lesions = lesions_of(document)
    pairs = _paired(lesions, marks)
    found = tuple(
        _found(lesion, marks[pairs[number]] if number in pairs else None)
        for number, lesion in enumerate(lesions)
    )
    wrong = tuple(mark for n, mark in enumerate(marks) if n not in pairs.values())
    if not lesions:
        return Score((), wrong, max(0, NORMAL_POINTS - 50 * len(wrong)))
    mean = sum(each.credit for each in found) / len(found)
    return Score(found, wrong, max(0, round(mean) - FALSE_POINTS * len(wrong)))


def _paired(lesions: Sequence[Mapping[str, Any]], marks: Sequence[Mark]) -> dict[int, int]:
    """Which mark meets which lesion: right kinds first, then the nearest."""
    near = []
    for number, lesion in enumerate(lesions):
        for which, mark in enumerate(marks):
            far = _distance_mm(lesion, mark)
            if far <= max(NEAR_MM, extent_mm(lesion) + NEAR_LESION_MM):
                near.append((mark.kind != lesion["kind"], far, number, which))
    pairs: dict[int, int] = {}
    for _, _, number, which in sorted(near):
        if number not in pairs and which not in pairs.values():
            pairs[number] = which
    return pairs


def _distance_mm(lesion: Mapping[str, Any], mark: Mark) -> float:
    if lesion["branch"] < 0 and lesion["kind"] == mark.kind:
        return 0.0
    return float(np.linalg.norm(np.subtract(lesion["at_lps"], mark.at_lps)))


def _found(lesion: Mapping[str, Any], mark: Mark | None) -> Found:
    numbers = lesion["numbers"]
    asked = QUESTIONS.get(lesion["kind"])
    if asked is not None and asked.name not in numbers:
        asked = None
    true = float(numbers[asked.name]) * asked.scale if asked else None
    right = mark is not None and mark.kind == lesion["kind"]
    error = None
    if mark is not None and right and mark.number is not None and true is not None:
        error = mark.number - true
    points = 0
    if mark is not None:
        points = PLACE_POINTS + (KIND_POINTS if right else 0)
        points += NUMBER_POINTS if asked is None and right else _number_points(asked, true, error)
    x, y, z = (float(each) for each in lesion["at_lps"])
    return Found(
        lesion["kind"],
        lesion["vessel"],
        (x, y, z),
        asked,
        true,
        mark,
        _distance_mm(lesion, mark) if mark is not None else None,
        right,
        error,
        points,
    )


def _number_points(asked: Question | None, true: float | None, error: float | None) -> int:
    """All points for an error of a tenth at most, falling to none at three tenths.

    Of a percentage it counts in percent of the whole, of anything else in shares of the truth.
    """
    if asked is None or true is None or error is None:
        return 0
    relative = abs(error) / (100.0 if asked.unit == "%" else max(abs(true), 1e-6))
    return round(NUMBER_POINTS * float(np.clip((FAIR - relative) / (FAIR - FINE), 0, 1)))
