"""The ladder of fallbacks: who answers when a source is silent, and that nothing that is missing stops a forecast."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import skops.io
from conftest import a_tiny_hazard
from sklearn.base import clone

from features.archive import Archive
from models.baselines import Climatology
from models.digest import digest
from models.exceedance import Exceedance
from models.forecaster import ALLOWED_TYPES, Forecaster
from models.ladder import STEPS, Ladder
from models.logistic import Logistic

Floats = npt.NDArray[np.float64]
CUTS = (0.0, 1.0)
NAN = float("nan")


def questions(days: int = 500, *, seed: int = 0) -> pd.DataFrame:
    """Rain ahead, cases and warmth, standard normal, at two sites; the season is the same all the time."""
    times = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["a", "b"], [1]], names=["issue_time", "site", "period"])
    values = np.random.default_rng(seed).standard_normal((len(index), 3))
    return pd.DataFrame(values, index, ["ahead", "cases", "warmth"]).assign(season_harmonic=1.0)


def came(X: pd.DataFrame, *, seed: int = 1) -> Floats:
    """Outcomes that all three features move: by 2, by 1 and by 1."""
    noise = np.random.default_rng(seed).logistic(size=len(X))
    return np.asarray(2 * X["ahead"].fillna(0) + X["cases"].fillna(0) + X["warmth"].fillna(0) + noise)


def ladder(**stated: object) -> Ladder:
    sorted_out = {"forecasts": ("ahead",), "surveillance": ("cases",), "archived": ("ahead", "cases", "warmth")}
    return Ladder(CUTS, **({"full": Logistic()} | sorted_out | stated))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def fitted() -> Ladder:
    X = questions()
    return ladder().fit(X, came(X))


SILENT = {
    "full": (),
    "no_forecast_weather": ("ahead",),
    "no_surveillance": ("cases",),
    "climatology": ("ahead", "cases", "warmth"),
}


def without(X: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    return X.assign(**dict.fromkeys(columns, NAN))


def test_there_are_four_steps() -> None:
    assert tuple(SILENT) == STEPS


@pytest.mark.parametrize("step", SILENT)
def test_a_step_is_taken_where_its_source_is_silent(fitted: Ladder, step: str) -> None:
    assert set(fitted.steps(without(questions(10), SILENT[step]))) == {step}


def test_each_row_takes_a_step_by_itself(fitted: Ladder) -> None:
    X = questions(3)
    X.iloc[1, :1], X.iloc[2, 1:2], X.iloc[3, :3], X.iloc[4, 2] = NAN, NAN, NAN, NAN
    assert list(fitted.steps(X)) == ["full", "no_forecast_weather", "no_surveillance", "climatology", "full", "full"]
    alone = np.vstack([fitted.predict_exceedance(X.iloc[[row]]) for row in range(6)])
    np.testing.assert_allclose(fitted.predict_exceedance(X), alone, rtol=1e-12)


def test_where_surveillance_and_forecasts_are_both_silent_the_rest_still_counts(fitted: Ladder) -> None:
    X = without(questions(10), ("ahead", "cases"))
    assert set(fitted.steps(X)) == {"no_surveillance"}
    warm, cool = (fitted.predict_exceedance(X.assign(warmth=value))[0, 0] for value in (2.0, -2.0))
    assert warm > cool + 0.2


def test_where_nothing_is_known_the_answer_is_that_of_the_climatology(fitted: Ladder) -> None:
    past = questions()
    X = without(questions(10, seed=5), SILENT["climatology"])
    climate = Climatology(CUTS).fit(past, came(past))
    np.testing.assert_array_equal(fitted.predict_exceedance(X), climate.predict_exceedance(X))


def test_the_full_step_is_the_model_itself(fitted: Ladder) -> None:
    past, X = questions(), questions(10, seed=5)
    np.testing.assert_array_equal(
        fitted.predict_exceedance(X), Logistic(CUTS, min_events=20).fit(past, came(past)).predict_exceedance(X)
    )


class Trusting(Logistic):
    """Takes rain that is not known for no rain at all, as a careless model would."""

    def _prepared(self, X: pd.DataFrame) -> Floats:
        return super()._prepared(X.assign(ahead=X["ahead"].fillna(-3.0)))


def nats(estimator: Exceedance, X: pd.DataFrame, y: Floats) -> float:
    p = estimator.predict_exceedance(X)[:, 0]
    return float(-np.where(y >= CUTS[0], np.log(p), np.log(1 - p)).mean())


def test_a_silent_source_costs_less_on_the_ladder_than_read_as_a_value() -> None:
    past, new = questions(), without(questions(seed=5), ("ahead",))
    y = came(questions(seed=5), seed=6)
    whole = ladder(full=Trusting()).fit(past, came(past))
    climate = Climatology(CUTS).fit(past, came(past))
    assert whole.lower_["no_forecast_weather"] is not None
    assert nats(whole, new, y) < nats(climate, new, y) < nats(whole.full_, new, y)


def test_a_model_that_does_not_need_the_source_answers_itself() -> None:
    X = questions()
    y = X["cases"].to_numpy() * 6  # told by the cases alone, which a few shallow trees follow only in steps
    whole = ladder(full=Logistic(C=100.0)).fit(X, y)
    assert whole.lower_["no_forecast_weather"] is None
    gone = without(X, ("ahead",))
    assert set(whole.steps(gone)) == {"no_forecast_weather"}
    np.testing.assert_array_equal(whole.predict_exceedance(gone), whole.full_.predict_exceedance(gone))


def test_a_source_that_was_never_known_is_not_missed() -> None:
    X = without(questions(), ("cases",))
    whole = ladder().fit(X, came(X))
    assert set(whole.lower_) == {"no_forecast_weather"}
    assert set(whole.steps(X)) == {"full"}


def test_a_source_is_not_missed_in_a_period_of_which_it_never_tells() -> None:
    near = questions()
    far = near.rename(index={1: 2}, level="period").assign(ahead=NAN)
    whole = ladder().fit(pd.concat([near, far]), np.concatenate([came(near), came(far)]))
    assert set(whole.steps(far)) == {"full"}
    assert set(whole.steps(without(near, ("ahead",)))) == {"no_forecast_weather"}
    np.testing.assert_array_equal(whole.predict_exceedance(far), whole.full_.predict_exceedance(far))


def test_the_lower_steps_keep_the_declared_direction() -> None:
    X = questions()
    y = -came(X)  # the more it rains the better, against what is declared
    whole = ladder(full=Climatology(), rising=("ahead",)).fit(X, y)
    wet, dry = (whole.predict_exceedance(without(X, ("cases",)).assign(ahead=value)) for value in (3.0, -3.0))
    assert (wet >= dry - 1e-6).all()


def test_the_lower_steps_learn_from_issue_times_evenly_apart() -> None:
    X = questions(300)
    y = came(X)
    trees = ladder(full=Climatology(), rows=200).fit(X, y).lower_["no_surveillance"]
    assert trees is not None
    of_every_third_day = np.repeat(np.arange(300) % 3 == 0, 2)
    assert trees.class_means_[0] == pytest.approx(y[of_every_third_day & (y < CUTS[0])].mean())


def test_a_ladder_at_rest_is_the_same(fitted: Ladder) -> None:
    loaded = skops.io.loads(skops.io.dumps(fitted), trusted=ALLOWED_TYPES)
    assert digest(loaded) == digest(fitted)
    assert not hasattr(clone(fitted), "full_")


def test_no_input_removed_makes_a_forecast_fail(tiny_forecaster: Forecaster, tiny_archive: Archive) -> None:
    hazard = tiny_forecaster.hazard
    rows = hazard.ask(tiny_archive, tiny_forecaster.exam.rows.index.unique("issue_time"))
    read = [feature.name for feature in hazard.features if feature.variables]
    for gone in (*([name] for name in read), read[:2], read[1:], read):
        answer = tiny_forecaster.answer(rows.assign(**dict.fromkeys(gone, NAN))).to_numpy()
        assert ((answer > 0) & (answer < 1)).all()
        assert (np.diff(answer, axis=1) <= 0).all()


def test_a_hazard_sorts_its_features_for_the_ladder() -> None:
    told = a_tiny_hazard().estimator().get_params()
    assert told["member__forecasts"] == ("total_ahead(rain)",)
    assert told["member__surveillance"] == ()
    assert len(told["member__archived"]) == 4
