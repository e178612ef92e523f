"""The oracle against what came, against plain sampling, and against forecasters whose share is known by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard
from scipy.special import expit, logit

from features.errors import HaidangError
from features.periods import Periods
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.exceedance import CLOSED_FORM
from features.sources.simulated.futures import Futures
from features.sources.simulated.water import read_sensors
from features.sources.simulated.world import World
from models.hazard import Hazard
from models.targets import Highest, Lowest, Spell, Target, Total
from training.achievable import Truth, judge, leak_alarms
from training.oracle import oracle

ZONE = "Asia/Ho_Chi_Minh"
LEADS = np.array([1, 3, 5])
ISSUE_DAYS = np.arange(1, 3650, 2)


def asking(target: Target, *, days: int = 1, count: int = 3) -> Hazard:
    levels: dict[str, object] = {}
    return a_tiny_hazard(target=target, periods=Periods(days=days, count=count), levels=levels)


def summer(year: int, every_days: int) -> pd.DatetimeIndex:
    return pd.date_range(f"{year}-05-01T07:00", f"{year}-10-31T07:00", freq=f"{every_days}D", tz=ZONE)


@pytest.fixture(scope="module")
def province() -> SimulatedProvince:
    return SimulatedProvince(years=10, seed=3, first_year=2010)


@pytest.fixture(scope="module")
def world(province: SimulatedProvince) -> World:
    return province.world


@pytest.fixture(scope="module")
def futures(world: World) -> Futures:
    return Futures(world.climate, 1, 40)


def happened(world: World, variable: str) -> np.ndarray:
    climate = world.climate
    return {
        "rain": climate.rain,
        "air_temperature": climate.air_temperature,
        "highest_air_temperature": climate.highest_air_temperature,
        "wind_speed": climate.wind,
        "water_level": world.water_level,
    }[variable]


@pytest.mark.parametrize(
    ("variable", "cuts"),
    [
        ("rain", (16.0, 50.0, 100.0)),
        ("air_temperature", (13.1, 15.1, 30.0)),
        ("highest_air_temperature", (33.0, 35.0)),
        ("wind_speed", (10.8, 13.9)),
        ("water_level", (1.2, 1.6)),
    ],
)
def test_the_oracles_mean_is_the_base_rate_and_its_skill_falls_with_the_lead(
    variable: str, cuts: tuple[float, ...], world: World, futures: Futures
) -> None:
    blocks = [ISSUE_DAYS[first : first + 200] for first in range(0, len(ISSUE_DAYS), 200)]
    truth = np.concatenate([CLOSED_FORM[variable](futures, days, LEADS, cuts) for days in blocks], axis=1).mean(axis=0)
    event = happened(world, variable)[ISSUE_DAYS[:, None] + LEADS][..., None] >= np.array(cuts)
    here = np.isfinite(truth[0, 0, :, 0])
    gap = (truth - event)[:, :, here].mean(axis=2)  # (issue, lead, cut)
    # Standard error of the mean over blocks of 20 days, which hold the correlation in time.
    by_block = gap[: len(gap) // 10 * 10].reshape(-1, 10, len(LEADS), len(cuts)).mean(axis=1)
    error = by_block.std(axis=0, ddof=1) / np.sqrt(len(by_block))
    assert (np.abs(gap.mean(axis=0)) < 3.5 * error).all()
    brier = ((truth - event) ** 2)[:, :, here].mean(axis=(0, 2))
    if variable != "water_level":  # which is mostly the tide, as well known in five days as tomorrow
        assert (np.diff(brier, axis=0) > 0).all()


@pytest.mark.parametrize(
    ("variable", "cuts"),
    [
        ("rain", (16.0, 50.0)),
        ("air_temperature", (20.0, 28.0)),
        ("highest_air_temperature", (30.0, 34.0)),
        ("wind_speed", (8.0, 12.0)),
    ],
)
def test_the_closed_form_equals_the_share_of_sampled_futures(
    variable: str, cuts: tuple[float, ...], world: World
) -> None:
    many = Futures(world.climate, 2, 4000)
    days = np.array([100, 235, 300])
    closed = CLOSED_FORM[variable](many, days, LEADS, cuts).mean(axis=0)
    sampled = {
        "rain": many.rain,
        "air_temperature": many.air_temperature,
        "highest_air_temperature": many.highest_air_temperature,
        "wind_speed": many.wind,
    }[variable](days, 5)[:, :, LEADS]
    share = (sampled[..., None].round(1) >= np.array(cuts)).mean(axis=1)
    # 4,000 draws are good to 0.008; the largest of 972 departures lies within 4.5 of that.
    assert np.abs(closed - share).max() < 0.036


def test_storms_known_and_unformed_make_heavy_rain_likelier(world: World, futures: Futures) -> None:
    august = np.flatnonzero(world.dates.astype("datetime64[M]").astype(int) % 12 == 7)[:60]
    still = replace(
        world.climate,
        formation=np.zeros_like(world.climate.formation),
        storms=replace(world.climate.storms, formed=world.climate.storms.formed - 10_000),
    )
    with_storms, without = (
        CLOSED_FORM["rain"](held, august, LEADS, (100.0,)).mean() for held in (futures, Futures(still, 1, 40))
    )
    assert with_storms > 1.05 * without


@pytest.mark.parametrize("cuts", [(1.0,)])
def test_landslides_are_as_likely_as_they_are_frequent(province: SimulatedProvince, cuts: tuple[float, ...]) -> None:
    times = pd.DatetimeIndex(np.concatenate([summer(year, 3).asi8 for year in range(2010, 2020)]).view("M8[us]"))
    hazard = asking(Total("landslides", cuts=cuts, settle_days=7), count=3)
    truth = oracle(hazard, province, times.tz_localize("UTC"), samples=40)
    slides = province.world.landslides
    days = times.tz_localize("UTC").tz_convert(ZONE).tz_localize(None).normalize().to_numpy().astype("M8[D]")
    position = (days - province.world.dates[0]).astype(int)
    for period in (1, 3):
        expected = truth.probability.xs(period, level="period")[1.0].groupby("issue_time").sum().to_numpy()
        came = slides[position + period].sum(axis=1)
        gap = (expected - came).reshape(10, -1).sum(axis=1)
        assert abs(gap.sum()) < 3 * gap.std(ddof=1) * np.sqrt(10)
    halves = [half.to_numpy().ravel() for half in (truth.first, truth.second)]
    assert not np.array_equal(*halves)
    assert np.corrcoef(*halves)[0, 1] > 0.5


def test_rivers_have_an_oracle_at_their_gauges_only(province: SimulatedProvince) -> None:
    hazard = asking(Highest("river_stage", cuts=(0.0, 1.0), settle_days=2), count=3)
    truth = oracle(hazard, province, summer(2013, 4), samples=20).probability
    known = truth[0.0].dropna()
    assert set(known.index.get_level_values("site")) == {
        code for code, site in province.sites.items() if site.attributes["river_gauge"]
    }
    assert (truth[1.0].dropna() <= known).all()
    three_days = asking(Highest("river_stage", cuts=(0.0, 1.0), settle_days=2), days=3, count=1)
    together = oracle(three_days, province, summer(2013, 4), samples=20).probability[0.0].dropna()
    likeliest = known.groupby(["issue_time", "site"], sort=False).max()
    assert together.droplevel("period").mean() > likeliest.mean() > known.mean()


@pytest.mark.parametrize(
    ("variable", "days", "where"),
    [
        ("white_spot_onsets", 7, "shrimp_ponds"),
        ("hepatopancreatic_necrosis_onsets", 7, "shrimp_ponds"),
        ("nervous_necrosis_events", 7, "fish_cages"),
        ("oyster_mortality_events", 14, "oyster_rafts"),
        ("marine_white_spot_events", 7, "fish_cages"),
        ("clam_mortality_events", 7, "clam_beds"),
    ],
)
def test_diseases_are_as_likely_as_they_are_frequent(
    variable: str, days: int, where: str, province: SimulatedProvince
) -> None:
    """The law that the futures follow is the law of the history: over ten years both have as many events."""
    world = province.world
    times = pd.date_range("2010-02-01T07:00", "2019-11-20T07:00", freq="15D", tz=ZONE)
    hazard = replace(asking(Total(variable, cuts=(1.0,), settle_days=60), days=days, count=2), where=where)
    truth = oracle(hazard, province, times, samples=40).probability[1.0]
    happened = _events_confirmed(world, variable)
    issue_day = (times.tz_localize(None).to_numpy().astype("M8[D]") - world.dates[0]).astype(int)
    for period in (1, 2):
        first = issue_day + 1 + (period - 1) * days
        came = np.stack([happened[day : day + days].any(axis=0).sum() for day in first])
        expected = truth.xs(period, level="period").dropna().groupby("issue_time").sum().to_numpy()
        by_year = (expected - came)[: len(came) // 24 * 24].reshape(-1, 24).sum(axis=1)
        error = max(by_year.std(ddof=1) * np.sqrt(len(by_year)), np.sqrt(came.sum()))
        assert abs(by_year.sum()) < 3 * error


def _events_confirmed(world: World, variable: str) -> np.ndarray:
    if variable in world.mass_deaths:
        return world.mass_deaths[variable].event
    return np.random.default_rng(8).binomial(world.epidemics[variable].onsets, 0.6) > 0


def outcomes(values: np.ndarray, hazard: Hazard, world: World, times: pd.DatetimeIndex) -> np.ndarray:
    """What daily values, shape (day, site), came to in each period, shape (issue, site, period)."""
    issue_day = (times.tz_localize(None).normalize().to_numpy().astype("M8[D]") - world.dates[0]).astype(int)
    first = issue_day[:, None] + hazard.periods.leads
    days = values[first[..., None] + np.arange(hazard.periods.days)]  # (issue, period, day, site)
    return hazard.target.of_period(np.moveaxis(days, -2, -1)).swapaxes(1, 2)


def assert_unbiased(truth: Truth, came: np.ndarray, hazard: Hazard) -> None:
    """Mean errors over issue times lie within four standard errors of 0; the two halves agree on average."""
    shape = len(came), -1, hazard.periods.count, len(hazard.target.cuts)
    probability, first, second = (
        held.to_numpy().reshape(shape) for held in (truth.probability, truth.first, truth.second)
    )
    here = np.isfinite(probability) & np.isfinite(came)[..., None]
    assert here.any(axis=(0, 1)).all()
    for gap in (probability - hazard.target.reached(came), first - second):
        mean = np.nanmean(np.where(here, gap, np.nan), axis=1)
        by_block = mean[: len(mean) // 3 * 3].reshape(-1, 3, *mean.shape[1:]).mean(axis=1)
        error = by_block.std(axis=0, ddof=1) / np.sqrt(len(by_block))
        assert (np.abs(by_block.mean(axis=0)) <= 4 * error).all()


TWO_WEEKS_APART = pd.date_range("2010-02-01T07:00", "2019-11-20T07:00", freq="14D", tz=ZONE)


@pytest.mark.parametrize(
    ("target", "days"),
    [
        (Highest("water_temperature", cuts=(28.0, 31.0), settle_days=3), 7),
        (Lowest("water_temperature", cuts=(20.0, 16.0), settle_days=3, sense="at_most"), 7),
        (Lowest("water_salinity", cuts=(25.0, 18.0), settle_days=3, sense="at_most"), 3),
        (Highest("water_salinity", cuts=(31.0,), settle_days=3), 1),
        (Lowest("pond_temperature", cuts=(20.0, 15.0), settle_days=3, sense="at_most"), 1),
        (Highest("pond_temperature", cuts=(30.0, 33.0), settle_days=3), 7),
        (Lowest("pond_salinity", cuts=(15.0, 10.0), settle_days=3, sense="at_most"), 7),
    ],
    ids=lambda value: f"{value.variable}-{value.sense}" if isinstance(value, Target) else None,
)
def test_readings_of_water_are_as_likely_as_they_are_frequent(
    target: Target, days: int, province: SimulatedProvince
) -> None:
    world, hazard = province.world, asking(target, days=days, count=2)
    ponds = target.variable.startswith("pond")
    water, where = (world.ponds, world.pond_positions) if ponds else (world.bay, world.zone_positions)
    told = read_sensors(water, province.seed, "pond" if ponds else "bay")
    readings = np.full((len(world.dates), len(province.sites)), np.nan)
    readings[:, where] = told.temperature if target.variable.endswith("temperature") else told.salinity
    truth = oracle(hazard, province, TWO_WEEKS_APART, samples=20)
    elsewhere = sorted(set(range(len(province.sites))) - set(where.tolist()))
    assert truth.first.xs(province.sites.codes[elsewhere[0]], level="site").isna().all(axis=None)
    assert_unbiased(truth, outcomes(readings, hazard, world, TWO_WEEKS_APART), hazard)


@pytest.mark.parametrize(
    ("target", "days"),
    [
        (Spell("lowest_air_temperature", cuts=(2.0, 4.0), settle_days=3, threshold=13.0, below=True), 5),
        (Spell("highest_air_temperature", cuts=(2.0, 3.0), settle_days=3, threshold=33.0), 5),
        (Lowest("air_temperature", cuts=(18.0, 13.0), settle_days=3, sense="at_most"), 4),
        (Total("thunderstorm_days", cuts=(1.0, 3.0), settle_days=3), 7),
        (Total("rain", cuts=(5.0, 0.0), settle_days=3, sense="at_most"), 10),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.variable}" if isinstance(value, Target) else None,
)
def test_spells_cold_thunder_and_dry_weeks_are_as_likely_as_they_are_frequent(
    target: Target, days: int, province: SimulatedProvince
) -> None:
    climate, hazard = province.world.climate, asking(target, days=days, count=2)
    truth = oracle(hazard, province, TWO_WEEKS_APART, samples=20)
    came = outcomes(getattr(climate, target.variable), hazard, province.world, TWO_WEEKS_APART)
    assert_unbiased(truth, came, hazard)
    assert (np.diff(truth.probability.to_numpy(), axis=1) <= 0).all()


def test_weeks_of_dengue_are_as_likely_as_they_are_frequent(province: SimulatedProvince) -> None:
    hazard = asking(Highest("dengue_cases_of_week", cuts=(1.0, 3.0), settle_days=60), days=7, count=4)
    times, dengue = TWO_WEEKS_APART[::2] + pd.Timedelta(days=3), province.world.dengue
    counts = np.full((len(province.world.dates), len(province.sites)), np.nan)
    position = (dengue.mondays - province.world.dates[0]).astype(int)
    counts[position[position >= 0]] = dengue.cases[position >= 0]
    truth = oracle(hazard, province, times, samples=30)
    came = outcomes(counts, hazard, province.world, times)
    assert_unbiased(truth, came, hazard)
    probability, event = truth.probability.to_numpy().reshape(*came.shape, 2)[..., 0], came >= 1
    often = event.mean(axis=(0, 1))
    skill = 1 - ((probability - event) ** 2).mean(axis=(0, 1)) / (often * (1 - often))
    assert skill[0] > skill[3] > 0


def test_a_period_without_a_monday_has_no_week_of_dengue(province: SimulatedProvince) -> None:
    hazard = asking(Highest("dengue_cases_of_week", cuts=(1.0,), settle_days=60), days=3, count=2)
    sunday, tuesday = (pd.DatetimeIndex([f"2014-09-{day:02}T07:00+07:00"]) for day in (7, 9))
    truths = [oracle(hazard, province, issue, samples=10).probability[1.0].to_xarray() for issue in (sunday, tuesday)]
    # After Sunday come Monday to Wednesday; after Tuesday the second three days end with the next Monday.
    assert np.isfinite(truths[0].sel(period=1)).all() and truths[0].sel(period=2).isnull().all()
    assert truths[1].sel(period=1).isnull().all() and np.isfinite(truths[1].sel(period=2)).all()


def test_what_is_likely_of_a_hidden_epidemic_is_better_than_chance(province: SimulatedProvince) -> None:
    hazard = replace(
        asking(Total("white_spot_onsets", cuts=(1.0, 3.0), settle_days=60), days=7, count=4), where="shrimp_ponds"
    )
    times = summer(2014, 7)
    truth = oracle(hazard, province, times, samples=40)
    index = truth.first.index
    onsets = pd.DataFrame(
        np.random.default_rng(8).binomial(province.world.epidemics["white_spot_onsets"].onsets, 0.6),
        province.world.dates,
        province.world.pond_sites.codes,
    )
    total = onsets.rolling(7).sum()
    day = index.get_level_values("issue_time").tz_convert(ZONE).tz_localize(None).normalize()
    last = day + pd.to_timedelta(7 * index.get_level_values("period").to_numpy(), unit="D")
    rows, columns = total.index.get_indexer(last), total.columns.get_indexer(index.get_level_values("site"))
    outcome = total.to_numpy()[rows, columns]
    event = outcome >= 1
    brier = np.square(truth.probability[1.0] - event).groupby(index.get_level_values("period")).mean()
    assert (brier < event.mean() * (1 - event.mean())).all()
    assert brier.iloc[0] < brier.iloc[3]
    assert (truth.probability[3.0] <= truth.probability[1.0]).all()


def test_toxin_has_an_oracle_where_shellfish_are_sampled(province: SimulatedProvince) -> None:
    hazard = asking(Highest("saxitoxin", cuts=(20.0, 80.0), settle_days=8), days=7, count=2)
    truth = oracle(hazard, province, summer(2014, 30), samples=20).probability.dropna()
    zones = {province.sites.codes[position] for position in province.world.zone_positions}
    assert set(truth.index.get_level_values("site")) == zones
    assert (truth[80.0] <= truth[20.0]).all()


def test_three_day_totals_are_sampled_and_exceed_single_days(province: SimulatedProvince) -> None:
    times = summer(2012, 20)
    three, one = (
        oracle(asking(Total("rain", cuts=(50.0, 100.0), settle_days=2), days=days, count=count), province, times)
        for days, count in ((3, 1), (1, 3))
    )
    likeliest = one.probability.groupby(["issue_time", "site"], sort=False).max()
    assert (three.probability.droplevel("period") > likeliest - 0.15).all(axis=None)
    assert three.probability[50.0].mean() > 1.1 * likeliest[50.0].mean()


@pytest.fixture(scope="module")
def judged_on(province: SimulatedProvince) -> tuple[Hazard, Truth, pd.Series]:
    """Heavy rain on every day of ten years, its truth and what came."""
    hazard = asking(Total("rain", cuts=(16.0, 50.0), settle_days=2))
    times = pd.date_range("2010-01-02T07:00", "2019-12-20T07:00", freq="D", tz=ZONE)
    truth = oracle(hazard, province, times, samples=40)
    index = truth.first.index
    day = index.get_level_values("issue_time").tz_convert(ZONE).tz_localize(None).to_numpy().astype("M8[D]")
    position = (day - province.world.dates[0]).astype(int) + index.get_level_values("period").to_numpy()
    site = pd.Index(province.sites.codes).get_indexer(index.get_level_values("site"))
    return hazard, truth, pd.Series(province.world.climate.rain[position, site], index)


def share_of(forecast: pd.DataFrame, judged_on: tuple[Hazard, Truth, pd.Series]) -> np.ndarray:
    hazard, truth, outcome = judged_on
    flat = truth.probability * 0 + truth.probability.mean()
    achieved = judge(hazard.periods, truth, {"model": forecast, "climatology": flat}, outcome)
    return np.array([row.share for row in achieved])


def test_the_truth_has_the_whole_share_and_noise_takes_it_away(judged_on: tuple[Hazard, Truth, pd.Series]) -> None:
    truth = judged_on[1].probability
    np.testing.assert_allclose(share_of(truth, judged_on), 1, atol=0.02)
    noise = np.random.default_rng(1).standard_normal(truth.shape)
    shares = [share_of(expit(logit(truth.clip(1e-9, 1 - 1e-9)) + size * noise), judged_on) for size in (0.3, 0.6, 1.2)]
    assert (np.diff([np.ones(6), *shares], axis=0) < 0).all()


def test_a_model_that_was_handed_the_future_sets_off_the_alarm(judged_on: tuple[Hazard, Truth, pd.Series]) -> None:
    hazard, truth, outcome = judged_on
    came = pd.DataFrame({cut: (outcome >= cut).astype(float) for cut in truth.first}, outcome.index)
    peeking = 0.9 * truth.probability + 0.1 * came
    flat = truth.probability * 0 + truth.probability.mean()
    honest, leaked = (
        judge(hazard.periods, truth, {"model": forecast, "climatology": flat}, outcome)
        for forecast in (truth.probability, peeking)
    )
    assert leak_alarms(honest) == ()
    assert all(row.alarm for row in leaked)


def test_the_same_question_has_the_same_truth_and_other_samples_another(province: SimulatedProvince) -> None:
    hazard = asking(Total("rain", cuts=(50.0,), settle_days=2))
    times = summer(2011, 30)
    first, again, other = (oracle(hazard, province, times, samples=20, seed=seed).first for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_what_cannot_be_known_is_refused(province: SimulatedProvince) -> None:
    rain = asking(Total("rain", cuts=(50.0,), settle_days=2))
    with pytest.raises(HaidangError, match="knows the truth from 2010-01-02 to"):
        oracle(rain, province, pd.DatetimeIndex(["2009-12-01T07:00+07:00"]))
    with pytest.raises(HaidangError, match="no oracle for soil_wetness"):
        oracle(asking(Highest("soil_wetness", cuts=(50.0,), settle_days=2)), province, summer(2011, 60))
    with pytest.raises(ValueError, match="even number of samples"):
        oracle(rain, province, summer(2011, 60), samples=7)


@dataclass(frozen=True)
class Percentile(Total):
    """A target of one's own, of which the oracle knows nothing."""


@pytest.mark.parametrize(
    ("target", "days"),
    [
        (Lowest("water_temperature", cuts=(20.0,), settle_days=3), 7),
        (Total("water_salinity", cuts=(20.0,), settle_days=3), 7),
        (Spell("water_temperature", cuts=(2.0,), settle_days=3, threshold=30.0), 7),
        (Total("dengue_cases_of_week", cuts=(5.0,), settle_days=3), 14),
        (Highest("dengue_cases_of_week", cuts=(5.0,), settle_days=3, sense="at_most"), 7),
        (Highest("white_spot_onsets", cuts=(2.0,), settle_days=3), 7),
        (Total("clam_mortality_events", cuts=(2.0,), settle_days=3), 7),
        (Lowest("river_stage", cuts=(1.0,), settle_days=3), 7),
        (Total("river_stage", cuts=(1.0,), settle_days=3), 7),
        (Lowest("saxitoxin", cuts=(80.0,), settle_days=3), 7),
        (Spell("rain_ensemble_mean", cuts=(2.0,), settle_days=3, threshold=1.0), 7),
        (Highest("water_level", cuts=(1.2,), settle_days=3), 2),
        (Percentile("rain", cuts=(50.0,), settle_days=3), 1),
    ],
    ids=lambda value: f"{type(value).__name__}-{value.variable}" if isinstance(value, Target) else None,
)
def test_questions_whose_law_is_not_known_are_refused(target: Target, days: int, province: SimulatedProvince) -> None:
    with pytest.raises(HaidangError, match=f"no oracle for {target.variable} {target.sense.replace('_', ' ')}"):
        oracle(asking(target, days=days, count=1), province, summer(2011, 90), samples=2)
