"""One kernel becomes another, and the noise that is left is foretold."""

import numpy as np
import pytest

from viewer.enhance.harmonize_filter import (
    Kernel,
    signal_power,
    slice_sd,
    transfer,
    wiener_ratio,
)
from viewer.enhance.scan_facts_noise import NoiseSpectrum
from viewer.enhance.scan_noise import like_noise
from viewer.phantom.blur import blur
from viewer.progress import silent
from viewer.volume.grid import Grid
from viewer.volume.volume import Volume

SPACING = (1.0, 0.8, 0.8)
CYCLES = np.linspace(0, 0.9, 60)


def test_a_blurred_edge_becomes_that_of_the_other_kernel():
    edge = np.where(np.indices((12, 64, 64))[2] < 30, -100.0, 300.0).astype(np.float32)
    own, wanted = (blur(edge, (0, mm / 0.8, mm / 0.8)) for mm in (0.6, 0.9))
    ratio = wiener_ratio(
        CYCLES, 0.1874 / 0.6, 0.1874 / 0.9, np.ones(len(CYCLES)), np.zeros(len(CYCLES))
    )
    there = Kernel(CYCLES, ratio).applied(own.copy(), SPACING, silent())
    np.testing.assert_allclose(there, wanted, atol=4)
    back = wiener_ratio(
        CYCLES, 0.1874 / 0.9, 0.1874 / 0.6, np.ones(len(CYCLES)), np.zeros(len(CYCLES))
    )
    again = Kernel(CYCLES, back).applied(wanted.copy(), SPACING, silent())
    assert np.abs(again - own).max() < 0.4 * np.abs(wanted - own).max()


def test_nothing_is_raised_where_noise_drowns_the_signal():
    signal = np.where(CYCLES < 0.4, 100.0, 0.0)
    ratio = wiener_ratio(CYCLES, 0.3, 0.5, signal, np.ones(len(CYCLES)))
    assert ratio[CYCLES < 0.35].max() > 1.3
    np.testing.assert_array_equal(ratio[CYCLES > 0.4], 1)
    assert ratio[0] == pytest.approx(1)
    np.testing.assert_allclose(
        wiener_ratio(CYCLES, 0.5, 0.3, signal, signal),
        transfer(CYCLES, 0.3) / transfer(CYCLES, 0.5),
    )


@pytest.mark.parametrize(("blur_slices", "near"), [(0.0, 0.3), (1.2, 0.0), (1.2, 0.5)])
def test_the_noise_that_is_left_is_foretold(blur_slices, near):
    power = CYCLES * np.exp(-((CYCLES / 0.25) ** 2))
    spectrum = NoiseSpectrum(CYCLES[CYCLES <= 0.62], power[CYCLES <= 0.62], (near,))
    shape = (40, 128, 128)
    noise = like_noise(shape, SPACING, spectrum, np.random.default_rng(2))
    kernel = Kernel(CYCLES, transfer(CYCLES, 0.3), blur_slices)
    left = kernel.applied(noise.copy(), SPACING, silent())[6:-6].std() / noise.std()
    assert left == pytest.approx(kernel.noise_left(spectrum), rel=0.06)


def test_the_power_of_noise_alone_is_its_spectrum_and_leaves_no_signal():
    power = CYCLES * np.exp(-((CYCLES / 0.4) ** 2)) + 0.005
    spectrum = NoiseSpectrum(CYCLES[CYCLES <= 0.62], power[CYCLES <= 0.62], (0.0,))
    noise = like_noise((12, 128, 128), SPACING, spectrum, np.random.default_rng(3))
    scale = 20.0
    used = spectrum.cycles_per_mm
    area = np.trapezoid(2 * np.pi * used * spectrum.power_hu2_mm2, used)
    told = NoiseSpectrum(used, spectrum.power_hu2_mm2 * scale**2 / area, (0.0,))
    volume = Volume(np.rint(scale * noise).astype(np.int16), Grid.regular(noise.shape, SPACING))
    cycles, signal, of_noise = signal_power(volume, told)
    inner = (cycles > 0.1) & (cycles < 0.6)
    assert signal[inner].sum() < 0.25 * of_noise[inner].sum()
    _, whole, none = signal_power(volume, None)
    assert not none.any()
    assert whole[inner].sum() == pytest.approx(of_noise[inner].sum(), rel=0.25)


def test_slices_become_as_wide_as_asked_and_never_narrower():
    assert slice_sd(3.0, 2.0, 1.0) == 0
    wide = slice_sd(1.0, 5.0, 1.25)
    assert np.hypot(wide * 1.25 * 2.3548, 1.0) == pytest.approx(5.0)
