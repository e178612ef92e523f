"""Judging against the truth, in tiny worlds whose true probabilities are known."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import multivariate_normal, norm

from features.periods import Periods
from training.achievable import Achieved, Truth, judge, leak_alarms

Floats = npt.NDArray[np.float64]
PERIODS = Periods(days=3, count=2)
CUTS = np.array([0.8, 1.5])
KNOWN = np.array([0.64, 0.25])  # share of variance known at the issue time, by period
OBSERVABLE = 0.7  # part of it that can be observed; the rest is hidden state
LEADS_AND_CUTS = [(1, 0.8), (1, 1.5), (4, 0.8), (4, 1.5)]


@dataclass(frozen=True)
class World:
    """X = observable + hidden + surprise, of variance 1, by (issue_time, site, period); truth is P(X >= cut | known).

    All but the surprise has happened by the issue time.
    """

    observable: Floats
    hidden: Floats
    surprise: Floats

    @cached_property
    def index(self) -> pd.MultiIndex:
        days, sites, periods = self.surprise.shape
        times = pd.date_range("2020-01-01", periods=days, tz="UTC")
        names = ["issue_time", "site", "period"]
        return pd.MultiIndex.from_product([times, range(sites), range(1, periods + 1)], names=names)

    @cached_property
    def outcome(self) -> pd.Series:
        return pd.Series((self.observable + self.hidden + self.surprise).ravel(), self.index, name="outcome")

    @cached_property
    def truth(self) -> pd.DataFrame:
        return self.forecast()

    @cached_property
    def climatology(self) -> pd.DataFrame:
        return pd.DataFrame(np.tile(norm.sf(CUTS), (len(self.index), 1)), self.index, CUTS)

    def forecast(self, *, hidden: float = 1.0, surprise: float = 0.0) -> pd.DataFrame:
        """Probabilities of one who was also handed a part of the hidden state and of the surprise."""
        mean = self.observable + hidden * self.hidden + surprise * self.surprise
        left = 1 - KNOWN * (OBSERVABLE + (1 - OBSERVABLE) * hidden) - (1 - KNOWN) * surprise
        by_cut = norm.sf((CUTS - mean[..., None]) / np.sqrt(left)[:, None])
        return pd.DataFrame(by_cut.reshape(-1, len(CUTS)), self.index, CUTS)

    def noisy(self, spread: float, *, seed: int = 0) -> pd.DataFrame:
        """The truth with normal noise on the log-odds."""
        return expit(logit(self.truth) + np.random.default_rng(seed).normal(0, spread, self.truth.shape))

    def drawn(self, count: int, *, seed: int) -> Truth:
        """The truth as two halves of so many draws each know it."""
        random = np.random.default_rng(seed)
        first, second = (pd.DataFrame(random.binomial(count, self.truth) / count, self.index, CUTS) for _ in range(2))
        return Truth(first, second)

    def judge(
        self, model: pd.DataFrame, *, truth: Truth | None = None, block_days: int = 30, **more: pd.DataFrame
    ) -> tuple[Achieved, ...]:
        forecasts = {"model": model, "climatology": self.climatology, **more}
        exact = Truth(self.truth, self.truth)
        return judge(PERIODS, truth or exact, forecasts, self.outcome, block_days=block_days)


def world(days: int = 330, *, seed: int = 0, sites: int = 20, memory: float = 0.6) -> World:
    """Sites share half of their shocks, which last for some days."""
    random = np.random.default_rng(seed)

    def lasting(variance: Floats) -> Floats:
        shape = days, sites, len(variance)
        shocks = 0.7 * random.standard_normal((days, 1, 2)) + np.sqrt(0.51) * random.standard_normal(shape)
        for day in range(1, days):
            shocks[day] = memory * shocks[day - 1] + np.sqrt(1 - memory**2) * shocks[day]
        return np.sqrt(variance) * shocks

    return World(lasting(OBSERVABLE * KNOWN), lasting((1 - OBSERVABLE) * KNOWN), lasting(1 - KNOWN))


def by_hand(truth: list[float], model: list[float], climatology: list[float], outcome: list[float]) -> Achieved:
    """Successive days at one site, of one period and one cut."""
    times = pd.date_range("2020-01-01", periods=len(outcome), tz="UTC")
    index = pd.MultiIndex.from_product([times, ["S1"], [1]], names=["issue_time", "site", "period"])
    true, said, usual = (pd.DataFrame({10.0: values}, index) for values in (truth, model, climatology))
    came = pd.Series(outcome, index, name="outcome")
    (found,) = judge(Periods(days=1, count=1), Truth(true, true), {"model": said, "climatology": usual}, came)
    return found


def each(figure: Callable[[Achieved], float], rows: tuple[Achieved, ...]) -> Floats:
    return np.array([figure(row) for row in rows])


@pytest.fixture(scope="module")
def one() -> World:
    return world()


@pytest.fixture(scope="module")
def honest() -> list[tuple[Achieved, ...]]:
    """Forecasters that come very close to the truth, where a false alarm is likeliest, in twenty worlds."""
    worlds = [world(400, seed=seed, memory=0.3) for seed in range(20)]
    return [here.judge(here.noisy(0.05)) for here in worlds]


def test_figures_are_as_by_hand() -> None:
    found = by_hand(truth=[0.2, 0.6], model=[0.3, 0.5], climatology=[0.4, 0.4], outcome=[0.0, 12.0])
    assert (found.lead, found.cut, found.n, found.events) == (1, 10.0, 2, 1)
    assert found.base_rate == 0.5
    assert found.oracle_mean == pytest.approx(0.4)
    # regret of climatology .2^2 + .2^2 = .08, of the model .1^2 + .1^2 = .02; uncertainty .2 * .8 + .6 * .4 = .40
    assert found.skill_oracle == pytest.approx(0.08 / 0.48)
    assert found.skill_model == pytest.approx(0.06 / 0.48)
    assert found.share == pytest.approx(1 - 0.02 / 0.08)
    assert found.calibration_error == pytest.approx(0.1)
    assert found.calibration_relative == pytest.approx(0.2)
    # squared errors on what came: truth .2^2 + .4^2 = .20, model .3^2 + .5^2 = .34, climatology .4^2 + .6^2 = .52
    assert found.leak == pytest.approx((0.20 - 0.34) / 0.52)
    assert (found.share_persistence, found.share_ceiling, found.ceiling_z) == (None, None, None)


def test_the_halves_of_the_truth_enter_as_a_product_and_as_a_mean() -> None:
    index = pd.MultiIndex.from_tuples(
        [(pd.Timestamp("2020-01-01", tz="UTC"), "S1", 1)], names=["issue_time", "site", "period"]
    )
    first, second, model, usual = (pd.DataFrame({10.0: [value]}, index) for value in (0.2, 0.4, 0.5, 0.1))
    truth = Truth(first, second)
    assert truth.probability.to_numpy() == pytest.approx(0.3)
    (found,) = judge(PERIODS, truth, {"model": model, "climatology": usual}, pd.Series(20.0, index))
    assert found.oracle_mean == pytest.approx(0.3)
    # o (1 - o): (.2 * .6 + .4 * .8) / 2 = .22; regret of climatology -.1 * -.3 = .03, of the model .3 * .1 = .03
    assert found.skill_oracle == pytest.approx(0.03 / (0.03 + 0.22))
    assert found.share == pytest.approx(0)
    # on what came: truth .8 * .6, model .5^2, climatology .9^2
    assert found.leak == pytest.approx((0.48 - 0.25) / 0.81)


def test_the_truth_reaches_all_and_climatology_nothing(one: World) -> None:
    oracle = one.judge(one.truth, persistence=one.climatology)
    assert [(row.lead, row.cut) for row in oracle] == LEADS_AND_CUTS
    for row in oracle:
        assert row.share == row.share_low == row.share_high == 1
        assert row.skill_model == pytest.approx(row.skill_oracle)
        assert row.calibration_error == row.leak == row.share_persistence == 0
        assert not row.alarm
    for row in one.judge(one.climatology):
        assert row.share == row.skill_model == 0
        assert row.leak_z < 0


@pytest.mark.parametrize("part", [0.9, 0.6, 0.2])
def test_a_shrunk_forecast_loses_the_square_of_what_it_shrinks(one: World, part: float) -> None:
    for row in one.judge(part * one.truth + (1 - part) * one.climatology):
        assert row.share == pytest.approx(1 - (1 - part) ** 2)
        assert row.skill_model == pytest.approx(row.share * row.skill_oracle)
        assert row.share_error == pytest.approx(0, abs=1e-9)


def test_noise_lowers_the_share_and_spoils_the_calibration(one: World) -> None:
    found = [one.judge(one.truth), *(one.judge(one.noisy(spread)) for spread in (0.2, 0.5, 1.0, 2.0))]
    assert (np.diff([each(lambda row: row.share, rows) for rows in found], axis=0) < 0).all()
    assert (np.diff([each(lambda row: row.calibration_error, rows) for rows in found], axis=0) > 0).all()
    for row in found[2]:
        assert row.share_low < row.share < row.share_high
        assert row.share_error == pytest.approx((row.share_high - row.share_low) / 3.29, rel=0.2)


def test_less_can_be_achieved_at_longer_leads_as_theory_says(honest: list[tuple[Achieved, ...]]) -> None:
    found = np.array([each(lambda row: row.skill_oracle, rows) for rows in honest])
    for k, (lead, cut) in enumerate(LEADS_AND_CUTS):
        known, base = KNOWN[[1, 4].index(lead)], norm.sf(cut)
        # the mean square of the truth is the chance that two futures of the same past both reach the cut
        both = multivariate_normal(cov=[[1, known], [known, 1]]).cdf([-cut, -cut])
        error = found[:, k].std(ddof=1) / np.sqrt(len(found))
        assert abs(found[:, k].mean() - (both - base**2) / (base - base**2)) < 3 * error
    assert (found[:, :2].mean(axis=0) > 2 * found[:, 2:].mean(axis=0)).all()


def test_two_halves_of_few_draws_are_unbiased_where_their_mean_is_not(one: World) -> None:
    model = one.forecast(hidden=0.0)
    exact = each(lambda row: row.share, one.judge(model))
    halves = [one.drawn(10, seed=seed) for seed in range(4)]
    whole = [Truth(half.probability, half.probability) for half in halves]
    by_product, by_mean = (
        np.array([each(lambda row: row.share, one.judge(model, truth=truth)) for truth in truths]) - exact
        for truths in (halves, whole)
    )
    error = by_product.std(axis=0, ddof=1) / np.sqrt(len(halves))
    assert (np.abs(by_product.mean(axis=0)) < 4 * error).all()
    assert (np.abs(by_mean.mean(axis=0)) > 10 * error).all()


def test_the_noise_of_few_draws_makes_no_alarm(one: World) -> None:
    halves = one.drawn(5, seed=1)
    mean = halves.probability
    assert not leak_alarms(one.judge(one.truth, truth=halves))
    assert len(leak_alarms(one.judge(one.truth, truth=Truth(mean, mean)))) == len(LEADS_AND_CUTS)


def test_the_mean_of_the_truth_is_the_base_rate(honest: list[tuple[Achieved, ...]]) -> None:
    errors = np.array([each(lambda row: (row.base_rate - row.oracle_mean) / row.base_rate_error, r) for r in honest])
    assert (np.abs(errors) < 2).mean() > 0.88
    assert (np.abs(errors.mean(axis=0)) < 3 / np.sqrt(len(errors))).all()


def test_the_honest_give_no_alarm(honest: list[tuple[Achieved, ...]]) -> None:
    assert sum(bool(leak_alarms(rows)) for rows in honest) <= 1
    assert 0.7 < np.std([each(lambda row: row.leak_z, rows) for rows in honest]) < 1.4


@pytest.mark.parametrize("part", [0.05, 0.2])
def test_one_who_peeks_into_the_future_gives_the_alarm_and_leaves_the_truth(one: World, part: float) -> None:
    found = one.judge(one.forecast(surprise=part))
    assert all(row.alarm and not row.ceiling_alarm and row.leak > 0 for row in found)
    assert (each(lambda row: row.share, found) < 0.999).all()
    more = one.judge(one.forecast(surprise=2 * part))
    assert (each(lambda row: row.share, more) < each(lambda row: row.share, found)).all()


def test_foreknowledge_shows_even_where_other_errors_hide_the_gain() -> None:
    long = world(700)
    peeking, noise = long.forecast(surprise=0.1), np.random.default_rng(0).normal(0, 1, long.truth.shape)
    for row in long.judge(expit(logit(peeking) + noise)):
        assert row.leak_z < 0
        assert row.foreknowledge_z > 4
        assert row.alarm and "errs towards what came" in leak_alarms([row])[0]
    for row in long.judge(long.noisy(1.0)):
        assert abs(row.foreknowledge_z) < 3


def test_one_who_sees_hidden_state_rises_above_the_ceiling_but_not_above_the_truth(one: World) -> None:
    ceiling = one.forecast(hidden=0.0)
    for row in one.judge(one.forecast(hidden=0.5), ceiling=ceiling):
        assert row.ceiling_alarm and not row.alarm
        assert abs(row.foreknowledge_z) < 3
        assert row.share_ceiling is not None and row.share_ceiling < row.share < 1
    honest = expit(logit(ceiling) + np.random.default_rng(0).normal(0, 0.05, ceiling.shape))
    assert not leak_alarms(one.judge(honest, ceiling=ceiling))
    assert not leak_alarms(one.judge(ceiling, ceiling=ceiling))


def test_persistence_is_judged_like_the_model(one: World) -> None:
    model, other = one.noisy(0.5), one.forecast(hidden=0.0)
    assert [row.share_persistence for row in one.judge(model, persistence=other)] == [
        row.share for row in one.judge(other)
    ]


def test_days_that_hang_together_widen_the_standard_error() -> None:
    lasting = world(memory=0.95)
    model = lasting.forecast(hidden=0.0)
    blocks, days = lasting.judge(model), lasting.judge(model, block_days=1)
    for figure in (lambda row: row.share_error, lambda row: row.leak_error, lambda row: row.base_rate_error):
        assert (each(figure, blocks) > 1.5 * each(figure, days)).all()


def test_without_events_a_forecast_too_low_gives_no_alarm() -> None:
    truth = (0.002 * np.random.default_rng(0).random(400)).tolist()
    found = by_hand(truth, [0.5 * p for p in truth], [0.001] * 400, [0.0] * 400)
    assert found.leak_z > 4
    assert found.events == found.base_rate == 0
    assert np.isnan(found.calibration_relative)
    assert not found.alarm


def test_a_record_of_a_few_blocks_has_no_standard_errors() -> None:
    short = world(days=299)
    for row in short.judge(short.forecast(hidden=0.5, surprise=0.2), ceiling=short.forecast(hidden=0.0)):
        assert np.isfinite([row.share, row.leak, row.skill_model]).all()
        assert np.isnan([row.share_error, row.share_low, row.share_high, row.leak_error, row.leak_z]).all()
        assert not row.alarm and not row.ceiling_alarm
    assert np.isfinite([row.share_error for row in short.judge(short.noisy(0.2), block_days=29)]).all()


def test_where_climatology_is_the_truth_nothing_can_be_achieved(one: World) -> None:
    usual = one.climatology
    for row in one.judge(0.9 * usual, truth=Truth(usual, usual), persistence=usual, ceiling=usual):
        assert row.skill_oracle == 0
        assert row.skill_model < 0
        assert np.isnan([row.share, row.share_error, row.share_low, row.share_high]).all()
        assert row.share_persistence is not None and np.isnan(row.share_persistence)
        assert row.ceiling_z is not None and np.isnan(row.ceiling_z)
        assert not row.ceiling_alarm
        assert np.isnan(Achieved.model_validate_json(row.model_dump_json()).share)


def test_a_question_of_which_anything_is_missing_counts_for_nothing(one: World) -> None:
    random = np.random.default_rng(0)
    truth, model, outcome = one.truth.copy(), one.noisy(0.5), one.outcome.copy()
    lost = [random.random(len(outcome)) < 0.1 for _ in range(4)]
    truth.loc[lost[0]] = np.nan
    outcome[lost[1]] = np.nan
    ragged = {
        "model": model[~lost[2]],
        "climatology": one.climatology.mask(np.tile(lost[3], (2, 1)).T),
        "persistence": model,
    }
    kept = ~np.any(lost, axis=0)
    whole = {"model": model[kept], "climatology": one.climatology[kept], "persistence": model[kept]}
    found = judge(PERIODS, Truth(truth, one.truth), ragged, outcome)
    assert found == judge(PERIODS, Truth(one.truth[kept], one.truth[kept]), whole, one.outcome[kept])
    assert sum(row.n for row in found) == len(CUTS) * kept.sum()
    assert sum(row.events for row in found) == sum((one.outcome[kept] >= cut).sum() for cut in CUTS)


def test_rows_and_cuts_may_come_in_any_order(one: World) -> None:
    model = one.noisy(0.5)
    shuffled = model.sample(frac=1, random_state=0)[CUTS[::-1]]
    forecasts = {"model": shuffled, "climatology": one.climatology.sample(frac=1, random_state=1)}
    found = judge(PERIODS, Truth(one.truth, one.truth), forecasts, one.outcome.sample(frac=1, random_state=2))
    for row, same in zip(found, one.judge(model), strict=True):
        assert row.model_dump() == pytest.approx(same.model_dump())


def test_leads_without_questions_are_left_out(one: World) -> None:
    early = one.outcome.where(one.outcome.index.get_level_values("period") == 1)
    forecasts = {"model": one.truth, "climatology": one.climatology}
    assert [row.lead for row in judge(PERIODS, Truth(one.truth, one.truth), forecasts, early)] == [1, 1]
    assert judge(PERIODS, Truth(one.truth, one.truth), forecasts, one.outcome * np.nan) == ()


def test_an_alarm_is_a_plain_sentence(one: World) -> None:
    row = one.judge(one.noisy(0.5), ceiling=one.truth)[0]
    assert leak_alarms([row]) == ()
    future = row.model_copy(update={"cut": 50.0, "leak_z": 5.2})
    state = row.model_copy(update={"lead": 7, "share": 0.914, "share_ceiling": 0.73, "ceiling_z": 4.41})
    beaten, above = leak_alarms([future, state])
    assert beaten == (
        "leak: at lead 1 d and cut 50 the model beats the true probability by 5.2 standard errors; no honest forecast "
        "can"
    )
    assert above == (
        "leak: at lead 7 d and cut 0.8 the model reaches 0.91 of the achievable skill, 4.4 standard errors above the "
        "0.73 that observable data allow; it knows what nobody could have observed"
    )
    assert [future.model_copy(update={"events": events}).alarm for events in (29, 30)] == [False, True]
    assert [state.model_copy(update={"events": events}).ceiling_alarm for events in (29, 30)] == [False, True]
