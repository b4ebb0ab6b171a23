import itertools

import numpy as np
import torch

from viewer.training.classes import UNKNOWN
from viewer.training.crops import source_of
from viewer.training.data import Patch, anatomy_patch, as_input, batches, cut_short, mixed


def test_a_patch_of_labels_has_bright_arteries(an_anatomy):
    source = source_of(an_anatomy, np.random.default_rng(0))
    brighter = 0
    for seed in range(12):
        patch = anatomy_patch(source, 24, 2.5, np.random.default_rng(seed))
        assert patch.hu.shape == patch.classes.shape == (24, 24, 24)
        artery, other = patch.hu[patch.classes == 1], patch.hu[patch.classes == 0]
        brighter += int(len(artery) > 10 and artery.mean() > other.mean())
    assert brighter >= 8


def test_a_patch_of_a_scan_keeps_what_is_unknown(a_scan):
    source = source_of(a_scan, np.random.default_rng(0))
    patches = [anatomy_patch(source, 24, 1.5, np.random.default_rng(n)) for n in range(8)]
    assert any((p.classes == UNKNOWN).any() for p in patches)
    assert all(p.tube is None for p in patches)


def test_a_run_that_resumes_sees_what_it_would_have_seen(an_anatomy):
    source = source_of(an_anatomy, np.random.default_rng(0))

    def make(rng: np.random.Generator) -> Patch:
        return anatomy_patch(source, 16, 2.5, rng)

    whole = list(itertools.islice(batches(make, 2, 7, 0), 4))
    late = next(batches(make, 2, 7, 3))
    assert torch.equal(whole[3][0].hu, late[0].hu)
    assert torch.equal(whole[3][1].classes, late[1].classes)


def test_makers_are_mixed_by_their_shares():
    one, two = (Patch(torch.full((1, 1, 1), v), torch.zeros(1)) for v in (1.0, 2.0))
    make = mixed([(3.0, lambda _: one), (1.0, lambda _: two)])
    said = [float(make(np.random.default_rng(n)).hu[0, 0, 0]) for n in range(400)]
    assert 0.65 < said.count(1.0) / 400 < 0.85


def test_a_network_sees_two_ranges():
    seen = as_input(torch.tensor([[[-1000.0, 150.0, 400.0, 3000.0]]]))
    assert seen.shape == (2, 1, 1, 4)
    assert torch.allclose(seen[0].ravel(), torch.tensor([-1.5, 0.0, 1.0, 2.0]))
    assert torch.allclose(seen[1].ravel(), torch.tensor([-1.0, 0.15, 0.4, 2.0]))


def test_a_scan_that_ends_goes_on_as_its_edge_and_nobody_knows_what_is_there():
    hu = torch.arange(20.0)[:, None, None].expand(20, 20, 20).contiguous()
    patch = Patch(hu, torch.ones((20, 20, 20), dtype=torch.long))
    for seed in range(10):
        short = cut_short(patch, np.random.default_rng(seed))
        known = (short.classes != UNKNOWN).any(dim=2).any(dim=1).nonzero()[:, 0]
        first, last = int(known[0]), int(known[-1])
        assert last - first + 1 < 20
        expected = torch.arange(20.0).clamp(first, last)
        assert torch.equal(short.hu[:, 0, 0], expected)
    assert (patch.classes == 1).all()
