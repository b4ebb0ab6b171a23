"""A mask over a slice: filled and outlined in its labels' colors."""

import numpy as np

from viewer.scene.colors import label_table

FULL = 255


def mask_argb(
    labels: np.ndarray, fill: float, outline: bool, hidden: tuple[int, ...] = (), border: int = 1
) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (height,width) of labels (height,width) uint8.

    `fill` is the opacity inside (0 to 1); the outline, `border` pixels wide, is opaque.
    """
    if hidden:
        shown = np.arange(256, dtype=np.uint8)
        shown[list(hidden)] = 0
        labels = shown[labels]
    made = _argb_table(round(fill * FULL))[labels]
    if outline:
        edge = outline_of(labels, border)
        made[edge] = _argb_table(FULL)[labels[edge]]
    return made


def outline_of(labels: np.ndarray, border: int = 1) -> np.ndarray:
    """Which pixels of a label touch another label or the background (height,width) bool."""
    edge = np.zeros(labels.shape, dtype=bool)
    for step in range(1, border + 1):
        down = labels[step:] != labels[:-step]
        right = labels[:, step:] != labels[:, :-step]
        edge[step:] |= down
        edge[:-step] |= down
        edge[:, step:] |= right
        edge[:, :-step] |= right
    edge &= labels != 0
    return edge


def over(gray: np.ndarray, argb: np.ndarray) -> np.ndarray:
    """Grays (height,width) under a premultiplied picture, as RGB (height,width,3) uint8."""
    parts = argb[..., None] >> np.array([16, 8, 0], dtype=np.uint32) & 255
    clear = FULL - (argb >> 24)
    return (parts + (gray * clear // FULL)[..., None]).astype(np.uint8)


def _argb_table(alpha: int) -> np.ndarray:
    color = label_table().astype(np.uint32) * alpha // FULL
    table = (alpha << 24) | (color[:, 0] << 16) | (color[:, 1] << 8) | color[:, 2]
    table[0] = 0
    return table.astype(np.uint32)
