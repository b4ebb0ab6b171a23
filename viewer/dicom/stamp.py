"""Letters burned into pixels, so that a picture tells what it is wherever it is copied to."""

import numpy as np

GLYPHS = {
    "S": "01111 10000 10000 01110 00001 00001 11110",
    "Y": "10001 10001 01010 00100 00100 00100 00100",
    "N": "10001 11001 10101 10101 10011 10001 10001",
    "T": "11111 00100 00100 00100 00100 00100 00100",
    "H": "10001 10001 10001 11111 10001 10001 10001",
    "E": "11111 10000 10000 11110 10000 10000 11111",
    "I": "01110 00100 00100 00100 00100 00100 01110",
    "C": "01110 10001 10000 10000 10000 10001 01110",
}
WORD = "SYNTHETIC"
# As bright as soft tissue: seen in every window, and no contrast agent that a search would find.
LETTER_HU, GROUND_HU = 60, -1000
MARGIN = 2


def word_bitmap(scale: int = 1) -> np.ndarray:
    """The word as a bool array, each dot `scale` pixels wide, with a rim of one dot."""
    letters = [np.array([[c == "1" for c in row] for row in GLYPHS[each].split()]) for each in WORD]
    spaced = [np.pad(each, ((0, 0), (0, 1))) for each in letters]
    return np.kron(np.pad(np.hstack(spaced), ((1, 1), (1, 0))), np.ones((scale, scale), bool))


def stamped(voxels: np.ndarray) -> np.ndarray | None:
    """The voxels (int16 HU, `[slice, row, column]`) with SYNTHETIC in a corner of every slice.

    The corner is the one with the least body. None where the slices are too small for the word.
    """
    _, rows, columns = voxels.shape
    word = word_bitmap(max(1, columns // 256))
    height, width = word.shape[0] + MARGIN, word.shape[1] + MARGIN
    if height > rows // 2 or width > columns:
        return None
    boxes = [
        (slice(top, top + word.shape[0]), slice(left, left + word.shape[1]))
        for top in (MARGIN, rows - height)
        for left in (MARGIN, columns - width)
    ]
    down, across = min(boxes, key=lambda box: float(voxels[:, box[0], box[1]].mean()))
    out = voxels.copy()
    out[:, down, across] = np.where(word, LETTER_HU, GROUND_HU)
    return out
