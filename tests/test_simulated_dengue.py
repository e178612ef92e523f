"""Dengue of the simulated province: as in the counts of Quảng Ninh, one law for history and futures, told late."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from features.sites import Sites
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.dengue import Dengue, Transmission, WeeklyWeather, exceeding, simulate_dengue
from features.sources.simulated.dengue_reports import (
    by_day,
    mondays,
    month_counts,
    month_told_after,
    weather_by_week,
    week_reports,
)

ZONE = "Asia/Ho_Chi_Minh"
YEARS = 30


@pytest.fixture(scope="module")
def province() -> SimulatedProvince:
    return SimulatedProvince(years=YEARS, seed=14, first_year=1996)


@pytest.fixture(scope="module")
def dengue(province: SimulatedProvince) -> Dengue:
    return province.world.dengue


@pytest.fixture(scope="module")
def whole_years(dengue: Dengue) -> npt.NDArray[np.bool_]:
    return dengue.mondays < np.datetime64("2026-01-01")


def uniform_weather(weeks: int, sites: int) -> WeeklyWeather:
    """Every week the same in one issue and one sample, thirteen weeks first: 24 degC, 60 mm."""
    shape = 1, 1, 13 + weeks, sites
    return WeeklyWeather(np.full(shape, 24.0), np.full(shape, 60.0))


def expected_of(dengue: Dengue, week: int, weather: WeeklyWeather) -> npt.NDArray[np.float64]:
    return dengue.futures(np.array([week]), weather, np.random.default_rng(1)).expected[0, 0]


def test_cases_are_as_many_as_in_quang_ninh(dengue: Dengue, whole_years: npt.NDArray[np.bool_]) -> None:
    people = dengue.sites.attribute("population").sum()
    yearly = dengue.cases[whole_years].sum() / YEARS
    # 18 a year per 100,000 in 1994-2010; the mean of thirty years with a few epidemics is good to a factor of two.
    assert 9 < 1e5 * yearly / people < 36


def test_most_fall_ill_in_autumn_and_few_before_june(dengue: Dengue, whole_years: npt.NDArray[np.bool_]) -> None:
    month = dengue.mondays.astype("datetime64[M]").astype(int) % 12 + 1
    total = dengue.cases[whole_years].sum()
    # Quảng Ninh 1994-2010: 1,640 of 3,183 in September to November, 497 in January to May.
    assert 0.5 < dengue.cases[whole_years & np.isin(month, (9, 10, 11))].sum() / total < 0.8
    assert dengue.cases[whole_years & (month <= 5)].sum() / total < 0.16


def test_years_are_as_unequal_as_in_quang_ninh(dengue: Dengue) -> None:
    years = dengue.mondays.astype("datetime64[Y]").astype(int) + 1970
    yearly = np.array([dengue.cases[years == year].sum() for year in range(1996, 2026)])
    worst = [yearly[first : first + 17].max() / yearly[first : first + 17].sum() for first in range(14)]
    assert 0.15 < np.mean(worst) < 0.55  # 1,174 of 3,484 in 1999
    assert np.median(yearly) < 0.8 * yearly.mean()


def test_equal_seeds_give_equal_cases_and_others_do_not(province: SimulatedProvince) -> None:
    world = province.world
    weeks = mondays(world.dates[:700])
    weather = WeeklyWeather(*(held[: 13 + len(weeks)] for held in world.weekly_weather))
    first, again, other = (simulate_dengue(world.sites, weeks, weather, seed).cases for seed in (14, 14, 15))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, world.dengue.cases[: len(weeks)])
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(("cut", "probability"), [(1.0, 1 - 0.5**0.6), (0.5, 1 - 0.5**0.6), (2.0, 1 - 1.3 * 0.5**0.6)])
def test_counts_scatter_as_a_negative_binomial_of_size_0_6(cut: float, probability: float) -> None:
    # With 0.6 expected, P(0) = 0.5^0.6 and P(1) = 0.6 * 0.5 * P(0).
    assert exceeding(np.array([0.6]), cut) == pytest.approx([probability])


@pytest.mark.parametrize(("weeks_ago", "more"), [((8, 9, 10), 1.13), ((11, 12, 13), 1.0), ((1, 2, 7), 1.0)])
def test_a_degree_of_eight_to_ten_weeks_ago_makes_thirteen_percent_more(
    weeks_ago: tuple[int, ...], more: float, dengue: Dengue
) -> None:
    weather, warmer = (uniform_weather(1, len(dengue.sites)) for _ in range(2))
    warmer.temperature[:, :, 13 - np.array(weeks_ago)] += 1
    ratio = expected_of(dengue, 500, warmer) / expected_of(dengue, 500, weather)
    np.testing.assert_allclose(ratio, more, rtol=1e-3)


@pytest.mark.parametrize(("weeks_ago", "acts"), [(3, False), (4, True), (13, True)])
def test_rain_acts_after_a_month_and_for_three(weeks_ago: int, acts: bool, dengue: Dengue) -> None:
    weather, wetter = (uniform_weather(1, len(dengue.sites)) for _ in range(2))
    wetter.rain[:, :, 13 - weeks_ago] += 100
    ratio = expected_of(dengue, 500, wetter) / expected_of(dengue, 500, weather)
    assert (ratio > 1.01).all() if acts else (ratio == 1).all()


def test_the_immune_do_not_fall_ill_and_cases_bring_cases_here_and_near_by(dengue: Dengue) -> None:
    weather = uniform_weather(1, len(dengue.sites))
    still = Transmission(*(np.zeros_like(part) for part in dengue.begins))
    recent = still.recent.copy()
    recent[:, 1, 0] = 10.0
    quiet, half, hit = (
        expected_of(replace(dengue, begins=begins), 500, weather)
        for begins in (still, still._replace(immune=still.immune + 0.5), still._replace(recent=recent))
    )
    np.testing.assert_allclose(half, 0.5 * quiet)
    brought = (hit - quiet)[0]
    assert brought.argmax() == 0
    nearest, farthest = np.argsort(dengue.sites.distances_km[0])[[1, -1]]
    assert brought[0] > brought[nearest] > brought[farthest] >= 0
    assert 0.4 < brought[0] / brought.sum() < 0.95


def test_futures_know_nothing_but_the_state_that_their_first_week_begins_with(dengue: Dengue) -> None:
    elsewhere = np.arange(len(dengue.mondays)) != 500
    wrong = Transmission(
        *(np.where(elsewhere.reshape(-1, *[1] * (part.ndim - 1)), np.nan, part) for part in dengue.begins)
    )
    weather = uniform_weather(6, len(dengue.sites))
    ours, theirs = (expected_of(held, 500, weather) for held in (dengue, replace(dengue, begins=wrong)))
    np.testing.assert_array_equal(ours, theirs)
    assert np.isfinite(ours).all()


def test_futures_of_weeks_follow_the_law_of_the_history(province: SimulatedProvince, dengue: Dengue) -> None:
    weeks, samples = np.arange(20, len(dengue.mondays) - 8, 8), 60
    held = province.world.weekly_weather
    weather = WeeklyWeather(*(np.stack([part[week : week + 21] for week in weeks])[:, None] for part in held))
    shape = len(weeks), samples, *weather.rain.shape[2:]
    weather = WeeklyWeather(*(np.broadcast_to(part, shape) for part in weather))
    futures = dengue.futures(weeks, weather, np.random.default_rng(3))
    for ahead in (0, 3, 7):
        came = (dengue.cases[weeks + ahead] >= 1).astype(float)
        probability = exceeding(futures.expected[:, :, ahead], 1.0).mean(axis=1)
        for error in (came - probability, (came - probability) ** 2 - probability * (1 - probability)):
            by_week = error.mean(axis=1)
            assert abs(by_week.mean()) < 4 * by_week.std() / np.sqrt(len(by_week))
        sampled = (futures.cases[:, :, ahead] >= 1).mean()
        assert sampled == pytest.approx(probability.mean(), rel=0.05)


def test_weeks_begin_on_mondays_and_the_first_may_have_begun_before() -> None:
    dates = np.arange(np.datetime64("2020-01-01"), np.datetime64("2020-01-28"))  # a Wednesday to a Monday
    np.testing.assert_array_equal(
        mondays(dates), np.array(["2019-12-30", "2020-01-06", "2020-01-13", "2020-01-20"], "M8[D]")
    )
    rain = np.arange(1.0, 28.0)[:, None]
    weather = weather_by_week(rain, rain, dates)
    # The two days before the first are as the first: 1 + 1 + 1 + 2 + 3 + 4 + 5, and then 6 to 12.
    assert weather.rain[12:15, 0] == pytest.approx([17.0, 17.0, 63.0])
    assert weather.temperature[14, 0] == pytest.approx(9.0)


def test_a_week_is_told_on_wednesday_mostly_complete_and_grows_to_the_truth(
    province: SimulatedProvince, dengue: Dengue
) -> None:
    first = province.world.dates[0]
    reports = week_reports(dengue, first, 14)
    told = pd.DataFrame({"day": reports.day, "site": reports.site, "delay": reports.delay, "count": reports.count})
    assert set(told["delay"]) == {9, 16, 23, 30, 37, 44, 51}
    assert set((first + told["day"].to_numpy() + told["delay"].to_numpy()).astype("M8[D]").astype(int) % 7) == {6}
    at_first = told[told["delay"] == 9]["count"].sum()
    assert at_first / dengue.cases.sum() == pytest.approx(0.8, abs=0.02)
    assert (told["delay"] == 9).sum() == dengue.cases.size
    by_week = told.groupby(["day", "site"])["count"]
    assert (by_week.diff().dropna() > 0).all()
    np.testing.assert_array_equal(by_week.last().to_numpy().reshape(dengue.cases.shape), dengue.cases)


def test_months_add_up_to_the_weeks(province: SimulatedProvince, dengue: Dengue) -> None:
    months, counts = month_counts(dengue, province.world.dates, 14)
    # From the first Monday, 1 January 1996, to the last Sunday, 1 March 2026, whose month is not over.
    assert (str(months[0]), str(months[-1])) == ("1996-01-01", "2026-02-01")
    assert 0 <= dengue.cases.sum() - counts.sum() <= dengue.cases[-1].sum()
    years = counts[:360].reshape(YEARS, 12, -1).sum(axis=(1, 2))
    by_week = dengue.mondays.astype("M8[Y]").astype(int) + 1970
    assert np.corrcoef(years, [dengue.cases[by_week == year].sum() for year in range(1996, 2026)])[0, 1] > 0.99
    assert month_told_after(np.array(["2020-02-01", "2021-02-01"], "M8[D]")).tolist() == [39, 38]


def test_cases_of_a_week_are_spread_evenly_over_its_days() -> None:
    spread = by_day(np.array([[70_000, 7], [0, 0]]), np.random.default_rng(1))
    assert spread.shape == (14, 2)
    assert spread[:7].sum(axis=0).tolist() == [70_000, 7]
    assert not spread[7:].any()
    assert spread[:7, 0] == pytest.approx([10_000] * 7, abs=400)


def test_the_desk_tells_weeks_on_wednesdays_and_months_on_the_eleventh() -> None:
    small = SimulatedProvince(years=2, first_year=2000, variables=("dengue_cases_of_week", "dengue_cases"))
    few = Sites([small.sites[code] for code in ("06685", "06712")])
    begin, end = (pd.Timestamp(date, tz=ZONE) for date in ("2001-01-01", "2002-01-01"))
    told = pd.concat([batch.entries for batch in small.fetch(few, begin, end)])
    valid, known = (told[clock].dt.tz_convert(ZONE) for clock in ("valid_time", "known_time"))
    of_week = (told["variable"] == "dengue_cases_of_week").to_numpy()
    assert set(valid[of_week].dt.weekday) == {0} and set(known[of_week].dt.weekday) == {2}
    assert set(known[of_week].dt.hour) == {17}
    assert set(valid[~of_week].dt.day) == {1} and set(known[~of_week].dt.day) == {11}
    assert set(known[~of_week].dt.hour) == {9}
    assert (~of_week).sum() == 24
    after = (known - valid).dt.days
    assert after[of_week].min() == 9 and after[~of_week].min() == 38
