"""Weeks and months of dengue: weather by week, counts of the week that fill up, and counts of the month that are final.

A week begins on a Monday. Its count is told on the Wednesday after it, 70 to 90 % complete, and again on Wednesdays
when it has grown, until six weeks later all cases are in; the month's count is told on the eleventh day of the next.
"""

import numpy as np

from features.sources.simulated.chance import chance
from features.sources.simulated.dengue import PAST_WEEKS, Dengue, WeeklyWeather
from features.sources.simulated.laws import Array, Dates, Integers
from features.sources.simulated.reporting import CountReports, cumulative_reports

WEEK_DAYS = 7
_TOLD_AFTER_DAYS, _LATE_WEEKS, _COMPLETE = 2, 6, (0.7, 0.9)
_MONTH_TOLD_AFTER_DAYS = 10
_MONDAY = np.datetime64("1970-01-05")


def mondays(dates: Dates) -> Dates:
    """First days of the weeks that end within some consecutive dates, the first of them begun before or with these."""
    begun = (dates - _MONDAY).astype(np.int64) // WEEK_DAYS
    weeks = np.arange(begun[0], begun[-1] + 1)
    beginning: Dates = _MONDAY + WEEK_DAYS * weeks
    return beginning[beginning + WEEK_DAYS - 1 <= dates[-1]]


def weather_by_week(temperature: Array, rain: Array, dates: Dates) -> WeeklyWeather:
    """Weather of the weeks of some dates, and of thirteen before them on which it was as in the first.

    Args:
        temperature: daily mean, degC, shape (day, site).
        rain: mm/day, shape (day, site).
        dates: consecutive local dates, shape (day,).
    """
    first = mondays(dates)
    before = int((dates[0] - first[0]).astype(np.int64))
    days = np.maximum(np.arange(len(first) * WEEK_DAYS) - before, 0).reshape(-1, WEEK_DAYS)
    by_week = temperature[days].mean(axis=1), rain[days].sum(axis=1)
    return WeeklyWeather(*(np.concatenate([np.repeat(values[:1], PAST_WEEKS, axis=0), values]) for values in by_week))


def week_reports(dengue: Dengue, first_date: np.datetime64, seed: int) -> CountReports:
    """Counts of the weeks as they were told, by the position of the Monday and days from it.

    Args:
        dengue: the history.
        first_date: of the province, whose position is 0.
        seed: equal seeds give equal reports.
    """
    random = chance(seed, "dengue reports")
    week, site = (np.repeat(place, dengue.cases[np.nonzero(dengue.cases)]) for place in np.nonzero(dengue.cases))
    complete = random.uniform(*_COMPLETE, dengue.cases.shape)[week, site]
    late = random.random(len(week)) >= complete
    weeks_after = 1 + np.where(late, random.integers(1, _LATE_WEEKS + 1, len(week)), 0)
    told = cumulative_reports(week, site, weeks_after, np.ones_like(week), dengue.cases.shape)
    beginning = (dengue.mondays - first_date).astype(np.int64)
    delay = WEEK_DAYS * told.delay + _TOLD_AFTER_DAYS
    return CountReports(beginning[told.day], told.site, delay, told.count)


def month_counts(dengue: Dengue, dates: Dates, seed: int) -> tuple[Dates, Integers]:
    """Cases that fell ill in each whole month; those of a week are spread over its days by chance.

    Args:
        dengue: the history.
        dates: of the province; months are among them.
        seed: equal seeds spread them equally.

    Returns:
        First days of the months, shape (month,), and the counts, shape (month, site).
    """
    daily = by_day(dengue.cases, chance(seed, "dengue days"))
    first = int((dates[0] - dengue.mondays[0]).astype(np.int64))
    months = dates[: len(daily) - first].astype("datetime64[M]")
    begins = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    counts = np.add.reduceat(daily[first:], begins, axis=0)
    first_days, after = ((months[begins] + step).astype("datetime64[D]") for step in (0, 1))
    whole = (first_days >= dates[0]) & (after <= dengue.mondays[-1] + WEEK_DAYS)
    return first_days[whole], counts[whole]


def month_told_after(months: Dates) -> Integers:
    """Days from the first day of each month to the day on which its count is told."""
    after = (months.astype("datetime64[M]") + 1).astype("datetime64[D]")
    days: Integers = (after - months).astype(np.int64) + _MONTH_TOLD_AFTER_DAYS
    return days


def by_day(cases: Integers, random: np.random.Generator) -> Integers:
    """Spreads the cases of weeks evenly over their days, shape (..., week, site) to (..., 7 * week, site)."""
    left, days = cases, []
    for day in range(WEEK_DAYS):
        today = random.binomial(left, 1 / (WEEK_DAYS - day))
        left = left - today
        days.append(today)
    spread: Integers = np.stack(days, axis=-2)
    return spread.reshape(*cases.shape[:-2], -1, cases.shape[-1])
