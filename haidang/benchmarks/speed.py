"""The benchmark: how long simulation, training, issues, oracles and `ask` take; for the console.

`python -m haidang.benchmarks.speed storms` prints instead how near the truth storms are told that are stronger than
any of the record.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits

from features.ahead import HighestAhead, MeanAhead, TotalAhead
from features.archive import Archive
from features.given import Attribute, Lead, season
from features.ingest import ingest
from features.past import ChangeOver, DaysAtLeast, HighestOver, Latest, LowestOver, MeanOver, TotalOver, TrendOver
from features.periods import Periods
from features.settings import BUILT_IN_SITES, Settings
from features.sites import read_sites
from features.sources.simulated import SimulatedProvince
from features.spatial import NeighbourMax, NeighbourMean
from features.table import rows
from haidang.chain import simulation
from models.catalogue import read_hazards
from models.hazard import Hazard
from serving.deployment import open_deployment
from serving.issued.issue import Known, issue_from
from training.beyond_range import beyond_range, without_strong_storms
from training.examples import known_examples
from training.fit import fit
from training.oracle import oracle

_YEARS = 10
_STORM_SEEDS = range(611, 617)
_LONG_AGO, _FAR_AHEAD = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
_SIMULATED_YEARS, _ORACLE_YEARS = 30, 5
_FEATURES = (
    TotalAhead("rain"),
    HighestAhead("rain", margin_days=1),
    MeanAhead("air_temperature"),
    NeighbourMean(TotalAhead("rain"), scale_km=20.0),
    NeighbourMax(TotalAhead("rain"), within_km=40.0),
    TotalOver("rain", days=3),
    TotalOver("rain", days=30),
    MeanOver("air_temperature", days=7),
    HighestOver("rain", days=30),
    LowestOver("air_temperature", days=7),
    Latest("rain", days=7),
    TrendOver("air_temperature", days=14),
    ChangeOver("air_temperature", days=3),
    DaysAtLeast("rain", threshold=16.0, days=30),
    *season(harmonics=2),
    Lead(),
    Attribute("elevation_m"),
)


def bench_simulate(home: Path) -> None:
    """Times 30 years of 54 communes: the world itself, and its archive on disk."""
    province = SimulatedProvince(years=_SIMULATED_YEARS, first_year=1996)
    began = time.perf_counter()
    entries = sum(len(batch.entries) for batch in province.fetch(province.sites, _LONG_AGO, _FAR_AHEAD))
    print(f"simulate: {_SIMULATED_YEARS} years, {entries:,} entries made in {time.perf_counter() - began:.1f} s")
    simulation.prepare(home, province)
    deployment = open_deployment(Settings(home=home))
    fresh = SimulatedProvince(years=_SIMULATED_YEARS, first_year=1996)
    began = time.perf_counter()
    simulation.simulate(deployment, fresh, progress=lambda done, of: None)
    took = time.perf_counter() - began
    size = sum(file.stat().st_size for file in (home / "archive").rglob("*") if file.is_file())
    print(f"simulate: the same with its archive in {took:.1f} s; {size / 1e6:.0f} MB on disk")


def bench_training(home: Path) -> None:
    """Times the fit of every hazard on the archive that `bench_simulate` left, two at a time, and one issue of all."""
    settings = Settings(home=home)
    deployment = open_deployment(settings)
    held = set(deployment.archive.variables())
    names = [name for name, hazard in deployment.hazards.items() if hazard.target.variable in held]
    began = time.perf_counter()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), max_tasks_per_child=1) as fitting:
        seconds = dict(fitting.map(_fit_and_shelve, [settings] * len(names), names))
    took = time.perf_counter() - began
    told = ", ".join(f"{name} {seconds[name]:.0f} s" for name in sorted(seconds, key=seconds.__getitem__)[:-6:-1])
    print(f"train: {len(names)} hazards from {_SIMULATED_YEARS} years in {took / 60:.1f} min, two at a time; {told}")
    forecasters = [deployment.shelf.champion(deployment.hazard(name)) for name in names]
    moment = deployment.archive.ends() - pd.Timedelta(days=20)
    began = time.perf_counter()
    known = Known(deployment.archive, moment)
    records = [issue_from(one, known, issued_at=moment) for one in forecasters]
    answered = time.perf_counter() - began
    deployment.issued.add(records)
    whole = time.perf_counter() - began
    print(
        f"issue: {len(names)} hazards, {sum(map(len, records)):,} forecasts answered in {answered:.1f} s, "
        f"stored after {whole:.1f} s"
    )


def _fit_and_shelve(settings: Settings, name: str) -> tuple[str, float]:
    """Fits a hazard without a backtest and puts it on the shelf; the seconds of the fit."""
    deployment = open_deployment(settings)
    began = time.perf_counter()
    with threadpool_limits(1):
        forecaster = fit(deployment.hazard(name), deployment.archive, moment=deployment.archive.ends())
    took = time.perf_counter() - began
    folder = settings.forecasters / f"{name}-{forecaster.version}"
    forecaster.save(folder)
    deployment.shelf.put(folder, forecaster)
    return name, took


def bench_oracles() -> None:
    """Times the truth of five years: heavy rain at 5 leads, landslides at 5 leads, white spot disease at 4 weeks."""
    province = SimulatedProvince(years=1 + _ORACLE_YEARS, first_year=2020)
    start, end = pd.Timestamp("2021-01-01", tz=province.zone), pd.Timestamp("2026-01-01", tz=province.zone)
    for hazard in of_the_oracles(read_hazards()):
        _bench_oracle(hazard, province, start, end)


def of_the_oracles(hazards: Mapping[str, Hazard]) -> tuple[Hazard, ...]:
    """The hazards whose truth is timed."""
    rain = replace(hazards["heavy_rain"], periods=Periods(days=1, count=5))
    return rain, hazards["landslide"], hazards["shrimp_white_spot"]


def _bench_oracle(hazard: Hazard, province: SimulatedProvince, start: pd.Timestamp, end: pd.Timestamp) -> None:
    times = hazard.issue_times(start, end, province.zone, every_days=hazard.issue_every_days)
    oracle(hazard, province, times[:1])
    began = time.perf_counter()
    truth = oracle(hazard, province, times)
    print(
        f"oracle: {hazard.title_en.lower()}, {len(times):,} issue times, {len(truth.first):,} questions, "
        f"{len(hazard.target.cuts)} cuts in {time.perf_counter() - began:.1f} s"
    )


def bench_ask(folder: Path) -> None:
    """Times `ask` for 54 sites, 10 leads, 20 features and ten years of daily issue times, read from disk."""
    sites = read_sites(BUILT_IN_SITES)
    province = SimulatedProvince(years=_YEARS, first_year=2015)
    archive = Archive(folder, sites, province.zone)
    ingest(
        province, archive, pd.Timestamp("2015-01-01", tz=province.zone), pd.Timestamp("2025-01-01", tz=province.zone)
    )
    first, last = "2015-02-01T07:00", "2024-12-20T07:00"
    issue_times = pd.date_range(first, last, freq="D", tz=province.zone)
    warm = issue_times[:2]
    rows(archive.as_of(warm), _FEATURES, Periods(days=1, count=10))
    before = _peak_gigabytes()
    began = time.perf_counter()
    table = rows(archive.as_of(issue_times), _FEATURES, Periods(days=1, count=10))
    took = time.perf_counter() - began
    print(
        f"ask: {len(issue_times):,} issue times x {len(sites)} sites x 10 leads = {len(table):,} rows x "
        f"{len(table.columns)} features in {took:.1f} s; peak memory {_peak_gigabytes():.2f} GB "
        f"(ingest before it {before:.2f} GB)"
    )


def bench_storms() -> None:
    """Prints how far storm wind, learned from thirty years without strong storms, lies from the truth of those."""
    hazard = read_hazards()["storm_wind"]
    read = tuple(sorted({*hazard.variables, hazard.target.variable}))
    past = SimulatedProvince(years=_SIMULATED_YEARS, seed=7, first_year=1996, variables=read)
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), past.sites, past.zone)
        ingest(past, archive, _LONG_AGO, _FAR_AHEAD)
        known = known_examples(hazard, archive, archive.ends())
    learned = without_strong_storms(known, past, hazard)
    estimator = hazard.estimator().fit(learned.rows, hazard.target.severity(learned.outcome))
    fresh = [replace(past, seed=seed) for seed in _STORM_SEEDS]
    for row in beyond_range(hazard, estimator, fresh, progress=print):
        print(
            f"storms beyond the record: lead {row.lead} d, >= {row.cut:g} {hazard.target.unit}: mean |p - o| "
            f"{row.error:.3f} [{row.low:.3f} {row.high:.3f}], mean o {row.oracle_mean:.3f}, {row.storms} storms, "
            f"n {row.n:,}; 90 % by bootstrap over storms"
        )


def _peak_gigabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Prints the figures."""
    bench_oracles()
    with tempfile.TemporaryDirectory() as folder:
        bench_simulate(Path(folder))
        bench_training(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        bench_ask(Path(folder) / "archive")


if __name__ == "__main__":
    if sys.argv[1:] == ["storms"]:
        bench_storms()
    else:
        main()
