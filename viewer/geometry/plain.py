"""Measures as plain data for files, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from viewer.geometry.number import Number

DIGITS = 3
UNITS = {"mm": "_mm", "ml": "_ml", "mm2": "_mm2", "mm3": "_mm3"}


def plain(value: Any, digits: int = DIGITS) -> Any:
    """Dataclasses, arrays and numbers as what JSON knows; nan and infinity are None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name), digits) for each in fields(value)}
    if isinstance(value, np.ndarray):
        return plain(value.tolist(), digits)
    if isinstance(value, Mapping):
        return {str(key): plain(each, digits) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, digits) for each in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), digits) if np.isfinite(value) else None
    return value


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """A row whose numbers carry their unit in their names: `least_mm`, `percent_area`.

    Each becomes its value; its deviation, method and what is missing lie in `sd`, `method` and
    `missing` under the same name.
    """
    out: dict[str, Any] = {}
    keys = {each.name for each in fields(Number)}
    for name, each in row.items():
        if not (isinstance(each, dict) and set(each) == keys):
            out[name] = each
            continue
        unit = UNITS.get(each["unit"], "")
        whole = f"{name}_diameter{unit}" if unit and name + unit in row else name + unit
        out[whole] = each["value"]
        for part in ("sd", "method", "missing"):
            if each[part] not in ("", None):
                out.setdefault(part, {})[whole] = each[part]
    return out


def read_as(kind: Any, value: Any) -> Any:
    """What `plain` made of a value of a type, as that type again; None among floats is nan.

    `kind` is a dataclass, `tuple` of such, an array, a number, a text, or one of these or None.
    Raises `ValueError` where the data does not fit it.
    """
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        (inner,) = (each for each in get_args(kind) if each is not NoneType)
        return None if value is None else read_as(inner, value)
    if origin is tuple:
        return _tuple(get_args(kind), value)
    if kind is np.ndarray:
        return _array(value)
    if is_dataclass(kind):
        return _dataclass(kind, value)
    if kind is float:
        if value is None:
            return float("nan")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif kind in (int, str, bool) and type(value) is kind:
        return value
    raise ValueError(f"{value!r} is no {getattr(kind, '__name__', kind)}")


def _tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(read_as(kinds[0], each) for each in value)
    if len(value) != len(kinds):
        raise ValueError(f"{len(value)} values where {len(kinds)} belong")
    return tuple(read_as(kind, each) for kind, each in zip(kinds, value, strict=True))


def _array(value: Any) -> np.ndarray:
    """Numbers as a read-only array of float64."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is no array")
    made = np.array(value, np.float64)
    made.flags.writeable = False
    return made


def _dataclass(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no {kind.__name__}")
    known = _hints(kind)
    strange = set(value) - set(known)
    needed = {
        each.name
        for each in fields(kind)
        if each.default is MISSING and each.default_factory is MISSING
    }
    if strange or needed - set(value):
        raise ValueError(f"{kind.__name__} with {sorted(strange | (needed - set(value)))}")
    return kind(**{name: read_as(known[name], each) for name, each in value.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind)}
