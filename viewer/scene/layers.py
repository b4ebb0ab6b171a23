"""What of a case can be cut into slices, by name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.session.view_state import ViewState
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

Layer = tuple[np.ndarray, Grid]


def seen(case, view: ViewState) -> Volume | None:
    """The scan as it is shown: restored where there is one, unless the raw one is asked for."""
    restored = case.restored
    return case.volume if view.raw_held or restored is None else restored.volume


def layer(case, name: str) -> Layer | None:
    """Voxels (k,j,i) of a case and their grid; None where it has none."""
    return _LAYERS[name](case)


def _volume(case) -> Layer | None:
    return None if case.volume is None else (case.volume.voxels, case.volume.grid)


def _of_restored(part: str) -> Callable[[Any], Layer | None]:
    def found(case) -> Layer | None:
        restored = case.restored
        return None if restored is None else (getattr(restored, part), restored.volume.grid)

    return found


def _of_mask(part: str) -> Callable[[Any], Layer | None]:
    def found(case) -> Layer | None:
        values = None if case.mask is None else getattr(case.mask, part)
        return None if values is None else (values, case.mask.grid)

    return found


def _residual(case) -> Layer | None:
    restored = case.restored
    return None if restored is None else (restored.residual, case.volume.grid)


def _apart(case) -> Layer | None:
    return None if case.check is None else (case.check.apart, case.check.grid)


def _restored(case) -> Layer | None:
    return None if case.restored is None else _volume(case.restored)


_LAYERS: Mapping[str, Callable[[Any], Layer | None]] = MappingProxyType(
    {
        "volume": _volume,
        "restored": _restored,
        "origin": _of_restored("origin"),
        "error": _of_restored("sd_hu"),
        "unseen": _of_restored("unseen_hu"),
        "residual": _residual,
        "apart": _apart,
        "mask": _of_mask("labels"),
        "confidence": _of_mask("confidence"),
    }
)
