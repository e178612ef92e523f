"""The service as it runs: one real BentoML process on the loopback, that takes up a new issue while it runs."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pandas as pd
import pytest
from tiny_deployment import COAST, ENDS, ISSUED, SMALL, a_copy, opened

from features.database import open_database
from features.settings import Settings
from haidang.benchmarks.load import Load, Loaded, run
from haidang.chain import issuing
from haidang.chain.serve import serve_command, serving
from haidang.champions import crowning
from serving.access.keys import Keys
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.problem_report import Problem

_REFRESH_SECONDS = 0.2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_copy(tmp_path_factory, tmp_path_factory.mktemp("service") / "home")


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAIDANG_SERVICE_ADDRESS_BURST", "100000")
        with serving(Settings(home=home, refresh_seconds=_REFRESH_SECONDS)) as running:
            yield running


def risk(address: str, **question: object) -> RiskAnswer:
    """The answer; who is told to wait while forecasters are loaded waits."""
    until = time.monotonic() + 30
    while True:
        response = httpx.post(f"{address}/risk", json=question, timeout=30)
        if "retry-after" not in response.headers or time.monotonic() > until:
            break
        assert response.status_code == 503
        assert "being loaded" in response.json()["detail"]
        time.sleep(0.1)
    assert response.status_code == 200
    return RiskAnswer.model_validate_json(response.content)


def test_it_says_that_it_lives_and_is_ready(address: str) -> None:
    for path in ("/livez", "/readyz"):
        assert httpx.get(address + path).status_code == 200


def test_it_tells_its_metrics(address: str) -> None:
    risk(address, hazard=SMALL)
    told = httpx.get(f"{address}/metrics")
    assert told.status_code == 200
    assert 'haidang_request_seconds_count{method="POST",route="/risk",status="200"}' in told.text
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
    issuing.issue_now(deployment, deployment.hazard(SMALL), ENDS, pd.Timestamp(before.issued_at))
    until = time.monotonic() + 20
    while (answer := risk(address, hazard=SMALL)).issue_time == before.issue_time and time.monotonic() < until:
        time.sleep(_REFRESH_SECONDS)
    assert answer.issue_time == ENDS
    assert len(answer.forecasts) == 5


def test_no_question_fails_and_no_answer_is_of_two_issues_while_an_issue_and_a_champion_come(
    address: str, home: Path
) -> None:
    deployment, hazard = opened(home), opened(home).hazard(SMALL)
    load = Load(
        int(address.rpartition(":")[2]),
        f"/v1/forecasts/latest?hazard={SMALL}",
        connections=4,
        seconds=0.5,
        rate=60.0,
        keep=True,
    )
    first, second = ENDS + pd.Timedelta(days=1), ENDS + pd.Timedelta(days=2)
    ended, until = threading.Event(), time.monotonic() + 30

    def asked() -> list[Loaded]:
        told = [run(load)]
        while not ended.is_set():
            told.append(run(load))
        return told

    with ThreadPoolExecutor(1) as asking:
        running = asking.submit(asked)
        issuing.issue_now(deployment, hazard, first, first)
        while risk(address, hazard=SMALL).issue_time != first and time.monotonic() < until:
            time.sleep(_REFRESH_SECONDS)
        crowning.promote(deployment, hazard)
        issuing.issue_now(deployment, hazard, second, second)
        while risk(address, hazard=SMALL).issue_time != second and time.monotonic() < until:
            time.sleep(_REFRESH_SECONDS)
        ended.set()
        told = running.result()
    assert sum(one.failed for one in told) == 0
    seen = set()
    for answer in map(RiskAnswer.model_validate_json, sum((one.bodies for one in told), Counter())):
        seen.add(answer.issue_time)
        assert [forecast.site for forecast in answer.forecasts] == ["S1", "S2", "S3", "S4", "S5"]
        for period in (one for forecast in answer.forecasts for one in forecast.periods):
            assert f".{pd.Timestamp(answer.issue_time).tz_convert('UTC'):%Y%m%dT%H%M%S}Z." in str(period.id)
            assert pd.Timestamp(answer.issue_time).normalize() + pd.Timedelta(days=period.lead) == period.valid_from
    assert {first, second} <= seen


@pytest.mark.parametrize("path", ["/schema.json", "/docs.json", "/static_content/main.js", "/docs", "/assets/index.js"])
def test_pages_and_descriptions_of_bentoml_are_not_there(address: str, path: str) -> None:
    response = httpx.get(address + path)
    assert response.status_code == 404
    assert "script" not in response.text
    assert httpx.get(f"{address}/openapi.json").json()["openapi"].startswith("3.1")


def test_no_path_of_a_caller_becomes_a_label(address: str) -> None:
    httpx.get(f"{address}/scanned/by/somebody")
    told = httpx.get(f"{address}/metrics").text
    assert 'route="unmatched",status="404"' in told
    assert "scanned" not in told


def test_the_log_is_json_lines_with_the_address_that_the_proxy_saw(address: str, home: Path) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "asked-by-a-test", "Authorization": "Bearer hd_no_key"}
    assert httpx.get(f"{address}/v1/sites?x=hush", headers=headers).status_code == 401
    until = time.monotonic() + 20
    while "asked-by-a-test" not in (home / "service.log").read_text(encoding="utf-8") and time.monotonic() < until:
        time.sleep(0.1)  # the line is written after the answer was sent
    lines = (home / "service.log").read_text(encoding="utf-8").splitlines()
    (line,) = [json.loads(line) for line in lines if "asked-by-a-test" in line]
    assert (line["address"], line["status"], line["key"]) == ("203.0.113.9", 401, None)
    assert not [line for line in lines if "hush" in line or "hd_no_key" in line]


def test_a_key_is_taken_soon_after_it_is_made_and_refused_soon_after_it_is_revoked(address: str, home: Path) -> None:
    keys, now = Keys(open_database(Settings(home=home).database_address)), pd.Timestamp.now("UTC")
    key, text = keys.make("Sở Y tế", "agency", now, expires_at=now + pd.Timedelta(hours=1))

    def status_becomes(wanted: int) -> bool:
        until = time.monotonic() + 20
        asked = {"headers": {"Authorization": f"Bearer {text}"}, "timeout": 30.0}
        while httpx.get(f"{address}/v1/sites", **asked).status_code != wanted and time.monotonic() < until:
            time.sleep(_REFRESH_SECONDS)
        return time.monotonic() < until

    assert status_becomes(200)
    keys.revoke(key.id, now)
    assert status_becomes(401)


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince211")
def test_no_middleware_of_bentoml_is_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from serving import service

    monkeypatch.setenv("HAIDANG_HOME", str(tmp_path))
    for traces, left in (("false", []), ("true", ["OpenTelemetryMiddleware"])):
        monkeypatch.setenv("HAIDANG_SERVICE_TRACES", traces)
        inside = service.RiskService.of_bentoml(True)
        assert [one.cls.__name__ for one in inside.user_middleware] == left
    assert service.RiskService.config["http"]["host"] == "127.0.0.1", "also for who starts it with BentoML itself"


def test_it_binds_the_loopback_unless_told_otherwise() -> None:
    assert serve_command(Settings())[-4:] == ["--host", "127.0.0.1", "--port", "3000"]
