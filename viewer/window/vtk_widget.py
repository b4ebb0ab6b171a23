"""The one tie between VTK and Qt: the scene draws off screen, the widget paints its picture."""

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from viewer.scene.scene import Scene

REST_MS = 150
STEP_MS = 1


class VtkWidget(QWidget):
    """Shows a scene: coarse at once when it is touched, fine after a rest, in short steps."""

    refined = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.scene = Scene()
        self.fine = False
        self._image: QImage | None = None
        self._dirty = True
        self._steps = None
        self._closed = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._begin_refining)
        self._step = QTimer(self, interval=STEP_MS)
        self._step.timeout.connect(self._refine)
        # Drawn on a turn of its own, so that one turn never holds all panes.
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._draw)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def touch(self) -> None:
        """The picture is out of date: draw it coarsely on the next turn of the event loop."""
        self._dirty = True
        self.fine = False
        self._stop_refining()
        if not self._closed:
            self._turn.start()

    def release(self) -> None:
        """Stop drawing and give the graphics context back, before the widget is deleted."""
        self._closed = True
        self._rest.stop()
        self._turn.stop()
        self._stop_refining()
        self.scene.close()

    def paint_scene(self, painter: QPainter) -> None:
        """Paint the picture that was drawn last."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(self.rect()), self._image)

    @property
    def drawn(self) -> bool:
        """Whether there is a picture."""
        return self._image is not None and not self._closed and not self.scene.empty

    @property
    def preparing(self) -> bool:
        """Whether something else will soon stand in the scene; then nothing is drawn finely."""
        return False

    def _draw(self) -> None:
        if self._dirty and not self._closed and not self.scene.empty and self.isVisible():
            self.scene.resize(*self._pixels())
            self._take(self.scene.render_coarse())
            self._dirty = False
            self._rest.start()
        self.update()

    def showEvent(self, event: object) -> None:
        """Draw what changed while the widget was hidden."""
        self.touch()

    def resizeEvent(self, event: object) -> None:
        """Draw in the new size."""
        self.touch()

    def _pixels(self) -> tuple[int, int]:
        # A processor that draws the picture itself gets no more pixels than it needs.
        factor = 1.0 if self.scene.software else self.devicePixelRatioF()
        return max(round(self.width() * factor), 2), max(round(self.height() * factor), 2)

    def _begin_refining(self) -> None:
        if not self._dirty and self.isVisible() and not self.preparing:
            self._steps = self.scene.refine()
            self._step.start()

    def _refine(self) -> None:
        if self._steps is None:
            return
        try:
            next(self._steps)
        except StopIteration:
            self._stop_refining()
            self._take(self.scene.picture())
            self.fine = True
            self.update()
            self.refined.emit()

    def _stop_refining(self) -> None:
        self._step.stop()
        self._steps = None

    def _take(self, picture: np.ndarray) -> None:
        height, width, _ = picture.shape
        form = QImage.Format.Format_RGBA8888
        self._image = QImage(picture.data, width, height, picture.strides[0], form)
        self._image.pixels = picture  # the image reads this memory
