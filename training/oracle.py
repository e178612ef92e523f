"""The oracle: true probabilities of a hazard in the simulated province, given all that has happened by an issue time.

One-day weather is known in closed form, storms averaged over their tracks; everything else is run forward from the true
state in many futures. Diseases start from hidden states (infected ponds, hidden pressure) that no report shows: there
the truth is a bound that nobody can reach, and the observable ceiling stands beside it.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.local_days import day_numbers, moments
from features.periods import Periods
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.exceedance import CLOSED_FORM, not_above
from features.sources.simulated.exceedance_in_water import (
    SENSORS,
    bay_futures,
    highest_reading_chances,
    lowest_reading_chances,
    pond_futures,
)
from features.sources.simulated.exceedance_of_dengue import week_chances
from features.sources.simulated.exceedance_of_disease import confirmed_chances, mass_death_chances, sample_chances
from features.sources.simulated.exceedance_on_land import slide_chances, stage_chances
from features.sources.simulated.futures import Futures
from features.sources.simulated.martingale import HORIZON_DAYS
from features.sources.simulated.months import DAILY
from features.sources.simulated.stretches import any_day, halves, in_periods
from features.sources.simulated.world import EVENT_KINDS, PATHOGENS
from models.hazard import Hazard
from models.targets import Highest, Lowest, Spell, Target, Total
from training.achievable import Truth

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SAMPLES = 120
_SAMPLES_TAKEN = ("harmful_algae", "saxitoxin")
_DENGUE = "dengue_cases_of_week"
HIDDEN = (*PATHOGENS, *EVENT_KINDS, *_SAMPLES_TAKEN, _DENGUE)
_OF_PONDS = (*PATHOGENS, "pond_temperature", "pond_salinity")
_OF_DAYS = (Highest, Lowest, Total, Spell)
_AT_LEAST: Mapping[str, type[Target]] = dict.fromkeys(("landslides", *PATHOGENS, *EVENT_KINDS), Total) | dict.fromkeys(
    ("river_stage", *_SAMPLES_TAKEN, *SENSORS, _DENGUE), Highest
)
_CHUNK = 4800
_ROUNDING = 0.05


def oracle(
    hazard: Hazard,
    province: SimulatedProvince,
    issue_times: pd.DatetimeIndex,
    *,
    samples: int = SAMPLES,
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Truth:
    """True probabilities at issue times, in the two half-samples of the Monte Carlo.

    Args:
        hazard: what is asked; its target, periods and `where` count.
        province: the simulated province.
        issue_times: moments with a time zone, from the second day of the province to its end.
        samples: futures drawn at each issue time, even.
        seed: of the futures.
        progress: is told how many issue times are done, of how many.

    Raises:
        HaidangError: if an issue time lies outside the province, or the law of the hazard's variable is not known.
    """
    times = moments(issue_times)
    world = province.world
    days = day_numbers(times, province.zone) - int(world.dates[0].astype(np.int64))
    outside = (days < 1) | (days + hazard.periods.reach >= len(world.dates))
    if outside.any():
        raise HaidangError(
            f"{times[outside][0]} cannot be asked: the simulated province knows the truth from "
            f"{world.dates[1]} to {world.dates[-1 - hazard.periods.reach]}"
        )
    climate = world.climate.at(world.pond_positions) if hazard.target.variable in _OF_PONDS else world.climate
    futures = Futures(climate, seed, samples)
    step = max(1, _CHUNK // samples)
    found = []
    with threadpool_limits(limits=1, user_api="blas"):
        for first in range(0, len(days), step):
            found.append(_true(hazard, province, futures, days[first : first + step]))
            progress(min(first + step, len(days)), len(days))
    chosen = province.sites.having(hazard.where)
    codes = np.array(province.sites.codes, dtype=object)[chosen]
    index = pd.MultiIndex.from_product([times, codes, hazard.periods.numbers], names=["issue_time", "site", "period"])
    halves = np.concatenate(found, axis=1)[:, :, :, chosen].swapaxes(2, 3).reshape(2, len(index), -1)
    return Truth(*(pd.DataFrame(half, index, list(hazard.target.cuts)) for half in halves))


def _true(hazard: Hazard, province: SimulatedProvince, futures: Futures, issue_days: Integers) -> Floats:
    """True probabilities at some issue days, shape (half, issue, period, site, cut)."""
    periods, target = hazard.periods, hazard.target
    variable, cuts = target.variable, target.cuts
    upward, of_spells = target.sense == "at_least", isinstance(target, Spell)
    if type(target) not in _OF_DAYS or type(periods) is not Periods:
        raise _unknown(hazard)
    if variable in CLOSED_FORM and periods.days == 1 and periods.reach <= HORIZON_DAYS and not of_spells:
        if upward:
            return CLOSED_FORM[variable](futures, issue_days, periods.leads, cuts)
        return not_above(variable, futures, issue_days, periods.leads, cuts)
    if variable in DAILY:
        _, ahead = DAILY[variable]
        days = in_periods(ahead(futures, issue_days, periods.reach)[:, :, 1:], periods)
        outcome = target.of_period(np.moveaxis(days, -2, -1))
        reached = target.severity(outcome)[..., None] >= np.asarray(target.severity_cuts) - _ROUNDING
        return halves(reached.astype(float))
    asked_of = _AT_LEAST.get(variable) if upward else Lowest
    if of_spells or (periods.days > 1 and type(target) is not asked_of):
        raise _unknown(hazard)
    if variable in SENSORS:
        return _in_water(hazard, province, futures, issue_days)
    if upward:
        return _events(hazard, province, futures, issue_days)
    raise _unknown(hazard)


def _in_water(hazard: Hazard, province: SimulatedProvince, futures: Futures, issue_days: Integers) -> Floats:
    world, periods, target = province.world, hazard.periods, hazard.target
    part, noise = SENSORS[target.variable]
    if target.variable in _OF_PONDS:
        water, where = pond_futures(world, futures, issue_days, periods.reach), world.pond_positions
    else:
        (water, _), where = bay_futures(world, futures, issue_days, periods.reach), world.zone_positions
    chances = highest_reading_chances if target.sense == "at_least" else lowest_reading_chances
    ahead = getattr(water, part)[:, :, 1:]
    return _among(where, halves(chances(ahead, noise, periods, target.cuts)), len(province.sites))


def _events(hazard: Hazard, province: SimulatedProvince, futures: Futures, issue_days: Integers) -> Floats:
    """Counts of events and cases, stages and samples at or above the cuts."""
    world, periods, target = province.world, hazard.periods, hazard.target
    variable, reach, cuts = target.variable, periods.reach, target.cuts
    if variable == "landslides" and cuts == (1.0,):
        slides = slide_chances(futures, world.soil, issue_days, reach)
        return np.stack([halves(any_day(slides, periods))], axis=-1)
    if variable == "river_stage":
        known = futures, world.soil, world.rivers, world.flow, issue_days, reach
        return np.stack([halves(any_day(stage_chances(*known, cut), periods)) for cut in cuts], axis=-1)
    if variable == _DENGUE:
        return halves(week_chances(world, futures, issue_days, periods, cuts))
    asked = (world, futures, variable, issue_days, periods)
    if variable in PATHOGENS:
        return _among(world.pond_positions, halves(confirmed_chances(*asked, cuts)), len(province.sites))
    if variable in EVENT_KINDS and cuts == (1.0,):
        chances = np.stack([mass_death_chances(*asked)], axis=-1)
        return _among(world.zone_positions, halves(chances), len(province.sites))
    if variable in _SAMPLES_TAKEN:
        return _among(world.zone_positions, halves(sample_chances(*asked, cuts)), len(province.sites))
    raise _unknown(hazard)


def _unknown(hazard: Hazard) -> HaidangError:
    target = hazard.target
    return HaidangError(
        f"the simulated province has no oracle for {target.variable} {target.sense.replace('_', ' ')} {target.cuts} "
        f"({type(target).__name__}, {hazard.periods.days} d)"
    )


def _among(positions: Integers, of_some: Floats, n_sites: int) -> Floats:
    """Probabilities of some sites, shape (half, issue, period, some site, cut), among all; NaN elsewhere."""
    whole = np.full((*of_some.shape[:3], n_sites, of_some.shape[-1]), np.nan)
    whole[:, :, :, positions] = of_some
    return whole
