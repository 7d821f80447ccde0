"""Learning the weights of a score, and saying how good it is on users it has never seen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Code, refuse
from warehouse.training.rows import TrainingSet
from warehouse.training.scores import Score

if TYPE_CHECKING:
    from datetime import datetime

SEED = 7
DECIMALS = 3
_BANDS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 1.0)
_FEWEST = {"fit": 100, "calibrate": 30, "test": 30}
"""How many users it must have come true for in each slice."""


class Band(NamedTuple):
    """Users of the later slice whose score lies in [low, high): foretold against what came."""

    low: float
    high: float
    users: int
    foretold: float | None
    came_true: float | None


class Metrics(NamedTuple):
    """How good a score is on the latest moments, which it did not learn from."""

    rows: int
    """Users times moments of all slices."""
    positives: int
    test_rows: int
    test_positives: int
    base_rate: float
    auc: float
    brier: float
    brier_of_base_rate: float
    """What always saying the base rate would give: a useful score is below it."""
    log_loss: float
    calibration: tuple[Band, ...]


class Fitted(NamedTuple):
    """The weights as they are shipped, rounded, and what they are worth."""

    intercept: float
    weights: dict[str, float]
    metrics: Metrics
    trained_with: str
    """The library that learnt them, with its version."""


def fit(data: TrainingSet, score: Score) -> Fitted:
    """A logistic regression on the earliest moments, calibrated (Platt) on later ones, measured
    on the latest.

    Refuses with TOO_LITTLE_DATA when it came true for too few. The same set gives the same
    weights: nothing is drawn at random, and the solver runs until it stands still.
    """
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression

    names = [term.name for term in score.terms]
    inputs = np.column_stack([data.columns[name] for name in names]).astype(float)
    label = np.asarray(data.columns["label"])
    masks = _masks(data)
    _check_enough(label, masks, score)
    learn = masks["fit"]
    model = LogisticRegression(solver="newton-cholesky", tol=1e-10, random_state=SEED)
    model.fit(inputs[learn], label[learn])
    later = masks["calibrate"]
    raw = model.decision_function(inputs[later]).reshape(-1, 1)
    platt = LogisticRegression(solver="newton-cholesky", C=1e6, tol=1e-10, random_state=SEED)
    platt.fit(raw, label[later])
    # Platt's slope and intercept go into the weights: the score stays one plain sum.
    slope, offset = float(platt.coef_[0][0]), float(platt.intercept_[0])
    weights = {
        name: round(slope * float(weight), DECIMALS)
        for name, weight in zip(names, model.coef_[0], strict=True)
    }
    intercept = round(slope * float(model.intercept_[0]) + offset, DECIMALS)
    summed = intercept + inputs @ np.array([weights[name] for name in names])
    metrics = _metrics(label, 1.0 / (1.0 + np.exp(-summed)), masks["test"])
    return Fitted(intercept, weights, metrics, f"scikit-learn {sklearn.__version__}")


def _masks(data: TrainingSet) -> dict[str, Any]:
    import numpy as np

    def of(moments: tuple[datetime, ...]) -> Any:
        return np.isin(data.columns["at"], np.array(moments, dtype="datetime64[us]"))

    return {name: of(moments) for name, moments in data.slices._asdict().items()}


def _check_enough(label: Any, masks: dict[str, Any], score: Score) -> None:
    for name, fewest in _FEWEST.items():
        found = int(label[masks[name]].sum())
        if found < fewest:
            raise refuse(
                Code.TOO_LITTLE_DATA,
                f"{score.name} cannot be trained: it came true {found:,} times where at least "
                f"{fewest:,} are needed to {name}.",
                span=score.name,
                fix="Wait until there is more data; the score that is live stays as it is.",
            )


def _metrics(label: Any, foretold: Any, test: Any) -> Metrics:
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

    truth, said = label[test], foretold[test]
    base = float(truth.mean())
    return Metrics(
        rows=len(label),
        positives=int(label.sum()),
        test_rows=len(truth),
        test_positives=int(truth.sum()),
        base_rate=round(base, 4),
        auc=round(float(roc_auc_score(truth, said)), 4),
        brier=round(float(brier_score_loss(truth, said)), 5),
        brier_of_base_rate=round(base * (1.0 - base), 5),
        log_loss=round(float(log_loss(truth, said)), 5),
        calibration=tuple(_band(truth, said, low, high) for low, high in pairwise(_BANDS)),
    )


def _band(truth: Any, said: Any, low: float, high: float) -> Band:
    inside = (said >= low) & (said < high)
    users = int(inside.sum())
    if users == 0:
        return Band(low, high, 0, None, None)
    means = float(said[inside].mean()), float(truth[inside].mean())
    return Band(low, high, users, round(means[0], 4), round(means[1], 4))
