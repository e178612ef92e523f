"""Indices of a year's climate: days over the cuts of the hazards, highest values, totals, means and dry spells.

All are computed by xclim (doi:10.21105/joss.05415). The cuts of rain, heat and cold are those of the hazards, after
Decision 18/2021/QĐ-TTg; a dry day has less than 1 mm (index CDD of the expert team ETCCDI).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal

import xarray as xr
from xclim import indices as xclim_indices
from xclim.core.missing import missing_pct

from features.errors import UnknownNameError

# A year has no index if more than 15 of its days are missing, the default of climdex.pcic. A calendar of 360 days
# lacks 7 of ours.
_MISSING_SHARE = 15.5 / 366


@dataclass(frozen=True)
class Index:
    """One number of a year.

    Attributes:
        name: of the index.
        title_vi: Vietnamese title.
        title_en: English title.
        variable: daily variable it is made of.
        unit: of the index.
        per_year: from daily values in units that xclim knows, dims (site, time), to one of each year.
        kind: "days" counts days and "total" adds them up, so that days which are missing would lower them; "highest" is
            the most of the year, and has return periods; "spell" and "mean".
    """

    name: str
    title_vi: str
    title_en: str
    variable: str
    unit: str
    per_year: Callable[[xr.DataArray], xr.DataArray]
    kind: Literal["days", "total", "highest", "spell", "mean"]

    @property
    def is_relative(self) -> bool:
        """Whether its change is told in percent; otherwise in its unit."""
        return self.unit == "mm"


def _rain_days(millimetres: int) -> Index:
    return Index(
        f"rain_days_{millimetres}",
        f"Số ngày mưa từ {millimetres} mm",
        f"Days with {millimetres} mm of rain or more",
        "rain",
        "d",
        partial(xclim_indices.wetdays, thresh=f"{millimetres} mm/d"),
        "days",
    )


def _highest_rain(days: int) -> Index:
    return Index(
        f"highest_rain_{days}d",
        f"Lượng mưa {days} ngày lớn nhất năm",
        f"Highest {days}-day rain of the year",
        "rain",
        "mm",
        partial(xclim_indices.max_n_day_precipitation_amount, window=days),
        "highest",
    )


def _heat_days(celsius: int) -> Index:
    return Index(
        f"heat_days_{celsius}",
        f"Số ngày nóng từ {celsius} °C",
        f"Days of {celsius} °C or more",
        "highest_air_temperature",
        "d",
        partial(xclim_indices.tx_days_above, thresh=f"{celsius} degC", op=">="),
        "days",
    )


def _cold_days(celsius: int) -> Index:
    return Index(
        f"cold_days_{celsius}",
        f"Số ngày rét (trung bình đến {celsius} °C)",
        f"Days with a mean of {celsius} °C or less",
        "air_temperature",
        "d",
        partial(xclim_indices.tg_days_below, thresh=f"{celsius} degC", op="<="),
        "days",
    )


_ALL = (
    _rain_days(50),
    _rain_days(100),
    _highest_rain(1),
    _highest_rain(3),
    Index("annual_rain", "Lượng mưa năm", "Rain of the year", "rain", "mm", xclim_indices.prcptot, "total"),
    Index(
        "dry_spell", "Đợt không mưa dài nhất (dưới 1 mm/ngày)", "Longest dry spell (days below 1 mm)", "rain", "d",
        partial(xclim_indices.maximum_consecutive_dry_days, thresh="1 mm/d"), "spell",
    ),
    _heat_days(35),
    _heat_days(37),
    Index(
        "highest_temperature", "Nhiệt độ cao nhất năm", "Highest temperature of the year", "highest_air_temperature",
        "degC", xclim_indices.tx_max, "highest",
    ),
    _cold_days(15),
    _cold_days(13),
    Index(
        "mean_temperature", "Nhiệt độ trung bình năm", "Mean temperature of the year", "air_temperature", "degC",
        xclim_indices.tg_mean, "mean",
    ),
)  # fmt: skip
INDICES: Mapping[str, Index] = MappingProxyType({index.name: index for index in _ALL})
"""Every index by name."""


def index_named(name: str) -> Index:
    """Looks up an index.

    Raises:
        UnknownNameError: if there is none of this name.
    """
    if name not in INDICES:
        raise UnknownNameError("climate index", name, INDICES)
    return INDICES[name]


def as_rate(daily: xr.DataArray) -> xr.DataArray:
    """The same values in units that xclim and xsdba know: rain of a day in mm is a rate in mm/d."""
    return daily.assign_attrs(units="mm/d") if daily.attrs["units"] == "mm" else daily


def known_years(daily: xr.DataArray) -> xr.DataArray:
    """Whether a year has enough days: at most 15 are missing.

    Returns:
        Dims (site, year).
    """
    return _of_years(~missing_pct(daily, freq="YS", tolerance=_MISSING_SHARE))


def yearly(daily: xr.DataArray, wanted: Sequence[Index]) -> xr.Dataset:
    """Some indices of each year.

    Args:
        daily: dims (site, time), whole years, in units that xclim knows; NaN where nothing is known.
        wanted: indices of its variable.

    Returns:
        For each index dims (site, year), in its unit. NaN where more than 15 days are missing; a count or total is
        raised by the share of the year that is missing, so that no missing day counts as a day without an event.
    """
    enough = known_years(daily)
    present = daily.notnull().resample(time="YS")
    share = _of_years(present.mean())
    found = {}
    for index in wanted:
        value = _of_years(index.per_year(daily)).where(enough)
        found[index.name] = value / share.where(share > 0) if index.kind in ("days", "total") else value
    return xr.Dataset(found)


def _of_years(values: xr.DataArray) -> xr.DataArray:
    years = values["time"].dt.year.to_numpy()
    return values.assign_coords(time=years).rename(time="year").transpose("site", "year")
