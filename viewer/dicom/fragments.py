"""Where the code stream of a compressed slice lies in its file."""

import struct
from typing import BinaryIO

from viewer.errors import ViewerError

ITEM, END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def fragments(file: BinaryIO, pixels_at: int, size: int) -> tuple[tuple[int, int], ...]:
    """Start and length in bytes of each fragment after the offset table (PS3.5 A.4).

    Raises ViewerError where the file ends before its code stream does.
    """
    file.seek(pixels_at)
    if len(file.read(12)) < 12:
        raise ViewerError("it ends before its pixels")
    at = pixels_at + 12
    found: list[tuple[int, int]] = []
    while True:
        file.seek(at)
        start = file.read(8)
        if len(start) < 8 or start[:4] == END:
            break
        length = struct.unpack("<L", start[4:])[0]
        if start[:4] != ITEM or at + 8 + length > size:
            raise ViewerError("its compressed pixels are cut or damaged")
        found.append((at + 8, length))
        at += 8 + length
    if len(found) < 2:
        raise ViewerError("it has no compressed pixels")
    return tuple(found[1:])
