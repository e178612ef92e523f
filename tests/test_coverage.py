"""What the intervals of an amount cover: tallied by block and season, told with an interval of its own."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, a_tiny_hazard

from features.periods import Periods
from training.coverage import coverage
from training.tallies import Tally, tally

NOTHING = pd.DataFrame()


def test_an_outcome_counts_where_it_is_known_and_the_interval_holds_more_than_one_amount() -> None:
    times = pd.date_range("2025-01-01 07:00", periods=3, freq="D", tz=HANOI).tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, ["A", "B"], [1]], names=["issue_time", "site", "period"])
    outcome = pd.Series([0.0, 5.0, 6.0, np.nan, 0.0, 2.0], index)
    ends = [[0.0, 5.0], [0.0, 5.0], [0.0, 5.0], [0.0, 5.0], [0.0, 0.0], [3.0, 5.0]]
    half = pd.DataFrame(0.5, index, [10.0, 30.0])
    told = dict.fromkeys(("model", "climatology", "persistence"), half)
    hazard = a_tiny_hazard(periods=Periods(days=1, count=1))
    summed = tally(hazard, told, outcome, HANOI, interval=pd.DataFrame(ends, index, ["low", "high"])).coverage
    # five outcomes are known, one interval is a point, 6 lies above and 2 below theirs
    assert summed.groupby(level=["season", "lead"]).sum().loc[("winter", 1)].tolist() == [5, 4, 2]
    assert tally(hazard, told, outcome, HANOI).coverage.empty


def a_tally(within: dict[str, float], *, blocks: int = 12) -> Tally:
    """Blocks that are all alike: at each of two leads ten intervals a season, of which so many hold the outcome."""
    keys = pd.MultiIndex.from_product([range(blocks), list(within), [1, 2]], names=["block", "season", "lead"])
    inside = [within[season] for season in keys.get_level_values("season")]
    return Tally(NOTHING, NOTHING, pd.DataFrame({"n": 20.0, "told": 10.0, "within": inside}, keys))


def test_coverage_is_pooled_over_worlds_leads_and_seasons() -> None:
    table = coverage([a_tally({"winter": 9.0, "summer": 8.0}), a_tally({"winter": 10.0, "summer": 8.0})])
    told = table.set_index(["season", "lead"])
    assert told.loc[("all", "all"), ["n", "told", "covered"]].tolist() == [1920, 960, 0.875]
    assert told.loc[("winter", "all"), "covered"] == 0.95
    assert told.loc[("winter", 2), ["told", "covered"]].tolist() == [240, 0.95]
    assert told.loc[("summer", "all"), ["covered", "covered_low", "covered_high"]].tolist() == pytest.approx([0.8] * 3)


def test_blocks_that_differ_make_the_interval_wide() -> None:
    keys = pd.MultiIndex.from_product([range(100), ["winter"], [1]], names=["block", "season", "lead"])
    within = np.where(np.arange(100) % 2, 8.0, 10.0)
    sums = pd.DataFrame({"n": 10.0, "told": 10.0, "within": within}, keys)
    row = coverage([Tally(NOTHING, NOTHING, sums)]).iloc[0]
    assert row["covered"] == 0.9
    # the share of each block has a standard deviation of 0.1, its mean over 100 blocks one of 0.01
    assert row["covered_high"] - row["covered_low"] == pytest.approx(2 * 1.96 * 0.01, rel=0.15)


def test_below_ten_blocks_and_without_an_amount_nothing_is_claimed() -> None:
    assert np.isnan(coverage([a_tally({"winter": 9.0}, blocks=9)]).iloc[0]["covered_low"])
    assert coverage([Tally(NOTHING, NOTHING, a_tally({"winter": 9.0}).coverage.iloc[:0])]).empty
