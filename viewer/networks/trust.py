"""How far a network's answer can be believed: calibration, and doubt over a whole scan."""

import numpy as np

TEMPERATURES = (0.05, 20.0)


def doubt(chances: np.ndarray) -> np.ndarray:
    """How unsure calibrated chances (classes, ...) are: 0 of one class, 1 of none (...) float32.

    Their entropy by its largest (Shannon 1948). Over the body of a scan its mean tells scans that
    a network does not know: it is unsure nearly everywhere there (after Hendrycks and Gimpel 2017).
    """
    chances = np.asarray(chances, np.float32)
    total = np.zeros(chances.shape[1:], np.float32)
    for each in chances:
        total -= each * np.log(np.maximum(each, 1e-8))
    return total / np.float32(np.log(len(chances)))


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
