"""Facts, notices and records of a case as plain JSON values, and back."""

from dataclasses import asdict, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from viewer.dicom.series import Series
from viewer.enhance.suitability import Suitability
from viewer.errors import Notice
from viewer.provenance import Record
from viewer.segment.bridges import Bridge
from viewer.volume.grid import Grid

BESIDE = {"files", "grid", "notices", "headers"}  # not plain facts


def series_facts(series: Series | None) -> dict[str, Any] | None:
    """Everything a series says about itself; file names without their folder."""
    if series is None:
        return None
    plain = {
        each.name: getattr(series, each.name) for each in fields(series) if each.name not in BESIDE
    }
    plain["files"] = [path.name for path in series.files]
    plain["slices"] = series.slices
    plain["notices"] = [notice_facts(notice) for notice in series.notices]
    return plain


def series_from(plain: dict[str, Any] | None, grid: Grid | None) -> Series | None:
    """The series of `series_facts`, on the grid of its volume."""
    if plain is None:
        return None
    known = {each.name for each in fields(Series)} - BESIDE
    kept = {name: value for name, value in plain.items() if name in known}
    for name in ("spacing_mm", "image_type"):
        if kept.get(name) is not None:
            kept[name] = tuple(kept[name])
    return Series(
        files=tuple(Path(name) for name in plain["files"]),
        grid=grid,
        notices=tuple(notice_from(entry) for entry in plain["notices"]),
        **kept,
    )


def notice_facts(notice: Notice) -> dict[str, Any]:
    """A notice as plain values."""
    return {
        "code": notice.code,
        "severity": notice.severity,
        "text": notice.text,
        "files": list(notice.files),
        "numbers": dict(notice.numbers),
    }


def notice_from(plain: dict[str, Any]) -> Notice:
    """The notice of `notice_facts`."""
    if plain["severity"] not in ("info", "warning", "blocks"):
        raise ValueError(f"unknown severity {plain['severity']!r}")
    return Notice(
        plain["code"],
        plain["severity"],
        plain["text"],
        tuple(plain["files"]),
        MappingProxyType(dict(plain["numbers"])),
    )


def record_facts(record: Record) -> dict[str, Any]:
    """A record as plain values."""
    plain = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: dict(v) if isinstance(v, MappingProxyType) else v for name, v in plain.items()}


def record_from(plain: dict[str, Any]) -> Record:
    """The record of `record_facts`."""
    record = Record(**plain)
    return replace(
        record,
        of=MappingProxyType(dict(record.of)),
        options=MappingProxyType(dict(record.options)),
        versions=MappingProxyType(dict(record.versions)),
        networks=MappingProxyType(dict(record.networks)),
    )


def bridge_facts(bridge: Bridge) -> dict[str, Any]:
    """A proposed bridge as plain values."""
    plain = {each.name: getattr(bridge, each.name) for each in fields(bridge)}
    return plain | {"path_lps": np.round(bridge.path_lps, 3).tolist()}


def bridge_from(plain: dict[str, Any]) -> Bridge:
    """The bridge of `bridge_facts`."""
    path_lps = np.array(plain["path_lps"], np.float64)
    if path_lps.ndim != 2 or path_lps.shape[1] != 3 or len(path_lps) < 2:
        raise ValueError(f"a bridge of shape {path_lps.shape}")
    return Bridge(**{**plain, "path_lps": path_lps})


def suitability_facts(found: Suitability | None) -> dict[str, Any] | None:
    """A suitability as plain values."""
    return None if found is None else asdict(found)


def suitability_from(plain: dict[str, Any] | None) -> Suitability | None:
    """The suitability of `suitability_facts`."""
    if plain is None:
        return None
    view = plain["field_of_view_mm"]
    return Suitability(
        **{
            **plain,
            "field_of_view_mm": (view[0], view[1], view[2]),
            "reasons": tuple(plain["reasons"]),
            "warnings": tuple(plain["warnings"]),
        }
    )
