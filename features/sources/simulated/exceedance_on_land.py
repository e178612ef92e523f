"""True probabilities of floods and landslides: futures of rain run through the soil, each with its probability."""

import numpy as np

from features.sources.simulated.futures import Futures
from features.sources.simulated.hydrology import (
    Rivers,
    Soil,
    simulate_soil,
    slide_probability,
    stage,
    stage_exceedance,
)
from features.sources.simulated.laws import Array, Dates, Integers

_STAGE_STEP = 0.01


def slide_chances(futures: Futures, soil: Soil, issue_days: Integers, days: int) -> Array:
    """Probability of a landslide on each day ahead, given each future; shape (issue, sample, day 1 .. days, site)."""
    rain, ahead = _soil_ahead(futures, soil, issue_days, days)
    return slide_probability(rain, ahead.relative_wetness, futures.climate.sites)[..., 1:, :]


def stage_chances(
    futures: Futures, soil: Soil, rivers: Rivers, flow: Array, issue_days: Integers, days: int, cut: float
) -> Array:
    """Probability that the stage reaches a cut on each day ahead, given each future.

    Args:
        futures: of the weather.
        soil: of the past.
        rivers: which communes drain past which gauge.
        flow: of the past, mm/day, shape (day, gauge).
        issue_days: positions of days.
        days: how many days ahead.
        cut: m above alarm level I.

    Returns:
        Shape (issue, sample, day 1 .. days, site); NaN where there is no gauge.
    """
    _, ahead = _soil_ahead(futures, soil, issue_days, days)
    flows = rivers.flow(ahead.runoff, flow[issue_days - 1][:, None])
    found = np.full(ahead.runoff.shape, np.nan)
    found[..., rivers.gauges] = stage_exceedance(stage(flows), cut - _STAGE_STEP / 2)
    return found[..., 1:, :]


def _soil_ahead(futures: Futures, soil: Soil, issue_days: Integers, days: int) -> tuple[Array, Soil]:
    rain = futures.rain(issue_days, days)
    dates: Dates = futures.climate.dates[issue_days[:, None, None] + np.arange(1 + days)]
    return rain, simulate_soil(rain, dates, soil.wetness[issue_days][:, None])
