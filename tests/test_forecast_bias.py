"""Forecasts beside what came: how they are read, standardised, judged, and what a change leaves behind."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, at, entry

from features.local_days import day_numbers
from training.forecast_bias import ForecastBias, KnownChange, judge_days
from training.forecast_streams import ForecastDays, forecast_days, normal_scores, paired, streams

FIRST, YEARS = "2020-01-01", 4
JUMP_ON = "2023-10-20"


def test_normal_scores_are_quantiles_of_middle_ranks() -> None:
    reference = np.array([0.0, 0.0, 0.0, 5.0])
    told = normal_scores(np.array([0.0, 2.0, 5.0, 9.0, np.nan]), reference)
    assert told[:4] == pytest.approx([-0.3186, 0.6745, 1.1503, 1.1503], abs=1e-4)  # ranks 1.5, 3, 3.5 and beyond, of 4
    assert np.isnan(told[4])


def test_forecasts_are_read_as_known_in_the_morning_and_paired_with_their_day(archive: MakeArchive) -> None:
    held = archive(
        entry("S1", "rain", "2024-03-02", "2024-03-01 06:00", 4.0, "model"),
        entry("S1", "rain", "2024-03-02", "2024-03-01 09:00", 8.0, "model"),  # too late for seven o'clock
        entry("S2", "rain", "2024-03-02", "2024-03-01 06:00", 6.0, "model"),
        entry("S1", "rain", "2024-03-02", "2024-03-03 06:00", 5.0),
    )
    told = forecast_days(held, ["rain"], at("2024-03-01"), at("2024-03-03 12:00"), issue_hour=7)
    assert list(told.days) == [19783, 19784, 19785]  # days since 1970 of 1 to 3 March 2024
    assert told.issued["rain"][0, :2, 0].tolist() == [4.0, 6.0]
    said, truth = paired(told, "rain")
    assert (said[1, 0], truth[1, 0]) == (4.0, 5.0)  # of S1 alone: nobody looked at S2
    assert np.isfinite(said).sum() == 1


def wind(*, factor: float = 1.0) -> ForecastDays:
    """Four years of wind at three sites, and forecasts one and two days ahead that a factor changes from a day on."""
    random = np.random.default_rng(5)
    days = np.arange(np.datetime64(FIRST), np.datetime64(f"{int(FIRST[:4]) + YEARS}-01-01")).astype(np.int64)
    gales = 6 * np.exp(0.35 * random.standard_normal((len(days), 1)) + 0.1 * random.standard_normal((len(days), 3)))
    issued = np.full((len(days), 3, 2), np.nan)
    for lead in (1, 2):
        error = np.exp(0.1 * lead * random.standard_normal((len(days) - lead, 1)))
        issued[:-lead, :, lead - 1] = 0.9 * gales[lead:] * error
    after = days >= np.datetime64(JUMP_ON).astype(np.int64)
    return ForecastDays(
        days, {"wind_speed": np.where(after[:, None, None], factor, 1.0) * issued}, {"wind_speed": gales}
    )


def until(told: ForecastDays, day: str) -> ForecastDays:
    last = int(np.searchsorted(told.days, np.datetime64(day).astype(np.int64)))
    return ForecastDays(
        told.days[:last],
        {name: values[:last] for name, values in told.issued.items()},
        {name: values[:last] for name, values in told.observed.items()},
    )


def found(told: ForecastDays, **known: tuple[KnownChange, ...]) -> ForecastBias:
    bias = judge_days(told, HANOI, **known)
    assert bias is not None
    return bias


def test_streams_are_standard_normal_in_the_training_days() -> None:
    told = wind()
    (stream,) = streams(told, np.ones(len(told.days), dtype=bool)).values()
    known = stream[np.isfinite(stream)]
    assert (known.mean(), known.std()) == pytest.approx((0.0, 1.0), abs=0.05)


def test_forecasts_that_are_a_fifth_too_high_are_found_with_their_day_and_factor() -> None:
    bias = found(until(wind(factor=1.2), "2023-11-19"))
    assert bias.found_at is not None
    assert at("2023-10-20") <= bias.found_at < at("2023-11-19")
    assert abs((bias.since - at(JUMP_ON)).days) <= 2
    (variable,) = bias.variables
    assert variable.variable == "wind_speed"
    assert variable.factor == pytest.approx(1.2, rel=0.05)


def test_without_a_change_there_is_no_alarm() -> None:
    bias = found(wind())
    assert not bias.alarm
    assert bias.judged_days == 90


def test_a_change_that_was_acted_upon_is_not_found_again_and_a_further_one_is() -> None:
    told = wind(factor=1.2)
    acted = (KnownChange(at(JUMP_ON), at("2023-11-18")),)
    assert not found(told, known=acted).alarm
    again = told.days >= day_numbers(pd.DatetimeIndex([at("2023-12-01")]), HANOI)[0]
    further = replace(
        told, issued={name: np.where(again[:, None, None], 1.3, 1.0) * values for name, values in told.issued.items()}
    )
    assert found(further, known=acted).alarm


def test_too_short_a_past_tells_nothing() -> None:
    assert judge_days(until(wind(), "2020-12-01"), HANOI) is None
