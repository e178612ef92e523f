"""The exam: past questions with their rows and answers, sat again before a forecaster is served."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from models.exceedance import Exceedance, Floats
from models.hazard import Hazard
from models.quantiles import LEVELS
from models.spread import Spread

QUESTIONS = 20
TOLERANCE = 1e-6  # float32 sums inside xgboost differ by this much between processors


class ExamError(HaidangError):
    """A forecaster does not answer as it did when it was fitted."""


@dataclass(frozen=True)
class Exam:
    """Past questions.

    Attributes:
        rows: rows of `ask`, index (issue_time, site, period).
        answers: the probabilities that were given, one column per cut, and quantiles if any, same index.
    """

    rows: pd.DataFrame
    answers: pd.DataFrame

    def sit(self, estimator: Exceedance) -> None:
        """Asks the estimator the stored rows.

        Raises:
            ExamError: if an answer differs from the stored one.
        """
        given, stored = answers_of(estimator, self.rows), self.answers.to_numpy()
        off = (np.abs(given - stored) / np.maximum(np.abs(stored), 1.0)).max()
        if not off <= TOLERANCE:
            raise ExamError(f"an answer differs from the one given at fit time by {off:.2g}: the model was changed")

    def sit_from_archive(self, hazard: Hazard, archive: Archive) -> None:
        """Builds the rows anew from the archive, as it was when the forecaster was fitted.

        Raises:
            ExamError: if a feature differs from the stored one.
        """
        times = pd.DatetimeIndex(self.rows.index.get_level_values("issue_time"))
        asked = hazard.ask(archive, times).loc[self.rows.index]
        differs = ~((asked == self.rows) | (asked.isna() & self.rows.isna())).all()
        if differs.any():
            changed = ", ".join(map(str, asked.columns[differs.to_numpy()]))
            raise ExamError(f"features are made otherwise than at fit time: {changed}; fit the forecaster anew")


def answers_of(estimator: Exceedance, rows: pd.DataFrame) -> Floats:
    """All that an estimator says: probabilities, and the quantiles of an amount, side by side."""
    probabilities = estimator.predict_exceedance(rows)
    if not isinstance(estimator, Spread):
        return probabilities
    return np.hstack([probabilities, estimator.told(rows, probabilities)[0]])


def set_exam(rows: pd.DataFrame, estimator: Exceedance) -> Exam:
    """Chooses questions from the lowest to the highest risk and stores the answers.

    Args:
        rows: rows of `ask` to choose from; at least one.
        estimator: a fitted estimator.
    """
    given = answers_of(estimator, rows)
    levels = [f"quantile {level}" for level in LEVELS] if isinstance(estimator, Spread) else []
    answers = pd.DataFrame(given, rows.index, [*(str(cut) for cut in estimator.cuts), *levels])
    by_risk = np.argsort(answers.iloc[:, 0].to_numpy(), kind="stable")
    chosen = np.unique(by_risk[np.linspace(0, len(rows) - 1, min(QUESTIONS, len(rows))).astype(int)])
    return Exam(rows.iloc[chosen], answers.iloc[chosen])
