"""One set of forecasts in several formats: JSON, GeoJSON, CSV, Parquet and the model output of the hubverse.

All are written from the same records, so that every number is the same in all of them. CSV and Parquet are long tables:
a row for each number. GeoJSON (RFC 7946) has a feature for each record, at the position of its site. Of the hubverse
(https://docs.hubverse.io/en/latest/user-guide/model-output.html) there are the output types mean, quantile and cdf; its
horizon counts lengths of the period from `origin_date` to `target_end_date`, and is NA where that is no whole number.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from features.entries import MOMENT
from features.errors import HaidangError
from serving.schemas.forecast_models import Exceedance
from serving.schemas.record_models import ForecastRecord, Format

T = TypeVar("T")
MEDIA_TYPES: Mapping[Format, str] = MappingProxyType(
    {
        "json": "application/json",
        "geojson": "application/geo+json",
        "csv": "text/csv; charset=utf-8; header=present",
        "parquet": "application/vnd.apache.parquet",
        "hubverse": "text/csv; charset=utf-8; header=present",
    }
)
_ACCEPTED: Mapping[str, Format] = MappingProxyType(
    {
        "application/json": "json",
        "application/geo+json": "geojson",
        "text/csv": "csv",
        "application/vnd.apache.parquet": "parquet",
        "application/*": "json",
        "*/*": "json",
        "text/*": "csv",
    }
)
TABLE = pa.schema(
    [
        ("id", pa.string()),
        ("hazard", pa.string()),
        ("unit", pa.string()),
        ("sense", pa.string()),
        ("simulated", pa.bool_()),
        ("issue_time", MOMENT),
        ("issued_at", MOMENT),
        ("model_version", pa.string()),
        ("archive_version", pa.int64()),
        ("site", pa.string()),
        ("name_vi", pa.string()),
        ("name_en", pa.string()),
        ("latitude", pa.float64()),
        ("longitude", pa.float64()),
        ("lead", pa.int64()),
        ("valid_from", MOMENT),
        ("valid_to", MOMENT),
        ("level", pa.string()),
        ("law_level", pa.int64()),
        ("step", pa.string()),
        ("raised", pa.bool_()),
        ("missing", pa.string()),
        ("beyond_training", pa.string()),
        ("kind", pa.string()),
        ("at", pa.float64()),
        ("value", pa.float64()),
    ]
)
"""Columns of CSV and Parquet. `kind` says what `value` is: `probability` of the event at the cut `at`; `threshold`, the
same at a threshold of the caller's; `quantile` of the level `at`; `interval_low` and `interval_high` of the probability
`at`; `law_at_least`, the probability of the level `at` of the law or above; `expected`."""
_HUB = (
    "model_id", "origin_date", "target", "horizon", "target_end_date", "location", "output_type", "output_type_id",
    "value",
)  # fmt: skip
_COUNTED = ("count", "day")


class NotAcceptableError(HaidangError):
    """A format that is not spoken here."""


def format_asked(stated: Format | None, accept: str | None) -> Format:
    """The format of an answer: as stated, else the one that the header Accept (RFC 9110) prefers.

    Raises:
        NotAcceptableError: if the header asks only for others.
    """
    if stated is not None:
        return stated
    return preferred(accept, _ACCEPTED) if accept else "json"


def preferred(accept: str, spoken: Mapping[str, T]) -> T:
    """What a header Accept (RFC 9110) prefers of what is spoken, by media type.

    Raises:
        NotAcceptableError: if it asks only for others.
    """
    ranked = []
    for number, part in enumerate(accept.split(",")):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights = [text[2:] for text in parameters if text[:2].lower() == "q="]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0 and name.lower() in spoken:
            ranked.append((-weight, number, spoken[name.lower()]))
    if not ranked:
        raise NotAcceptableError(f"none of {accept} is spoken here: ask for {', '.join(dict.fromkeys(spoken))}")
    return min(ranked, key=lambda one: one[:2])[2]


def as_geojson(records: Sequence[ForecastRecord]) -> bytes:
    """A feature for each record, with all that JSON tells as its properties."""
    features = [
        {
            "type": "Feature",
            **({} if record.id is None else {"id": record.id}),
            "geometry": {"type": "Point", "coordinates": [record.longitude, record.latitude]},
            "properties": record.model_dump(mode="json"),
        }
        for record in records
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, allow_nan=False).encode()


def as_csv(records: Sequence[ForecastRecord]) -> bytes:
    """A row for each number; times as ISO 8601 with offset, nothing where there is no value."""
    rows = ([_cell(row[name]) for name in TABLE.names] for row in _rows(records))
    return _written(TABLE.names, rows)


def as_parquet(records: Sequence[ForecastRecord]) -> bytes:
    """The same rows as CSV, with types; times in UTC."""
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(_rows(records)), TABLE), written, compression="zstd")
    return written.getvalue()


def as_hubverse(records: Sequence[ForecastRecord]) -> bytes:
    """Model output of the hubverse as CSV: mean, quantile and cdf, the probability of an outcome at or below a value.

    Where an event is at least a cut of a count, the cdf stands at the count before the cut; of other amounts at the
    cut.
    """
    return _written(_HUB, (row for record in records for row in _of_hub(record)))


WRITERS: Mapping[Format, Callable[[Sequence[ForecastRecord]], bytes]] = MappingProxyType(
    {"geojson": as_geojson, "csv": as_csv, "parquet": as_parquet, "hubverse": as_hubverse}
)


def _rows(records: Sequence[ForecastRecord]) -> Iterator[dict[str, object]]:
    own = {"law_level", "missing", "beyond_training", "kind", "at", "value"}
    for record in records:
        common = {name: getattr(record, name) for name in TABLE.names if name not in own}
        common["law_level"] = None if record.law is None else record.law.level
        common["missing"] = "; ".join(record.missing)
        common["beyond_training"] = "; ".join(one.feature for one in record.beyond_training)
        for kind, at, value in _numbers(record):
            yield {**common, "kind": kind, "at": at, "value": value}


def _numbers(record: ForecastRecord) -> Iterator[tuple[str, float | None, float]]:
    yield from (("probability", one.threshold, one.probability) for one in record.probabilities)
    yield from (("threshold", one.threshold, one.probability) for one in record.thresholds)
    yield from (("quantile", one.level, one.value) for one in record.quantiles)
    if record.interval is not None:
        yield "interval_low", record.interval.probability, record.interval.low
        yield "interval_high", record.interval.probability, record.interval.high
    if record.law is not None:
        told = enumerate(record.law.at_least, start=1)
        yield from (("law_at_least", float(level), chance) for level, chance in told if chance is not None)
    if record.expected is not None:
        yield "expected", None, record.expected


def _of_hub(record: ForecastRecord) -> Iterator[list[object]]:
    origin, begin, end = record.issue_time.date(), record.valid_from.date(), record.valid_to.date()
    length, reach = (end - begin).days, (end - origin).days - 1
    horizon = reach // length if reach % length == 0 else "NA"
    last_day = end - timedelta(days=1)
    task = [f"haidang-{record.model_version}", origin, record.hazard, horizon, last_day, record.site]
    if record.expected is not None:
        yield [*task, "mean", "NA", record.expected]
    yield from ([*task, "quantile", one.level, one.value] for one in record.quantiles)
    before = 1 if record.unit in _COUNTED else 0
    below = []
    for one in (*record.probabilities, *record.thresholds):
        reaches = isinstance(one, Exceedance)
        value = round(1 - one.probability, 6) if reaches else one.probability
        below.append((one.threshold - before if reaches else one.threshold, value))
    yield from ([*task, "cdf", at, value] for at, value in sorted(dict(below).items()))


def _cell(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else "" if value is None else value


def _written(header: Sequence[str], rows: Iterator[list[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
