"""What a rehearsal showed: the live track record, alerts, retrainings and promotions, and silent days."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.dataset as ds
from deltalake import DeltaTable
from pydantic import BaseModel, ConfigDict

from haidang.rehearsals.day_by_day import Lived
from haidang.rehearsals.steps import expected
from models.hazard import Hazard
from models.issued import ISSUED
from serving.deployment import Deployment
from training.scores import BLOCK_DAYS, resampled_weights, skill_against, skill_interval

Floats = npt.NDArray[np.float64]
BASELINES = ("climatology", "persistence")
ROUTINE = ("ingest", "issue", "verify", "compact")


class AsIssued(BaseModel):
    """Skill against one baseline as it was issued beside the forecasts; `low` and `high` bound the central 90 %.

    The bounds are of a block bootstrap over issue times, None below two blocks of days.
    """

    model_config = ConfigDict(frozen=True)

    brier: float
    skill: float
    low: float | None
    high: float | None


class Live(BaseModel):
    """How the forecasts of a hazard did at one lead, about the event of its lowest level.

    An alarm is a forecast that reaches the lowest level; every forecast of a site and period counts by itself.
    Baselines are missing where a published rule answered.
    """

    model_config = ConfigDict(frozen=True)

    hazard: str
    lead: int
    cut: float
    n: int
    events: int
    brier: float
    against: dict[str, AsIssued]
    hits: int
    misses: int
    false_alarms: int


class Happened(BaseModel):
    """Something that somebody should read: when it was said first, and how often."""

    model_config = ConfigDict(frozen=True)

    when: str
    step: str
    kind: str
    about: str
    text: str
    times: int


class Report(BaseModel):
    """A rehearsal in figures.

    `silent` gives for each hazard the local days at which a regular forecast was not issued at its time; `happened` all
    that is not routine: alerts, failures, killed jobs, retrainings, promotions. `waiting` counts the forecasts whose
    truth was not known yet when the rehearsal ended; `left_out` says why hazards could not take part.
    """

    model_config = ConfigDict(frozen=True)

    start: str
    end: str
    issued: int
    waiting: int
    live: tuple[Live, ...]
    silent: dict[str, tuple[str, ...]]
    happened: tuple[Happened, ...]
    left_out: dict[str, str]
    seconds: dict[str, float]


def report(deployment: Deployment, names: Sequence[str], lived: Lived, *, left_out: Mapping[str, object]) -> Report:
    """Puts together what was issued in a rehearsal, and what came of it as known at its end."""
    zone = deployment.settings.local_zone
    live: list[Live] = []
    issued = waiting = 0
    silent = {}
    for name in names:
        hazard, records = deployment.hazard(name), _issued(deployment, name)
        judged = settled(deployment, hazard, records, lived.end)
        issued, waiting = issued + len(records), waiting + len(records) - len(judged)
        live += track_record(hazard, judged)
        on_time = records.loc[records["issued_at"] < records["issue_time"] + pd.Timedelta(days=1), "issue_time"]
        missed = expected(deployment, name, lived.start, lived.end).difference(pd.DatetimeIndex(on_time.unique()))
        silent[name] = tuple(f"{time.tz_convert(zone):%Y-%m-%d}" for time in missed)
    return Report(
        start=lived.start.tz_convert(zone).isoformat(),
        end=lived.end.tz_convert(zone).isoformat(),
        issued=issued,
        waiting=waiting,
        live=tuple(live),
        silent={name: days for name, days in silent.items() if days},
        happened=tuple(_happened(lived, zone)),
        left_out={name: str(why) for name, why in left_out.items()},
        seconds={name: round(value, 1) for name, value in lived.seconds.items()},
    )


def track_record(hazard: Hazard, records: pd.DataFrame) -> Iterator[Live]:
    """Scores settled records by lead, as they were issued.

    Args:
        hazard: the hazard.
        records: columns issue_time, lead, cuts, probabilities, climatology, persistence and outcome, never NaN.
    """
    rule = next(iter(hazard.levels.values()))
    for lead, of_lead in records.groupby("lead"):
        at = hazard.target.cuts.index(rule.cut)
        event = hazard.target.reached(of_lead["outcome"])[:, at]
        told = _of_cut(of_lead["probabilities"], at)
        alarm = told >= rule.probability
        yield Live(
            hazard=hazard.name,
            lead=int(str(lead)),
            cut=rule.cut,
            n=len(event),
            events=int(event.sum()),
            brier=float(np.mean((told - event) ** 2)),
            against={
                name: _against(of_lead, told, _of_cut(of_lead[name], at), event.astype(float), hazard.periods.reach)
                for name in BASELINES
                if of_lead[name].notna().all()
            },
            hits=int((alarm & event).sum()),
            misses=int((~alarm & event).sum()),
            false_alarms=int((alarm & ~event).sum()),
        )


def settled(deployment: Deployment, hazard: Hazard, records: pd.DataFrame, by: pd.Timestamp) -> pd.DataFrame:
    """The records whose outcome was known at a moment, with the column `outcome`, in the target's unit."""
    times = pd.DatetimeIndex(records["issue_time"].unique()).sort_values()
    if times.empty:
        return records.assign(outcome=np.nan)
    outcome = hazard.outcomes(deployment.archive, times, by=by)
    asked = pd.MultiIndex.from_frame(records[["issue_time", "site", "period"]])
    return records.assign(outcome=outcome.reindex(asked).to_numpy()).dropna(subset=["outcome"])


def _against(records: pd.DataFrame, told: Floats, baseline: Floats, event: Floats, reach: int) -> AsIssued:
    errors = pd.DataFrame({"model": (told - event) ** 2, "baseline": (baseline - event) ** 2})
    by_time = errors.groupby(records["issue_time"].to_numpy()).sum()
    times, block = pd.DatetimeIndex(by_time.index), max(BLOCK_DAYS, reach)
    low = high = None
    if (times[-1] - times[0]).days >= 2 * block:
        weights = resampled_weights(times, block)
        low, high = skill_interval(*(weights @ by_time[name].to_numpy() for name in ("model", "baseline")))
    mean = errors.mean()
    skill = skill_against(float(mean["model"]), float(mean["baseline"]))
    return AsIssued(brier=float(mean["baseline"]), skill=skill, low=low, high=high)


def _of_cut(probabilities: pd.Series, at: int) -> Floats:
    return np.array([row[at] for row in probabilities], dtype=float)


def _issued(deployment: Deployment, name: str) -> pd.DataFrame:
    """All that was issued of a hazard."""
    if not deployment.issued.exists:
        return ISSUED.empty_table().to_pandas()
    held = DeltaTable(str(deployment.settings.issued)).to_pyarrow_dataset()
    return held.to_table(filter=ds.field("hazard") == name).to_pandas()


def _happened(lived: Lived, zone: str) -> Iterator[Happened]:
    """All lines of the diary that are not routine; what is said again is told once."""
    told: dict[tuple[str, str, str], Happened] = {}
    for line in lived.diary:
        if line.step in ROUTINE and line.kind == "done":
            continue
        key = (line.step, line.kind, line.about) if line.kind != "done" else (line.step, str(line.at), line.about)
        first = told.get(key)
        if first is None:
            at = line.at.tz_convert(zone).isoformat(timespec="minutes")
            told[key] = Happened(when=at, step=line.step, kind=line.kind, about=line.about, text=line.text, times=1)
        else:
            told[key] = first.model_copy(update={"times": first.times + 1})
    yield from told.values()
