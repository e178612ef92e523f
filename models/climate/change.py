"""Change of the climate told with its spread: over models, by scenario, for a stretch of years; never one number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict

from models.climate.adjusted import Adjustment
from models.climate.indices import Index, yearly

WINDOW_YEARS = 20
"""Length of the reference and of the stretches ahead, as in IPCC's assessments: 2041-2060 stands for 2050."""
LEAST_YEARS = 15
"""Of a stretch that must be known."""
_MODELS_FOR_PERCENTILES = 20


@dataclass(frozen=True, order=True)
class Stretch:
    """Whole years, the last included."""

    first: int
    last: int

    @property
    def years(self) -> range:
        """Its years."""
        return range(self.first, self.last + 1)

    def of(self, daily: xr.DataArray) -> xr.DataArray:
        """The days of these years, all of them; NaN where they are not held. Dims as given, with `time`."""
        days = np.arange(f"{self.first}-01-01", f"{self.last + 1}-01-01", dtype="datetime64[D]")
        return daily.reindex(time=days.astype("datetime64[s]"))


def stretch_around(year: int) -> Stretch:
    """The twenty years that a year stands for, such as 2041-2060 for 2050."""
    return Stretch(year - WINDOW_YEARS // 2 + 1, year + WINDOW_YEARS // 2)


class Spread(BaseModel):
    """What several models say of one number.

    Attributes:
        median: of the models.
        low: the lowest of fewer than 20 models, of more the fifth percentile.
        high: the highest, or the 95th percentile.
        kind: which of the two.
        same_sign: share of the models whose sign is that of the median.
        models: how many.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    median: float
    low: float
    high: float
    kind: Literal["min-max", "5-95 %"]
    same_sign: float
    models: int


def spread(of_models: Iterable[float]) -> Spread | None:
    """The spread of one number by model; NaN is left out, None where nothing is left."""
    values = np.array([value for value in of_models if np.isfinite(value)])
    if not len(values):
        return None
    many = len(values) >= _MODELS_FOR_PERCENTILES
    low, high = np.quantile(values, (0.05, 0.95) if many else (0.0, 1.0))
    median = float(np.median(values))
    return Spread(
        median=median,
        low=float(low),
        high=float(high),
        kind="5-95 %" if many else "min-max",
        same_sign=float(np.mean(np.sign(values) == np.sign(median))),
        models=len(values),
    )


@dataclass(frozen=True)
class RunYears:
    """The indices of a run in each year of each stretch.

    Attributes:
        raw: as the model says; by stretch, for each index dims (site, year).
        adjusted: after bias adjustment.
    """

    raw: Mapping[Stretch, xr.Dataset]
    adjusted: Mapping[Stretch, xr.Dataset]


def run_years(
    observed: xr.DataArray,
    modelled: xr.DataArray,
    wanted: Sequence[Index],
    reference: Stretch,
    ahead: Iterable[Stretch],
) -> RunYears:
    """Adjusts a run to the observations of the reference years, and computes its indices before and after.

    Args:
        observed: dims (site, time), units mm/d or degC.
        modelled: the same of the model, historical years and scenario.
        wanted: indices of this variable.
        reference: years that the adjustment is trained on.
        ahead: stretches to adjust.
    """
    adjustment = Adjustment(reference.of(observed), reference.of(modelled))
    days = {stretch: stretch.of(modelled) for stretch in (reference, *ahead)}
    held = {stretch: part for stretch, part in days.items() if bool(part.notnull().any("time").all())}
    return RunYears(
        {stretch: yearly(part, wanted) for stretch, part in held.items()},
        {stretch: yearly(adjustment(part), wanted) for stretch, part in held.items()},
    )


def climate(years: xr.DataArray) -> xr.DataArray:
    """Mean over the years of a stretch; NaN where fewer than 15 are known. Dims (site, year) to (site)."""
    return years.mean("year").where(years.notnull().sum("year") >= LEAST_YEARS)


def changes(means: pd.DataFrame, index: Index) -> pd.DataFrame:
    """Change of each model from its own reference.

    Args:
        means: mean of one index at one place; columns scenario, model, member, version, stretch and value, where
            stretch is 0 for the reference and else the year that it stands for.
        index: which one.

    Returns:
        Columns scenario, model, version, year and change: in percent for amounts of rain, else in the unit of the
        index. Members of a model are averaged first, so that each model counts once.
    """
    of_models = means.pivot_table(index=["scenario", "model", "version"], columns="stretch", values="value")
    reference, ahead = of_models[0], of_models.drop(columns=0)
    if index.is_relative:
        change = 100 * (ahead.div(reference.where(reference > 0), axis=0) - 1)
    else:
        change = ahead.sub(reference, axis=0)
    return change.melt(var_name="year", value_name="change", ignore_index=False).dropna().reset_index()
