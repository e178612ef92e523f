"""True probabilities of dengue: futures of the weather run through the chain of cases, from its hidden state.

The week in progress at the issue time counts as not yet known; the hidden level of the years and what the desks have
not told yet are known, so that no forecast can reach these probabilities.
"""

from collections.abc import Sequence

import numpy as np

from features.periods import Periods
from features.sources.simulated.chance import chance
from features.sources.simulated.dengue import PAST_WEEKS, RAIN_LAG_WEEKS, DengueFutures, WeeklyWeather, exceeding
from features.sources.simulated.dengue_reports import WEEK_DAYS
from features.sources.simulated.futures import Futures
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.world import World


def dengue_futures(world: World, futures: Futures, issue_days: Integers, days: int) -> tuple[DengueFutures, Integers]:
    """The weeks from the one of the issue day on that begin within some days of it.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        issue_days: positions of days.
        days: how many days after the issue day.

    Returns:
        The weeks, and the days of the issue day's week that are over before it, 0 .. 6, shape (issue,).
    """
    begun = (world.dates[issue_days] - world.dengue.mondays[0]).astype(np.int64)
    first, over = np.divmod(begun, WEEK_DAYS)
    weeks = 1 + (int(over.max()) + days) // WEEK_DAYS
    weather = _weather_ahead(world, futures, issue_days, first, over, weeks)
    random = chance(futures.seed, f"dengue {issue_days[0]}")
    return world.dengue.futures(first, weather, random), over


def week_chances(
    world: World, futures: Futures, issue_days: Integers, periods: Periods, cuts: Sequence[float]
) -> Array:
    """Probability that the largest count of the weeks that begin in a period reaches each cut, given each future.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        issue_days: positions of days.
        periods: the periods ahead.
        cuts: numbers of cases of a week.

    Returns:
        Shape (issue, sample, period, site, cut); NaN where no week begins in the period.
    """
    weeks, over = dengue_futures(world, futures, issue_days, periods.reach)
    issues, samples, _, n_sites = weeks.cases.shape
    found = np.full((issues, samples, periods.count, n_sites, len(cuts)), np.nan)
    for row, days_over in enumerate(over):
        for period, lead in enumerate(periods.leads):
            first, after = -(-(lead + days_over) // WEEK_DAYS), -(-(lead + periods.days + days_over) // WEEK_DAYS)
            if first == after:
                continue
            largest_before = weeks.cases[row, :, first : after - 1].max(axis=1, initial=0)
            for number, cut in enumerate(cuts):
                of_last = exceeding(weeks.expected[row, :, after - 1], cut)
                found[row, :, period, :, number] = np.where(largest_before >= cut, 1.0, of_last)
    return found


def _weather_ahead(
    world: World, futures: Futures, issue_days: Integers, first: Integers, over: Integers, weeks: int
) -> WeeklyWeather:
    """Weather by week, shape (issue, sample, 13 + week, site); NaN where it acts no sooner than after the last week."""
    acting = max(weeks - RAIN_LAG_WEEKS, 0)
    shape = (len(issue_days), futures.samples, PAST_WEEKS + weeks, len(world.sites))
    found = WeeklyWeather(np.full(shape, np.nan), np.full(shape, np.nan))
    past = first[:, None] + np.arange(PAST_WEEKS)
    for held, known in zip(found, world.weekly_weather, strict=True):
        held[:, :, :PAST_WEEKS] = known[past][:, None]
    if acting:
        days = max(acting * WEEK_DAYS - 1, 1)
        temperature, rain = futures.air_temperature(issue_days, days), futures.rain(issue_days, days)
        part = slice(PAST_WEEKS, PAST_WEEKS + acting)
        for row, (day, days_over) in enumerate(zip(issue_days, over, strict=True)):
            before = np.maximum(day - np.arange(days_over, 0, -1), 0)
            found.temperature[row, :, part] = _weekly(
                world.climate.air_temperature[before], temperature[row], acting
            ).mean(axis=2)
            found.rain[row, :, part] = _weekly(world.climate.rain[before], rain[row], acting).sum(axis=2)
    return found


def _weekly(before: Array, ahead: Array, weeks: int) -> Array:
    """The true days of the first week and the days that may follow, shape (sample, week, day, site)."""
    past = np.broadcast_to(before, (len(ahead), *before.shape))
    days = np.concatenate([past, ahead], axis=1)[:, : weeks * WEEK_DAYS]
    return days.reshape(len(ahead), weeks, WEEK_DAYS, -1)
