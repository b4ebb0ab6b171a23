"""The hybrid with a network that knows: it reads a made-up body by brightness and place."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest

from viewer.enhance.suitability import judge
from viewer.errors import ViewerError
from viewer.networks.device import Device
from viewer.networks.plan import (
    ARTERY,
    BONE,
    CHAMBER,
    CLASSES,
    CONTEXT,
    FINE,
    ORGAN,
    OTHER,
    VEIN,
    Plan,
)
from viewer.progress import silent
from viewer.segment import mask as labels
from viewer.segment.compare import dice
from viewer.segment.context import Context, Levels
from viewer.segment.hybrid import merged, steady
from viewer.segment.naming import Naming
from viewer.segment.vessels import Networks, segment_vessels
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

BLOOD, FAINT, BONES, HEART, CLOT = 400, 150, 700, 330, 100


@dataclass
class Reader:
    """Stands for a network: each class has its brightness in the made-up body."""

    plan: Plan
    blind: bool = False

    device = Device("processor", "processor", 1)
    card = SimpleNamespace(name="reader", softmax_temperature=1.0, training={})
    voxels_per_second = 1e7

    @property
    def session(self):
        return self

    def run(self, tile: np.ndarray, check) -> np.ndarray:
        check()
        hu = tile[1] * 1000
        out = np.zeros((self.plan.outputs, *hu.shape), np.float32)
        for number, low, high in (
            (ARTERY, 360, 560),
            (CHAMBER, 290, 360),
            (VEIN, 120, 220),
            (BONE, 560, 3000),
        ):
            out[number][(hu > low) & (hu <= high)] = 9
        out[OTHER][out[: len(CLASSES)].max(axis=0) == 0] = 9
        if self.blind:
            out[:] = 0
            out[OTHER] = 9
        return out


def a_body(clot: bool = False) -> tuple[Volume, np.ndarray]:
    """Muscle with a tube of aorta, a faint vein, bone beside the aorta and a heart; the aorta."""
    hu = np.full((80, 90, 100), 50.0)
    hu[:, :6], hu[:, -6:], hu[:, :, :6], hu[:, :, -6:] = -1000, -1000, -1000, -1000
    _, rows, columns = np.ogrid[:80, :90, :100]
    aorta = np.broadcast_to((rows - 45) ** 2 + (columns - 55) ** 2 < 81, hu.shape)
    hu[aorta] = BLOOD
    vein = np.broadcast_to((rows - 45) ** 2 + (columns - 25) ** 2 < 64, hu.shape)
    hu[vein] = FAINT
    hu[20:60, 55:75, 45:70] = np.where(aorta[20:60, 55:75, 45:70], BLOOD, BONES)
    hu[50:75, 12:32, 40:75] = HEART
    if clot:
        hu[10:40][:, 36:45][..., 46:64][aorta[10:40, 36:45, 46:64]] = CLOT
    noise = np.random.default_rng(0).normal(0, 8, hu.shape)
    return Volume(np.rint(hu + noise).astype(np.int16), Grid.regular(hu.shape)), aorta


@pytest.fixture(scope="module")
def a_map():
    volume, aorta = a_body()
    networks = Networks(Reader(CONTEXT), Reader(FINE))
    found = segment_vessels(volume, judge(volume, silent()), silent(), networks=networks)
    return found.labels, aorta, volume.voxels


def test_the_aorta_is_found_between_bone_and_heart(a_map):
    found, aorta, _ = a_map
    assert dice(found == labels.ARTERY, aorta) > 0.93


def test_what_the_network_names_bears_its_label(a_map):
    found, _, _ = a_map
    assert found[35, 68, 58] == labels.BONE
    assert found[62, 22, 58] == labels.CHAMBER
    assert np.mean(found[10:70, 42:48, 22:28] == labels.VEIN) > 0.8


def test_an_organ_is_whole_however_faint_it_is():
    class SeesOrgan(Reader):
        def run(self, tile, check):
            out = super().run(tile, check)
            organ = (tile[1] > 0.07) & (tile[1] < 0.12)
            out[ORGAN][organ], out[OTHER][organ] = 9, 0
            return out

    volume, _ = a_body()
    voxels = volume.voxels.copy()
    voxels[20:50, 20:36, 70:90] += 45
    volume = Volume(voxels, volume.grid)
    networks = Networks(SeesOrgan(CONTEXT))
    found = segment_vessels(volume, judge(volume, silent()), silent(), networks=networks)
    assert np.mean(found.labels[22:48, 22:34, 72:88] == labels.ORGAN) > 0.9


def test_bone_and_heart_are_no_vessel(a_map):
    found, aorta, hu = a_map
    vessel = np.isin(found, (labels.ARTERY, labels.VEIN))
    assert np.mean(vessel[(hu > 600) & ~aorta]) < 0.03
    assert np.mean(vessel[52:73, 14:30, 42:73]) < 0.03


def test_where_a_network_sees_nothing_the_classical_engine_still_finds_the_aorta():
    volume, aorta = a_body()
    networks = Networks(Reader(CONTEXT, blind=True))
    found = segment_vessels(volume, judge(volume, silent()), silent(), networks=networks)
    assert dice(found.labels == labels.ARTERY, aorta) > 0.85


def test_without_contrast_the_networks_are_not_asked():
    volume, _ = a_body()
    suitability = replace(judge(volume, silent()), reasons=("No contrast.",))
    with pytest.raises(ViewerError, match="No contrast"):
        segment_vessels(volume, suitability, silent(), networks=Networks(Reader(CONTEXT)))


def test_clot_in_an_artery_is_told_from_blood():
    class SeesClot(Reader):
        def run(self, tile, check):
            out = super().run(tile, check)
            clot = (tile[1] > 0.08) & (tile[1] < 0.12)
            out[ARTERY][clot], out[OTHER][clot] = 9, 0
            return out

    volume, aorta = a_body(clot=True)
    networks = Networks(SeesClot(CONTEXT))
    found = segment_vessels(volume, judge(volume, silent()), silent(), networks=networks)
    clot = aorta & (volume.voxels < 150)
    assert np.mean(found.labels[clot] == labels.THROMBUS) > 0.4
    assert np.mean(found.labels[~aorta] == labels.THROMBUS) < 0.002


def test_a_thin_artery_is_steady_and_a_rib_is_not():
    rng = np.random.default_rng(3)
    hu = np.full((40, 60, 60), 50.0) + rng.normal(0, 8, (40, 60, 60))
    artery, rib = np.zeros(hu.shape, bool), np.zeros(hu.shape, bool)
    artery[:, 20:22, 15:17] = True
    rib[:, 40:43, 40:43] = True
    hu[artery] = BLOOD * rng.normal(1, 0.02, artery.sum())
    hu[rib] = rng.choice([150, BLOOD, BONES], rib.sum())
    grid = SimpleNamespace(hu=hu.astype(np.float32), spacing_mm=(1.3, 1.3, 1.3))
    both = artery | rib
    context = SimpleNamespace(coarse=grid, trunk=both, levels=SimpleNamespace(blood=float(BLOOD)))
    found = steady(context, both)
    assert found[artery].all()
    assert not found[rib].any()
    assert not steady(context, np.zeros_like(both)).any()
    brighter = SimpleNamespace(**vars(context) | {"levels": SimpleNamespace(blood=1.5 * BLOOD)})
    assert not steady(brighter, both)[artery].any()


def two_readings(*, crowded_by_name: bool, crowded_by_shape: bool) -> tuple[Context, Context]:
    """What the network and the rules make of one body with a tube of trunk and nothing else."""
    hu = np.full((20, 20, 20), 50.0, np.float32)
    trunk = np.zeros(hu.shape, bool)
    trunk[:, 8:12, 8:12] = True
    hu[trunk] = BLOOD
    nothing = np.zeros(hu.shape, bool)
    by_name, by_shape = (
        Context(
            coarse=SimpleNamespace(hu=hu, spacing_mm=(1.3, 1.3, 1.3), voxel_mm3=2.2),
            levels=Levels(50.0, float(BLOOD), 2.0 * BLOOD, 100.0, crowded),
            trunk=trunk,
            aorta=nothing,
            stopped=nothing,
            veins=nothing,
            soft=nothing,
            bone=nothing,
            hot=nothing,
            texture=np.zeros(hu.shape, np.float32),
            inside=~nothing,
        )
        for crowded in (crowded_by_name, crowded_by_shape)
    )
    return by_name, by_shape


def said(shape: tuple[int, ...], **names: np.ndarray) -> Naming:
    """What a network says of each place: nothing but what is given (uint8)."""
    classes = ("artery", "vein", "bone", "chamber", "organ", "dense", "other")
    given = {name: names.get(name, np.zeros(shape, np.uint8)) for name in classes}
    return Naming(**given, doubt=0.0)


@pytest.mark.parametrize(
    ("by_name", "by_shape", "crowded"),
    [(True, False, True), (False, True, True), (False, False, False)],
)
def test_bright_organs_are_believed_to_either_engine(by_name, by_shape, crowded):
    named, shape = two_readings(crowded_by_name=by_name, crowded_by_shape=by_shape)
    naming = said(named.trunk.shape, artery=np.where(named.trunk, np.uint8(200), np.uint8(0)))
    assert merged(named, shape, naming).levels.crowded is crowded


@pytest.mark.parametrize(("hint", "kept"), [(0, True), (30, False)])
def test_a_hint_of_bone_is_enough_where_a_trunk_is_uneven(hint, kept):
    named, shape = two_readings(crowded_by_name=False, crowded_by_shape=False)
    rng = np.random.default_rng(1)
    upper = shape.trunk & (np.arange(20)[:, None, None] < 10)
    hu = shape.coarse.hu.copy()
    hu[upper] = rng.choice([150, BLOOD, BONES], upper.sum())
    grid = SimpleNamespace(**vars(shape.coarse) | {"hu": hu})
    texture = np.where(upper, np.float32(0.5), np.float32(0.0))
    named = replace(named, coarse=grid, trunk=named.trunk & ~upper)
    shape = replace(shape, coarse=grid, texture=texture)
    naming = said(
        hu.shape,
        artery=np.where(named.trunk, np.uint8(230), np.uint8(0)),
        bone=np.where(upper, np.uint8(hint), np.uint8(0)),
    )
    trunk = merged(named, shape, naming).trunk
    assert trunk[named.trunk].all()
    assert trunk[2:7, 8:12, 8:12].all() == kept
