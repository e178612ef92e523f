"""The stocking plan of shrimp ponds: two crops a year in each commune, a spring one and an autumn one.

Main crop from March and winter crop to December, as shrimp are farmed in Quảng Ninh; ponds are stocked over three weeks
and harvested, one after the other, 97 to 116 days after the commune began. Ponds with a treatment and a reservoir pond
of their own hardly fall ill (odds ratio 0.083, Yaemkasem et al. 2022, doi:10.7717/peerj.13182) and are left out: three
in ten are taken to lack them, set so that epidemics of a year stay within a factor of six of the median.
"""

from dataclasses import dataclass

import numpy as np

from features.sites import Sites
from features.sources.simulated.chance import chance
from features.sources.simulated.laws import Array, Dates, Integers

_CROP_STARTS = ((75, 10), (208, 12))
_STOCKING_DAYS, _FIRST_HARVEST, _LAST_HARVEST = 20, 97, 116
_NO_CROP = 365
_UNPROTECTED_SHARE = 0.3


@dataclass(frozen=True)
class Crops:
    """When crops begin, and of how many unprotected ponds.

    Attributes:
        first_year: years since 1970 of the first year of the plan.
        starts: day of the year, 1 .. 366, on which a commune begins to stock, shape (year, crop, site).
        ponds: shape (site,).
    """

    first_year: int
    starts: Integers
    ponds: Integers

    def age(self, dates: Dates) -> Integers:
        """Days since a commune began to stock its newest crop; 365 before the first of a year.

        Args:
            dates: within the years of the plan, shape (...).

        Returns:
            Shape (..., site).
        """
        years = dates.astype("datetime64[Y]")
        day_of_year = (dates - years.astype("datetime64[D]")).astype(np.int64) + 1
        starts = self.starts[years.astype(np.int64) - self.first_year]
        spring, autumn = (day_of_year[..., None] - starts[..., crop, :] for crop in (0, 1))
        begun = np.where(autumn >= 0, autumn, spring)
        return np.where(begun >= 0, begun, _NO_CROP)

    def stocked(self, age: Integers) -> Integers:
        """Ponds newly stocked at an age of the crop, shape as the age."""
        before, after = (np.clip(days / _STOCKING_DAYS, 0, 1) for days in (age, age + 1))
        stocked: Integers = (self.ponds * after).astype(np.int64) - (self.ponds * before).astype(np.int64)
        return stocked


def plan_crops(sites: Sites, dates: Dates, seed: int) -> Crops:
    """Plans the crops of the years of some dates and of the year after them.

    Args:
        sites: communes with ponds; attribute shrimp_ponds is read.
        dates: in order, shape (day,).
        seed: equal seeds give equal plans.
    """
    first, last = dates[[0, -1]].astype("datetime64[Y]").astype(np.int64)
    wish = np.clip(chance(seed, "stocking").standard_normal((last - first + 2, 2, len(sites))), -2, 2)
    mean, deviation = np.array(_CROP_STARTS).T[..., None]
    starts = (mean + deviation * wish).astype(np.int64)
    starts[:, 1] = np.maximum(starts[:, 1], starts[:, 0] + _LAST_HARVEST + 1)
    ponds = (_UNPROTECTED_SHARE * sites.attribute("shrimp_ponds")).round().astype(np.int64)
    return Crops(int(first), starts, ponds)


def harvested(age: Integers) -> Array:
    """Share of the ponds still standing that is harvested on a day; all of them on the last day of harvest."""
    left = _LAST_HARVEST + 1 - np.clip(age, _FIRST_HARVEST, _LAST_HARVEST)
    return np.where(age >= _FIRST_HARVEST, 1 / left, 0.0)
