"""Epidemics of shrimp ponds: one stochastic law makes the history and, from its true state, the futures.

A pond is susceptible, exposed, infectious or removed; ponds well protected are not counted. Diseases run independently
of each other, each in compartments of its own: a pond emptied by one may still fall ill with another, which is rare
enough to be left so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.sites import Sites
from features.sources.simulated.chance import chance
from features.sources.simulated.crops import Crops, harvested, plan_crops
from features.sources.simulated.laws import Array, Dates, Integers
from features.sources.simulated.pathogens import WEEK_DAYS, Pathogen
from features.sources.simulated.water import Water, with_days_before

_NEIGHBOUR_KM = 9.0


class Ponds(NamedTuple):
    """All that the next day depends on but water and the stocking plan, as a day begins; shape (..., site).

    Attributes:
        susceptible: ponds that stand and are healthy.
        exposed: ponds infected but not yet ill.
        infectious: ponds ill and not yet emptied.
        walk: hidden pressure of each commune, of the day before.
        year_level: hidden level of the year, the same in all communes.
    """

    susceptible: Integers
    exposed: Integers
    infectious: Integers
    walk: Array
    year_level: Array

    @property
    def standing(self) -> Integers:
        """Ponds with shrimp in them."""
        return self.susceptible + self.exposed + self.infectious


@dataclass(frozen=True)
class Epidemic:
    """The history of one disease.

    Attributes:
        pathogen: what spread.
        sites: communes with ponds.
        dates: shape (day,).
        crops: the stocking plan, known one year beyond the dates.
        ponds: the state that each day began with, shape (day, site).
        onsets: ponds that fell ill on each day, shape (day, site).
    """

    pathogen: Pathogen
    sites: Sites
    dates: Dates
    crops: Crops
    ponds: Ponds
    onsets: Integers

    def futures(self, issue_days: Integers, water: Water, random: np.random.Generator) -> npt.NDArray[np.int32]:
        """Onsets as they may come, each sample from the true state that the issue day begins with.

        The stocking plan holds; the hidden pressure goes on by chance, and a new year draws its level anew.

        Args:
            issue_days: positions of the first future days, shape (issue,).
            water: sampled, shape (issue, sample, 7 + day, site): the true week before the issue day, then the future.
            random: source of the chance.

        Returns:
            Shape (issue, sample, day, site); day 0 is the issue day.
        """
        issues, samples, days, sites = water.temperature.shape
        shape = (issues, samples, sites)
        start = Ponds._make(np.broadcast_to(held[issue_days, None], shape) for held in self.ponds)
        dates = self.dates[issue_days, None, None] + np.arange(days - WEEK_DAYS)
        course = _course(self.pathogen, self.sites, self.crops, start, water, dates, random)
        onsets = np.empty((issues, samples, days - WEEK_DAYS, sites), np.int32)
        for day, (_, fallen_ill) in enumerate(course):
            onsets[..., day, :] = fallen_ill
        return onsets


def simulate_epidemic(pathogen: Pathogen, sites: Sites, water: Water, dates: Dates, seed: int) -> Epidemic:
    """Simulates one disease over consecutive days that begin between two crops.

    Args:
        pathogen: what spreads.
        sites: communes with ponds; attribute shrimp_ponds is read.
        water: pond water, shape (day, site).
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal epidemics, and equal stocking plans for all diseases.
    """
    random = chance(seed, pathogen.name)
    crops = plan_crops(sites, dates, seed)
    none = np.zeros(len(sites), np.int64)
    level = np.full(len(sites), pathogen.year_deviation * random.standard_normal())
    start = Ponds(none, none, none, pathogen.hidden.begin(random, none.shape), level)
    course = list(_course(pathogen, sites, crops, start, with_days_before(water, WEEK_DAYS), dates, random))
    states, onsets = zip(*course, strict=True)
    return Epidemic(
        pathogen, sites, dates, crops, Ponds._make(map(np.stack, zip(*states, strict=True))), np.stack(onsets)
    )


def _course(
    pathogen: Pathogen,
    sites: Sites,
    crops: Crops,
    state: Ponds,
    water: Water,
    dates: Dates,
    random: np.random.Generator,
) -> Iterator[tuple[Ponds, Integers]]:
    """The law: yields the state that each day begins with and the day's onsets, shape (..., site).

    Water has shape (..., 7 + day, site), dates (..., day).
    """
    nearness = np.exp(-sites.distances_km / _NEIGHBOUR_KM)
    np.fill_diagonal(nearness, 0.0)
    becomes_infectious = -np.expm1(-1 / pathogen.exposed_days)
    is_removed = -np.expm1(-1 / pathogen.infectious_days)
    age = crops.age(dates)
    stocked, leaving = crops.stocked(age), harvested(age)
    new_year = dates == dates.astype("datetime64[Y]")
    for day in range(dates.shape[-1]):
        level = pathogen.year_deviation * random.standard_normal((*state.walk.shape[:-1], 1))
        level = np.where(new_year[..., day, None], level, state.year_level)
        walk = pathogen.hidden.step(random, state.walk)
        susceptible, exposed, infectious = (
            held - random.binomial(held, leaving[..., day, :])
            for held in (state.susceptible + stocked[..., day, :], state.exposed, state.infectious)
        )
        ill = infectious / crops.ponds
        contact = pathogen.within * ill + pathogen.between * ill @ nearness + pathogen.from_outside
        stress = pathogen.stress(water.days(day, day + WEEK_DAYS + 1), age[..., day, :])
        infected = random.binomial(susceptible, -np.expm1(-contact * np.exp(stress + walk + level)))
        onsets = random.binomial(exposed, becomes_infectious)
        removed = random.binomial(infectious, is_removed)
        yield state, onsets
        state = Ponds(susceptible - infected, exposed + infected - onsets, infectious + onsets - removed, walk, level)
