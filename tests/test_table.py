"""The table: one row per issue time, site and period, one column per feature in its order."""

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, at, entry

import features.table
from features.ahead import TotalAhead
from features.given import Attribute, Lead, season
from features.past import Latest
from features.periods import Periods
from features.table import rows

TWO = Periods(days=1, count=2)
COLUMNS = (Lead(), Latest("rain", days=3), Attribute("elevation_m"), TotalAhead("rain"))
RAIN = (
    entry("S1", "rain", "2024-03-09", "2024-03-10 06:00", 1.5),
    entry("S2", "rain", "2024-03-09", "2024-03-10 06:00", 2.5),
    entry("S1", "rain", "2024-03-11", "2024-03-10 06:00", 7.0, "model"),
    entry("S1", "rain", "2024-03-12", "2024-03-10 06:00", 8.0, "model"),
    entry("S1", "rain", "2024-03-10", "2024-03-11 06:00", 3.5),
)


def test_rows_stand_by_issue_time_site_and_period(archive: MakeArchive) -> None:
    asked = rows(archive(*RAIN).as_of([at("2024-03-11 07:00"), at("2024-03-10 07:00")]), COLUMNS, TWO)
    assert asked.index.names == ["issue_time", "site", "period"]
    assert asked.index.is_monotonic_increasing and asked.index.is_unique
    assert len(asked) == 2 * 5 * 2
    assert str(asked.index.levels[0].tz) == "UTC"
    assert list(asked.columns) == [
        "lead()", "latest(rain, days=3)", "attribute(attribute=elevation_m)", "total_ahead(rain)",
    ]  # fmt: skip


def test_each_feature_is_spread_over_the_dimensions_that_it_lacks(archive: MakeArchive) -> None:
    asked = rows(archive(*RAIN).as_of([at("2024-03-10 07:00"), at("2024-03-11 07:00")]), COLUMNS, TWO)
    first, second = at("2024-03-10 07:00").tz_convert("UTC"), at("2024-03-11 07:00").tz_convert("UTC")
    nan = np.nan
    np.testing.assert_array_equal(asked.loc[(first, "S1")], [[1, 1.5, 10, 7], [2, 1.5, 10, 8]])
    np.testing.assert_array_equal(asked.loc[(first, "S2")], [[1, 2.5, 20, nan], [2, 2.5, 20, nan]])
    np.testing.assert_array_equal(asked.loc[(second, "S1")], [[1, 3.5, 10, 8], [2, 3.5, 10, nan]])
    np.testing.assert_array_equal(asked.loc[(second, "S5")], [[1, nan, 15, nan], [2, nan, 15, nan]])


def test_only_sites_that_have_the_attribute_are_asked_about(archive: MakeArchive) -> None:
    snapshot = archive(*RAIN).as_of(at("2024-03-10 07:00"))
    assert rows(snapshot, COLUMNS, TWO, where="shrimp_ponds").index.unique("site").tolist() == ["S2", "S3"]


def test_where_no_site_has_the_attribute_there_are_no_rows(archive: MakeArchive) -> None:
    asked = rows(archive(*RAIN).as_of(at("2024-03-10 07:00")), COLUMNS, TWO, where="razor_clams")
    assert asked.shape == (0, 4)


def test_many_small_blocks_give_what_one_block_gives(archive: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    held = archive(*RAIN)
    times = pd.date_range(at("2024-03-10 07:00"), periods=7, freq="6h")
    whole = rows(held.as_of(times), (*COLUMNS, *season()), TWO)
    monkeypatch.setattr(features.table, "_VALUES_PER_BLOCK", 1)
    pd.testing.assert_frame_equal(rows(held.as_of(times), (*COLUMNS, *season()), TWO), whole, check_exact=True)
