"""Forecasts beside what came: how they are read, standardised, judged, and what a change leaves behind."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, at, entry

from features.local_days import day_numbers
from training.forecast_bias import ForecastBias, KnownChange, judge_days
from training.forecast_streams import (
    ForecastDays,
    by_month,
    forecast_days,
    normal_scores,
    paired,
    spread_of_sums,
    streams,
)

FIRST, YEARS = "2020-01-01", 4
JUMP_ON = "2023-10-20"


def test_normal_scores_are_quantiles_of_middle_ranks() -> None:
    reference = np.array([0.0, 0.0, 0.0, 5.0])
    told = normal_scores(np.array([0.0, 2.0, 5.0, 9.0, np.nan]), reference)
    assert told[:4] == pytest.approx([-0.3186, 0.6745, 1.1503, 1.1503], abs=1e-4)  # ranks 1.5, 3, 3.5 and beyond, of 4
    assert np.isnan(told[4])


def test_days_that_teach_are_told_by_the_other_years_and_days_that_are_judged_by_all() -> None:
    days = np.arange(np.datetime64("2021-01-01"), np.datetime64("2025-01-01")).astype(np.int64)
    year = days.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    values = np.select([year == 2021, year == 2022, year == 2023], [1.0, 2.0, 6.0])

    def mean(wanted: np.ndarray, learned: np.ndarray) -> np.ndarray:
        return np.full(wanted.sum(), values[learned].mean())

    told = by_month(days, year < 2024, mean)
    by_year = [np.median(told[year == one]) for one in range(2021, 2025)]
    assert by_year == pytest.approx([4.0, 3.5, 1.5, 3.0], abs=0.05)  # of 2 and 6, 1 and 6, 1 and 2, and all


def test_a_year_alone_is_not_told_by_itself() -> None:
    days, training = np.arange(465), np.arange(465) < 365
    told = by_month(days, training, lambda wanted, learned: np.ones(wanted.sum()))
    assert np.isnan(told[:365]).all()
    assert (told[365:] == 1.0).all()


def test_the_spread_of_sums_is_that_of_one_more_beside_those_that_tell_it() -> None:
    # sums of two days to those of independent ones: squares of 2, 2, 0 and, of one day alone, 4; by 4 - 2 degrees
    scores = np.array([1.0, 1.0, -1.0, -1.0, 1.0, -1.0, np.nan, 2.0, np.nan, np.nan, 9.0])
    assert spread_of_sums(scores, 2) == pytest.approx(2.0)
    assert spread_of_sums(scores[:4], 2) == 0.0, "two tell no spread"


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


def shifting(seed: int) -> ForecastDays:
    """Three years and one of forecasts a day ahead that stand a little otherwise in each season of each year."""
    random = np.random.default_rng(seed)
    days = np.arange(np.datetime64("2020-01-01"), np.datetime64("2024-01-01")).astype(np.int64)
    gales = 6 * np.exp(0.35 * random.standard_normal((len(days), 1)))
    error = 0.1 * random.standard_normal(len(days)) + np.repeat(0.02 * random.standard_normal(17), 90)[: len(days)]
    issued = np.full((len(days), 1, 1), np.nan)
    issued[:-1, :, 0] = gales[1:] * np.exp(error[1:, None])
    return ForecastDays(days, {"wind_speed": issued}, {"wind_speed": gales})


def test_after_a_short_record_a_further_year_is_no_wilder_than_the_record_says() -> None:
    sums = []
    for seed in range(12):
        training = np.arange(1461) < 1096
        (stream,) = streams(shifting(seed), training).values()
        sums += [np.nansum(stream[1096 + 90 * k : 1186 + 90 * k]) / np.sqrt(90) for k in range(4)]
    # of 48 sums; what was fitted to three years alone makes them half as large again
    assert np.sqrt(np.mean(np.square(sums))) < 1.15


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
    assert judge_days(until(wind(), "2021-04-01"), HANOI) is None, "one year does not tell how years differ"
    assert judge_days(until(wind(), "2022-04-01"), HANOI) is not None
