"""The options of every step: one dataclass each makes the form, the flags and the record."""

from collections.abc import Mapping
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


def choice(default: str, title: str, tip: str, choices: Mapping[str, str]) -> Any:
    """A field that is one of a few words; `choices` maps each to how a form calls it."""
    metadata = {"title": title, "tip": tip, "unit": "", "choices": dict(choices)}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class SuitabilityOptions:
    """Nothing to choose: the scan is measured as it is."""


@dataclass(frozen=True)
class EnhanceOptions:
    """What is promised of the restored scan, and how finely it is divided."""

    mode: str = choice(
        "noise",
        "Promise",
        "Quieter: what is taken away is as large as the noise, no more. Exact: averaged back, "
        "every measured voxel is reproduced, noise and all. No method can promise both.",
        {"noise": "Quieter", "exact": "Exact"},
    )
    divide: str = choice(
        "none",
        "Divide",
        "Into how many new voxels each measured one is divided.",
        {
            "none": "Voxels as scanned",
            "cubic": "Slices until cubic",
            "slices": "Each slice in two",
            "all": "Each voxel in 2 x 2 x 2",
        },
    )
    engine: str = choice(
        "networks",
        "Guess",
        "What is guessed before it is made to agree with the scan: by a network, or the smoothest.",
        {"networks": "With a network, if any", "plain": "Without networks"},
    )
    device: str = choice(
        "auto",
        "Device",
        "What runs the network.",
        {"auto": "The fastest there is", "cpu": "Processor", "cuda": "Graphics processor"},
    )


@dataclass(frozen=True)
class SegmentOptions:
    """How eagerly vessels are followed, and with which help."""

    sensitivity: float = option(
        0.5,
        "Sensitivity",
        "Higher follows thinner and fainter vessels and takes in more that is not a vessel.",
        low=0.0,
        high=1.0,
    )
    engine: str = choice(
        "networks",
        "Engine",
        "Networks say what is artery, vein, bone and organ; rules go by brightness and shape.",
        {"networks": "With networks, if any", "rules": "Without networks"},
    )
    mode: str = choice(
        "final",
        "Mode",
        "A draft decides what is what on coarser blocks and asks the networks hardly again at "
        "their seams: on thin slices it takes less time and loses thin branches.",
        {"draft": "Draft", "final": "Final"},
    )
    device: str = choice(
        "auto",
        "Device",
        "What runs the networks.",
        {"auto": "The fastest there is", "cpu": "Processor", "cuda": "Graphics processor"},
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


@dataclass(frozen=True)
class MeasureOptions:
    """Nothing to choose: every vessel is measured in the same way."""


Options = SuitabilityOptions | EnhanceOptions | SegmentOptions | TraceOptions | MeasureOptions


def check(options: Options) -> None:
    """Raise a `ViewerError` when a value is of the wrong type, out of range or no choice."""
    for each in fields(options):
        value = getattr(options, each.name)
        meta = each.metadata
        if "choices" in meta:
            if value not in meta["choices"]:
                known = " or ".join(meta["choices"])
                raise ViewerError(f"{meta['title']} must be {known}; nothing was run.")
            continue
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
