"""Forecasts of shellfish toxicity in Maine by the Bigelow Laboratory, with what was measured afterwards.

Files and columns: https://github.com/BigelowLab/pspforecast (README, R/add_forecast_results.R). A row says with which
percentage the highest toxicity at a station from `forecast_start_date` to `forecast_end_date` falls into each of the
classes that begin at `class_bins`, ug of saxitoxin equivalents per 100 g. Percentages are rounded and sum to 99 to 101.
Files of 2021 lack some columns, those of forecasts without results the measurement.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from features.entries import Batch, Floats
from features.sites import Sites
from features.sources.peers import forecasts as peers
from features.sources.tables.cells import read_numbers
from features.sources.tables.files import Table, read_table
from features.sources.tables.mapping import Written
from features.sources.tables.readings import refuse
from features.variables import variable_named

CLASSES = ("p_0", "p_1", "p_2", "p_3")
TARGET = "saxitoxin"
_ROUNDING_PERCENT = 2.0
_KEY = ["version", "location", "date", "forecast_start_date"]


class _Results(Written):
    """How the files are written."""

    missing: tuple[str, ...] = ("", "NA")

    @property
    def read_columns(self) -> tuple[str, ...]:
        return ("version", "location", "date", "class_bins", "forecast_start_date", "forecast_end_date", *CLASSES)


_WRITTEN = _Results()


@dataclass(frozen=True)
class ShellfishToxinForecasts:
    """Weekly forecasts of shellfish toxicity in Maine by a peer, with outcomes, from its files.

    Each forecast is kept as the probabilities of its four classes, and of reaching the lower edge of each but the
    first. It was issued by the end of its date. A forecast that is held already keeps its outcome.

    Attributes:
        folder: of the .csv or .csv.gz files, or one of them.
        zone: IANA zone of the days in the files.
        name: written into each row.
        locations: the peer's location -> our code or name, where they differ.
        licence: under which terms the files are given.
    """

    folder: Path
    zone: str
    name: str = "psp_forecast"
    locations: Mapping[str, str] = field(default_factory=dict)
    licence: str = "MIT (BigelowLab/pspforecast); measurements: Maine Department of Marine Resources"

    variables = ()
    latency = pd.Timedelta(0)
    revisits = None

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields a batch per file of the forecasts whose period begins in [start, end).

        Raises:
            HaidangError: if there is no file, or one is broken or lacks a column.
        """
        for path in peers.files_in(self.folder, (".csv", ".csv.gz")):
            table = read_table(path, _WRITTEN)
            yield self._batch(path, table, peers.records_of(table), sites, start, end)

    def _batch(
        self, path: Path, table: Table, records: pd.DataFrame, sites: Sites, start: pd.Timestamp, end: pd.Timestamp
    ) -> Batch:
        made, first, last = (
            peers.days_of(records, name) for name in ("date", "forecast_start_date", "forecast_end_date")
        )
        refuse(
            records, ((first < made) | (last < first)).to_numpy(), lambda bad: [
                f"made on {row.date} for {row.forecast_start_date} to {row.forecast_end_date}: these dates do not rise"
                for row in bad.itertuples()
            ],
        )  # fmt: skip
        edges, percent = _edges(records), _percentages(records)
        outcome, measured = _outcomes(records)
        valid_from = peers.starts_of(first, self.zone)
        peers.pass_over_outside(records, valid_from, start, end)
        said = pd.Series(list(table.cells.itertuples(index=False, name=None)), index=records.index, dtype=object)
        peers.keep_once(
            records, records[_KEY], said, lambda bad: [
                f"the forecast for {row.location} made on {row.date}" for row in bad.itertuples()
            ],
        )  # fmt: skip
        good = peers.used(records)
        forecasts = pd.DataFrame(
            {
                "peer": "pspforecast " + records["version"],
                "target": TARGET,
                "location": records["location"],
                "site": peers.sites_of(records["location"], sites, self.locations),
                "issue_time": peers.starts_of(made + 1, self.zone),
                "valid_from": valid_from,
                "valid_to": peers.starts_of(last + 1, self.zone),
                "unit": variable_named(TARGET).unit,
                "outcome": outcome,
                "outcome_time": peers.starts_of(measured, self.zone),
            }
        )[good]
        return peers.batch_of(path, table, records, _kept(forecasts, edges[good], percent[good]), self.name)


def _kept(forecasts: pd.DataFrame, edges: Floats, percent: Floats) -> pd.DataFrame:
    """Seven rows for each forecast: four classes, and reaching three edges."""
    reached = np.minimum(percent[:, ::-1].cumsum(axis=1)[:, ::-1], 100.0)
    classes = [
        forecasts.assign(kind="class", at=0.0, label=str(number), value=percent[:, number] / 100)
        for number in range(len(CLASSES))
    ]
    exceedances = [
        forecasts.assign(kind="probability", at=edges[:, number], label="", value=reached[:, number] / 100)
        for number in range(1, len(CLASSES))
    ]
    return pd.concat([*classes, *exceedances], ignore_index=True)


def _edges(records: pd.DataFrame) -> Floats:
    """Lower edges of the classes, shape (record, class)."""
    known = {text: _numbers(text) for text in records["class_bins"].unique()}
    rising = {text for text, edges in known.items() if all(low < high for low, high in pairwise(edges))}
    wrong = [text not in rising or len(known[text]) != len(CLASSES) for text in records["class_bins"]]
    refuse(
        records, np.array(wrong, dtype=bool), lambda bad: [
            f"class_bins is {text!r}, not {len(CLASSES)} rising edges such as 0,10,30,80" for text in bad["class_bins"]
        ],
    )  # fmt: skip
    none = [np.nan] * len(CLASSES)
    stated = [none if bad else known[text] for text, bad in zip(records["class_bins"], wrong, strict=True)]
    return np.array(stated, dtype=float).reshape(-1, len(CLASSES))


def _numbers(text: str) -> list[float]:
    values, unread = read_numbers(pd.Series(text.split(","), dtype=object).str.strip(), _WRITTEN)
    return [] if unread.any() else values.tolist()


def _percentages(records: pd.DataFrame) -> Floats:
    """Percentages of the classes, shape (record, class)."""
    percent = np.column_stack([_percentage(records, name) for name in CLASSES])
    total = percent.sum(axis=1)
    refuse(
        records, np.abs(total - 100) > _ROUNDING_PERCENT,
        lambda bad: [f"the classes sum to {total[place]:g} percent, not to 100" for place in bad.index],
    )  # fmt: skip
    return percent


def _percentage(records: pd.DataFrame, name: str) -> Floats:
    value, _ = read_numbers(records[name], _WRITTEN)
    wrong = ~((value >= 0) & (value <= 100))
    refuse(records, wrong, lambda bad: [f"{name} is {text!r}, not a percentage" for text in bad[name]])
    return value


def _outcomes(records: pd.DataFrame) -> tuple[Floats, pd.Series]:
    """What was measured, NaN where nothing was, and the day number of it."""
    if not {"toxicity", "measurement_date"} <= set(records.columns):
        return np.full(len(records), np.nan), pd.Series(np.nan, index=records.index)
    value, unread = read_numbers(records["toxicity"], _WRITTEN)
    refuse(records, unread | (value < 0), lambda bad: [f"toxicity is {text!r}, no amount" for text in bad["toxicity"]])
    day = peers.days_of(records, "measurement_date", missing=_WRITTEN.missing)
    refuse(
        records, np.isfinite(value) & day.isna().to_numpy(),
        lambda bad: ["a toxicity stands there without its measurement_date" for _ in bad.index],
    )  # fmt: skip
    return value, day.where(np.isfinite(value))
