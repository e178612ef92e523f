"""Thunder, its energy and the lowest temperature in the simulated province: known climate, known truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from features.sources.simulated.climate import Climate
from features.sources.simulated.exceedance import CLOSED_FORM, night_exceedance, not_above, thunder_exceedance
from features.sources.simulated.futures import Futures
from features.sources.simulated.runs import Runs
from features.sources.simulated.thunder import ENERGY, THUNDER, mixed
from features.sources.simulated.world import World

HON_GAI = Path(__file__).parents[1].parent / "shared" / "data" / "quang_ninh" / "hon_gai_monthly_1961_2010.csv"
YEARS = 20
LEADS = np.array([1, 3, 5])
# Hon Gai / Bai Chay 1991-2017, mean of daily lowest temperature by month, degC (domain.md 3.1).
LOWEST_NORMAL = np.array([14.3, 15.8, 18.3, 21.9, 24.8, 26.3, 26.3, 25.7, 24.8, 22.6, 19.2, 15.7])
Values = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def world() -> World:
    return World(YEARS, 14, 1994, 54, 0.21)


@pytest.fixture(scope="module")
def climate(world: World) -> Climate:
    return world.climate


@pytest.fixture(scope="module")
def month(world: World) -> npt.NDArray[np.int64]:
    return world.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1


def a_year(days: Values) -> float:
    """Days in a year, mean over sites; the sixty days after the last year do not count."""
    return float(days[: YEARS * 365].mean() * 365.25)


def gaps(truth: Values, event: Values) -> Values:
    """Mean error of the truth in units of its standard error over blocks of twenty days, shape (lead, cut)."""
    gap = (truth - event).mean(axis=2)
    by_block = gap[: len(gap) // 10 * 10].reshape(-1, 10, *gap.shape[1:]).mean(axis=1)
    return gap.mean(axis=0) / (by_block.std(axis=0, ddof=1) / np.sqrt(len(by_block)))


def test_it_thunders_on_eighty_days_at_the_coast_less_on_islands_and_more_in_mountains(climate: Climate) -> None:
    sites, thunder = climate.sites, climate.thunderstorm_days
    island, mountain = sites.having("island"), sites.having("mountainous")
    coast = sites.having("coastal") & ~island & ~mountain
    days = [a_year(thunder[:, where]) for where in (island, coast, mountain & ~island)]
    # Vietnam some 100 days a year, doi:10.3390/cli10100141; less where the land does not heat.
    assert 55 < days[0] < days[1] < days[2] < 110
    assert days[1] == pytest.approx(80, abs=6)
    assert set(np.unique(thunder)) == {0.0, 1.0}


def test_nearly_all_thunder_is_from_april_to_september(climate: Climate, month: npt.NDArray[np.int64]) -> None:
    thunder = climate.thunderstorm_days
    assert 0.88 < thunder[(month >= 4) & (month <= 9)].sum() / thunder.sum() < 0.97
    by_month = [thunder[month == number].mean() * 30.4 for number in range(1, 13)]
    assert (
        max(by_month[month - 1] for month in (12, 1, 2)) < 2 < 10 < min(by_month[month - 1] for month in (5, 6, 7, 8))
    )


@pytest.mark.parametrize("weights", [THUNDER, ENERGY], ids=["thunder", "energy"])
def test_scores_of_unit_variance_mix_to_unit_variance(weights: Values) -> None:
    fields = np.random.default_rng(1).standard_normal((3, 200_000))
    assert mixed(weights, *fields).std() == pytest.approx(1, abs=0.01)


def test_thunder_comes_with_rain_and_with_the_energy_that_was_foreseen(
    climate: Climate, month: npt.NDArray[np.int64]
) -> None:
    days = np.flatnonzero((month >= 5) & (month <= 8))[:1000]
    thunder, rain = climate.thunderstorm_days[days], climate.rain[days]
    assert rain[thunder == 1].mean() > 1.5 * rain[thunder == 0].mean()
    runs = Runs(climate, 1, len(climate.dates))
    season = np.arange(120, 240)
    better = []
    for lead in (1, 3, 5):
        said = runs.about(season, lead)["convective_energy"]
        assert (said > 0).all() and 500 < np.median(said) < 2500
        better.append(np.corrcoef(np.log(said).ravel(), climate.thunderstorm_days[season].ravel())[0, 1])
    assert better[0] > better[1] > better[2] > 0
    assert "convective_energy" not in runs.about(season, 6)
    winter = runs.about(np.arange(0, 40), 1)["convective_energy"]
    assert np.median(winter) < 30


def test_nights_have_the_normals_of_the_station(climate: Climate, month: npt.NDArray[np.int64]) -> None:
    lowest = climate.lowest_air_temperature[:, climate.sites.codes.index("06673")]
    simulated = np.array([lowest[month == number].mean() for number in range(1, 13)])
    assert (np.abs(simulated - LOWEST_NORMAL) < 0.9).all()
    assert (climate.lowest_air_temperature <= climate.air_temperature).all()
    assert (climate.highest_air_temperature >= climate.air_temperature).all()


@pytest.mark.skipif(not HON_GAI.is_file(), reason="the shared data are not beside this checkout")
def test_cold_nights_are_as_many_as_the_stations_monthly_means_allow(
    climate: Climate, month: npt.NDArray[np.int64]
) -> None:
    table = pd.read_csv(HON_GAI)
    real = table[(table["year"] >= 1981) & (table["month"] == 1)]["tmin_mean_c"]
    lowest = climate.lowest_air_temperature[: YEARS * 365, climate.sites.codes.index("06673")]
    years = climate.dates[: YEARS * 365].astype("M8[Y]").astype(int)
    simulated = [lowest[(years == year) & (month[: YEARS * 365] == 1)].mean() for year in np.unique(years)]
    assert np.std(simulated, ddof=1) == pytest.approx(real.std(), rel=0.5)


@pytest.mark.parametrize(
    ("variable", "cuts"), [("thunderstorm_days", (1.0,)), ("lowest_air_temperature", (8.0, 13.0, 27.0))]
)
def test_the_oracles_mean_is_the_base_rate_and_its_skill_falls_with_the_lead(
    variable: str, cuts: tuple[float, ...], climate: Climate
) -> None:
    days = np.arange(1, 3650, 2)
    truth = CLOSED_FORM[variable](Futures(climate, 1, 2), days, LEADS, cuts).mean(axis=0)
    event = getattr(climate, variable)[days[:, None] + LEADS][..., None] >= np.array(cuts)
    assert (np.abs(gaps(truth, event)) < 3.5).all()
    assert (np.diff(((truth - event) ** 2).mean(axis=(0, 2)), axis=0) > 0).all()


@pytest.mark.parametrize(
    ("variable", "cut"),
    [("thunderstorm_days", 1.0), ("lowest_air_temperature", 13.0), ("lowest_air_temperature", 26.0)],
)
def test_what_is_said_later_of_a_day_is_on_average_what_was_said_before(
    variable: str, cut: float, climate: Climate
) -> None:
    """Probabilities are a martingale, also among the days of which much, or little, was said at first."""
    days, futures = np.arange(10, 4000), Futures(climate, 1, 2)
    before = CLOSED_FORM[variable](futures, days - 5, np.array([5]), (cut,))[0, :, 0, :, 0]
    later = CLOSED_FORM[variable](futures, days - 2, np.array([2]), (cut,))[0, :, 0, :, 0]
    assert later.std() > before.std()
    for low, high in ((0.02, 0.2), (0.2, 0.5), (0.5, 0.98)):
        change = np.where((before > low) & (before <= high), later - before, 0.0).mean(axis=1)
        by_block = change[: len(change) // 20 * 20].reshape(-1, 20).mean(axis=1)
        assert abs(by_block.mean()) < 3.5 * by_block.std() / np.sqrt(len(by_block))


@pytest.mark.parametrize(
    ("variable", "cuts"), [("thunderstorm_days", (1.0,)), ("lowest_air_temperature", (14.0, 20.0, 26.0))]
)
def test_the_closed_form_equals_the_share_of_sampled_futures(
    variable: str, cuts: tuple[float, ...], climate: Climate
) -> None:
    many, days = Futures(climate, 2, 4000), np.array([100, 235, 300])
    closed = CLOSED_FORM[variable](many, days, LEADS, cuts).mean(axis=0)
    sampled = getattr(Futures, variable)(many, days, 5)[:, :, LEADS]
    # 4,000 draws are good to 0.008; the largest of 486 departures lies within 4.5 of that.
    assert np.abs(closed - (sampled[..., None] >= np.array(cuts)).mean(axis=1)).max() < 0.036


@pytest.mark.parametrize(
    ("variable", "cuts"),
    [
        ("air_temperature", (15.0, 10.0)),
        ("lowest_air_temperature", (13.0, 8.0)),
        ("rain", (50.0, 0.0)),
        ("wind_speed", (10.7,)),
        ("thunderstorm_days", (0.0,)),
        ("water_level", (1.2,)),
    ],
)
def test_at_most_a_cut_is_all_but_the_next_step_above_it(
    variable: str, cuts: tuple[float, ...], world: World, climate: Climate
) -> None:
    days = np.arange(1, 3650, 2)
    futures = Futures(climate, 1, 20)
    blocks = [days[first : first + 200] for first in range(0, len(days), 200)]
    truth = np.concatenate([not_above(variable, futures, block, LEADS, cuts) for block in blocks], axis=1).mean(axis=0)
    happened = {"wind_speed": climate.wind, "water_level": world.water_level}
    values = happened[variable] if variable in happened else getattr(climate, variable)
    here = np.isfinite(values[0])
    event = values[days[:, None] + LEADS][..., here, None] <= np.array(cuts)
    assert 0 < event.mean() < 1
    assert (np.abs(gaps(truth[:, :, here], event)) < 3.5).all()


def test_no_day_has_two_days_with_thunder_and_every_day_has_none_or_one(climate: Climate) -> None:
    said = thunder_exceedance(Futures(climate, 1, 2), np.array([150]), LEADS, (0.0, 1.0, 2.0))
    assert (said[..., 0] == 1).all() and (said[..., 2] == 0).all()
    assert ((said[..., 1] > 0) & (said[..., 1] < 1)).all()
    np.testing.assert_array_equal(said[0], said[1])


def test_nothing_that_is_revealed_later_is_read(climate: Climate) -> None:
    day = 400

    def until_then(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        known = scores.copy()
        known[60 + day + 1 :] = np.nan
        known[60 + day, 0] = np.nan
        return known

    cut_off = replace(
        climate,
        rain_scores=until_then(climate.rain_scores),
        temperature_scores=until_then(climate.temperature_scores),
        convection_scores=until_then(climate.convection_scores),
    )
    for form in (thunder_exceedance, night_exceedance):
        whole, known = (form(Futures(held, 1, 2), np.array([day]), LEADS, (1.0,)) for held in (climate, cut_off))
        np.testing.assert_array_equal(whole, known)
