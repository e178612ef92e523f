"""Errors of a number: worked examples by hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import TINY_TEST, MakeArchive, a_tiny_hazard, at, entry

from features.archive import Archive
from features.months import Months
from features.periods import Periods
from models.hazard import Hazard
from models.targets import Highest
from training.backtest import Backtest
from training.point_scores import as_measured, medians, point_scores, running


def of_days(outcome: list[float], **forecasts: list[float]) -> tuple[Backtest, dict[str, pd.Series]]:
    """Outcomes of successive days at one site, with the numbers that were forecast."""
    times = pd.date_range(at("2024-03-01 07:00"), periods=len(outcome), freq="D").tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, ["S1"], [1]], names=["issue_time", "site", "period"])
    came = pd.Series(outcome, index, name="outcome")
    tested = Backtest(a_tiny_hazard(periods=Periods(days=3, count=1)), came, {}, pd.DataFrame(index=index))
    return tested, {name: pd.Series(values, index) for name, values in forecasts.items()}


def test_errors_and_skill_are_as_by_hand() -> None:
    tested, told = of_days([1, 2, 6], model=[1, 3, 4], climatology=[3, 3, 3], as_measured=[0, 5, 2])
    (absolute,) = point_scores(tested, told, tested.outcome, measure="MAE")
    assert (absolute.lead, absolute.n) == (1, 3)
    assert (absolute.model, absolute.climatology, absolute.persistence) == pytest.approx((1, 2, 8 / 3))
    assert absolute.skill_climatology[0] == pytest.approx(0.5)
    assert absolute.skill_persistence[0] == pytest.approx(1 - 3 / 8)
    (square,) = point_scores(tested, told, tested.outcome, measure="RMSE")
    # squared errors 0 + 1 + 4, 4 + 1 + 9 and 1 + 9 + 16
    assert square.model == pytest.approx((5 / 3) ** 0.5)
    assert square.persistence == pytest.approx((26 / 3) ** 0.5)
    assert square.skill_climatology[0] == pytest.approx(1 - (5 / 14) ** 0.5)


def test_nothing_can_be_gained_on_who_never_errs() -> None:
    tested, told = of_days([1, 2, 6], model=[1, 3, 4], climatology=[1, 2, 6], as_measured=[0, 5, 2])
    (row,) = point_scores(tested, told, tested.outcome, measure="MAE")
    assert (row.climatology, row.skill_climatology) == (0, (0, 0, 0))


def test_a_question_of_which_nothing_was_measured_does_not_count() -> None:
    tested, told = of_days([1, 2, 6], model=[1, 3, 4], climatology=[3, 3, 3], as_measured=[0, np.nan, 2])
    (row,) = point_scores(tested, told, tested.outcome, measure="MAE")
    assert (row.n, row.model, row.persistence) == (2, 1, 2.5)


def test_the_interval_holds_the_skill_and_is_a_point_where_every_day_is_alike() -> None:
    random = np.random.default_rng(1)
    outcome = random.normal(size=300)
    model, far = outcome + random.normal(size=300), outcome + 2 * random.normal(size=300)
    tested, told = of_days(list(outcome), model=list(model), climatology=list(far), as_measured=list(outcome + 4))
    (row,) = point_scores(tested, told, tested.outcome, measure="RMSE")
    value, low, high = row.skill_climatology
    assert 0.3 < low < value < high < 0.7
    tested, told = of_days([0.0] * 300, model=[1.0] * 300, climatology=[2.0] * 300, as_measured=[4.0] * 300)
    (flat,) = point_scores(tested, told, tested.outcome, measure="MAE")
    assert flat.skill_persistence == pytest.approx((0.75, 0.75, 0.75))


def test_a_median_lies_where_half_of_the_outcomes_do() -> None:
    at_cut = pd.DataFrame([[0.9, 0.5, 0.1]], columns=[1.0, 2.0, 4.0])
    assert medians(at_cut).tolist() == pytest.approx([2.0])
    between = pd.DataFrame([[0.8413447, 0.1586553, 0.0]], columns=[1.0, 4.0, 8.0])
    assert medians(between).tolist() == pytest.approx([2.0]), "one standard deviation to either cut"


def test_a_median_beyond_the_cuts_goes_on_as_between_the_nearest_two() -> None:
    one, two, three = 0.8413447, 0.9772499, 0.9986501  # of 1, 2 and 3 standard deviations
    above = pd.DataFrame([[three, two, one]], columns=[1.0, 2.0, 4.0])
    assert medians(above).tolist() == pytest.approx([8.0], rel=1e-5)
    below = pd.DataFrame([[1 - one, 1 - two, 1 - three]], columns=[1.0, 2.0, 4.0])
    assert medians(below).tolist() == pytest.approx([0.5], rel=1e-5)
    flat = pd.DataFrame([[one, one, one]], columns=[1.0, 2.0, 4.0])
    assert medians(flat).tolist() == pytest.approx([4 * np.exp(3)], rel=1e-5), "a deviation of 3 at the most"


@pytest.mark.parametrize("cuts", [[0.0, 1.0], [2.0]])
def test_a_median_needs_cuts_above_zero(cuts: list[float]) -> None:
    with pytest.raises(ValueError, match="between cuts above zero"):
        medians(pd.DataFrame([[0.5] * len(cuts)], columns=cuts))


def test_the_running_week_is_the_one_before_the_first_period(tiny_hazard: Hazard, archive: MakeArchive) -> None:
    days = [f"2024-03-{day:02d}" for day in range(1, 8)]
    rain = [9.0, 1.0, 2.0, 3.0, 4.0, 50.0, 60.0]
    held = archive(*(entry("S1", "rain", day, "2024-04-01", value) for day, value in zip(days, rain, strict=True)))
    index = pd.MultiIndex.from_product(
        [[at("2024-03-04 07:00").tz_convert("UTC")], ["S1", "S2"], [1, 2]], names=["issue_time", "site", "period"]
    )
    tested = Backtest(tiny_hazard, pd.Series(0.0, index, name="outcome"), {}, pd.DataFrame(index=index))
    # Asked on the 4th about the 5th to the 7th and the 8th to the 10th: the three days to the 4th were running.
    assert running(tested, held).tolist() == pytest.approx([3, 3, np.nan, np.nan], nan_ok=True)


def test_the_running_month_is_that_of_the_issue_day(archive: MakeArchive) -> None:
    held = archive(
        *(entry("S1", "dengue_cases", f"2024-0{month}-01", "2024-06-01", 10 * month) for month in (1, 2, 3, 4))
    )
    hazard = a_tiny_hazard(
        periods=Months(count=1), target=Highest("dengue_cases", cuts=(1.0, 2.0), settle_days=1), levels={}
    )
    index = pd.MultiIndex.from_product(
        [[at("2024-02-12 07:00").tz_convert("UTC")], ["S1"], [1]], names=["issue_time", "site", "period"]
    )
    tested = Backtest(hazard, pd.Series(0.0, index, name="outcome"), {}, pd.DataFrame(index=index))
    assert running(tested, held).tolist() == [20]


def test_what_is_measured_now_is_the_persistence_of_the_rows(
    tiny_hazard: Hazard, tiny_archive: Archive, tiny_backtest: Backtest
) -> None:
    now = as_measured(tiny_backtest, tiny_archive)
    pd.testing.assert_index_equal(now.index, tiny_backtest.outcome.index)
    times = tiny_hazard.issue_times(at(TINY_TEST[0]), at(TINY_TEST[1]), tiny_archive.zone, every_days=1)
    asked = tiny_hazard.ask(tiny_archive, times)["total_over(rain, days=1, coverage=1.0)"]
    pd.testing.assert_series_equal(now, asked.reindex(now.index))
