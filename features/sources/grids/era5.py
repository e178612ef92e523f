"""ERA5 and ERA5-Land, the reanalyses of ECMWF, from files of the Copernicus Climate Data Store.

How amounts are stored: https://confluence.ecmwf.int/pages/viewpage.action?pageId=197702790 (in ERA5 of the hour that
ends at the time, in ERA5-Land since 00 UTC with the whole previous day at 00 UTC, in monthly means per day). Daily
statistics: https://confluence.ecmwf.int/spaces/CKB/pages/462888259. When days come:
https://confluence.ecmwf.int/display/CKB/ERA5%3A+data+documentation (ERA5T, five days behind; it rarely differs from the
final ERA5, which follows after two to three months).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from features.errors import HaidangError
from features.sources.grids.cf_units import cf_unit
from features.sources.grids.days import Quantity, Rule
from features.sources.grids.fields import Moments
from features.sources.grids.files import Part
from features.sources.grids.gridded import GriddedFiles
from features.sources.grids.time_steps import Accumulates, Floats, Step, Steps, in_steps

Product = Literal["era5", "era5-land"]
Statistic = Literal["mean", "max", "min", "sum"]


@dataclass(frozen=True)
class _Raw:
    """A field of ERA5: the variable to whose unit it is brought, and what its values stand for.

    Attributes:
        unit_of: the declared variable.
        stamped: "begin" for values at the moment, "end" for those of the hour before it.
        amount: whether it is summed up over time.
    """

    unit_of: str
    stamped: Literal["begin", "end"] = "begin"
    amount: bool = False


@dataclass(frozen=True)
class Made:
    """A variable, how the steps of a day become its value, and the fields that it is made of, step by step."""

    variable: str
    rule: Rule
    names: tuple[str, ...]
    together: Callable[..., Floats] | None = None


RAW: Mapping[str, _Raw] = MappingProxyType(
    {
        "t2m": _Raw("air_temperature"),
        "d2m": _Raw("air_temperature"),
        "u10": _Raw("wind_speed"),
        "v10": _Raw("wind_speed"),
        "fg10": _Raw("wind_gust", "end"),
        "i10fg": _Raw("wind_gust"),
        "swvl1": _Raw("soil_moisture"),
        "ssrd": _Raw("solar_radiation", "end", amount=True),
        "msl": _Raw("air_pressure"),
        "tp": _Raw("rain", "end", amount=True),
    }
)
"""Provider's short name -> what stands there, see https://codes.ecmwf.int/grib/param-db."""


def relative_humidity(temperature: Floats, dew_point: Floats) -> Floats:
    """Relative humidity over water, percent, from temperature and dew point, degC.

    The Magnus form of Alduchov and Eskridge (1996), doi:10.1175/1520-0450(1996)035<0601:IMFAOS>2.0.CO;2, equation 21:
    vapour pressure 6.1094 exp(17.625 t / (243.04 + t)) hPa. Above saturation it is 100.
    """
    saturated, held = (17.625 * t / (243.04 + t) for t in (temperature, dew_point))
    return np.minimum(100 * np.exp(held - saturated), 100.0)


def wind_speed(eastward: Floats, northward: Floats) -> Floats:
    """Speed from its components, in their unit."""
    speed: Floats = np.hypot(eastward, northward)
    return speed


HOURLY = (
    Made("air_temperature", "mean", ("t2m",)),
    Made("highest_air_temperature", "max", ("t2m",)),
    Made("lowest_air_temperature", "min", ("t2m",)),
    Made("relative_humidity", "mean", ("t2m", "d2m"), relative_humidity),
    Made("wind_speed", "max", ("u10", "v10"), wind_speed),
    Made("wind_gust", "max", ("fg10",)),
    Made("wind_gust", "max", ("i10fg",)),
    Made("soil_moisture", "mean", ("swvl1",)),
    Made("solar_radiation", "sum", ("ssrd",)),
    Made("air_pressure", "mean", ("msl",)),
    Made("rain", "sum", ("tp",)),
)
_DAILY = tuple(made for made in HOURLY if len(made.names) == 1)
_MONTHLY = (
    Made("monthly_air_temperature", "mean", ("t2m",)),
    Made("monthly_rain_rate", "mean", ("tp",)),
)
_MADE: Mapping[Step, tuple[Made, ...]] = MappingProxyType({"hour": HOURLY, "day": _DAILY, "month": _MONTHLY})
_STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {"mean": "mean", "maximum": "max", "max": "max", "minimum": "min", "min": "min", "sum": "sum"}
)
_IN_FILE_NAME = re.compile(r"daily[-_](mean|maximum|max|minimum|min|sum)")
_IN_CELL_METHODS = re.compile(r"time\d*: (mean|maximum|minimum|sum)")
_SPACING: Mapping[float, Product] = MappingProxyType({0.25: "era5", 0.1: "era5-land"})


@dataclass(frozen=True)
class Era5(GriddedFiles):
    """Past temperature, rain, wind, humidity, radiation and soil moisture from files (ERA5, ERA5-Land).

    Hours become local days: mean, highest and lowest temperature of the hours that begin on the day, rain and
    radiation of the hours that lie in it, strongest hourly wind and gust. Humidity and wind are worked out of the
    means over a site's area. A day of which an hour is missing has no value. Daily statistics of the Climate Data
    Store are of the day in the time zone that was chosen there; by default a UTC day, which for UTC+7 runs from 07:00
    to 07:00. They keep their date. So do days of rain and radiation of ERA5-Land at 00 UTC alone. Monthly means keep
    their month. ERA5-Land has no values on the sea, so that a coastal area may have none: see `least_share`.

    Attributes:
        dataset: "era5" (single levels) or "era5-land"; None to tell by the grid, 0.25 or 0.1 degrees.
        step: "hour", "day" or "month"; None to tell by the times in the files.
        statistic: what daily values are: "mean", "max", "min" or "sum"; None to tell by the files.
        name: of the source.
    """

    dataset: Product | None = None
    step: Literal["hour", "day", "month"] | None = None
    statistic: Statistic | None = None
    name: str = "era5"
    provider_names: ClassVar[tuple[str, ...]] = tuple(RAW)
    licence: ClassVar[str] = "Copernicus licence (CC BY 4.0): name the Copernicus Climate Change Service"
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(days=5)
    monthly_latency: ClassVar[pd.Timedelta] = pd.Timedelta(days=6)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(made.variable for of_step in _MADE.values() for made in of_step))

    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """What is made of the fields that are there."""
        steps = self._steps(parts)
        found: dict[tuple[str, Step], Quantity] = {}
        for step, of_step in _MADE.items():
            delay = self.monthly_latency if step == "month" else self.latency
            for made in of_step:
                rule = made.rule if step == "day" else None
                fields = tuple(tuple(steps.get((name, step, rule), ())) for name in made.names)
                if all(fields) and (made.variable, step) not in found:
                    found[made.variable, step] = Quantity(made.variable, made.rule, delay, fields)
                    if made.together is not None:
                        found[made.variable, step] = replace(found[made.variable, step], together=made.together)
        if not found:
            told = ", ".join(
                " ".join((name, "by", step, rule or "")).strip() for name, step, rule in sorted(steps, key=str)
            )
            raise HaidangError(
                f"source {self.name}: nothing can be made of {told} alone; humidity needs hours of t2m and d2m, wind "
                f"hours of u10 and v10"
            )
        return list(found.values())

    def _steps(self, parts: Sequence[Part]) -> dict[tuple[str, Step, Rule | None], list[Steps]]:
        """The fields by name, step and, of daily ones, statistic."""
        found: dict[tuple[str, Step, Rule | None], list[Steps]] = {}
        alone: dict[str, list[Moments]] = {}
        for part in parts:
            if len(part.moments) == 1:
                alone.setdefault(part.name, []).append(part.moments)
        together = {name: np.unique(np.concatenate(moments)) for name, moments in alone.items()}
        for part in parts:
            step = self._step(part, together[part.name] if len(part.moments) == 1 else part.moments)
            raw = RAW[part.name]
            if step == "hour":
                accumulates: Accumulates = ""
                if raw.amount:
                    accumulates = "day" if self._product(part) == "era5-land" else "step"
                read = in_steps(part, step, raw.unit_of, self.zone, stamped=raw.stamped, accumulates=accumulates)
                alike = found.setdefault((part.name, step, None), [])
                alike.append(read)
                if read.accumulates != alike[0].accumulates:
                    raise HaidangError(
                        f"source {self.name} reads {part.name} of ERA5 and of ERA5-Land, {alike[0].part.file} and "
                        f"{part.file}: name a source for each of them"
                    )
            elif step == "day":
                statistic, stamped = self._statistic(part, raw)
                read = in_steps(part, step, raw.unit_of, self.zone, stamped=stamped)
                found.setdefault((part.name, step, statistic), []).append(read)
            elif part.name in ("t2m", "tp"):
                per_day = f"{part.unit} per day" if cf_unit(part.unit) in ("m", "mm") else part.unit
                unit_of = "monthly_air_temperature" if part.name == "t2m" else "monthly_rain_rate"
                read = in_steps(replace(part, unit=per_day), step, unit_of, self.zone)
                found.setdefault((part.name, step, None), []).append(read)
        return found

    def _step(self, part: Part, moments: Moments) -> Step:
        """How long the steps of a field are, by its times; files of one time each are looked at together."""
        if self.step is not None:
            return self.step
        apart = np.diff(np.unique(moments))
        if not len(apart):
            raise HaidangError(f"{part.name} of {part.file} has one time only: state `step`: hour, day or month")
        days = apart.min() / np.timedelta64(1, "D")
        return "hour" if days < 1 else "day" if days < 28 else "month"

    def _product(self, part: Part) -> Product:
        told = [product for spacing, product in _SPACING.items() if abs(part.spacing - spacing) < 1e-3]
        if self.dataset is None and not told:
            raise HaidangError(
                f"{part.name} of {part.file} stands every {part.spacing:.3g} degrees, neither 0.25 as ERA5 nor 0.1 as "
                f"ERA5-Land: state `dataset`, era5 or era5-land, for they store amounts differently"
            )
        return self.dataset or told[0]

    def _statistic(self, part: Part, raw: _Raw) -> tuple[Statistic, Literal["begin", "end"]]:
        """What a daily value is, and whether its time is that of the day's beginning or end."""
        in_methods = _IN_CELL_METHODS.search(str(part.attributes.get("cell_methods", "")))
        in_name = _IN_FILE_NAME.search(part.file.name)
        if self.statistic is not None:
            return self.statistic, "begin"
        for told in (in_methods, in_name):
            if told is not None:
                return _STATISTICS[told[1]], "begin"
        if raw.amount and self._product(part) == "era5-land":
            midnight = part.moments == part.moments.astype("datetime64[D]")
            if midnight.all():
                return "sum", "end"
        raise HaidangError(
            f"nothing tells what the daily {part.name} of {part.file} is: state `statistic`: mean, max, min or sum"
        )
