"""Covariate drift: distances of a window from its training years, beside those of the years from one another."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, a_tiny_hazard, at
from plain_weather import plain_weather

from features.archive import Archive
from features.given import season
from features.past import MeanOver, TotalOver
from models.hazard import Hazard
from training.drift import Drift, chance_of, covariate_drift, distance, in_a_row, window_drift

FROM, UNTIL = at("2016-01-05"), at("2023-12-31")
NOW = at("2024-08-05 12:00")  # day 19940, twenty days after the window that ends on day 19920


def test_the_distance_is_the_largest_gap_between_the_distributions() -> None:
    assert distance(np.array([0.0, 1.0]), [np.array([0.0, 1.0]), np.array([2.0, 3.0])]) == 0.5  # at 1: all against half
    assert distance(np.array([5.0]), [np.array([0.0, 1.0])]) == 1.0
    assert distance(np.array([0.0, 1.0]), [np.array([1.0, 0.0])]) == 0.0


def test_a_further_distance_is_judged_by_the_prediction_interval_of_the_log_odds() -> None:
    apart = 1 / (1 + np.exp(-np.array([-1.0, 0.0, 1.0])))  # log odds of mean 0 and standard deviation 1
    limit = 6.965 * np.sqrt(1 + 1 / 3)  # Student's t of 2 degrees of freedom at 99 %, from the tables
    assert chance_of(float(1 / (1 + np.exp(-limit))), apart, 10_000) == pytest.approx(0.01, rel=1e-3)
    assert chance_of(0.5, apart, 10_000) == pytest.approx(0.5)


def test_where_all_years_are_equally_far_apart_a_further_one_counts_as_one_of_them() -> None:
    apart = np.full(5, 0.2)
    assert chance_of(0.3, apart, 100) == pytest.approx(1 / 6)
    assert chance_of(0.2, apart, 100) == 1.0


def of_chances(*windows: tuple[float, ...]) -> tuple[bool, ...]:
    names = pd.Index([f"feature {n}" for n in range(len(windows[0]))])
    tables = [pd.DataFrame({"distance": 0.5, "usual": 0.1, "chance": list(one)}, names) for one in windows]
    return tuple(feature.alarm for feature in in_a_row(tables))


def test_an_alarm_needs_two_windows_in_a_row() -> None:
    assert of_chances((0.008, 0.5, 0.005, float("nan")), (0.005, 0.005, 0.02, 0.001)) == (True, False, False, False)


def test_among_many_features_one_that_is_barely_beyond_is_chance() -> None:
    others = (0.5,) * 19
    assert not any(of_chances((0.008, *others), (0.008, *others)))  # 20 * 0.008 = 0.16
    assert of_chances((0.004, *others), (0.004, *others))[0]  # 20 * 0.004 = 0.08


def test_a_window_is_judged_only_with_five_years_and_half_its_rows() -> None:
    years = [pd.DataFrame({"rain": np.arange(10.0) + year / 10}) for year in range(6)]
    whole, half = pd.DataFrame({"rain": np.arange(50.0, 60.0)}), pd.DataFrame({"rain": [50.0] * 4 + [np.nan] * 6})
    told = window_drift(years, whole)
    assert told.loc["rain", "distance"] == 1.0
    assert told["chance"].item() < 0.01
    assert window_drift(years, half)["chance"].isna().all()
    assert window_drift(years[:4], whole)["chance"].isna().all()


@pytest.fixture(scope="module")
def hazard() -> Hazard:
    wet, warm = TotalOver("rain", days=1, coverage=1.0), MeanOver("air_temperature", days=3)
    return a_tiny_hazard(features=(wet, warm, *season(1)), persistence=wet)


def weather(sites: int, *, warmer: float) -> pd.DataFrame:
    """Rain and temperature of nine years; from May 2024 on it is so many degrees warmer."""
    dates, told = plain_weather(sites, 2016, 9, seed=3)
    days = pd.DatetimeIndex(dates).tz_localize(HANOI)
    warm = told.air_temperature + np.where(days >= at("2024-05-01"), warmer, 0.0)[:, None]
    parts = [
        pd.DataFrame(
            {
                "site": [f"S{n + 1}" for n in range(sites)] * len(days), "variable": name,
                "valid_time": days.repeat(sites), "known_time": days.repeat(sites) + pd.Timedelta(hours=30),
                "value": np.round(values, 1).ravel(), "source": "station",
            }
        )
        for name, values in (("rain", told.rain), ("air_temperature", warm))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def judged(hazard: Hazard, archive: Archive) -> Drift:
    return covariate_drift(hazard, archive, NOW, learned_from=FROM, learned_until=UNTIL)


def test_a_sensor_that_reads_six_degrees_too_warm_is_seen_and_the_rain_is_not(
    archive: MakeArchive, hazard: Hazard
) -> None:
    found = judged(hazard, archive(entries=weather(5, warmer=6.0)))
    assert [one.feature for one in found.alarms] == ["mean_over(air_temperature, days=3)"]
    assert found.years == 8
    assert (found.start, found.end) == (at("2024-05-17"), at("2024-07-16"))  # days 19860 and 19920
    assert len(found.features) == 2  # the season is given and cannot drift


def test_without_a_change_nothing_is_called_drift_and_later_values_change_nothing(
    archive: MakeArchive, hazard: Hazard
) -> None:
    entries = weather(5, warmer=0.0)
    found = judged(hazard, archive(entries=entries))
    assert found.alarms == ()
    assert judged(hazard, archive(entries=entries[entries["known_time"] <= NOW])) == found


@pytest.mark.parametrize("every_days", [31, 61, 997])
def test_where_a_window_holds_no_issue_time_nothing_is_judged(
    archive: MakeArchive, hazard: Hazard, every_days: int
) -> None:
    """Of an issue every 61 days half of the windows of 30 days hold none; of one every 997, all but one in 33."""
    found = judged(replace(hazard, issue_every_days=every_days), archive(entries=weather(1, warmer=6.0)))
    assert len(found.features) == 2
    assert found.alarms == ()
    assert np.isnan(window_drift([], pd.DataFrame({"rain": []}, dtype=float))["chance"]).all()
