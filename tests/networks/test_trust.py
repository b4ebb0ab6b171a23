import numpy as np
import pytest

from viewer.networks.trust import expected_calibration_error, familiar, fit_temperature


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


def test_a_familiar_scan_is_near_and_a_strange_one_far():
    chance = np.random.default_rng(3)
    mix = chance.normal(size=(16, 16))
    known = familiar(chance.normal(size=(400, 16)) @ mix + 5)
    near = known.distance(chance.normal(size=(200, 16)) @ mix + 5)
    assert near.shape == (200,)
    assert near.mean() == pytest.approx(1.0, abs=0.25)
    assert known.distance(known.mean) == pytest.approx(0.0)
    spread = np.sqrt(np.diag(known.covariance))
    strange = known.distance(known.mean + 6 * spread * np.sign(chance.normal(size=16)))
    assert strange > 3 * near.max()


def test_fewer_scans_than_features_still_give_a_distance():
    features = np.random.default_rng(4).normal(size=(5, 64))
    known = familiar(features)
    assert np.isfinite(known.distance(features)).all()
    assert known.distance(features[0] + 50) > 10
    assert np.isfinite(familiar(np.zeros((3, 4))).distance(np.ones(4)))
