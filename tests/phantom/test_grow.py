import numpy as np
import pytest

from viewer.phantom.grow import colonize, ramify


def colony(seed=0, count=120, **options):
    rng = np.random.default_rng(seed)
    targets = rng.uniform(-40, 40, (count, 3))
    start, heading = np.array([[-55.0, 0, 0]]), np.array([[1.0, 0, 0]])
    return targets, colonize(start, heading, targets, np.array([4.0]), rng, **options)


def test_a_colony_reaches_all_over_its_organ():
    targets, tubes = colony()
    reached = np.vstack([tube.points_lps for tube in tubes])
    far = np.linalg.norm(targets[:, None] - reached[None], axis=2).min(axis=1)
    assert np.quantile(far, 0.95) < 20
    assert np.abs(reached[:, 1:]).max() < 50


def test_tubes_start_where_their_parents_end():
    for tubes in (colony()[1], random_tree()):
        for tube in tubes:
            if tube.parent >= 0:
                assert np.array_equal(tube.points_lps[0], tubes[tube.parent].points_lps[-1])


def test_radii_keep_murrays_law_at_forks():
    tubes = colony(power=3.0)[1]
    children = {n: [t for t in tubes if t.parent == n] for n in range(len(tubes))}
    forks = [(tubes[n], below) for n, below in children.items() if len(below) > 1]
    sums = [
        sum(b.radius_mm[0] ** 3 for b in below) / above.radius_mm[-1] ** 3 for above, below in forks
    ]
    assert max(sums) < 1.0001
    assert np.median(sums) == pytest.approx(1.0, abs=0.05)


def test_a_colony_keeps_clear_of_other_vessels():
    other = np.column_stack([np.zeros(81), np.zeros(81), np.arange(-40, 41)])
    shares = []
    for clearance in (None, np.full(81, 5.0)):
        _, tubes = colony(others_lps=other, clearance_mm=clearance)
        rooms = np.concatenate(
            [
                np.linalg.norm(t.points_lps[:, None] - other[None], axis=2).min(axis=1)
                - t.radius_mm
                for t in tubes
            ]
        )
        shares.append(np.mean(rooms < 4))
    assert shares[1] < 0.5 * shares[0]


def random_tree(seed=0, twigs=60):
    rng = np.random.default_rng(seed)
    return ramify(np.zeros((1, 3)), np.array([[0.0, 0, 1]]), np.array([4.0]), twigs, rng)


def test_a_random_tree_divides_with_shrinking_radii():
    tubes = random_tree()
    assert 30 < len(tubes) <= 61
    for tube in tubes:
        above = 4.0 if tube.parent < 0 else tubes[tube.parent].radius_mm[-1]
        assert 0.4 <= tube.radius_mm[0] < above


def test_points_lie_close_for_thin_vessels():
    for tube in [*random_tree(), *colony()[1]]:
        gaps = np.linalg.norm(np.diff(tube.points_lps, axis=0), axis=1)
        assert gaps.max() < 1.3 * min(1.0, tube.radius_mm[0])


def test_the_same_seed_grows_the_same_tree():
    assert all(
        np.array_equal(a.points_lps, b.points_lps)
        for one, two in ((colony(3)[1], colony(3)[1]), (random_tree(3), random_tree(3)))
        for a, b in zip(one, two, strict=True)
    )
