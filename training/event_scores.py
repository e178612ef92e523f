"""Events and alarms: was each event warned of before it began, how long before, and how often for nothing.

Days of events with at most two quiet days between them are one event. An alarm is on at an issue time where some period
ahead has a probability at or above a threshold; it warns of those periods. An event is hit if an alarm warned of it at
least an hour before its onset. Scores by question cannot tell this: they count a long event many times, and an alarm in
its midst as much as one before it. Verification by events in time follows EDuMaP (Calvello and Piciullo 2016,
doi:10.5194/nhess-16-103-2016).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from scores.categorical import BasicContingencyManager

from training.backtest import Backtest
from training.scores import BLOCK_DAYS, interval_of, resampled_weights

ALARMS_PER_YEAR = 6.0
GAP_DAYS = 2
_BEFORE = pd.Timedelta(hours=1)
_DAYS_PER_YEAR = 365.25
_FINER = 1.05
_SCORES = {
    "pod": "probability_of_detection",
    "far": "false_alarm_ratio",
    "csi": "critical_success_index",
    "sedi": "symmetric_extremal_dependence_index",
}
Interval = tuple[float, float]


@dataclass(frozen=True)
class EventScores:
    """How the alarms of one forecaster did at one cut and threshold.

    Attributes:
        forecaster: whose probabilities.
        cut: the event, in the target's unit.
        threshold: probability from which an alarm is on; infinite where no alarm fits the budget.
        site_years: how long was tested, over all sites.
        events: how many events there were; `hits` and `misses` add up to them.
        hits: events warned of before their onset.
        misses: the others.
        alarms: runs of alarms at successive issue times; one counts anew each time it has lasted as long as the periods
            reach.
        false_alarms: those that warned of no event.
        late: those that warned of events after their onset only, neither hit nor false.
        alarmed: share of the issue times and sites with an alarm on.
        pod: hits of all events; NaN without events, as the other scores where they cannot be told.
        far: false alarms of hits and false alarms.
        csi: hits of hits, misses and false alarms.
        sedi: symmetric extremal dependence index (Ferro and Stephenson 2011, doi:10.1175/WAF-D-10-05030.1); correct
            negatives are stretches as long as the periods reach, without event and alarm.
        false_alarms_per_year: at one site.
        lead_hours: median over the hits of the time from the first alarm of the unbroken run that warned of the event.
        lead_hours_quartiles: the same, lower and upper quartile.
        intervals: of pod, far, csi and false_alarms_per_year, central 90 % of a block bootstrap over days of all sites.
    """

    forecaster: str
    cut: float
    threshold: float
    site_years: float
    events: int
    hits: int
    misses: int
    alarms: int
    false_alarms: int
    late: int
    alarmed: float
    pod: float
    far: float
    csi: float
    sedi: float
    false_alarms_per_year: float
    lead_hours: float
    lead_hours_quartiles: Interval
    intervals: dict[str, Interval]


def event_scores(
    backtest: Backtest, cut: float, zone: str, *, forecaster: str = "model", alarms_per_year: float = ALARMS_PER_YEAR
) -> EventScores:
    """Scores the alarms of a forecaster at a fixed budget, so that forecasters can be compared.

    The threshold is the lowest on the way down from 1 whose alarms stay within the budget. It is found on the tested
    years themselves, for each forecaster alike.

    Args:
        backtest: forecasts with outcomes.
        cut: one of the target's cuts.
        zone: IANA zone of the local day.
        forecaster: one of the contestants.
        alarms_per_year: runs of alarms at one site and year, on average.
    """
    highest = _highest(backtest, cut, forecaster)
    step = backtest.hazard.issue_every_days
    site_years = float(highest.count().sum()) * step / _DAYS_PER_YEAR
    longest = max(1, backtest.hazard.periods.reach // step)
    threshold = threshold_for(highest.to_numpy(), round(alarms_per_year * site_years), longest=longest)
    events, warned = event_runs(backtest, cut, zone), _warned(backtest, cut, zone, forecaster, threshold, longest)
    told = _matched(events, warned)
    before = told[told["issue_time"] + _BEFORE <= told["onset"]]
    hits = _leads(before)
    alarms = warned.groupby("alarm")["issue_time"].min()
    false = alarms[~alarms.index.isin(told["alarm"])]
    late = alarms.index.isin(told["alarm"]) & ~alarms.index.isin(before["alarm"])
    quiet = _quiet(backtest, cut, highest, threshold) * step / backtest.hazard.periods.reach
    counts = {
        "tp_count": float(len(hits)), "fn_count": float(len(events) - len(hits)),
        "fp_count": float(len(false)), "tn_count": quiet,
    }  # fmt: skip
    hours = hits["lead"].dt.total_seconds() / 3600
    low, median, high = hours.quantile([0.25, 0.5, 0.75])
    return EventScores(
        forecaster=forecaster,
        cut=cut,
        threshold=threshold,
        site_years=site_years,
        events=len(events),
        hits=len(hits),
        misses=len(events) - len(hits),
        alarms=len(alarms),
        false_alarms=len(false),
        late=int(late.sum()),
        alarmed=float((highest.to_numpy() >= threshold).sum() / highest.count().sum()),
        **_scored(counts),
        false_alarms_per_year=len(false) / site_years,
        lead_hours=float(median),
        lead_hours_quartiles=(float(low), float(high)),
        intervals=_intervals(backtest, events, hits, false, site_years),
    )


def event_runs(backtest: Backtest, cut: float, zone: str) -> pd.DataFrame:
    """The events at each site: columns site, onset, end (exclusive), UTC.

    Where periods overlap, those are taken that follow one another; an onset is known to the beginning of its period.
    """
    spoken = _bounds(backtest, zone).assign(came=_came(backtest, cut))
    spoken = spoken.drop_duplicates(["site", "valid_from"]).sort_values(["site", "valid_from"])
    spoken = spoken[spoken["valid_from"].isin(_tiles(spoken))]
    days = spoken[spoken["came"]]
    gap = days["valid_from"] - days.groupby("site")["valid_to"].shift()
    run = ((gap > pd.Timedelta(days=GAP_DAYS)) | gap.isna()).cumsum()
    grouped = days.groupby(run)
    return pd.DataFrame(
        {"site": grouped["site"].first(), "onset": grouped["valid_from"].min(), "end": grouped["valid_to"].max()}
    ).reset_index(drop=True)


def threshold_for(highest: npt.NDArray[np.float64], alarms: int, *, longest: int) -> float:
    """The lowest threshold on the way down at which there are at most so many alarms; infinite if there is none.

    Args:
        highest: probabilities at successive issue times, shape (issue_time, site), NaN where nothing was asked.
        alarms: the budget, over all sites.
        longest: a run of alarms counts anew after so many issue times.
    """
    known = np.sort(highest[np.isfinite(highest)])[::-1]
    ranks = np.unique((_FINER ** np.arange(np.log(len(known)) / np.log(_FINER) + 1)).astype(int)) - 1
    found = np.inf
    for threshold in np.unique(known[ranks[ranks < len(known)]])[::-1]:
        if _counted(highest >= threshold, longest) > alarms:
            break
        found = float(threshold)
    return found


def _counted(on: npt.NDArray[np.bool_], longest: int) -> int:
    """How many alarms there are, shape (issue_time, site)."""
    time = np.arange(1, len(on) + 1)[:, None]
    lasted = time - np.maximum.accumulate(np.where(on, 0, time), axis=0)
    return int((on & (lasted % longest == 1 % longest)).sum())


def _bounds(backtest: Backtest, zone: str) -> pd.DataFrame:
    """Issue time, site and stretch of each question, in their order."""
    index = backtest.outcome.index
    times = pd.DatetimeIndex(index.get_level_values("issue_time"))
    numbers = index.get_level_values("period").to_numpy()
    start, end = backtest.hazard.periods.bounds(times, numbers, zone)
    site = index.get_level_values("site")
    return pd.DataFrame({"issue_time": times, "site": site, "valid_from": start, "valid_to": end})


def _came(backtest: Backtest, cut: float) -> npt.NDArray[np.bool_]:
    target = backtest.hazard.target
    came: npt.NDArray[np.bool_] = target.reached(backtest.outcome)[:, target.cuts.index(cut)]
    return came


def _tiles(spoken: pd.DataFrame) -> list[pd.Timestamp]:
    """Beginnings of stretches that follow one another without overlap, over all sites."""
    stretches = spoken.drop_duplicates("valid_from").sort_values("valid_from")
    tiles: list[pd.Timestamp] = []
    free = pd.Timestamp.min.tz_localize("UTC")
    for start, end in zip(stretches["valid_from"], stretches["valid_to"], strict=True):
        if start >= free:
            tiles.append(start)
            free = end
    return tiles


def _highest(backtest: Backtest, cut: float, forecaster: str) -> pd.DataFrame:
    """Highest probability over the periods, index issue_time, one column per site."""
    answer = backtest.probabilities[forecaster][cut]
    return _by_site(answer.groupby(level=["issue_time", "site"]).max())


def _by_site(values: pd.Series) -> pd.DataFrame:
    """Values by issue time and site as a table with one column per site, NaN where there is none."""
    return values.reset_index(name="value").pivot_table(index="issue_time", columns="site", values="value")


def _warned(backtest: Backtest, cut: float, zone: str, forecaster: str, threshold: float, longest: int) -> pd.DataFrame:
    """The periods warned of, a row each: columns issue_time, site, valid_from, valid_to, and their run and alarm."""
    flagged = backtest.probabilities[forecaster][cut].to_numpy() >= threshold
    warned = _bounds(backtest, zone)[flagged].sort_values(["site", "issue_time"])
    place = pd.Series(backtest.issue_times.get_indexer(pd.DatetimeIndex(warned["issue_time"])), warned.index)
    run = (place.groupby(warned["site"]).diff().fillna(2) > 1).cumsum()
    lasted = (place - place.groupby(run).transform("min")) // longest
    return warned.assign(run=run, alarm=pd.MultiIndex.from_arrays([run, lasted]).factorize()[0])


def _matched(events: pd.DataFrame, warned: pd.DataFrame) -> pd.DataFrame:
    """Each alarm with each event that it warned of: the columns of both, and `event`."""
    pairs = warned.merge(events.rename_axis("event").reset_index(), on="site")
    return pairs[(pairs["valid_from"] < pairs["end"]) & (pairs["onset"] < pairs["valid_to"])]


def _leads(before: pd.DataFrame) -> pd.DataFrame:
    """The events warned of before their onset: columns onset and lead, index event.

    The lead is that of the first alarm which warned of the event, in the run of alarms that is the last before it.
    """
    last = before.sort_values("issue_time").drop_duplicates("event", keep="last").set_index("event")["run"]
    unbroken = before[before["run"] == before["event"].map(last)]
    first = unbroken.groupby("event").agg(onset=("onset", "first"), issue_time=("issue_time", "min"))
    return first.assign(lead=first["onset"] - first["issue_time"])


def _quiet(backtest: Backtest, cut: float, highest: pd.DataFrame, threshold: float) -> float:
    """How many times nothing was warned of at a site, and nothing came in any period."""
    came = pd.Series(_came(backtest, cut), backtest.outcome.index).groupby(level=["issue_time", "site"]).any()
    nothing = _by_site(came.astype(float)).to_numpy() == 0
    return float(((highest.to_numpy() < threshold) & nothing).sum())


def _scored(counts: dict[str, float]) -> dict[str, float]:
    table = {name: xr.DataArray(count) for name, count in (counts | {"total_count": sum(counts.values())}).items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: float(getattr(BasicContingencyManager(table), method)()) for name, method in _SCORES.items()}


def _intervals(
    backtest: Backtest, events: pd.DataFrame, hits: pd.DataFrame, false: pd.Series, site_years: float
) -> dict[str, Interval]:
    """Central 90 % over resampled blocks of issue times; events count where they could last be warned of."""
    times = backtest.issue_times

    def drawn(moments: pd.Series) -> npt.NDArray[np.float64]:
        place = np.clip(times.searchsorted(pd.DatetimeIndex(moments), side="right") - 1, 0, None)
        return weights @ np.bincount(place, minlength=len(times)).astype(float)

    weights = resampled_weights(times, max(BLOCK_DAYS, backtest.hazard.periods.reach))
    hit, all_events, in_vain = drawn(hits["onset"] - _BEFORE), drawn(events["onset"] - _BEFORE), drawn(false)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "pod": interval_of(hit / all_events),
            "far": interval_of(in_vain / (hit + in_vain)),
            "csi": interval_of(hit / (all_events + in_vain)),
            "false_alarms_per_year": interval_of(in_vain / site_years),
        }
