"""The weather of the simulated province against the climate of the real one, and its laws against themselves."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.settings import BUILT_IN_SITES
from features.sites import Sites, read_sites
from features.sources.simulated.climate import RAIN, SPIN_UP_DAYS, TEMPERATURE, WIND, Climate, simulate_climate
from features.sources.simulated.hydrology import rivers_of, simulate_soil, slide_probability, stage
from features.sources.simulated.laws import Array
from features.sources.simulated.sea import highest_level, highest_tide
from features.sources.simulated.storms import Tracks, form_storms, simulate_storms

LANDFALLS = Path(__file__).parents[1].parent / "shared" / "data" / "quang_ninh" / "typhoon_landfalls_1884_2025.csv"
YEARS = 60
DATES = np.arange(np.datetime64("1966-01-01"), np.datetime64("2026-01-01"))
MONTH = DATES.astype("datetime64[M]").astype(int) % 12
YEAR = DATES.astype("datetime64[Y]").astype(int) + 1970
# Hon Gai / Bai Chay, IMHEN record, computed over 1988-2017: rain mm, mean and highest temperature degC by month.
RAIN_NORMAL = np.array([32, 23, 56, 68, 182, 261, 411, 422, 266, 135, 38, 17])
MEAN_NORMAL = np.array([16.4, 17.5, 19.8, 23.6, 26.9, 28.7, 28.6, 28.1, 27.4, 25.4, 22.0, 18.3])
HIGHEST_NORMAL = np.array([19.4, 20.4, 22.4, 26.5, 30.1, 31.8, 31.7, 31.4, 30.8, 29.1, 25.9, 22.0])


@pytest.fixture(scope="module")
def sites() -> Sites:
    return read_sites(BUILT_IN_SITES)


@pytest.fixture(scope="module")
def climate(sites: Sites) -> Climate:
    return simulate_climate(sites, DATES, seed=14)


@pytest.fixture(scope="module")
def bai_chay(sites: Sites) -> int:
    return sites.codes.index("06673")


def by_month(values: Array) -> Array:
    return np.array([values[month == MONTH].mean() for month in range(12)])


def monthly_totals(values: Array) -> Array:
    """Shape (year, month)."""
    return np.array([[values[(year == YEAR) & (month == MONTH)].sum() for month in range(12)] for year in set(YEAR)])


def days_a_year(reached: Array) -> float:
    """Mean over sites of the days in a year."""
    return float(reached.sum(axis=0).mean() / YEARS)


def test_rain_at_bai_chay_has_the_monthly_normals_of_the_station(climate: Climate, bai_chay: int) -> None:
    totals = monthly_totals(climate.rain[:, bai_chay])
    # The mean of 30 real years is itself good to sd / sqrt(30): 8 % in the wet season, 20 % or 8 mm in the dry one.
    assert (np.abs(totals.mean(axis=0) - RAIN_NORMAL) < np.maximum(0.2 * RAIN_NORMAL, 16)).all()
    assert totals.sum(axis=1).mean() == pytest.approx(1910, rel=0.08)
    # Station: July 209, August 224, year 351; sample deviations of 30 years are good to 13 %.
    assert 150 < totals[:, 6].std(ddof=1) < 290
    assert 150 < totals[:, 7].std(ddof=1) < 290
    assert 280 < totals.sum(axis=1).std(ddof=1) < 500
    assert pytest.approx(100 * totals[:, 4:10].sum() / totals.sum(), abs=3) == 88


def test_communes_have_the_range_of_the_provinces_annual_rain_and_wet_days(climate: Climate) -> None:
    annual = climate.rain.sum(axis=0) / YEARS
    assert annual.min() == pytest.approx(1700, rel=0.08)  # Quang Yen
    assert annual.max() == pytest.approx(2751, rel=0.08)  # Mong Cai
    wet_days = (climate.rain >= 1).sum(axis=0) / YEARS
    assert wet_days.min() > 90
    assert wet_days.max() < 140


def test_heavy_rain_days_and_extremes_are_those_of_the_region(climate: Climate) -> None:
    assert 8 < days_a_year(climate.rain >= 50) < 12
    assert 1.6 < days_a_year(climate.rain >= 100) < 3
    assert 0.1 < days_a_year(climate.rain >= 200) < 0.3
    three_days = climate.rain[:-2] + climate.rain[1:-1] + climate.rain[2:]
    # Cua Ong in 2015: 437 mm in 24 h, 865 mm in 72 h, the largest of 40 to 50 years.
    assert 250 < np.median(climate.rain.max(axis=0)) < 437
    assert 437 < climate.rain.max() < 900
    assert 400 < np.median(three_days.max(axis=0)) < 865
    of_storms = (climate.rain >= 50) & (climate.of_storms.rain > 10)
    assert 0.12 < of_storms.sum() / (climate.rain >= 50).sum() < 0.25


def test_temperature_at_bai_chay_has_the_normals_of_the_station(climate: Climate, bai_chay: int) -> None:
    then = (YEAR >= 1988) & (YEAR <= 2017)
    mean, highest = climate.air_temperature[:, bai_chay], climate.highest_air_temperature[:, bai_chay]
    for values, normal in ((mean, MEAN_NORMAL), (highest, HIGHEST_NORMAL)):
        simulated = np.array([values[then & (month == MONTH)].mean() for month in range(12)])
        assert (np.abs(simulated - normal) < 0.9).all()
    yearly = np.array([[mean[(year == YEAR) & (m == MONTH)].mean() for m in (0, 7)] for year in set(YEAR)])
    # Deviations between years, 1961-2017, trend and all: January 1.4, August 0.6.
    assert 0.8 < yearly[:, 0].std(ddof=1) < 1.8
    assert 0.4 < yearly[:, 1].std(ddof=1) < 0.9
    decade = np.polyfit(sorted(set(YEAR)), [mean[year == YEAR].mean() for year in sorted(set(YEAR))], 1)[0] * 10
    assert decade == pytest.approx(0.20, abs=0.1)


def test_hot_and_cold_days_are_as_many_as_at_the_coast_and_inland(climate: Climate, sites: Sites) -> None:
    coast = sites.having("coastal")
    highest, mean = climate.highest_air_temperature, climate.air_temperature
    assert 2 < days_a_year(highest[:, coast] >= 35) < 10
    assert 12 < days_a_year(highest[:, ~coast] >= 35) < 25
    assert 36.5 < highest[:, coast].max() < 40.5
    assert 18 < days_a_year(mean[:, coast] <= 15) < 28
    assert 6 < days_a_year(mean[:, coast] <= 13) < 12


def test_islands_are_windier_than_the_coast_and_the_coast_than_the_land(climate: Climate, sites: Sites) -> None:
    island, coast = sites.having("island"), sites.having("coastal")
    strong = [days_a_year(climate.wind[:, where] >= 10.8) for where in (island, coast & ~island, ~coast)]
    assert strong[0] > strong[1] > strong[2]
    assert 10 < strong[1] < 40


def crossings(tracks: Tracks, sites: Sites) -> tuple[np.ndarray, np.ndarray]:
    """Which storms pass within 15 km of a commune, and how strong they are within 40 km."""
    hourly = np.arange(0, 31, 1 / 6)
    paths = [
        np.stack([np.interp(hourly, np.arange(32), part) for part in values])
        for values in (tracks.longitude, tracks.latitude, tracks.wind)
    ]
    east = (paths[0][..., None] - sites.attribute("longitude")) * 111 * 0.933
    north = (paths[1][..., None] - sites.attribute("latitude")) * 111
    distance = np.hypot(east, north).min(axis=2)
    strength = np.where(distance < 40, paths[2], 0).max(axis=1)
    return distance.min(axis=1) < 15, strength


@pytest.mark.skipif(not LANDFALLS.is_file(), reason="the shared data are not beside this checkout")
def test_storms_cross_the_province_as_often_as_in_the_landfall_table(climate: Climate, sites: Sites) -> None:
    table = pd.read_csv(LANDFALLS, parse_dates=["calc_landfall_time"])
    real = table[(table["calc_landfall_time"] >= "1977") & table["provinces_crossed"].str.contains("Quảng Ninh")]
    years = 2026 - 1977
    crossed, strength = crossings(climate.storms.tracks, sites)
    # Counts are Poisson: 43 real ones are good to 15 %, some 53 simulated ones to 14 %.
    assert crossed.sum() / YEARS == pytest.approx(len(real) / years, rel=0.4)
    for limit in (24.5, 32.7):
        stronger = (real["wind_at_landfall_kph"] / 3.6 >= limit).sum() / years
        assert (strength[crossed] >= limit).sum() / YEARS == pytest.approx(stronger, rel=0.6, abs=0.08)
    month = DATES[climate.storms.formed[crossed]].astype("datetime64[M]").astype(int) % 12 + 1
    assert set(month) <= {6, 7, 8, 9, 10, 11}
    assert np.bincount(month).argmax() == np.bincount(real["calc_landfall_time"].dt.month).argmax() == 8


def test_track_errors_grow_as_those_of_official_forecasts() -> None:
    storms = form_storms(np.random.default_rng(3), np.zeros(4000, np.int64))
    truth = storms.tracks
    for lead, expected_km in ((1, 69), (2, 121), (3, 175)):
        errors = []
        for storm in range(400):
            foreseen = storms.tracks_expected(storm, 2)
            step = 4 * (2 + lead) + 2
            east = (foreseen.longitude[step] - truth.longitude[storm, step]) * 104
            north = (foreseen.latitude[step] - truth.latitude[storm, step]) * 111
            errors.append(np.hypot(east, north))
        assert np.mean(errors) == pytest.approx(expected_km, rel=0.12)


def test_storms_weaken_over_land_and_never_form_on_days_without_a_chance() -> None:
    chance = np.where(np.arange(3650) % 365 < 200, 0, 0.02)
    storms = simulate_storms(np.random.default_rng(1), chance)
    assert (storms.formed % 365 >= 200).all()
    tracks = storms.tracks
    inland = (tracks.longitude[:, 1:] < 107.2) & (tracks.longitude[:, :-1] < 107.2) & (tracks.wind[:, :-1] > 13.6)
    assert (tracks.wind[:, 1:][inland] < tracks.wind[:, :-1][inland]).all()


def test_a_year_may_pass_without_a_storm(sites: Sites) -> None:
    dates = DATES[:150]  # from January to May none can form
    climate = simulate_climate(sites, dates, seed=1)
    assert len(climate.storms) == 0
    assert climate.of_storms.rain.shape == (150, 54) and not climate.of_storms.rain.any()
    assert climate.rain.max() > 10


def test_landslides_and_floods_are_rare_and_follow_susceptible_slopes(climate: Climate, sites: Sites) -> None:
    soil = simulate_soil(climate.rain, DATES)
    slides = slide_probability(climate.rain, soil.relative_wetness, sites)
    assert 13 < slides.sum() / YEARS < 30
    prone = sites.attribute("landslide_susceptibility")
    assert slides[:, prone == 4].mean() > 5 * slides[:, prone == 1].mean()
    rivers = rivers_of(sites)
    assert len(rivers.gauges) == 8
    np.testing.assert_allclose(rivers.weights.sum(axis=0), 1)
    assert not rivers.weights[sites.having("island")].any()
    floods = (stage(rivers.flow(soil.runoff)) >= 0).sum(axis=0) / YEARS
    assert floods.min() > 0.3
    assert floods.max() < 5


def test_water_is_neither_made_nor_lost_in_the_soil() -> None:
    rain, dates = np.full((400, 1), 3.0), DATES[:400]
    soil = simulate_soil(rain, dates)
    assert ((soil.wetness >= 5) & (soil.wetness <= 190)).all()
    assert soil.runoff.sum() < rain.sum()
    flood = simulate_soil(np.full((1, 1), 500.0), dates[:1], np.array([190.0]))
    assert flood.runoff[0, 0] == pytest.approx(500, abs=1)  # a full bucket takes nothing


def test_the_tide_is_diurnal_and_a_storm_raises_the_sea(climate: Climate) -> None:
    tide = highest_tide(DATES[:730])
    assert 1.7 < tide.max() < 1.89  # the sum of all amplitudes is 1.89 m
    assert (np.sort(tide.max(axis=1))[:70] < 0.6).all()  # neap tides
    surge = climate.of_storms.surge
    assert 0.6 < surge.max() < 3
    level = highest_level(highest_tide(DATES), surge)
    assert (level - highest_tide(DATES).max(axis=1)[:, None] >= -1e-6).all()


@pytest.mark.parametrize(("name", "field"), [("rain", RAIN), ("temperature", TEMPERATURE), ("wind", WIND)])
def test_forecast_scores_have_the_skill_that_they_were_given(name: str, field: object, climate: Climate) -> None:
    scores = getattr(climate, f"{name}_scores")
    truth = climate.revealed(scores, 0).ravel()
    assert truth.std() == pytest.approx(1, abs=0.03)
    # best * exp(-(lead / scale)^shape), by hand for 1, 3, 5 and 10 days.
    expected = {
        "rain": (0.788, 0.595, 0.422, 0.149),
        "temperature": (0.953, 0.836, 0.673, 0.295),
        "wind": (0.825, 0.623, 0.442, 0.156),
    }[name]
    for lead, correlation in zip((1, 3, 5, 10), expected, strict=True):
        forecast = climate.revealed(scores, lead).ravel()
        assert np.corrcoef(forecast, truth)[0, 1] == pytest.approx(correlation, abs=0.03)
        assert np.corrcoef(forecast, truth - forecast)[0, 1] == pytest.approx(0, abs=0.04)


@pytest.mark.parametrize("field", [RAIN, TEMPERATURE])
def test_what_is_unknown_is_drawn_with_the_covariance_of_what_came(field: object, sites: Sites) -> None:
    few = Sites([sites[code] for code in ("06685", "06712", "07168")])
    random = np.random.default_rng(5)
    scores = field.draw(random, 40_000, few.distances_km)  # type: ignore[attr-defined]
    issue_days = np.arange(60, 39_900)
    known = field.expected(scores, issue_days, 18)  # type: ignore[attr-defined]
    came = np.stack([scores[issue_days + day, 0] for day in range(19)], axis=1)
    error = came - known
    drawn = field.unknown(random, (40_000,), 18, few.distances_km)  # type: ignore[attr-defined]
    as_came, as_drawn = (np.cov(values.reshape(len(values), -1).T) for values in (error, drawn))
    np.testing.assert_allclose(as_drawn, as_came, atol=0.05)
    # What is left unknown has nothing to do with what is known.
    together = np.corrcoef(error[:, :6, 0].T, known[:, :6, 0].T)[:6, 6:]
    assert np.abs(together).max() < 0.04


def test_scores_and_amounts_are_inverse(climate: Climate) -> None:
    days = np.arange(180, 240)
    scores = climate.rain_scores[SPIN_UP_DAYS + days, 0].astype(float)
    rain, heat, wind = (law.on(days) for law in (climate.rain_law, climate.temperature_law, climate.wind_law))
    wet = rain.amount(scores) > 0.1
    np.testing.assert_allclose(rain.score(rain.amount(scores))[wet], scores[wet], atol=1e-6)
    np.testing.assert_allclose(heat.score(heat.temperature(scores)), scores, atol=1e-6)
    np.testing.assert_allclose(wind.score(wind.speed(scores)), scores, atol=1e-6)
    assert np.isneginf(rain.score(np.zeros_like(scores))).all()
    assert np.isposinf(climate.temperature_law.on(np.arange(10)).score(np.full((10, 54), 60.0))).all()


def test_warming_moves_the_last_years_and_nothing_else(sites: Sites) -> None:
    dates = DATES[-3650:]
    still, warm = (simulate_climate(sites, dates, 3, warming_per_decade=trend) for trend in (0.0, 0.5))
    np.testing.assert_array_equal(still.rain, warm.rain)
    gained = (warm.air_temperature - still.air_temperature)[-365:].mean()
    assert gained == pytest.approx(0.5 * (2025.5 - 2003) / 10, abs=0.02)
