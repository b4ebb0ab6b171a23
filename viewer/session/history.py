"""Undo and redo: earlier cases within a byte budget; an edit of the mask keeps only its box."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from viewer.case.case import Case
from viewer.segment.mask import Box, VesselMask

BUDGET_BYTES = 1_000_000_000


@dataclass(frozen=True, eq=False)
class Change:
    """One step that can be undone: what to put back, without what both sides share."""

    name: str
    before: Case
    after: Case
    notes_only: bool = False  # both sides hold nothing but what a person noted
    box: Box | None = None
    boxed_before: tuple[np.ndarray, ...] = ()  # labels and, where there is any, confidence
    boxed_after: tuple[np.ndarray, ...] = ()

    @property
    def extra_bytes(self) -> int:
        """Memory held by this change alone."""
        if self.box is not None:
            return sum(array.nbytes for array in (*self.boxed_before, *self.boxed_after))
        return sum(
            array.nbytes
            for part in ("volume", "restored", "mask", "surface", "tree")
            if getattr(self.before, part) not in (None, getattr(self.after, part))
            for array in getattr(self.before, part).arrays
        )


class History:
    """The changes so far and the ones undone, oldest first."""

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._budget = budget_bytes
        self._done: list[Change] = []
        self._undone: list[Change] = []

    def push(self, name: str, before: Case, after: Case, box: Box | None = None) -> None:
        """Remember one change; an edit whose changed `box` is given keeps only that box."""
        if before.alike_but_notes(after):
            nothing = Case()
            change = Change(
                name, nothing.with_notes_of(before), nothing.with_notes_of(after), notes_only=True
            )
        elif box is not None and before.mask is not None and after.mask is not None:
            change = Change(
                name,
                replace(before, mask=None),
                replace(after, mask=None),
                box=box,
                boxed_before=_boxed(before.mask, box),
                boxed_after=_boxed(after.mask, box),
            )
        else:
            change = Change(name, before, after)
        self._done.append(change)
        self._undone.clear()
        self._forget()

    def _forget(self) -> None:
        total = 0
        for kept, change in enumerate(reversed(self._done)):
            total += change.extra_bytes
            if total > self._budget and kept > 0:
                del self._done[: len(self._done) - kept]
                return

    @property
    def undo_name(self) -> str:
        """What would be undone, or ""."""
        return self._done[-1].name if self._done else ""

    @property
    def redo_name(self) -> str:
        """What would be redone, or ""."""
        return self._undone[-1].name if self._undone else ""

    @property
    def undoes_notes(self) -> bool:
        """Whether an undo would touch nothing but what a person noted."""
        return bool(self._done) and self._done[-1].notes_only

    @property
    def redoes_notes(self) -> bool:
        """Whether a redo would touch nothing but what a person noted."""
        return bool(self._undone) and self._undone[-1].notes_only

    def undo(self, now: Case) -> Case:
        """The case before the last change; `now` is the case as it stands."""
        change = self._done.pop()
        self._undone.append(change)
        return _back(change.before, now, change, change.boxed_before)

    def redo(self, now: Case) -> Case:
        """The case after the change that was undone last."""
        change = self._undone.pop()
        self._done.append(change)
        return _back(change.after, now, change, change.boxed_after)

    def update_last(self, refresh: Callable[[Case], Case]) -> None:
        """Let parts worked out again after the last change of the results belong to it."""
        for place in reversed(range(len(self._done))):
            change = self._done[place]
            if not change.notes_only:
                self._done[place] = replace(change, after=refresh(change.after))
                return

    def clear(self) -> None:
        """Forget everything (another case was opened)."""
        self._done.clear()
        self._undone.clear()


def _boxed(mask: VesselMask, box: Box) -> tuple[np.ndarray, ...]:
    cut = tuple(slice(a, b) for a, b in box)
    parts = (mask.labels, mask.confidence)
    return tuple(part[cut].copy() for part in parts if part is not None)


def _back(target: Case, now: Case, change: Change, boxed: tuple[np.ndarray, ...]) -> Case:
    if change.notes_only:
        return now.with_notes_of(target)
    if change.box is None or now.mask is None:
        return target
    return replace(target, mask=now.mask.patched(change.box, *boxed))
