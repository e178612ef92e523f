"""Indices of a year, by hand."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from features.errors import UnknownNameError
from models.climate.indices import INDICES, as_rate, index_named, known_years, yearly


def days(first: str, last: str, unit: str, at: dict[str, float], *, otherwise: float = 0.0) -> xr.DataArray:
    """Values by date, and the same value on all other days; one site."""
    times = pd.date_range(first, last, unit="s")
    values = pd.Series(float(otherwise), times)
    for date, value in at.items():
        values[pd.Timestamp(date)] = value
    return xr.DataArray(
        values.to_numpy()[None], {"site": ["A"], "time": times}, ("site", "time"), attrs={"units": unit}
    )


def of(name: str, daily: xr.DataArray) -> list[float]:
    index = INDICES[name]
    years = yearly(as_rate(daily), [index])[name]
    assert years.dims == ("site", "year")
    return years.isel(site=0).to_numpy().tolist()


RAIN = days(
    "2001-01-01", "2002-12-31", "mm",
    {"2001-03-01": 50, "2001-03-02": 49.9, "2001-03-03": 120, "2001-09-09": 99.9, "2002-06-30": 1, "2002-07-01": 0.9},
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rain_days_50", [3, 0]),
        ("rain_days_100", [1, 0]),
        ("highest_rain_1d", [120, 1]),
        ("highest_rain_3d", [219.9, 1.9]),
        ("annual_rain", [319.8, 1.9]),
        # 2001: 4 March to 8 September, and 10 September to 31 December; 2002: 1 January to 29 June, 1 July to the end.
        ("dry_spell", [189, 184]),
    ],
)
def test_rain_of_two_years(name: str, expected: list[float]) -> None:
    assert of(name, RAIN) == pytest.approx(expected)


def test_heat_and_cold_of_a_year() -> None:
    hot = days(
        "2001-01-01", "2001-12-31", "degC", {"2001-06-01": 35, "2001-06-02": 34.9, "2001-06-03": 37}, otherwise=30
    )
    assert (of("heat_days_35", hot), of("heat_days_37", hot), of("highest_temperature", hot)) == ([2], [1], [37])
    cold = days(
        "2001-01-01", "2001-12-31", "degC", {"2001-01-01": 13, "2001-01-02": 15, "2001-01-03": 15.1}, otherwise=20
    )
    assert (of("cold_days_13", cold), of("cold_days_15", cold)) == ([1], [2])
    assert of("mean_temperature", cold) == pytest.approx([(362 * 20 + 13 + 15 + 15.1) / 365])


def test_a_year_with_more_than_fifteen_days_missing_has_no_index() -> None:
    fifteen, sixteen = RAIN.copy(), RAIN.copy()
    fifteen[0, 10:25] = np.nan
    sixteen[0, 10:26] = np.nan
    assert known_years(as_rate(fifteen)).to_numpy().tolist() == [[True, True]]
    assert known_years(as_rate(sixteen)).to_numpy().tolist() == [[False, True]]
    assert of("highest_rain_1d", sixteen) == pytest.approx([np.nan, 1], nan_ok=True)


def test_missing_days_do_not_count_as_days_without_rain() -> None:
    gaps = RAIN.copy()
    gaps[0, 10:20] = np.nan  # ten dry days of 2001
    assert of("rain_days_50", gaps) == pytest.approx([3 * 365 / 355, 0])
    assert of("annual_rain", gaps) == pytest.approx([319.8 * 365 / 355, 1.9])
    assert of("highest_rain_1d", gaps) == pytest.approx([120, 1])


def test_every_index_has_both_titles_and_an_unknown_one_is_named() -> None:
    assert all(index.title_vi and index.title_en and index.name == name for name, index in INDICES.items())
    with pytest.raises(UnknownNameError, match="unknown climate index 'annual_rains': there is annual_rain, "):
        index_named("annual_rains")
