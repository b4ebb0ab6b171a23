"""The case: everything worked out so far from one scan. It never changes."""

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from viewer.case.truth import Truth
from viewer.dicom.series import Series
from viewer.enhance.halves import RestorationCheck
from viewer.enhance.restored import Restored
from viewer.enhance.suitability import Suitability
from viewer.errors import Notice
from viewer.geometry.by_hand import ByHand
from viewer.geometry.drawn import Drawing
from viewer.geometry.measure import Measure
from viewer.geometry.surface import Surface
from viewer.geometry.tree import VesselTree
from viewer.geometry.tree_measures import TreeMeasures
from viewer.provenance import Record, digest
from viewer.segment.bridges import Bridge, is_open
from viewer.segment.mask import VesselMask
from viewer.volume.volume import Volume

# Each part and the parts it is worked out from, in the order of the street.
MADE_FROM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "series": (),
        "volume": ("series",),
        "truth": ("volume",),
        "drawings": ("volume",),
        "suitability": ("volume",),
        "restored": ("volume", "suitability"),
        "check": ("restored",),
        "mask": ("volume", "suitability", "restored"),
        "bridges": ("mask",),
        "by_hand": ("volume",),
        "tree": ("mask", "volume"),
        "surface": ("mask", "tree"),
        "measures": ("mask", "tree"),
        "findings": ("mask", "tree", "volume"),
    }
)

# Parts that a person adds beside the results: no step makes them, and no result is dropped when
# they change.
NOTES = ("drawings", "by_hand")

_digests: "weakref.WeakKeyDictionary[Any, str]" = weakref.WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Case:
    """Parts, how each was made, and what a reader should know about each."""

    series: Series | None = None
    volume: Volume | None = None
    truth: Truth | None = None
    drawings: tuple[Drawing, ...] | None = None
    suitability: Suitability | None = None
    restored: Restored | None = None
    check: RestorationCheck | None = None
    mask: VesselMask | None = None
    bridges: tuple[Bridge, ...] | None = None
    by_hand: ByHand | None = None
    tree: VesselTree | None = None
    surface: Surface | None = None
    measures: tuple[Measure, ...] | None = None
    findings: TreeMeasures | None = None
    records: tuple[Record, ...] = ()
    notices: Mapping[str, tuple[Notice, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def put(
        self, part: str, value: object, *records: Record, notices: tuple[Notice, ...] = ()
    ) -> "Case":
        """The next case: with this part, without every part worked out from the old one."""
        gone = {part} | outdated_by(part)
        changes: dict[str, Any] = dict.fromkeys(gone)
        changes[part] = value
        kept = tuple(r for r in self.records if r.part not in gone)
        told = {p: n for p, n in self.notices.items() if p not in gone}
        if notices:
            told[part] = notices
        return replace(self, records=kept + records, notices=MappingProxyType(told), **changes)

    def edit_mask(
        self, mask: VesselMask, record: Record, notices: tuple[Notice, ...] | None = None
    ) -> "Case":
        """The next case with a mask that a person changed.

        Earlier records of the mask stay, its notices too unless other `notices` are given, and so
        do the bridges that are still open.
        """
        told = self.notices.get("mask", ()) if notices is None else notices
        case = self.put("mask", mask, *self.records_of("mask"), record, notices=told)
        if self.bridges is None:
            return case
        still = tuple(bridge for bridge in self.bridges if is_open(bridge, mask))
        return case.put("bridges", still, *self.records_of("bridges"))

    def noted(self, part: str, value: object) -> "Case":
        """The next case with another note of a person; results and their records stay."""
        if part not in NOTES:
            raise ValueError(f"{part} is no note")
        changes: dict[str, Any] = {part: value}
        return replace(self, **changes)

    def alike_but_notes(self, other: "Case") -> bool:
        """Whether two cases hold the very same parts and records, whatever a person noted."""
        names = (each.name for each in fields(self) if each.name not in NOTES)
        return all(getattr(self, name) is getattr(other, name) for name in names)

    def with_notes_of(self, other: "Case") -> "Case":
        """The case with what a person noted in another one."""
        notes: dict[str, Any] = {part: getattr(other, part) for part in NOTES}
        return replace(self, **notes)

    def records_of(self, part: str) -> tuple[Record, ...]:
        """The records of one part, oldest first."""
        return tuple(r for r in self.records if r.part == part)

    def digests(self, part: str) -> dict[str, str]:
        """SHA-256 of each part that `part` is worked out from."""
        found = {}
        for source in MADE_FROM[part]:
            value = getattr(self, source)
            if hasattr(value, "arrays"):
                if value not in _digests:
                    _digests[value] = digest(value.arrays)
                found[source] = _digests[value]
        return found

    @property
    def shown(self) -> Volume | None:
        """The volume that later steps and the panes use: restored where there is one."""
        return self.restored.volume if self.restored is not None else self.volume

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """Everything a reader should know, in the order of the street."""
        return tuple(n for part in MADE_FROM for n in self.notices.get(part, ()))

    @property
    def blocked(self) -> Notice | None:
        """The first notice that forbids the vessel step and measuring."""
        return next((n for n in self.warnings if n.severity == "blocks"), None)


def outdated_by(part: str) -> set[str]:
    """Every part worked out, directly or not, from `part`."""
    found: set[str] = set()
    for later, sources in MADE_FROM.items():
        if part in sources or found & set(sources):
            found.add(later)
    return found
