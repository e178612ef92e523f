"""Algae, mass deaths in farming zones, and what is seen of the sea: known rates, one law for history and futures."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pytest
from plain_weather import plain_weather

from features.sites import Site, Sites
from features.sources.simulated.algae import Algae, AlgaeHistory, Plankton, simulate_algae
from features.sources.simulated.event_kinds import (
    CLAM_MORTALITY,
    MARINE_WHITE_SPOT,
    NERVOUS_NECROSIS,
    OYSTER_MORTALITY,
    EventKind,
    clam_mortality_stress,
    marine_white_spot_stress,
    nervous_necrosis_stress,
    oyster_mortality_stress,
)
from features.sources.simulated.sea_watch import satellite, visit
from features.sources.simulated.water import Water, simulate_bay_water
from features.sources.simulated.zones import ZoneEvents, ZoneFutures, simulate_events

YEARS = 20
DATES, WEATHER = plain_weather(12, 1994, YEARS, seed=2)
MONTH = DATES.astype("datetime64[M]").astype(int) % 12 + 1
EVENT_KINDS = (NERVOUS_NECROSIS, OYSTER_MORTALITY, MARINE_WHITE_SPOT, CLAM_MORTALITY)
KINDS = pytest.mark.parametrize("kind", EVENT_KINDS, ids=lambda kind: kind.name)
Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


def a_zone(number: int) -> Site:
    """Zones in four bays 22 km apart, three in each 3 km apart; one in three has no fish, one in six fish only."""
    code, east = f"Z{number:02}", 107.0 + 0.212 * (number // 3) + 0.029 * (number % 3)
    stock = {"fish_cages": 40.0 * (number % 3 > 0), "oyster_rafts": 90.0 * (number % 6 != 1)}
    stock["clam_beds"] = stock["oyster_rafts"]
    return Site(code, code, code, 20.9, east, MappingProxyType(stock | {"elevation_m": 5.0, "island": number > 8}))


ZONES = Sites([a_zone(number) for number in range(12)])
BAY = simulate_bay_water(ZONES, WEATHER.air_temperature, WEATHER.runoff)


def algae_of(days: int, seed: int) -> AlgaeHistory:
    return simulate_algae(ZONES, BAY.temperature[:days], WEATHER.runoff[:days], WEATHER.wind[:days], DATES[:days], seed)


@pytest.fixture(scope="module")
def algae() -> AlgaeHistory:
    return algae_of(len(DATES), 7)


@pytest.fixture(scope="module")
def events(algae: AlgaeHistory) -> dict[str, ZoneEvents]:
    return {kind.name: simulate_events(kind, ZONES, BAY, algae.bloom, DATES, 7) for kind in EVENT_KINDS}


def weekly(happens: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether it happens in a zone and week."""
    whole = len(happens) // 7 * 7
    return happens[:whole].reshape(-1, 7, happens.shape[1]).any(axis=1)


def ahead(values: Values, issue_days: Counts, samples: int, *, before: int, days: int) -> Values:
    """True days before and after the start of each issue day, for every sample."""
    held = values[issue_days[:, None] + np.arange(-before, days)]
    return np.broadcast_to(held[:, None], (len(issue_days), samples, before + days, values.shape[1]))


def sea_ahead(issue_days: Counts, samples: int, days: int) -> Water:
    return Water(*(ahead(v, issue_days, samples, before=21, days=days) for v in (BAY.temperature, BAY.salinity)))


def algae_ahead(history: AlgaeHistory, issue_days: Counts, samples: int, days: int, seed: int = 1) -> Algae:
    return history.futures(
        issue_days,
        ahead(BAY.temperature, issue_days, samples, before=0, days=days),
        ahead(WEATHER.runoff, issue_days, samples, before=10, days=days),
        ahead(WEATHER.wind, issue_days, samples, before=0, days=days),
        np.random.default_rng(seed),
    )


def follows(happened: npt.NDArray[np.bool_], probability: Values) -> bool:
    """Whether mean error and mean excess of the squared error over its law lie within four standard errors of 0."""
    errors = (happened - probability, (happened - probability) ** 2 - probability * (1 - probability))
    means = [error.mean(axis=1) for error in errors]
    return all(abs(mean.mean()) < 4 * mean.std() / np.sqrt(len(mean)) for mean in means)


def test_equal_seeds_give_equal_seas_and_others_do_not() -> None:
    first, again, other = (algae_of(400, seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first.cells, again.cells)
    assert not np.array_equal(first.cells, other.cells)
    deaths = [
        simulate_events(NERVOUS_NECROSIS, ZONES, BAY.days(0, 400), first.bloom, DATES[:400], seed).walk
        for seed in (7, 7, 8)
    ]
    np.testing.assert_array_equal(deaths[0], deaths[1])
    assert not np.array_equal(deaths[0], deaths[2])


def test_blooms_are_rare_and_come_in_the_seasons_of_ha_long(algae: AlgaeHistory) -> None:
    assert 0.02 < algae.bloom.mean() < 0.05
    seen = [algae.bloom[month == MONTH].mean() for month in range(1, 13)]
    assert min(seen[month - 1] for month in (4, 5, 8, 11)) > max(seen[month - 1] for month in (1, 2, 3, 10))


def test_shellfish_are_above_the_limit_in_one_to_three_percent_of_zone_weeks_of_spring_and_autumn(
    algae: AlgaeHistory,
) -> None:
    above = weekly(algae.toxin > 80)
    assert 0.01 < above.mean() < 0.03
    months = MONTH[: len(DATES) // 7 * 7 : 7]
    assert above[np.isin(months, (4, 5, 11, 12))].sum() > 0.9 * above.sum()


def test_algae_neither_grow_nor_vanish_over_the_years(algae: AlgaeHistory) -> None:
    early, late = np.array_split(np.log(algae.chlorophyll), 2)
    assert early.mean() == pytest.approx(late.mean(), abs=0.15)
    assert early.std() == pytest.approx(late.std(), rel=0.1)


def test_a_day_begins_with_what_the_day_before_left(algae: AlgaeHistory) -> None:
    np.testing.assert_array_equal(algae.plankton.toxin[1:], algae.toxin[:-1])
    np.testing.assert_allclose(np.exp(algae.plankton.log_chlorophyll[1:]), algae.chlorophyll[:-1])


def test_toxin_loses_a_sixth_a_day_once_the_algae_are_gone(algae: AlgaeHistory) -> None:
    january = np.array([DATES.searchsorted(np.datetime64("2000-01-20"))])
    clean = Plankton(*(np.full_like(held, value) for held, value in zip(algae.plankton, (-5, -5, 216), strict=True)))
    toxin = algae_ahead(replace(algae, plankton=clean), january, 2, 3).toxin
    assert toxin[0, 0, :, 0] == pytest.approx([180.0, 150.0, 125.0], abs=0.1)


def test_futures_know_nothing_but_the_state_of_the_issue_day(
    algae: AlgaeHistory, events: dict[str, ZoneEvents]
) -> None:
    july = np.array([DATES.searchsorted(np.datetime64("2000-07-10"))])
    away = np.arange(len(DATES)) - july
    elsewhere, long_ago = (away != 0)[:, None], ((away >= 0) | (away < -21))[:, None]
    wrong = Plankton(*(np.where(elsewhere, np.nan, held) for held in algae.plankton))
    ours, theirs = (algae_ahead(history, july, 3, 9) for history in (algae, replace(algae, plankton=wrong)))
    np.testing.assert_array_equal(ours.toxin, theirs.toxin)
    bloom = ahead(algae.bloom, july, 3, before=21, days=9)
    for history in events.values():
        other = replace(history, walk=np.where(elsewhere, np.nan, history.walk), event=history.event | long_ago)
        ours, theirs = (
            which.futures(july, sea_ahead(july, 3, 9), bloom, np.random.default_rng(1)) for which in (history, other)
        )
        np.testing.assert_array_equal(ours.probability, theirs.probability)


@KINDS
def test_what_nobody_measures_in_a_zone_goes_on_from_where_it_was(
    kind: EventKind, events: dict[str, ZoneEvents], algae: AlgaeHistory
) -> None:
    history, july = events[kind.name], np.array([DATES.searchsorted(np.datetime64("2000-07-10"))])
    doubled = replace(history, walk=history.walk + np.log(2))
    sea, bloom = sea_ahead(july, 1, 2), ahead(algae.bloom, july, 1, before=21, days=2)
    rates = [
        -np.log1p(-which.futures(july, sea, bloom, np.random.default_rng(1)).probability)[0, 0]
        for which in (history, doubled)
    ]
    stocked, kept = ZONES.having(kind.stock), kind.hidden.persistence
    ratio = rates[1][:, stocked] / rates[0][:, stocked]
    np.testing.assert_allclose(ratio, np.repeat([[2**kept], [2 ** (kept**2)]], stocked.sum(), axis=1))


@pytest.mark.parametrize(("days_ago", "feeds"), [(1, False), (2, False), (3, True), (10, True)])
def test_runoff_of_three_to_ten_days_ago_feeds_the_algae(algae: AlgaeHistory, days_ago: int, feeds: bool) -> None:
    summer = np.array([DATES.searchsorted(np.datetime64("2000-08-01"))])
    weather = (np.full((1, 1, 1, 12), value) for value in (28.0, 3.0))
    temperature, wind = weather
    dry = np.zeros((1, 1, 11, 12))
    wet = dry.copy()
    wet[:, :, 10 - days_ago] = 40
    without, after = (
        algae.futures(summer, temperature, runoff, wind, np.random.default_rng(1)).chlorophyll for runoff in (dry, wet)
    )
    assert (after > without).all() if feeds else (after == without).all()


def test_calm_weather_favours_algae(algae: AlgaeHistory) -> None:
    summer = np.array([DATES.searchsorted(np.datetime64("2000-08-01"))])
    temperature, runoff = np.full((1, 1, 1, 12), 28.0), np.full((1, 1, 11, 12), 5.0)
    calm, rough = (
        algae.futures(summer, temperature, runoff, np.full_like(temperature, wind), np.random.default_rng(1))
        for wind in (2.0, 7.0)
    )
    assert (calm.chlorophyll > rough.chlorophyll).all()


def test_futures_of_algae_follow_the_law_of_the_history(algae: AlgaeHistory) -> None:
    issue_days, samples = np.arange(60, len(DATES) - 21, 21), 100
    futures = algae_ahead(algae, issue_days, samples, 21)
    when = issue_days[:, None] + np.arange(21)
    for first, last in ((0, 7), (7, 14), (14, 21)):
        for happened, future in ((algae.bloom, futures.bloom), (algae.toxin > 80, futures.toxin > 80)):
            assert follows(happened[when][:, first:last].any(axis=1), future[:, :, first:last].any(axis=2).mean(axis=1))


def test_issue_days_of_algae_asked_together_do_not_touch_each_other(algae: AlgaeHistory) -> None:
    day = int(algae.toxin[:-30].max(axis=1).argmax())
    alone = algae_ahead(algae, np.array([day]), 400, 10)
    both = algae_ahead(algae, np.array([100, day]), 400, 10, seed=2)
    ours, theirs = np.log(alone.chlorophyll[0, :, -1]), np.log(both.chlorophyll[1, :, -1])
    error = np.hypot(ours.std(axis=0), theirs.std(axis=0)) / 20
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 4.5 * error).all()


@pytest.mark.parametrize(
    ("kind", "low", "high", "months"),
    [
        (NERVOUS_NECROSIS, 0.008, 0.02, (5, 6, 7, 8, 9, 10)),
        (OYSTER_MORTALITY, 0.004, 0.012, (6, 7, 8, 9)),
        (MARINE_WHITE_SPOT, 0.008, 0.02, (6, 7, 8, 9, 10, 11)),
        (CLAM_MORTALITY, 0.004, 0.012, (6, 7, 8, 9)),
    ],
)
def test_mass_deaths_are_as_common_as_known_and_come_in_the_warm_months(
    kind: EventKind, low: float, high: float, months: tuple[int, ...], events: dict[str, ZoneEvents]
) -> None:
    event = weekly(events[kind.name].event)
    assert low < event[:, ZONES.having(kind.stock)].mean() < high
    assert event[np.isin(MONTH[: len(DATES) // 7 * 7 : 7], months)].sum() > 0.75 * event.sum()


@KINDS
def test_nothing_dies_where_nothing_is_farmed(kind: EventKind, events: dict[str, ZoneEvents]) -> None:
    assert not events[kind.name].event[:, ~ZONES.having(kind.stock)].any()


@KINDS
def test_an_event_makes_others_near_by_more_likely(kind: EventKind, events: dict[str, ZoneEvents]) -> None:
    event = weekly(events[kind.name].event)
    bays = event.reshape(len(event), 4, 3).any(axis=2)
    following = bays[1:-1] | bays[2:]
    assert following[bays[:-2]].mean() > 3 * following.mean()


@KINDS
def test_an_event_of_yesterday_changes_no_probability_of_the_coming_week(
    kind: EventKind, events: dict[str, ZoneEvents], algae: AlgaeHistory
) -> None:
    history, july = events[kind.name], np.array([DATES.searchsorted(np.datetime64("2000-07-10"))])
    event, zone = history.event.copy(), int(np.flatnonzero(ZONES.having(kind.stock))[0])
    event[july[0] - 21 : july[0]] = False
    quiet = replace(history, event=event.copy())
    event[july[0] - 1, zone] = True
    hit = replace(history, event=event)
    without, after = (
        which.futures(july, sea_ahead(july, 1, 8), ahead(algae.bloom, july, 1, before=21, days=8), random).probability
        for which, random in ((quiet, np.random.default_rng(1)), (hit, np.random.default_rng(1)))
    )
    np.testing.assert_array_equal(after[:, :, :7], without[:, :, :7])
    assert after[0, 0, 7, zone] > 2 * without[0, 0, 7, zone]


def test_the_chance_of_any_event_averages_over_the_last_week_only() -> None:
    probability = np.full((1, 2, 9, 1), 0.0)
    probability[..., [1, 2, 8], :] = [[0.9], [0.1], [0.2]]
    event = np.zeros(probability.shape, bool)
    event[0, 1, 1] = True
    future = ZoneFutures(probability, event)
    # Days 2 to 8 are averaged over, 1 - 0.9 * 0.8; days 0 and 1 were sampled, and the second sample has an event there.
    assert future.any_event(0, 9)[0, :, 0] == pytest.approx([0.28, 1.0])
    assert future.any_event(2, 9)[0, :, 0] == pytest.approx([0.28, 0.28])


@KINDS
def test_futures_of_events_follow_the_law_of_the_history(
    kind: EventKind, events: dict[str, ZoneEvents], algae: AlgaeHistory
) -> None:
    history, issue_days, samples = events[kind.name], np.arange(60, len(DATES) - 21, 21), 30
    bloom = ahead(algae.bloom, issue_days, samples, before=21, days=21)
    futures = history.futures(issue_days, sea_ahead(issue_days, samples, 21), bloom, np.random.default_rng(1))
    happened = history.event[issue_days[:, None] + np.arange(21)]
    for first, last in ((0, 7), (7, 14), (7, 21)):
        probability = futures.any_event(first, last).mean(axis=1)
        assert follows(happened[:, first:last].any(axis=1), probability)
        sampled = futures.event[:, :, first:last].any(axis=2).mean(axis=1)
        error = (sampled - probability).mean(axis=1)
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))


def three_weeks(
    *, temperature: float = 27.0, warmer: float = 0.0, salinity: float = 28.0, fresher: float = 0.0
) -> Water:
    """Twenty-two days of one zone; in the last five the sea is warmer and fresher."""
    sea = Water(np.full((22, 1), temperature), np.full((22, 1), salinity))
    sea.temperature[-5:] += warmer
    sea.salinity[-5:] -= fresher
    return sea


NO_BLOOM, BLOOM = np.zeros((22, 1), bool), np.ones((22, 1), bool)
JANUARY, APRIL, JULY = (np.array([fraction]) for fraction in (0.05, 0.28, 0.55))


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ((three_weeks(temperature=26.0), JULY), (three_weeks(temperature=20.0), JULY)),
        ((three_weeks(temperature=27.0), JULY), (three_weeks(temperature=32.0), JULY)),
        ((three_weeks(temperature=24.0, warmer=2.0), JULY), (three_weeks(temperature=26.0), JULY)),
        ((three_weeks(), JULY), (three_weeks(), JANUARY)),
    ],
)
def test_warm_and_warming_water_kills_young_fish(worse: tuple[Water, Values], better: tuple[Water, Values]) -> None:
    stress, relief = (nervous_necrosis_stress(sea, NO_BLOOM, season)[0] for sea, season in (worse, better))
    assert stress > relief


@pytest.mark.parametrize(
    ("sea", "bloom", "season"),
    [
        (three_weeks(temperature=30.0), NO_BLOOM, JULY),
        (three_weeks(warmer=2.0), NO_BLOOM, JULY),
        (three_weeks(salinity=17.0), NO_BLOOM, JULY),
        (three_weeks(fresher=5.0), NO_BLOOM, JULY),
        (three_weeks(), BLOOM, JULY),
        (three_weeks(salinity=31.0), NO_BLOOM, APRIL),
    ],
)
def test_heat_fresh_water_blooms_and_dry_springs_kill_oysters(
    sea: Water, bloom: npt.NDArray[np.bool_], season: Values
) -> None:
    assert oyster_mortality_stress(sea, bloom, season)[0] > oyster_mortality_stress(three_weeks(), NO_BLOOM, season)[0]


def test_marine_white_spot_needs_warm_salt_water_and_comes_when_the_salt_returns() -> None:
    """No hatching at 15 degC, doi:10.1016/j.aquaculture.2023.739694; cysts rupture at 16 g/kg and below."""

    def stress(sea: Water) -> float:
        return float(marine_white_spot_stress(sea, NO_BLOOM, JULY)[0])

    warm, cool, hot = (stress(three_weeks(temperature=degrees)) for degrees in (27.0, 20.0, 33.0))
    assert warm > cool and warm > hot
    assert stress(three_weeks(temperature=15.0)) < -25 and stress(three_weeks(salinity=16.0)) < -25
    fresh = three_weeks(salinity=28.0)
    fresh.salinity[-12:-3] -= 8
    assert stress(fresh) > warm + 1
    assert stress(three_weeks(fresher=8.0)) < stress(fresh)


@pytest.mark.parametrize(
    "sea", [three_weeks(temperature=30.0), three_weeks(salinity=18.0), three_weeks(temperature=27.0, fresher=5.0)]
)
def test_heat_and_fresh_water_kill_clams(sea: Water) -> None:
    assert clam_mortality_stress(sea, NO_BLOOM, JULY)[0] > clam_mortality_stress(three_weeks(), NO_BLOOM, JULY)[0]
    assert clam_mortality_stress(sea, BLOOM, JULY)[0] == clam_mortality_stress(sea, NO_BLOOM, JULY)[0]


def test_a_zone_is_visited_every_one_or_two_weeks_in_the_season_and_monthly_in_winter(algae: AlgaeHistory) -> None:
    visits = visit(algae, np.zeros_like(WEATHER.wind), DATES, 7)
    for zone in range(3):
        days = np.sort(visits.day[visits.site == zone])
        gaps, watched = np.diff(days), np.isin(MONTH[days[:-1]], range(3, 12))
        assert (gaps[watched].min(), gaps[watched].max()) == (7, 14)
        assert (gaps[~watched].min() >= 26) and (gaps[~watched].max() <= 35)
    assert (visits.delay.min(), visits.delay.max()) == (2, 6)


def test_nobody_visits_in_rough_weather_and_what_is_not_visited_is_absent(algae: AlgaeHistory) -> None:
    rough, calm = visit(algae, WEATHER.wind, DATES, 7), visit(algae, np.zeros_like(WEATHER.wind), DATES, 7)
    assert 0 < len(rough.day) < len(calm.day)
    assert WEATHER.wind[rough.day, rough.site].max() <= 8
    assert len(set(zip(rough.day, rough.site, strict=True))) == len(rough.day)
    assert min(rough.cells.min(), rough.toxin.min()) > 0


def test_below_the_limit_of_detection_half_the_limit_is_reported(algae: AlgaeHistory) -> None:
    visits = visit(algae, WEATHER.wind, DATES, 7)
    toxin = algae.toxin[visits.day, visits.site]
    assert set(visits.toxin[toxin < 5]) == {2.5}
    np.testing.assert_allclose(visits.toxin[toxin >= 5], toxin[toxin >= 5], atol=0.05)
    assert set(visits.cells[visits.cells < 40]) == {20}
    many = visits.cells > 1000
    error = np.log(visits.cells[many] / algae.cells[visits.day, visits.site][many])
    assert error.std() == pytest.approx(0.4, abs=0.08)


def test_clouds_hide_the_sea_on_more_than_half_of_the_days_and_mostly_when_it_rains(algae: AlgaeHistory) -> None:
    image = satellite(algae, BAY.temperature, WEATHER.rain, 7)
    hidden = np.isnan(image.temperature)
    np.testing.assert_array_equal(hidden, np.isnan(image.chlorophyll))
    assert hidden.mean() == pytest.approx(0.55, abs=0.04)
    assert hidden[WEATHER.rain > 5].mean() > hidden[WEATHER.rain == 0].mean() + 0.2
    assert np.corrcoef(hidden.T)[0, 11] > 0.4
    assert np.nanstd(image.temperature - BAY.temperature) == pytest.approx(0.4, abs=0.02)
    assert np.nanstd(np.log(image.chlorophyll[~hidden] / algae.chlorophyll[~hidden])) == pytest.approx(0.3, abs=0.02)
