"""Algae of the bays and the toxin they leave in shellfish: one stochastic law for the history and for its futures.

Chlorophyll grows after runoff, in calm weather, at the temperature that the group of the season likes best, and is
damped towards a resting level. In spring and in November the group that blooms makes saxitoxin. Blooms of Hạ Long were
seen in April, May, July, August and November. The rates are set so that chlorophyll is in bloom on 2 to 5 % of
zone-days and the toxin is above 80 ug per 100 g, the limit of Codex STAN 292-2008, in 1 to 3 % of zone-weeks.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.sites import Sites
from features.sources.simulated.chance import Walk, chance
from features.sources.simulated.laws import Array, Dates, Integers, year_fraction

RUNOFF_DAYS = 10

_GROUPS = ((120.0, 23.0, 0.78), (212.0, 28.0, 0.46), (319.0, 23.0, 0.68))
_TOXIC = (0, 2)
_TEMPERATURE_WIDTH, _SEASON_DAYS = 5.0, 35.0
_LOSS, _RESPONSE = 0.25, 0.5
_BACKGROUND, _HALF_SATURATION = 0.8, 1.2
_CALM_BELOW, _CALM_WIDTH, _ROUGH_GROWTH = 4.0, 0.7, 0.3
_RESTING, _DAMPING, _NOISE = np.log(12.0), 0.05, 0.18
_COMPOSITION = Walk(persistence=0.95, deviation=0.8)
_CELLS_AT_REST, _CELLS_RISE, _CELLS_PRESENT = 500.0, 1.2, 0.01
_TOXIN_PER_CELL, _TOXIN_DAYS = 0.01, 6.0
_BLOOM_MG_M3 = 11.0


class Plankton(NamedTuple):
    """All that the next day depends on but temperature, runoff and wind, as a day begins; shape (..., site).

    Attributes:
        log_chlorophyll: of the day before, chlorophyll in mg/m^3.
        composition: hidden abundance of the toxic group for its chlorophyll, on a log scale.
        toxin: of the day before, ug per 100 g.
    """

    log_chlorophyll: Array
    composition: Array
    toxin: Array


@dataclass(frozen=True)
class Algae:
    """What is in the water and in the shellfish, shape (..., day, site).

    Attributes:
        chlorophyll: mg/m^3.
        cells: of the toxic group, count/L.
        toxin: saxitoxin equivalents in shellfish, ug per 100 g.
    """

    chlorophyll: Array
    cells: Array
    toxin: Array

    @property
    def bloom(self) -> npt.NDArray[np.bool_]:
        """Whether chlorophyll is above 11 mg/m^3."""
        return self.chlorophyll > _BLOOM_MG_M3


@dataclass(frozen=True)
class AlgaeHistory(Algae):
    """Algae as they were, shape (day, site), and what is needed to go on from any day.

    Attributes:
        dates: shape (day,).
        plankton: the state that each day began with, shape (day, site).
    """

    dates: Dates
    plankton: Plankton

    def futures(
        self, issue_days: Integers, temperature: Array, runoff: Array, wind: Array, random: np.random.Generator
    ) -> Algae:
        """Algae as they may come, each sample from the true state that the issue day begins with.

        Args:
            issue_days: positions of the first future days, shape (issue,).
            temperature: of the bay, degC, shape (issue, sample, day, site).
            runoff: mm/day, shape (issue, sample, 10 + day, site): the true days before the issue day, then the future.
            wind: daily mean, m/s, shape (issue, sample, day, site).
            random: source of the chance.

        Returns:
            Shape (issue, sample, day, site); day 0 is the issue day.
        """
        issues, samples, days, sites = temperature.shape
        shape = (issues, samples, sites)
        start = Plankton._make(np.broadcast_to(held[issue_days, None], shape) for held in self.plankton)
        dates = self.dates[issue_days, None, None] + np.arange(days)
        paths = Algae(*(np.empty(temperature.shape) for _ in range(3)))
        for day, (_, today) in enumerate(_course(start, temperature, runoff, wind, dates, random)):
            paths.chlorophyll[..., day, :], paths.cells[..., day, :], paths.toxin[..., day, :] = today
        return paths


def simulate_algae(
    sites: Sites, temperature: Array, runoff: Array, wind: Array, dates: Dates, seed: int
) -> AlgaeHistory:
    """Simulates the algae of consecutive days.

    Args:
        sites: farming zones.
        temperature: of the bay, degC, shape (day, site).
        runoff: mm/day from the land that drains to the site, shape (day, site).
        wind: daily mean, m/s, shape (day, site).
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal algae.
    """
    random = chance(seed, "algae")
    clean = np.zeros(len(sites))
    start = Plankton(clean, _COMPOSITION.begin(random, clean.shape), clean)
    before = np.repeat(runoff[:1], RUNOFF_DAYS, axis=0)
    course = list(_course(start, temperature, np.concatenate([before, runoff]), wind, dates, random))
    states, days = zip(*course, strict=True)
    plankton = Plankton._make(map(np.stack, zip(*states, strict=True)))
    chlorophyll, cells, toxin = map(np.stack, zip(*days, strict=True))
    return AlgaeHistory(chlorophyll, cells, toxin, dates, plankton)


def _course(
    state: Plankton, temperature: Array, runoff: Array, wind: Array, dates: Dates, random: np.random.Generator
) -> Iterator[tuple[Plankton, tuple[Array, Array, Array]]]:
    """The law: yields the state that each day begins with, and its chlorophyll, cells and toxin, shape (..., site)."""
    fraction = year_fraction(dates)[..., None]
    for day in range(dates.shape[-1]):
        liked = [_liked(group, temperature[..., day, :], fraction[..., day, :]) for group in _GROUPS]
        nutrients = _BACKGROUND + runoff[..., day : day + RUNOFF_DAYS - 2, :].mean(axis=-2)
        fed = nutrients / (nutrients + _HALF_SATURATION)
        calm = _ROUGH_GROWTH + (1 - _ROUGH_GROWTH) / (1 + np.exp((wind[..., day, :] - _CALM_BELOW) / _CALM_WIDTH))
        growth = _RESPONSE * (np.maximum.reduce(liked) * fed * calm - _LOSS)
        damping = _DAMPING * (_RESTING - state.log_chlorophyll)
        chlorophyll = state.log_chlorophyll + growth + damping + _NOISE * random.standard_normal(state.toxin.shape)
        composition = _COMPOSITION.step(random, state.composition)
        present = _CELLS_PRESENT + np.maximum.reduce([liked[group] for group in _TOXIC])
        cells = _CELLS_AT_REST * present * np.exp(_CELLS_RISE * chlorophyll + composition)
        toxin = state.toxin + (_TOXIN_PER_CELL * cells - state.toxin) / _TOXIN_DAYS
        yield state, (np.exp(chlorophyll), cells, toxin)
        state = Plankton(chlorophyll, composition, toxin)


def _liked(group: tuple[float, float, float], temperature: Array, fraction: Array) -> Array:
    """How fast a group would grow at this temperature and season, 1/day, in calm water full of nutrients."""
    day, best, growth = group
    season = np.exp(-(((365 * fraction - day) / _SEASON_DAYS) ** 2))
    liked: Array = growth * season * np.exp(-(((temperature - best) / _TEMPERATURE_WIDTH) ** 2))
    return liked
