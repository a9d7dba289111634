"""Verdicts on learning curves, on curves that are plainly of one kind."""

import numpy as np
import pandas as pd
import pytest

from introghost.findings import Severity
from introghost.inference.learning import Fit, findings, of_curve


def curve(training: list[float], validation: list[float]) -> pd.DataFrame:
    columns = {"epoch": range(1, len(training) + 1), "training_loss": training, "validation_loss": validation}
    return pd.DataFrame(columns)


def test_a_loss_that_still_falls_is_underfit_whatever_the_gap() -> None:
    falling = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    verdict = of_curve(curve([loss - 0.3 for loss in falling], falling))
    assert verdict is not None
    assert (verdict.fit, verdict.epochs, verdict.best_epoch) == (Fit.UNDERFIT, 8, 8)
    assert verdict.late_fall == pytest.approx(0.2 / 0.7)
    assert "29 % of the fall" in str(verdict)


def test_a_validation_loss_far_above_the_training_loss_is_overfit() -> None:
    verdict = of_curve(curve([2.0, 1.2, 0.8, 0.5, 0.3, 0.2, 0.1, 0.05], [2.0, 1.5, 1.2, 1.0, 1.05, 1.1, 1.2, 1.3]))
    assert verdict is not None
    assert (verdict.fit, verdict.best_epoch, verdict.late_fall) == (Fit.OVERFIT, 4, 0.0)
    assert verdict.gap == pytest.approx(0.5)
    assert "epoch, 4 of 8, the validation loss lies above the training loss by 50 % of its fall" in str(verdict)


def test_a_flat_loss_near_the_training_loss_is_saturated() -> None:
    verdict = of_curve(
        curve([2.0, 1.2, 1.0, 0.99, 0.98, 0.98, 0.98, 0.98], [2.0, 1.3, 1.05, 1.01, 1.0, 1.0, 1.0, 1.01])
    )
    assert verdict is not None
    assert verdict.fit is Fit.SATURATED


def test_losses_below_zero_are_judged_by_how_far_they_fell() -> None:
    """A density's negative logarithm has no natural zero: a shift changes nothing."""
    training, validation = [2.0, 1.2, 0.8, 0.5, 0.4], [2.0, 1.5, 1.2, 1.0, 1.05]
    plain = of_curve(curve(training, validation))
    shifted = of_curve(curve([loss - 7 for loss in training], [loss - 7 for loss in validation]))
    assert plain is not None
    assert shifted is not None
    assert (plain.fit, plain.gap, plain.late_fall) == (
        shifted.fit, pytest.approx(shifted.gap), pytest.approx(shifted.late_fall),
    )  # fmt: skip


def test_what_could_be_learnt_is_a_remark() -> None:
    falling = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    (finding,) = findings(curve(falling, falling))
    assert (str(finding.code), finding.severity) == ("underfit", Severity.REMARK)
    (finding,) = findings(curve([2.0, 1.2, 0.8, 0.5, 0.3, 0.2], [2.0, 1.5, 1.2, 1.0, 1.05, 1.1]))
    assert str(finding.code) == "overfit"
    flat = [2.0, 1.3, 1.05, 1.01, 1.0, 1.0, 1.0, 1.01]
    assert findings(curve(flat, flat)) == []


@pytest.mark.parametrize("column", ["training_loss", "validation_loss"])
def test_nothing_is_said_where_a_loss_is_not_finite(column: str) -> None:
    losses = [2.0, 1.6, 1.4, 1.3, 1.2]
    broken = curve(losses, losses)
    assert of_curve(broken) is not None
    broken.loc[4, column] = np.nan
    assert of_curve(broken) is None


@pytest.mark.parametrize("validation", [[1.0, 0.5, 0.4], [1.0, 1.0, 1.0, 1.0], [1.0, 1.2, 1.1, 1.3], [np.nan] * 4])
def test_nothing_is_said_of_few_epochs_or_of_a_loss_that_never_fell(validation: list[float]) -> None:
    assert of_curve(curve([0.5] * len(validation), validation)) is None
