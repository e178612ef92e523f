"""True probabilities that a day's weather reaches a cut, in closed form given the storms.

Values are told in steps of 0.1 (water level: 0.01, thunder: 1), so that a cut is reached from half a step below it on,
and a value is at most a cut where it does not reach the cut one step higher. Storms are averaged over sampled tracks,
each sample's probability and not its event (Rao and Blackwell).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import ndtr

from features.sources.simulated.climate import RAIN, SPIN_UP_DAYS, STORM_WIND_NOISE, TEMPERATURE, WIND
from features.sources.simulated.futures import Futures
from features.sources.simulated.laws import Array, Floating, Integers
from features.sources.simulated.martingale import HORIZON_DAYS, Revelation, Scores
from features.sources.simulated.sea import highest_level, highest_tide, level_exceedance
from features.sources.simulated.thunder import CONVECTION, THUNDER, mixed

_STEP, _LEVEL_STEP = 0.1, 0.01
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(16)
_CHANCE = _WEIGHTS / _WEIGHTS.sum()

Exceedance = Callable[[Futures, Integers, Integers, Sequence[float]], Array]


def rain_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(rain of the day >= cut), shape (half, issue, lead, site, cut); leads up to 15 days."""
    climate = futures.climate
    forecast, error = _forecast(climate.rain_scores, RAIN, issue_days, leads)
    law = climate.rain_law.on(issue_days[:, None] + leads)
    found = _twice([ndtr((forecast - law.score(_reached(cut))) / error) for cut in cuts])
    for row, felt in futures.storms(issue_days, int(leads.max())):
        rain = felt.rain[:, leads]
        of_day = climate.rain_law.on(issue_days[row] + leads)
        for half, samples in enumerate(np.split(rain, 2)):
            stormy = samples[samples.max(axis=(1, 2)) > _STEP / 2].astype(float)
            calm = 1 - len(stormy) / len(samples)
            for k, cut in enumerate(cuts):
                reached = ndtr((forecast[row] - of_day.score(_reached(cut) - stormy)) / error)
                found[half, row, ..., k] = calm * found[half, row, ..., k] + reached.sum(axis=0) / len(samples)
    return found


def temperature_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(daily mean air temperature >= cut), shape (half, issue, lead, site, cut); leads up to 15 days."""
    forecast, error = _forecast(futures.climate.temperature_scores, TEMPERATURE, issue_days, leads)
    law = futures.climate.temperature_law.on(issue_days[:, None] + leads)
    return _twice([ndtr((forecast - law.score(_reached(cut))) / error) for cut in cuts])


def heat_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(highest air temperature of the day >= cut), shape (half, issue, lead, site, cut)."""
    rises = futures.climate.temperature_law.on(issue_days[:, None] + leads).highest_above_mean
    return _under_the_sky(futures, issue_days, leads, cuts, rises)


def night_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(lowest air temperature of the day >= cut), shape (half, issue, lead, site, cut)."""
    falls = futures.climate.temperature_law.on(issue_days[:, None] + leads).lowest_below_mean
    return _under_the_sky(futures, issue_days, leads, cuts, lambda sky: -falls(sky))


def _under_the_sky(
    futures: Futures,
    issue_days: Integers,
    leads: Integers,
    cuts: Sequence[float],
    above_mean: Callable[[Floating], Array],
) -> Array:
    """P(temperature >= cut) that departs from the daily mean by how open the sky is: quadrature (Gauss, Hermite)."""
    climate = futures.climate
    forecast, error = _forecast(climate.temperature_scores, TEMPERATURE, issue_days, leads)
    sky, sky_error = _forecast(climate.rain_scores, RAIN, issue_days, leads)
    law = climate.temperature_law.on(issue_days[:, None] + leads)
    found = [np.zeros(forecast.shape) for _ in cuts]
    for node, weight in zip(_NODES, _CHANCE, strict=True):
        above = above_mean(sky + node * sky_error)
        for held, cut in zip(found, cuts, strict=True):
            held += weight * ndtr((forecast - law.score(_reached(cut) - above)) / error)
    return _twice(found)


def thunder_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(days with thunder, 0 or 1 of one day, >= cut), shape (half, issue, lead, site, cut)."""
    climate = futures.climate
    known = (
        (climate.rain_scores, RAIN), (climate.temperature_scores, TEMPERATURE), (climate.convection_scores, CONVECTION)
    )  # fmt: skip
    forecasts, errors = zip(*(_forecast(*field, issue_days, leads) for field in known), strict=True)
    error = np.sqrt(mixed(THUNDER**2, *(error**2 for error in errors)))
    thunders = ndtr((mixed(THUNDER, *forecasts) - climate.thunder_law.on(issue_days[:, None] + leads).least) / error)
    return _twice([np.where(cut > 0, thunders, 1.0) * (cut <= 1) for cut in cuts])


def wind_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(highest wind of the day >= cut), shape (half, issue, lead, site, cut)."""
    climate = futures.climate
    forecast, error = _forecast(climate.wind_scores, WIND, issue_days, leads)
    law = climate.wind_law.on(issue_days[:, None] + leads)
    below = _twice([ndtr((law.score(_reached(cut)) - forecast) / error) for cut in cuts])
    for row, felt in futures.storms(issue_days, int(leads.max())):
        for half, wind in enumerate(np.split(np.maximum(felt.wind[:, leads], 1e-6), 2)):
            for k, cut in enumerate(cuts):
                below[half, row, ..., k] *= ndtr(np.log(_reached(cut) / wind) / STORM_WIND_NOISE).mean(axis=0)
    return 1 - below


def water_level_exceedance(futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(highest water level of the day >= cut), shape (half, issue, lead, site, cut); NaN away from the coast."""
    climate = futures.climate
    tide = highest_tide(climate.dates)
    shore = climate.terrain.coastal
    found = np.full((2, len(issue_days), len(leads), len(climate.sites), len(cuts)), np.nan)
    steps = [cut - _LEVEL_STEP / 2 for cut in cuts]
    still = tide[issue_days[:, None] + leads].max(axis=-1)
    found[..., shore, :] = np.stack([level_exceedance(still, cut) for cut in steps], axis=-1)[:, :, None]
    for row, felt in futures.storms(issue_days, int(leads.max())):
        level = highest_level(tide[issue_days[row] + leads], felt.surge[:, leads])
        for half, samples in enumerate(np.split(level, 2)):
            reached = [level_exceedance(samples, cut).mean(axis=0) for cut in steps]
            found[half, row][:, shore] = np.stack(reached, axis=-1)
    return found


CLOSED_FORM: Mapping[str, Exceedance] = {
    "rain": rain_exceedance,
    "air_temperature": temperature_exceedance,
    "highest_air_temperature": heat_exceedance,
    "lowest_air_temperature": night_exceedance,
    "thunderstorm_days": thunder_exceedance,
    "wind_speed": wind_exceedance,
    "water_level": water_level_exceedance,
}

_STEPS: Mapping[str, float] = {"water_level": _LEVEL_STEP, "thunderstorm_days": 1.0}


def not_above(variable: str, futures: Futures, issue_days: Integers, leads: Integers, cuts: Sequence[float]) -> Array:
    """P(value of the day <= cut), shape (half, issue, lead, site, cut), of a variable with a closed form."""
    next_higher = [cut + _STEPS.get(variable, _STEP) for cut in cuts]
    return 1 - CLOSED_FORM[variable](futures, issue_days, leads, next_higher)


def _forecast(drawn: Scores, field: Revelation, issue_days: Integers, leads: Integers) -> tuple[Scores, Array]:
    """The forecast score, shape (issue, lead, site), and the deviation of its error, shape (lead, 1)."""
    if leads.max() > HORIZON_DAYS:
        raise ValueError(f"runs reach {HORIZON_DAYS} days, not {leads.max()}")
    return drawn[issue_days[:, None] + SPIN_UP_DAYS, leads], field.skill.errors[leads][:, None]


def _reached(cut: float) -> Array:
    return np.asarray(cut - _STEP / 2)


def _twice(by_cut: list[Array]) -> Array:
    """Both halves alike, the cuts on the last axis."""
    once = np.stack(by_cut, axis=-1)
    return np.stack([once, once])
