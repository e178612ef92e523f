"""Dengue in the communes, week by week: one stochastic law makes the history and, from its true state, the futures.

Cases of a week come from those of the last three weeks, one to three weeks being what lies between two cases in warm
weather (incubation of six days in people and six to fifteen in the mosquito: Chan and Johansson 2012,
doi:10.1371/journal.pone.0050972), from communes near by, and from outside the province. How many each causes rises by
13 % a degree of the temperature of eight to ten weeks ago, as at Hà Nội, with the rain of one to three months ago and
with the season of the mosquito; it falls with the share of people who are immune, and has a hidden level of the years:
which serotype goes round. Counts are negative binomial; the frame is that of Held et al. 2005,
doi:10.1191/1471082X05st098oa.

In South-East Asia 7.6 people fall ill for each case reported (Undurraga et al. 2013, doi:10.1371/journal.pntd.0002056)
and three in four infections are silent (Bhatt et al. 2013, doi:10.1038/nature12060), which makes thirty infections;
they count twice, since cases crowd in parts of a commune, an estimate. The other numbers are set so that cases are as
many, as seasonal and as unequal from year to year as in Quảng Ninh 1994-2010: 18 a year per 100,000, most in September
to November, a third of all in the worst of seventeen years (OpenDengue).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.stats import nbinom

from features.sites import Sites
from features.sources.simulated.chance import Walk, chance
from features.sources.simulated.laws import Array, Dates, Integers, year_fraction

PAST_WEEKS = 13
RAIN_LAG_WEEKS = 4
_WARMTH_WEEKS, _RAIN_WEEKS = (8, 11), (RAIN_LAG_WEEKS, 14)
_BETWEEN_CASES = np.array([0.25, 0.45, 0.30])
_BEST, _PER_DEGREE, _WARM, _WARMEST = 0.47, 0.122, 26.0, 29.0
_USUAL_RAIN_MM, _PER_RAIN = 60.0, 0.15
_SEASON, _SEASON_PEAK = 0.4, 225 / 365
_STAYS_SHARE, _NEIGHBOUR_KM = 0.85, 12.0
_FROM_OUTSIDE = 0.6e-6
_INFECTIONS_PER_CASE, _IMMUNE_WEEKS = 60.0, 150.0
_LEVEL = Walk(persistence=0.98, deviation=0.35)
_PLACE = Walk(persistence=0.97, deviation=0.25)
_SIZE = 0.6


class Transmission(NamedTuple):
    """All that the next week depends on but weather, as a week begins.

    Attributes:
        recent: cases of the last three weeks, the newest first, shape (..., 3, site).
        immune: share of the people, shape (..., site).
        level: hidden, of the years, the same in all communes, shape (..., 1).
        place: hidden, of each commune, shape (..., site).
    """

    recent: Array
    immune: Array
    level: Array
    place: Array


class WeeklyWeather(NamedTuple):
    """Weather by week, shape (..., 13 + week, site); the thirteen weeks before the first come first.

    Attributes:
        temperature: mean, degC.
        rain: total, mm.
    """

    temperature: Array
    rain: Array


@dataclass(frozen=True)
class DengueFutures:
    """Weeks as they may come, shape (issue, sample, week, site); week 0 is the first.

    Attributes:
        expected: cases of the week, given the sample until the week before.
        cases: how many there are.
    """

    expected: Array
    cases: Integers


@dataclass(frozen=True)
class Dengue:
    """The history.

    Attributes:
        sites: communes.
        mondays: on which the weeks begin, shape (week,).
        begins: the state that each week began with, shapes (week, ...).
        cases: that fell ill in each week and were reported in the end, shape (week, site).
    """

    sites: Sites
    mondays: Dates
    begins: Transmission
    cases: Integers

    def futures(self, weeks: Integers, weather: WeeklyWeather, random: np.random.Generator) -> DengueFutures:
        """Weeks as they may come, each sample from the true state that the first of them begins with.

        Args:
            weeks: positions of the first future weeks, shape (issue,).
            weather: of shape (issue, sample, 13 + week, site).
            random: source of the chance.
        """
        issues, samples, held, n_sites = weather.rain.shape
        begins = Transmission._make(
            np.broadcast_to(part[weeks, None], (issues, samples, *part.shape[1:])) for part in self.begins
        )
        shape = (issues, samples, held - PAST_WEEKS, n_sites)
        future = DengueFutures(np.empty(shape), np.empty(shape, np.int64))
        mondays = self.mondays[weeks, None, None] + 7 * np.arange(shape[2])
        for week, (_, expected, cases) in enumerate(_course(self.sites, begins, mondays, weather, random)):
            future.expected[..., week, :], future.cases[..., week, :] = expected, cases
        return future


def simulate_dengue(sites: Sites, mondays: Dates, weather: WeeklyWeather, seed: int) -> Dengue:
    """Simulates dengue over consecutive weeks.

    Args:
        sites: communes; attribute population is read.
        mondays: local dates on which the weeks begin, shape (week,).
        weather: of shape (13 + week, site).
        seed: equal seeds give equal cases.
    """
    random = chance(seed, "dengue")
    n_sites = len(sites)
    level, place = _LEVEL.begin(random, (1,)), _PLACE.begin(random, (n_sites,))
    begins = Transmission(np.zeros((len(_BETWEEN_CASES), n_sites)), np.zeros(n_sites), level, place)
    states, _, cases = zip(*_course(sites, begins, mondays, weather, random), strict=True)
    return Dengue(sites, mondays, Transmission._make(map(np.stack, zip(*states, strict=True))), np.stack(cases))


def exceeding(expected: Array, cut: float) -> Array:
    """Probability that at least as many cases come as a cut, given how many are expected."""
    return np.asarray(nbinom.sf(np.ceil(cut) - 1, _SIZE, _SIZE / (_SIZE + expected)))


def _course(
    sites: Sites, state: Transmission, mondays: Dates, weather: WeeklyWeather, random: np.random.Generator
) -> Iterator[tuple[Transmission, Array, Integers]]:
    """The law: yields the state that each week begins with, the cases expected and those that come, (..., site)."""
    people = sites.attribute("population")
    nearness = np.exp(-sites.distances_km / _NEIGHBOUR_KM) * people
    np.fill_diagonal(nearness, 0.0)
    spreads = _STAYS_SHARE * np.eye(len(sites)) + (1 - _STAYS_SHARE) * nearness / nearness.sum(axis=1, keepdims=True)
    season = np.exp(_SEASON * np.cos(2 * np.pi * (year_fraction(mondays) - _SEASON_PEAK)))[..., None]
    for week in range(mondays.shape[-1]):
        level, place = _LEVEL.step(random, state.level), _PLACE.step(random, state.place)
        favour = season[..., week, :] * _favour(weather, PAST_WEEKS + week) * (1 - state.immune)
        caused = np.tensordot(state.recent, _BETWEEN_CASES, axes=([-2], [0])) @ spreads
        expected = favour * (_BEST * np.exp(level + place) * caused + _FROM_OUTSIDE * people)
        cases = random.negative_binomial(_SIZE, _SIZE / (_SIZE + expected))
        yield state, expected, cases
        recent = np.concatenate([cases[..., None, :], state.recent[..., :-1, :]], axis=-2)
        gained = _INFECTIONS_PER_CASE * cases / people - state.immune / _IMMUNE_WEEKS
        state = Transmission(recent, np.clip(state.immune + gained, 0, 0.95), level, place)


def _favour(weather: WeeklyWeather, week: int) -> Array:
    """What warmth and rain of the weeks before multiply transmission by, shape (..., site)."""
    warmth, rain = (
        values[..., week - last + 1 : week - first + 1, :].mean(axis=-2)
        for values, (first, last) in ((weather.temperature, _WARMTH_WEEKS), (weather.rain, _RAIN_WEEKS))
    )
    of_rain = _PER_RAIN * np.log((10 + rain) / (10 + _USUAL_RAIN_MM))
    favour: Array = np.exp(_PER_DEGREE * (np.minimum(warmth, _WARMEST) - _WARM) + of_rain)
    return favour
