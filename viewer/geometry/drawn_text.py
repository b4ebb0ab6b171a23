"""What is written of drawings: their labels, their rows in a report, and their measures."""

from collections.abc import Iterable

from viewer.geometry.drawn import Drawing
from viewer.geometry.measure import WHOLE, Measure
from viewer.geometry.number import Number

UNITS = {"mm": " mm", "mm2": " mm²", "deg": "°", "HU": " HU", "1": ""}
TITLES = {
    "distance": "Distance",
    "angle": "Angle",
    "lines": "Angle between lines",
    "ellipse": "Ellipse",
    "polygon": "Polygon",
}
HEADER = ("Name", "Kind", "Quantity", "Value", "SD", "Unit", "How")
FIRST = {"distance": "length", "angle": "angle", "lines": "angle"}
SHEET = "along the sheet"


def first_number(drawing: Drawing) -> Number:
    """The number that a drawing is made for: its length, its angle or its area."""
    return drawing.numbers[FIRST.get(drawing.kind, "area")]


def number_text(number: Number) -> str:
    """A number with its standard deviation and unit ("42.3 ± 0.6 mm"), or why there is none."""
    if not number.known:
        return number.missing
    if number.unit == "1":
        return f"{number.value:.0f}"
    digits = 0 if number.unit == "HU" and number.sd >= 0.95 else 1
    return f"{number.value:.{digits}f} ± {number.sd:.{digits}f}{UNITS[number.unit]}"


def label_lines(drawing: Drawing) -> tuple[str, ...]:
    """What stands beside a drawing: its name and number, and the HU of an area."""
    sheet = f" {SHEET}" if drawing.strip is not None else ""
    first = f"{drawing.name}  {number_text(first_number(drawing))}{sheet}"
    mean = drawing.numbers.get("mean HU")
    if mean is None:
        return (first,)
    if not mean.known:
        return first, f"no HU: {mean.missing}"
    return first, f"mean {number_text(mean)}, SD {drawing.numbers['SD HU'].value:.0f}"


def step_name(drawing: Drawing) -> str:
    """What drawing it is called in the history ("Distance 42.3 mm")."""
    number = first_number(drawing)
    return f"{TITLES[drawing.kind]} {number.value:.1f}{UNITS[number.unit]}"


def report_rows(drawings: Iterable[Drawing]) -> list[tuple[str, ...]]:
    """A head, then a row for every number of every drawing."""
    rows: list[tuple[str, ...]] = [HEADER]
    for drawing in drawings:
        for quantity, number in drawing.numbers.items():
            value, sd = (f"{number.value:.2f}", f"{number.sd:.2f}") if number.known else ("", "")
            how = number.method if number.known else number.missing
            unit = UNITS[number.unit].strip()
            rows.append((drawing.name, TITLES[drawing.kind], quantity, value, sd, unit, how))
    return rows


def as_measures(drawings: Iterable[Drawing]) -> tuple[Measure, ...]:
    """The known numbers of drawings as measures of the whole scan."""
    return tuple(
        Measure(WHOLE, drawing.name, quantity, number.value, number.sd, number.unit)
        for drawing in drawings
        for quantity, number in drawing.numbers.items()
        if number.known
    )
