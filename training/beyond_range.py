"""Storms beyond the record: what a hazard says of them that never learned from any as strong, beside the truth.

Every storm above a strength is hidden from a simulated record: its days and those before, on which it could be asked
about. A hazard that learned from the rest is asked, in other provinces, about storms that are forecast to come near
with far more. A storm hits many sites alike, so that intervals are of a bootstrap over storms.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.local_days import day_numbers, day_starts
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.storms import LIFE_DAYS
from models.exceedance import Exceedance
from models.hazard import Hazard
from training.examples import Examples
from training.oracle import oracle
from training.scores import CONFIDENCE, ITERATIONS, SEED

HIDDEN_ABOVE = 30.0
ASKED_BETWEEN = (40.0, 60.0)
WITHIN_KM = 300.0
_SAMPLES = 480
_KEYS = ["issue_time", "site", "period"]


@dataclass(frozen=True)
class Beyond:
    """How far answers lie from the truth at one lead and cut.

    Attributes:
        lead: days.
        cut: in the target's unit.
        storms: how many storms.
        n: questions, of all sites near them.
        oracle_mean: mean true probability.
        error: mean distance between answer and true probability.
        low: lower end of its central 90 %.
        high: upper end.
    """

    lead: int
    cut: float
    storms: int
    n: int
    oracle_mean: float
    error: float
    low: float
    high: float


def without_strong_storms(
    known: Examples, province: SimulatedProvince, hazard: Hazard, *, above: float = HIDDEN_ABOVE
) -> Examples:
    """The examples of a simulated record without all issue times from which a strong storm could be asked about.

    Args:
        known: examples from the province's archive.
        province: the simulated province.
        hazard: what is learned; its periods count.
        above: m/s; a storm is strong that ever is stronger, or is ever forecast to be.
    """
    storms = province.world.climate.storms
    strong = storms.formed[_highest_told(province) > above]
    days = day_numbers(pd.DatetimeIndex(known.rows.index.get_level_values("issue_time")), province.zone)
    after = days[:, None] - _first_day(province) - strong
    kept = np.flatnonzero(~((after >= -hazard.periods.reach) & (after < LIFE_DAYS)).any(axis=1))
    return Examples(known.rows.iloc[kept], known.outcome.iloc[kept])


def strong_storms(
    province: SimulatedProvince, hazard: Hazard, leads: Sequence[int], *, between: tuple[float, float] = ASKED_BETWEEN
) -> pd.DataFrame:
    """The questions whose day has a storm that is forecast to be within 300 km and of such a strength.

    Returns:
        Columns issue_time, site, period, storm; a day is a period of the hazard.
    """
    storms, terrain = province.world.climate.storms, province.world.climate.terrain
    codes = np.array(province.sites.codes, dtype=object)
    last = len(province.world.dates) - hazard.periods.reach - 1
    found = []
    for storm in map(int, np.flatnonzero(_highest_told(province) >= between[0])):
        for age in range(LIFE_DAYS):
            told, day = terrain.passage(storms.tracks_expected(storm, age)), int(storms.formed[storm]) + age
            for lead in (lead for lead in leads if age + lead < LIFE_DAYS and 1 <= day < last):
                distance, strength = told.distance[age + lead], told.strength[age + lead]
                near = (distance <= WITHIN_KM) & (strength >= between[0]) & (strength <= between[1])
                issued = _issue_time(province, hazard, day)
                at = {"issue_time": issued, "site": codes[near], "period": lead, "storm": f"{province.seed}.{storm}"}
                found.append(pd.DataFrame(at))
    whole = pd.concat(found) if found else pd.DataFrame(columns=[*_KEYS, "storm"])
    return whole.drop_duplicates(_KEYS)


def beyond_range(
    hazard: Hazard,
    estimator: Exceedance,
    provinces: Iterable[SimulatedProvince],
    *,
    leads: Sequence[int] = (1, 2),
    progress: Callable[[str], None] = lambda told: None,
) -> tuple[Beyond, ...]:
    """Asks a fitted estimator about strong storms and holds its answers against the truth.

    Args:
        hazard: a hazard of periods of one day.
        estimator: fitted to `without_strong_storms`.
        provinces: simulated provinces that it has not learned from.
        leads: days ahead.
        progress: is told of each province how many storms were found.

    Returns:
        One row per lead and cut.

    Raises:
        HaidangError: if no province has such a storm.
    """
    parts = []
    for province in provinces:
        asked = strong_storms(province, hazard, leads)
        progress(f"province {province.seed}: {asked['storm'].nunique()} storms, {len(asked)} questions")
        if len(asked):
            parts.append(_answered(hazard, estimator, province, asked))
    if not parts:
        raise HaidangError("none of the provinces has a storm as strong: simulate more years, or other seeds")
    whole = pd.concat(parts)
    return tuple(
        _judged(whole[whole["period"] == lead], lead, cut)
        for lead in leads
        for cut in hazard.target.cuts
        if (whole["period"] == lead).any()
    )


def _answered(hazard: Hazard, estimator: Exceedance, province: SimulatedProvince, asked: pd.DataFrame) -> pd.DataFrame:
    """Distance from the truth by cut, beside what was asked and the truth itself, one row per question."""
    times = pd.DatetimeIndex(asked["issue_time"].unique()).sort_values()
    wanted = {*hazard.variables, hazard.target.variable}
    source = replace(province, variables=tuple(name for name in province.variables if name in wanted))
    truth = oracle(hazard, province, times, samples=_SAMPLES).probability
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), province.sites, province.zone)
        for year in sorted({time.tz_convert(province.zone).year for time in times}):
            start, end = (pd.Timestamp(f"{y}-01-01", tz=province.zone) for y in (year, year + 1))
            ingest(source, archive, start, end)
        rows = hazard.ask(archive, times)
    keys = pd.MultiIndex.from_frame(asked[_KEYS])
    chosen = rows.loc[keys]
    answer, true = estimator.predict_exceedance(chosen), truth.loc[keys].to_numpy()
    cuts = list(hazard.target.cuts)
    distance = pd.DataFrame(np.abs(answer - true), columns=[f"error {cut:g}" for cut in cuts])
    told = pd.DataFrame(true, columns=[f"truth {cut:g}" for cut in cuts])
    return pd.concat([asked.reset_index(drop=True), distance, told], axis=1)


def _judged(questions: pd.DataFrame, lead: int, cut: float) -> Beyond:
    by_storm = questions.groupby("storm")[f"error {cut:g}"].agg(["sum", "size"]).to_numpy(float)
    drawn = np.random.default_rng(SEED).integers(0, len(by_storm), (ITERATIONS, len(by_storm)))
    sums = by_storm[drawn].sum(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [tail, 1 - tail])
    return Beyond(
        lead=lead,
        cut=cut,
        storms=len(by_storm),
        n=len(questions),
        oracle_mean=float(questions[f"truth {cut:g}"].mean()),
        error=float(questions[f"error {cut:g}"].mean()),
        low=float(low),
        high=float(high),
    )


def _highest_told(province: SimulatedProvince) -> npt.NDArray[np.float64]:
    """Highest wind of each storm in any forecast of it and in the end, m/s, shape (storm,)."""
    storms = province.world.climate.storms
    told = [[storms.tracks_expected(storm, age).wind.max() for age in range(LIFE_DAYS)] for storm in range(len(storms))]
    return np.array(told).reshape(-1, LIFE_DAYS).max(axis=1)


def _first_day(province: SimulatedProvince) -> int:
    return int(province.world.dates[0].astype(np.int64))


def _issue_time(province: SimulatedProvince, hazard: Hazard, day: int) -> pd.Timestamp:
    start = day_starts(np.array([day + _first_day(province)]), province.zone)[0]
    return start + pd.Timedelta(hours=hazard.issue_hour)
