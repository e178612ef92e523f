"""The simulated province as a source: known facts in, entries with both clocks out."""

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
from features.sources.simulated.faults import with_faults
from features.sources.simulated.reporting import cumulative_reports
from features.variables import VARIABLES

ZONE = "Asia/Ho_Chi_Minh"
# Hồng Gai, Móng Cái 1, Hà An, Đầm Hà, Hải Hòa.
FEW = ("06685", "06712", "07168", "06895", "06799")


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


def days_known_after(entries: pd.DataFrame) -> pd.Series:
    return (entries["known_time"] - entries["valid_time"]).dt.total_seconds() / 86_400


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
    assert len({*batches[1].entries["valid_time"]}) == 366


def test_no_entry_is_quarantined_at_the_door(few: Sites, entries: pd.DataFrame) -> None:
    checked = inspect(entries, few, ZONE)
    assert checked.rejected.empty
    assert len(checked.entries) == len(entries)


def test_ingested_twice_it_changes_nothing(province: SimulatedProvince, few: Sites, tmp_path: Path) -> None:
    archive = Archive(tmp_path, few, ZONE)
    first = ingest(province, archive, at("2019-05-01"), at("2019-06-01"))
    assert first.accepted > 0
    assert ingest(province, archive, at("2019-05-01"), at("2019-06-01")) == Receipt(duplicates=first.accepted)


def test_every_declared_variable_is_brought_and_nothing_else(
    province: SimulatedProvince, entries: pd.DataFrame
) -> None:
    assert set(province.variables) <= set(VARIABLES)
    assert set(entries["variable"]) == set(province.variables)
    assert set(entries["source"]) == {"simulated"}


@pytest.mark.parametrize(
    ("variables", "delays"),
    [
        (
            ("rain", "air_temperature", "highest_air_temperature", "lowest_air_temperature"),
            {1.25} | {0.25 - lead for lead in range(1, 11)},
        ),
        (("convective_energy",), {0.25 - lead for lead in range(1, 6)}),
        (("thunderstorm_days",), {1.25}),
        (("water_temperature", "water_salinity"), {1.375}),
        (("wind_speed", "water_level"), {1.25} | {0.25 - lead for lead in range(1, 6)}),
        (("rain_ensemble_mean", "rain_ensemble_high"), {0.25 - lead for lead in range(1, 11)}),
        (("rain_ensemble_heavy", "precipitable_water"), {0.25 - lead for lead in range(1, 11)}),
        (("storm_distance", "storm_rain", "storm_wind"), {0.25 - lead for lead in range(1, 6)}),
        (("tide_level",), {0.25 - ahead for ahead in range(16)}),  # all in good time, but in the first fortnight
        (("river_stage",), {1.25}),
        (("soil_wetness",), {5.5}),
        (("pond_temperature", "pond_salinity"), {1.375}),
        (("satellite_sea_temperature", "satellite_chlorophyll"), {1.625}),
    ],
)
def test_each_desk_reports_at_its_hour(variables: tuple[str, ...], delays: set[float], entries: pd.DataFrame) -> None:
    delay = days_known_after(entries)
    for variable in variables:
        told = entries["variable"] == variable
        if variable == "river_stage":  # none of the few has a gauge but Móng Cái 1 and Đầm Hà
            assert set(entries["site"][told]) == {"06712", "06895"}
        assert set(delay[told]) == delays


def test_counts_of_the_sick_come_late_and_are_corrected(entries: pd.DataFrame) -> None:
    delay = days_known_after(entries)
    for variable in ("white_spot_onsets", "hepatopancreatic_necrosis_onsets", "landslides"):
        told = entries["variable"] == variable
        assert delay[told].min() == pytest.approx(1 + 17 / 24)
        first = delay[told] < 2
        assert first.sum() == len(set(entries["site"][told])) * 365
    reports = entries[entries["variable"] == "white_spot_onsets"].sort_values("known_time")
    changes = reports.groupby(["site", "valid_time"], observed=True)["value"].diff().dropna()
    assert (changes != 0).all()
    assert (changes > 0).sum() > 3


def test_toxin_and_algae_are_sampled_on_some_days_and_known_days_later(entries: pd.DataFrame) -> None:
    sampled = entries[entries["variable"].isin(["harmful_algae", "saxitoxin"])]
    assert set(days_known_after(sampled)) <= {days + 16 / 24 for days in range(2, 7)}
    visits = sampled[sampled["variable"] == "saxitoxin"].groupby("site", observed=True).size()
    assert visits.between(15, 52).all()
    assert (sampled["value"] > 0).all()  # not sampled is absent, and below detection is not zero


def test_what_was_observed_is_what_happened(province: SimulatedProvince, entries: pd.DataFrame) -> None:
    rain = entries[(entries["variable"] == "rain") & (entries["known_time"] > entries["valid_time"])]
    told = rain[rain["site"] == "06685"]["value"].to_numpy()
    site = province.sites.codes.index("06685")
    np.testing.assert_array_equal(told, province.world.climate.rain[:365, site])


def test_runs_every_third_day_are_a_third_of_the_runs(few: Sites, entries: pd.DataFrame) -> None:
    rare = SimulatedProvince(years=2, seed=11, first_year=2019, run_every_days=3)
    of_runs = "known_time < valid_time and variable != 'tide_level'"
    runs, every = fetched(rare, few, "2019-01-01", "2020-01-01").query(of_runs), entries.query(of_runs)
    assert runs["known_time"].nunique() == pytest.approx(every["known_time"].nunique() / 3, abs=1)
    assert len(runs.merge(every)) == len(runs)


@pytest.mark.parametrize("variable", ["rain", "air_temperature", "highest_air_temperature", "rain_ensemble_mean"])
def test_forecasts_err_more_with_longer_lead(variable: str, province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2020-01-01", "2021-01-01").query("variable == @variable")
    entries = entries[entries["known_time"] < entries["valid_time"]]
    climate = province.world.climate
    truth = {"rain_ensemble_mean": climate.rain, "rain": climate.rain}.get(variable)
    truth = getattr(climate, variable) if truth is None else truth
    day = entries["valid_time"].dt.tz_convert(ZONE).dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    site = pd.Index(province.sites.codes).get_indexer(entries["site"].astype(str))
    happened = truth[(day - province.world.dates[0]).astype(int), site]
    lead = -np.floor(days_known_after(entries))
    error = {days: np.abs(entries["value"] - happened)[lead == days].mean() for days in (1, 3, 5)}
    assert error[1] < error[3] < error[5]


def test_ensembles_are_too_sure(province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2020-05-01", "2020-11-01")
    highs = entries[(entries["variable"] == "rain_ensemble_high") & (days_known_after(entries) == 0.25 - 3)]
    day = highs["valid_time"].dt.tz_convert(ZONE).dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    site = pd.Index(province.sites.codes).get_indexer(highs["site"].astype(str))
    happened = province.world.climate.rain[(day - province.world.dates[0]).astype(int), site]
    # The ninth of ten members ought to be exceeded on 18 % of days.
    assert (happened > highs["value"]).mean() > 0.19


def test_storms_are_told_of_while_one_is_known_and_a_near_one_brings_wind_and_rain(province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2020-01-01", "2021-01-01")
    ahead = entries[days_known_after(entries) == 0.25 - 1].pivot_table(
        "value", ["valid_time", "site"], "variable", observed=True
    )
    told = ahead.dropna(subset="storm_distance")
    assert set(told.index.get_level_values("valid_time").tz_convert(province.zone).month) <= set(range(6, 13))
    assert (told["storm_rain"] <= told["rain"] + 0.1).all()
    near, far = told[told["storm_distance"] < 250], told[told["storm_distance"] > 800]
    assert near["storm_wind"].mean() > 2 * far["storm_wind"].mean()
    assert near["storm_rain"].mean() > 10 > 2 > far["storm_rain"].mean()
    assert told["storm_strength"].between(7, 75).all()


def test_the_air_holds_more_water_before_rain_and_in_summer(province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2020-01-01", "2021-01-01")
    ahead = entries[days_known_after(entries) == 0.25 - 1].pivot_table(
        "value", ["valid_time", "site"], "variable", observed=True
    )
    month = ahead.index.get_level_values("valid_time").tz_convert(province.zone).month
    water = ahead["precipitable_water"]
    assert 10 < water[month == 1].mean() < 20 and 45 < water[month == 7].mean() < 65
    july = ahead[month == 7]
    assert july["precipitable_water"][july["rain"] > 20].min() > july["precipitable_water"][july["rain"] == 0].mean()


def test_members_of_rain_and_of_wind_scatter_independently(province: SimulatedProvince) -> None:
    entries = fetched(province, province.sites, "2020-01-01", "2020-04-01")
    said = entries[days_known_after(entries) == 0.25 - 3].pivot_table(
        "value", ["valid_time", "site"], "variable", observed=True
    )
    wet = said[said["rain"] > 1]
    rain = np.log(wet["rain_ensemble_high"] / wet["rain"])
    wind = np.log(wet["wind_speed_ensemble_high"] / wet["wind_speed"])
    # Ninety days, alike at sites near each other; it is above 0.5 where both are drawn from the same numbers.
    assert abs(np.corrcoef(rain, wind)[0, 1]) < 0.3


def test_a_change_of_the_model_dries_its_runs_and_leaves_what_happened(few: Sites, entries: pd.DataFrame) -> None:
    changed = SimulatedProvince(years=2, seed=11, first_year=2019, model_change_year=2019, variables=("rain",))
    other = fetched(changed, few, "2019-01-01", "2020-01-01")
    rain = entries[entries["variable"] == "rain"]
    forecast = other["known_time"] < other["valid_time"]
    same = rain["known_time"] >= rain["valid_time"]
    np.testing.assert_array_equal(other[~forecast]["value"], rain[same]["value"])
    assert other[forecast]["value"].mean() < 0.9 * rain[~same]["value"].mean()


def test_outages_leave_gaps_and_faults_leave_nonsense(few: Sites) -> None:
    troubled = SimulatedProvince(
        years=2, seed=11, first_year=2019, outages_per_year=6, faults_per_year=4, variables=("rain", "pond_salinity")
    )
    told = fetched(troubled, few, "2019-01-01", "2020-01-01")
    rain = told[told["variable"] == "rain"]
    observed = rain[rain["known_time"] > rain["valid_time"]]
    assert 0.6 < len(observed) / (5 * 365) < 0.95
    runs = rain[rain["known_time"] < rain["valid_time"]]["known_time"].nunique()
    assert 300 < runs < 368
    assert (told["value"] == -99).any()
    reasons = inspect(told, few, ZONE).rejected["reason"]
    assert reasons.str.contains("below its lowest plausible value").any()


def test_a_stuck_sensor_repeats_itself_and_a_sound_one_is_left_alone() -> None:
    sound = np.random.default_rng(1).normal(20, 2, (3000, 4)).round(1)
    sound[5, 0] = np.nan
    np.testing.assert_array_equal(with_faults(np.random.default_rng(2), sound, 0.0, lowest=0.0), sound)
    faulty = with_faults(np.random.default_rng(2), sound, 6.0, lowest=0.0)
    changed = (faulty != sound) & np.isfinite(sound)
    assert 0.03 < changed.mean() < 0.15
    assert ((np.diff(faulty, axis=0) == 0) & changed[1:]).sum() > 50
    assert np.isnan(faulty[5, 0])


def test_a_late_confirmation_raises_the_count_of_its_day_and_a_withdrawal_lowers_it() -> None:
    day, site = np.array([1, 1, 1, 1]), np.array([0, 0, 1, 0])
    reports = cumulative_reports(day, site, np.array([4, 9, 1, 12]), np.array([1, 1, 1, -1]), (2, 2))
    told = list(zip(reports.day, reports.site, reports.delay, reports.count, strict=True))
    assert told == [
        (0, 0, 1, 0), (0, 1, 1, 0), (1, 0, 1, 0), (1, 0, 4, 1), (1, 0, 9, 2), (1, 0, 12, 1), (1, 1, 1, 1),
    ]  # fmt: skip


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


def test_counts_are_only_reported_where_there_is_something_to_count(
    province: SimulatedProvince, entries: pd.DataFrame
) -> None:
    for variable, attribute in (
        ("pond_temperature", "shrimp_ponds"),
        ("white_spot_onsets", "shrimp_ponds"),
        ("nervous_necrosis_events", "fish_cages"),
        ("oyster_mortality_events", "oyster_rafts"),
        ("marine_white_spot_events", "fish_cages"),
        ("clam_mortality_events", "clam_beds"),
    ):
        told = set(entries[entries["variable"] == variable]["site"])
        assert told == {code for code in FEW if province.sites[code].attributes[attribute] > 0}


def test_sensors_miss_a_tenth_of_the_days_and_clouds_half_of_them(entries: pd.DataFrame) -> None:
    readings = entries["variable"].isin(["pond_temperature", "pond_salinity"]).sum()
    assert readings / (2 * 4 * 365) == pytest.approx(0.9, abs=0.02)
    images = entries[entries["variable"] == "satellite_sea_temperature"]
    assert len(images) / (images["site"].nunique() * 365) == pytest.approx(0.45, abs=0.1)


def test_the_index_of_el_nino_is_the_same_everywhere_and_told_after_its_three_months(entries: pd.DataFrame) -> None:
    told = entries[entries["variable"] == "oceanic_nino_index"]
    by_month = told.groupby("valid_time")["value"]
    assert (by_month.min() == by_month.max()).all()
    assert len(told) == 12 * len(FEW)
    valid, known = (told[clock].dt.tz_convert(ZONE).dt.tz_localize(None) for clock in ("valid_time", "known_time"))
    second_next_month = (valid + pd.DateOffset(months=2)).dt.normalize()
    assert (known == second_next_month + pd.Timedelta(days=10, hours=9)).all()


def test_nothing_is_known_after_the_provinces_present(few: Sites) -> None:
    present = at("2019-06-15T07:00")
    told = fetched(
        SimulatedProvince(years=1, seed=11, first_year=2019, known_until=present), few, "2019-01-01", "2020-01-01"
    )
    assert told["known_time"].max() <= present
    of_tide = told["variable"] == "tide_level"
    assert told["valid_time"][~of_tide].max() == at("2019-06-25")
    assert told["valid_time"][of_tide].max() == at("2019-06-30")


def test_sites_elsewhere_and_empty_provinces_are_refused(province: SimulatedProvince) -> None:
    elsewhere = Sites([Site("PSP19", "Nơi khác", "Elsewhere", 48.0, -124.0, {})])
    with pytest.raises(HaidangError, match="no site is a commune"):
        fetched(province, elsewhere, "2019-01-01", "2019-02-01")
    with pytest.raises(HaidangError, match="at least one year"):
        SimulatedProvince(years=0)
    with pytest.raises(HaidangError, match="fewer than no outages"):
        SimulatedProvince(outages_per_year=-1)
    with pytest.raises(HaidangError, match="unknown simulated variable 'snow'"):
        SimulatedProvince(variables=("snow",))
