"""Stored pixel values to Hounsfield units."""

from dataclasses import dataclass

import numpy as np

from viewer.volume.volume import AIR_HU

LOWEST, HIGHEST = -32768, 32767


@dataclass(frozen=True)
class Stored:
    """How the pixels of one slice are stored; travels to the decoding processes."""

    rows: int
    columns: int
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    slope: float
    intercept: float
    padding: int | None = None
    padding_limit: int | None = None
    big_endian: bool = False

    @property
    def dtype(self) -> np.dtype:
        """The type of the stored numbers."""
        order = ">" if self.big_endian else "<"
        return np.dtype(f"{order}{'i' if self.signed else 'u'}{self.allocated // 8}")

    @property
    def bytes(self) -> int:
        """How many bytes one slice takes."""
        return self.rows * self.columns * (self.allocated // 8)

    @property
    def plain(self) -> bool:
        """Whether a slice can be read straight into an int16 array and shifted in place."""
        fits = self.signed if self.stored == 16 else self.stored < 16
        return fits and self.allocated == 16 and self.slope == 1 and not self.big_endian


def fill_hu(stored: Stored, values: np.ndarray, out: np.ndarray) -> None:
    """Write the HU of stored `values` (rows, columns) into `out` (int16, same shape).

    Values beyond int16 are clamped; padding becomes air.
    """
    values = significant(stored, values)
    padded = padding(stored, values)
    if stored.slope == 1 and float(stored.intercept).is_integer():
        hu = values.astype(np.int64) + int(stored.intercept)
    else:
        hu = np.rint(values * stored.slope + stored.intercept)
    out[:] = np.clip(hu, LOWEST, HIGHEST)
    if padded is not None:
        out[padded] = AIR_HU


def shift_in_place(stored: Stored, out: np.ndarray) -> None:
    """Turn plainly stored values that lie in `out` (int16) into HU."""
    if stored.stored < 16:
        values = significant(stored, out)
        if values is not out:
            out[:] = values
    padded = padding(stored, out)
    intercept = int(stored.intercept)
    if intercept != stored.intercept or abs(intercept) > HIGHEST:
        raise ValueError("a fractional intercept needs fill_hu")
    if intercept:
        room = LOWEST - intercept if intercept < 0 else HIGHEST - intercept
        if intercept < 0 and stored.signed and out.min() < room:
            np.maximum(out, room, out=out)
        if intercept > 0 and out.max() > room:
            np.minimum(out, room, out=out)
        out += np.int16(intercept)
    if padded is not None:
        out[padded] = AIR_HU


def significant(stored: Stored, values: np.ndarray) -> np.ndarray:
    """Values of which only the stored bits count, with their sign."""
    bits, low = stored.stored, stored.high_bit - stored.stored + 1
    if bits >= stored.allocated or low < 0:
        return values
    lowest, beyond = (-(1 << bits - 1), 1 << bits - 1) if stored.signed else (0, 1 << bits)
    if low == 0 and values.min() >= lowest and values.max() < beyond:
        return values
    wide = values.astype(np.int64) >> low
    wide &= (1 << bits) - 1
    if stored.signed:
        sign = 1 << (bits - 1)
        wide = (wide ^ sign) - sign
    return wide


def padding(stored: Stored, values: np.ndarray) -> np.ndarray | None:
    """Where values only fill the square around a round field of view, None where none do."""
    if stored.padding is None:
        return None
    limit = stored.padding if stored.padding_limit is None else stored.padding_limit
    low, high = min(stored.padding, limit), max(stored.padding, limit)
    where = values == low if low == high else (values >= low) & (values <= high)
    return where if where.any() else None
