"""The vessel step on a made-up trunk and on one real case."""

import threading
import time

import numpy as np
import pytest
from scipy import ndimage

from viewer.enhance.great_vessels import find_great_vessels
from viewer.enhance.suitability import Suitability, judge
from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress, silent
from viewer.segment.compare import compare
from viewer.segment.context import read_context
from viewer.segment.mask import ARTERY, BONE, CALCIFICATION, VesselMask
from viewer.segment.vessels import segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume


def tree(mask: VesselMask) -> np.ndarray:
    return np.isin(mask.labels, (ARTERY, CALCIFICATION))


def test_finds_the_tree(a_phantom, a_mask):
    agreement = compare(tree(a_mask), a_phantom.vessels, a_mask.grid)
    assert agreement.dice > 0.92
    assert agreement.cl_dice > 0.9
    assert agreement.average_surface_distance_mm < 0.8


def test_what_is_what_is_decided_on_blocks_as_large_as_asked(a_phantom, a_suitability):
    great = find_great_vessels(a_phantom.volume, silent())
    known = (a_phantom.volume, great, a_suitability, None, silent())
    assert read_context(*known, block_mm=1.3).coarse.spacing_mm == (1.5, 1.2, 1.2)
    assert read_context(*known, block_mm=2.4).coarse.spacing_mm == (3.0, 2.4, 2.4)


def test_every_branch_is_reached_to_its_end(a_phantom, a_mask):
    found = tree(a_mask)
    for end in ((30, -30, 10), (48, 0, 42), (-40, -6, 40)):
        index = tuple(np.rint(a_mask.grid.index(np.array(end, float))).astype(int))
        box = tuple(slice(n - 2, n + 3) for n in index)
        assert found[box].any(), end


def test_heart_bone_and_table_stay_out(a_phantom, a_mask):
    found = tree(a_mask)
    assert found[a_phantom.heart].mean() < 0.03
    assert found[a_phantom.bone].mean() < 0.02
    assert not found[a_phantom.table].any()
    assert not (a_mask.labels[a_phantom.table] == BONE).any()


def test_bone_and_calcification_are_named(a_phantom, a_mask):
    core = ndimage.binary_erosion(a_phantom.bone, iterations=2)
    assert (a_mask.labels[core] == BONE).mean() > 0.7
    core = ndimage.binary_erosion(a_phantom.calcium)
    assert (a_mask.labels[core] == CALCIFICATION).mean() > 0.6


def test_one_tree(a_mask):
    labels, _ = ndimage.label(tree(a_mask), np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel())[1:]
    assert sizes.max() > 0.98 * sizes.sum()


def test_any_axis_order_gives_the_same_tree(a_phantom, a_suitability, a_mask):
    grid = a_phantom.volume.grid
    matrix = grid.lps_from_index.copy()
    matrix[:3, 3] += matrix[:3, 1] * (grid.shape[1] - 1)
    matrix[:, 1] *= -1
    matrix = matrix[:, [2, 0, 1, 3]]
    turned = np.ascontiguousarray(a_phantom.volume.voxels[:, ::-1].transpose(2, 0, 1))
    shape = (grid.shape[2], grid.shape[0], grid.shape[1])
    found = segment_vessels(Volume(turned, Grid(shape, matrix)), a_suitability, silent())
    back = found.labels.transpose(1, 2, 0)[:, ::-1]
    same = tree(VesselMask(np.ascontiguousarray(back), grid))
    assert compare(same, tree(a_mask), grid).dice > 0.97


def test_more_sensitive_finds_no_less(a_phantom, a_suitability):
    little = segment_vessels(a_phantom.volume, a_suitability, silent(), sensitivity=0.1)
    much = segment_vessels(a_phantom.volume, a_suitability, silent(), sensitivity=0.9)
    assert tree(much).sum() > tree(little).sum()


def test_a_seed_adds_a_vessel_apart(a_phantom, a_suitability):
    voxels = a_phantom.volume.voxels.copy()
    grid = a_phantom.volume.grid
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), axis=-1)
    points = grid.points_lps(index)
    alone = np.hypot(points[..., 0] + 45, points[..., 1] - 5) < 4
    alone &= (points[..., 2] > 60) & (points[..., 2] < 100)
    voxels[alone] = 400
    volume = Volume(voxels, grid)
    without = segment_vessels(volume, a_suitability, silent())
    given = segment_vessels(
        volume, a_suitability, silent(), seeds_lps=np.array([[-45.0, 5.0, 80.0]])
    )
    assert tree(without)[alone].mean() < 0.05
    assert tree(given)[alone].mean() > 0.9


def test_refuses_what_is_not_fit(a_phantom):
    unfit = Suitability(False, None, None, 14.0, 1.0, (1, 1, 1), reasons=("No contrast.",))
    with pytest.raises(ViewerError, match="No contrast"):
        segment_vessels(a_phantom.volume, unfit, silent())


def test_cancel_answers_within_a_second(a_phantom, a_suitability):
    big = Volume(
        np.repeat(np.repeat(a_phantom.volume.voxels, 2, axis=1), 2, axis=2),
        Grid.regular((80, 240, 260), (1.5, 0.6, 0.6)),
    )
    stop = threading.Event()
    waited = []

    def work() -> None:
        with pytest.raises(Cancelled):
            segment_vessels(big, a_suitability, Progress(cancel=stop))
        waited.append(time.perf_counter())

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.6)
    asked = time.perf_counter()
    stop.set()
    thread.join(20)
    assert waited
    assert waited[0] - asked < 1.0


@pytest.mark.slow
def test_real_dissection(shared_data):
    sitk = pytest.importorskip("SimpleITK")
    folder = shared_data("totalseg_aortic_dissection_cta_apache")
    image = sitk.ReadImage(str(folder / "ct_cropped.nii.gz"))
    spacing = image.GetSpacing()[::-1]
    voxels = sitk.GetArrayFromImage(image).astype(np.int16)
    volume = Volume(voxels, Grid.regular(voxels.shape, spacing))
    truth = np.zeros(voxels.shape, bool)
    for name in ("aorta", "brachiocephalic_trunk", "celiac_trunk", "superior_mesenteric_artery"):
        truth |= sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{name}.nii.gz"))) > 0
    found = segment_vessels(volume, judge(volume, silent()), silent())
    assert compare(tree(found), truth, volume.grid).dice > 0.65
