"""The look of forecast fields: a factor is told from more rain, and only where there are fields to look at."""

from dataclasses import replace

import numpy as np

from training.forecast_fields import field_streams
from training.forecast_streams import ForecastDays

YEARS, SITES = 5, 24
DAYS = np.arange(np.datetime64("2020-01-01"), np.datetime64(f"{2020 + YEARS}-01-01")).astype(np.int64)


def rain(*, more: float = 0.0) -> ForecastDays:
    """Rain at sites in a row that share most of it, and what was forecast a day before; with more of it at the end."""
    random = np.random.default_rng(3)
    near = np.linalg.cholesky(
        0.5 + 0.45 * 0.7 ** np.abs(np.subtract.outer(range(SITES), range(SITES))) + 0.05 * np.eye(SITES)
    )
    foreseen, missed = random.standard_normal((2, len(DAYS), SITES)) @ near.T
    foreseen = foreseen + more * last_year()[:, None]
    truth = 8 * np.maximum(0.8 * foreseen + 0.6 * missed, 0.0) ** 1.5
    issued = np.full((len(DAYS), SITES, 1), np.nan)
    issued[:-1, :, 0] = 8 * np.maximum(0.8 * foreseen[1:], 0.0) ** 1.5
    return ForecastDays(DAYS, {"rain": issued}, {"rain": truth})


def last_year() -> np.ndarray:
    return np.datetime64(f"{2019 + YEARS}-01-01").astype(np.int64) <= DAYS


def shift(told: ForecastDays) -> float:
    (stream,) = field_streams(told, ~last_year()).values()
    return float(np.nanmean(stream[last_year()]))


def test_a_factor_is_told_from_rain_that_is_as_usual_and_from_more_rain() -> None:
    told = rain()
    factor = np.where(last_year(), 1.2, 1.0)[:, None, None]
    too_high = replace(told, issued={"rain": told.issued["rain"] * factor})
    assert abs(shift(told)) < 0.15
    assert shift(too_high) > shift(told) + 0.3
    assert abs(shift(rain(more=0.3)) - shift(told)) < 0.15, "more rain, foreseen as it came, is no bias"


def test_too_low_is_told_from_too_high_by_the_sign() -> None:
    told = rain()
    factor = np.where(last_year(), 1 / 1.2, 1.0)[:, None, None]
    assert shift(replace(told, issued={"rain": told.issued["rain"] * factor})) < shift(told) - 0.3


def test_fields_of_few_sites_and_what_may_be_below_zero_are_not_looked_at() -> None:
    told = rain()
    few = ForecastDays(DAYS, {"rain": told.issued["rain"][:, :9]}, {"rain": told.observed["rain"][:, :9]})
    degrees = ForecastDays(DAYS, {"air_temperature": told.issued["rain"]}, {"air_temperature": told.observed["rain"]})
    assert field_streams(few, ~last_year()) == {}
    assert field_streams(degrees, ~last_year()) == {}


def test_days_with_rain_at_too_few_sites_tell_nothing() -> None:
    told = rain()
    dry = told.issued["rain"].copy()
    dry[-40:-20] = 0.0
    (stream,) = field_streams(replace(told, issued={"rain": dry}), ~last_year()).values()
    assert np.isnan(stream[-39:-19]).all()
    assert np.isfinite(stream[:-45]).mean() > 0.7
