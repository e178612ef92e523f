"""What is seen of the sea: visits to farming zones, and a satellite that clouds blind."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.sources.simulated.algae import Algae
from features.sources.simulated.chance import chance
from features.sources.simulated.laws import Array, Dates, Integers

CELLS_LIMIT, TOXIN_LIMIT = 40.0, 5.0

_WATCHED_MONTHS = range(3, 12)
_WATCHED_GAP, _WINTER_GAP, _RESULT_DELAY = (7, 15), (26, 36), (2, 7)
_ROUGH_WIND = 8.0
COUNTING_ERROR = 0.4
_TEMPERATURE_NOISE, _CHLOROPHYLL_NOISE = 0.4, 0.3
_SHARED_CLOUD, _CLOUD_BY_RAIN, _CLEAR_BELOW = 0.8, 0.5, 0.25


@dataclass(frozen=True)
class Visits:
    """Samples of water and shellfish, one element per visit; a zone not visited has none.

    Attributes:
        day: position of the day of the visit.
        site: position of the zone.
        cells: of the toxic group, count/L; half the limit of detection stands for all below it.
        toxin: ug per 100 g; half the limit of detection stands for all below it.
        delay: days until the results are known, 2 to 6.
    """

    day: Integers
    site: Integers
    cells: Array
    toxin: Array
    delay: Integers


def visit(algae: Algae, wind: Array, dates: Dates, seed: int) -> Visits:
    """Visits every 7 to 14 days from March to November and monthly in winter; in a wind above 8 m/s nobody goes out.

    Cells are counted with a lognormal error of 0.4 and a limit of detection of 40 count/L, one cell in the 25 mL of a
    settling chamber; toxin is measured without error above 5 ug per 100 g.

    Args:
        algae: as they were, shape (day, site).
        wind: daily mean, m/s, shape (day, site).
        dates: consecutive local dates, shape (day,).
        seed: equal seeds give equal visits.
    """
    planned = _plan(dates, wind.shape[1], seed)
    day, site = np.nonzero(planned & (wind <= _ROUGH_WIND))
    random = chance(seed, "counting")
    counted = algae.cells[day, site] * np.exp(COUNTING_ERROR * random.standard_normal(len(day)))
    delay = chance(seed, "laboratory").integers(*_RESULT_DELAY, len(day))
    cells, toxin = _detected(counted, CELLS_LIMIT).round(), _detected(algae.toxin[day, site], TOXIN_LIMIT).round(1)
    return Visits(day, site, cells, toxin, delay)


@dataclass(frozen=True)
class Satellite:
    """Daily images, known the day after, shape (day, site); NaN under cloud.

    Attributes:
        temperature: of the sea surface, degC.
        chlorophyll: mg/m^3.
    """

    temperature: Array
    chlorophyll: Array


def satellite(algae: Algae, temperature: Array, rain: Array, seed: int) -> Satellite:
    """A noise of 0.4 degC and a lognormal one of 0.3; 55 % of the days are hidden by clouds, most of those with rain.

    Args:
        algae: as they were, shape (day, site).
        temperature: of the bay, degC, shape (day, site).
        rain: mm/day, shape (day, site).
        seed: equal seeds give equal images.
    """
    random = chance(seed, "satellite")
    clear = _cloud(rain, seed) < _CLEAR_BELOW
    seen = temperature + _TEMPERATURE_NOISE * random.standard_normal(rain.shape)
    chlorophyll = algae.chlorophyll * np.exp(_CHLOROPHYLL_NOISE * random.standard_normal(rain.shape))
    return Satellite(np.where(clear, seen, np.nan).round(2), np.where(clear, chlorophyll, np.nan).round(2))


def _plan(dates: Dates, sites: int, seed: int) -> npt.NDArray[np.bool_]:
    """On which days somebody means to visit, shape (day, site)."""
    random = chance(seed, "visits")
    watched = np.isin(dates.astype("datetime64[M]").astype(np.int64) % 12 + 1, _WATCHED_MONTHS)
    planned = np.zeros((len(dates), sites), bool)
    for site in range(sites):
        day = int(random.integers(*_WATCHED_GAP))
        while day < len(dates):
            planned[day, site] = True
            day += int(random.integers(*(_WATCHED_GAP if watched[day] else _WINTER_GAP)))
    return planned


def _detected(value: Array, limit: float) -> Array:
    return np.where(value < limit, limit / 2, value)


def _cloud(rain: Array, seed: int) -> Array:
    """A score that is mostly shared by the province, and rises with rain, shape (day, site)."""
    random = chance(seed, "clouds")
    shared = random.standard_normal((len(rain), 1))
    own = random.standard_normal(rain.shape)
    drawn = np.sqrt(_SHARED_CLOUD) * shared + np.sqrt(1 - _SHARED_CLOUD) * own
    return drawn + _CLOUD_BY_RAIN * np.log1p(rain)
