"""What a learning curve says: whether a network could learn more from longer training, or from more genomes."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from introghost.findings import Code, Finding, Severity

COLUMNS = ("epoch", "training_loss", "validation_loss")
LEAST_EPOCHS = 4
STILL_FALLING, WIDE_GAP = 0.1, 0.25  # shares of the whole fall of the validation loss
_LAST_PART = 0.25  # of the epochs


class Fit(StrEnum):
    """How a training ended."""

    UNDERFIT = "underfit"
    OVERFIT = "overfit"
    SATURATED = "saturated"


@dataclass(frozen=True)
class Learning:
    """A verdict on a training, with the numbers behind it.

    Attributes
    ----------
    fit : Fit
        Underfit where the validation loss still fell at the end; otherwise overfit where it lies far above the training
        loss; otherwise saturated.
    epochs, best_epoch : int
        All, and the one of the lowest validation loss, whose weights are kept.
    late_fall : float
        Share of the fall of the validation loss that came in the last quarter of the epochs.
    gap : float
        How far the validation loss lies above the training loss at the best epoch, as a share of the same fall;
        negative where dropout makes training the harder task.

    Examples
    --------
    >>> curve = pd.DataFrame({"epoch": [1, 2, 3, 4], "training_loss": [2.0, 1.6, 1.4, 1.3],
    ...                       "validation_loss": [2.0, 1.7, 1.5, 1.4]})
    >>> print(of_curve(curve))
    underfit: 17 % of the fall of the validation loss came in the last quarter of 4 epochs; train longer
    """

    fit: Fit
    epochs: int
    best_epoch: int
    late_fall: float
    gap: float

    def __str__(self) -> str:
        if self.fit is Fit.UNDERFIT:
            late = f"{100 * self.late_fall:.0f} % of the fall of the validation loss"
            return f"{self.fit}: {late} came in the last quarter of {self.epochs} epochs; train longer"
        at_best = f"at the best epoch, {self.best_epoch} of {self.epochs}, the validation loss lies"
        if self.fit is Fit.OVERFIT:
            gap = f"{100 * self.gap:.0f} % of its fall"
            return f"{self.fit}: {at_best} above the training loss by {gap}; simulate more genomes"
        most = f"{100 * WIDE_GAP:.0f} % of its fall"
        return f"{self.fit}: {at_best} at most {most} above the training loss, and it hardly falls any more"


def of_curve(curve: pd.DataFrame) -> Learning | None:
    """The verdict on a learning curve.

    Parameters
    ----------
    curve : DataFrame
        Columns epoch, training_loss (mean over an epoch), validation_loss (after it); rows by epoch.

    Returns
    -------
    Learning or None
        None of fewer than `LEAST_EPOCHS` epochs, where a loss is not finite, and where the validation loss never fell
        below that of the first epoch.
    """
    validation, epochs = curve["validation_loss"], len(curve)
    if epochs < LEAST_EPOCHS or not np.isfinite(curve[["training_loss", "validation_loss"]].to_numpy(np.float64)).all():
        return None
    best = int(validation.to_numpy().argmin())
    lowest, fall = float(validation.iloc[best]), float(validation.iloc[0] - validation.iloc[best])
    if not fall > 0:
        return None
    before_last_part = float(validation.iloc[: epochs - max(1, round(_LAST_PART * epochs))].min())
    late_fall = max(before_last_part - lowest, 0.0) / fall
    gap = (lowest - float(curve["training_loss"].iloc[best])) / fall
    fit = Fit.UNDERFIT if late_fall > STILL_FALLING else Fit.OVERFIT if gap > WIDE_GAP else Fit.SATURATED
    return Learning(fit, epochs, best + 1, late_fall, gap)


def findings(curve: pd.DataFrame) -> list[Finding]:
    """That a network could have learnt more, from longer training or from more genomes; at most one finding."""
    learning = of_curve(curve)
    if learning is None or learning.fit is Fit.SATURATED:
        return []
    code = Code.UNDERFIT if learning.fit is Fit.UNDERFIT else Code.OVERFIT
    return [Finding(code, Severity.REMARK, f"the network is {learning}")]
