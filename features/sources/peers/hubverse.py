"""Forecasts in the format of the hubverse, the standard of collaborative forecast hubs.

Folders, files and columns: https://docs.hubverse.io/en/latest/user-guide/model-output.html; task IDs and dates:
https://docs.hubverse.io/en/latest/user-guide/tasks.html. The end date of what is forecast is the date of the round plus
`horizon` times the days of a step.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from features.entries import Batch
from features.errors import HaidangError
from features.sites import Sites
from features.sources.peers import forecasts as peers
from features.sources.peers.hub_outputs import OUTPUT, WRITTEN, numbers, refuse_incoherent, representations
from features.sources.tables.files import Table, read_table
from features.sources.tables.readings import refuse

ROUND_DATES = ("reference_date", "origin_date", "forecast_date")
END_DATES = ("target_end_date", "target_date")
_KNOWN = (*ROUND_DATES, *END_DATES, *OUTPUT, "horizon", "location", "target", "model_id", *peers.FATES)
_FILE_NAME = re.compile(
    r"(\d{4}-\d{2}-\d{2})-(.+?)(?:\.(?:snappy|gzip|gz|brotli|zstd|lz4|lzo|bz2))?\.(?:csv|csv\.gz|parquet)"
)
_SEASON = "speak of no stretch of days, having neither a horizon nor an end date"


@dataclass(frozen=True)
class Hubverse:
    """Forecasts of others from a hubverse's model output: quantiles, probabilities, classes, samples.

    A forecast was issued by the end of the date of its round. It speaks of the days of one step of the horizon, of
    which the end date is the last. P(X <= x) of a cdf is kept as the probability 1 - P of reaching x; for counts that
    is the one of exceeding x. Task IDs of the hub's own, such as age groups, become part of the target.

    Attributes:
        folder: of model output, or one file of it: <date>-<team>-<model>.csv, .csv.gz or .parquet.
        zone: IANA zone of the dates.
        horizon_days: days of one step of the horizon, and of the stretch that is forecast.
        target: what is forecast, where the files do not say.
        location: the place, where the files do not say.
        locations: the hub's location -> our code or name, where they differ.
        units: target as it is kept -> its unit.
        name: written into each row.
        licence: under which terms the hub gives the forecasts.
    """

    folder: Path
    zone: str
    horizon_days: int = 7
    target: str = ""
    location: str = ""
    locations: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    name: str = "hubverse"
    licence: str = "as the hub says"

    variables = ()
    latency = pd.Timedelta(0)
    revisits = None

    def __post_init__(self) -> None:
        """Refuses a step of no days."""
        if self.horizon_days < 1:
            raise HaidangError(f"horizon_days is {self.horizon_days}: a step of the horizon has at least one day")

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields a batch per file, in the order of the rounds, of the forecasts whose stretch begins in [start, end).

        Raises:
            HaidangError: if there is no file, or one is broken, lacks a column, or does not say what, where, when or by
                whom it forecasts.
        """
        for path in peers.files_in(self.folder, (".csv", ".csv.gz", ".parquet")):
            table = read_table(path, WRITTEN)
            yield self._batch(path, table, sites, start, end)

    def _batch(self, path: Path, table: Table, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Batch:
        records = peers.records_of(table)
        forecasts = self._tasks(path, records).join(representations(records))
        valid_from = peers.starts_of(forecasts["end"] - self.horizon_days + 1, self.zone)
        peers.pass_over_outside(records, valid_from, start, end)
        peers.keep_once(
            records, forecasts.drop(columns=["output_type", "value"]), forecasts["value"],
            lambda bad: [f"{row.output_type} {row.output_type_id} of one task" for row in bad.itertuples()],
        )  # fmt: skip
        refuse_incoherent(records, forecasts)
        rows = forecasts.assign(
            site=peers.sites_of(forecasts["location"], sites, self.locations),
            issue_time=peers.starts_of(forecasts["issued"] + 1, self.zone),
            valid_from=valid_from,
            valid_to=peers.starts_of(forecasts["end"] + 1, self.zone),
            unit=forecasts["target"].map(dict(self.units)).astype(object),
            outcome=np.nan,
            outcome_time=pd.Series(pd.NaT, index=records.index, dtype="datetime64[us, UTC]"),
        )
        return peers.batch_of(path, table, records, rows[peers.used(records)], self.name)

    def _tasks(self, path: Path, records: pd.DataFrame) -> pd.DataFrame:
        """What each record speaks of: peer, target, location, and the day numbers issued and end."""
        named = _FILE_NAME.fullmatch(path.name)
        round_date, model = named.groups() if named else (None, None)
        own = [str(name) for name in records if name not in (*_KNOWN, "")]
        stated = {
            "whose it is: name it <date>-<team>-<model>, or add the column model_id": "model_id" in records or model,
            f"its round: name it <date>-<team>-<model>, or add {ROUND_DATES[0]}": {*ROUND_DATES} & {*records}
            or round_date,
            "what is forecast: state `target`": "target" in records or own or self.target,
            "where: state `location`": "location" in records or self.location,
        }
        for what, told in stated.items():
            if not told:
                raise HaidangError(f"{path} does not say {what}")
        for name, given in (("model_id", model), ("target", self.target), ("location", self.location)):
            if name in records:
                _refuse_empty(records, name)
            else:
                records[name] = given
        target = records["target"]
        for name in own:
            target = target + np.where(target == "", "", "; ") + f"{name}=" + records[name]
        issued, end = self._days(records, round_date)
        named_as = {"peer": records["model_id"], "target": target, "location": records["location"]}
        return pd.DataFrame({**named_as, "issued": issued, "end": end})

    def _days(self, records: pd.DataFrame, round_date: str | None) -> tuple[pd.Series, pd.Series]:
        """The day of the round and the last day of what is forecast, as day numbers."""
        column = next((name for name in ROUND_DATES if name in records), None)
        if column is None:
            column = ROUND_DATES[0]
            records[column] = round_date
        issued = peers.days_of(records, column)
        if round_date is not None:
            refuse(
                records, (peers.dates_of(records[column]) != round_date).to_numpy(),
                lambda bad: [f"{column} is {text}, but the file is of the round {round_date}" for text in bad[column]],
            )  # fmt: skip
        end_column = next((name for name in END_DATES if name in records), END_DATES[0])
        for name in {"horizon", end_column} - {*records}:
            records[name] = ""
        steps = numbers(records, "horizon")
        refuse(
            records, (~records["horizon"].isin(WRITTEN.missing) & ~(steps % 1 == 0)).to_numpy(),
            lambda bad: [f"horizon is {text!r}, not a whole number of steps" for text in bad["horizon"]],
        )  # fmt: skip
        end = issued + steps * self.horizon_days
        stated = peers.days_of(records, end_column, missing=WRITTEN.missing)
        refuse(
            records, (end.notna() & stated.notna() & (end != stated)).to_numpy(), lambda bad: [
                f"{end_column} {text} is not the round and {step} x {self.horizon_days} days: check `horizon_days`"
                for text, step in zip(bad[end_column], bad["horizon"], strict=True)
            ],
        )  # fmt: skip
        end = end.fillna(stated)
        peers.pass_over(records, end.isna(), _SEASON)
        return issued, end


def _refuse_empty(records: pd.DataFrame, column: str) -> None:
    empty = records[column].isin(WRITTEN.missing).to_numpy()
    refuse(records, empty, lambda bad: [f"{column} is missing" for _ in bad.index])
