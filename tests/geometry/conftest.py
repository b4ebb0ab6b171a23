"""Things that the geometry tests share."""

from threading import Event
from time import perf_counter

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import y_tree
from viewer.progress import Cancelled, Progress
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid

OBLIQUE = Rotation.from_rotvec((0.5, -0.3, 0.8)).as_matrix()


@pytest.fixture
def a_tree():
    return y_tree()


@pytest.fixture
def a_mask(a_tree):
    return render(a_tree, grid_around(a_tree, (1.2, 0.8, 0.8), turned=OBLIQUE))[1]


@pytest.fixture
def no_mask():
    return VesselMask(np.zeros((9, 8, 7), np.uint8), Grid.regular((9, 8, 7)))


@pytest.fixture
def the_avm(shared_data):
    """A real vessel mask with hundreds of branches."""
    import SimpleITK as sitk

    path = shared_data("avm_head_cta_vessels_bsd/AVM.nii.gz")
    image = sitk.ReadImage(str(path))
    labels = (sitk.GetArrayFromImage(image) > 100).astype(np.uint8)
    return VesselMask(labels, Grid.regular(labels.shape, image.GetSpacing()[::-1]))


@pytest.fixture
def seconds_to_stop():
    """How long a piece of work takes to stop when cancelled after a share of its progress."""

    def measure(work, share):
        cancel, asked = Event(), []

        def tell(fraction, _message):
            if fraction >= share and not asked:
                asked.append(perf_counter())
                cancel.set()

        with pytest.raises(Cancelled):
            work(Progress(tell, cancel))
        return perf_counter() - asked[0]

    return measure
