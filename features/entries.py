"""Entries, the only form in which values come in, and the checks at the archive's door."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from features.errors import HaidangError
from features.local_days import Days, day_numbers, day_starts, days_after
from features.sites import Sites
from features.variables import VARIABLES, Variable

MOMENT = pa.timestamp("us", tz="UTC")
ENTRIES = pa.schema(
    [
        ("site", pa.string()),
        ("variable", pa.string()),
        ("valid_time", MOMENT),
        ("known_time", MOMENT),
        ("value", pa.float64()),
        ("source", pa.string()),
    ]
)
SIMULATED = "simulated"
NAMES = ["site", "variable", "source"]
KEY = ["variable", "valid_time", "site", "known_time", "source"]
Floats = npt.NDArray[np.float64]
_ANY_TIME = pd.Timestamp(0, tz="UTC")
_UNKNOWN = Variable("", np.nan, np.nan, "", "")
QUARANTINE = pa.schema([("source", pa.string()), ("reason", pa.string()), ("row", pa.string())])


def no_rejects() -> pd.DataFrame:
    """An empty quarantine table."""
    return QUARANTINE.empty_table().to_pandas()


@dataclass(frozen=True)
class Batch:
    """What a source hands over at once.

    Attributes:
        entries: columns site, variable, valid_time, known_time, value, source; one row per value.
        rejected: columns source, reason, row: what the source itself could not read, as it stood.
        read: records of the provider that this batch was made from: rows of a table, or values of a series.
        unread: how many of them have anything that could not be read; what that is lies in `rejected`.
        passed_over: why good records bring nothing here -> how many of them.
        remarks: what an operator should know, for instance that a column with names of people was dropped.
        delivered_until: every value of the asked stretch before this moment has been handed over, so that an
            interrupted run may go on from here; None where nothing can be said.
        tables: rows for tables that are kept beside the entries, by name, see `features/kept.py`.
    """

    entries: pd.DataFrame
    rejected: pd.DataFrame = field(default_factory=no_rejects)
    read: int = 0
    unread: int = 0
    passed_over: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    delivered_until: pd.Timestamp | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What became of what was read: of the provider's records, and of the entries made from them.

    Each record read is used, passed over or unread; one record may make several entries, or several make one.

    Attributes:
        accepted: entries that are now in the archive and were not before.
        duplicates: entries that the archive, or the same append, held already.
        quarantined: rows that were refused and lie in the quarantine table with a reason.
        read: records of the provider.
        unread: records of which anything could not be read.
        passed_over: why good records bring nothing here -> how many of them.
        remarks: what an operator should know.
        kept: rows of tables beside the entries that are new, by table.
    """

    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    read: int = 0
    unread: int = 0
    passed_over: Mapping[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    kept: Mapping[str, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        """Records that made entries, or rows of a kept table."""
        return self.read - self.unread - sum(self.passed_over.values())

    def __add__(self, other: "Receipt") -> "Receipt":
        return Receipt(
            self.accepted + other.accepted,
            self.duplicates + other.duplicates,
            self.quarantined + other.quarantined,
            self.read + other.read,
            self.unread + other.unread,
            _summed(self.passed_over, other.passed_over),
            tuple(dict.fromkeys((*self.remarks, *other.remarks))),
            _summed(self.kept, other.kept),
        )


def _summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    counted = Counter(one)
    counted.update(other)
    return dict(counted)


def inspect(entries: pd.DataFrame, sites: Sites, zone: str) -> Batch:
    """Sorts rows into good entries and rejected ones, each with its reason.

    A row is rejected when its site or variable is unknown, a time has no zone, the valid time is not the start of a
    local day, the value is not finite or outside the plausible range, or it is an observation known before its stretch
    is over. Where one append holds one key with two values, neither is taken: nothing says which is right. Rows that
    are equal in everything come back once.

    Returns:
        Good entries in the order of their keys, in which they take little room; their names are categories.

    Raises:
        HaidangError: if a column is missing; then nothing is taken.
    """
    missing = [name for name in ENTRIES.names if name not in entries]
    if missing:
        raise HaidangError(f"entries lack the columns {', '.join(missing)}; they have {', '.join(map(str, entries))}")
    raw = entries[ENTRIES.names].reset_index(drop=True)
    named = raw.astype(dict.fromkeys(NAMES, "category"))
    valid_time, known_time = _moments(raw["valid_time"]), _moments(raw["known_time"])
    value = pd.to_numeric(raw["value"], errors="coerce").to_numpy(float)
    unit, low, high, span_days, forecast = _declared(named["variable"])
    valid = pd.DatetimeIndex(valid_time.fillna(_ANY_TIME))  # such rows are refused below
    days = _each_day_number(valid, zone)
    over = _each_day_start(days_after(days, span_days), zone)

    at = "{variable} at site {site} on {day}"
    tests = [
        (~named["site"].isin(sites.codes), "unknown site {site!r}: add it to the sites file or mend the code"),
        (np.isnan(low), "unknown variable {variable!r}: see features/variables.csv"),
        (named["source"].isna() | (named["source"] == ""), "the source is missing: name where the value comes from"),
        (valid_time.isna(), "valid_time {valid_time!r} is not a time with a zone: write an offset"),
        (known_time.isna(), "known_time {known_time!r} is not a time with a zone: write an offset"),
        (~np.isfinite(value), f"{at} is {{value!r}}, not a finite number: leave out what was not measured"),
        (
            value < low,
            f"{at} is {{value}} {{unit}}, below its lowest plausible value {{low:g}}: check the report's unit",
        ),
        (
            value > high,
            f"{at} is {{value}} {{unit}}, above its highest plausible value {{high:g}}: check the report's unit",
        ),
        (
            valid_time != _each_day_start(days, zone),
            f"{at} does not start at midnight in {zone}: bring sub-daily readings to one value a day first",
        ),
        (
            (known_time < over) & ~forecast,
            f"{at} is known at {{known_time}}, before it could be observed: check known_time, and the local zone",
        ),
    ]
    reason = np.full(len(raw), "", dtype=object)
    passed = np.ones(len(raw), dtype=bool)
    for failed, text in tests:
        first = np.flatnonzero(passed & np.asarray(failed))
        if not len(first):
            continue
        local = valid[first].tz_convert(zone)
        day = np.where(local == local.normalize(), local.strftime("%Y-%m-%d"), local.strftime("%Y-%m-%dT%H:%M%z"))
        facts = raw.iloc[first].assign(unit=unit[first], low=low[first], high=high[first], day=day)
        reason[first] = [text.format(**row) for row in facts.to_dict("records")]
        passed[first] = False
    good = named.assign(valid_time=valid_time, known_time=known_time, value=value)[passed]
    kept, torn = _each_key_once(good)
    reason[torn] = "two values for one site, variable, valid_time, known_time and source: keep one"
    passed[torn] = False
    return Batch(kept, rejected(raw[~passed], reason[~passed]))


def _each_key_once(entries: pd.DataFrame) -> tuple[pd.DataFrame, pd.Index]:
    """Entries in the order of their keys, equal ones once; and where keys with two values stood, which are left out."""
    ranks = [_ranks(entries[name]) for name in KEY]
    order = np.lexsort(ranks[::-1])
    again = np.logical_and.reduce([rank[order[1:]] == rank[order[:-1]] for rank in ranks])
    shared = (np.append(again, False) | np.insert(again, 0, False))[: len(entries)]
    ordered = entries.take(order)
    once = ordered[shared].drop_duplicates()
    torn = once.index[once.duplicated(KEY, keep=False)]
    kept = ordered[~shared | ordered.index.isin(once.index.difference(torn))]
    return kept.reset_index(drop=True), torn


def _ranks(column: pd.Series) -> npt.NDArray[np.unsignedinteger]:
    """Ranks of values among the distinct ones, as small integers: of these a sort is quick."""
    ranks, distinct = pd.factorize(column, sort=True)
    return ranks.astype(np.min_scalar_type(len(distinct)))


def _declared(
    names: pd.Series,
) -> tuple[npt.NDArray[np.object_], Floats, Floats, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Unit, lowest, highest, span and whether forecast, of each row's variable; NaN limits where it is unknown."""
    codes, distinct = pd.factorize(names, use_na_sentinel=False)
    found = [VARIABLES.get(name, _UNKNOWN) for name in distinct]
    unit = np.array([variable.unit for variable in found], dtype=object)
    low, high = (np.array([getattr(variable, which) for variable in found], dtype=float) for which in ("low", "high"))
    span_days = np.array([variable.span_days for variable in found], dtype=np.int64)
    forecast = np.array([variable.forecast for variable in found], dtype=bool)
    return unit[codes], low[codes], high[codes], span_days[codes], forecast[codes]


def rejected(rows: pd.DataFrame, reason: npt.ArrayLike) -> pd.DataFrame:
    """Rows as they stood, as JSON, with the reason why they were refused; `source` is taken from the rows."""
    texts = rows.to_json(orient="records", lines=True, date_format="iso", force_ascii=False).split("\n")[: len(rows)]
    source = rows["source"].astype(str).to_numpy()
    return pd.DataFrame({"source": source, "reason": reason, "row": texts}, index=rows.index).reset_index(drop=True)


def _each_day_number(times: pd.DatetimeIndex, zone: str) -> Days:
    """What `day_numbers` says, quicker where many moments are equal."""
    codes, distinct = pd.factorize(times)
    return day_numbers(pd.DatetimeIndex(distinct), zone)[codes]


def _each_day_start(days: Days, zone: str) -> pd.DatetimeIndex:
    """What `day_starts` says, quicker where many days are equal."""
    codes, distinct = pd.factorize(days)
    return day_starts(distinct, zone)[codes]


def _moments(times: pd.Series) -> pd.Series:
    """Times as UTC; NaT where a value is no time or has no zone."""
    if isinstance(times.dtype, pd.DatetimeTZDtype):
        return times.dt.tz_convert("UTC").dt.as_unit("us")
    if pd.api.types.is_datetime64_dtype(times.dtype):
        return pd.Series(pd.NaT, index=times.index, dtype="datetime64[us, UTC]")
    known = {text: _moment(text) for text in times.unique()}
    return times.map(known).astype("datetime64[us, UTC]")


def _moment(value: object) -> pd.Timestamp | None:
    try:
        moment = pd.Timestamp(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None
    return None if pd.isna(moment) or moment.tzinfo is None else moment.tz_convert("UTC")
