import numpy as np

from viewer.volume.separable import along, linear


def test_each_axis_is_multiplied_by_its_own_matrix():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 4, 5))
    matrices = [rng.normal(size=(2, 3)), None, rng.normal(size=(6, 5))]
    wanted = np.einsum("ka,lc,abc->kbl", matrices[0], matrices[2], values)
    np.testing.assert_allclose(along(values, matrices), wanted, atol=1e-5)


def test_between_places_values_are_filled_in_linearly_and_go_on_at_the_ends():
    values = np.array([2.0, 4.0, 10.0])
    made = linear(np.array([-1.0, 0.0, 0.5, 1.25, 2.0, 5.0]), 3) @ values
    np.testing.assert_allclose(made, [2, 2, 3, 5.5, 10, 10])
    np.testing.assert_allclose(linear(np.array([0.0, 3.0]), 1) @ [7.0], 7)
