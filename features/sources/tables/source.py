"""Tables of one's own: CSV, Parquet and Excel files, read by a declared mapping of their columns."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from features.entries import ENTRIES, Batch, Floats, Receipt
from features.errors import HaidangError, UnknownNameError
from features.sites import Sites
from features.sources.tables.cells import cell_texts, read_numbers, read_times
from features.sources.tables.files import Table, read_table
from features.sources.tables.mapping import Mapping, read_mapping
from features.sources.tables.readings import daily_values, local_days, local_starts, refuse, stretch_ends
from features.sources.units import converter
from features.variables import variable_named

_ROWS_PER_BATCH = 50_000


def _read(stated: object) -> object:
    return read_mapping(stated) if isinstance(stated, str | Path) else stated


@dataclass(frozen=True)
class TableSource:
    """Values of a table of one's own, CSV, Parquet or Excel, by a declared mapping of its columns.

    A value that is known a stated delay after its stretch is never known before its local day, or the month that it
    speaks of, is over. Where a rule brings several rows of a day together, the value is known when its last row is
    known and the day is over; a total is not made of a day on which a row is missing or cannot be read.

    Attributes:
        file: a .csv, .csv.gz, .parquet or .xlsx file; it is read when values are fetched.
        mapping: what its columns mean; in settings the file of the mapping, or the name of a built-in one.
        zone: IANA zone of the deployment's local day, and of times without an offset.
        licence: under which terms the values are given.
    """

    file: Path
    mapping: Annotated[Mapping, BeforeValidator(_read)]
    zone: str
    licence: str = "as the owner of the file says"
    revisits: None = None

    def __post_init__(self) -> None:
        """Checks variables and units.

        Raises:
            HaidangError: if a variable is not declared, or a unit is not known or does not convert.
        """
        _ = self._converters

    @property
    def name(self) -> str:
        return self.mapping.name

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(self.mapping.rules)

    @property
    def latency(self) -> pd.Timedelta:
        mapping = self.mapping
        delays = [one.delay_days or 0.0 for one in mapping.measured.values()] + [mapping.delay_days or 0.0]
        return pd.Timedelta(days=mapping.latency_days if mapping.known_time else max(delays))

    @cached_property
    def _converters(self) -> dict[str, Callable[[Floats], Floats]]:
        for one in self.mapping.measured.values():
            if one.limit_variable is not None:
                unit, wanted = variable_named(one.limit_variable).unit, variable_named(one.variable).unit
                if unit != wanted:
                    raise HaidangError(f"{one.limit_variable} is in {unit}, {one.variable} in {wanted}: name its limit")
        return {name: converter(name, measured) for name, measured in self.mapping.measured.items()}

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields whole calendar years in order; rows whose time cannot be read come with the first batch.

        Raises:
            HaidangError: if the file cannot be read or lacks a column, or the fixed site is unknown.
        """
        table = read_table(self.file, self.mapping)
        rows = self._rows(table, sites)
        readings = self._judged(self._readings(table, rows[rows["reason"] == ""]))
        daily = daily_values(readings, self.mapping, self.zone)
        entries = self._entries(daily, sites)
        entries = entries[(entries["valid_time"] >= start) & (entries["valid_time"] < end)]
        columns = ["place", "moment", "reason"]
        refused = pd.concat([rows.loc[rows["reason"] != "", columns], readings.loc[readings["reason"] != "", columns]])
        refused = refused[refused["moment"].isna() | (refused["moment"] >= start) & (refused["moment"] < end)]
        told = _fates(table, rows, readings, refused, start, end)
        asked = (readings["moment"] >= start) & (readings["moment"] < end)
        told = replace(told, remarks=self._remarks(readings[asked], entries))
        for batch in self._by_years(table, entries, refused.sort_values("place", kind="stable")):
            yield _with_counts(batch, told)
            told = Receipt()
        if told.read:
            yield _with_counts(Batch(entries.iloc[:0]), told)

    def _judged(self, readings: pd.DataFrame) -> pd.DataFrame:
        """The readings of `_readings`, with a reason in each that another check than that of the cells refuses."""
        return readings

    def _remarks(self, readings: pd.DataFrame, entries: pd.DataFrame) -> tuple[str, ...]:
        """What an operator should know of the asked readings and of the entries made of them."""
        return ()

    def _rows(self, table: Table, sites: Sites) -> pd.DataFrame:
        """Per row of the file: place, site, moment, dated, day, known if it has a column, reason ("" if good)."""
        mapping, cells = self.mapping, table.cells
        rows = read_times(cells, mapping.valid_time, self.zone).assign(place=np.arange(len(cells)), reason="")
        rows["reason"] = rows["reason"].astype(object)
        width = len(cells.columns)
        fields = pd.Series(table.width)
        refuse(
            rows, table.width != width, lambda bad: [f"has {n} fields, the header {width}" for n in fields[bad.index]]
        )
        self._refuse_unread(rows, cells, mapping.valid_time.columns, rows["moment"], mapping.valid_time.format)
        codes, faults = self._sites(cells, sites)
        rows["site"] = codes
        if mapping.other_sites == "reject":
            refuse(rows, (faults != "").to_numpy(), lambda bad: list(faults[bad.index]))
        if mapping.known_time is not None:
            known = read_times(cells, mapping.known_time, self.zone)
            self._refuse_unread(rows, cells, mapping.known_time.columns, known["moment"], mapping.known_time.format)
            rows["known"] = known["moment"].where(
                ~known["dated"], local_starts(known["moment"], self.zone, days_later=1)
            )
        rows["day"] = local_days(rows["moment"], self.zone)
        return rows[(rows["reason"] != "") | (faults == "")]

    def _sites(self, cells: pd.DataFrame, sites: Sites) -> tuple[pd.Series, pd.Series]:
        """The site code of each row, and what is wrong with its site ("" if nothing)."""
        mapping = self.mapping
        if not mapping.named_by:
            code = "" if mapping.site is None else sites.find(mapping.site).code
            return pd.Series(code, cells.index, dtype=object), pd.Series("", cells.index, dtype=object)
        texts = cell_texts(cells[mapping.named_by[0]])
        for column in mapping.named_by[1:]:
            texts = texts + " " + cell_texts(cells[column])
        codes, faults = {}, {}
        for text in texts.unique():
            try:
                codes[text], faults[text] = sites.find(mapping.sites.get(text, text)).code, ""
            except UnknownNameError as error:
                faults[text] = f"{', '.join(mapping.named_by)} is {text!r}: {error}; add it to `sites` of the mapping"
        return texts.map(codes), texts.map(faults)

    def _readings(self, table: Table, rows: pd.DataFrame) -> pd.DataFrame:
        """One row per value: the columns of `_rows`, and variable and value (NaN where not measured)."""
        mapping = self.mapping
        cells = table.cells.iloc[rows["place"]]
        if mapping.columns:
            parts = [self._part(name, rows, cell_texts(cells[name]), name) for name in mapping.columns]
        else:
            names, values = cell_texts(cells[mapping.variable_column]), cell_texts(cells[mapping.value_column])
            here = {name: (names == name).to_numpy() for name in mapping.names}
            parts = [self._part(name, rows[of], values[of], str(mapping.value_column)) for name, of in here.items()]
            others = rows[~names.isin(mapping.names).to_numpy()].assign(variable="", value=np.nan)
            if mapping.other_names == "reject":
                stated = ", ".join(mapping.names)
                fault = f"the mapping states {stated}: add it to `names`, or skip `other_names`"
                refuse(
                    others, np.ones(len(others), dtype=bool),
                    lambda bad: [f"{mapping.variable_column} is {name!r}, {fault}" for name in names[bad.index]],
                )  # fmt: skip
                parts.append(others)
        return pd.concat(parts, ignore_index=True)

    def _part(self, name: str, rows: pd.DataFrame, texts: pd.Series, column: str) -> pd.DataFrame:
        measured = self.mapping.measured[name]
        numbers, unread = read_numbers(texts, self.mapping)
        part = rows.assign(variable=measured.variable, value=self._converters[name](numbers))
        ways = "`missing`, `text_values`, `below_detection`, `thousands` or `decimal`"
        advice = f"not a number: mend it, or state what it means in {ways}"
        refuse(part, unread, lambda bad: [f"{column} is {text!r}, {advice}" for text in texts[bad.index]])
        if self.mapping.known_time is None:
            delay = measured.delay_days if measured.delay_days is not None else self.mapping.delay_days
            span, when = variable_named(measured.variable).span_days, self.mapping.valid_time
            over = stretch_ends(part["moment"], measured.variable, when, self.zone)
            ends = local_starts(part["moment"], self.zone) + pd.Timedelta(days=span) if when.tells_day else over
            over = over.clip(lower=local_starts(part["moment"], self.zone, days_later=1))
            part["known"] = (ends + pd.Timedelta(days=delay or 0.0)).clip(lower=over)
        if measured.limit_variable is None:
            return part
        at_limit = self.mapping.model_copy(update={"below_detection": "limit", "text_values": {}})
        below = texts.str.startswith("<") & ~texts.str.casefold().isin(map(str.casefold, self.mapping.text_values))
        limits = self._converters[name](read_numbers(texts, at_limit)[0])
        told = part.assign(variable=measured.limit_variable, value=limits)[below & (part["reason"] == "")]
        return pd.concat([part, told])

    def _entries(self, daily: pd.DataFrame, sites: Sites) -> pd.DataFrame:
        valid_time = local_starts(daily["moment"], self.zone)
        entries = daily.assign(valid_time=valid_time, known_time=daily["known"], source=self.name)
        if self.mapping.every_site:
            entries = entries.drop(columns="site").merge(pd.DataFrame({"site": list(sites.codes)}), how="cross")
        ordered: pd.DataFrame = entries.sort_values(["valid_time", "site", "variable"], kind="stable")[ENTRIES.names]
        return ordered

    def _by_years(self, table: Table, entries: pd.DataFrame, refused: pd.DataFrame) -> Iterator[Batch]:
        year, refused_year = self._years(entries["valid_time"]), self._years(refused["moment"])
        first = min([*year, *refused_year.dropna()], default=0)
        refused_year = refused_year.fillna(first)
        rows_before = year.value_counts().add(refused_year.value_counts(), fill_value=0).sort_index().cumsum()
        for _, years in rows_before.groupby((rows_before - 1) // _ROWS_PER_BATCH):
            aside = refused[refused_year.isin(years.index)]
            where = [f"{self.file.name}, line {line}: " for line in table.line[aside["place"]]]
            rejected = pd.DataFrame(
                {"source": self.name, "reason": where + aside["reason"], "row": table.rows(aside["place"])}, dtype=str
            )
            yield Batch(entries[year.isin(years.index)].reset_index(drop=True), rejected.reset_index(drop=True))

    def _years(self, moments: pd.Series) -> pd.Series:
        years: pd.Series = moments.dt.tz_convert(self.zone).dt.year
        return years

    def _refuse_unread(
        self, rows: pd.DataFrame, cells: pd.DataFrame, columns: Sequence[str], read: pd.Series, form: str
    ) -> None:
        written = f" as {form} tells" if len(columns) == 1 else ""
        refuse(
            rows, read.isna().to_numpy(), lambda bad: [
                f"{', '.join(columns)} is {', '.join(map(repr, row))}, not a time{written}: mend it or the mapping"
                for row in cells.loc[bad.index, list(columns)].itertuples(index=False, name=None)
            ],
        )  # fmt: skip


def _with_counts(batch: Batch, told: Receipt) -> Batch:
    return replace(batch, read=told.read, unread=told.unread, passed_over=told.passed_over, remarks=told.remarks)


def _fates(
    table: Table,
    rows: pd.DataFrame,
    readings: pd.DataFrame,
    refused: pd.DataFrame,
    start: pd.Timestamp,
    end: pd.Timestamp,
) -> Receipt:
    """What becomes of each row of the file: it is used, passed over for a reason, or unread."""
    whole = np.arange(len(table.cells))
    outside = rows["moment"].notna() & ~((rows["moment"] >= start) & (rows["moment"] < end))
    measured = readings[(readings["reason"] == "") & readings["value"].notna()]
    named = readings[readings["variable"] != ""]
    tests = (
        ("unread", np.isin(whole, refused["place"])),
        ("are of other sites", ~np.isin(whole, rows["place"])),
        ("lie outside the asked stretch", np.isin(whole, rows.loc[outside, "place"])),
        ("used", np.isin(whole, measured["place"])),
        ("hold no measured value", np.isin(whole, named["place"])),
        ("are of other variables", np.ones(len(whole), dtype=bool)),
    )
    fates = Counter(np.select([test for _, test in tests], [fate for fate, _ in tests], "").tolist())
    passed_over = {fate: fates[fate] for fate, _ in tests if fate not in ("unread", "used") and fates[fate]}
    return Receipt(read=len(whole), unread=fates["unread"], passed_over=passed_over)
