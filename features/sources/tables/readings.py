"""Readings: one row per value of somebody's table, and how those of one local day become one value."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.local_days import MONTH_SPAN_DAYS, day_numbers, day_starts, days_after
from features.sources.tables.mapping import Mapping, When
from features.variables import variable_named

_DAY = ["site", "variable", "day"]
_RULES = {"mean": "mean", "highest": "max", "lowest": "min", "total": "sum", "last": "last"}


def local_days(moments: pd.Series, zone: str) -> npt.NDArray[np.int64]:
    """The number of the local day that holds each moment; NaT counts as 1970."""
    return day_numbers(pd.DatetimeIndex(moments.fillna(pd.Timestamp(0, tz="UTC"))), zone)


def local_starts(moments: pd.Series, zone: str, *, days_later: int = 0) -> pd.Series:
    """The start of the local day that holds each moment, or of a later one; NaT stays."""
    starts = day_starts(local_days(moments, zone) + days_later, zone).as_unit("us")
    return pd.Series(starts, index=moments.index).where(moments.notna())


def stretch_ends(moments: pd.Series, variable: str, when: When, zone: str) -> pd.Series:
    """When the stretch that each value of a variable speaks of is over.

    A time that tells no day speaks of its whole month, and so does a variable of months, whose declared span of 28 days
    is that of the shortest one.
    """
    span = variable_named(variable).span_days if when.tells_day else MONTH_SPAN_DAYS
    ends = day_starts(days_after(local_days(moments, zone), span), zone).as_unit("us")
    return pd.Series(ends, index=moments.index).where(moments.notna())


def refuse(rows: pd.DataFrame, failed: npt.NDArray[np.bool_], reasons: Callable[[pd.DataFrame], list[str]]) -> None:
    """Writes a reason into each failed row that has none yet; the reasons are told for those rows."""
    bad = failed & (rows["reason"] == "").to_numpy()
    if bad.any():
        rows.loc[bad, "reason"] = reasons(rows[bad])


def daily_values(readings: pd.DataFrame, mapping: Mapping, zone: str) -> pd.DataFrame:
    """Brings readings to one value for each site, variable and local day, as a mapping states.

    Args:
        readings: columns site, variable, day, moment, known, value (NaN where not measured) and reason; what cannot be
            taken gets its reason here.
        mapping: what the table means.
        zone: IANA zone of the local day.

    Returns:
        The columns site, variable, day, moment, known and value of what is good.
    """
    rules = readings["variable"].map(mapping.rules)
    _refuse_early(readings, rules == "refuse", mapping, zone)
    _refuse_several(readings, rules == "refuse", zone)
    _refuse_part_of_total(readings, rules == "total", mapping)
    good = readings[(readings["reason"] == "") & readings["value"].notna()]
    parts = [_brought_together(part, str(rule), mapping, zone) for rule, part in good.groupby(rules)]
    return pd.concat(parts or [good])[[*_DAY, "moment", "known", "value"]]


def _refuse_early(readings: pd.DataFrame, one_by_one: pd.Series, mapping: Mapping, zone: str) -> None:
    """Refuses what the archive's door cannot: it takes an early value for a forecast, or would see a whole day."""
    if mapping.kind == "forecast":
        return
    early = (readings["known"] < readings["moment"]).to_numpy() & ~one_by_one.to_numpy()
    for name in mapping.rules:
        variable, of = variable_named(name), readings["variable"] == name
        monthly = variable.span_days >= MONTH_SPAN_DAYS
        if monthly or variable.forecast:
            over = stretch_ends(readings.loc[of, "moment"], name, mapping.valid_time, zone)
            early[of] |= ((readings.loc[of, "known"] < over) & (one_by_one[of] | monthly)).to_numpy()
    refuse(
        readings, early & readings["value"].notna().to_numpy(), lambda bad: [
            f"{which} is an observation known at {known.isoformat()}, before it could be: check known_time"
            for which, known in zip(_which(bad), bad["known"], strict=True)
        ],
    )  # fmt: skip


def _refuse_several(readings: pd.DataFrame, one_by_one: pd.Series, zone: str) -> None:
    good = readings[one_by_one & (readings["reason"] == "") & readings["value"].notna()]
    within = (
        (good["moment"] != local_starts(good["moment"], zone)).groupby([good[key] for key in _DAY]).transform("any")
    )
    value = good[~within].groupby([*_DAY, "known"])["value"]
    lowest, highest = value.transform("min"), value.transform("max")
    advice = "state in `several` how the rows of a day become one"
    refuse(
        readings, within.reindex(readings.index, fill_value=False).to_numpy(dtype=bool), lambda bad: [
            f"{which} is of {moment.isoformat()}, of a day with times within it: {advice}"
            for which, moment in zip(_which(bad), bad["moment"].dt.tz_convert(zone), strict=True)
        ],
    )  # fmt: skip
    refuse(
        readings, (lowest != highest).reindex(readings.index, fill_value=False).to_numpy(dtype=bool), lambda bad: [
            f"{which} stands there with different values, from {low} to {high}: keep one, or {advice}"
            for which, low, high in zip(_which(bad), lowest[bad.index], highest[bad.index], strict=True)
        ],
    )  # fmt: skip


def _refuse_part_of_total(readings: pd.DataFrame, added_up: pd.Series, mapping: Mapping) -> None:
    lost = added_up & ((readings["reason"] != "") | readings["value"].isna())
    partial = lost.groupby([readings[key] for key in _key(mapping)]).transform("any") & readings["value"].notna()
    text = "belongs to a day of which another row is missing or cannot be read: its total would be too low"
    refuse(readings, partial.to_numpy(), lambda bad: [f"{which} {text}" for which in _which(bad)])


def _brought_together(good: pd.DataFrame, rule: str, mapping: Mapping, zone: str) -> pd.DataFrame:
    if rule == "refuse":
        return good
    how = {"value": _RULES[rule], "known": "max", "moment": "first", "reason": "first"}
    daily = good.sort_values("moment", kind="stable").groupby(_key(mapping), sort=False, as_index=False)
    together = daily.agg({key: value for key, value in how.items() if key not in _key(mapping)})
    if mapping.kind == "observation":
        over = local_starts(together["moment"], zone, days_later=1)
        together["known"] = together["known"].where(together["known"] >= over, over)
    return together


def _key(mapping: Mapping) -> list[str]:
    """What rows have in common that become one; each issue of a forecast stands for itself."""
    return [*_DAY, "known"] if mapping.kind == "forecast" else _DAY


def _which(readings: pd.DataFrame) -> list[str]:
    day = readings["day"].to_numpy().astype("datetime64[D]")
    named = zip(readings["variable"], readings["site"], day, strict=True)
    return [f"{variable} at {f'site {site}' if site else 'every site'} on {date}" for variable, site, date in named]
