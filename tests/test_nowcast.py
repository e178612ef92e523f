"""Nowcasts: late reports made up for by the delays of older ones, and by nothing that came later."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, MakeArchive, Row, a_row_of_sites, a_tiny_hazard, at, entry
from hypothesis import given, settings
from hypothesis import strategies as st

from features.archive import Archive
from features.nowcast import Nowcast
from features.periods import Periods

REPORTS = "white_spot_onsets"
WEEK = Periods(days=7, count=1)
NOWCAST = Nowcast(REPORTS, days=2, settle_days=7, learned_days=28)


def reported(day: pd.Timestamp, first: float, final: float, *, site: str = "S1", after: int = 1) -> list[Row]:
    """A count that is known the morning after its day, and grows some days later."""
    days = pd.Timedelta(days=1)
    rows = [
        (day + after * days + pd.Timedelta(hours=6), first),
        (day + (after + 1) * days + pd.Timedelta(hours=6), final),
    ]
    return [entry(site, REPORTS, f"{day:%Y-%m-%d}", f"{known:%Y-%m-%d %H:%M}", value) for known, value in rows]


def history(until: str, days: int, first: float, final: float) -> list[Row]:
    past = pd.date_range(end=at(until), periods=days, freq="D")
    return [row for day in past for row in reported(day, first, final)]


def test_a_count_is_multiplied_by_what_its_delay_leaves_out(archive: MakeArchive) -> None:
    # A day has 4 reports the morning after and 10 another day later: F(1) = 0.4, F(2) = 1.
    held = archive(*history("2024-03-08", 60, 4.0, 10.0), *reported(at("2024-03-09"), 6.0, 99.0))
    snapshot = held.as_of(at("2024-03-10 07:00"))
    share = NOWCAST.shares(snapshot)
    assert share.isel(issue_time=0).to_numpy().tolist() == pytest.approx([0.4, 1.0])
    told = NOWCAST(snapshot, WEEK).sel(site="S1").item()
    # 9 March 6 / 0.4 and 8 March 10 / 1
    assert told == pytest.approx(25.0)


def test_what_comes_in_later_changes_nothing(archive: MakeArchive) -> None:
    rows = [*history("2024-03-08", 60, 4.0, 10.0), *reported(at("2024-03-09"), 6.0, 99.0)]
    held, more = archive(*rows), archive(*rows)
    more.append(pd.DataFrame(history("2024-03-09", 40, 4.0, 10.0)).assign(known_time=at("2024-03-11"), value=500.0))
    moment = at("2024-03-10 07:00")
    assert NOWCAST(held.as_of(moment), WEEK).equals(NOWCAST(more.as_of(moment), WEEK))


def test_delays_are_those_of_all_sites_and_a_day_without_report_yet_has_none(archive: MakeArchive) -> None:
    # S1 has 10 of 10 the morning after, S2 none of 30 until a day later: F(1) = 10 / 40
    rows = history("2024-03-09", 60, 10.0, 10.0)
    for day in pd.date_range(end=at("2024-03-08"), periods=60, freq="D"):
        rows.append(reported(day, 0.0, 30.0, site="S2")[1])
    snapshot = archive(*rows).as_of(at("2024-03-10 07:00"))
    assert NOWCAST.shares(snapshot).isel(issue_time=0).to_numpy().tolist() == pytest.approx([0.25, 1.0])


def test_without_reports_or_with_too_late_ones_nothing_is_told(archive: MakeArchive) -> None:
    few = archive(*history("2024-03-08", 60, 0.2, 0.5)).as_of(at("2024-03-10 07:00"))
    assert np.isnan(NOWCAST(few, WEEK).sel(site="S1").item()), "four weeks have fourteen reports of each delay"
    late = archive(*history("2024-03-09", 60, 0.5, 10.0)).as_of(at("2024-03-10 07:00"))
    # F(1) = 0.05 is below a tenth: the day before is left out, and the other stands for both
    assert NOWCAST(late, WEEK).sel(site="S1").item() == pytest.approx(20.0)
    assert np.isnan(Nowcast(REPORTS, days=2, settle_days=7, learned_days=28, coverage=0.6)(late, WEEK).sel(site="S1"))


TIMES = pd.date_range(at("2024-02-15 07:00"), periods=21, freq="D")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Ten weeks of reports from three sites, with delays by chance."""
    random, rows = np.random.default_rng(5), list[Row]()
    for site in ("S1", "S2", "S3"):
        for day in pd.date_range(end=at("2024-03-08"), periods=70, freq="D"):
            final = float(random.integers(0, 30))
            rows += reported(day, np.floor(final * random.random()), final, site=site, after=int(random.integers(1, 4)))
    held = Archive(tmp_path_factory.mktemp("reports"), a_row_of_sites(), HANOI)
    held.append(pd.DataFrame(rows))
    return held


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True))
def test_one_issue_time_gives_what_many_give(world: Archive, places: list[int]) -> None:
    many = NOWCAST(world.as_of(TIMES), WEEK)
    assert np.isfinite(many.sel(site="S1")).any()
    for place in places:
        one = NOWCAST(world.as_of(TIMES[place]), WEEK)
        np.testing.assert_array_equal(many.isel(issue_time=place), one.isel(issue_time=0))


def test_a_hazard_may_read_it(archive: MakeArchive) -> None:
    hazard = a_tiny_hazard()
    with_it = a_tiny_hazard(features=(*hazard.features, NOWCAST))
    assert NOWCAST.name == "nowcast(white_spot_onsets, days=2, settle_days=7, learned_days=28, coverage=0.5)"
    assert REPORTS in with_it.variables
    assert with_it.fingerprint != hazard.fingerprint
    row = with_it.ask(archive(*history("2024-03-09", 60, 4.0, 10.0)), at("2024-03-10 07:00"))
    assert row.loc[(slice(None), "S1"), NOWCAST.name].tolist() == pytest.approx([20.0] * 2)
