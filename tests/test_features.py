"""Features, each by hand: what is missing is never zero."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, Row, at, entry, table

from features.ahead import (
    AntecedentAhead,
    AntecedentThrough,
    DaysAhead,
    HighestAhead,
    LowestAhead,
    MeanAhead,
    MeanThrough,
    TotalAhead,
    TotalThrough,
    TotalWithin,
)
from features.archive import Archive
from features.drivers import looks_ahead
from features.errors import UnknownNameError
from features.feature import Feature
from features.given import Attribute, Lead, SeasonHarmonic, season
from features.held import HeldAhead
from features.past import (
    AgeOfLatest,
    AntecedentIndex,
    ChangeOver,
    DaysAtLeast,
    HighestOver,
    Latest,
    LowestOver,
    MeanOver,
    RunLength,
    TotalOver,
    TrendOver,
)
from features.periods import Periods
from features.sites import Sites
from features.snapshot import Snapshot
from features.transformed import Difference

ISSUE = "2024-03-10 07:00"
TWO = Periods(days=2, count=2)  # 11 and 12 March, 13 and 14 March
NAN = np.nan


def past_rain(site: str, *values: float | None) -> list[Row]:
    """Rain of the days before the issue day, the newest first, each known at six the next morning."""
    days = [f"2024-03-{9 - back:02}" for back in range(len(values))]
    known = [f"2024-03-{10 - back:02} 06:00" for back in range(len(values))]
    whole = zip(days, known, values, strict=True)
    return [entry(site, "rain", day, moment, value) for day, moment, value in whole if value is not None]


def run(site: str, known: str, **values: float) -> list[Row]:
    """A run of rain forecasts for days of March, `d11=5.0`."""
    return [entry(site, "rain", f"2024-03-{day[1:]}", known, value, "model") for day, value in values.items()]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, sites: Sites) -> Snapshot:
    """S1 lacks one day of seven; S2 has nothing; S3 has two days; S4 has one, five days ago; S5 is all zero."""
    rows = [
        *past_rain("S1", 10, 0, 20, None, 30, 5, 40),
        *past_rain("S3", 1, None, 3),
        *past_rain("S4", None, None, None, None, 9),
        *past_rain("S5", 0, 0, 0, 0, 0, 0, 0),
        entry("S1", "rain", "2024-03-09", "2024-03-10 07:01", 1000, "late"),
        *run("S1", "2024-03-09 06:00", d11=500, d12=500, d13=500),
        *run("S1", "2024-03-10 06:00", d11=5, d12=7, d13=1),
        *run("S1", "2024-03-11 06:00", d12=900, d13=900, d14=900),
    ]
    held = Archive(tmp_path_factory.mktemp("features"), sites, HANOI)
    held.append(table(*rows))
    return held.as_of(at(ISSUE))


def by_site(feature: Feature, snapshot: Snapshot, periods: Periods = TWO) -> list[float]:
    values = feature(snapshot, periods)
    assert values.dims == ("issue_time", "site")
    return values.to_numpy()[0].tolist()


def same(found: object, expected: Sequence[object]) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-12)


PAST = {
    # (10 + 0 + 20 + 30 + 5 + 40) / 6
    "mean of the known days": (MeanOver("rain", days=7), [17.5, NAN, 2, 9, 0]),
    "mean of a shorter stretch": (MeanOver("rain", days=2), [5, NAN, 1, NAN, 0]),
    # S1 knows 6 of 7 days: 17.5 * 7; S3 knows 2 of 7
    "total made up by the mean": (TotalOver("rain", days=7), [122.5, NAN, NAN, NAN, 0]),
    "total of a whole stretch": (TotalOver("rain", days=3, coverage=1.0), [30, NAN, NAN, NAN, 0]),
    "total with a hole": (TotalOver("rain", days=4, coverage=1.0), [NAN, NAN, NAN, NAN, 0]),
    # S3 knows 2 of 3 days: 2 * 3
    "total with low coverage": (TotalOver("rain", days=3, coverage=0.6), [30, NAN, 6, NAN, 0]),
    # S1: 20, 30 and 40 of 6 known days, times 7
    "days at a threshold or above": (DaysAtLeast("rain", threshold=20, days=7), [3.5, NAN, NAN, NAN, 0]),
    "days above it": (DaysAtLeast("rain", threshold=20.1, days=3), [0, NAN, NAN, NAN, 0]),
    "highest": (HighestOver("rain", days=7), [40, NAN, 3, 9, 0]),
    "highest of a shorter stretch": (HighestOver("rain", days=3), [20, NAN, 3, NAN, 0]),
    "lowest": (LowestOver("rain", days=7), [0, NAN, 1, 9, 0]),
    "latest": (Latest("rain", days=7), [10, NAN, 1, 9, 0]),
    "latest of a shorter stretch": (Latest("rain", days=4), [10, NAN, 1, NAN, 0]),
    "age of the latest": (AgeOfLatest("rain", days=7), [1, NAN, 1, 5, 1]),
    "change over two days": (ChangeOver("rain", days=2), [-10, NAN, -2, NAN, 0]),
    "change to a day that is missing": (ChangeOver("rain", days=3), [NAN, NAN, NAN, NAN, 0]),
    # S1: times -1 -2 -3 -5 -6 -7 about -4, rain about 17.5: covariance -110, variance 28
    "trend": (TrendOver("rain", days=7), [-110 / 28, NAN, NAN, NAN, 0]),
    # S1, weights 1, 1/2, 1/4 and so on, the fourth unknown: 10 + 20/4 + 30/16 + 5/32 + 40/64 of 127/64 - 1/8
    "antecedent index": (
        AntecedentIndex("rain", days=7, decay=0.5),
        [17.65625 * 1.984375 / 1.859375, NAN, NAN, NAN, 0],
    ),
    "antecedent index of known days": (AntecedentIndex("rain", days=2, decay=0.5), [10, NAN, NAN, NAN, 0]),
    "run at or above": (RunLength("rain", threshold=0, days=7), [3, NAN, 1, NAN, 7]),
    "run at or below": (RunLength("rain", threshold=10, days=7, below=True), [2, NAN, 1, NAN, 7]),
    "trend of three days": (TrendOver("rain", days=3), [-5, NAN, NAN, NAN, 0]),
}


@pytest.mark.parametrize(("feature", "expected"), PAST.values(), ids=PAST)
def test_a_feature_of_the_past_is_as_by_hand(snapshot: Snapshot, feature: Feature, expected: list[float]) -> None:
    same(by_site(feature, snapshot), expected)


AHEAD = {
    "mean needs every day": (MeanAhead("rain"), [6, NAN]),
    "total needs every day": (TotalAhead("rain"), [12, NAN]),
    "highest of the days there are": (HighestAhead("rain"), [7, 1]),
    "lowest of the days there are": (LowestAhead("rain"), [5, 1]),
    "total from tomorrow on": (TotalThrough("rain"), [12, NAN]),
    "mean from tomorrow on": (MeanThrough("rain"), [6, NAN]),
    # 7 mm on the last day, and half of the 5 mm of the day before
    "antecedent index from tomorrow on": (AntecedentThrough("rain", decay=0.5), [9.5, NAN]),
    "days at or above": (DaysAhead("rain", threshold=6), [1, NAN]),
    "days at or below": (DaysAhead("rain", threshold=7, below=True), [2, NAN]),
    "level held for a day": (HeldAhead("rain", run_days=1), [7, NAN]),
    "level held for two days": (HeldAhead("rain", run_days=2), [5, NAN]),
    "level not exceeded for two days": (HeldAhead("rain", run_days=2, below=True), [7, NAN]),
    # margin of a day: 10 to 13 March, and 12 to 15 March
    "highest with a margin": (HighestAhead("rain", margin_days=1), [7, 7]),
    "lowest with a margin": (LowestAhead("rain", margin_days=1), [1, 1]),
}


@pytest.mark.parametrize(("feature", "expected"), AHEAD.values(), ids=AHEAD)
def test_a_feature_ahead_reads_the_last_run_known(snapshot: Snapshot, feature: Feature, expected: list[float]) -> None:
    values = feature(snapshot, TWO)
    assert values.dims == ("issue_time", "site", "period")
    same(values.sel(site="S1").to_numpy()[0], expected)
    assert values.drop_sel(site="S1").isnull().all()


def test_a_total_within_some_days_is_the_same_for_every_period(snapshot: Snapshot) -> None:
    # The last run knows 5, 7 and 1 mm of the first three days and nothing of the fourth.
    three, four = (TotalWithin("rain", days=days)(snapshot, TWO) for days in (3, 4))
    assert three.dims == ("issue_time", "site")
    assert three.sel(site="S1").item() == 13
    assert four.isnull().all()


def test_a_difference_is_known_where_both_are(snapshot: Snapshot) -> None:
    # The last run says 5 and 7 mm in the first period; the day before the issue day had 10, 1 and 0 mm.
    above = Difference(HighestAhead("rain"), Latest("rain", days=1))
    assert above.variables == ("rain",)
    values = above(snapshot, TWO)
    same(values.sel(site="S1").to_numpy()[0], [-3, -9])
    assert values.drop_sel(site="S1").isnull().all()
    assert looks_ahead(above)


def test_the_antecedent_index_goes_on_through_the_days_that_are_forecast(tmp_path: Path, sites: Sites) -> None:
    held = Archive(tmp_path, sites, HANOI)
    runs = [*run("S1", "2024-03-10 06:00", d10=4, d11=6), *run("S3", "2024-03-10 06:00", d11=6)]
    held.append(table(*past_rain("S1", 10, 0, 20), *past_rain("S3", 10, 0, 20), *runs))
    values = AntecedentAhead("rain", days=3, decay=0.5)(held.as_of(at(ISSUE)), Periods(days=1, count=2))
    assert values.dims == ("issue_time", "site", "period")
    same(values.sel(site="S1").to_numpy()[0], [0.5 * 15 + 4, 0.5 * 11.5 + 6])  # 15 = 10 + 0 / 2 + 20 / 4
    assert values.sel(site="S3").isnull().all()  # nobody told of the issue day itself


def test_many_issue_times_give_each_its_own_values(snapshot: Snapshot, tmp_path: Path, sites: Sites) -> None:
    held = Archive(tmp_path, sites, HANOI)
    held.append(table(*past_rain("S1", 10, 0, 20)))
    three = held.as_of([at("2024-03-08 07:00"), at("2024-03-09 07:00"), at("2024-03-10 07:00")])
    same(MeanOver("rain", days=2)(three, TWO).sel(site="S1"), [20, 10, 5])


def snapshot_at(moment: pd.Timestamp, sites: Sites) -> Snapshot:
    def nothing(variable: str, first_day: int | None) -> object:
        raise AssertionError(f"{variable} was read")

    return Snapshot(pd.DatetimeIndex([moment]).tz_convert("UTC"), sites, HANOI, nothing)  # type: ignore[arg-type]


def test_the_season_is_the_angle_of_the_middle_of_the_period_in_the_year(sites: Sites) -> None:
    # First day 2024-03-11 is day 19793; the middles of two periods of two days are 19793.5 and 19795.5.
    snapshot = snapshot_at(at(ISSUE), sites)
    for order in (1, 2):
        angle = [2 * np.pi * order * (day / 365.2425) for day in (19793.5, 19795.5)]
        same(SeasonHarmonic(order, "sine")(snapshot, TWO).to_numpy()[0], np.sin(angle).tolist())
        same(SeasonHarmonic(order, "cosine")(snapshot, TWO).to_numpy()[0], np.cos(angle).tolist())


def test_the_season_comes_again_after_four_hundred_years(sites: Sites) -> None:
    now, then = (snapshot_at(pd.Timestamp(f"{year}-03-10 07:00", tz="Asia/Bangkok"), sites) for year in (1975, 2375))
    for wave in season(harmonics=3):
        np.testing.assert_allclose(wave(now, TWO), wave(then, TWO), atol=1e-9)


def test_the_season_has_a_sine_and_a_cosine_of_each_order() -> None:
    assert [feature.name for feature in season(harmonics=2)] == [
        "season_harmonic(order=1, wave=sine)", "season_harmonic(order=1, wave=cosine)",
        "season_harmonic(order=2, wave=sine)", "season_harmonic(order=2, wave=cosine)",
    ]  # fmt: skip


def test_the_lead_is_the_days_to_the_first_day_of_the_period(sites: Sites) -> None:
    same(Lead()(snapshot_at(at(ISSUE), sites), Periods(days=7, count=3)), [1, 8, 15])


def test_an_attribute_is_that_of_the_site(sites: Sites) -> None:
    same(Attribute("shrimp_ponds")(snapshot_at(at(ISSUE), sites), TWO), [0, 30, 12, NAN, NAN])
    with pytest.raises(UnknownNameError, match="razor_clams"):
        Attribute("razor_clams")(snapshot_at(at(ISSUE), sites), TWO)


def test_a_name_tells_the_kind_and_all_fields() -> None:
    assert MeanOver("rain", days=7).name == "mean_over(rain, days=7)"
    assert TotalOver("rain", days=7).name == "total_over(rain, days=7, coverage=0.8)"
    assert (
        DaysAtLeast("rain", threshold=16.0, days=7).name == "days_at_least(rain, threshold=16.0, days=7, coverage=0.8)"
    )
    assert HighestAhead("rain", margin_days=1).name == "highest_ahead(rain, margin_days=1)"
    assert Lead().name == "lead()"


def test_equal_features_are_equal_and_different_ones_have_different_names() -> None:
    assert MeanOver("rain", days=7) == MeanOver("rain", days=7)
    several = [MeanOver("rain", days=7), MeanOver("rain", days=8), MeanOver("air_temperature", days=7)]
    assert len({feature.name for feature in several}) == 3


def test_a_feature_declares_the_variables_that_it_reads() -> None:
    assert MeanOver("rain", days=7).variables == ("rain",)
    assert Lead().variables == Attribute("elevation_m").variables == ()


def test_periods_begin_the_day_after_the_issue_day_and_follow_one_another() -> None:
    issue = pd.DatetimeIndex([at("2024-03-10 23:30")]).tz_convert("UTC")
    assert (TWO.numbers.tolist(), TWO.leads.tolist(), TWO.reach) == ([1, 2], [1, 3], 4)
    valid_from, valid_to = TWO.bounds(issue.repeat(2), np.array([1, 2]), HANOI)
    assert list(valid_from) == [at("2024-03-11"), at("2024-03-13")]
    assert list(valid_to) == [at("2024-03-13"), at("2024-03-15")]


@pytest.mark.parametrize(("days", "count"), [(0, 1), (1, 0), (-7, 2)])
def test_periods_of_no_length_are_refused(days: int, count: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"not {days} and {count}")):
        Periods(days=days, count=count)
