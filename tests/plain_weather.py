"""A plain weather of Quảng Ninh for tests: seasons, spells and showers, but no forecasts and no storms."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter
from scipy.special import ndtr
from scipy.stats import gamma

Values = npt.NDArray[np.float64]

# Hon Gai / Bai Chay, normals of 1988-2017 (IMHEN record): degC, mm a month; share of days with rain.
TEMPERATURE = (16.5, 17.6, 19.9, 23.7, 27.0, 28.8, 28.7, 28.2, 27.5, 25.5, 22.1, 18.4)
DEVIATION = (2.8, 2.9, 2.7, 2.4, 2.05, 1.75, 1.65, 1.45, 1.5, 1.9, 2.4, 2.7)
RAIN = (32, 23, 56, 68, 182, 261, 411, 422, 266, 135, 38, 17)
WET = (0.17, 0.22, 0.27, 0.26, 0.34, 0.44, 0.48, 0.52, 0.40, 0.24, 0.15, 0.12)


class Weather(NamedTuple):
    """Daily values, shape (day, site)."""

    air_temperature: Values
    rain: Values
    runoff: Values
    wind: Values


def plain_weather(sites: int, first_year: int, years: int, seed: int) -> tuple[npt.NDArray[np.datetime64], Weather]:
    """The dates of some whole years, and the weather of sites that share most of it."""
    dates = np.arange(np.datetime64(f"{first_year}-01-01"), np.datetime64(f"{first_year + years}-01-01"))
    random = np.random.default_rng(seed)
    day_of_year = (dates - dates.astype("datetime64[Y]")).astype(int) + 0.5
    middle = (np.arange(12) + 0.5) * 365 / 12
    mean, deviation, rain, wet = (
        np.interp(day_of_year, middle, monthly, period=365)[:, None] for monthly in (TEMPERATURE, DEVIATION, RAIN, WET)
    )

    def spells(persistence: float) -> Values:
        drawn = np.sqrt(0.8) * random.standard_normal((len(dates), 1))
        drawn = drawn + np.sqrt(0.2) * random.standard_normal((len(dates), sites))
        return lfilter([np.sqrt(1 - persistence**2)], [1, -persistence], drawn, axis=0)

    air_temperature = mean + deviation * spells(0.75)
    among_wet = np.clip((ndtr(spells(0.45)) - (1 - wet)) / wet, 0, 1 - 1e-9)
    fallen = gamma.ppf(among_wet, 0.6) / 0.6 * rain * 12 / 365 / wet
    soaked = np.clip(lfilter([1 / 20], [1, -19 / 20], fallen, axis=0) / 15, 0, 1)
    runoff = lfilter([0.5], [1, -0.5], 0.8 * soaked * fallen, axis=0)
    wind = 4.0 * np.exp(0.33 * spells(0.5))
    return dates, Weather(air_temperature, fallen, runoff, wind)
