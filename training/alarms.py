"""Alarms and events: which events were alarmed before they began, by how many days, and which alarms were false.

See `models.alarm_runs` for what an event and a false alarm are.
"""

import numpy as np
import pandas as pd

from models.alarm_runs import EventDays, Questions
from models.block_sums import BLOCK_DAYS, TOO_FEW, Blocks, ratio_intervals, ratios
from models.forecaster import EVENTS_TO_JUDGE
from models.hazard import Hazard
from models.track_records import ANY_LEAD, EVERYWHERE


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
    days = (rows[name].to_numpy(np.int64) for name in ("issued", "first", "end"))
    asked = Questions(site, lead + 1, issue, *days)  # lead 0 stands for any
    runs = EventDays(asked, rows["event"].to_numpy(bool), len(sites), len(leads))
    matched = runs.matched(asked, rows["alarm"].to_numpy(bool))
    told = pd.DataFrame(vars(matched) | {"hit": matched.hit})
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
