"""True probabilities of diseases, mass deaths and toxin: futures of weather and water run from the hidden states.

The states are known to nobody in the province (infected ponds, hidden pressure, algae under cloud), so that these
probabilities are a bound that no forecast can reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from features.periods import Periods
from features.sources.simulated.algae import RUNOFF_DAYS, Algae
from features.sources.simulated.chance import chance
from features.sources.simulated.confirmation import exceedance_of_confirmed
from features.sources.simulated.event_kinds import PAST_DAYS
from features.sources.simulated.exceedance_in_water import bay_futures, pond_futures
from features.sources.simulated.futures import Futures
from features.sources.simulated.laws import Array, Integers
from features.sources.simulated.pathogens import WEEK_DAYS
from features.sources.simulated.sea_watch import COUNTING_ERROR
from features.sources.simulated.stretches import in_periods
from features.sources.simulated.water import Water
from features.sources.simulated.world import DAILY_MEAN_WIND, World


def confirmed_chances(
    world: World, futures: Futures, variable: str, issue_days: Integers, periods: Periods, cuts: Sequence[float]
) -> Array:
    """Probability that confirmed onsets of a period reach each cut, given each future.

    Args:
        world: what happened.
        futures: of the weather at the pond sites.
        variable: that counts the confirmed onsets.
        issue_days: positions of days.
        periods: the periods ahead.
        cuts: numbers of onsets.

    Returns:
        Shape (issue, sample, period, pond site, cut).
    """
    water = pond_futures(world, futures, issue_days, periods.reach)
    weeks = _with_days_before(world.ponds, issue_days, WEEK_DAYS, water)
    random = chance(futures.seed, f"{variable} {issue_days[0]}")
    onsets = world.epidemics[variable].futures(issue_days, weeks, random)[..., 1:, :]
    return exceedance_of_confirmed(in_periods(onsets, periods).sum(axis=3), cuts)


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
    water, runoff = bay_futures(world, futures, issue_days, days)
    wind = DAILY_MEAN_WIND * futures.wind(issue_days, days)[..., world.zone_positions]
    random = chance(futures.seed, f"algae {issue_days[0]}")
    before = _days_before(world.shore_runoff, issue_days, RUNOFF_DAYS, runoff)
    algae = world.algae.futures(issue_days, water.temperature, before, wind, random)
    return Seas(_with_days_before(world.bay, issue_days, PAST_DAYS, water), algae)


def mass_death_chances(world: World, futures: Futures, variable: str, issue_days: Integers, periods: Periods) -> Array:
    """Probability of a mass death in a period, given each future, shape (issue, sample, period, zone).

    Args:
        world: what happened.
        futures: of the weather at all sites.
        variable: that counts the events.
        issue_days: positions of days.
        periods: the periods ahead.
    """
    seas = sea_futures(world, futures, issue_days, periods.reach)
    bloom = _days_before(world.algae.bloom, issue_days, PAST_DAYS, seas.algae.bloom)
    random = chance(futures.seed, f"{variable} {issue_days[0]}")
    events = world.mass_deaths[variable].futures(issue_days, seas.water, bloom, random)
    return np.stack([events.any_event(first, first + periods.days) for first in periods.leads], axis=2)


def sample_chances(
    world: World, futures: Futures, variable: str, issue_days: Integers, periods: Periods, cuts: Sequence[float]
) -> Array:
    """Probability that a sample taken on some day of a period reaches each cut, given each future.

    Nobody knows yet on which day it will be taken; each is taken for equally likely.

    Args:
        world: what happened.
        futures: of the weather at all sites.
        variable: harmful_algae (counted with an error) or saxitoxin.
        issue_days: positions of days.
        periods: the periods ahead.
        cuts: in the variable's unit.

    Returns:
        Shape (issue, sample, period, zone, cut).
    """
    algae = sea_futures(world, futures, issue_days, periods.reach).algae
    if variable == "saxitoxin":
        reached = [(algae.toxin >= cut).astype(float) for cut in cuts]
    else:
        reached = [ndtr(np.log(algae.cells / cut) / COUNTING_ERROR) for cut in cuts]
    found: Array = in_periods(np.stack(reached, axis=-1)[:, :, 1:], periods).mean(axis=3)
    return found


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
