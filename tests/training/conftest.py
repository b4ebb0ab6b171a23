import numpy as np
import pytest

from viewer.phantom.tissue import Tissue
from viewer.training.anatomy import Anatomy


@pytest.fixture
def an_anatomy() -> Anatomy:
    """Muscle with an aorta, a cava, a vertebra and liver, in air."""
    tissue = np.full((60, 60, 60), Tissue.AIR, np.uint8)
    tissue[:, 5:55, 5:55] = Tissue.MUSCLE
    rows, columns = np.ogrid[:60, :60]
    tissue[:, (rows - 30) ** 2 + (columns - 35) ** 2 < 49] = Tissue.ARTERY
    tissue[:, (rows - 30) ** 2 + (columns - 15) ** 2 < 49] = Tissue.CAVAL
    tissue[10:50, 40:52, 22:44] = Tissue.CORTEX
    tissue[10:30, 8:20, 8:40] = Tissue.LIVER
    return Anatomy("block", tissue)


@pytest.fixture
def a_scan(an_anatomy: Anatomy) -> Anatomy:
    """The same as a scan with classes, half of it unknown."""
    assert an_anatomy.tissue is not None
    classes = np.zeros(an_anatomy.tissue.shape, np.uint8)
    classes[an_anatomy.tissue == Tissue.ARTERY] = 1
    classes[:, :, 45:] = 255
    hu = np.where(an_anatomy.tissue == Tissue.AIR, -1000, 50).astype(np.int16)
    hu[classes == 1] = 350
    return Anatomy("scan", None, classes, hu)
