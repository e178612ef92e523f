"""True probabilities of diseases, mass deaths and toxin: futures of weather and water run from the hidden states.

The states are known to nobody in the province (infected ponds, hidden pressure, algae under cloud), so that these
probabilities are a bound that no forecast can reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from features.sources.simulated.algae import RUNOFF_DAYS, Algae
from features.sources.simulated.chance import chance
from features.sources.simulated.confirmation import exceedance_of_confirmed
from features.sources.simulated.event_kinds import PAST_DAYS
from features.sources.simulated.futures import Futures
from features.sources.simulated.hydrology import simulate_soil
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.pathogens import WEEK_DAYS
from features.sources.simulated.sea_watch import COUNTING_ERROR
from features.sources.simulated.water import Water, simulate_bay_water, simulate_pond_water
from features.sources.simulated.world import DAILY_MEAN_WIND, World


def confirmed_chances(
    world: World, futures: Futures, variable: str, issue_days: Integers, days: int, count: int, cuts: Sequence[float]
) -> Array:
    """Probability that confirmed onsets of a period reach each cut, given each future.

    Args:
        world: what happened.
        futures: of the weather at the pond sites.
        variable: that counts the confirmed onsets.
        issue_days: positions of days.
        days: length of each period.
        count: how many periods there are, from the day after the issue day on.
        cuts: numbers of onsets.

    Returns:
        Shape (issue, sample, period, pond site, cut).
    """
    reach = days * count
    water = _pond_water(world, futures, issue_days, reach)
    random = chance(futures.seed, f"{variable} {issue_days[0]}")
    onsets = world.epidemics[variable].futures(issue_days, water, random)[..., 1:, :]
    totals = onsets.reshape(*onsets.shape[:2], count, days, -1).sum(axis=3)
    return exceedance_of_confirmed(totals, cuts)


@dataclass(frozen=True)
class Seas:
    """Futures of the farming zones, day 0 being the issue day.

    Attributes:
        water: shape (issue, sample, 21 + 1 + days, zone), the true three weeks before the issue day first.
        algae: shape (issue, sample, 1 + days, zone).
    """

    water: Water
    algae: Algae


def sea_futures(world: World, futures: Futures, issue_days: Integers, days: int) -> Seas:
    """Water and algae of the farming zones as they may come.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        issue_days: positions of days.
        days: how many days ahead.
    """
    zones = world.zone_positions
    rain = futures.rain(issue_days, days)
    dates = world.dates[issue_days[:, None, None] + np.arange(1 + days)]
    soil = simulate_soil(rain, dates, world.soil.wetness[issue_days][:, None])
    flow = world.rivers.flow(soil.runoff, world.flow[issue_days - 1][:, None])
    runoff = world.rivers.onto_shores(flow)[..., zones]
    air = futures.air_temperature(issue_days, days)[..., zones]
    wind = DAILY_MEAN_WIND * futures.wind(issue_days, days)[..., zones]
    start = Water(*(held[issue_days - 1][:, None] for held in (world.bay.temperature, world.bay.salinity)))
    water = simulate_bay_water(world.zone_sites, air, runoff, start)
    random = chance(futures.seed, f"algae {issue_days[0]}")
    before = _days_before(world.shore_runoff, issue_days, RUNOFF_DAYS, runoff)
    algae = world.algae.futures(issue_days, water.temperature, before, wind, random)
    return Seas(_with_days_before(world.bay, issue_days, PAST_DAYS, water), algae)


def mass_death_chances(
    world: World, futures: Futures, variable: str, issue_days: Integers, days: int, count: int
) -> Array:
    """Probability of a mass death in a period, given each future, shape (issue, sample, period, zone).

    Args:
        world: what happened.
        futures: of the weather at all sites.
        variable: that counts the events.
        issue_days: positions of days.
        days: length of each period.
        count: how many periods there are, from the day after the issue day on.
    """
    seas = sea_futures(world, futures, issue_days, days * count)
    bloom = _days_before(world.algae.bloom, issue_days, PAST_DAYS, seas.algae.bloom)
    random = chance(futures.seed, f"{variable} {issue_days[0]}")
    events = world.mass_deaths[variable].futures(issue_days, seas.water, bloom, random)
    firsts = range(1, 1 + days * count, days)
    return np.stack([events.any_event(first, first + days) for first in firsts], axis=2)


def sample_chances(
    world: World, futures: Futures, variable: str, issue_days: Integers, days: int, count: int, cuts: Sequence[float]
) -> Array:
    """Probability that a sample taken on some day of a period reaches each cut, given each future.

    Nobody knows yet on which day it will be taken; each is taken for equally likely.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        variable: harmful_algae (counted with an error) or saxitoxin.
        issue_days: positions of days.
        days: length of each period.
        count: how many periods there are, from the day after the issue day on.
        cuts: in the variable's unit.

    Returns:
        Shape (issue, sample, period, zone, cut).
    """
    algae = sea_futures(world, futures, issue_days, days * count).algae
    if variable == "saxitoxin":
        reached = [(algae.toxin >= cut).astype(float) for cut in cuts]
    else:
        reached = [ndtr(np.log(algae.cells / cut) / COUNTING_ERROR) for cut in cuts]
    by_day = np.stack(reached, axis=-1)[:, :, 1:]
    found: Array = by_day.reshape(*by_day.shape[:2], count, days, *by_day.shape[3:]).mean(axis=3)
    return found


def _pond_water(world: World, futures: Futures, issue_days: Integers, days: int) -> Water:
    """Shape (issue, sample, 7 + 1 + days, pond site), the true week before the issue day first."""
    air, rain = futures.air_temperature(issue_days, days), futures.rain(issue_days, days)
    start = Water(*(held[issue_days - 1][:, None] for held in (world.ponds.temperature, world.ponds.salinity)))
    return _with_days_before(
        world.ponds, issue_days, WEEK_DAYS, simulate_pond_water(world.pond_sites, air, rain, start)
    )


def _with_days_before(history: Water, issue_days: Integers, days: int, water: Water) -> Water:
    return Water(
        _days_before(history.temperature, issue_days, days, water.temperature),
        _days_before(history.salinity, issue_days, days, water.salinity),
    )


def _days_before(history: np.ndarray, issue_days: Integers, days: int, future: np.ndarray) -> np.ndarray:
    """Puts the true days before each issue day in front of its futures, shape (issue, sample, days + day, site)."""
    past = history[np.maximum(issue_days[:, None] - np.arange(days, 0, -1), 0)][:, None]
    shape = (*future.shape[:2], days, future.shape[-1])
    return np.concatenate([np.broadcast_to(past, shape), future], axis=2)
