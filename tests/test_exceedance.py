"""Estimators of exceedance probabilities, on synthetic questions whose true probability is known."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from models.baselines import Climatology, Persistence
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.exceedance import Exceedance, events_at
from models.logistic import Logistic, Taming

Floats = npt.NDArray[np.float64]
CUTS = (0.0, 1.5)
SITES = ("a", "b", "c", "d")


def index(days: int, *, periods: int = 2) -> pd.MultiIndex:
    times = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    return pd.MultiIndex.from_product([times, SITES, range(1, periods + 1)], names=["issue_time", "site", "period"])


def questions(days: int, *, seed: int = 0, periods: int = 2) -> pd.DataFrame:
    """Two features of standard normal numbers, of which only "signal" matters."""
    asked = index(days, periods=periods)
    values = np.random.default_rng(seed).standard_normal((len(asked), 2))
    return pd.DataFrame(values, asked, ["signal", "noise"])


def came(score: Floats, *, seed: int = 1) -> Floats:
    """Outcomes with `P(outcome >= cut) = expit(score - cut)`: the score and logistic noise."""
    return score + np.random.default_rng(seed).logistic(size=len(score))


def truth(score: Floats, cuts: tuple[float, ...] = CUTS) -> Floats:
    return expit(score[:, None] - np.asarray(cuts))


def signal(X: pd.DataFrame) -> Floats:
    return X["signal"].to_numpy()


def period(X: pd.DataFrame) -> npt.NDArray[np.int64]:
    return X.index.get_level_values("period").to_numpy()


def off(estimator: Exceedance, X: pd.DataFrame, score: Floats) -> float:
    """Mean distance from the true probability."""
    return float(np.abs(estimator.predict_exceedance(X) - truth(score)).mean())


ALL: dict[str, Callable[[], Exceedance]] = {
    "logistic": Logistic,
    "boosted": lambda: Boosted(rounds=60, learning_rate=0.1),
    "boosted on a backbone": lambda: Boosted(backbone=Logistic(), rounds=10),
    "per period": lambda: PerPeriod(member=Logistic()),
    "blend": lambda: Blend(members=(Logistic(), Boosted(rounds=30)), folds=2),
}
every_estimator = pytest.mark.parametrize("make", ALL.values(), ids=ALL)


def fitted(estimator: Exceedance, X: pd.DataFrame, y: Floats, cuts: tuple[float, ...] = CUTS) -> Exceedance:
    return estimator.set_params(cuts=cuts).fit(X, y)


@every_estimator
def test_a_known_probability_is_recovered(make: Callable[[], Exceedance]) -> None:
    past, new = questions(500), questions(100, seed=5)
    estimator = fitted(make(), past, came(signal(past)))
    assert off(estimator, new, signal(new)) < 0.04


@every_estimator
def test_a_share_of_missing_values_does_not_stop_an_estimator(make: Callable[[], Exceedance]) -> None:
    past = questions(200)
    score = signal(past).copy()
    past.iloc[::3, 0] = np.nan
    past["never_known"] = np.nan
    past["always_one"] = 1.0
    given = fitted(make(), past, came(score)).predict_exceedance(past)
    assert np.isfinite(given).all()


@every_estimator
def test_columns_in_another_order_are_refused(make: Callable[[], Exceedance]) -> None:
    past = questions(60)
    estimator = fitted(make(), past, came(signal(past)))
    with pytest.raises(
        ValueError, match=r"fitted on the columns \['signal', 'noise'\], asked with \['noise', 'signal'"
    ):
        estimator.predict_exceedance(past[["noise", "signal"]])


@every_estimator
def test_a_clone_has_the_parameters_and_nothing_that_was_learned(make: Callable[[], Exceedance]) -> None:
    past = questions(60)
    estimator = fitted(make(), past, came(signal(past)))
    fresh = clone(estimator)
    assert str(fresh.get_params()) == str(clone(make()).set_params(cuts=CUTS).get_params())
    with pytest.raises(NotFittedError):
        fresh.predict_exceedance(past)


@every_estimator
def test_the_same_questions_teach_the_same(make: Callable[[], Exceedance]) -> None:
    past = questions(80)
    one, other = (fitted(make(), past, came(signal(past))).predict_exceedance(past) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@every_estimator
def test_fitting_does_not_touch_the_estimators_it_was_given(make: Callable[[], Exceedance]) -> None:
    past = questions(60)
    estimator = make().set_params(cuts=CUTS)
    before = str(estimator.get_params())
    estimator.fit(past, came(signal(past)))
    assert str(estimator.get_params()) == before
    for member in getattr(estimator, "members", ()):
        assert not hasattr(member, "learned_")


@every_estimator
def test_no_question_gets_no_answer(make: Callable[[], Exceedance]) -> None:
    past = questions(60)
    assert fitted(make(), past, came(signal(past))).predict_exceedance(past.iloc[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    "y", [np.zeros(0), np.zeros(3), np.full(8, np.nan), np.full(8, np.inf)], ids=["none", "few", "nan", "infinite"]
)
def test_outcomes_that_do_not_fit_the_rows_are_refused(y: Floats) -> None:
    with pytest.raises(ValueError, match=f"8 rows and {len(y)} outcomes: give one finite outcome to each row"):
        Logistic(CUTS).fit(questions(1), y)


def test_an_estimator_without_cuts_is_refused() -> None:
    with pytest.raises(ValueError, match="knows no cuts"):
        Logistic().fit(questions(1), np.zeros(8))


def rare(n_high: int) -> tuple[pd.DataFrame, Floats]:
    """200 questions: 100 reach the cut 0, of which `n_high` reach the cut 5."""
    X = questions(25)
    by_signal = np.argsort(-signal(X))
    y = np.full(200, -1.0)
    y[by_signal[:100]] = 1.0
    y[by_signal[10 : 10 + n_high]] = 6.0
    return X, y


def test_a_cut_with_few_events_gets_the_share_of_the_next_lower_cuts_events_that_reach_it() -> None:
    X, y = rare(5)
    estimator = Logistic((0.0, 5.0)).fit(X, y)
    assert estimator.learned_.tolist() == [True, False]
    low, high = estimator.predict_exceedance(X).T
    np.testing.assert_allclose(high / low, (high / low)[0], rtol=1e-9)
    assert (high / low)[0] == pytest.approx(5 / 100, abs=0.006)  # half an event is added to each count


def test_several_rare_cuts_fall_off_one_after_the_other() -> None:
    X, y = rare(10)
    y[np.flatnonzero(y == 6.0)[:4]] = 20.0
    low, high, highest = Logistic((0.0, 5.0, 15.0)).fit(X, y).predict_exceedance(X).T
    assert (high / low)[0] == pytest.approx(10 / 100, abs=0.006)
    assert (highest / high)[0] == pytest.approx(4 / 10, abs=0.04)


def test_a_cut_that_was_never_reached_is_improbable_and_not_impossible() -> None:
    X, y = rare(0)
    high = Logistic((0.0, 5.0)).fit(X, y).predict_exceedance(X)[:, 1]
    assert (high > 0).all()
    assert high.max() < 1 / 100


def test_a_cut_that_is_nearly_always_reached_is_not_learned_either() -> None:
    X, y = rare(5)
    estimator = Logistic((-2.0, 0.0)).fit(X, y)
    assert estimator.learned_.tolist() == [False, True]
    low, high = estimator.predict_exceedance(X).T
    assert (low > 0.99).all()
    assert (high <= low).all()


def test_where_no_cut_can_be_learned_the_base_rates_answer() -> None:
    X = questions(5)
    y = np.where(np.arange(40) < 4, 1.0, -1.0)
    given = Logistic((0.0,)).fit(X, y).predict_exceedance(X)
    np.testing.assert_allclose(given, 4 / 40, atol=0.015)
    assert np.ptp(given) == 0


def test_the_expected_outcome_weighs_the_mean_of_each_class() -> None:
    # classes below 3, from 3 to 8, from 8: means 1, 5 and 10; probabilities 0.5, 0.3 and 0.2
    estimator = Logistic((3.0, 8.0)).fit(questions(1).iloc[:5], [0.0, 2.0, 4.0, 6.0, 10.0])
    assert estimator.expected(np.array([[0.5, 0.2]])).tolist() == pytest.approx([0.5 * 1 + 0.3 * 5 + 0.2 * 10])


def test_an_outcome_at_the_cut_reaches_it() -> None:
    assert events_at(np.array([9.9, 10.0, 30.0]), (10.0, 30.0)).tolist() == [
        [False, False], [True, False], [True, True],
    ]  # fmt: skip


def test_taming_is_linear_near_the_median_and_logarithmic_far_out() -> None:
    # median 0, interquartile range 2: arcsinh(x / 2); arcsinh(1) = ln(1 + sqrt 2)
    column = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    tamed = Taming().fit(column).transform(np.array([[0.0], [0.02], [2.0], [2e6], [np.nan]]))[:, 0]
    np.testing.assert_allclose(tamed[:4], [0, 0.01, np.log(1 + np.sqrt(2)), np.log(2e6)], rtol=1e-4)
    assert np.isnan(tamed[4])


def test_each_period_can_have_a_law_of_its_own() -> None:
    past, new = questions(500), questions(100, seed=5)
    scores = [np.where(period(X) == 1, 1, -1) * signal(X) for X in (past, new)]
    apart, together = PerPeriod(member=Logistic()), Logistic()
    assert off(fitted(apart, past, came(scores[0])), new, scores[1]) < 0.03
    assert off(fitted(together, past, came(scores[0])), new, scores[1]) > 0.1


@pytest.mark.parametrize(
    "estimator", [PerPeriod(member=Logistic()), Blend(members=(Logistic(),), folds=1)], ids=["per period", "blend"]
)
def test_a_period_that_was_never_learned_is_refused(estimator: Exceedance) -> None:
    past, new = questions(80, periods=3), questions(1, periods=4)
    known = past[period(past) != 2]
    fitted(clone(estimator), known, came(signal(known)))
    for unknown in (2, 4):
        with pytest.raises(ValueError, match=rf"\[1, 3\].*{unknown}"):
            fitted(clone(estimator), known, came(signal(known))).predict_exceedance(new[period(new) == unknown])


def seasons(days: int) -> tuple[pd.DataFrame, Floats]:
    """Six years of season and place: log-odds 1.5 at one end of the year to -1.5 at the other, and 1 for one site."""
    asked = index(days, periods=1)
    angle = 2 * np.pi * pd.DatetimeIndex(asked.get_level_values("issue_time")).day_of_year.to_numpy() / 365.25
    lately = np.random.default_rng(3).standard_normal(len(asked))
    columns = {"season_harmonic(sine)": np.sin(angle), "season_harmonic(cosine)": np.cos(angle), "lately": lately}
    score = 1.5 * np.cos(angle) + (asked.get_level_values("site") == "b").astype(float) - 0.5
    return pd.DataFrame(columns, asked), np.asarray(score)


def test_climatology_recovers_the_season_and_the_place() -> None:
    X, score = seasons(2200)
    assert off(fitted(Climatology(), X, came(score)), X, score) < 0.04


def test_climatology_does_not_see_what_was_observed_lately() -> None:
    X, score = seasons(400)
    estimator = fitted(Climatology(), X, came(score))
    np.testing.assert_array_equal(
        estimator.predict_exceedance(X), estimator.predict_exceedance(X.assign(lately=1000.0))
    )


def test_climatology_answers_for_a_site_that_it_never_saw() -> None:
    X, score = seasons(400)
    known = X.index.get_level_values("site") != "d"
    given = fitted(Climatology(), X[known], came(score[known])).predict_exceedance(X[~known])
    assert np.isfinite(given).all()


def test_persistence_trusts_what_is_the_case_now_less_and_less() -> None:
    X = questions(700)
    X["now"] = np.random.default_rng(4).exponential(2.0, len(X))
    fading = np.where(period(X) == 1, 2.0, 0.5)
    score = fading * np.log1p(X["now"].to_numpy()) - 1
    estimator = fitted(Persistence(column="now"), X, came(score))
    assert off(estimator, X, score) < 0.03
    np.testing.assert_array_equal(
        estimator.predict_exceedance(X), estimator.predict_exceedance(X.assign(signal=9.0, noise=-9.0))
    )


def test_persistence_answers_where_the_present_is_not_known() -> None:
    X = questions(100)
    estimator = fitted(Persistence(column="signal"), X, came(signal(X)))
    assert np.isfinite(estimator.predict_exceedance(X.assign(signal=np.nan))).all()


class Overconfident(Exceedance):
    """Knows the truth and says it three times too loudly, on the log-odds."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 20) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        pass

    def _predict(self, X: pd.DataFrame) -> Floats:
        return expit(3 * (signal(X)[:, None] - np.asarray(self.learned_cuts_)))


class Guessing(Overconfident):
    """Says at random what has nothing to do with the outcome."""

    def _predict(self, X: pd.DataFrame) -> Floats:
        noise = X["noise"].to_numpy()[:, None]
        return expit(np.repeat(noise, len(self.learned_cuts_), axis=1))


def test_a_blend_of_one_member_corrects_its_overconfidence() -> None:
    past, new = questions(700), questions(100, seed=5)
    y = came(signal(past))
    member, blend = (fitted(estimator, past, y) for estimator in (Overconfident(), Blend(members=(Overconfident(),))))
    np.testing.assert_allclose(blend.weights_, 1 / 3, atol=0.05)
    assert off(blend, new, signal(new)) < 0.02
    assert off(member, new, signal(new)) > 0.08


def test_a_blend_takes_the_weight_from_a_member_that_guesses() -> None:
    past = questions(700)
    blend = fitted(Blend(members=(Logistic(), Guessing())), past, came(signal(past)))
    assert (blend.weights_[:, 0] > 0.8).all()
    assert (blend.weights_[:, 1] < 0.1).all()
    assert (blend.weights_ >= 0).all()


LOG: list[tuple[str, pd.DatetimeIndex]] = []


class Spy(Overconfident):
    """Writes down the times that it learns from and is asked about."""

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        LOG.append(("learned", pd.DatetimeIndex(X.index.get_level_values("issue_time"))))

    def _predict(self, X: pd.DataFrame) -> Floats:
        LOG.append(("asked", pd.DatetimeIndex(X.index.get_level_values("issue_time"))))
        return super()._predict(X)


@pytest.mark.parametrize("gap_days", [0, 10])
def test_a_blend_never_learns_its_weights_on_times_that_its_members_had_seen(gap_days: int) -> None:
    X = questions(100)
    LOG.clear()
    fitted(Blend(members=(Spy(),), folds=3, gap_days=gap_days), X, came(signal(X)))
    *inner, (last, whole) = LOG
    assert [what for what, _ in inner] == ["learned", "asked"] * 3
    for (_, learned), (_, asked) in zip(inner[::2], inner[1::2], strict=True):
        assert asked.min() - learned.max() > pd.Timedelta(days=gap_days)
        assert asked.min() - learned.max() <= pd.Timedelta(days=gap_days + 1)
    asked_about = [asked for _, asked in inner[1::2]]
    assert all(one.max() < other.min() for one, other in zip(asked_about, asked_about[1:], strict=False))
    assert sum(map(len, asked_about)) == 3 / 4 * len(X)
    assert (last, len(whole)) == ("learned", len(X))


def test_a_blend_of_too_short_a_record_says_so() -> None:
    X = questions(12)
    with pytest.raises(ValueError, match="no row lies 30 days before .*: the blend needs a longer record"):
        fitted(Blend(members=(Logistic(),), gap_days=30), X, came(signal(X)))
