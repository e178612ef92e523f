"""The client for notebooks, on the API as the service mounts it: tables, cubes, pages, retries and problems."""

import asyncio
import subprocess
import sys
from collections import Counter

import httpx
import numpy as np
import pandas as pd
import pytest
from tiny_deployment import COAST, HANOI, ISSUED, SMALL, answering, the_deployment

from features.errors import HaidangError
from haidang.client import Client, ProblemError, UnreachableError, cube
from serving.api import build_api
from serving.web.body_limit import BodyLimit


class InThisProcess(httpx.BaseTransport):
    """Gives requests to an application, and counts what it was asked and how it answered."""

    def __init__(self, application: BodyLimit) -> None:
        self._inside = httpx.ASGITransport(application)
        self.asked: Counter[tuple[str, int]] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def answered() -> httpx.Response:
            answer = await self._inside.handle_async_request(request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        answer = asyncio.run(answered())
        self.asked[request.url.path, answer.status_code] += 1
        return answer


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> InThisProcess:
    api = build_api()
    api.state.answers = answering(the_deployment(tmp_path_factory))
    return InThisProcess(BodyLimit(api))


@pytest.fixture(scope="module")
def client(service: InThisProcess) -> Client:
    return Client("http://haidang", transport=service, attempts=1)


def saying(*answers: httpx.Response | Exception, attempts: int = 3, longest: float = 5.0) -> Client:
    """A client of a service that answers so, one after the other."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        now = left.pop(0)
        if isinstance(now, Exception):
            raise now
        return now

    return Client(
        "http://haidang", transport=httpx.MockTransport(answer), attempts=attempts, longest_wait_seconds=longest
    )


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that are waited between attempts; nobody waits for them."""
    seconds: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", seconds.append)
    return seconds


def problem(status: int, detail: str, **headers: str) -> httpx.Response:
    told = {"type": "about:blank", "title": "No", "status": status, "detail": detail, "errors": []}
    return httpx.Response(status, json=told, headers={"content-type": "application/problem+json", **headers})


def test_risk_is_a_table_with_a_row_for_each_number(client: Client) -> None:
    told = client.risk(SMALL, sites=["Hạ Long", "S5"], leads=[2], thresholds=[10])
    answer = client.post("/risk", hazard=SMALL, sites=["S1", "S5"], leads=[2], thresholds=[10])
    assert sorted(told["site"].unique()) == ["S1", "S5"]
    assert set(told["lead"]) == {2}
    assert str(told["valid_from"].dtype).endswith(f"{HANOI}]")
    assert (told["issue_time"] == ISSUED[-1]).all()
    assert set(told["name"]) == {"Ha Long", "Binh Lieu"}
    for kind, listed in (("probability", "probabilities"), ("threshold", "thresholds")):
        rows = told[told["kind"] == kind].set_index(["site", "at"])["value"]
        for forecast in answer["forecasts"]:
            for one in forecast["periods"][0][listed]:
                assert rows[forecast["site"], one["at_least"]] == one["probability"]


def test_a_cube_has_the_same_numbers_on_its_dimensions(client: Client) -> None:
    table = client.risk(SMALL)
    told = cube(table)
    assert told["probability"].dims == ("issue_time", "site", "lead", "cut")
    assert dict(told.sizes)["site"] == 5
    assert told["cut"].to_numpy().tolist() == [5, 20, 40]
    row = table[(table["kind"] == "probability") & (table["site"] == "S4") & (table["lead"] == 1) & (table["at"] == 20)]
    assert told["probability"].sel(site="S4", lead=1, cut=20).item() == row["value"].item()
    first = told["valid_from"].sel(lead=1).item()
    assert pd.Timestamp(first, tz="UTC") == row["valid_from"].item()
    assert told["name"].sel(site="S4").item() == "Co To"
    assert told.attrs["unit"] == "mm"


def test_a_cube_holds_one_hazard(client: Client) -> None:
    both = pd.concat([client.latest(SMALL), client.latest(COAST)])
    with pytest.raises(HaidangError, match="one hazard, and the table has 2"):
        cube(both)


def test_pages_are_read_to_the_end_and_make_one_cube(
    client: Client, service: InThisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haidang.client.client._PAGE", 7)
    before = service.asked["/v1/forecasts", 200]
    told = client.forecasts(SMALL)
    assert service.asked["/v1/forecasts", 200] - before == 3  # 2 issues of 5 sites and 2 leads, 7 at a time
    assert told["id"].nunique() == 20
    cubes = cube(told)
    assert dict(cubes.sizes)["issue_time"] == 2
    assert not np.isnan(cubes["probability"].to_numpy()).any()


def test_what_is_as_before_is_not_sent_again(client: Client, service: InThisProcess) -> None:
    first, second = client.latest(SMALL, "S2"), client.latest(SMALL, "S2")
    assert service.asked["/v1/forecasts/latest", 304] == 1
    pd.testing.assert_frame_equal(first, second)


def test_the_other_resources_are_tables_in_the_language_asked_for(service: InThisProcess) -> None:
    with Client("http://haidang", transport=service, language="vi") as asking:
        assert asking.sites().loc["S1", "name"] == "Hạ Long"
        assert len(asking.sites(COAST)) == 4
        assert asking.hazards().loc[SMALL, "latest_issue_time"] == ISSUED[-1]
        assert {"lead", "log_odds", "told", "title"} <= set(asking.explanation(SMALL, "S1", lead=1))
        assert list(asking.levels().columns) == ["site", "name", "day", "hazard", "level", "proposed"]
        assert "state" in asking.sources()
        one = asking.latest(SMALL, "S1")["id"].iloc[0]
        assert asking.passport(one)["site"] == "S1"
        assert asking.replay(one)["equal"] is True


def test_several_hazards_are_explained_in_one_table(client: Client) -> None:
    told = client.explain([SMALL, COAST], ["S1"], leads=[1])
    assert set(told["hazard"]) == {SMALL, COAST}
    assert set(told["site"]) == {"S1"}
    assert str(told["valid_from"].dtype).endswith(f"{HANOI}]")
    of_one = told[told["hazard"] == SMALL]
    assert of_one["driver"].is_unique
    odds = np.log(of_one["probability"] / (1 - of_one["probability"])).iloc[0]
    usual = np.log(of_one["usual"] / (1 - of_one["usual"])).iloc[0]
    assert usual + of_one["log_odds"].sum() == pytest.approx(odds, abs=0.02)


def test_a_scenario_stands_beside_what_was_issued(client: Client) -> None:
    more = [{"kind": "scale", "driver": "rain_ahead", "percent": 50}]
    told = client.scenario(SMALL, more, ["S1"], leads=[1])
    assert told["cut"].tolist() == [5, 20, 40]
    assert (told["scenario"] >= told["issued"]).all()
    issued = client.risk(SMALL, ["S1"], leads=[1])
    assert told["issued"].to_numpy() == pytest.approx(issued[issued["kind"] == "probability"]["value"], abs=1e-4)


def test_the_record_is_read_page_by_page_with_a_column_for_each_end_of_an_interval() -> None:
    skill = {"skill": 0.3, "low": 0.1, "high": 0.5}
    row = {"site": "S1", "n": 40, "hit_rate": {"share": 0.8, "low": 0.6, "high": 0.9}, "reliability": [{"n": 40}]}
    first = httpx.Response(
        200,
        json={"rows": [row | {"skill_climatology": skill}]},
        headers={"link": '<http://haidang/v1/verification?hazard=a&cursor=b>; rel="next"'},
    )
    second = httpx.Response(200, json={"rows": [row | {"site": "S2", "hit_rate": None, "skill_climatology": None}]})
    told = saying(first, second).verification("a").set_index("site")
    assert told.loc["S1", ["skill_climatology", "skill_climatology_low", "skill_climatology_high"]].tolist() == [
        0.3, 0.1, 0.5,
    ]  # fmt: skip
    assert told.loc["S1", ["hit_rate", "hit_rate_low"]].tolist() == [0.8, 0.6]
    assert told.loc["S2", ["hit_rate", "skill_climatology"]].isna().all()
    assert "reliability" not in told


def test_what_is_not_verified_yet_is_an_empty_table(client: Client) -> None:
    assert client.verification(SMALL, scope="site", season="JJA").empty
    assert client.aggregates(SMALL).columns.tolist()[-2:] == ["cut", "probability"]


def test_a_suppressed_mean_is_a_row_without_numbers() -> None:
    row = {"scope": "all restricted sites", "site": None, "lead": None, "sites": None, "suppressed": True}
    told = saying(httpx.Response(200, json={"rows": [row | {"reason": "too few", "probabilities": []}]}))
    table = told.aggregates("a")
    assert table["suppressed"].tolist() == [True]
    assert table["probability"].isna().all()


def test_a_trigger_is_tried_for_each_probability() -> None:
    row = {"hits": 3, "costs": {"total": 9.0, "saved": 2.0}, "caught": [{"days": 1, "events": 2}]}
    told = saying(httpx.Response(200, json={"rows": [row | {"probability": 0.2}, row | {"probability": 0.4}]}))
    table = told.simulate("a", probabilities=[0.2, 0.4])
    assert table["probability"].tolist() == [0.2, 0.4]
    assert table["costs_saved"].tolist() == [2.0, 2.0]


def test_the_cheapest_trigger_stands_beside_that_of_theory() -> None:
    value = {"acts_from": 0.3, "acted": 9, "hits": 4, "expense": 1.5, "value": 0.4, "value_low": 0.1, "value_high": 0.6}
    found = {"chosen": value, "theoretical": value | {"acts_from": None, "acted": 0}, "never": 2.0}
    asking = saying(httpx.Response(200, json={"found": found}), httpx.Response(200, json={"found": None}))
    told = asking.triggers("a", cost=2, loss=10)
    assert told.loc["chosen", "acts_from"] == 0.3
    assert np.isnan(told.loc["theoretical", "acts_from"])
    assert asking.triggers("a", cost=2, loss=10).empty


def test_datasets_and_their_changes_are_tables(client: Client) -> None:
    shared = client.datasets()
    assert shared.loc["forecasts", "rows"] > 0
    told = client.changes("forecasts")
    assert set(told["change"]) <= {"inserted", "altered"}
    assert told["version"].max() == shared.loc["forecasts", "version"]
    assert client.changes("forecasts", since=int(told["version"].max())).empty


def test_a_refusal_names_the_field_and_is_not_asked_again(waits: list[float], client: Client) -> None:
    with pytest.raises(ProblemError, match="422") as caught:
        client.risk(SMALL, sites=["Atlantis"])
    assert caught.value.errors[0]["field"] == "sites.0"
    assert waits == []


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_service_is_asked_again_after_as_long_as_it_says(waits: list[float], status: int) -> None:
    asking = saying(problem(status, "busy", **{"retry-after": "3"}), httpx.Response(200, json={"a": 1}))
    assert asking.get("/v1/sites") == {"a": 1}
    assert waits == [3.0]


def test_what_is_considered_is_not_asked_again(waits: list[float]) -> None:
    asking = saying(problem(503, "heavy_rain has no forecaster on the shelf"))
    with pytest.raises(ProblemError, match="no forecaster"):
        asking.get("/v1/sites")
    assert waits == []


def test_who_is_told_to_wait_too_long_gives_up(waits: list[float]) -> None:
    asking = saying(problem(429, "too often", **{"retry-after": "3600"}))
    with pytest.raises(ProblemError, match="too often"):
        asking.get("/v1/sites")
    assert waits == []


def test_a_proxy_without_a_service_is_asked_again_and_then_told(waits: list[float]) -> None:
    asking = saying(*[httpx.Response(502, text="<html>bad gateway</html>")] * 3)
    with pytest.raises(ProblemError, match="502 Bad Gateway: <html>"):
        asking.get("/v1/sites")
    assert len(waits) == 2


def test_nobody_at_the_address_is_told_after_all_attempts(waits: list[float]) -> None:
    asking = saying(*[httpx.ConnectError("refused")] * 3)
    with pytest.raises(UnreachableError, match="nobody answers at http://haidang: refused"):
        asking.get("/v1/sites")
    assert len(waits) == 2


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((str(request.url), request.headers.get("authorization")))
        return httpx.Response(200, json=[])

    monkeypatch.setenv("HAIDANG_ADDRESS", "http://province")
    monkeypatch.setenv("HAIDANG_KEY", "hd_a")
    Client(transport=httpx.MockTransport(answer)).get("/v1/sites")
    Client("http://other", "hd_b", transport=httpx.MockTransport(answer)).get("/v1/sites")
    assert seen == [("http://province/v1/sites", "Bearer hd_a"), ("http://other/v1/sites", "Bearer hd_b")]


def test_nothing_of_the_service_is_imported() -> None:
    told = "import sys, haidang.client; print(sorted({'bentoml', 'xgboost', 'sklearn', 'serving'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
