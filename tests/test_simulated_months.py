"""Months ahead in the simulated province: slow drivers that go on from where they stand, and what months may bring."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import xarray as xr

from features.errors import HaidangError
from features.local_days import day_numbers
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.dengue_reports import month_counts
from features.sources.simulated.drivers import Drivers, simulate_drivers
from features.sources.simulated.enso_watch import oceanic_nino_index
from features.sources.simulated.futures import Futures
from features.sources.simulated.months import DAILY, MonthIndex, first_month, month_futures
from features.sources.simulated.world import World
from training.achievable import Truth
from training.oracle_of_months import oracle_of_months

ZONE = "Asia/Ho_Chi_Minh"
YEARS = 16
Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def province() -> SimulatedProvince:
    return SimulatedProvince(years=YEARS, seed=14, first_year=2000)


@pytest.fixture(scope="module")
def drivers() -> Drivers:
    return simulate_drivers(np.arange(np.datetime64("1900-01-01"), np.datetime64("2100-01-01")), 7)


@pytest.fixture(scope="module")
def month_firsts() -> pd.DatetimeIndex:
    return pd.date_range("2000-02-01T07:00", "2015-10-01T07:00", freq="2MS", tz=ZONE)


def months_that_came(world: World, index: MonthIndex) -> tuple[npt.NDArray[np.datetime64], Values]:
    """All whole months of single-month indices, shape (month,), and what they brought, shape (month, site)."""
    months = world.dates.astype("datetime64[M]")
    distinct = np.unique(months)[:-1]
    days = DAILY[index.variable][0](world)
    by_month = [days[months == month] for month in distinct]
    reduced = {
        "total": lambda held: held.sum(axis=0),
        "mean": lambda held: held.mean(axis=0),
        "highest": lambda held: held.max(axis=0),
        "days_at_least": lambda held: (held >= index.threshold).sum(axis=0),
        "days_at_most": lambda held: (held <= index.threshold).sum(axis=0),
    }[index.statistic]
    return distinct, np.stack([reduced(held) for held in by_month])


def test_the_oceanic_nino_index_is_as_persistent_and_as_wide_as_that_of_the_pacific(drivers: Drivers) -> None:
    index = oceanic_nino_index(drivers).value
    # Months follow a law of 0.94 each (science.md 5.2); means of three on end go together more than months do.
    for months, low, high in ((1, 0.96, 0.995), (6, 0.60, 0.85), (12, 0.30, 0.60), (36, -0.2, 0.3)):
        assert low < np.corrcoef(index[months:], index[:-months])[0, 1] < high
    assert 0.7 < index.std() < 1.1
    assert abs(index.mean()) < 0.35
    assert -4 < index.min() < -1.5 and 1.5 < index.max() < 4
    np.testing.assert_array_equal(index, index.round(2))


def test_the_index_is_the_mean_of_three_months_told_ten_days_after_them() -> None:
    dates = np.arange(np.datetime64("2021-01-01"), np.datetime64("2021-07-01"))
    drivers = simulate_drivers(dates, 3)
    index = oceanic_nino_index(drivers)
    assert [str(dates[0] + day) for day in index.day] == [f"2021-0{month}-01" for month in (1, 2, 3, 4, 5)]
    assert [str(dates[0] + day) for day in index.told] == [
        "2021-03-11", "2021-04-11", "2021-05-11", "2021-06-11", "2021-07-11",
    ]  # fmt: skip
    # February to April 2021 are the days 31 to 119 of the year, 45 of them before the first date in the drivers.
    assert index.value[2] == pytest.approx(drivers.enso[45 + 31 : 45 + 120].mean(), abs=0.006)


def test_equal_seeds_give_equal_drivers_and_both_act_late(drivers: Drivers) -> None:
    again, other = (simulate_drivers(drivers.dates, seed) for seed in (7, 8))
    np.testing.assert_array_equal(drivers.acting.rain_shift, again.acting.rain_shift)
    assert not np.array_equal(drivers.enso, other.enso)
    # -0.25 per degree on the logarithm of the rate, 45 days late; -0.08 and 0.28 on rain, BSISO 15 days late.
    np.testing.assert_allclose(drivers.acting.storm_rate, np.exp(-0.25 * drivers.enso[:-45]))
    winter = 365
    assert drivers.acting.rain_shift[winter] == pytest.approx(-0.08 * drivers.enso[winter])
    july = 365 + 204
    summer = drivers.acting.rain_shift[july] + 0.08 * drivers.enso[july]
    assert summer == pytest.approx(0.28 * drivers.bsiso[july + 30], rel=1e-3)


def test_futures_of_drivers_begin_as_they_were_and_know_nothing_later(drivers: Drivers) -> None:
    day = np.array([5000])
    known = int(np.ceil((5000 + 45) / 30.4))
    later = replace(
        drivers,
        enso_knots=np.where(np.arange(len(drivers.enso_knots)) > known, np.nan, drivers.enso_knots),
        bsiso=np.where(np.arange(len(drivers.bsiso)) > 5000 + 45, np.nan, drivers.bsiso),
    )
    ours, theirs = (held.futures(np.random.default_rng(1), day, 40, 200) for held in (drivers, later))
    np.testing.assert_array_equal(ours.rain_shift, theirs.rain_shift)
    np.testing.assert_array_equal(ours.storm_rate, theirs.storm_rate)
    np.testing.assert_allclose(ours.rain_shift[0, :, :16], np.tile(drivers.acting.rain_shift[5000:5016], (40, 1)))
    assert ours.rain_shift[0, :, 100].std() > 0.01


def test_futures_of_drivers_spread_and_persist_as_their_law_says(drivers: Drivers) -> None:
    issue_days = np.arange(400, len(drivers.dates) - 400, 120)
    futures = drivers.futures(np.random.default_rng(2), issue_days, 50, 360)
    nino, drawn = (-np.log(held) / 0.25 for held in (drivers.acting.storm_rate, futures.storm_rate))
    for ahead in (60, 180, 360):
        came = nino[issue_days + ahead]
        expected, spread = drawn[:, :, ahead].mean(axis=1), drawn[:, :, ahead].std(axis=1)
        error = came - expected
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error) / 3)
        assert error.std() == pytest.approx(np.sqrt((spread**2).mean()), rel=0.15)
    # A year ahead, 315 days of them unknown: what is left of the index of today is some 0.94^12 = 0.48.
    assert 0.3 < np.polyfit(nino[issue_days], drawn[:, :, 360].mean(axis=1), 1)[0] < 0.75


@pytest.mark.parametrize(
    ("index", "cuts", "sense"),
    [
        (MonthIndex("rain", "total"), (100.0, 300.0, 600.0), "at_least"),
        (MonthIndex("rain", "days_at_least", threshold=50.0), (2.0, 0.0), "at_most"),
        (MonthIndex("air_temperature", "mean"), (18.0, 24.0, 29.0), "at_least"),
        (MonthIndex("highest_air_temperature", "days_at_least", threshold=35.0), (1.0, 4.0), "at_least"),
        (MonthIndex("lowest_air_temperature", "days_at_most", threshold=13.0), (1.0, 8.0), "at_least"),
        (MonthIndex("wind_speed", "highest"), (12.0, 15.0), "at_least"),
        (MonthIndex("thunderstorm_days", "total"), (3.0, 12.0), "at_least"),
    ],
    ids=lambda value: f"{value.variable}-{value.statistic}" if isinstance(value, MonthIndex) else None,
)
def test_the_oracles_mean_is_the_base_rate_of_months(
    index: MonthIndex,
    cuts: tuple[float, ...],
    sense: str,
    province: SimulatedProvince,
    month_firsts: pd.DatetimeIndex,
) -> None:
    truth = oracle_of_months(index, province, month_firsts, cuts=cuts, count=2, sense=sense, samples=10)  # type: ignore[arg-type]
    months, came = months_that_came(province.world, index)
    asked = first_month_of(month_firsts)[:, None] + np.arange(2)
    outcome = came[np.searchsorted(months, asked)].swapaxes(1, 2)[..., None]  # (issue, site, period, cut)
    event = outcome >= np.array(cuts) if sense == "at_least" else outcome <= np.array(cuts)
    probability = truth.probability.to_numpy().reshape(event.shape)
    assert unbiased(probability, event, samples=10)
    # The truth knows more than how often it happens.
    assert ((probability - event) ** 2).mean() < event.mean() * (1 - event.mean())


def unbiased(probability: Values, event: npt.NDArray[np.bool_], *, samples: int) -> bool:
    """Whether mean errors over issue times and sites lie within 3.5 standard errors of 0, for each period and cut.

    The error is that of the law if all sites were one, and each issue time another draw.
    """
    gap = (probability - event).mean(axis=(0, 1))
    variance = (probability * (1 - probability)).mean(axis=1) * (1 + 1 / samples)
    return bool((np.abs(gap) < 3.5 * np.sqrt(variance.sum(axis=0)) / len(probability)).all())


def first_month_of(times: pd.DatetimeIndex) -> npt.NDArray[np.datetime64]:
    return day_numbers(times, ZONE).astype("datetime64[D]").astype("datetime64[M]") + 1


def test_cases_of_dengue_of_months_are_as_likely_as_they_are_frequent(
    province: SimulatedProvince, month_firsts: pd.DatetimeIndex
) -> None:
    index = MonthIndex("dengue_cases", "total")
    truth = oracle_of_months(index, province, month_firsts, cuts=(1.0, 3.0), count=3, samples=20)
    months, counts = month_counts(province.world.dengue, province.world.dates, province.seed)
    asked = first_month_of(month_firsts)[:, None] + np.arange(3)
    outcome = counts[np.searchsorted(months.astype("datetime64[M]"), asked)].swapaxes(1, 2)[..., None]
    event = outcome >= np.array([1.0, 3.0])
    probability = truth.probability.to_numpy().reshape(event.shape)
    assert unbiased(probability, event, samples=20)
    brier = ((probability - event) ** 2).mean(axis=(0, 1))
    uncertainty = event.mean(axis=(0, 1)) * (1 - event.mean(axis=(0, 1)))
    assert (1 - brier[0] / uncertainty[0] > 1 - brier[2] / uncertainty[2]).all()
    assert (brier < uncertainty).all()


def test_what_is_said_of_a_month_later_is_on_average_what_was_said_before(province: SimulatedProvince) -> None:
    """May to October asked three months before, and on the 25th of the month before."""
    index, cuts = MonthIndex("rain", "total"), (300.0,)

    def said(months: range, period: int) -> Values:
        """Both halves, shape (half, year, month, site)."""
        asked = pd.DatetimeIndex([f"{y}-{m:02}-25T07:00+07:00" for y in range(2000, 2016) for m in months])
        truth = oracle_of_months(index, province, asked, cuts=cuts, count=period, samples=20)
        halves = [half.xs(period, level="period").to_numpy() for half in (truth.first, truth.second)]
        return np.stack(halves).reshape(2, 16, 6, -1)

    before, later = said(range(2, 8), 3), said(range(4, 10), 1)
    change = (later - before).mean(axis=(0, 3)).ravel()
    assert abs(change.mean()) < 3.5 * change.std(ddof=1) / np.sqrt(len(change))
    known = [np.prod(held - held.mean(axis=1, keepdims=True), axis=0).mean() for held in (before, later)]
    assert 0 < known[0] < known[1]


def test_what_happens_after_the_issue_day_is_not_read(province: SimulatedProvince) -> None:
    world, day = province.world, 3000
    climate, drivers = world.climate, world.climate.drivers
    known = int(np.ceil((day + 45) / 30.4))

    def until_then(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        held = scores.copy()
        held[60 + day + 1 :] = np.nan
        held[60 + day, 0] = np.nan
        return held

    cut_off = replace(
        climate,
        rain_scores=until_then(climate.rain_scores),
        temperature_scores=until_then(climate.temperature_scores),
        drivers=replace(
            drivers,
            enso_knots=np.where(np.arange(len(drivers.enso_knots)) > known, np.nan, drivers.enso_knots),
            bsiso=np.where(np.arange(len(drivers.bsiso)) > day + 45, np.nan, drivers.bsiso),
        ),
    )
    other = replace(world)
    other.__dict__["climate"] = cut_off
    for index in (MonthIndex("rain", "total", months=3), MonthIndex("air_temperature", "mean")):
        whole, blind = (month_futures(held, Futures(held.climate, 1, 4), index, day, 4) for held in (world, other))
        np.testing.assert_array_equal(whole, blind)
        assert np.isfinite(blind).all()


def test_the_two_halves_are_of_one_law_and_of_other_samples(
    province: SimulatedProvince, month_firsts: pd.DatetimeIndex
) -> None:
    index, asked = MonthIndex("rain", "total"), month_firsts[:36]
    first, again, other = (
        oracle_of_months(index, province, asked, cuts=(300.0,), count=1, samples=40, seed=seed) for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first.first, again.first)
    assert not first.first.equals(other.first)
    gap = (first.first - first.second)[300.0].groupby("issue_time").mean()
    assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(len(gap))
    assert np.corrcoef(first.first[300.0], first.second[300.0])[0, 1] > 0.8


def test_numbers_of_months_by_hand() -> None:
    days = np.arange(1.0, 11.0)[:, None]  # a month of three days, one of five, one of two
    begins = np.array([0, 3, 8, 10])

    def of(statistic: str, months: int = 1, threshold: float = np.nan) -> list[float]:
        index = MonthIndex("rain", statistic, threshold=threshold, months=months)  # type: ignore[arg-type]
        return index.of_months(days, begins)[:, 0].tolist()

    assert of("total") == [6.0, 30.0, 19.0]
    assert of("total", months=2) == [36.0, 49.0]
    assert of("mean", months=2) == [4.5, 7.0]
    assert of("highest", months=2) == [8.0, 10.0]
    assert of("days_at_least", threshold=3.0) == [1.0, 5.0, 2.0]
    assert of("days_at_most", months=3, threshold=4.0) == [4.0]


def test_a_season_holds_the_days_that_have_come(province: SimulatedProvince) -> None:
    world, day = province.world, 3000
    futures = Futures(world.climate, 1, 4)
    one, three = (
        month_futures(world, futures, MonthIndex("air_temperature", "mean", months=months), day, 1) for months in (1, 3)
    )
    month = first_month(world.dates[day])
    assert month == np.datetime64("2008-04") and str(world.dates[day]) == "2008-03-19"
    february = world.climate.air_temperature[world.dates.astype("M8[M]") == month - 2]
    # Two of three months are over but for twelve days; they keep the samples near each other.
    assert three.shape == one.shape == (4, 1, 54)
    assert three.std(axis=0).mean() < one.std(axis=0).mean()
    assert (np.abs(three - (february.mean(axis=0) + one) / 2) < 4).all()


def test_cuts_may_be_those_of_the_month_and_site_and_unknown_cuts_stay_unknown(province: SimulatedProvince) -> None:
    codes = list(province.sites.codes)
    coordinates = {"month": range(1, 13), "site": codes, "cut": ["lower", "upper"]}
    terciles = xr.DataArray(np.full((12, 54, 2), 100.0), coordinates, tuple(coordinates))
    terciles[6] = 1e5
    terciles[7, 0] = np.nan
    times = pd.DatetimeIndex(["2005-06-15T07:00+07:00"])
    truth = oracle_of_months(MonthIndex("rain", "total"), province, times, cuts=terciles, count=2, samples=10)
    assert list(truth.first) == ["lower", "upper"]
    july, august = (truth.probability.xs(period, level="period") for period in (1, 2))
    assert (july == 0).all(axis=None)
    assert august.iloc[0].isna().all()
    assert (august.iloc[1:] > 0).all(axis=None)


def test_what_cannot_be_asked_of_months_is_refused(province: SimulatedProvince) -> None:
    rain = MonthIndex("rain", "total")

    def ask(time: str, count: int = 2, index: MonthIndex = rain) -> Truth:
        return oracle_of_months(index, province, pd.DatetimeIndex([time]), cuts=(1.0,), count=count, samples=2)

    with pytest.raises(HaidangError, match="knows the truth from 2000-01-01 to 2016-02-29"):
        ask("2016-01-05T07:00+07:00")
    with pytest.raises(HaidangError, match="cannot be asked about 2 months"):
        ask("1999-06-01T07:00+07:00")
    with pytest.raises(HaidangError, match="cannot be asked about 1 months"):
        ask("2000-01-20T07:00+07:00", 1, MonthIndex("rain", "total", months=3))
    for variable, statistic, months in (
        ("snow", "total", 1), ("dengue_cases", "mean", 1), ("dengue_cases", "total", 3), ("rain", "total", 0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"nobody knows the {statistic} of {variable} over {months} months"):
            MonthIndex(variable, statistic, months=months)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="numbers of days need a threshold"):
        MonthIndex("rain", "days_at_least")
    with pytest.raises(ValueError, match="numbers of days need a threshold"):
        MonthIndex("rain", "total", threshold=50.0)
