"""The risk API: every endpoint, and every way to ask wrongly, each told as a problem report that names the field."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from api_client import Ask, client, problem_of
from tiny_deployment import COAST, ISSUED, SMALL, a_copy, answering, the_deployment, write_hazard

from serving.access.service_settings import LARGEST_BODY
from serving.api import build_api
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.explain_models import Explanation
from serving.schemas.hazard_models import HazardView, SiteView


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return client(answering(the_deployment(tmp_path_factory)))


def test_a_question_is_answered_with_all_that_is_needed_to_judge_it(ask: Ask) -> None:
    response = ask("POST", "/risk", json={"hazard": SMALL, "sites": ["Bình Liêu"], "thresholds": [10]})
    assert response.status_code == 200
    answer = RiskAnswer.model_validate_json(response.content)
    assert (answer.hazard, answer.origin, answer.issue_time) == (SMALL, "issued", ISSUED[-1])
    assert [one.at_least for one in answer.forecasts[0].periods[0].thresholds] == [10]
    assert answer.baselines_beaten.startswith("leads at which both climatology and persistence are beaten:")
    assert answer.model_version
    assert answer.learned_until is not None


def test_an_answer_is_written_in_unicode_with_local_times(ask: Ask) -> None:
    text = ask("POST", "/risk", json={"hazard": SMALL}).text
    assert "Hạ Long" in text
    assert '"issue_time":"2023-06-30T07:00:00+07:00"' in text


def test_an_answer_of_a_past_moment_is_a_hindcast(ask: Ask) -> None:
    response = ask("POST", "/risk", json={"hazard": SMALL, "issue_time": "2022-08-01T00:00:00Z"})
    answer = RiskAnswer.model_validate_json(response.content)
    assert answer.origin == "hindcast"
    assert answer.issue_time.isoformat() == "2022-08-01T07:00:00+07:00"


def test_the_latest_forecast_is_read_by_a_plain_link(ask: Ask) -> None:
    response = ask("GET", "/v1/forecasts/latest", params={"hazard": COAST, "site": "co to"})
    assert response.status_code == 200
    assert [forecast.site for forecast in RiskAnswer.model_validate_json(response.content).forecasts] == ["S4"]
    whole = ask("GET", "/v1/forecasts/latest", params={"hazard": COAST})
    assert whole.json() == ask("POST", "/risk", json={"hazard": COAST}).json()


def test_the_hazards_are_listed_with_their_cuts_leads_and_levels(ask: Ask) -> None:
    listed = {view["name"]: HazardView.model_validate(view) for view in ask("GET", "/v1/hazards").json()}
    small = listed[SMALL]
    assert (small.cuts, small.leads, small.unit, small.sites) == ([5, 20, 40], [1, 2], "mm", 5)
    assert [(level.name, level.probability, level.cut) for level in small.levels] == [
        ("watch", 0.3, 20),
        ("warning", 0.2, 40),
    ]
    assert (small.withheld, small.latest_issue_time) == (None, ISSUED[-1])
    assert listed[COAST].sites == 4
    assert "haidang train heavy_rain" in str(listed["heavy_rain"].withheld)


def test_the_sites_are_listed_with_their_attributes(ask: Ask) -> None:
    listed = [SiteView.model_validate(view) for view in ask("GET", "/v1/sites").json()]
    assert [(site.code, site.name_vi, site.attributes) for site in listed][3:] == [
        ("S4", "Cô Tô", {"coastal": 1}),
        ("S5", "Bình Liêu", {"coastal": 0}),
    ]


def test_the_api_describes_itself_in_openapi_3_1(ask: Ask) -> None:
    described = ask("GET", "/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    stored = ("", "/latest", "/{id}", "/{id}/passport", "/{id}/replay")
    shared = ("", "/{name}", "/{name}/schema", "/{name}/files", "/{name}/files/{file}", "/{name}/changes")
    paths = {
        "explanations",
        "hazards",
        "hazards/{name}",
        "levels",
        "sites",
        "sources",
        "verification",
        "aggregates",
        "triggers",
        "thresholds/simulate",
        "catalogue",
        *(f"forecasts{path}" for path in stored),
        *(f"datasets{path}" for path in shared),
    }
    assert set(described["paths"]) == {"/risk", "/scenario", "/explain", *(f"/v1/{path}" for path in paths)}
    assert {"200", "422", "503"} <= set(described["paths"]["/risk"]["post"]["responses"])
    latest = described["paths"]["/v1/forecasts/latest"]["get"]
    assert [(one["name"], one["required"]) for one in latest["parameters"]] == [
        ("hazard", True),
        ("site", False),
        ("format", False),
    ]
    outlets = ["application/json", "application/geo+json", "text/csv", "application/vnd.apache.parquet"]
    assert sorted(latest["responses"]["200"]["content"]) == sorted(outlets)
    assert ask("GET", "/").headers["location"] == "/openapi.json"


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, "hazard"),
        ({"hazard": 7}, "hazard"),
        ({"hazard": None}, "hazard"),
        ({"hazard": "small_rian"}, "hazard"),
        ({"hazard": SMALL, "place": "S1"}, "place"),
        ({"hazard": SMALL, "sites": "S1"}, "sites"),
        ({"hazard": SMALL, "sites": []}, "sites"),
        ({"hazard": SMALL, "sites": ["S1", 6652]}, "sites.1"),
        ({"hazard": SMALL, "sites": ["S1", "Atlantis"]}, "sites.1"),
        ({"hazard": SMALL, "sites": ["S1"] * 5001}, "sites"),
        ({"hazard": COAST, "sites": ["S5"]}, "sites.0"),
        ({"hazard": SMALL, "issue_time": "2023-06-30T07:00"}, "issue_time"),
        ({"hazard": SMALL, "issue_time": "yesterday"}, "issue_time"),
        ({"hazard": SMALL, "issue_time": "2100-01-01T00:00Z"}, "issue_time"),
        ({"hazard": SMALL, "issue_time": "2019-01-01T00:00Z"}, "issue_time"),
        ({"hazard": SMALL, "issue_time": "9999-12-31T23:59Z"}, "issue_time"),
        ({"hazard": SMALL, "issue_time": "0001-01-01T00:00Z"}, "issue_time"),
        ({"hazard": SMALL, "thresholds": 10}, "thresholds"),
        ({"hazard": SMALL, "thresholds": [10, "a lot"]}, "thresholds.1"),
        ({"hazard": SMALL, "thresholds": [10, 1000]}, "thresholds.1"),
        ({"hazard": SMALL, "thresholds": [10] * 21}, "thresholds"),
        ({"hazard": SMALL, "positions": [{"latitude": 91, "longitude": 107}]}, "positions.0.latitude"),
        ({"hazard": SMALL, "positions": [{"latitude": 21}]}, "positions.0.longitude"),
        ({"hazard": SMALL, "leads": [0]}, "leads.0"),
        ({"hazard": SMALL, "include": ["weather"]}, "include.0"),
    ],
)
def test_a_question_that_cannot_be_used_names_the_field(ask: Ask, question: dict[str, object], field: str) -> None:
    told = problem_of(ask("POST", "/risk", json=question), 422)
    assert [error["field"] for error in told.errors] == [field]
    assert told.errors[0]["message"] in told.detail


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_threshold_that_is_no_finite_number_is_refused(ask: Ask, word: str) -> None:
    body = f'{{"hazard": "{SMALL}", "thresholds": [{word}]}}'
    told = problem_of(ask("POST", "/risk", content=body, headers={"content-type": "application/json"}), 422)
    assert told.errors[0]["field"] == "thresholds.0"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"small_rain"', b"\xff\xfe", b"\x80", b'{"hazard": "\xe9"}', b"hazard=small_rain"]
)
def test_a_body_that_is_no_json_object_is_refused(ask: Ask, body: bytes) -> None:
    problem_of(ask("POST", "/risk", content=body, headers={"content-type": "application/json"}), 422)


@pytest.mark.parametrize(
    "body",
    [
        r'{"hazard": "\ud800"}',
        r'{"hazard": "small_rain", "sites": ["\udfff"]}',
        r'{"hazard": "small_rain", "\ud800": 1}',
        r'{"hazards": ["small_rain"], "thresholds_of": {"\ud800": [1]}}',
        r'{"hazards": ["\u0000"]}',
    ],
)
def test_letters_that_no_text_has_are_refused_with_a_problem_report(ask: Ask, body: str) -> None:
    problem_of(ask("POST", "/risk", content=body, headers={"content-type": "application/json"}), 422)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "1677-01-01T00:00Z", "-1"])
@pytest.mark.parametrize("name", ["issue_time_from", "issue_time_to", "valid_time_from", "valid_time_to"])
def test_a_moment_at_the_ends_of_time_is_a_filter_as_any_other(ask: Ask, name: str, moment: str) -> None:
    assert ask("GET", "/v1/forecasts", params={name: moment, "limit": 1}).status_code in (200, 422)


def test_several_faults_are_all_named(ask: Ask) -> None:
    told = problem_of(ask("POST", "/risk", json={"hazard": 7, "thresholds": ["x"], "place": "S1"}), 422)
    assert {error["field"] for error in told.errors} == {"hazard", "thresholds.0", "place"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "hazard"),
        ({"hazard": "small_rian"}, "hazard"),
        ({"hazard": SMALL, "sites": "S1"}, "sites"),
        ({"hazard": SMALL, "when": "now"}, "when"),
        ({"hazard": SMALL, "site": "Atlantis"}, "site"),
    ],
)
def test_a_query_that_cannot_be_used_names_the_parameter(ask: Ask, query: dict[str, str], field: str) -> None:
    told = problem_of(ask("GET", "/v1/forecasts/latest", params=query), 422)
    assert [error["field"] for error in told.errors] == [field]


def test_an_unknown_name_is_answered_with_the_nearest(ask: Ask) -> None:
    told = problem_of(ask("POST", "/risk", json={"hazard": "small rain"}), 422)
    assert told.detail.startswith("unknown hazard 'small rain': there is small_rain, ")


def test_a_hazard_that_is_not_answered_now_is_a_503_with_what_to_do(ask: Ask) -> None:
    told = problem_of(ask("POST", "/risk", json={"hazard": "heavy_rain"}), 503)
    assert "run `haidang train heavy_rain`" in told.detail


def test_a_hazard_that_is_withheld_leaves_the_others_answered(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    home = a_copy(tmp_path_factory, tmp_path / "home")
    write_hazard(home, SMALL, cuts=(1.0, 20.0, 40.0))
    asked = client(answering(home))
    assert "fingerprint" in problem_of(asked("POST", "/risk", json={"hazard": SMALL}), 503).detail
    assert asked("POST", "/risk", json={"hazard": COAST}).status_code == 200


def test_an_unknown_path_is_a_404_and_a_wrong_method_a_405(ask: Ask) -> None:
    assert problem_of(ask("GET", "/nothing/here"), 404).detail == "there is nothing at /nothing/here: see /openapi.json"
    assert problem_of(ask("GET", "/risk"), 405).detail.startswith("/risk does not take GET")
    problem_of(ask("DELETE", "/v1/sites"), 405)


def test_a_body_over_the_limit_is_refused_by_its_declared_length(ask: Ask) -> None:
    told = problem_of(ask("POST", "/risk", content=b" " * (LARGEST_BODY + 1)), 413)
    assert told.detail == "the body is larger than 1,000,000 bytes"


def test_a_body_over_the_limit_is_refused_also_without_a_declared_length(ask: Ask) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(12):
            yield b" " * 100_000

    problem_of(ask("POST", "/risk", content=chunks()), 413)


def test_a_body_at_the_limit_is_read(ask: Ask) -> None:
    body = json.dumps({"hazard": SMALL}).encode()
    padded = body + b" " * (LARGEST_BODY - len(body))
    assert ask("POST", "/risk", content=padded, headers={"content-type": "application/json"}).status_code == 200


def test_an_error_of_the_service_is_told_without_its_inside(ask: Ask) -> None:
    api = build_api()

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(api, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://haidang") as opened:
            return await opened.post("/risk", json={"hazard": SMALL})

    told = problem_of(asyncio.run(asked()), 500)  # nothing was given to answer from
    assert told.detail == "an error of the service, which is in its log"


def test_an_explanation_is_read_by_a_plain_link(ask: Ask) -> None:
    response = ask("GET", "/v1/explanations", params={"hazard": SMALL, "site": "hạ long", "lead": 1})
    assert response.status_code == 200
    told = Explanation.model_validate_json(response.content)
    assert (told.site, [period.lead for period in told.periods]) == ("S1", [1])
    refused = problem_of(ask("GET", "/v1/explanations", params={"hazard": SMALL, "site": "S1", "cut": 6}), 422)
    assert [error["field"] for error in refused.errors] == ["cut"]
