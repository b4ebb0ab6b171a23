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
ALONG, ON = "along the sheet", "on the curved sheet"


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
    """What stands beside a drawing: its name and number, the HU of an area, and where it lies."""
    lines = [f"{drawing.name}  {number_text(first_number(drawing))}"]
    mean = drawing.numbers.get("mean HU")
    if mean is not None and mean.known:
        spread = drawing.numbers["SD HU"].value
        lines.append(f"mean {number_text(mean)}, SD {spread:.0f}")
    elif mean is not None:
        lines.append(f"no HU: {mean.missing}")
    if drawing.strip is not None:
        lines.append(ALONG if drawing.kind == "distance" else ON)
    return tuple(lines)


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
