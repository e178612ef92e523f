"""Water of the simulated province, and the chance behind all of it."""

from types import MappingProxyType

import numpy as np
import pytest
from plain_weather import plain_weather

from features.periods import Periods
from features.sites import Site, Sites
from features.sources.simulated.chance import Walk, chance, place_fraction
from features.sources.simulated.exceedance_in_water import highest_reading_chances, lowest_reading_chances
from features.sources.simulated.water import Water, read_sensors, simulate_bay_water, simulate_pond_water


def a_place(code: str, *, elevation_m: float = 0.0, island: float = 0.0) -> Site:
    attributes = MappingProxyType({"elevation_m": elevation_m, "island": island})
    return Site(code, code, code, 21.0, 107.0 + int(code) / 100, attributes)


LOW, HILL = Sites([a_place("1")]), Sites([a_place("1", elevation_m=100.0)])
COAST, ISLANDS = (Sites([a_place(str(n), island=island) for n in range(1, 9)]) for island in (0.0, 1.0))
FOUR_DAYS = np.zeros((4, 1))


def of_state(temperature: float, salinity: float) -> Water:
    return Water(np.array([temperature]), np.array([salinity]))


def test_streams_of_other_names_and_seeds_differ_and_equal_ones_are_equal() -> None:
    drawn = [chance(seed, of).random() for seed, of in ((1, "rain"), (1, "rain"), (1, "luck"), (2, "rain"))]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) == 3


def test_facts_of_places_are_spread_evenly() -> None:
    facts = [place_fraction(f"{code:05}", "depth") for code in range(2000)]
    assert np.histogram(facts, bins=4, range=(0, 1))[0] == pytest.approx([500] * 4, abs=80)
    assert place_fraction("06706", "depth") != place_fraction("06706", "salt")


def test_a_walk_keeps_its_deviation_and_its_persistence() -> None:
    walk, random = Walk(persistence=0.9, deviation=0.5), chance(1, "walk")
    first = walk.begin(random, (20000,))
    second = walk.step(random, first)
    assert first.std() == pytest.approx(0.5, abs=0.01)
    assert second.std() == pytest.approx(0.5, abs=0.01)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.9, abs=0.01)


def test_a_pond_is_nearly_one_degree_warmer_than_the_air_and_gets_there_by_thirds() -> None:
    air = np.full((4, 1), 29.2)
    water = simulate_pond_water(LOW, air, FOUR_DAYS, of_state(21.0, 20.0))
    # 30 is the end: 9 degrees are missing, then two thirds of that, and so on.
    assert water.temperature[:, 0] == pytest.approx([24.0, 26.0, 30 - 8 / 3, 30 - 16 / 9])


def test_ponds_lie_at_sea_level_whatever_the_elevation_of_their_commune() -> None:
    air = np.full((4, 1), 24.2)
    low, hill = (simulate_pond_water(sites, air, FOUR_DAYS).temperature for sites in (LOW, HILL))
    assert hill - low == pytest.approx(np.full((4, 1), 0.6))  # 6 degC a km


@pytest.mark.parametrize(("rain", "fall"), [(0, 0.0), (150, 2.0), (250, 20 / 6), (400, 20 / 6)])
def test_rain_dilutes_a_pond_of_a_metre_and_a_half_until_it_spills(rain: float, fall: float) -> None:
    state, air = of_state(25.0, 20.0), np.full((1, 1), 25.0)
    dry, wet = (simulate_pond_water(LOW, air, np.full((1, 1), mm), state).salinity for mm in (0.0, rain))
    assert dry - wet == pytest.approx(np.full((1, 1), fall))


def test_a_dry_pond_comes_to_rest_at_the_salinity_of_its_place() -> None:
    air = np.full((300, 8), 25.0)
    fallen = np.zeros_like(air)
    fallen[0] = 200
    salinity = simulate_pond_water(COAST, air, fallen).salinity
    assert salinity[-1] == pytest.approx(salinity[0] / (1 - 200 / 1500), rel=1e-4)
    assert len(set(salinity[-1])) == 8
    assert ((salinity[-1] > 16) & (salinity[-1] < 27)).all()


def test_a_bay_follows_the_air_within_twelve_days_and_rests_saltier_at_islands() -> None:
    still = np.zeros((1, 8))
    state = Water(np.full(8, 20.0), np.full(8, 30.0))
    coast, islands = (simulate_bay_water(sites, still + 31.0, still, state) for sites in (COAST, ISLANDS))
    assert coast.temperature[0] == pytest.approx(np.full(8, 21.0))  # 20 + (31 + 1 - 20) / 12
    assert coast.salinity[0] == pytest.approx(np.full(8, 30.1))  # 30 + (31 - 30) / 10
    assert islands.salinity[0] == pytest.approx(np.full(8, 30.3))


@pytest.mark.parametrize("simulate", [simulate_pond_water, simulate_bay_water])
def test_going_on_from_a_day_is_the_same_as_never_having_stopped(simulate) -> None:  # type: ignore[no-untyped-def]
    _, weather = plain_weather(8, 2001, 1, seed=3)
    air, wet = weather.air_temperature, weather.rain
    whole = simulate(COAST, air, wet)
    state = Water(whole.temperature[99], whole.salinity[99])
    two_samples = simulate(COAST, np.stack([air[100:], air[100:] + 1]), np.stack([wet[100:]] * 2), state)
    np.testing.assert_array_equal(two_samples.temperature[0], whole.temperature[100:])
    np.testing.assert_array_equal(two_samples.salinity[1], whole.salinity[100:])
    assert (two_samples.temperature[1] > two_samples.temperature[0]).all()


def test_the_wettest_weeks_freshen_the_coast_and_islands_lose_less() -> None:
    dates, weather = plain_weather(8, 1994, 20, seed=3)
    coast, islands = (
        simulate_bay_water(sites, weather.air_temperature, weather.runoff).salinity for sites in (COAST, ISLANDS)
    )
    weeks = len(dates) // 7
    years = dates[: weeks * 7 : 7].astype("datetime64[Y]").astype(int)
    weekly = coast[: weeks * 7].reshape(weeks, 7, 8).mean(axis=1)
    lowest = np.array([weekly[years == year].min(axis=0) for year in np.unique(years)])
    assert 18 < np.median(lowest) < 24
    winter = np.isin(dates.astype("datetime64[M]").astype(int) % 12, (11, 0, 1, 2))
    assert (np.quantile(coast[winter], [0.05, 0.95]) >= 29.9).all()
    assert coast.max() <= 31
    assert (33 - islands).max() < (31 - coast).max() / 2


def test_sensors_miss_a_tenth_of_the_days_and_err_a_little() -> None:
    _, weather = plain_weather(8, 2001, 4, seed=3)
    water = simulate_pond_water(COAST, weather.air_temperature, weather.rain)
    readings, again, others = (read_sensors(water, 3, of) for of in ("pond", "pond", "bay"))
    np.testing.assert_array_equal(readings.salinity, again.salinity)
    assert not np.array_equal(readings.salinity, others.salinity, equal_nan=True)
    for told, truth, noise in (
        (readings.temperature, water.temperature, 0.15),
        (readings.salinity, water.salinity, 0.3),
    ):
        assert np.isnan(told).mean() == pytest.approx(0.1, abs=0.01)
        assert np.nanstd(told - truth) == pytest.approx(noise, abs=0.02)


def test_cage_water_ranges_over_the_seasons_as_that_of_the_gulf() -> None:
    """The sea is 16 to 24 degC in winter and 28 to 31 in summer, 31 to 34.5 g/kg in the dry season (domain.md 3.1)."""
    dates, weather = plain_weather(8, 1994, 20, seed=3)
    coast, islands = (simulate_bay_water(sites, weather.air_temperature, weather.runoff) for sites in (COAST, ISLANDS))
    month = dates.astype("datetime64[M]").astype(int) % 12 + 1
    winter, summer = (np.isin(month, months) for months in ((1, 2), (7, 8)))
    assert (np.quantile(coast.temperature[winter], [0.05, 0.95]) > 14.5).all()
    assert 16 < coast.temperature[winter].mean() < 20 and np.quantile(coast.temperature[winter], 0.95) < 24
    assert 28 < coast.temperature[summer].mean() < 31 and coast.temperature.max() < 34
    assert 31 < islands.salinity[winter].mean() <= 33
    # An air of January is left behind by the sea in autumn and comes back late in spring.
    assert coast.temperature[month == 12].mean() > weather.air_temperature[month == 12].mean() + 1.5


WEEK = Periods(days=7, count=1)


@pytest.mark.parametrize(("margin", "expected"), [(0.0, 1 - 0.55**7), (-10.0, 1 - 0.1**7), (10.0, 0.0)])
def test_a_reading_of_a_week_errs_by_its_noise_and_one_day_in_ten_is_missing(margin: float, expected: float) -> None:
    """Water at the edge of the cut is read above it on half of the days that are read, 0.45 of all."""
    water = np.full((1, 1, 7, 1), 30.0 - 0.05)
    cut, mirrored = 30.0 + 0.3 * margin, 30.0 - 0.1 - 0.3 * margin
    above = highest_reading_chances(water, 0.3, WEEK, (cut,))
    below = lowest_reading_chances(water, 0.3, WEEK, (mirrored,))
    # Given that somebody reads on any of the seven days.
    assert above[0, 0, 0, 0, 0] == pytest.approx(expected / (1 - 0.1**7))
    assert below[0, 0, 0, 0, 0] == pytest.approx(expected / (1 - 0.1**7))
