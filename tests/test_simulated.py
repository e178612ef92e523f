"""The simulated province: known facts in, entries with both clocks out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Receipt, inspect
from features.errors import HaidangError
from features.ingest import Source, ingest
from features.settings import BUILT_IN_SITES
from features.sites import Site, Sites, read_sites
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.climate import simulate_climate
from features.sources.simulated.disease import Confirmations, confirm
from features.sources.simulated.reporting import cumulative_reports

ZONE = "Asia/Ho_Chi_Minh"
# Hon Gai, Móng Cái 1, Hà An, Đầm Hà, Hải Hòa.
FEW = ("06685", "06712", "07168", "06895", "06799")
# Station normals of 1988-2017 at Hon Gai, mm a month (IMHEN record).
NORMAL_RAIN = np.array([32, 23, 56, 68, 182, 261, 411, 422, 266, 135, 38, 17])


@pytest.fixture(scope="module")
def province() -> SimulatedProvince:
    return SimulatedProvince(years=2, seed=11, first_year=2019)


@pytest.fixture(scope="module")
def few(province: SimulatedProvince) -> Sites:
    return Sites([province.sites[code] for code in FEW])


@pytest.fixture(scope="module")
def entries(province: SimulatedProvince, few: Sites) -> pd.DataFrame:
    return fetched(province, few, "2019-01-01", "2020-01-01")


def at(date: str) -> pd.Timestamp:
    return pd.Timestamp(date, tz=ZONE)


def fetched(source: Source, sites: Sites, start: str, end: str) -> pd.DataFrame:
    return pd.concat([batch.entries for batch in source.fetch(sites, at(start), at(end))], ignore_index=True)


def in_order(entries: pd.DataFrame) -> pd.DataFrame:
    return entries.sort_values(["variable", "site", "valid_time", "known_time"]).reset_index(drop=True)


def test_the_province_has_54_communes_with_codes_inside_quang_ninh() -> None:
    sites = read_sites(BUILT_IN_SITES)
    assert len(set(sites.codes)) == 54
    assert all(len(code) == 5 and code.isdigit() for code in sites)
    assert ((sites.attribute("latitude") > 20.6) & (sites.attribute("latitude") < 21.8)).all()
    assert ((sites.attribute("longitude") > 106.4) & (sites.attribute("longitude") < 108.1)).all()
    assert [int(sites.attribute(name).sum()) for name in ("coastal", "island", "mountainous", "aquaculture")] == [
        30, 4, 19, 38,
    ]  # fmt: skip
    assert not (sites.having("shrimp_ponds") & ~sites.having("aquaculture")).any()


def test_equal_seeds_give_equal_entries_and_other_seeds_do_not(few: Sites, entries: pd.DataFrame) -> None:
    again, other = (SimulatedProvince(years=2, seed=seed, first_year=2019) for seed in (11, 12))
    pd.testing.assert_frame_equal(entries, fetched(again, few, "2019-01-01", "2020-01-01"))
    assert not entries["value"].equals(fetched(other, few, "2019-01-01", "2020-01-01")["value"])


def test_a_part_of_the_days_and_sites_is_the_part_of_the_whole(
    province: SimulatedProvince, few: Sites, entries: pd.DataFrame
) -> None:
    one = Sites([few["07168"]])
    within = entries["valid_time"].between(at("2019-05-01"), at("2019-05-20"), inclusive="left")
    part = fetched(province, one, "2019-05-01", "2019-05-20")
    pd.testing.assert_frame_equal(in_order(part), in_order(entries[within & (entries["site"] == "07168")]))


def test_a_calendar_year_is_a_batch_and_a_leap_year_has_its_day(province: SimulatedProvince, few: Sites) -> None:
    batches = list(province.fetch(few, at("2019-01-01"), at("2021-01-01")))
    assert len(batches) == 2
    assert province.truth.sizes == {"time": 365 + 366, "site": 54}


def test_no_entry_is_quarantined_at_the_door(few: Sites, entries: pd.DataFrame) -> None:
    checked = inspect(entries, few, ZONE)
    assert checked.rejected.empty
    assert len(checked.entries) == len(entries)


def test_ingested_twice_it_changes_nothing(province: SimulatedProvince, few: Sites, tmp_path: Path) -> None:
    archive = Archive(tmp_path, few, ZONE)
    first = ingest(province, archive, at("2019-05-01"), at("2019-06-01"))
    assert first.accepted > 0
    assert ingest(province, archive, at("2019-05-01"), at("2019-06-01")) == Receipt(duplicates=first.accepted)


def test_observations_are_known_after_their_day_and_forecasts_at_six_of_the_issue_day(entries: pd.DataFrame) -> None:
    hours = (entries["known_time"] - entries["valid_time"]).dt.total_seconds() / 3600
    seen = {name: set(hours[entries["variable"] == name]) for name in entries["variable"].unique()}
    assert seen["rain"] == seen["air_temperature"] == {30.0} | {6.0 - 24 * lead for lead in range(1, 11)}
    assert seen["pond_temperature"] == seen["pond_salinity"] == {33.0}
    assert min(seen["white_spot_onsets"]) == 41.0
    assert {hour % 24 for hour in seen["white_spot_onsets"]} == {17.0}


def test_what_was_observed_is_what_happened(province: SimulatedProvince, entries: pd.DataFrame) -> None:
    rain = entries[(entries["variable"] == "rain") & (entries["known_time"] > entries["valid_time"])]
    told = rain[rain["site"] == "06685"]["value"].to_numpy()
    np.testing.assert_array_equal(told, province.truth["rain"].sel(site="06685", time="2019").to_numpy())


def test_runs_every_third_day_are_a_third_of_the_runs(few: Sites, entries: pd.DataFrame) -> None:
    rare = SimulatedProvince(years=2, seed=11, first_year=2019, run_every_days=3)
    runs = fetched(rare, few, "2019-01-01", "2020-01-01").query("known_time < valid_time")
    every = entries.query("known_time < valid_time")
    assert runs["known_time"].nunique() == -(-every["known_time"].nunique() // 3)
    assert len(runs.merge(every)) == len(runs)


@pytest.mark.parametrize("variable", ["rain", "air_temperature"])
def test_forecasts_err_more_with_longer_lead(variable: str, province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2019-01-01", "2021-01-01").query("variable == @variable")
    dates = entries["valid_time"].dt.tz_convert(ZONE).dt.tz_localize(None)
    truth = province.truth[variable].to_series()
    happened = truth.reindex(pd.MultiIndex.from_arrays([dates, entries["site"]])).to_numpy()
    lead = -(entries["known_time"] - entries["valid_time"]).dt.days
    value = entries["value"].to_numpy()
    correlation = [np.corrcoef(value[lead == days], happened[lead == days])[0, 1] for days in (1, 3, 5, 7, 10)]
    assert (np.diff(correlation) < 0).all()
    assert correlation[0] > 0.65


def test_twenty_years_of_weather_have_the_normals_of_the_station() -> None:
    sites = read_sites(BUILT_IN_SITES)
    dates = np.arange(np.datetime64("1993-01-01"), np.datetime64("2013-01-01"))
    climate = simulate_climate(sites, dates, seed=5)
    month = dates.astype("datetime64[M]").astype(int) % 12
    coast = sites.having("coastal")
    rain, temperature = climate.rain, climate.air_temperature
    monthly = np.array([rain[month == m][:, coast].sum(axis=0).mean() / 20 for m in range(12)])
    # The station has interannual deviations of 15-50 % a month in the wet season and up to 140 % in the dry one;
    # a mean of 20 years is good to a quarter and, in dry months, to 20 mm. The mean commune is 5 % wetter than Hon Gai.
    assert (np.abs(monthly - 1.05 * NORMAL_RAIN) < np.maximum(0.25 * NORMAL_RAIN, 20)).all()
    assert monthly.argmax() in (6, 7)
    annual = rain.sum(axis=0) / 20
    assert annual.min() > 1500
    assert annual.max() < 3000
    wet_days = (rain >= 1).mean(axis=0) * 365.25
    assert wet_days.min() > 85
    assert wet_days.max() < 140
    # Normals 16.4 (January) and 28.6 (July) degC at the coast; means of 20 years are good to 0.8.
    assert temperature[month == 0][:, coast].mean() == pytest.approx(16.4, abs=0.8)
    assert temperature[month == 6][:, coast].mean() == pytest.approx(28.6, abs=0.8)


def test_forecast_scores_have_the_skill_that_they_were_given() -> None:
    sites = read_sites(BUILT_IN_SITES)
    dates = np.arange(np.datetime64("1993-01-01"), np.datetime64("2013-01-01"))
    climate = simulate_climate(sites, dates, seed=5)
    truth = climate.rain_scores[60:, 0].ravel()
    assert truth.std() == pytest.approx(1, abs=0.02)
    # 0.86 exp(-(h / 6.5)^1.3), by hand for 1, 3, 5 and 10 days.
    for lead, expected in ((1, 0.788), (3, 0.595), (5, 0.422), (10, 0.149)):
        forecast = climate.rain_scores[60 - lead : -lead, lead].ravel()
        assert np.corrcoef(forecast, truth)[0, 1] == pytest.approx(expected, abs=0.03)
        assert np.corrcoef(forecast, truth - forecast)[0, 1] == pytest.approx(0, abs=0.03)


def test_a_late_confirmation_raises_the_count_of_its_day() -> None:
    three_ponds = Confirmations(np.array([1, 1, 1]), np.array([0, 0, 1]), np.array([4, 9, 1]))
    reports = cumulative_reports(three_ponds, 2, 2)
    told = list(zip(reports.day, reports.site, reports.delay, reports.count, strict=True))
    assert told == [(0, 0, 1, 0), (0, 1, 1, 0), (1, 0, 1, 0), (1, 0, 4, 1), (1, 0, 9, 2), (1, 1, 1, 1)]


def test_an_earlier_view_does_not_see_a_late_confirmation(few: Sites, entries: pd.DataFrame, tmp_path: Path) -> None:
    counts = entries[entries["variable"] == "white_spot_onsets"]
    raised = counts[counts["value"] > 0].sort_values("known_time")
    late = raised[raised["known_time"] - raised["valid_time"] > pd.Timedelta(days=3)].iloc[0]
    archive = Archive(tmp_path, few, ZONE)
    archive.append(counts)
    before, after = late["known_time"] - pd.Timedelta(minutes=1), late["known_time"]
    day = late["valid_time"]
    seen = [
        archive.observed("white_spot_onsets", by=by, start=day, end=day).sel(site=late["site"]).item()
        for by in (before, after)
    ]
    assert seen[0] < seen[1] == late["value"]


def test_outbreaks_come_in_spring_and_autumn_and_are_not_everywhere() -> None:
    onsets = SimulatedProvince(years=15, seed=7).true_onsets
    confirmed, confirmations = onsets.copy(data=np.zeros_like(onsets)), confirm(onsets.to_numpy(), seed=7)
    np.add.at(confirmed.to_numpy(), (confirmations.day, confirmations.site), 1)
    weekly = confirmed.resample(time="7D").sum()
    share = (weekly > 0).groupby("time.month").mean().mean("site")
    in_season = float(share.sel(month=[4, 5, 6, 9, 10, 11]).mean())
    assert 0.04 < in_season < 0.10
    assert float(share.sel(month=[1, 2, 3, 7, 8, 12]).mean()) < in_season / 3


def test_counts_are_only_reported_where_there_are_ponds(entries: pd.DataFrame) -> None:
    ponds = entries[entries["variable"].str.startswith(("pond_", "white_spot"))]
    assert set(ponds["site"]) == set(FEW) - {"06685"}


def test_sensors_miss_a_tenth_of_the_days(entries: pd.DataFrame) -> None:
    readings = entries["variable"].isin(["pond_temperature", "pond_salinity"]).sum()
    assert readings / (2 * 4 * 365) == pytest.approx(0.9, abs=0.02)


def test_sites_elsewhere_and_empty_provinces_are_refused(province: SimulatedProvince) -> None:
    elsewhere = Sites([Site("PSP19", "Nơi khác", "Elsewhere", 48.0, -124.0, {})])
    with pytest.raises(HaidangError, match="no site is a commune"):
        fetched(province, elsewhere, "2019-01-01", "2019-02-01")
    with pytest.raises(HaidangError, match="at least one year"):
        SimulatedProvince(years=0)
