"""The options of every step: one dataclass each makes the form, the flags and the record."""

from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any

from viewer.errors import ViewerError


def option(
    default: Any,
    title: str,
    tip: str,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
) -> Any:
    """A field of an options dataclass with what a form and a flag need to know."""
    return field(
        default=default,
        metadata={"title": title, "tip": tip, "unit": unit, "low": low, "high": high},
    )


@dataclass(frozen=True)
class SuitabilityOptions:
    """Nothing to choose: the scan is measured as it is."""


@dataclass(frozen=True)
class EnhanceOptions:
    """How strongly noise is taken out."""

    strength: float = option(
        1.0,
        "Strength",
        "How much noise is taken out, as a multiple of the noise measured on this scan; "
        "0 keeps the scan as it is.",
        unit="x noise",
        low=0.0,
        high=3.0,
    )


@dataclass(frozen=True)
class SegmentOptions:
    """How eagerly vessels are followed."""

    sensitivity: float = option(
        0.5,
        "Sensitivity",
        "Higher follows thinner and fainter vessels and takes in more that is not a vessel.",
        low=0.0,
        high=1.0,
    )


@dataclass(frozen=True)
class TraceOptions:
    """How the surface and the centerlines are drawn from the mask."""

    smoothing: float = option(
        0.5,
        "Surface smoothing",
        "Smooths the voxel steps of the surface without shrinking it.",
        low=0.0,
        high=1.0,
    )
    shortest_mm: float = option(
        8.0,
        "Shortest branch",
        "Side branches shorter than this are taken for bumps of the wall.",
        unit="mm",
        low=2.0,
        high=50.0,
    )


Options = SuitabilityOptions | EnhanceOptions | SegmentOptions | TraceOptions


def check(options: Options) -> None:
    """Raise a `ViewerError` when a value is of the wrong type or out of its range."""
    for each in fields(options):
        value = getattr(options, each.name)
        meta = each.metadata
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise ViewerError(f"{meta['title']} must be a number; nothing was run.")
        low, high = meta["low"], meta["high"]
        if not low <= value <= high:
            unit = f" {meta['unit']}" if meta["unit"] else ""
            raise ViewerError(
                f"{meta['title']} must lie between {low:g} and {high:g}{unit}, not {value:g}; "
                "nothing was run."
            )


def as_record(options: Options) -> dict[str, Any]:
    """Names and values for the provenance record."""
    return asdict(options)


def default_of(each: Field[Any]) -> Any:
    """The default of one field."""
    return None if each.default is MISSING else each.default
