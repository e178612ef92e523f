"""The guard: inputs beyond training are told, and the answer does not fall where more was declared to be no safer."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import skops.io
from conftest import a_tiny_hazard
from scipy.special import expit

from features.ahead import TotalAhead
from features.past import MeanOver
from models.digest import digest
from models.exceedance import Exceedance
from models.forecaster import ALLOWED_TYPES
from models.guard import Guarded, Outside
from models.logistic import Logistic

Floats = npt.NDArray[np.float64]
CUTS = (0.0,)
NAN = float("nan")


class Hill(Exceedance):
    """Log-odds 4 - (rain - 10)² / 100 - drought²: it falls again beyond 10 mm of rain, as no nature does."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 0) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        """It knows."""

    def _predict(self, X: pd.DataFrame) -> Floats:
        return np.asarray(expit(4 - self._rain(X) - X["drought"].to_numpy() ** 2)[:, None])

    def _contributions(self, X: pd.DataFrame) -> Floats:
        return np.stack([-self._rain(X), -(X["drought"].to_numpy() ** 2), 0 * self._rain(X)], axis=-1)[:, None, :]

    def _rain(self, X: pd.DataFrame) -> Floats:
        return np.asarray((X["rain"].fillna(0) - 10) ** 2 / 100)


def rows(*values: tuple[float, float, float]) -> pd.DataFrame:
    times = pd.date_range("2020-01-01", periods=len(values), freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["a"], [1]], names=["issue_time", "site", "period"])
    return pd.DataFrame(list(values), index, ["rain", "drought", "never_known"])


def guarded(**stated: tuple[str, ...]) -> Guarded:
    """Fitted on rain of 0 to 20 mm and drought of -1 to 1."""
    seen = rows((0.0, 1.0, NAN), (20.0, -1.0, NAN), (NAN, 0.0, NAN))
    fitted: Guarded = Guarded(CUTS, member=Hill(), **stated).fit(seen, [-1.0, 1.0, 1.0])
    return fitted


def test_an_input_beyond_training_is_told_with_its_range() -> None:
    told = guarded().outside(rows((20.5, 0.0, NAN), (20.0, -1.0, NAN), (-3.0, 2.0, NAN), (NAN, 0.0, 7.0)))
    assert told == [
        [Outside("rain", 20.5, 0.0, 20.0)],
        [],
        [Outside("rain", -3.0, 0.0, 20.0), Outside("drought", 2.0, -1.0, 1.0)],
        [],
    ]


def test_beyond_training_more_rain_never_lowers_the_risk() -> None:
    asked = rows((20.0, 0.0, NAN), (30.0, 0.0, NAN), (90.0, 0.0, NAN))
    free, held = guarded().predict_exceedance(asked), guarded(rising=("rain",)).predict_exceedance(asked)
    assert (np.diff(free[:, 0]) < 0).all()
    np.testing.assert_allclose(held[:, 0], expit(4 - 1))  # (20 - 10)² / 100 = 1 is the answer at the most rain seen
    probabilities, raised = guarded(rising=("rain",)).answered(asked)
    np.testing.assert_array_equal(probabilities, held)
    assert raised[:, 0].tolist() == [False, True, True]


def test_within_training_the_answer_is_that_of_the_member() -> None:
    asked = rows((15.0, 0.5, NAN), (NAN, 0.5, NAN), (-5.0, 0.0, NAN))
    np.testing.assert_array_equal(
        guarded(rising=("rain",)).predict_exceedance(asked), guarded().predict_exceedance(asked)
    )


def test_below_training_less_of_what_lowers_the_risk_is_never_safer() -> None:
    asked = rows((10.0, -3.0, NAN), (10.0, 3.0, NAN))
    held, raised = guarded(falling=("drought",)).answered(asked)
    np.testing.assert_allclose(held[:, 0], [expit(4 - 1), expit(4 - 9)])
    assert raised[:, 0].tolist() == [True, False]


def test_an_answer_that_rises_by_itself_is_no_floor() -> None:
    seen = rows((0.0, 1.0, NAN), (9.0, -1.0, NAN))
    fitted = Guarded(CUTS, member=Hill(), rising=("rain",)).fit(seen, [-1.0, 1.0])
    probabilities, raised = fitted.answered(rows((10.0, 0.0, NAN)))
    assert probabilities[0, 0] == pytest.approx(expit(4))
    assert not raised.any()


def test_a_floor_is_explained_by_the_input_that_it_stands_for() -> None:
    told = guarded(rising=("rain",)).contributions(rows((30.0, 0.5, NAN), (15.0, 0.5, NAN)))
    np.testing.assert_allclose(told[:, 0], [[-1, -0.25, 0], [-0.25, -0.25, 0]])


def test_a_guard_at_rest_is_the_same() -> None:
    X = rows(*((float(k), k % 3 - 1.0, NAN) for k in range(80)))
    fitted = Guarded(CUTS, member=Logistic(), rising=("rain",)).fit(X, np.where(X["rain"] > 40, 1.0, -1.0))
    loaded = skops.io.loads(skops.io.dumps(fitted), trusted=ALLOWED_TYPES)
    assert digest(loaded) == digest(fitted)
    assert loaded.outside(X.assign(rain=99.0))[0] == [Outside("rain", 99.0, 0.0, 79.0)]


def test_a_hazard_declares_what_never_lowers_its_risk() -> None:
    hazard = a_tiny_hazard(rising=(TotalAhead("rain"),))
    assert hazard.estimator().get_params()["rising"] == ("total_ahead(rain)",)
    assert hazard.fingerprint != a_tiny_hazard().fingerprint
    with pytest.raises(ValueError, match=r"mean_over\(rain, days=99\) rises or falls, and is not among its features"):
        replace(hazard, falling=(MeanOver("rain", days=99),))
