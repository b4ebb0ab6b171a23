"""The steps from a scan to a vascular map; the window and the command line call the same ones."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from viewer.case import options as choices
from viewer.case.case import Case
from viewer.case.decide import lumen_of, named, undecided
from viewer.case.meter import Meter
from viewer.errors import Notice, ViewerError
from viewer.progress import Progress, silent
from viewer.provenance import Record, now, versions

State = Literal["done", "ready", "blocked"]
Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Made:
    """One part that a step made, what a reader should know of it, and with which networks."""

    part: str
    value: Any
    notices: tuple[Notice, ...] = ()
    networks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    device: str = ""


@dataclass(frozen=True)
class Step:
    """One step: the parts it needs and makes, its options, and the function that does it."""

    name: str
    title: str
    doing: str
    tip: str
    needs: tuple[str, ...]
    makes: str
    options: type[choices.Options]
    work: Callable[[Case, Any, Progress], Iterator[Made]]
    weight: float  # share of the main job's time, for one bar over all steps
    beside: tuple[str, ...] = ()  # parts that it makes beside the one that tells it is done


def given(part: Part | None) -> Part:
    """The part itself, which an earlier step has made; raises `ViewerError` where none has."""
    if part is None:
        raise ViewerError("A part that this step needs is not there yet; run the steps before it.")
    return part


def _suitability(case: Case, _: choices.SuitabilityOptions, progress: Progress) -> Iterator[Made]:
    from viewer.enhance.suitability import judge

    modality = case.series.modality if case.series is not None else "CT"
    found = judge(given(case.volume), progress, modality=modality or "CT")
    notices = tuple(Notice("not suitable", "blocks", text) for text in found.reasons)
    notices += tuple(Notice("suitability", "warning", text) for text in found.warnings)
    yield Made("suitability", found, notices)


def _enhance(case: Case, options: choices.EnhanceOptions, progress: Progress) -> Iterator[Made]:
    from viewer.case.restoring import restore_case

    made = restore_case(case, options, progress)
    _ = made.restored.facts  # counted here, so that showing them costs nothing
    yield Made("restored", made.restored, made.notices, made.networks, made.device)


def _segment(case: Case, options: choices.SegmentOptions, progress: Progress) -> Iterator[Made]:
    from viewer.case.engine import engine_for, seek_vessels
    from viewer.case.restoring import for_vessels
    from viewer.segment.bridges import propose_bridges
    from viewer.segment.evidence import notices
    from viewer.segment.vessels import DRAFT_MM, FINAL_MM

    suitability = given(case.suitability)
    scan = given(for_vessels(case, suitability.noise_hu, progress.part(0, 0.1)))
    part = progress.part(0.1, 0.95)
    found, engine = seek_vessels(
        engine_for(options),
        scan,
        suitability,
        part,
        sensitivity=options.sensitivity,
        block_mm=DRAFT_MM if options.mode == "draft" else FINAL_MM,
    )
    _ = found.mask.counts  # counted here, so that showing it costs nothing
    told = engine.notices + notices(found.evidence, suitability)
    yield Made("mask", found.mask, told, engine.checksums, engine.device)
    bridges = propose_bridges(found.mask, scan, suitability, progress.part(0.95, 1.0))
    yield Made("bridges", undecided(bridges, case))


def _trace(case: Case, options: choices.TraceOptions, progress: Progress) -> Iterator[Made]:
    from viewer.case.checking import doubtful_vessels
    from viewer.geometry.by_hand import ByHand
    from viewer.geometry.centerline import trace
    from viewer.geometry.measure import measures
    from viewer.geometry.redone import redone
    from viewer.geometry.repairs import notices
    from viewer.geometry.surface import color_by_radius, make_surface

    mask = given(case.mask)
    lumen = lumen_of(case)
    tree = trace(
        mask,
        progress.part(0.0, 0.65),
        volume=case.volume,
        noise_hu=lumen.noise_hu,
        shortest_mm=options.shortest_mm,
    )
    tree, told = redone(tree, case.by_hand or ByHand(), lumen, progress.part(0.65, 0.7))
    tree = named(tree, case)
    yield Made("tree", tree, told + notices(tree.repairs) + doubtful_vessels(case, tree))
    surface = make_surface(mask, progress.part(0.7, 0.95), smoothing=options.smoothing)
    progress.at(0.95, "Coloring the surface")
    yield Made("surface", color_by_radius(surface, tree))
    yield Made("measures", measures(tree, mask, scan=given(case.volume).grid))


def _measure(case: Case, _: choices.MeasureOptions, progress: Progress) -> Iterator[Made]:
    from viewer.geometry.beside import second_of
    from viewer.geometry.centerline import USUAL_NOISE_HU
    from viewer.geometry.tree_measures import measure_vessels

    noise_hu = case.suitability.noise_hu if case.suitability is not None else USUAL_NOISE_HU
    volume, mask, tree = given(case.volume), given(case.mask), given(case.tree)
    kvp = case.series.kvp if case.series is not None else None
    second = second_of(case.restored, case.check, mask, tree)
    found = measure_vessels(volume, mask, tree, noise_hu, progress, kvp=kvp, second=second)
    yield Made("findings", found)


STEPS: tuple[Step, ...] = (
    Step(
        "suitability",
        "Suitable",
        "Checking what the scan is fit for",
        "Measures contrast, noise and slice thickness, and says what the scan is fit for.",
        ("volume",),
        "suitability",
        choices.SuitabilityOptions,
        _suitability,
        0.05,
    ),
    Step(
        "enhance",
        "Enhance",
        "Restoring the scan",
        "Takes out noise or divides voxels, in agreement with what was measured, and tells where "
        "each voxel comes from; the raw scan stays one key away (hold `).",
        ("volume", "suitability"),
        "restored",
        choices.EnhanceOptions,
        _enhance,
        0.25,
    ),
    Step(
        "segment",
        "Segment",
        "Segmenting the vessels",
        "Finds the enhanced vessels and keeps bone, calcium and organs apart.",
        ("volume", "suitability"),
        "mask",
        choices.SegmentOptions,
        _segment,
        0.5,
        ("bridges",),
    ),
    Step(
        "trace",
        "Trace",
        "Tracing the vessels",
        "Draws the vessels' surface and their centerlines with radii.",
        ("mask",),
        "measures",
        choices.TraceOptions,
        _trace,
        0.2,
        ("tree", "surface"),
    ),
    Step(
        "measure",
        "Measure",
        "Measuring the vessels",
        "Looks for narrowings and widenings along every vessel, measures angles and the aorta, and "
        "tells which vessels are missing.",
        ("volume", "mask", "tree"),
        "findings",
        choices.MeasureOptions,
        _measure,
        0.2,
    ),
)


FORBIDDEN = ("segment", "measure")  # on a scan that is not fit for it


def step_named(name: str) -> Step:
    """The step called `name`."""
    return next(step for step in STEPS if step.name == name)


def options_used(case: Case, name: str) -> choices.Options:
    """The options with which a step was run last on a case; the defaults where it was not."""
    step = step_named(name)
    records = case.records_of(step.makes)
    used = records[-1].options if records else {}
    known = {each.name for each in fields(step.options)}
    return step.options(**{key: value for key, value in used.items() if key in known})


def state(case: Case, step: Step) -> tuple[State, str]:
    """Whether a step is done, ready or blocked, and why it is blocked."""
    if getattr(case, step.makes) is not None:
        return "done", ""
    missing = [part for part in step.needs if getattr(case, part) is None]
    if missing:
        before = next((s for s in STEPS if missing[0] in (s.makes, *s.beside)), None)
        return "blocked", f"Run {before.title} first." if before else "Open a scan first."
    if step.name in FORBIDDEN and case.blocked is not None:
        return "blocked", case.blocked.text
    return "ready", ""


def advance(
    case: Case,
    name: str,
    options: choices.Options | None = None,
    progress: Progress | None = None,
) -> Case:
    """The next case after one step; `case` itself stays as it is.

    Raises `ViewerError` when the step is blocked and `Cancelled` when asked to stop.
    """
    step = step_named(name)
    options = step.options() if options is None else options
    progress = progress or silent()
    choices.check(options)
    _demand(case, step)
    progress.at(0.0, step.doing)
    with Meter() as meter:
        made = list(step.work(case, options, progress))
    record = Record(
        step=step.name,
        part="",
        made=now(),
        options=choices.as_record(options),
        versions=versions(),
        seconds=round(meter.seconds, 3),
        peak_bytes=meter.peak_bytes,
    )
    for each in made:
        own = replace(
            record,
            part=each.part,
            of=case.digests(each.part),
            networks=each.networks,
            device=each.device,
        )
        case = case.put(each.part, each.value, own, notices=each.notices)
    progress.at(1.0)
    return case


def _demand(case: Case, step: Step) -> None:
    missing = [part for part in step.needs if getattr(case, part) is None]
    if missing:
        raise ViewerError(
            f"{step.title} needs the {missing[0]}, which is not there yet; run the steps before it."
        )
    if step.name in FORBIDDEN and case.blocked is not None:
        raise ViewerError(case.blocked.text)


def reconstruct(
    case: Case,
    progress: Progress | None = None,
    *,
    enhance: bool = True,
    options: dict[str, choices.Options] | None = None,
    each: Callable[[str, Case], None] | None = None,
) -> Case:
    """The main job: every step after reading, with one progress over all.

    `each` is told the name of every step and the case after it, so that what was worked out
    stays when a later step fails or is cancelled.
    """
    progress = progress or silent()
    options = options or {}
    steps = [step for step in STEPS if enhance or step.name != "enhance"]
    total = sum(step.weight for step in steps)
    begun = 0.0
    for step in steps:
        share = progress.part(begun / total, (begun + step.weight) / total)
        case = advance(case, step.name, options.get(step.name), share)
        begun += step.weight
        if each is not None:
            each(step.name, case)
    return case
