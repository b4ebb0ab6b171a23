"""The pixels of a vessel's curved view: the scan and the mask over it, kept until they change."""

import time

import numpy as np
from PySide6.QtGui import QImage

from viewer.case.case import Case
from viewer.scene.cpr import Picture, curved_hu, curved_labels, slab_of
from viewer.scene.cpr_tint import vessel_argb
from viewer.scene.slice import window_level
from viewer.session.view_state import ViewState
from viewer.window.slice_pane import image_of

SLOW_S = 0.03  # a picture that takes longer is coarse while it is turned


class CurvedImage:
    """The pictures of one pane; `slow` says that the last fine one took long."""

    def __init__(self) -> None:
        self.slow = False
        self._hu: tuple[tuple, np.ndarray] | None = None
        self._gray: tuple[tuple, QImage] | None = None
        self._tint: tuple[tuple, QImage] | None = None

    def gray(
        self, case: Case, view: ViewState, picture: Picture, factor: float, coarse: bool
    ) -> QImage:
        """The scan, raw while the view asks for it, with `factor` pixels to a pane's pixel."""
        volume = case.volume if view.raw_held or case.enhanced is None else case.enhanced
        key = (volume, picture, factor, view.slab_mode, view.slab_mm)
        if self._hu is None or self._hu[0] != key:
            begun = time.perf_counter()
            slab = slab_of(view, volume.grid, coarse)
            self._hu = (key, curved_hu(volume, picture.scaled(factor), slab))
            if not coarse:
                self.slow = time.perf_counter() - begun > SLOW_S
        look = (key, view.window_hu, view.level_hu)
        if self._gray is None or self._gray[0] != look:
            gray = window_level(self._hu[1], view.window_hu, view.level_hu)
            self._gray = (look, image_of(gray, QImage.Format.Format_Grayscale8))
        return self._gray[1]

    def tint(
        self,
        case: Case,
        view: ViewState,
        picture: Picture,
        factor: float,
        edged: tuple[int, ...] = (),
    ) -> QImage | None:
        """The mask by the slices' switches, hatched where no scan shows it; None where it is off.

        Labels that are `edged` already get no outline.
        """
        mask = case.mask
        if mask is None or view.raw_held:
            return None
        look = (view.mask_fill, view.mask_outline, view.hidden_labels, view.confidence_shown, edged)
        key = (mask, picture, factor, look)
        if self._tint is None or self._tint[0] != key:
            fine = picture.scaled(factor)
            labels = curved_labels(mask.labels, mask.grid, fine)
            sure = mask.confidence
            confidence = None if sure is None else curved_labels(sure, mask.grid, fine)
            argb = vessel_argb(
                labels, confidence, view, edged, is_invented(case), max(1, round(factor))
            )
            self._tint = (key, image_of(argb, QImage.Format.Format_ARGB32_Premultiplied))
        return self._tint[1]


def is_invented(case: Case) -> bool:
    """Whether no scanner made the scan."""
    return case.truth is not None or (case.series is not None and case.series.synthetic)
