"""How much warmer each year is than the reference, by model and scenario: the driver of return periods."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.polynomial import Polynomial

from features.archive import Archive
from models.climate.change import Stretch
from models.climate.indices import INDICES, yearly
from models.climate.projected import Run, projected

_ORDER = 4
_LEAST_YEARS = 30


def warming(archive: Archive, all_runs: Iterable[Run], reference: Stretch) -> dict[tuple[str, str], pd.Series]:
    """Smoothed warming of the region by model and scenario.

    Mean annual temperature over the sites as the model has it, members together, less its mean over the reference
    years, and through it a polynomial of fourth order, so that single warm years do not count as warming.

    Args:
        archive: with projections of air temperature.
        all_runs: of air temperature.
        reference: years from which warming counts; years before them play no part.

    Returns:
        (model, scenario) -> K by year, from the first reference year to the last of the scenario; models with fewer
        than 30 years, or none in the reference, are not in it.
    """
    members: dict[tuple[str, str], list[pd.Series]] = {}
    index = INDICES["mean_temperature"]
    for run in all_runs:
        daily = projected(archive, index.variable, run)
        whole = Stretch(reference.first, int(daily["time"].dt.year.max())).of(daily.mean("site").expand_dims("site"))
        annual = yearly(whole.assign_attrs(daily.attrs), [index])[index.name].isel(site=0).to_series()
        members.setdefault((run.model, run.scenario), []).append(annual)
    courses = {}
    for whose, of_members in members.items():
        annual = pd.concat(of_members, axis=1).mean(axis=1)
        known = annual.dropna()
        past = known[known.index.isin(reference.years)]
        if len(known) >= _LEAST_YEARS and len(past):
            smooth = Polynomial.fit(known.index.to_numpy(float), known.to_numpy() - past.mean(), _ORDER)
            courses[whose] = pd.Series(smooth(annual.index.to_numpy(float)), annual.index)
    return courses


def warming_at(course: pd.Series, stretch: Stretch) -> float:
    """Mean warming of a stretch of years, K."""
    return float(np.mean(course.reindex(list(stretch.years)).dropna()))
