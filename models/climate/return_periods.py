"""What was once in so many years is once in how many: return periods by scenario, with spread and sampling error."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from models.climate.change import Stretch
from models.climate.extremes import (
    LEAST_MAXIMA,
    RAIN,
    TEMPERATURE,
    MovingLaw,
    ShapePrior,
    fit_moving_law,
    resampled_laws,
    trend_p_value,
)
from models.climate.indices import Index
from models.climate.warming import warming_at

ONCE_IN_YEARS = (10.0, 50.0, 100.0)
_RESAMPLED = 100
_SIGNIFICANT = 0.05


class ReturnPeriod(BaseModel):
    """How often a level comes that came once in some years of the reference.

    Attributes:
        scenario: of the models.
        year: for which the answer holds.
        once_in: years, in the reference.
        level: that came so often: median over the models, in the unit of the index.
        becomes: years, median over the models; 10,000 stands for all longer ones.
        low: lower end of the central 90 % of all models and their sampling errors together.
        high: upper end.
        models_low: the shortest of the models' own estimates.
        models_high: the longest.
        models: how many.
        models_with_trend: of them, how many have a trend by the likelihood-ratio test at 5 %.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: str
    year: int
    once_in: float
    level: float
    becomes: float
    low: float
    high: float
    models_low: float
    models_high: float
    models: int
    models_with_trend: int


def return_periods(
    maxima: pd.DataFrame,
    warming: Mapping[tuple[str, str], pd.Series],
    index: Index,
    ahead: Mapping[int, Stretch],
) -> list[ReturnPeriod]:
    """Fits a moving law to each model's maxima and asks it about years ahead.

    Members of a model are fitted together, and each model has the same say in the interval.

    Args:
        maxima: adjusted annual maxima at one place; columns scenario, model, member, year and value. A year that two
            stretches hold counts once.
        warming: by (model, scenario), by year, K above the reference.
        index: what they are maxima of.
        ahead: stretches to ask about, by the year that each stands for.
    """
    prior = RAIN if index.variable == "rain" else TEMPERATURE
    once = maxima.dropna().drop_duplicates(["scenario", "model", "member", "year"])
    found = []
    for scenario, of_scenario in once.groupby("scenario"):
        laws: list[tuple[pd.Series, list[MovingLaw], bool]] = []
        for model, rows in of_scenario.groupby("model"):
            course = warming.get((str(model), str(scenario)))
            if course is not None and len(rows) >= LEAST_MAXIMA and np.ptp(rows["value"]) > 0:
                laws.append((course, *_laws(rows["value"], course.loc[rows["year"]], prior)))
        found += [
            _asked(str(scenario), year, stretch, once_in, laws)
            for year, stretch in ahead.items()
            for once_in in ONCE_IN_YEARS
            if laws
        ]
    return found


def _laws(values: pd.Series, warming: pd.Series, prior: ShapePrior) -> tuple[list[MovingLaw], bool]:
    """The fitted law followed by those of the bootstrap, and whether there is a trend."""
    x, g = values.to_numpy(), warming.to_numpy()
    law = fit_moving_law(x, g, prior)
    return [law, *resampled_laws(law, g, prior, times=_RESAMPLED, seed=0)], trend_p_value(x, g, prior) < _SIGNIFICANT


def _asked(
    scenario: str, year: int, stretch: Stretch, once_in: float, laws: Sequence[tuple[pd.Series, list[MovingLaw], bool]]
) -> ReturnPeriod:
    levels = [of_model[0].level(once_in, 0.0) for _, of_model, _ in laws]
    becomes = np.array(
        [
            [law.return_period(law.level(once_in, 0.0), warming_at(course, stretch)) for law in of_model]
            for course, of_model, _ in laws
        ]
    )
    low, high = np.quantile(becomes[:, 1:], (0.05, 0.95))
    return ReturnPeriod(
        scenario=scenario,
        year=year,
        once_in=once_in,
        level=float(np.median(levels)),
        becomes=float(np.median(becomes[:, 0])),
        low=float(low),
        high=float(high),
        models_low=float(becomes[:, 0].min()),
        models_high=float(becomes[:, 0].max()),
        models=len(laws),
        models_with_trend=sum(trend for _, _, trend in laws),
    )
