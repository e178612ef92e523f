"""Projections from files to change and return periods, on weather that is made up and changes by what is stated."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from climate_samples import (
    HANOI,
    SITES,
    biased,
    changed,
    days_of,
    observe,
    rows_of,
    take_in,
    weather,
    write_run,
)  # fmt: skip

from features.archive import Archive
from features.errors import HaidangError
from models.climate.adjusted import Adjustment
from models.climate.assessed import assess
from models.climate.change import Stretch, changes, run_years, spread, stretch_around
from models.climate.gathered import gather, observed_days, reference_years
from models.climate.half_check import bias_in_second_half, halves
from models.climate.indices import INDICES
from models.climate.projected import Run, projected, runs
from models.climate.return_periods import return_periods
from models.climate.warming import warming

REFERENCE, AHEAD = Stretch(1995, 2014), Stretch(2041, 2060)
OBSERVED = weather(20, seed=1)
RAIN_INDICES = [INDICES[name] for name in ("annual_rain", "rain_days_50", "highest_rain_1d")]


def daily(variable: str, *parts: tuple[Stretch, np.ndarray]) -> xr.DataArray:
    """Days at sites A and B, in units that xclim knows."""
    times = pd.DatetimeIndex(np.concatenate([days_of(years.first, years.last) for years, _ in parts]))
    values = np.concatenate([values for _, values in parts]).T
    unit = "mm/d" if variable == "rain" else "degC"
    held = xr.DataArray(values, {"site": ["A", "B"], "time": times}, ("site", "time"), variable, {"units": unit})
    return Stretch(int(times[0].year), int(times[-1].year)).of(held)


def model_of(variable: str, *, kelvin: float = 2.0, percent: float = 10.0, seed: int = 2) -> xr.DataArray:
    """A biased model whose weather ahead is that of its past, but warmer and wetter."""
    past = biased(weather(20, seed=seed), kelvin=-3.0, factor=0.6)
    ahead = changed(past, kelvin=kelvin, percent=percent)
    return daily(variable, (REFERENCE, past[variable]), (AHEAD, ahead[variable]))


def test_temperature_keeps_just_the_change_of_the_model_and_loses_its_bias() -> None:
    observed = daily("air_temperature", (REFERENCE, OBSERVED["air_temperature"]))
    adjust = Adjustment(REFERENCE.of(observed), REFERENCE.of(model_of("air_temperature")))
    past, ahead = (adjust(part.of(model_of("air_temperature"))) for part in (REFERENCE, AHEAD))
    np.testing.assert_allclose(past.mean("time"), observed.mean("time"), atol=0.02)
    np.testing.assert_allclose(past.std("time"), observed.std("time"), rtol=0.01)
    np.testing.assert_allclose(ahead.mean("time") - past.mean("time"), 2.0, atol=1e-6)


def test_rain_keeps_just_the_ratio_of_the_model_and_loses_drizzle_and_bias() -> None:
    observed = daily("rain", (REFERENCE, OBSERVED["rain"]))
    modelled = model_of("rain")
    adjust = Adjustment(REFERENCE.of(observed), REFERENCE.of(modelled))
    past, ahead = (adjust(part.of(modelled)) for part in (REFERENCE, AHEAD))
    wet = [float((values > 0.05).sum() / values.notnull().sum()) for values in (observed, REFERENCE.of(modelled), past)]
    assert wet[1] > 0.95 and wet[2] == pytest.approx(wet[0], abs=0.01)
    np.testing.assert_allclose(past.mean("time"), observed.mean("time"), rtol=0.02)
    np.testing.assert_allclose(ahead.mean("time") / past.mean("time"), 1.1, rtol=0.002)
    # A day that came to 40 mm or more comes to 44 mm or more as often.
    assert float((ahead >= 44).sum()) == pytest.approx(float((past >= 40).sum()), rel=0.01)


def test_a_model_that_is_too_dry_gets_rain_on_more_days() -> None:
    observed = daily("rain", (REFERENCE, OBSERVED["rain"]))
    dry = observed.where((np.arange(observed.sizes["time"]) % 3 > 0) | observed.isnull(), 0.0)
    adjusted = Adjustment(REFERENCE.of(observed), REFERENCE.of(dry))(REFERENCE.of(dry))
    np.testing.assert_allclose(adjusted.mean("time"), observed.mean("time"), rtol=0.05)


def test_what_is_not_known_stays_unknown_and_the_same_input_gives_the_same_output() -> None:
    observed, modelled = daily("rain", (REFERENCE, OBSERVED["rain"])), model_of("rain")
    holes = modelled.copy()
    holes[:, 100:140] = np.nan
    adjust = Adjustment(REFERENCE.of(observed), REFERENCE.of(modelled))
    np.random.seed(5)  # noqa: NPY002  (the generator that others may use)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = adjust(REFERENCE.of(holes)), adjust(REFERENCE.of(holes))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.testing.assert_array_equal(first.isnull(), REFERENCE.of(holes).isnull())


def test_adjustment_learned_from_one_half_takes_most_of_the_bias_from_the_other() -> None:
    observed = daily("rain", (REFERENCE, OBSERVED["rain"]))
    modelled = model_of("rain")
    parts = halves(observed, modelled)
    assert parts == (Stretch(1995, 2004), Stretch(2005, 2014))
    bias = np.abs(bias_in_second_half(observed, modelled, RAIN_INDICES, *parts))
    for name in ("annual_rain", "highest_rain_1d", "rain_days_50"):
        assert (bias[name].sel(version="adjusted") < 0.35 * bias[name].sel(version="raw")).all(), name
    heat = [INDICES["mean_temperature"]]
    observed = daily("air_temperature", (REFERENCE, OBSERVED["air_temperature"]))
    bias = bias_in_second_half(observed, model_of("air_temperature"), heat, *parts)["mean_temperature"]
    np.testing.assert_allclose(bias.sel(version="raw"), -3, atol=0.15)
    np.testing.assert_allclose(bias.sel(version="adjusted"), 0, atol=0.15)


def test_nineteen_years_cannot_be_halved() -> None:
    short = daily("rain", (Stretch(1995, 2013), OBSERVED["rain"][: 19 * 365]))
    assert halves(short, model_of("rain")) is None


def test_indices_of_a_run_change_by_the_stated_signal() -> None:
    observed = daily("highest_air_temperature", (REFERENCE, OBSERVED["highest_air_temperature"]))
    wanted = [INDICES["highest_temperature"], INDICES["heat_days_35"]]
    years = run_years(observed, model_of("highest_air_temperature"), wanted, REFERENCE, [AHEAD, Stretch(2081, 2100)])
    assert list(years.adjusted) == [REFERENCE, AHEAD]  # the model says nothing of 2081-2100
    past, ahead = (years.adjusted[part].mean("year") for part in (REFERENCE, AHEAD))
    np.testing.assert_allclose(ahead["highest_temperature"] - past["highest_temperature"], 2.0, atol=1e-6)
    # Two degrees more on top of what was observed: as many days of 35 degC as there were of 33 degC.
    of_33 = (observed >= 33).sum("time") / 20
    np.testing.assert_allclose(ahead["heat_days_35"], of_33, rtol=0.02)


def test_the_spread_of_models_has_a_median_a_range_and_agreement() -> None:
    few = spread([1.0, 3.0, -1.0, np.nan])
    assert few is not None
    assert (few.median, few.low, few.high, few.kind, few.models) == (1.0, -1.0, 3.0, "min-max", 3)
    assert few.same_sign == pytest.approx(2 / 3)
    many = spread(range(21))
    assert many is not None
    assert (many.median, many.low, many.high, many.kind, many.models) == (10.0, 1.0, 19.0, "5-95 %", 21)
    assert spread([np.nan]) is None


def test_a_model_with_many_members_counts_once() -> None:
    rows = [
        {"scenario": "ssp245", "version": "raw", "model": model, "member": member, "stretch": stretch, "value": mean}
        for model, member, past, ahead in (("X", "r1", 100, 110), ("X", "r2", 100, 130), ("Y", "r1", 200, 180))
        for stretch, mean in ((0, past), (2050, ahead))
    ]  # fmt: skip
    relative = changes(pd.DataFrame(rows), INDICES["annual_rain"])
    assert dict(zip(relative["model"], relative["change"], strict=True)) == pytest.approx({"X": 20.0, "Y": -10.0})
    absolute = changes(pd.DataFrame(rows), INDICES["heat_days_35"])
    assert dict(zip(absolute["model"], absolute["change"], strict=True)) == pytest.approx({"X": 20.0, "Y": -20.0})


def test_a_ratio_to_nothing_is_not_told() -> None:
    row = {"scenario": "ssp245", "model": "X", "member": "r1", "version": "raw"}
    rows = pd.DataFrame([row | {"stretch": 0, "value": 0.0}, row | {"stretch": 2050, "value": 5.0}])
    assert changes(rows, INDICES["annual_rain"]).empty


def test_a_year_stands_for_twenty() -> None:
    assert stretch_around(2050) == Stretch(2041, 2060)


# From the archive to answers.


MODELS = {"COLD-ESM": (-3.0, 0.6, 1.6, 8.0), "WARM-ESM": (1.0, 0.8, 2.0, 10.0), "WET-CM": (0.0, 1.3, 2.4, 14.0)}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Three biased models with a stated change by 2041-2060, and the observations of 1995-2014. Only to be read."""
    folder = tmp_path_factory.mktemp("climate")
    made = Archive(folder / "archive", SITES, HANOI)
    observe(made, OBSERVED, REFERENCE.first, REFERENCE.last)
    rows = []
    for seed, (model, (kelvin, factor, warmer, wetter)) in enumerate(MODELS.items(), start=10):
        past = biased(weather(20, seed=seed), kelvin=kelvin, factor=factor)
        ahead = changed(past, kelvin=warmer, percent=wetter)
        rows.append(rows_of(past, 1995, 2014, model=model, scenario="historical"))
        rows.append(rows_of(ahead, 2041, 2060, model=model, scenario="ssp245"))
    made.kept("projections").add(pd.concat(rows))
    return made


def test_runs_are_read_back_whole(archive: Archive) -> None:
    assert runs(archive, "rain") == [Run(model, "ssp245", "r1i1p1f1") for model in MODELS]
    run = Run("WARM-ESM", "ssp245", "r1i1p1f1")
    values = projected(archive, "air_temperature", run)
    assert (values.dims, values.attrs["units"], list(values["site"])) == (("site", "time"), "degC", ["A", "B"])
    assert (str(values["time"].values[0])[:10], str(values["time"].values[-1])[:10]) == ("1995-01-01", "2060-12-31")
    assert bool(values.sel(time=["1996-02-29", "2020-07-01"]).isnull().all())
    past = biased(weather(20, seed=11), kelvin=1.0, factor=0.8)["air_temperature"]
    assert values.sel(site="B", time="1995-01-02").item() == pytest.approx(past[1, 1], abs=1e-4)
    assert values.sel(site="A", time="2041-01-01").item() == pytest.approx(past[0, 0] + 2.0, abs=1e-4)


def test_the_answer_holds_just_the_change_that_was_put_in(archive: Archive) -> None:
    done: list[int] = []
    wanted = [INDICES[name] for name in ("annual_rain", "mean_temperature")]
    told = assess(archive, wanted, [2050], progress=done.append)
    assert (told.models, told.remarks, told.simulated, done) == (sorted(MODELS), [], False, [1, 2, 3, 4, 5, 6])
    rain, temperature = told.indices
    (change,) = temperature.changes
    assert (change.scenario, change.year, change.first_year, change.last_year) == ("ssp245", 2050, 2041, 2060)
    assert (change.adjusted.median, change.adjusted.low, change.adjusted.high) == pytest.approx(
        (2.0, 1.6, 2.4), abs=1e-3
    )
    assert (change.adjusted.models, change.adjusted.same_sign) == (3, 1.0)
    assert change.raw is not None and change.raw.median == pytest.approx(2.0, abs=1e-3)
    (change,) = rain.changes
    assert rain.change_unit == "%"
    assert (change.adjusted.median, change.adjusted.low, change.adjusted.high) == pytest.approx((10, 8, 14), abs=0.3)
    assert rain.observed == pytest.approx(OBSERVED["rain"].sum() / 40, rel=1e-3)
    for index in (rain, temperature):
        assert index.bias_raw is not None and index.bias_adjusted is not None
        widest = [max(-bias.low, bias.high) for bias in (index.bias_raw, index.bias_adjusted)]
        assert widest[1] < 0.3 * widest[0]


def test_files_of_models_become_an_answer(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    observed = {"air_temperature": OBSERVED["air_temperature"]}
    observe(archive, observed, 1995, 2014)
    past = {"air_temperature": weather(20, seed=3)["air_temperature"] - 4}
    ahead = {"air_temperature": past["air_temperature"] + 2}
    write_run(tmp_path / "files", past, 1995, 2014, model="X", scenario="historical")
    write_run(tmp_path / "files", ahead, 2041, 2060, model="X", scenario="ssp585")
    take_in(archive, tmp_path / "files")
    told = assess(archive, [INDICES["mean_temperature"], INDICES["cold_days_15"]], [2050])
    warmer, cold = (index.changes[0].adjusted for index in told.indices)
    assert warmer.median == pytest.approx(2.0, abs=1e-3)
    # In a climate that is two degrees warmer a day of 15 degC is one that was of 13.
    was, becomes = ((observed["air_temperature"] <= cut).sum() / 40 for cut in (15, 13))
    assert told.indices[1].observed == pytest.approx(was, rel=0.01)
    assert cold.median == pytest.approx(becomes - was, rel=0.1)
    assert told.remarks == ["spread of 1 model: too few to tell how unsure this is"]


def test_each_place_is_told_by_itself(archive: Archive) -> None:
    told = assess(archive, [INDICES["mean_temperature"]], [2050], sites=["B", "A"])
    assert [index.site for index in told.indices] == ["B", "A"]
    assert told.indices[0].observed - told.indices[1].observed == pytest.approx(1.0, abs=0.1)


def test_what_was_rare_comes_more_often(archive: Archive) -> None:
    told = assess(archive, [INDICES["highest_temperature"]], [2050], sites=["A"])
    (index,) = told.indices
    assert [answer.once_in for answer in index.return_periods] == [10, 50, 100]
    for answer in index.return_periods:
        assert (answer.models, answer.models_with_trend) == (3, 3)
        assert answer.low <= answer.models_low <= answer.becomes <= answer.models_high <= answer.high
        assert answer.becomes < 0.5 * answer.once_in
    highest = OBSERVED["highest_air_temperature"][:, 0].reshape(20, 365).max(axis=1)
    assert index.return_periods[0].level == pytest.approx(np.quantile(highest, 0.9), abs=1.5)  # of twenty maxima


def test_warming_counts_from_the_reference(archive: Archive) -> None:
    # Fewer than 30 years make no course; here there are 40.
    courses = warming(archive, runs(archive, "air_temperature"), REFERENCE)
    course = courses["WARM-ESM", "ssp245"]
    assert list(course.index[[0, -1]]) == [1995, 2060]
    assert course.loc[1995:2014].mean() == pytest.approx(0.0, abs=0.05)
    assert course.loc[2041:2060].mean() == pytest.approx(2.0, abs=0.05)


def test_years_that_no_model_reaches_are_not_told(archive: Archive) -> None:
    told = assess(archive, [INDICES["mean_temperature"]], [2050, 2090])
    assert [change.year for change in told.indices[0].changes] == [2050]
    assert "COLD-ESM r1i1p1f1 ssp245: no air_temperature in 2081-2100" in told.remarks


def test_two_models_are_told_with_a_warning_and_members_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    observe(archive, {"air_temperature": OBSERVED["air_temperature"]}, 1995, 2014)
    past = {"air_temperature": weather(20, seed=3)["air_temperature"]}
    rows = []
    for model, member, warmer in (("X", "r1i1p1f1", 1.0), ("X", "r2i1p1f1", 3.0), ("Y", "r1i1p1f1", 5.0)):
        ahead = {"air_temperature": past["air_temperature"] + warmer}
        rows.append(rows_of(past, 1995, 2014, model=model, scenario="historical", member=member))
        rows.append(rows_of(ahead, 2041, 2060, model=model, scenario="ssp585", member=member))
    archive.kept("projections").add(pd.concat(rows))
    told = assess(archive, [INDICES["mean_temperature"], INDICES["annual_rain"]], [2050])
    (index,) = told.indices
    (change,) = index.changes
    assert (change.adjusted.median, change.adjusted.low, change.adjusted.high) == pytest.approx(
        (3.5, 2.0, 5.0), abs=1e-3
    )
    assert told.remarks[-1] == "spread of 2 models: too few to tell how unsure this is"
    assert "the archive holds no projection of rain" in told.remarks[0]


def test_what_cannot_be_answered_says_why(tmp_path: Path, archive: Archive) -> None:
    empty = Archive(tmp_path / "archive", SITES, HANOI)
    observe(empty, {"rain": OBSERVED["rain"][:730]}, 1995, 1996)
    with pytest.raises(HaidangError, match=r"holds no projection of rain .*\(none\): ingest files of CMIP6"):
        assess(empty, [INDICES["annual_rain"]], [2050])
    past, held = {"rain": OBSERVED["rain"]}, empty.kept("projections")
    held.add(rows_of(past, 2041, 2060, model="X", scenario="ssp245"))
    with pytest.raises(HaidangError, match="1 runs without their historical years"):
        assess(empty, [INDICES["annual_rain"]], [2050])
    held.add(rows_of(past, 1995, 2014, model="X", scenario="historical"))
    with pytest.raises(HaidangError, match="rain has fewer than 15 observed years in 1977-1996 at every site"):
        assess(empty, [INDICES["annual_rain"]], [2050])
    with pytest.raises(HaidangError, match="rain at site C has fewer than 15 observed years in 1995-2014"):
        assess(archive, [INDICES["annual_rain"]], [2050], sites=["A", "C"])
    with pytest.raises(HaidangError, match="fewer than 15 observed years in 2001-2020"):
        assess(archive, [INDICES["annual_rain"]], [2050], reference=Stretch(2001, 2020))


def test_without_observations_of_the_usual_reference_the_last_twenty_years_serve() -> None:
    late = daily("rain", (Stretch(2006, 2025), OBSERVED["rain"]))
    assert reference_years(late) == Stretch(2006, 2025)
    assert reference_years(daily("rain", (REFERENCE, OBSERVED["rain"]))) == REFERENCE


def test_a_model_without_the_reference_years_is_left_out(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", SITES, HANOI)
    past = {"rain": OBSERVED["rain"]}
    observe(archive, past, 1995, 2014)
    for model, first in (("X", 1995), ("LATE", 2005)):
        known = {"rain": past["rain"][(first - 1995) * 365 :]}
        rows = [rows_of(known, first, 2014, model=model, scenario="historical")]
        rows.append(rows_of(past, 2041, 2060, model=model, scenario="ssp245"))
        archive.kept("projections").add(pd.concat(rows))
    told = gather(archive, "rain", RAIN_INDICES, {2050: AHEAD})
    assert {row["model"] for row in told.means} == {"X"}
    assert told.remarks == ["LATE r1i1p1f1 ssp245: fewer than 15 years of rain in 1995-2014; left out"]
    np.testing.assert_allclose(
        observed_days(archive, "rain").sel(site="A", time="2000-03-01"), past["rain"][5 * 365 + 59, 0]
    )


def test_maxima_of_all_members_are_fitted_together_and_years_count_once() -> None:
    random = np.random.default_rng(8)
    course = pd.Series(np.linspace(0, 2, 66), range(1995, 2061))
    rows = [
        {"scenario": "ssp245", "model": "X", "member": member, "year": year, "value": random.gumbel() + course[year]}
        for member in ("r1", "r2")
        for year in (*REFERENCE.years, *AHEAD.years)
    ]  # fmt: skip
    once, twice = pd.DataFrame(rows), pd.DataFrame(rows + rows[:10])
    index, ahead = INDICES["highest_temperature"], {2050: AHEAD}
    first, again = (return_periods(maxima, {("X", "ssp245"): course}, index, ahead) for maxima in (once, twice))
    assert first == again and len(first) == 3
    few = once[once["year"] < 2004]
    assert len(few) == 18 and return_periods(few, {("X", "ssp245"): course}, index, ahead) == []
    assert return_periods(once, {}, index, ahead) == []
