"""The service as it runs: one real BentoML process on the loopback, that takes up a new issue while it runs."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest
from tiny_deployment import COAST, ENDS, ISSUED, SMALL, a_copy, opened

from features.settings import Settings
from haidang import jobs
from haidang.serve import serve_command, serving
from serving.questions import Problem, RiskAnswer

_REFRESH_SECONDS = 0.2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_copy(tmp_path_factory, tmp_path_factory.mktemp("service") / "home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with serving(Settings(home=home, refresh_seconds=_REFRESH_SECONDS)) as running:
        yield running


def risk(address: str, **question: object) -> RiskAnswer:
    response = httpx.post(f"{address}/risk", json=question, timeout=30)
    assert response.status_code == 200
    return RiskAnswer.model_validate_json(response.content)


def test_it_says_that_it_lives_and_is_ready(address: str) -> None:
    for path in ("/livez", "/readyz"):
        assert httpx.get(address + path).status_code == 200


def test_it_tells_its_metrics(address: str) -> None:
    risk(address, hazard=SMALL)
    told = httpx.get(f"{address}/metrics")
    assert told.status_code == 200
    assert 'haidang_requests_total{method="POST",route="/risk",status="200"}' in told.text
    assert f'haidang_forecast_age_seconds{{hazard="{SMALL}"}}' in told.text
    assert f'haidang_forecaster_info{{hazard="{SMALL}",version="' in told.text
    assert f'haidang_input_age_seconds{{hazard="{SMALL}",variable="rain"}}' in told.text


def test_it_answers_risk_questions(address: str) -> None:
    answer = risk(address, hazard=COAST, sites=["Co To"])
    assert [forecast.site for forecast in answer.forecasts] == ["S4"]
    assert answer.issue_time == ISSUED[-1]


def test_it_answers_a_past_moment_as_it_was_known(address: str) -> None:
    assert risk(address, hazard=SMALL, issue_time="2022-08-01T07:00+07:00").origin == "hindcast"


def test_it_lists_hazards_and_sites(address: str) -> None:
    assert {view["name"] for view in httpx.get(f"{address}/v1/hazards").json()} >= {SMALL, COAST}
    assert len(httpx.get(f"{address}/v1/sites").json()) == 5


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/risk", 405)])
def test_an_unknown_path_and_a_wrong_method_get_a_problem_report(
    address: str, method: str, path: str, status: int
) -> None:
    response = httpx.request(method, address + path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert Problem.model_validate_json(response.content).status == status


def test_a_body_over_the_limit_gets_a_problem_report(address: str) -> None:
    response = httpx.post(f"{address}/risk", content=b" " * 1_000_001)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_a_new_issue_is_served_while_it_runs(address: str, home: Path) -> None:
    deployment = opened(home)
    before = risk(address, hazard=SMALL)
    jobs.issue_now(deployment, deployment.hazard(SMALL), ENDS, pd.Timestamp(before.issued_at))
    until = time.monotonic() + 20
    while (answer := risk(address, hazard=SMALL)).issue_time == before.issue_time and time.monotonic() < until:
        time.sleep(_REFRESH_SECONDS)
    assert answer.issue_time == ENDS
    assert len(answer.forecasts) == 5


def test_it_binds_the_loopback_unless_told_otherwise() -> None:
    assert serve_command(Settings())[-4:] == ["--host", "127.0.0.1", "--port", "3000"]
