"""What there is to ask about: hazards, sites, the levels of the law, and how fresh the sources are."""

import json
from pathlib import Path

import pandas as pd
import pytest
from api_client import Ask, client, problem_of
from pydantic import TypeAdapter
from tiny_deployment import COAST, SMALL, a_copy, answering, local, opened, the_deployment

from features.database import open_database
from features.entries import Receipt
from features.ingest_log import IngestLog
from models.law.decision_18 import DECISION_18
from serving.schemas.hazard_models import HazardView, SiteView
from serving.schemas.reference_models import LawView, SourceView
from serving.views.freshness import Freshness

_SOURCES = TypeAdapter(list[SourceView])


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return client(answering(the_deployment(tmp_path_factory)))


def test_the_law_is_told_cell_by_cell_as_it_is_encoded(ask: Ask) -> None:
    law = LawView.model_validate_json(ask("GET", "/v1/levels").content)
    assert (law.decision, law.compared_with_gazette) == ("18/2021/QĐ-TTg", False)
    assert [(level.level, level.hex) for level in law.levels][3] == (3, "#FFA94D")
    rain = next(matrix for matrix in law.matrices if matrix.name == "rain")
    assert (rain.article, rain.unit, "heavy_rain" in rain.hazards) == ("44", "mm", True)
    table = DECISION_18.table("rain")
    assert len(rain.cells) == len(rain.places) * len(rain.classes) * len(rain.durations) == len(table.cells)
    assert [cell.level for cell in rain.cells] == [cell.level for cell in table.cells]
    marks = {one.mark for one in law.marks}
    assert {cell.mark for matrix in law.matrices for cell in matrix.cells} <= marks
    assert all(cell.verified == (cell.mark == "V") for matrix in law.matrices for cell in matrix.cells)


def test_a_hazard_says_what_it_reads_where_and_by_which_law(ask: Ask) -> None:
    coast = HazardView.model_validate_json(ask("GET", f"/v1/hazards/{COAST}").content)
    assert (coast.where, coast.issue_every_days, coast.amount, coast.law) == ("coastal", 1, False, None)
    assert "lead()" in coast.features
    rain = HazardView.model_validate_json(ask("GET", "/v1/hazards/heavy_rain").content)
    assert rain.law is not None
    assert (rain.law.matrix, rain.law.article, rain.law.told_by) == ("rain", "44", "heavy_rain")
    told = problem_of(ask("GET", "/v1/hazards/small_rian"), 404)
    assert SMALL in told.detail


def test_a_site_names_the_hazards_that_are_forecast_there(ask: Ask) -> None:
    sites = {site.code: site for site in map(SiteView.model_validate, ask("GET", "/v1/sites").json())}
    assert {SMALL, COAST} <= set(sites["S1"].hazards)
    assert COAST not in sites["S5"].hazards
    coastal = ask("GET", "/v1/sites", params={"hazard": COAST}).json()
    assert [site["code"] for site in coastal] == ["S1", "S2", "S3", "S4"]


def test_sites_come_as_points_or_as_their_areas(
    ask: Ask, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    point = ask("GET", "/v1/sites", params={"format": "geojson"}).json()["features"][0]
    assert (point["id"], point["geometry"]) == ("S1", {"type": "Point", "coordinates": [107.08, 20.95]})
    home = a_copy(tmp_path_factory, tmp_path / "home")
    ring = [[107.0, 20.9], [107.2, 20.9], [107.2, 21.0], [107.0, 20.9]]
    area = {"type": "Feature", "properties": {"code": "S1"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (home / "areas.json").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), encoding="utf-8")
    with (home / "haidang.toml").open("a", encoding="utf-8") as settings:
        settings.write('boundaries = "areas.json"\n')
    told = client(answering(home))("GET", "/v1/sites", params={"format": "geojson"})
    assert told.headers["content-type"] == "application/geo+json"
    assert [feature["geometry"]["type"] for feature in told.json()["features"]] == ["Polygon", *4 * ["Point"]]


def test_a_source_says_how_fresh_its_values_are(ask: Ask) -> None:
    (small,) = _SOURCES.validate_json(ask("GET", "/v1/sources").content)
    assert (small.name, small.state, small.configured, small.simulated) == ("small", "never asked", False, False)
    (rain,) = small.variables
    # the newest value is the rain of 29 June, known six hours after the day; before, 30 June was forecast
    assert (rain.variable, rain.unit) == ("rain", "mm")
    assert rain.data_until == local("2023-06-30")
    assert rain.known_at == local("2023-06-30 06:00")


def test_the_state_of_a_source_is_that_of_its_last_ingest(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    deployment = opened(a_copy(tmp_path_factory, tmp_path / "home"))
    log, now = IngestLog(open_database(deployment.settings.database_address)), local("2023-07-01 08:00")
    fresh = Freshness(deployment)
    day = pd.Timedelta(days=1)
    run = log.begin("gauges", "all", 2 * day, now)
    assert [(one.name, one.state) for one in fresh.views(now)] == [("gauges", "running"), ("small", "never asked")]
    log.reached(run, now - day)
    log.finish(run, Receipt(), now)
    gauges = fresh.views(now)[0]
    assert (gauges.state, gauges.promised_latency_days, gauges.variables) == ("finished", 2.0, [])
    assert (gauges.delivered_until, gauges.last_ended_at) == (now - day, now)
    for _ in range(3):
        log.fail(log.begin("gauges", "all", day, now), "the key abc is not known", now)
    told = fresh.views(now)[0]
    assert (told.state, told.rests_until) == ("resting", now + pd.Timedelta(minutes=30))
    assert "abc" not in told.model_dump_json()
    assert fresh.views(now + day)[0].state == "failed"


@pytest.mark.parametrize("path", ["hazards", f"hazards/{SMALL}", "sites", "levels", "sources"])
def test_what_seldom_changes_is_not_sent_again_and_takes_no_unknown_parameter(ask: Ask, path: str) -> None:
    first = ask("GET", f"/v1/{path}")
    assert first.headers["cache-control"] == "no-cache"
    again = ask("GET", f"/v1/{path}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    told = problem_of(ask("GET", f"/v1/{path}", params={"colour": "red"}), 422)
    assert [error["field"] for error in told.errors] == ["colour"]
