"""The track record of a hazard as it stands beside a forecast: how warnings did at the same place and lead."""

from collections.abc import Mapping

import numpy as np

from models.hazard import Hazard
from models.track_records import ANY_LEAD, EVERYWHERE
from models.track_records import TrackRecord as Held
from serving.schemas.forecast_models import Share, TrackRecord

ByPlace = Mapping[tuple[str, int], TrackRecord]


def by_place(hazard: Hazard, record: Held | None) -> dict[tuple[str, int], TrackRecord]:
    """The track record of the lowest declared level, by site and lead; empty where nothing was verified yet.

    Args:
        hazard: whose levels count.
        record: what is kept of it.
    """
    lowest = next(iter(hazard.levels.items()), None)
    if record is None or lowest is None or "events" not in record.alarms:
        return {}
    name, rule = lowest
    alarms = record.alarms[(record.alarms["level"] == name) & (record.alarms["cut"] == rule.cut)]
    asked = record.scores.loc[record.scores["cut"] == rule.cut, ["site", "lead", "n"]]
    both = alarms.merge(asked, on=["site", "lead"])
    both = both[(both["site"] != EVERYWHERE) & (both["lead"] != ANY_LEAD)]
    return {
        (str(row["site"]), int(row["lead"])): TrackRecord(
            n=row["n"],
            events=row["events"],
            hits=row["hits"],
            misses=row["misses"],
            false_alarms=row["false_alarms"],
            interval=_share(row["hit_rate"], row["hit_rate_low"], row["hit_rate_high"]),
            judged="judged" if row["judged"] == "yes" else "too few to judge",
        )
        for row in both.to_dict("records")
    }


def _share(share: float, low: float, high: float) -> Share | None:
    """Where there are too few events to judge by, there is no interval."""
    if np.isnan([share, low, high]).any():
        return None
    return Share(share=round(share, 4), low=round(low, 4), high=round(high, 4))
