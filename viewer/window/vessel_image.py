"""The pixels of a vessel's curved view: scan, tint and mask, kept until they change."""

import time

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

from viewer.case.case import Case
from viewer.scene.cpr import Picture, curved_hu, curved_labels, slab_of, turning_factor
from viewer.scene.cpr_tint import vessel_argb
from viewer.scene.layers import seen
from viewer.scene.slice import window_level
from viewer.scene.tint_restored import shown_tint, tint_argb, tint_on_sheet
from viewer.session.view_state import Tint, ViewState
from viewer.volume.volume import Volume
from viewer.window.slice_pane import image_of

SLOW_S = 0.03  # a picture that takes longer is coarse while it is turned


class CurvedImage:
    """The pictures of one pane; `slow` says that the last fine ones took long."""

    def __init__(self) -> None:
        self.slow = False
        self._hu: dict[bool, tuple[tuple, np.ndarray]] = {}
        self._gray: dict[bool, tuple[tuple, QImage]] = {}
        self._tint: tuple[tuple, QImage] | None = None
        self._known: tuple[tuple, QImage] | None = None

    def layers(
        self,
        case: Case,
        view: ViewState,
        picture: Picture,
        ratio: float,
        coarse: bool,
        edged: tuple[int, ...],
        raw_side: QRectF | None = None,
    ) -> list[tuple[QImage, QRectF | None]]:
        """The scan, its tint and the mask, one upon the other, `ratio` pixels to a pane's pixel.

        Each comes with the part of the pane where it is seen, None for all; at the `raw_side` it
        is the raw scan. Labels that are `edged` already get no outline.
        """
        begun, before = time.perf_counter(), list(map(id, self._hu.values()))
        factor = ratio * turning_factor(picture, case.volume.grid) if coarse else ratio
        made = [(self._scan(seen(case, view), case, view, picture, factor, coarse), None)]
        tint = shown_tint(case, view)
        if tint != "none":
            made.append((self._tinted(case, view, picture, factor, coarse, tint), None))
        if raw_side is not None:
            raw = self._scan(case.volume, case, view, picture, factor, coarse)
            made.append((raw, raw_side))
        switched_on = view.mask_fill > 0 or view.mask_outline
        if case.mask is not None and switched_on and not view.raw_held:
            made.append((self._mask(case, view, picture, factor, edged), None))
        if list(map(id, self._hu.values())) != before and not coarse:
            self.slow = time.perf_counter() - begun > SLOW_S
        return made

    def _scan(
        self,
        volume: Volume,
        case: Case,
        view: ViewState,
        picture: Picture,
        factor: float,
        coarse: bool,
    ) -> QImage:
        """The scan of a case, raw or restored."""
        raw = volume is case.volume
        key = (volume, picture, factor, view.slab_mode, view.slab_mm)
        if raw not in self._hu or self._hu[raw][0] != key:
            slab = slab_of(view, volume.grid, coarse)
            self._hu[raw] = (key, curved_hu(volume, picture.scaled(factor), slab))
        look = (key, view.window_hu, view.level_hu)
        if raw not in self._gray or self._gray[raw][0] != look:
            gray = window_level(self._hu[raw][1], view.window_hu, view.level_hu)
            self._gray[raw] = (look, image_of(gray, QImage.Format.Format_Grayscale8))
        return self._gray[raw][1]

    def _tinted(
        self,
        case: Case,
        view: ViewState,
        picture: Picture,
        factor: float,
        coarse: bool,
        name: Tint,
    ) -> QImage:
        """What is to be known of the restored voxels."""
        key = (case.restored, case.check, name, picture, factor, view.slab_mode, view.slab_mm)
        if self._known is None or self._known[0] != key:
            values = tint_on_sheet(name, case, picture.scaled(factor), view, coarse)
            argb = tint_argb(name, values, max(1, round(factor)))
            self._known = (key, image_of(argb, QImage.Format.Format_ARGB32_Premultiplied))
        return self._known[1]

    def _mask(
        self,
        case: Case,
        view: ViewState,
        picture: Picture,
        factor: float,
        edged: tuple[int, ...],
    ) -> QImage:
        """The mask by the slices' switches, hatched where no scan shows it."""
        look = (view.mask_fill, view.mask_outline, view.hidden_labels, view.confidence_shown, edged)
        key = (case.mask, picture, factor, look)
        if self._tint is None or self._tint[0] != key:
            labels, confidence = curved_labels(case.mask, picture.scaled(factor))
            border = max(1, round(factor))
            argb = vessel_argb(labels, confidence, view, edged, is_invented(case), border)
            self._tint = (key, image_of(argb, QImage.Format.Format_ARGB32_Premultiplied))
        return self._tint[1]


def is_invented(case: Case) -> bool:
    """Whether no scanner made the scan."""
    return case.truth is not None or (case.series is not None and case.series.synthetic)
