"""Dissections whose lumens are known exactly, what must not be taken for one, and the real case."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from viewer.geometry.centerline import trace
from viewer.geometry.dissection import Dissection, around, as_whole, dissections, with_whole
from viewer.geometry.landmarks import aortic_path
from viewer.geometry.names import name_vessels, renamed
from viewer.geometry.plain import plain, read_as
from viewer.geometry.sections import measure_sections
from viewer.geometry.tree_measures import courses_of, measure_vessels, measures_data
from viewer.progress import silent
from viewer.segment.mask import ARTERY, CALCIFICATION, THROMBUS, VesselMask
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

RADIUS_MM, HALF_MM, THICK_MM, VOXEL_MM = 13.0, 45.0, 1.5, 1.2
NOISE_HU, BLUR_MM = 15.0, 0.8
FAT_HU, FLAP_HU, TRUE_HU, FALSE_HU = -90.0, 60.0, 400.0, 260.0


@dataclass(frozen=True, eq=False)
class Scan:
    """A made-up scan and its mask."""

    volume: Volume
    mask: VesselMask


def space(length_mm=150.0, side_mm=56.0):
    """A grid and its points: z along the vessel, x across the flap."""
    shape = np.ceil(np.array([length_mm, side_mm, side_mm]) / VOXEL_MM).astype(int)
    origin = -0.5 * (shape[::-1] - 1) * VOXEL_MM + 0.3
    z, y, x = (origin[a] + VOXEL_MM * np.arange(shape[2 - a]) for a in (2, 1, 0))
    grid = Grid.regular(shape, (VOXEL_MM,) * 3, origin)
    return grid, z[:, None, None], y[None, :, None], x[None, None]


def share(signed_mm):
    """How much of a voxel lies inside a surface at a signed distance (negative inside)."""
    return np.clip(0.5 - signed_mm / VOXEL_MM, 0, 1)


def past_flap(x, y):
    """Signed distance (mm) beyond the middle of the bowed flap, towards the false lumen."""
    return (x - 1.0 - 3.0 * (1 - (y / RADIUS_MM) ** 2)) / np.sqrt(1 + (6 * y / RADIUS_MM**2) ** 2)


def scan_of(hu, labels, grid, seed=0):
    noise = np.random.default_rng(seed).normal(0, 1, hu.shape)
    hu = gaussian_filter(np.broadcast_to(hu, grid.shape), BLUR_MM / VOXEL_MM)
    noise = gaussian_filter(noise, 0.5)
    hu = hu + NOISE_HU * noise / noise.std()
    return Scan(Volume(np.rint(hu).astype(np.int16), grid), VesselMask(labels, grid))


def a_dissected_aorta(*, false_hu=FALSE_HU, tear_mm=0.0, seed=0):
    """A straight aorta with a flap in its middle 90 mm."""
    grid, z, y, x = space()
    inside = share(np.hypot(x, y) - RADIUS_MM) + 0 * z
    beyond = np.abs(z) - HALF_MM
    sheet = np.maximum(np.abs(past_flap(x, y)) - THICK_MM / 2, beyond)
    if tear_mm:
        sheet = np.maximum(sheet, tear_mm / 2 - np.hypot(y, z - 10))
    flap = share(sheet)
    false = share(np.maximum(-past_flap(x, y), beyond)) * (1 - flap)
    blood = TRUE_HU + (false_hu - TRUE_HU) * false
    blood = blood + (FLAP_HU - blood) * flap
    labels = np.where((inside >= 0.5) & (flap < 0.5), ARTERY, 0).astype(np.uint8)
    return scan_of(FAT_HU + (blood - FAT_HU) * inside, labels, grid, seed)


def with_a_branch(radius_mm):
    """The dissected aorta and a wide artery that leaves it where the flap begins, upwards."""
    scan = a_dissected_aorta()
    grid, z, y, x = space()
    out = np.array([0.0, -1.0, -0.8]) / np.hypot(1.0, 0.8)
    along = y * out[1] + (z + HALF_MM) * out[2]
    far = np.sqrt(np.maximum(x**2 + y**2 + (z + HALF_MM) ** 2 - along**2, 0))
    beyond = np.hypot(x, y) > RADIUS_MM
    side = share(np.maximum(far - radius_mm, -along)) * beyond
    hu = np.maximum(scan.volume.voxels, FAT_HU + (TRUE_HU - FAT_HU) * side)
    labels = np.where(side >= 0.5, ARTERY, scan.mask.labels).astype(np.uint8)
    return Scan(Volume(np.rint(hu).astype(np.int16), grid), VesselMask(labels, grid))


def true_areas():
    """Areas (mm2) of the true and the false lumen, counted finely."""
    fine = np.arange(-RADIUS_MM, RADIUS_MM, 0.02)
    x, y = np.meshgrid(fine, fine)
    inside = np.hypot(x, y) < RADIUS_MM
    past = past_flap(x, y)
    one = 0.02**2
    return (
        float((inside & (past < -THICK_MM / 2)).sum() * one),
        float((inside & (past > THICK_MM / 2)).sum() * one),
    )


def healthy():
    grid, z, y, x = space()
    inside = share(np.hypot(x, y) - RADIUS_MM) + 0 * z
    labels = np.where(inside >= 0.5, ARTERY, 0).astype(np.uint8)
    return scan_of(FAT_HU + (TRUE_HU - FAT_HU) * inside, labels, grid)


def narrowed():
    """A coarctation."""
    grid, z, y, x = space()
    inside = share(np.hypot(x, y) - RADIUS_MM * (1 - 0.6 * np.exp(-((z / 8) ** 2))))
    labels = np.where(inside >= 0.5, ARTERY, 0).astype(np.uint8)
    return scan_of(FAT_HU + (TRUE_HU - FAT_HU) * inside, labels, grid)


def clotted():
    """An aneurysm whose lumen lies off its middle in thrombus."""
    grid, z, y, x = space(side_mm=76)
    outer = share(np.hypot(x, y) - 13 - 10 * np.exp(-((z / 25) ** 2)))
    lumen = share(np.hypot(x - 4 * np.exp(-((z / 25) ** 2)), y) - 12)
    labels = np.where(outer >= 0.5, THROMBUS, 0)
    labels = np.where(lumen >= 0.5, ARTERY, labels).astype(np.uint8)
    return scan_of(FAT_HU + 140 * outer + (TRUE_HU - 50) * lumen, labels, grid)


def stented():
    """Rings of metal in an aorta with thrombus outside of them."""
    grid, z, y, x = space()
    far = np.hypot(x, y)
    outer, lumen = share(far - 15) + 0 * z, share(far - 10) + 0 * z
    ring = (np.abs(far - 10) < 0.8) & (np.abs((z + 75) % 12 - 6) < 2)
    hu = FAT_HU + 140 * outer + (TRUE_HU - 50) * lumen + 2500 * ring
    labels = np.where(outer >= 0.5, THROMBUS, 0)
    labels = np.where(lumen >= 0.5, ARTERY, labels)
    labels = np.where(ring, CALCIFICATION, labels).astype(np.uint8)
    return scan_of(hu, labels, grid)


def leaking():
    """A stent graft in a sac into which blood leaks past it."""
    grid, z, y, x = space()
    far = np.hypot(x, y)
    outer, lumen = share(far - 21) + 0 * z, share(far - 10) + 0 * z
    leak = share(np.maximum(np.maximum(np.abs(z) - 30, 11.5 - far), np.maximum(far - 20, -x)))
    ring = (np.abs(far - 10) < 0.8) & (np.abs((z + 75) % 12 - 6) < 3)
    hu = FAT_HU + 140 * outer + (TRUE_HU - 50) * lumen + 220 * leak + 2500 * ring
    labels = np.where(outer >= 0.5, THROMBUS, 0)
    labels = np.where((lumen >= 0.5) | (leak >= 0.5), ARTERY, labels)
    labels = np.where(ring, CALCIFICATION, labels).astype(np.uint8)
    return scan_of(hu, labels, grid)


def neighbors():
    """An aorta that touches another artery as wide, a thin wall between."""
    grid, z, y, x = space(side_mm=76)
    both = [share(np.hypot(x - at, y) - 11.5) + 0 * z for at in (-12.25, 12.25)]
    inside = both[0] + both[1]
    labels = np.where(inside >= 0.5, ARTERY, 0).astype(np.uint8)
    return scan_of(FAT_HU + (TRUE_HU - FAT_HU) * inside, labels, grid)


def tree_of(scan):
    tree = trace(scan.mask, silent(), volume=scan.volume, noise_hu=NOISE_HU)
    return renamed(tree, name_vessels(tree, scan.mask.grid))


def found_in(scan):
    tree = tree_of(scan)
    return [
        each
        for course in courses_of(tree)
        for each in dissections(scan.volume, scan.mask, tree, course, NOISE_HU, BLUR_MM)
    ]


@pytest.fixture(scope="module")
def a_dissection():
    scan = a_dissected_aorta()
    (found,) = found_in(scan)
    return scan, found


def middle(found: Dissection, values):
    """The median of values (n,) over the middle of a dissection."""
    near = np.abs(found.path_lps[:, 2]) < 30
    return float(np.median(values[near]))


def test_both_lumens_have_their_areas(a_dissection):
    _, found = a_dissection
    true, false = true_areas()
    assert middle(found, found.true_area_mm2) == pytest.approx(true, rel=0.06)
    assert middle(found, found.false_area_mm2) == pytest.approx(false, rel=0.10)
    assert middle(found, found.whole_max_mm) == pytest.approx(2 * RADIUS_MM, abs=0.6)
    assert abs(middle(found, found.true_area_mm2) - true) < 2 * middle(found, found.true_area_sd)
    assert abs(middle(found, found.false_area_mm2) - false) < 2 * middle(found, found.false_area_sd)


def test_the_mouth_of_a_branch_is_no_widest_place():
    (found,) = found_in(with_a_branch(7.0))
    assert found.whole_max_mm.max() > 2 * RADIUS_MM + 6
    assert found.diameter_max.value == pytest.approx(2 * RADIUS_MM, abs=2.0)


def test_its_ends_its_flap_and_which_lumen_is_true(a_dissection):
    _, found = a_dissection
    assert found.to_mm - found.from_mm == pytest.approx(2 * HALF_MM, abs=5)
    assert found.flap_thickness.value == pytest.approx(THICK_MM, abs=0.5)
    assert found.sure > 0.7
    assert "it is brighter" in found.evidence
    true, false = true_areas()
    length = 2 * HALF_MM / 1000
    assert found.true_volume.value == pytest.approx(true * length, rel=0.1)
    assert found.false_volume.value == pytest.approx(false * length, rel=0.12)
    flap = found.flap_lps[len(found.flap_lps) // 2]
    assert np.abs(past_flap(flap[:, 0], flap[:, 1])).max() < 2.0


def test_the_tree_holds_both_lumens_as_one_vessel(a_dissection):
    scan, _ = a_dissection
    tree = tree_of(scan)
    long = [branch for branch in tree.branches if branch.length_mm > 20]
    assert len(long) == 1
    assert np.hypot(*long[0].points_lps[:, :2].T).max() < 4


def test_the_whole_stands_for_the_lumen_where_a_flap_is(a_dissection):
    scan, found = a_dissection
    z = np.arange(-65, 65.1, 1.0)
    path = np.column_stack([0 * z - 5, 0 * z, z])  # in the true lumen
    sections = measure_sections(
        scan.volume, path, 0 * z + 6, mask=scan.mask, noise_hu=NOISE_HU, blur_mm=BLUR_MM
    )
    whole = as_whole(sections, [found])
    inner = np.abs(whole.frames.points_lps[:, 2]) < 35
    wide = whole.values["diameter_equivalent_mm"][inner]
    assert np.abs(wide - 2 * RADIUS_MM).max() < 0.8
    assert sections.values["diameter_equivalent_mm"][inner].max() < 2 * RADIUS_MM - 3
    drawn = with_whole(sections, [found]).whole_mm
    outline = drawn[inner] * np.array([1.0])
    turn = np.arange(outline.shape[1]) * 2 * np.pi / outline.shape[1]
    f = whole.frames
    points = (
        f.points_lps[inner, None]
        + outline[..., None] * np.cos(turn)[None, :, None] * f.across[inner, None]
        + outline[..., None] * np.sin(turn)[None, :, None] * f.up[inner, None]
    )
    assert np.abs(np.hypot(points[..., 0], points[..., 1]) - RADIUS_MM).max() < 1.0


def test_no_stenosis_is_proposed_at_a_flap(a_dissection):
    scan, _ = a_dissection
    measures = measure_vessels(
        scan.volume, scan.mask, tree_of(scan), NOISE_HU, silent(), blur_mm=BLUR_MM
    )
    assert [each for vessel in measures.vessels for each in vessel.stenoses] == []
    (found,) = measures.dissections
    assert (found.stanford, bool(found.stanford_why)) == ("", True)
    data = measures_data(measures)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["dissections"][0]["sd"]["true_volume_ml"] > 0
    again = read_as(Dissection, json.loads(json.dumps(plain(found))))
    assert again.true_volume.value == pytest.approx(found.true_volume.value, abs=0.001)


def test_a_false_lumen_as_bright_is_found_by_its_flap():
    (found,) = found_in(a_dissected_aorta(false_hu=TRUE_HU, seed=1))
    assert found.to_mm - found.from_mm == pytest.approx(2 * HALF_MM, abs=8)
    assert "it is brighter" not in found.evidence


@pytest.mark.parametrize("seed", [0, 2])
def test_an_entry_tear_is_found_where_the_flap_is_open(seed):
    (found,) = found_in(a_dissected_aorta(tear_mm=9.0, seed=seed))
    (tear,) = found.tears
    assert tear.at_lps[2] == pytest.approx(10, abs=3)
    assert tear.width.value == pytest.approx(9.0, abs=3)


def test_behind_a_stent_the_flap_is_not_called_open():
    scan = a_dissected_aorta(tear_mm=16.0)
    grid, z, y, x = space()
    struts = (np.abs(past_flap(x, y)) < 0.8) & (np.abs(z - 10) < 14) & (np.abs(y) < 11)
    struts &= np.abs((y + 50) % 6 - 3) < 0.7
    stented = Volume(np.where(struts, 2200, scan.volume.voxels).astype(np.int16), grid)
    assert found_in(scan)[0].tears
    (found,) = found_in(Scan(stented, scan.mask))
    assert found.tears == ()


def test_a_whole_flap_has_no_tear(a_dissection):
    assert a_dissection[1].tears == ()


@pytest.mark.parametrize("scan", [healthy, narrowed, clotted, stented, leaking, neighbors])
def test_what_is_no_dissection(scan):
    assert found_in(scan()) == []


def test_an_outline_seen_from_within_and_from_outside():
    square = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    assert around(square, 4) == pytest.approx(1.0)
    assert around(square + np.array([0.5, 0]), 4) == pytest.approx([1.5, 1.0, 0.5, 1.0])
    assert np.isnan(around(square + np.array([3, 0]), 4)).all()


def test_the_real_dissection(shared_data):
    """The stented type-B dissection: what is bright in the reference's mask, and its report."""
    from tests.benchmarks.aorta import LUMENS, along_aorta, in_plane, report_rows
    from viewer.volume.files import read_volume

    folder = shared_data("totalseg_aortic_dissection_cta_apache")
    volume = read_volume(folder / "ct_cropped.nii.gz", silent())
    names = (*LUMENS, "brachiocephalic_trunk", "common_carotid_artery_left")
    names += ("subclavian_artery_left", "celiac_trunk", "superior_mesenteric_artery")
    masks = {n: read_volume(folder / f"{n}.nii.gz", silent()).voxels > 0 for n in names}
    whole, hu = np.any(list(masks.values()), axis=0), volume.voxels
    labels = np.where(hu > 150, ARTERY, np.where(masks["aorta_false_lumen"], THROMBUS, 0))
    labels = np.where(whole, np.where(hu > 900, CALCIFICATION, labels), 0).astype(np.uint8)
    scan = Scan(volume, VesselMask(labels, volume.grid))
    tree = trace(scan.mask, silent(), volume=volume, noise_hu=26.0)
    tree = renamed(tree, name_vessels(tree, volume.grid))
    assert aortic_path(tree, volume.grid) is not None
    aorta = along_aorta(volume, scan.mask, tree, 26.0)
    (found,) = aorta.parted
    assert found.sure > 0.9
    assert "a stent lies in it" in found.evidence
    for name, number in (("true", found.true_volume), ("false", found.false_volume)):
        index = np.argwhere(masks[f"aorta_{name}_lumen"])
        place = cKDTree(found.path_lps).query(volume.grid.points_lps(index))[1]
        along = (place > 0) & (place < len(found.path_lps) - 1)
        true = along.sum() * volume.grid.voxel_mm3 / 1000
        assert number.value == pytest.approx(true, rel=0.2), name
    own = np.any([masks[n] for n in LUMENS], axis=0)
    measured = 0
    for number, each, at_lps in report_rows():
        row, far = aorta.nearest(at_lps)
        # The valve runs into the heart; the two lumens begin in the middle of the arch.
        if number in ("1", "2", "6"):
            continue
        equal = aorta.sections.values["diameter_equivalent_mm"][row]
        if far > 8 or np.isnan(equal):
            continue
        measured += 1
        assert abs(equal - in_plane(own, aorta, row)[0]) < 3, each["name"]
    assert measured >= 6
