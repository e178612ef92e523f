"""Epidemics of shrimp ponds and their reports: what is known of the diseases, and one law for history and futures."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from plain_weather import plain_weather

from features.settings import BUILT_IN_SITES
from features.sites import Sites, read_sites
from features.sources.simulated.confirmation import exceedance_of_confirmed, report
from features.sources.simulated.disease import Epidemic, simulate_epidemic
from features.sources.simulated.pathogens import (
    HEPATOPANCREATIC_NECROSIS,
    WHITE_SPOT,
    Pathogen,
    hepatopancreatic_necrosis_stress,
    white_spot_stress,
)
from features.sources.simulated.water import Water, simulate_pond_water

YEARS = 20
DATES, WEATHER = plain_weather(27, 1994, YEARS, seed=1)
MONTH = DATES.astype("datetime64[M]").astype(int) % 12 + 1
YEAR = DATES.astype("datetime64[Y]").astype(int) + 1970 - 1994
IN_SEASON = np.isin(MONTH, (4, 5, 6, 9, 10, 11))
Counts = npt.NDArray[np.int64]


@pytest.fixture(scope="module")
def sites() -> Sites:
    return Sites([site for site in read_sites(BUILT_IN_SITES).values() if site.attributes["shrimp_ponds"] > 0][:27])


@pytest.fixture(scope="module")
def water(sites: Sites) -> Water:
    held = len(sites)
    return simulate_pond_water(sites, WEATHER.air_temperature[:, :held], WEATHER.rain[:, :held])


@pytest.fixture(scope="module")
def white_spot(sites: Sites, water: Water) -> Epidemic:
    return simulate_epidemic(WHITE_SPOT, sites, water, DATES, 7)


@pytest.fixture(scope="module")
def necrosis(sites: Sites, water: Water) -> Epidemic:
    return simulate_epidemic(HEPATOPANCREATIC_NECROSIS, sites, water, DATES, 7)


def confirmed(epidemic: Epidemic) -> Counts:
    reports = report(epidemic.onsets, epidemic.ponds.standing, 7, epidemic.pathogen.name)
    counts = np.zeros_like(epidemic.onsets)
    np.add.at(counts, (reports.day, reports.site), reports.change)
    return counts


def spans(counts: Counts, days: int) -> tuple[Counts, npt.NDArray[np.bool_]]:
    """Totals of successive stretches, and which of them begin in season."""
    whole = len(counts) // days * days
    return counts[:whole].reshape(-1, days, counts.shape[1]).sum(axis=1), IN_SEASON[:whole:days]


def ahead(water: Water, issue_days: Counts, samples: int, days: int) -> Water:
    """The true week before each issue day and the true days after it, for every sample."""
    when = issue_days[:, None] + np.arange(-7, days)
    shape = (len(issue_days), samples, 7 + days, water.temperature.shape[1])
    return Water(*(np.broadcast_to(v[when][:, None], shape) for v in (water.temperature, water.salinity)))


def test_equal_seeds_give_equal_epidemics_and_others_do_not(sites: Sites, water: Water) -> None:
    first, again, other = (simulate_epidemic(WHITE_SPOT, sites, water.days(0, 400), DATES[:400], s) for s in (7, 7, 8))
    np.testing.assert_array_equal(first.onsets, again.onsets)
    np.testing.assert_array_equal(first.ponds.walk, again.ponds.walk)
    assert not np.array_equal(first.onsets, other.onsets)


def test_a_longer_history_begins_as_the_shorter_one(sites: Sites, water: Water, white_spot: Epidemic) -> None:
    short = simulate_epidemic(WHITE_SPOT, sites, water.days(0, 730), DATES[:730], 7)
    np.testing.assert_array_equal(short.onsets, white_spot.onsets[:730])


def test_white_spot_is_in_five_to_ten_percent_of_commune_weeks_in_season(white_spot: Epidemic) -> None:
    weeks, season = spans(confirmed(white_spot), 7)
    assert 0.05 < (weeks[season] > 0).mean() < 0.12
    assert (weeks[~season] > 0).mean() < (weeks[season] > 0).mean() / 5


def test_white_spot_peaks_in_may_and_june_and_in_september_and_october(white_spot: Epidemic) -> None:
    by_month = np.array([white_spot.onsets[month == MONTH].sum() for month in range(1, 13)])
    assert by_month[:6].argmax() + 1 in (5, 6)
    assert by_month[6:].argmax() + 7 in (9, 10)
    assert by_month[[6, 7]].sum() < by_month[[4, 5]].sum() / 4
    assert by_month[:3].sum() + by_month[11] < by_month.sum() / 50


def test_most_communes_are_hit_each_year_and_no_year_is_absurd(white_spot: Epidemic, sites: Sites) -> None:
    counts = confirmed(white_spot)
    hit = np.array([(counts[year == YEAR].sum(axis=0) > 0).mean() for year in range(YEARS)])
    assert 0.5 < hit.mean() < 0.9
    onsets = np.array([white_spot.onsets[year == YEAR].sum() for year in range(YEARS)])
    assert onsets.min() > np.median(onsets) / 10
    assert onsets.max() < 6 * np.median(onsets)
    crops = 2 * YEARS * sites.attribute("shrimp_ponds").sum()
    assert 0.015 < white_spot.onsets.sum() / crops < 0.10


def test_outbreaks_persist_so_that_a_fortnight_tells_of_the_next(white_spot: Epidemic) -> None:
    fortnights, season = spans(confirmed(white_spot), 14)
    level = np.log1p(fortnights)
    now, later = (level[:-1][season[:-1]], level[1:][season[:-1]])
    assert np.corrcoef(now.ravel(), later.ravel())[0, 1] > 0.5


def test_neighbours_fall_ill_together_more_than_distant_communes(white_spot: Epidemic, sites: Sites) -> None:
    fortnights, season = spans(white_spot.onsets, 14)
    together = np.corrcoef(np.log1p(fortnights[season]).T)
    apart = sites.distances_km
    assert together[(apart > 0) & (apart < 10)].mean() > together[apart > 60].mean() + 0.05


def test_hepatopancreatic_necrosis_comes_early_in_the_crop(necrosis: Epidemic, white_spot: Epidemic) -> None:
    weeks, season = spans(confirmed(necrosis), 7)
    assert 0.02 < (weeks[season] > 0).mean() < 0.05
    since_stocking = necrosis.crops.age(DATES) - 10
    early = (since_stocking >= 10) & (since_stocking <= 40)
    assert necrosis.onsets[early].sum() > 0.6 * necrosis.onsets.sum()
    assert white_spot.onsets[early].sum() < 0.2 * white_spot.onsets.sum()


def a_week(
    *, temperature: float = 26.0, before: float | None = None, salinity: float = 15.0, fell: float = 0.0
) -> Water:
    """Eight days of one commune; until yesterday it had other temperature and salinity."""
    week = Water(np.full((8, 1), temperature if before is None else before), np.full((8, 1), salinity + fell))
    week.temperature[-1], week.salinity[-1] = temperature, salinity
    return week


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (a_week(temperature=26.0), a_week(temperature=31.0)),
        (a_week(temperature=26.0), a_week(temperature=20.0)),
        (a_week(before=29.0), a_week()),
        (a_week(fell=5.0), a_week()),
    ],
)
def test_mild_and_changing_water_favours_white_spot(worse: Water, better: Water) -> None:
    stress, relief = (white_spot_stress(week, np.array([60]))[0] for week in (worse, better))
    assert stress > relief


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ((a_week(temperature=31.0), 35), (a_week(temperature=27.0), 35)),
        ((a_week(salinity=25.0), 35), (a_week(salinity=15.0), 35)),
        ((a_week(), 35), (a_week(), 80)),
    ],
)
def test_hot_salt_water_in_the_fourth_week_favours_necrosis(
    worse: tuple[Water, int], better: tuple[Water, int]
) -> None:
    stress, relief = (hepatopancreatic_necrosis_stress(week, np.array([age]))[0] for week, age in (worse, better))
    assert stress > relief


def test_no_more_ponds_stand_or_fall_ill_than_were_stocked(white_spot: Epidemic) -> None:
    ponds, crops = white_spot.ponds, white_spot.crops
    assert min(held.min() for held in (ponds.susceptible, ponds.exposed, ponds.infectious)) >= 0
    assert (white_spot.onsets <= ponds.exposed).all()
    age = crops.age(DATES)
    stocked, fallen_ill = np.zeros_like(crops.ponds), np.zeros_like(crops.ponds)
    for day in range(3 * 365):
        begins = age[day] == 0
        stocked, fallen_ill = np.where(begins, 0, stocked), np.where(begins, 0, fallen_ill)
        assert (ponds.susceptible[day] + ponds.exposed[day] + fallen_ill <= stocked).all()
        stocked, fallen_ill = stocked + crops.stocked(age[day]), fallen_ill + white_spot.onsets[day]
        assert (stocked <= crops.ponds).all()
    assert ponds.standing[age > 117].sum() == 0


def test_both_diseases_meet_the_same_stocking_plan(white_spot: Epidemic, necrosis: Epidemic) -> None:
    np.testing.assert_array_equal(white_spot.crops.starts, necrosis.crops.starts)
    assert (white_spot.crops.starts[:, 1] > white_spot.crops.starts[:, 0] + 116).all()


@pytest.mark.parametrize("pathogen", [WHITE_SPOT, HEPATOPANCREATIC_NECROSIS], ids=lambda pathogen: pathogen.name)
def test_futures_follow_the_law_of_the_history(pathogen: Pathogen, sites: Sites, water: Water) -> None:
    """Blocks of 28 days are asked one after the other; given the state, errors of blocks are uncorrelated."""
    epidemic = simulate_epidemic(pathogen, sites, water, DATES, 11)
    issue_days, samples = np.arange(80, len(DATES) - 28, 28), 40
    futures = epidemic.futures(issue_days, ahead(water, issue_days, samples, 28), np.random.default_rng(1))
    happened = epidemic.onsets[issue_days[:, None] + np.arange(28)]
    for first, last in ((0, 7), (7, 14), (14, 28)):
        any_onset = (happened[:, first:last].sum(axis=1) > 0).astype(float)
        probability = (futures[:, :, first:last].sum(axis=2) > 0).mean(axis=1)
        error = (any_onset - probability).mean(axis=1)
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(len(error))
        # The share drawn from n samples errs too: E (y - q)^2 = E q (1 - q) (n + 1) / (n - 1).
        spread = (any_onset - probability) ** 2 - probability * (1 - probability) * (samples + 1) / (samples - 1)
        excess = spread.mean(axis=1)
        assert abs(excess.mean()) < 4 * excess.std() / np.sqrt(len(excess))


def test_issue_days_asked_together_do_not_touch_each_other(white_spot: Epidemic, water: Water) -> None:
    day = int(white_spot.onsets.sum(axis=1).argmax())
    alone, both = np.array([day]), np.array([200, day])
    one = white_spot.futures(alone, ahead(water, alone, 400, 14), np.random.default_rng(1))[0]
    two = white_spot.futures(both, ahead(water, both, 400, 14), np.random.default_rng(2))[1]
    totals = [future.sum(axis=(1, 2)) for future in (one, two)]
    error = np.hypot(*(total.std() / 20 for total in totals))
    assert totals[0].mean() == pytest.approx(totals[1].mean(), abs=4 * error)
    assert totals[0].mean() > 20


def test_futures_without_a_crop_are_without_onsets(white_spot: Epidemic, water: Water) -> None:
    winter = np.array([360, 365 + 10])
    assert white_spot.futures(winter, ahead(water, winter, 5, 20), np.random.default_rng(1)).sum() == 0


def still_water(sites: Sites, days: int) -> Water:
    """The same mild water on all days, for one issue day and twenty samples."""
    return Water(*(np.full((1, 20, 7 + days, len(sites)), value) for value in (26.0, 15.0)))


def test_futures_know_nothing_but_the_state_of_the_issue_day(white_spot: Epidemic, water: Water) -> None:
    day = np.array([int(white_spot.onsets.sum(axis=1).argmax())])
    elsewhere = np.arange(len(DATES)) != day
    wrong = white_spot.ponds._make(np.where(elsewhere[:, None], -(10**6), held) for held in white_spot.ponds)
    ours, theirs = (
        history.futures(day, ahead(water, day, 3, 20), np.random.default_rng(1))
        for history in (white_spot, replace(white_spot, ponds=wrong, onsets=np.zeros_like(white_spot.onsets)))
    )
    np.testing.assert_array_equal(ours, theirs)


def test_futures_keep_the_stocking_plan(white_spot: Epidemic, sites: Sites) -> None:
    plague = replace(white_spot, pathogen=replace(WHITE_SPOT, from_outside=100.0))
    largest, new_year = int(white_spot.crops.ponds.argmax()), int(DATES.searchsorted(np.datetime64("1999-01-01")))
    two_before = np.array([new_year + white_spot.crops.starts[5, 0, largest] - 1 - 2])
    onsets = plague.futures(two_before, still_water(sites, 5), np.random.default_rng(1))[0, :, :, largest]
    # Stocked and infected on the third day, the first ponds fall ill on the fourth.
    assert onsets[:, :3].sum() == 0 < onsets[:, 3].sum()


def test_the_water_of_a_day_acts_on_that_day(white_spot: Epidemic, sites: Sites) -> None:
    heat = replace(WHITE_SPOT, stress=lambda week, age: np.where(week.temperature[..., -1, :] > 30, 20.0, -50.0))
    healthy = white_spot.ponds._replace(
        exposed=np.zeros_like(white_spot.onsets), infectious=np.zeros_like(white_spot.onsets)
    )
    june, water = np.array([160]), still_water(sites, 6)
    water.temperature[:, :, 7 + 2] = 31.0
    onsets = replace(white_spot, pathogen=heat, ponds=healthy).futures(june, water, np.random.default_rng(1))
    assert onsets[:, :, :3].sum() == 0 < onsets[:, :, 3].sum()


def test_the_level_of_a_year_lasts_until_the_next_begins(white_spot: Epidemic, sites: Sites) -> None:
    silent = white_spot.ponds._replace(
        exposed=np.zeros_like(white_spot.onsets), year_level=np.full_like(white_spot.ponds.walk, -50.0)
    )
    history = replace(white_spot, ponds=silent)
    spring, last = (
        history.futures(np.array([day]), still_water(sites, 150), np.random.default_rng(1))
        for day in (60, len(DATES) - 1)
    )
    assert spring.sum() == 0 < last[:, :, 80:].sum()


def test_three_in_five_onsets_are_confirmed_after_a_week_on_average() -> None:
    onsets = np.full((50, 2), 100)
    reports = report(onsets, np.zeros_like(onsets), 7, "test")
    assert len(reports.day) == pytest.approx(6000, abs=200)
    assert (reports.change == 1).all()
    assert reports.delay.min() == 1
    assert reports.delay.mean() == pytest.approx(7, abs=0.2)
    assert reports.delay.std() == pytest.approx(np.sqrt(6 + 6**2 / 2), abs=0.3)


def test_a_withdrawn_suspicion_lowers_the_count_again() -> None:
    healthy = np.zeros((200, 3), np.int64)
    reports = report(healthy, np.full_like(healthy, 400), 7, "test")
    raised, withdrawn = (reports.change == sign for sign in (1, -1))
    assert raised.sum() == withdrawn.sum() > 0
    np.testing.assert_array_equal(reports.day[raised], reports.day[withdrawn])
    np.testing.assert_array_equal(reports.site[raised], reports.site[withdrawn])
    later = reports.delay[withdrawn] - reports.delay[raised]
    assert later.min() >= 3
    assert later.max() <= 15


def test_in_the_end_the_confirmed_onsets_are_counted(white_spot: Epidemic, necrosis: Epidemic) -> None:
    withdrawn = 0
    for epidemic in (white_spot, necrosis):
        counts = confirmed(epidemic)
        assert (counts >= 0).all()
        assert (counts <= epidemic.onsets).all()
        withdrawn += (report(epidemic.onsets, epidemic.ponds.standing, 7, epidemic.pathogen.name).change < 0).sum()
    share = withdrawn / (confirmed(white_spot).sum() + confirmed(necrosis).sum())
    assert share == pytest.approx(0.06, abs=0.03)


def test_the_odds_of_a_confirmed_count_are_binomial() -> None:
    onsets = np.array([[0, 1], [2, 3]])
    expected = [
        [[1.0, 0.0, 0.0], [1.0, 0.6, 0.0]],
        [[1.0, 0.84, 0.36], [1.0, 1 - 0.4**3, 0.6**3 + 3 * 0.6**2 * 0.4]],
    ]
    np.testing.assert_allclose(exceedance_of_confirmed(onsets, [0, 1, 2]), expected)
