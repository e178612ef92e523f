"""The oracle: true probabilities of a hazard in the simulated province, given all that has happened by an issue time.

One-day weather is known in closed form, storms averaged over their tracks; everything else is run forward from the true
state in many futures. Diseases start from hidden states (infected ponds, hidden pressure) that no report shows: there
the truth is a bound that nobody can reach, and the observable ceiling stands beside it.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from features.errors import HaidangError
from features.local_days import day_numbers, moments
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.exceedance import CLOSED_FORM
from features.sources.simulated.exceedance_of_disease import confirmed_chances, mass_death_chances, sample_chances
from features.sources.simulated.exceedance_on_land import slide_chances, stage_chances
from features.sources.simulated.futures import Futures
from models.hazard import Hazard
from training.achievable import Truth

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
SAMPLES = 120
_PONDS = ("white_spot_onsets", "hepatopancreatic_necrosis_onsets")
_MASS_DEATHS = ("nervous_necrosis_events", "oyster_mortality_events")
_SAMPLES_TAKEN = ("harmful_algae", "saxitoxin")
HIDDEN = (*_PONDS, *_MASS_DEATHS, *_SAMPLES_TAKEN)
_CHUNK = 4800


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
    climate = world.climate.at(world.pond_positions) if hazard.target.variable in _PONDS else world.climate
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
    world, periods, target = province.world, hazard.periods, hazard.target
    variable, reach = target.variable, periods.reach
    if variable in CLOSED_FORM and periods.days == 1:
        return CLOSED_FORM[variable](futures, issue_days, periods.leads, target.cuts)
    if variable == "landslides" and target.cuts == (1.0,):
        slides = slide_chances(futures, world.soil, issue_days, reach)
        return np.stack([_halves(_in_period(slides, periods.days))], axis=-1)
    if variable == "river_stage":
        stages = (
            stage_chances(futures, world.soil, world.rivers, world.flow, issue_days, reach, cut) for cut in target.cuts
        )
        return np.stack([_halves(_in_period(chances, periods.days)) for chances in stages], axis=-1)
    asked = (world, futures, variable, issue_days, periods.days, periods.count)
    if variable in _PONDS:
        return _among(world.pond_positions, _halves(confirmed_chances(*asked, target.cuts)), len(province.sites))
    if variable in _MASS_DEATHS and target.cuts == (1.0,):
        chances = np.stack([mass_death_chances(*asked)], axis=-1)
        return _among(world.zone_positions, _halves(chances), len(province.sites))
    if variable in _SAMPLES_TAKEN:
        return _among(world.zone_positions, _halves(sample_chances(*asked, target.cuts)), len(province.sites))
    if variable in _SAMPLED:
        values = _by_period(_SAMPLED[variable](futures, issue_days, reach)[..., 1:, :], periods.days)
        outcome = target.of_period(np.moveaxis(values, -2, -1))
        return np.stack([_halves((outcome >= cut - _ROUNDING).astype(float)) for cut in target.cuts], axis=-1)
    raise HaidangError(f"the simulated province has no oracle for {variable} at cuts {target.cuts}")


_ROUNDING = 0.05
_SAMPLED: dict[str, Callable[[Futures, Integers, int], Floats]] = {
    "rain": Futures.rain,
    "air_temperature": Futures.air_temperature,
    "highest_air_temperature": Futures.highest_air_temperature,
    "wind_speed": Futures.wind,
}


def _by_period(values: Floats, days: int) -> Floats:
    """From (issue, sample, day, site) to (issue, sample, period, day, site)."""
    return values.reshape(*values.shape[:2], -1, days, values.shape[-1])


def _in_period(chances: Floats, days: int) -> Floats:
    """Probability of at least one event in each period, given each future; days are independent then."""
    at_least_one: Floats = 1 - np.prod(1 - _by_period(chances, days), axis=-2)
    return at_least_one


def _among(positions: Integers, of_some: Floats, n_sites: int) -> Floats:
    """Probabilities of some sites, shape (half, issue, period, some site, cut), among all; NaN elsewhere."""
    whole = np.full((*of_some.shape[:3], n_sites, of_some.shape[-1]), np.nan)
    whole[:, :, :, positions] = of_some
    return whole


def _halves(of_samples: Floats) -> Floats:
    """Means over each half of the samples, from (issue, sample, ...) to (half, issue, ...)."""
    n_issues, samples = of_samples.shape[:2]
    halves: Floats = of_samples.reshape(n_issues, 2, samples // 2, *of_samples.shape[2:]).mean(axis=2).swapaxes(0, 1)
    return halves
