"""Mask to surface beside skimage's marching cubes, on the same mask in the same run."""

from time import perf_counter

import numpy as np
import pytest
from skimage.measure import marching_cubes

from viewer.geometry.surface import make_surface
from viewer.phantom.scan import grid_around, render
from viewer.phantom.vessels import abdominal_aorta
from viewer.progress import silent
from viewer.segment.mask import VesselMask
from viewer.volume.grid import Grid

ROUNDS = 5


@pytest.fixture
def the_aorta():
    """An abdominal aorta as it lies in a usual scan of 512x512 pixels."""
    tree = abdominal_aorta()
    small = render(tree, grid_around(tree, (1.0, 0.7, 0.7)))[1]
    labels = np.zeros((small.grid.shape[0] + 60, 512, 512), np.uint8)
    k, j, i = small.grid.shape
    labels[30 : 30 + k, 180 : 180 + j, 140 : 140 + i] = small.labels
    return VesselMask(labels, Grid.regular(labels.shape, (1.0, 0.7, 0.7)))


@pytest.fixture
def the_malformation(shared_data):
    """A dense real tree that fills its scan: the hardest case for the ratio."""
    import SimpleITK as sitk

    path = shared_data("avm_head_cta_vessels_bsd/AVM.nii.gz")
    labels = (sitk.GetArrayFromImage(sitk.ReadImage(str(path))) > 100).astype(np.uint8)
    return VesselMask(labels, Grid.regular(labels.shape))


def seconds(work):
    times = []
    for _ in range(ROUNDS):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("name", ["the_aorta", "the_malformation"])
def test_mask_to_surface(benchmark, request, capsys, name):
    mask = request.getfixturevalue(name)
    theirs = seconds(lambda: marching_cubes(mask.labels == 1, 0.5))
    surface = benchmark.pedantic(
        lambda: make_surface(mask, silent()), rounds=ROUNDS, warmup_rounds=1
    )
    ours = benchmark.stats.stats.min
    benchmark.extra_info["ratio"] = ours / theirs
    with capsys.disabled():
        print(
            f"\n{name}: {len(surface.triangles)} triangles, {ours:.3f} s smoothed; "
            f"marching_cubes {theirs:.3f} s unsmoothed; ratio {ours / theirs:.2f}"
        )
