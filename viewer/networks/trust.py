"""How far a network's answer can be believed: calibration, and how familiar the scan is to it."""

from dataclasses import dataclass

import numpy as np

SHRINKAGE = 0.1
TEMPERATURES = (0.05, 20.0)


@dataclass(frozen=True, eq=False)
class Familiar:
    """Pooled features of the scans that a network was trained on: (c,) mean, (c, c) covariance."""

    mean: np.ndarray
    covariance: np.ndarray

    def distance(self, features: np.ndarray) -> np.ndarray:
        """Mahalanobis distance of pooled features (..., c) from what was trained on (...).

        Divided by the square root of c: about 1 for a familiar scan, whatever the network.
        """
        apart = np.atleast_2d(np.asarray(features, np.float64)) - self.mean
        solved = np.linalg.solve(np.asarray(self.covariance, np.float64), apart.T).T
        distance = np.sqrt(np.maximum((apart * solved).sum(axis=1), 0.0) / len(self.mean))
        return distance.reshape(np.shape(features)[:-1])


def familiar(features: np.ndarray) -> Familiar:
    """What a network knows, of pooled features (n, c): mean and shrunk covariance.

    The covariance is drawn by a tenth towards its own diagonal, and that a little towards its
    mean, so that it can be inverted however few scans there are (after Ledoit and Wolf 2004).
    """
    features = np.asarray(features, np.float64)
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    own = np.diag(covariance)
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(own)
    covariance += np.eye(len(own)) * max(1e-2 * own.mean(), 1e-12)
    return Familiar(features.mean(axis=0), covariance)


def expected_calibration_error(
    probability: np.ndarray, correct: np.ndarray, bins: int = 15
) -> float:
    """How far the stated probability is from the share that is right (Guo et al. 2017, eq. 3).

    `probability` (n,) of the chosen class, 0 to 1; `correct` (n,) bool. 0 is perfect.
    """
    probability = np.asarray(probability, np.float64).ravel()
    right = np.asarray(correct, np.float64).ravel()
    which = np.clip((probability * bins).astype(int), 0, bins - 1)
    stated = np.bincount(which, probability, bins)
    found = np.bincount(which, right, bins)
    return float(np.abs(stated - found).sum() / len(probability))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that makes softmax(logits / temperature) most likely (Guo et al. 2017).

    `logits` (n, classes), `labels` (n,) int.
    """
    from scipy.optimize import minimize_scalar

    logits = np.asarray(logits, np.float64)
    rows = np.arange(len(logits))

    def surprise(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, labels]).mean())

    bounds = tuple(np.log(TEMPERATURES))
    found = minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))
