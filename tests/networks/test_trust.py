import numpy as np
import pytest

from viewer.networks.trust import doubt, expected_calibration_error, fit_temperature


def sample(chance, logits):
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return (chances.cumsum(axis=1) > chance.random((len(logits), 1))).argmax(axis=1), chances


def test_what_is_right_as_often_as_it_says_has_no_calibration_error():
    chance = np.random.default_rng(0)
    stated = chance.uniform(0.2, 1.0, 200_000)
    right = chance.random(200_000) < stated
    assert expected_calibration_error(stated, right) < 0.005
    assert expected_calibration_error(stated, right & (chance.random(200_000) < 0.7)) > 0.15


def test_calibration_error_by_hand():
    stated = np.array([0.95, 0.95, 0.65, 0.65])
    right = np.array([True, False, True, True])
    assert expected_calibration_error(stated, right, bins=10) == pytest.approx(0.4)
    assert expected_calibration_error(np.ones(3), np.ones(3, bool)) == 0.0


@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
def test_the_temperature_is_found_again(true_temperature):
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 3, (40_000, 5))
    labels, _ = sample(chance, logits)
    found = fit_temperature(logits * true_temperature, labels)
    assert found == pytest.approx(true_temperature, rel=0.03)


def test_calibration_lowers_the_error():
    chance = np.random.default_rng(2)
    logits = chance.normal(0, 2, (30_000, 7))
    labels, _ = sample(chance, logits)
    sure = logits * 2.5
    errors = []
    for divisor in (1.0, fit_temperature(sure, labels)):
        _, chances = sample(chance, sure / divisor)
        errors.append(
            expected_calibration_error(chances.max(axis=1), chances.argmax(axis=1) == labels)
        )
    assert errors[1] < 0.01 < 0.1 < errors[0]


def test_doubt_is_nothing_where_one_class_is_certain_and_one_where_all_are_alike():
    chances = np.array([[1.0, 0.25, 0.5], [0, 0.25, 0.5], [0, 0.25, 0], [0, 0.25, 0]])
    np.testing.assert_allclose(doubt(chances), [0, 1, 0.5], atol=1e-6)
