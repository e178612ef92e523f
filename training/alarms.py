"""Alarms and events: which events were alarmed before they began, by how many days, and which alarms were false.

An event is a run of days of which gaps of up to two days are part; it is hit if an alarm of one of its days was issued
before it began. Events and alarms are told from each other as in the first step of EDuMaP (Calvello and Piciullo 2016,
doi:10.5194/nhess-16-103-2016).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.forecaster import EVENTS_TO_JUDGE
from models.hazard import Hazard
from models.track_records import ANY_LEAD, EVERYWHERE
from training.block_sums import TOO_FEW, Blocks, ratio_intervals, ratios
from training.scores import BLOCK_DAYS

GAP_DAYS = 2
Flags = npt.NDArray[np.bool_]


def alarms(hazard: Hazard, shown: pd.DataFrame) -> pd.DataFrame:
    """Hits, misses and false alarms of each level, by site and lead; see `TrackRecord.alarms`.

    An alarm is an issued level that is as high or higher; its event is that of the level's cut today.

    Args:
        hazard: the hazard, for its levels.
        shown: columns site, lead, level, outcome, and the local day numbers `issued`, `first` and `end` (exclusive).
    """
    known = shown[shown["outcome"].notna()]
    names = list(hazard.levels)
    rank = known["level"].astype(object).map({name: place for place, name in enumerate(names)}).fillna(-1).to_numpy(int)
    reached = hazard.target.reached(known["outcome"].to_numpy(float))
    length = max(BLOCK_DAYS, hazard.periods.reach)
    tables = []
    for place, (name, rule) in enumerate(hazard.levels.items() if len(known) else ()):
        rows = known.assign(alarm=rank >= place, event=reached[:, hazard.target.cuts.index(rule.cut)])
        tables.append(_of_level(rows, length).assign(level=name, cut=rule.cut))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["site", "lead", "level", "cut"])


def _of_level(rows: pd.DataFrame, length: int) -> pd.DataFrame:
    """The table of one level, from rows of which the outcome is known, with the flags `alarm` and `event`."""
    site, sites = pd.factorize(rows["site"], sort=True)
    lead, leads = pd.factorize(rows["lead"], sort=True)
    issue = np.unique(rows["issued"], return_inverse=True)[1]
    rows = rows.assign(site=site, lead=lead + 1, issue=issue)  # lead 0 stands for any
    days = _Days(rows, len(sites))
    runs, alarmed = days.runs, rows[rows["alarm"]]
    hits = _hits(runs, alarmed)
    asked = days.asked(rows, len(leads))
    asked_runs = pd.DataFrame(np.argwhere(asked), columns=["run", "lead"]).merge(hits, "outer", on=["run", "lead"])
    asked_runs = asked_runs.join(runs[["site", "onset"]], on="run")
    false = _false_alarms(alarmed.assign(touched=days.touched(alarmed)))
    told = pd.concat(
        [
            asked_runs.assign(hit=asked_runs["gained"].notna(), false=False).rename(columns={"onset": "day"}),
            false.assign(hit=False, false=True),
        ],
        ignore_index=True,
    )
    shape = len(sites) + 1, len(leads) + 1
    told = pd.concat([told.assign(site=told["site"] + 1), told.assign(site=0)])  # site 0 stands for all
    cell = (told["site"] * shape[1] + told["lead"]).to_numpy(np.int64)
    blocks = Blocks.of(told["day"].to_numpy(np.int64), cell, shape[0] * shape[1], length=length)
    hit, false_alarm = told["hit"].to_numpy(bool), told["false"].to_numpy(bool)
    hit_sums, event_sums, false_sums = (blocks.sums(flags) for flags in (hit, ~false_alarm, false_alarm))
    events = event_sums.sum(axis=0)
    hit_low, hit_high = ratio_intervals(hit_sums, event_sums, events >= EVENTS_TO_JUDGE)
    raised = hit_sums + false_sums
    false_low, false_high = ratio_intervals(false_sums, raised, raised.sum(axis=0) >= EVENTS_TO_JUDGE)
    gained = told["gained"].groupby(cell).median().reindex(range(len(events)))
    names = [[EVERYWHERE, *sites], [ANY_LEAD, *leads]]
    table = pd.DataFrame(
        {
            "events": events.astype(int),
            "hits": hit_sums.sum(axis=0).astype(int),
            "misses": (events - hit_sums.sum(axis=0)).astype(int),
            "false_alarms": false_sums.sum(axis=0).astype(int),
            "hit_rate": ratios(hit_sums, event_sums),
            "hit_rate_low": hit_low,
            "hit_rate_high": hit_high,
            "false_alarm_ratio": ratios(false_sums, raised),
            "false_alarm_ratio_low": false_low,
            "false_alarm_ratio_high": false_high,
            "lead_gained_days": gained.to_numpy(float),
            "judged": np.where(events >= EVENTS_TO_JUDGE, "yes", TOO_FEW),
        },
        pd.MultiIndex.from_product(names, names=["site", "lead"]),
    )
    return table.reset_index()


class _Days:
    """The days of each site on which something was forecast, and the runs of those with an event.

    Where periods overlap, an event lies on the days that no period without an event holds, if there are any.

    Attributes:
        runs: columns site, onset and last, local day numbers.
    """

    def __init__(self, rows: pd.DataFrame, n_sites: int) -> None:
        self._begin, self._n_sites = int(rows["first"].min()), n_sites
        self._n_days = int(rows["end"].max()) - self._begin
        event = rows["event"].to_numpy(bool)
        within = self._held(rows[event]) & ~self._held(rows[~event])
        hidden = rows[event][~self._any(within, rows[event])]
        self._event = within | self._held(hidden)
        site, day = np.nonzero(self._event)
        begins = np.diff(site, prepend=-1).astype(bool) | (np.diff(day, prepend=-1) > GAP_DAYS + 1)
        ends = np.append(begins[1:], True)[: len(begins)]
        self.runs = pd.DataFrame(
            {"site": site[begins], "onset": day[begins] + self._begin, "last": day[ends] + self._begin}
        )

    def asked(self, rows: pd.DataFrame, n_leads: int) -> Flags:
        """Whether a forecast of a lead held the onset of a run, shape (run, lead); the first lead is any."""
        by_lead = [self._held(rows[rows["lead"] == lead + 1]) for lead in range(n_leads)]
        held = np.stack([np.logical_or.reduce(by_lead), *by_lead], axis=-1)
        asked: Flags = held[self.runs["site"], self.runs["onset"] - self._begin]
        return asked

    def touched(self, rows: pd.DataFrame) -> Flags:
        """Whether the period of each row holds a day with an event."""
        return self._any(self._event, rows)

    def _held(self, rows: pd.DataFrame) -> Flags:
        """Which days the periods of some rows hold, shape (site, day)."""
        edges = np.zeros((self._n_sites, self._n_days + 1), dtype=np.int64)
        np.add.at(edges, (rows["site"], rows["first"] - self._begin), 1)
        np.add.at(edges, (rows["site"], rows["end"] - self._begin), -1)
        held: Flags = edges.cumsum(axis=1)[:, :-1] > 0
        return held

    def _any(self, days: Flags, rows: pd.DataFrame) -> Flags:
        until = np.pad(days.cumsum(axis=1), ((0, 0), (1, 0)))
        site, first, end = (rows[name].to_numpy() for name in ("site", "first", "end"))
        found: Flags = until[site, end - self._begin] > until[site, first - self._begin]
        return found


def _hits(runs: pd.DataFrame, alarmed: pd.DataFrame) -> pd.DataFrame:
    """Runs that were alarmed before their onset; columns run, lead and gained, the days since the alarm stood."""
    named = runs.rename_axis("run").reset_index()
    pairs = named.merge(alarmed[["site", "lead", "issue", "issued", "first", "end"]], on="site")
    before = (pairs["first"] <= pairs["last"]) & (pairs["end"] > pairs["onset"]) & (pairs["issued"] < pairs["onset"])
    pairs = pairs[before]
    pairs = pd.concat([pairs, pairs.assign(lead=ANY_LEAD)])[["run", "lead", "issue", "issued", "onset"]]
    pairs = pairs.drop_duplicates(["run", "lead", "issue"]).sort_values(["run", "lead", "issue"], ascending=False)
    of_run = pairs.groupby(["run", "lead"], sort=False)
    broken = (of_run["issue"].diff().fillna(-1) != -1).groupby([pairs["run"], pairs["lead"]], sort=False).cumsum()
    stood = pairs[broken == 0].groupby(["run", "lead"], as_index=False).agg({"issued": "min", "onset": "first"})
    return stood.assign(gained=stood["onset"] - stood["issued"])[["run", "lead", "gained"]]


def _false_alarms(alarmed: pd.DataFrame) -> pd.DataFrame:
    """Runs of alarms of which no period holds an event; columns site, lead and day, on which they begin."""
    both = pd.concat([alarmed, alarmed.assign(lead=ANY_LEAD)]).sort_values(["lead", "site", "first", "end"])
    same = (both["lead"].diff() == 0) & (both["site"].diff() == 0)
    latest = both.groupby(["lead", "site"])["end"].cummax().shift()
    run = (~same | (both["first"] - latest > GAP_DAYS)).cumsum().rename("run")
    runs = both.groupby(run).agg({"site": "first", "lead": "first", "first": "first", "touched": "any"})
    return runs[~runs["touched"].to_numpy(bool)].rename(columns={"first": "day"})[["site", "lead", "day"]]
