"""Forecasts in several formats: the same numbers in all, the format that is asked for, and answers that are held."""

import csv
import io
import json
from datetime import datetime
from pathlib import Path

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from api_client import Ask, client, problem_of
from tiny_deployment import COAST, ENDS, HANOI, SMALL, a_copy, answering, local, opened, the_deployment

from features.sources.peers.hubverse import Hubverse
from haidang.chain import issuing
from serving.answering.conditional import prepare
from serving.answering.records import by_hazard
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.forecast_models import Interval, Quantile
from serving.schemas.law_models import LegalPeriod
from serving.schemas.record_models import ForecastRecord
from serving.web.outlets import TABLE, NotAcceptableError, as_csv, as_geojson, as_hubverse, as_parquet, format_asked


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return client(answering(the_deployment(tmp_path_factory)))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[ForecastRecord]:
    """A real issue, with what only hazards of amounts and of the law tell added by hand."""
    answers = answering(the_deployment(tmp_path_factory))
    told = RiskAnswer.model_validate_json(client(answers)("POST", "/risk", json={"hazard": SMALL}).content)
    added = {
        "quantiles": [Quantile(level=0.05, value=0.25), Quantile(level=0.5, value=3.5), Quantile(level=0.95, value=41)],
        "interval": Interval(probability=0.9, low=0.25, high=41.0),
        "law": LegalPeriod(level=1, at_least=[0.4321, None, 0.0123], cell=0),
    }
    return [record.model_copy(update=added) for record in by_hazard(answers, [told])]


def numbers(record: ForecastRecord) -> set[tuple[str | None, str, float | None, float]]:
    """Every number of a record as JSON tells it."""
    told = json.loads(record.model_dump_json())
    found = {("probability", one["at_least"], one["probability"]) for one in told["probabilities"]}
    found |= {("quantile", one["level"], one["value"]) for one in told["quantiles"]}
    found |= {("interval_low", 0.9, told["interval"]["low"]), ("interval_high", 0.9, told["interval"]["high"])}
    found |= {("law_at_least", 1.0, 0.4321), ("law_at_least", 3.0, 0.0123), ("expected", None, told["expected"])}
    return {(told["id"], *one) for one in found}


def test_every_number_is_the_same_in_all_formats(records: list[ForecastRecord], tmp_path: Path) -> None:
    expected = set().union(*map(numbers, records))
    rows = list(csv.DictReader(io.StringIO(as_csv(records).decode())))
    as_told = [(row["id"], row["kind"], float(row["at"]) if row["at"] else None, float(row["value"])) for row in rows]
    assert len(as_told) == len(expected)
    assert set(as_told) == expected
    table = pq.read_table(io.BytesIO(as_parquet(records)))
    assert table.schema == TABLE
    assert [tuple(row[name] for name in ("id", "kind", "at", "value")) for row in table.to_pylist()] == as_told
    features = json.loads(as_geojson(records))["features"]
    assert set().union(*(numbers(ForecastRecord.model_validate(one["properties"])) for one in features)) == expected
    hub = list(csv.DictReader(io.StringIO(as_hubverse(records).decode())))
    of_hub = {
        (row["location"], row["horizon"], row["output_type"], row["output_type_id"], float(row["value"])) for row in hub
    }
    of_json = set()
    for record in records:
        task = (record.site, str(record.lead))
        of_json.add((*task, "mean", "NA", record.expected))
        of_json |= {(*task, "quantile", str(one.level), one.value) for one in record.quantiles}
        of_json |= {(*task, "cdf", str(one.threshold), round(1 - one.probability, 6)) for one in record.probabilities}
    assert of_hub == of_json


def test_the_rows_say_when_where_and_how_the_forecast_stands(records: list[ForecastRecord]) -> None:
    row = next(csv.DictReader(io.StringIO(as_csv(records[:1]).decode())))
    assert (row["site"], row["name_vi"], row["lead"], row["law_level"]) == ("S1", "Hạ Long", "1", "1")
    assert row["valid_from"] == "2023-07-01T00:00:00+07:00"
    assert row["missing"] == "total_ahead(rain)"
    typed = pq.read_table(io.BytesIO(as_parquet(records[:1]))).to_pylist()[0]
    assert typed["valid_from"] == datetime.fromisoformat("2023-07-01T00:00:00+07:00")


def test_a_feature_stands_at_its_site_longitude_first(records: list[ForecastRecord]) -> None:
    feature = json.loads(as_geojson(records[:1]))["features"][0]
    assert feature["geometry"] == {"type": "Point", "coordinates": [107.08, 20.95]}
    assert feature["id"] == records[0].id


def test_model_output_of_the_hubverse_is_read_by_our_own_reader_of_hubs(
    records: list[ForecastRecord], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path / f"2023-06-30-haidang-{records[0].model_version}.csv"
    file.write_bytes(as_hubverse(records))
    sites = opened(the_deployment(tmp_path_factory)).sites
    ever = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
    (batch,) = Hubverse(file, HANOI, horizon_days=1).fetch(sites, *ever)
    assert batch.rejected.empty
    read = batch.tables["peers"]
    first = read[(read["site"] == "S1") & (read["valid_from"] == local("2023-07-01")) & (read["kind"] == "probability")]
    at_least = dict(zip(first["at"], first["value"], strict=True))
    assert at_least == {one.threshold: one.probability for one in records[0].probabilities}


def test_of_a_count_the_cdf_stands_at_the_count_before_the_cut(records: list[ForecastRecord]) -> None:
    counted = records[0].model_copy(update={"unit": "count", "quantiles": [], "expected": None})
    rows = list(csv.DictReader(io.StringIO(as_hubverse([counted]).decode())))
    assert [row["output_type_id"] for row in rows] == ["4.0", "19.0", "39.0"]


def test_periods_of_a_week_are_counted_in_weeks_and_others_have_no_horizon(records: list[ForecastRecord]) -> None:
    week = {"valid_from": local("2023-07-08").to_pydatetime(), "valid_to": local("2023-07-15").to_pydatetime()}
    odd = {"valid_from": local("2023-07-03").to_pydatetime(), "valid_to": local("2023-07-09").to_pydatetime()}
    for update, horizon, last in ((week, "2", "2023-07-14"), (odd, "NA", "2023-07-08")):
        told = as_hubverse([records[0].model_copy(update=update)]).decode()
        row = next(csv.DictReader(io.StringIO(told)))
        assert (row["origin_date"], row["horizon"], row["target_end_date"]) == ("2023-06-30", horizon, last)


@pytest.mark.parametrize(
    ("stated", "accept", "expected"),
    [
        (None, None, "json"),
        (None, "*/*", "json"),
        (None, "text/csv", "csv"),
        (None, "text/csv;q=0.5, application/geo+json", "geojson"),
        (None, "text/html, application/vnd.apache.parquet;q=0.1", "parquet"),
        (None, "text/html,*/*;q=0.8", "json"),
        ("hubverse", "application/json", "hubverse"),
    ],
)
def test_the_format_is_that_stated_else_the_one_preferred(
    stated: str | None, accept: str | None, expected: str
) -> None:
    assert format_asked(stated, accept) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "text/csv;q=x"])
def test_a_format_that_is_not_spoken_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptableError, match="ask for application/json"):
        format_asked(None, accept)


def test_each_resource_of_forecasts_comes_in_all_formats(ask: Ask) -> None:
    latest = ask("GET", "/v1/forecasts/latest", params={"hazard": SMALL, "format": "csv"})
    assert latest.headers["content-type"].startswith("text/csv")
    posted = ask("POST", "/risk", json={"hazard": SMALL}, headers={"accept": "text/csv"})
    assert posted.content == latest.content
    both = ask("POST", "/risk", json={"hazards": [SMALL, COAST]}, params={"format": "csv"}).text.splitlines()
    alone = ask("POST", "/risk", json={"hazard": COAST}, params={"format": "csv"}).text.splitlines()
    assert both == [*latest.text.splitlines(), *alone[1:]]
    listed = ask("GET", "/v1/forecasts", params={"hazard": SMALL, "limit": 10, "format": "csv"})
    assert listed.content == latest.content
    assert 'rel="next"' in listed.headers["link"]
    record = json.loads(ask("GET", "/v1/forecasts", params={"hazard": SMALL, "limit": 1}).content)["forecasts"][0]
    one = ask("GET", f"/v1/forecasts/{record['id']}", headers={"accept": "application/geo+json"}).json()
    assert [feature["properties"] for feature in one["features"]] == [record]
    problem_of(ask("GET", f"/v1/forecasts/{record['id']}", headers={"accept": "text/html"}), 406)
    refused = problem_of(ask("POST", "/risk", json={"hazard": SMALL}, params={"colour": "red"}), 422)
    assert [error["field"] for error in refused.errors] == ["colour"]


def latest(ask: Ask, **headers: str) -> httpx.Response:
    return ask("GET", "/v1/forecasts/latest", params={"hazard": SMALL, "site": "S1"}, headers=headers)


def test_who_holds_an_answer_is_not_sent_it_again(ask: Ask) -> None:
    first = latest(ask)
    assert first.headers["cache-control"] == "max-age=5"
    assert first.headers["vary"] == "accept"
    tag = first.headers["etag"]
    for held in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = latest(ask, **{"if-none-match": held})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert latest(ask, **{"if-none-match": '"other"'}).content == first.content
    assert latest(ask, accept="text/csv").headers["etag"] != tag


def test_bytes_are_held_once_for_a_site_however_it_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    answers = answering(the_deployment(tmp_path_factory))
    asked = client(answers)
    told = {
        asked("GET", "/v1/forecasts/latest", params={"hazard": SMALL, "site": name}, headers={"accept": accept}).content
        for name in ("S1", "Hạ Long", "ha long", "HA LONG")
        for accept in ("*/*", "application/json", "application/json;q=0.3")
    }
    assert len(told) == 1
    assert list(answers.prepared) == [(SMALL, "S1", "json")]


def test_a_tag_is_that_of_the_bytes() -> None:
    assert prepare("a").etag == prepare(b"a").etag != prepare("b").etag


def test_a_new_issue_comes_with_a_new_tag_and_new_bytes(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    answers = answering(a_copy(tmp_path_factory, tmp_path / "home"))
    asked = client(answers)
    before = latest(asked)
    assert latest(asked).content == before.content
    deployment = answers.deployment
    issuing.issue_now(deployment, deployment.hazard(SMALL), ENDS, ENDS)
    assert latest(asked, **{"if-none-match": before.headers["etag"]}).status_code == 304
    answers.refresh()
    after = latest(asked, **{"if-none-match": before.headers["etag"]})
    assert (after.status_code, RiskAnswer.model_validate_json(after.content).issue_time) == (200, ENDS)
