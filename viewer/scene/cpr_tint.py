"""The mask over a vessel's pictures, hatched where no scan shows what is drawn."""

import numpy as np

from viewer.scene.colors import TOKENS, rgb
from viewer.scene.tint import SURROUNDINGS, confidence_argb, hatched, mask_argb
from viewer.session.view_state import ViewState

EDGE_PIXELS = 9
SHARE = 0.5  # of the slices' fill
RED, GREEN, BLUE = rgb(TOKENS["invented"])
HATCH = np.uint32(0xFF000000 | RED << 16 | GREEN << 8 | BLUE)


def vessel_argb(
    labels: np.ndarray,
    confidence: np.ndarray | None,
    view: ViewState,
    edged: tuple[int, ...] = (),
    invented: bool = False,
    border: int = 1,
) -> np.ndarray:
    """Premultiplied 0xAARRGGBB (height,width) of what the mask holds of vessels, by the switches.

    Filled faintly, for here the gray is read. Labels that are `edged` already get no outline. What
    a person drew (`confidence` 0), bridges among it, is hatched; where everything is `invented`,
    both edges of the picture are.
    """
    hidden = (*view.hidden_labels, *SURROUNDINGS)
    fill = SHARE * view.mask_fill
    if confidence is not None and view.confidence_shown:
        made = confidence_argb(labels, confidence, fill, False, hidden)
    else:
        made = mask_argb(labels, fill, False, hidden)
    if view.mask_outline:
        lines = mask_argb(labels, 0.0, True, (*hidden, *edged), border)
        made = np.where(lines > 0, lines, made)
    drawn = np.zeros(labels.shape, bool)
    if confidence is not None:
        drawn = (labels > 0) & (confidence == 0) & ~np.isin(labels, hidden)
    if invented:
        drawn[: EDGE_PIXELS * border] = drawn[-EDGE_PIXELS * border :] = True
    made[hatched(drawn, border)] = HATCH
    return made
