import numpy as np
import pytest

from introghost.findings import Code, Severity
from introghost.inference import calibration


def test_binary_temperature_is_the_factor_by_which_logits_are_too_large():
    rng = np.random.default_rng(1)
    honest = rng.normal(0, 2, 200_000).astype(np.float32)
    labels = (rng.random(honest.size) < 1 / (1 + np.exp(-honest))).astype(np.float32)
    assert calibration.binary_temperature(honest, labels) == pytest.approx(1.0, abs=0.03)
    assert calibration.binary_temperature(3 * honest, labels) == pytest.approx(3.0, abs=0.1)


def test_multinomial_temperature_is_the_factor():
    rng = np.random.default_rng(2)
    honest = rng.normal(0, 1.5, (50_000, 3)).astype(np.float32)
    gumbel = rng.gumbel(size=honest.shape)
    classes = (honest + gumbel).argmax(axis=1)
    assert calibration.multinomial_temperature(2 * honest, classes, np.ones(len(classes))) == pytest.approx(
        2.0, abs=0.1
    )


def test_multinomial_temperature_weighs_genomes():
    """Of two kinds of genomes, with logits twice and four times too large, the weights say which counts."""
    rng = np.random.default_rng(5)
    honest = rng.normal(0, 1.5, (50_000, 3)).astype(np.float32)
    classes = (honest + rng.gumbel(size=honest.shape)).argmax(axis=1)
    factor = np.where(np.arange(len(classes)) < 40_000, 2, 4)
    for kept in (2, 4):
        weights = np.where(factor == kept, 1.0, 1e-9)
        temperature = calibration.multinomial_temperature(factor[:, None] * honest, classes, weights)
        assert temperature == pytest.approx(kept, abs=0.15 * kept)


def test_a_temperature_at_the_end_of_its_search_is_told():
    rng = np.random.default_rng(3)
    logits, labels = rng.normal(0, 2, 2000).astype(np.float32), rng.integers(0, 2, 2000).astype(np.float32)
    hopeless = calibration.binary_temperature(logits, labels)
    flawless = calibration.binary_temperature(logits, (logits > 0).astype(np.float32))
    for temperature in (hopeless, flawless):
        (finding,) = calibration.bound_findings(temperature)
        assert (finding.code, finding.severity) == (Code.CALIBRATION_AT_BOUND, Severity.WARNING)
        assert f"temperature {temperature:.3g}" in finding.text
    assert hopeless == pytest.approx(10, rel=1e-3)
    assert flawless == pytest.approx(0.1, rel=1e-3)
    for temperature in (0.102, 1.0, 9.8):
        assert calibration.bound_findings(temperature) == []


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("sharpness", [1.0, 4.0])
def test_the_threshold_is_the_best_of_those_that_hold_the_rate(rate: float, sharpness: float) -> None:
    rng = np.random.default_rng(4)
    logits = rng.normal(-2, sharpness, 500).round(1)  # with ties
    posterior = (1 / (1 + np.exp(-logits))).astype(np.float32)
    labels = (rng.random(500) < posterior).astype(np.float32) * rng.choice([0.5, 1.0], 500).astype(np.float32)
    best, expected = 0.0, 1.0
    for cutoff in np.unique(posterior):
        called = posterior >= cutoff
        true = float(labels[called].sum())
        f1 = 2 * true / (called.sum() + float(labels.sum()))
        if 1 - true / called.sum() <= rate and f1 > best:
            best, expected = f1, float(cutoff)
    assert calibration.threshold(posterior, labels, rate) == expected


def test_a_sure_network_does_not_call_what_is_hardly_likely() -> None:
    posterior = np.repeat(np.array([1.0, 0.05, 0.0], dtype=np.float32), [100, 10, 1000])
    labels = np.repeat(np.array([1.0, 0.0, 0.0], dtype=np.float32), [100, 10, 1000])
    assert calibration.threshold(posterior, labels, 0.15) == 1.0, "the ten would hold the rate"


@pytest.mark.parametrize("number", [0, 3])
def test_no_threshold_is_told_of_no_ghost(number: int) -> None:
    nothing = np.zeros(number, np.float32)
    assert calibration.threshold(nothing, nothing, 0.15) == 1.0
