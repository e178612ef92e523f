"""Restricted data: farms and small counts are not said to everybody, and who sees them is written down."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from tiny_deployment import COAST, SMALL, opened, the_deployment

from features.database import open_database
from features.past import TotalOver
from features.sites import Sites
from models.hazard import Hazard
from serving.access.audit import Audit
from serving.access.callers import KeyRing
from serving.access.hides import NOTHING, Hides
from serving.access.keys import Keys, Role
from serving.access.service_settings import ServiceSettings
from serving.answering.answers import Answers
from serving.answering.restricted import SMALLEST_COUNT, public
from serving.api import build_api
from serving.schemas.forecast_models import BeyondTraining
from serving.web.metrics import Metrics
from serving.web.request_gate import Gate

MADE, NEVER = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
FARM = "S4"


class Service:
    """The API of the tests' deployment in which one site is a farm, with keys and an audit."""

    def __init__(self, home: Path, kept: Path, **stated: Any) -> None:
        deployment = opened(home)
        marked = {"shrimp_ponds": 3.0, "population": 3.0}
        sites = [
            replace(site, attributes={**site.attributes, **marked, "restricted": float(site.code == FARM)})
            for site in deployment.sites.values()
        ]
        deployment = replace(deployment, sites=Sites(sites))
        settings, engine = ServiceSettings(home=kept, **stated), open_database(f"sqlite:///{kept / 'haidang.db'}")
        self.deployment, self.settings = deployment, settings
        self.keys, self.audit = Keys(engine), Audit(engine)
        api, self.ring = build_api(), KeyRing(self.keys)
        api.state.answers, api.state.full_answers = Answers(public(deployment, settings)), Answers(deployment)
        api.state.audit = self.audit
        api.state.answers.refresh()
        api.state.full_answers.refresh()
        self.gate = Gate(api, settings, Metrics(), keys=self.ring)

    def key(self, role: Role) -> dict[str, str]:
        _, text = self.keys.make("Chi cục Thủy sản", role, MADE, expires_at=NEVER)
        self.ring.refresh()
        return {"Authorization": f"Bearer {text}"}

    def ask(self, method: str, path: str, **stated: object) -> httpx.Response:
        async def asked() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.gate), base_url="http://haidang") as opened:
                return await opened.request(method, path, **stated)  # type: ignore[arg-type]

        return asyncio.run(asked())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    return Service(the_deployment(tmp_path_factory), tmp_path_factory.mktemp("restricted"))


def sites_of(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    return [forecast["site"] for forecast in response.json()["forecasts"]]


@pytest.mark.parametrize("role", [None, "reader", "operator"])
def test_a_farm_is_not_there_for_who_has_no_right(service: Service, role: Role | None) -> None:
    headers = {} if role is None else service.key(role)
    asked, past = {"headers": headers}, {"hazard": COAST, "issue_time": "2022-08-01T00:00Z"}
    assert sites_of(service.ask("POST", "/risk", json={"hazard": COAST}, **asked)) == ["S1", "S2", "S3"]
    assert FARM not in sites_of(service.ask("GET", f"/v1/forecasts/latest?hazard={SMALL}", **asked))
    assert FARM not in [site["code"] for site in service.ask("GET", "/v1/sites", **asked).json()]
    for refused in (
        service.ask("POST", "/risk", json={"hazard": COAST, "sites": [FARM]}, **asked),
        service.ask(
            "POST", "/risk", json={"hazard": COAST, "sites": [FARM], "issue_time": "2022-08-01T00:00Z"}, **asked
        ),
        service.ask("GET", f"/v1/forecasts/latest?hazard={COAST}&site={FARM}", **asked),
        service.ask("GET", f"/v1/explanations?hazard={COAST}&site={FARM}", **asked),
        service.ask("POST", "/v1/levels", json={"sites": [FARM]}, **asked),
    ):
        assert refused.status_code == 422
        assert refused.json()["detail"].startswith(f"unknown site '{FARM}'")
        assert "Cô Tô" not in refused.text
    assert sites_of(service.ask("POST", "/risk", json=past, **asked)) == ["S1", "S2", "S3"]


def test_an_agency_sees_the_farm_and_the_audit_says_so(service: Service) -> None:
    before = len(service.audit.entries())
    key = service.key("agency")
    question = {"hazard": COAST, "sites": [FARM]}
    assert sites_of(service.ask("POST", "/risk", json=question, headers=key)) == [FARM]
    assert service.ask("POST", "/risk", json={"hazard": COAST}).status_code == 200
    (written,) = service.audit.entries()[before:]
    assert (written.what, written.about) == ("restricted read", "/risk")
    assert written.who.startswith("Chi cục Thủy sản (key ")
    assert json.loads(str(written.details["body"])) == question
    assert not service.audit.verify().faults


def test_small_counts_of_farms_in_a_site_are_not_said_to_everybody(service: Service) -> None:
    seen = {site["code"]: site["attributes"] for site in service.ask("GET", "/v1/sites").json()}
    assert (seen["S1"]["shrimp_ponds"], seen["S1"]["population"]) == (None, 3.0)
    known = {
        site["code"]: site["attributes"]
        for site in service.ask("GET", "/v1/sites", headers=service.key("agency")).json()
    }
    assert known["S1"]["shrimp_ponds"] == 3.0


@pytest.mark.parametrize(("count", "said"), [(0.0, 0.0), (1.0, None), (4.0, None), (5.0, 5.0), (30.0, 30.0)])
def test_counts_of_one_to_four_are_hidden(count: float, said: float | None) -> None:
    hides = Hides(counted_attributes=frozenset({"shrimp_ponds"}), below=SMALLEST_COUNT)
    told = hides.attributes({"shrimp_ponds": count})["shrimp_ponds"]
    assert (None if pd.isna(told) else told) == said


def beyond(hazard: Hazard, value: float) -> list[BeyondTraining]:
    return [BeyondTraining(feature=hazard.features[0].name, value=value, low=10, high=20)]


@pytest.mark.parametrize(
    ("variable", "restricted", "value", "said"),
    [
        ("dengue_cases", set(), 3.0, None),
        ("dengue_cases", set(), 40.0, 40.0),
        ("dengue_cases", {"dengue_cases"}, 40.0, None),
        ("rain", set(), 3.0, 3.0),
        ("rain", {"rain"}, 30.0, None),
    ],
)
def test_inputs_beyond_training_do_not_tell_small_counts_or_restricted_variables(
    tiny_hazard: Hazard, variable: str, restricted: set[str], value: float, said: float | None
) -> None:
    hazard = replace(tiny_hazard, features=(TotalOver(variable, days=28), *tiny_hazard.features))
    hides = Hides(variables=frozenset(restricted), below=SMALLEST_COUNT)
    assert [one.value for one in hides.values(hazard, beyond(hazard, value))] == [said]
    assert [one.value for one in NOTHING.values(hazard, beyond(hazard, value))] == [value]
