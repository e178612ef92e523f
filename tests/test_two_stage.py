"""Two stages: hindsight, the response, the integration over the driver, and the pool by shares."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import skops.io

from features.given import Lead
from models.baselines import Climatology
from models.forecaster import ALLOWED_TYPES
from models.hindsight import told_later
from models.logistic import Logistic
from models.normal_scores import NormalScores
from models.response import Response
from models.shares import SharedBlend
from models.two_stage import TwoStage

LEAD = Lead().name
FELL, WET, RAIN, WET_AHEAD, PLACE = "fell", "wet", "rain_ahead", "wet_ahead", "place"


def questions(days: int, sites: str = "ab", periods: int = 2) -> pd.DataFrame:
    """Rows of daily questions with lead and season; nothing else is known yet."""
    times = pd.date_range("2020-01-01", periods=days, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product(
        [times, list(sites), range(1, periods + 1)], names=["issue_time", "site", "period"]
    )
    period = index.get_level_values("period").to_numpy(float)
    angle = 2 * np.pi * (index.get_level_values("issue_time").dayofyear.to_numpy() + period) / 365.25
    season = {"season_harmonic(sine)": np.sin(angle), "season_harmonic(cosine)": np.cos(angle)}
    return pd.DataFrame({LEAD: period, **season}, index)


def weather(days: int, seed: int = 0) -> tuple[pd.DataFrame, npt.NDArray[np.float64]]:
    """Rain that falls on wet or dry ground, a forecast of it that errs, and events that follow the rain."""
    random = np.random.default_rng(seed)
    fell = np.exp(random.normal(1.0, 1.4, (days + 4, 2)))
    wet = random.uniform(0, 100, (days + 4, 2))
    X = questions(days)
    day = np.repeat(np.arange(days), 4)
    site, ahead = np.tile([0, 0, 1, 1], days), X[LEAD].to_numpy(int)
    of_day = fell[day + ahead + 1, site]
    X[FELL], X[WET] = fell[day, site], wet[day, site]  # the rain of the day before the issue day
    X[RAIN] = of_day * np.exp(random.normal(0, 0.3 * ahead))
    X[WET_AHEAD] = wet[day + ahead, site] + random.normal(0, 5.0, len(X))
    X[PLACE] = site.astype(float)
    rate = np.exp(-6.0 + 0.02 * wet[day + ahead, site]) * (1 + of_day / 10) ** 2.5
    slides = np.random.default_rng(seed + 1).random((days + 4, 2))[day + ahead + 1, site] < -np.expm1(-rate)
    return X, slides.astype(float)


def two_stage(**further: object) -> TwoStage:
    return TwoStage(
        (1.0,),
        law=NormalScores((2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0), scored=(RAIN,)),
        driver=FELL,
        ground=(WET,),
        foresight=(WET, WET_AHEAD),
        place=(PLACE,),
        **further,
    )


def response(offset: float, power: float, scale: float) -> Response:
    made = Response()
    made.offset_, made.power_, made.scale_, made.weights_ = offset, power, scale, np.zeros(1)
    return made


def integrated(of: Response, reached: list[float], log_rate: float) -> float:
    """Over amounts 10, 20 and 40, with the probabilities that they are reached."""
    law = NormalScores((10.0, 20.0, 40.0))
    member = TwoStage((1.0,), law=law, driver=FELL)
    member.law_ = law
    return float(member._integrated(of, np.array([log_rate]), np.array([reached]))[0])


def test_later_questions_tell_what_came_on_the_day_and_how_its_morning_was() -> None:
    X = questions(4, sites="a")
    X["told"] = np.repeat([10.0, 11.0, 12.0, 13.0], 2)  # one value for each issue day
    morning, after = told_later(X, ["told"], days=0)[:, 0], told_later(X, ["told"], days=1)[:, 0]
    np.testing.assert_array_equal(morning, [11, 12, 12, 13, 13, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(after, [12, 13, 13, np.nan, np.nan, np.nan, np.nan, np.nan])


def test_a_day_that_was_not_asked_about_is_not_told() -> None:
    X = questions(5, sites="a", periods=1).assign(told=1.0).drop(index=pd.Timestamp("2020-01-03", tz="UTC"))
    np.testing.assert_array_equal(told_later(X, ["told"], days=1)[:, 0], [np.nan, 1, np.nan, np.nan])


def test_a_response_that_does_not_hang_on_the_driver_is_the_probability() -> None:
    constant = np.log(-np.log(1 - 0.2))
    assert integrated(response(constant, 0.0, 10.0), [0.7, 0.3, 0.1], constant) == pytest.approx(0.2)


def test_a_driver_that_is_certain_gives_the_response_at_it() -> None:
    certain = response(np.log(0.01), 1.0, 10.0)
    rate = 0.01 * (1 + np.sqrt(20 * 40) / 10)  # between 20 and 40
    assert integrated(certain, [1.0, 1.0, 0.0], np.log(0.01)) == pytest.approx(1 - np.exp(-rate))


def test_half_and_half_gives_the_mean_of_both_responses() -> None:
    of = response(np.log(0.01), 1.0, 10.0)
    low, high = 1 - np.exp(-0.01 * 1.25), 1 - np.exp(-0.01 * 5.0)  # 2.5, a quarter of the least amount; and 40
    assert integrated(of, [0.5, 0.5, 0.5], np.log(0.01)) == pytest.approx((low + high) / 2)


def test_more_of_the_driver_never_lowers_the_risk() -> None:
    random, of = np.random.default_rng(1), response(np.log(0.001), 3.0, 10.0)
    for _ in range(50):
        low = np.sort(random.random(3))[::-1]
        high = low + (1 - low) * random.random(3)
        assert integrated(of, high.tolist(), np.log(0.001)) >= integrated(of, low.tolist(), np.log(0.001))


def test_the_response_finds_the_power_and_the_weight_that_made_the_events() -> None:
    random = np.random.default_rng(2)
    driver, state = np.exp(random.normal(2, 1, 200_000)), random.standard_normal(200_000)
    rate = np.exp(-6 + 0.5 * state) * (1 + driver / 20) ** 2
    fitted = Response(ridge=0.1).fit(np.column_stack([driver, state]), random.random(200_000) < 1 - np.exp(-rate))
    assert fitted.weights_[0] == pytest.approx(0.5, abs=0.1)
    added = fitted.of_driver(100.0) - fitted.of_driver(10.0)
    assert added == pytest.approx(2 * np.log(6 / 1.5), abs=0.25)


def test_what_was_learned_in_two_stages_is_kept_at_rest() -> None:
    X, slides = weather(900)
    fitted = two_stage().fit(X, slides)
    assert fitted.told_
    restored = skops.io.loads(skops.io.dumps(fitted), trusted=ALLOWED_TYPES)
    np.testing.assert_array_equal(restored.predict_exceedance(X), fitted.predict_exceedance(X))
    np.testing.assert_array_equal(restored.contributions(X[:9]), fitted.contributions(X[:9]))


def test_two_stages_are_calibrated_and_rise_with_the_rain_ahead() -> None:
    X, slides = weather(3000)
    fitted = two_stage().fit(X, slides)
    assert fitted.predict_exceedance(X).mean() == pytest.approx(slides.mean(), rel=0.15)
    given, wetter = fitted.predict_exceedance(X), fitted.predict_exceedance(X.assign(**{RAIN: 3 * X[RAIN]}))
    assert (wetter >= given).all()
    assert wetter.mean() > 1.5 * given.mean()


def test_rain_and_wet_ground_ahead_are_told_as_what_raises_the_risk() -> None:
    X, slides = weather(3000)
    fitted = two_stage().fit(X, slides)
    row = X.iloc[[7]]
    dry, wet = row.assign(**{RAIN: 0.5, WET_AHEAD: 5.0}), row.assign(**{RAIN: 90.0, WET_AHEAD: 95.0})
    columns = [list(X).index(RAIN), list(X).index(WET_AHEAD)]
    assert (fitted.contributions(dry)[0, 0, columns] < 0).all()
    assert (fitted.contributions(wet)[0, 0, columns] > 0).all()


def test_where_no_later_question_tells_only_the_base_rate_is_known() -> None:
    X, slides = weather(900)
    every_tenth = X.index.get_level_values("issue_time").dayofyear.to_numpy() % 10 == 0
    fitted = two_stage(min_events=5).fit(X[every_tenth], slides[every_tenth])
    events = slides[every_tenth].sum()
    np.testing.assert_allclose(fitted.predict_exceedance(X), (events + 0.5) / (every_tenth.sum() + 1))
    assert not fitted.contributions(X[:3]).any()


def test_inputs_that_are_missing_still_give_an_answer() -> None:
    X, slides = weather(900)
    asked = X[:4].assign(**{RAIN: np.nan, WET: np.nan, WET_AHEAD: np.nan})
    given = two_stage().fit(X, slides).predict_exceedance(asked)
    assert ((given > 0) & (given < 1)).all()


def test_a_pool_by_shares_sums_to_one_trusts_who_knows_and_adds_no_level() -> None:
    X, slides = weather(1500)
    members = (Climatology(), Logistic(columns=(RAIN, WET_AHEAD)))
    fitted = SharedBlend((1.0,), members=members, folds=1, ridge=1.0).fit(X, slides)
    np.testing.assert_allclose(fitted.weights_.sum(axis=1), 1.0)
    assert (fitted.weights_[:, 1] > 0.8).all()
    assert not fitted.offsets_.any()
