"""How often drift is called where there is none, how soon a bias of the forecasts is found, and what retraining brings.

All on the simulated province, without a trend: `python -m haidang.benchmarks.drift`. Nothing is kept.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits

from features.settings import keep_tools_quiet

keep_tools_quiet()

from features.archive import Archive  # noqa: E402
from features.local_days import day_numbers  # noqa: E402
from haidang.benchmarks.biased_provinces import (  # noqa: E402
    FAR_AHEAD,
    JUMP,
    LAST_YEAR,
    BiasedProvince,
    archive_of,
    between,
    biased,
    day_of,
    deployment_of,
    fill,
    known_until,
    province_of,
    told_of,
    year_start,
)
from haidang.chain import fitting  # noqa: E402
from haidang.champions import crowning  # noqa: E402
from haidang.champions.retraining import Retrained, fit_after_changes, retrain_due  # noqa: E402
from haidang.champions.retraining_log import Reason  # noqa: E402
from haidang.champions.watching import watch  # noqa: E402
from models.catalogue import read_hazards  # noqa: E402
from models.forecaster import Forecaster  # noqa: E402
from models.hazard import Hazard  # noqa: E402
from serving.deployment import Deployment  # noqa: E402
from training.change_detector import detect  # noqa: E402
from training.drift import WINDOW_DAYS, in_a_row, window_drift  # noqa: E402
from training.fit import fit  # noqa: E402
from training.forecast_bias import JUDGED_DAYS, LEVEL, MADE  # noqa: E402
from training.forecast_streams import ForecastDays  # noqa: E402

TRAINING_YEARS, STATIONARY_YEARS = 10, 10
FOUND_WITHIN_DAYS, SEARCHED_DAYS, JUDGED_AFTER_DAYS = 30, 60, 90
RECORDS, EVERY_YEARS, LOOKED_EVERY_DAYS = (3, 4, 6, 10, 30), 7, 7
WATCHED = ("rain", "air_temperature", "wind_speed")


def main(words: Sequence[str] | None = None) -> None:
    """Runs the experiments and prints what came."""
    parser = argparse.ArgumentParser(prog="python -m haidang.benchmarks.drift", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args(words)
    with threadpool_limits(1):
        for part in asked.parts:
            PARTS[part](asked.seeds)


def null(seeds: int) -> None:
    """Ten stationary years after ten training years: alarms by feature and year, and of the forecasts."""
    hazards = [read_hazards()[name] for name in ("sea_wind", "heavy_rain", "heat")]
    years = TRAINING_YEARS + STATIONARY_YEARS
    variables = tuple(dict.fromkeys(name for hazard in hazards for name in (*hazard.variables, *WATCHED)))
    with archive_of(province_of(1, years, variables)) as archive:
        for hazard in hazards:
            counts = _alarms_by_year(hazard, archive)
            print(
                f"null: {hazard.name}: {counts.shape[1]} features, {len(counts)} stationary years: "
                f"{counts.to_numpy().sum()} alarms, {counts.to_numpy().mean():.3f} a feature and year, "
                f"most of one feature in one year {counts.to_numpy().max()}",
                flush=True,
            )
    for seed in range(1, seeds + 1):
        _null_of_forecasts(told_of(province_of(300 + seed, years, WATCHED)), seed)


def _alarms_by_year(hazard: Hazard, archive: Archive) -> pd.DataFrame:
    """Alarms that begin, index year, one column per feature."""
    names = [feature.name for feature in hazard.features if feature.variables]
    first, last = year_start(LAST_YEAR + 1 - TRAINING_YEARS - STATIONARY_YEARS), year_start(LAST_YEAR + 1)
    times = hazard.issue_times(first, last, archive.zone, every_days=3)
    rows = hazard.ask(archive, times[times >= archive.begins()])[names]
    day = day_numbers(pd.DatetimeIndex(rows.index.get_level_values("issue_time")), archive.zone)
    begin, end = day_numbers(pd.DatetimeIndex([year_start(LAST_YEAR + 1 - STATIONARY_YEARS), last]), archive.zone)
    verdicts, windows = [], np.arange(begin - begin % -WINDOW_DAYS, end - WINDOW_DAYS, WINDOW_DAYS)
    for window in windows:
        spans = [window - round(365.2425 * back) for back in range(20)]
        spans = [start for start in spans[1:] if day.min() <= start and start + WINDOW_DAYS <= begin] + [window]
        of_years = [rows[(day >= start) & (day < start + WINDOW_DAYS)] for start in spans]
        verdicts.append(window_drift(of_years[:-1], of_years[-1]))
    alarms = pd.DataFrame(
        [{one.feature: one.alarm for one in in_a_row(verdicts[n - 1 : n + 1])} for n in range(1, len(windows))]
    )
    begun = alarms & ~alarms.shift(fill_value=False)
    year = pd.DatetimeIndex(windows[1:].astype("datetime64[D]")).year
    return begun.groupby(year).sum()


def _null_of_forecasts(told: ForecastDays, seed: int) -> None:
    """The forecasts judged every 30 days by the ten years before; found again within 90 days it is the same alarm."""
    found = _alarms(told, day_of(f"{LAST_YEAR + 1 - STATIONARY_YEARS}-01-01"), looked_every_days=30)
    each = ", ".join(f"{np.datetime64(int(told.days[day]), 'D')} {name}" for day, name in found)
    print(
        f"null: forecasts of {', '.join(told.observed)}, seed {seed}: {len(found)} alarms in {STATIONARY_YEARS} "
        f"stationary years: {each}",
        flush=True,
    )


def _alarms(told: ForecastDays, since: np.int64, *, looked_every_days: int) -> list[tuple[int, str]]:
    """Position of the day and variable of each alarm since a local day, judged by all days before it."""
    training = told.days < since
    first, found = int(training.sum()), list[tuple[int, str]]()
    made = {(name, by): values for by, make in MADE.items() for name, values in make(told, training).items()}
    for last in range(first + JUDGED_DAYS, len(told.days) + 1, looked_every_days):
        change = detect({stream: values[last - JUDGED_DAYS : last] for stream, values in made.items()})
        reached = np.flatnonzero(change.evidence >= LEVEL)
        day = last - JUDGED_DAYS + int(reached[0]) if len(reached) else -1
        if day >= 0 and (not found or day > found[-1][0] + JUDGED_DAYS):
            found.append((day, change.stream[0]))
    return found


def records(seeds: int) -> None:
    """Records of three years to thirty, each followed by a stationary year, or by forecasts a fifth too high.

    The years of a world are used again, each seventh as the year that is judged; intervals take them as independent.
    """
    cases = {"rain and wind": ("rain", "wind_speed"), "air temperature": ("air_temperature",)}
    alarms: dict[int, list[int]] = {record: [] for record in RECORDS}
    days: dict[tuple[int, str], list[int | None]] = {(record, name): [] for record in RECORDS for name in cases}
    for seed in range(1, seeds + 1):
        told = told_of(province_of(500 + seed, max(RECORDS) + 1, WATCHED))
        for record in RECORDS:
            for year in range(LAST_YEAR, LAST_YEAR - max(RECORDS) - 1 + record, -EVERY_YEARS):
                begin, end = day_of(f"{year}-01-01"), day_of(f"{year + 1}-01-01")
                known = between(told, day_of(f"{year - record}-01-01"), end)
                names = [name for _, name in _alarms(known, begin, looked_every_days=LOOKED_EVERY_DAYS)]
                alarms[record].extend(names.count(name) for name in WATCHED)
                jumped = f"{year}-{(seed + year) % 9 + 3:02}-10"
                for name, variables in cases.items():
                    judged = day_of(jumped) + FOUND_WITHIN_DAYS + 1 - JUDGED_DAYS
                    known = between(told, judged - round(365.2425 * record), end)
                    days[record, name].append(_days_to_find(known, variables, jumped))
        print(f"records: seed {seed}: alarms {alarms}, days {days}", flush=True)
    _tell_of_records(alarms, days)


def _tell_of_records(alarms: dict[int, list[int]], days: dict[tuple[int, str], list[int | None]]) -> None:
    """Alarms of each feature in each stationary year, by years of record; days until found, by these and the case."""
    for record, each in alarms.items():
        some = sum(count > 0 for count in each)
        print(
            f"records: {record} years: {sum(each)} alarms in {len(each)} feature-years, most of one {max(each)}; with "
            f"any {_share(some, len(each))}"
        )
    for (record, name), found in days.items():
        soon = [day for day in found if day is not None and day >= 0]
        print(
            f"records: {record} years: {name} × {JUMP}: found within {FOUND_WITHIN_DAYS} days "
            f"{_share(len(soon), len(found))}, median of these {np.median(soon) if soon else np.nan}: {found}"
        )


def _share(count: int, of: int) -> str:
    """A share with its Wilson interval of 95 %."""
    low, high = binomtest(count, of).proportion_ci(method="wilson")
    return f"{count} of {of} ({count / of:.3f}, {low:.3f} to {high:.3f})"


def jump(seeds: int) -> None:
    """Forecasts that are a fifth too high from a day on: days until found, in worlds of different seeds."""
    cases = {
        "rain and wind": ("rain", "wind_speed"),
        "wind": ("wind_speed",),
        "air temperature": ("air_temperature",),
        "rain": ("rain",),
    }
    days: dict[str, list[int | None]] = {name: [] for name in cases}
    for seed in range(1, seeds + 1):
        told = told_of(province_of(100 + seed, TRAINING_YEARS + 1, WATCHED))
        jumped = f"{LAST_YEAR}-{(seed - 1) % 10 + 2:02}-10"
        for name, variables in cases.items():
            days[name].append(_days_to_find(told, variables, jumped))
        each = ", ".join(f"{name} {found[-1]}" for name, found in days.items())
        print(f"jump: seed {seed}, from {jumped} on, days until found: {each}", flush=True)
    for name, found in days.items():
        within = sum(one is not None and one >= 0 for one in found)
        print(f"jump: {name} × {JUMP}: found within {FOUND_WITHIN_DAYS} days in {within} of {seeds} seeds: {found}")


def seasons(seeds: int) -> None:
    """Rain forecasts alone a fifth too high from the 10th of each month on: days until found, by season."""
    found: dict[int, list[int | None]] = {month: [] for month in range(1, 13)}
    for seed in range(1, seeds + 1):
        told = told_of(province_of(400 + seed, TRAINING_YEARS + 1, ("rain",)))
        for month, days in found.items():
            days.append(_days_to_find(told, ("rain",), f"{LAST_YEAR}-{month:02}-10", within_days=SEARCHED_DAYS))
    for month, days in found.items():
        soon = sum(one is not None and 0 <= one <= FOUND_WITHIN_DAYS for one in days)
        print(f"seasons: rain × {JUMP} from {month:02}-10: within {FOUND_WITHIN_DAYS} days {soon} of {seeds}: {days}")


def _days_to_find(
    told: ForecastDays, variables: Sequence[str], jumped: str, *, within_days: int = FOUND_WITHIN_DAYS
) -> int | None:
    """Days from a jump to the alarm; None where it was not found so soon, less than 0 where it came before."""
    since = int(day_of(jumped))
    last = min(int(np.searchsorted(told.days, since + within_days)), len(told.days) - 1)
    known = known_until(biased(told, variables, since), last)
    training = np.arange(last + 1) < last + 1 - JUDGED_DAYS
    made = {
        (name, by): values[-JUDGED_DAYS:] for by, make in MADE.items() for name, values in make(known, training).items()
    }
    reached = np.flatnonzero(detect(made).evidence >= LEVEL)
    after = reached + last + 1 - JUDGED_DAYS - int(np.searchsorted(told.days, since))
    return int(after[0]) if len(after) else None


def retrain(seeds: int) -> None:
    """Wind forecasts a fifth too high: why it is retrained, and how champions do in the 90 days after."""
    for seed in range(1, min(seeds, 3) + 1):
        hazard = read_hazards()["sea_wind"]
        province = province_of(200 + seed, TRAINING_YEARS + 1, tuple({*hazard.variables, *WATCHED}))
        since = pd.Timestamp(f"{LAST_YEAR}-02-10", tz=province.zone)
        with tempfile.TemporaryDirectory() as folder:
            deployment = deployment_of(Path(folder), province)
            source = BiasedProvince(province, ("wind_speed", "wind_speed_ensemble_high", "rain"), since, JUMP, since)
            fill(deployment, source)
            before = fitting.track(deployment, fit(hazard, deployment.archive, moment=since), None)
            crowning.promote(deployment, hazard, before.tracked.registered_version)
            old = before.forecaster
            day = since
            done: list[Retrained] = []
            while not done and day < since + pd.Timedelta(days=40):
                day += pd.Timedelta(days=3)
                fill(deployment, replace(source, known_until=day), since - pd.Timedelta(days=5))
                watched = watch(deployment, day, _quiet, hazards=("sea_wind",))
                done = retrain_due(deployment, day, _quiet, challenge=_crown, watched=watched, hazards=("sea_wind",))
            fill(deployment, replace(source, known_until=FAR_AHEAD), since - pd.Timedelta(days=5))
            if not done:
                print(f"retrain: seed {seed}: nothing was started", flush=True)
                continue
            print(
                f"retrain: seed {seed}: started {(day - since).days} days after the change: {done[0].reason.en}",
                flush=True,
            )
            new = deployment.shelf.champion(hazard)
            plain = fit_after_changes(deployment, hazard, day, [])
            _compare(deployment, hazard, day, {"old": old, "retrained as is": plain, "retrained": new})


def _compare(deployment: Deployment, hazard: Hazard, day: pd.Timestamp, forecasters: dict[str, Forecaster]) -> None:
    times = hazard.issue_times(day, day + pd.Timedelta(days=JUDGED_AFTER_DAYS), deployment.archive.zone, every_days=1)
    rows = hazard.ask(deployment.archive, times)
    outcome = hazard.outcomes(deployment.archive, times, by=deployment.archive.ends())
    known = outcome.notna().to_numpy()
    event = hazard.target.reached(outcome[known])[:, 0]
    for name, forecaster in forecasters.items():
        told = np.clip(forecaster.answer(rows[known]).to_numpy()[:, 0], 1e-4, 1 - 1e-4)
        score = float(-np.mean(np.where(event, np.log(told), np.log1p(-told))))
        print(
            f"    {name:16} log score {score:.4f}   told {told.mean():.3f}   came {event.mean():.3f}   n {known.sum()}",
            flush=True,
        )


def _crown(deployment: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> str:
    """Promotes without a gate: the experiment is about what retraining brings."""
    crowning.promote(deployment, hazard, version)
    return "promoted"


def _quiet(kind: str, about: str, text: str) -> None:
    """Nobody listens."""


PARTS = {"null": null, "records": records, "jump": jump, "seasons": seasons, "retrain": retrain}


if __name__ == "__main__":
    main()
