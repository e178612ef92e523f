"""What is restricted is told by no resource, in no format, and from no bytes that are held, to who has no right."""

import base64
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow.parquet as pq
import pytest
from test_restricted import FARM, Service
from tiny_deployment import COAST, ENDS, SMALL, a_copy, local, opened

from haidang.chain.verifying import verify
from haidang.publication.publishing import publish
from serving.access.keys import Role
from serving.access.service_settings import ServiceSettings
from serving.api import build_api
from serving.catalogue.publication import ENDINGS, FORMATS
from serving.issued.issue import issue
from serving.issued.record_ids import ids_of
from serving.web.outlets import MEDIA_TYPES

SECRET = 98765.25
"""The value of a restricted variable at the sites, beyond all that was learned from."""

TELLS_OF_THE_FARM = (FARM, "Cô Tô", "Co To", "107.76", "107.7125")
TELLS = (*TELLS_OF_THE_FARM, "98765")
SCENARIO, MORE_RAIN = "post /scenario", {"kind": "scale", "driver": "rain_ahead", "percent": 50}
ISSUE_TIME = local("2023-06-30 09:00")
PATHS = {(method, path) for path, resource in build_api().openapi()["paths"].items() for method in resource}
Told = dict[str, httpx.Response]


def with_a_secret(home: Path) -> pd.DataFrame:
    """Issues once more, with inputs beyond training, in a deployment whose settings name areas."""
    deployment = opened(home)
    hazard = deployment.hazard(SMALL)
    forecaster = deployment.shelf.champion(hazard)
    records = issue(forecaster, deployment.archive, ISSUE_TIME, issued_at=ENDS)
    beyond = [{"column": hazard.features[1].name, "value": SECRET, "low": 0.0, "high": 80.0}]
    deployment.issued.add(records.assign(outside=json.dumps(beyond)))
    areas = [area("S1", 107.0, 107.2), area(FARM, 107.7125, 107.8)]
    (home / "areas.json").write_text(json.dumps({"type": "FeatureCollection", "features": areas}), encoding="utf-8")
    with (home / "haidang.toml").open("a", encoding="utf-8") as settings:
        settings.write('boundaries = "areas.json"\n')
    return records


def area(code: str, west: float, east: float) -> dict[str, Any]:
    ring = [[west, 20.9], [east, 20.9], [east, 21.0], [west, 20.9]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, dict[str, str]]:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("leaks") / "home")
    records = with_a_secret(home)
    verify(opened(home), ENDS + pd.Timedelta(days=5), [SMALL])
    stated = {"restricted_variables": {"rain"}, "address_burst": 10_000, "key_burst": 10_000}
    sharing = ServiceSettings(home=home).sharing
    service = Service(home, tmp_path_factory.mktemp("kept"), sharing=sharing, **stated)
    publish(service.deployment, service.settings, ENDS)
    return service, dict(zip(records["site"], ids_of(records), strict=True))


def questions(of_a_site: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every resource in every format that it has: path as declared, path, and what is asked."""
    formats = [{"params": {"format": name}} for name in MEDIA_TYPES]
    latest = [{"params": {"hazard": SMALL, "format": name}} for name in MEDIA_TYPES]
    past = {"issue_time": "2022-08-01T00:00Z"}
    for asked in ({"hazard": SMALL}, {"hazards": [SMALL, COAST]}, {"hazard": COAST, **past}, {"hazards": [SMALL]}):
        yield from (("post /risk", "/risk", {"json": asked, **one}) for one in formats)
    yield "post /risk", "/risk", {"json": {"hazard": SMALL, "include": ["drivers"]}}
    for asked in ({"hazard": SMALL}, {"hazards": [SMALL, COAST], "issue_time": "2022-08-01T00:00Z"}):
        yield "post /explain", "/explain", {"json": asked}
        yield SCENARIO, "/scenario", {"json": {**asked, "changes": [MORE_RAIN], "include": ["drivers"]}}
    yield from (("get /v1/forecasts/latest", "/v1/forecasts/latest", one) for one in latest)
    for wanted in ({}, {"hazard": SMALL}, {"limit": 7}):
        for name in MEDIA_TYPES:
            yield "get /v1/forecasts", "/v1/forecasts", {"params": {**wanted, "format": name}}
    one = f"/v1/forecasts/{of_a_site}"
    yield from (("get /v1/forecasts/{id}", one, stated) for stated in formats)
    yield "get /v1/forecasts/{id}/passport", f"{one}/passport", {}
    yield "get /v1/forecasts/{id}/replay", f"{one}/replay", {}
    yield from (("get /v1/sites", "/v1/sites", {"params": {"format": name}}) for name in ("json", "geojson"))
    of_sites = "/v1/datasets/{name}", "/v1/datasets/sites"
    for path in ("", "/schema", "/files"):
        yield f"get {of_sites[0]}{path}", f"{of_sites[1]}{path}", {}
    for path in ("catalogue", "datasets"):
        yield f"get /v1/{path}", f"/v1/{path}", {}
    for ending in ENDINGS.values():
        yield f"get {of_sites[0]}/files/{{file}}", f"{of_sites[1]}/files/all.v2.{ending}", {}
    for name in ("sites", "forecasts", "observations"):
        since = {"params": {"since": 2}}
        yield f"get {of_sites[0]}/changes", f"/v1/datasets/{name}/changes", since
    yield "post /v1/levels", "/v1/levels", {"json": {}}
    for name in ("json", "csv"):
        yield "get /v1/verification", "/v1/verification", {"params": {"hazard": SMALL, "limit": 1000, "format": name}}
    yield "get /v1/aggregates", "/v1/aggregates", {"params": {"hazard": SMALL}}
    by_site, stake = {"hazard": SMALL, "by": "site"}, {"hazard": SMALL, "cost": 1, "loss": 10}
    yield "get /v1/thresholds/simulate", "/v1/thresholds/simulate", {"params": by_site}
    yield "post /v1/thresholds/simulate", "/v1/thresholds/simulate", {"json": by_site}
    yield "get /v1/triggers", "/v1/triggers", {"params": stake}
    yield "post /v1/triggers", "/v1/triggers", {"json": stake}
    yield "get /v1/explanations", "/v1/explanations", {"params": {"hazard": SMALL, "site": "S1"}}
    yield "get /v1/hazards/{name}", f"/v1/hazards/{SMALL}", {}
    yield from ((f"get /v1/{name}", f"/v1/{name}", {}) for name in ("hazards", "levels", "sources"))


def all_that_is_told(service: Service, of_a_site: str, role: Role | None) -> Told:
    headers = {} if role is None else service.key(role)
    told = {}
    for name, path, stated in questions(of_a_site):
        response = service.ask(name.partition(" ")[0].upper(), path, headers=headers, **stated)
        refused = name == SCENARIO and role != "agency"  # what is not told is not changed either
        assert response.status_code == (422 if refused else 200), (name, stated, response.text)
        told[f"{name} {json.dumps(stated)}"] = response
    return told


def text_of(response: httpx.Response) -> str:
    """The answer and its headers as text, with what a table and a cursor hold inside."""
    link = response.headers.get("link", "").partition("cursor=")[2].partition(">")[0].partition("&")[0]
    cursor = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)).decode()
    if response.headers["content-type"] == MEDIA_TYPES["parquet"]:
        body = str(pq.read_table(io.BytesIO(response.content)).to_pylist())
    elif response.headers["content-type"] == FORMATS["csv"]:
        body = gzip.decompress(response.content).decode()
    elif response.headers["content-type"] == MEDIA_TYPES["json"]:
        whole = response.json()
        told = {key: value for key, value in whole.items() if key != "next"} if isinstance(whole, dict) else whole
        body = json.dumps(told, ensure_ascii=False)
    else:
        body = response.text
    return f"{cursor} {body}"


@pytest.fixture(scope="module")
def to_an_agency(kept: tuple[Service, dict[str, str]]) -> Told:
    """Asked first, so that its bytes are held when others ask."""
    service, ids = kept
    return all_that_is_told(service, ids["S1"], "agency")


def test_an_agency_is_told_all_and_every_resource_is_asked(to_an_agency: Told) -> None:
    asked = {tuple(name.split(" ")[:2]) for name in to_an_agency}
    assert asked == PATHS, "a new resource is to be asked here as well"
    silent = (
        "/passport",
        "/replay",
        "/v1/explanations",
        "/v1/hazards",
        "get /v1/levels",
        "/v1/sources",
        "{id}",
        "/v1/triggers",
        "/v1/aggregates",
    )
    shared = ("/v1/datasets", "/v1/catalogue")  # the same for everybody
    for name, response in to_an_agency.items():
        if not any(part in name for part in (*silent, *shared)):
            assert any(word in text_of(response) for word in TELLS_OF_THE_FARM), name
    saying = [name for name, response in to_an_agency.items() if "98765" in text_of(response)]
    paths = {"post /risk", "get /v1/forecasts/latest", "get /v1/forecasts", "get /v1/forecasts/{id}"}
    assert {" ".join(name.split(" ")[:2]) for name in saying} == paths | {"get /v1/forecasts/{id}/replay"}


@pytest.mark.parametrize("role", [None, "operator"])
def test_nothing_restricted_is_told_to_others(
    kept: tuple[Service, dict[str, str]], to_an_agency: Told, role: Role | None
) -> None:
    service, ids = kept
    for name, response in all_that_is_told(service, ids["S1"], role).items():
        assert not [word for word in TELLS if word in text_of(response)], name


def test_bytes_that_are_held_for_one_view_are_not_given_to_the_other(
    kept: tuple[Service, dict[str, str]], to_an_agency: Told
) -> None:
    service, _ = kept
    for name in MEDIA_TYPES:
        asked = {"params": {"hazard": SMALL, "format": name}}
        key, before = service.key("agency"), len(service.audit.entries())
        anybody = service.ask("GET", "/v1/forecasts/latest", **asked)
        whole = service.ask("GET", "/v1/forecasts/latest", headers=key, **asked)
        again = service.ask("GET", "/v1/forecasts/latest", **asked)
        assert again.content == anybody.content != whole.content
        assert "Authorization" in anybody.headers.get_list("vary")
        held = {**key, "if-none-match": anybody.headers["etag"]}
        assert service.ask("GET", "/v1/forecasts/latest", headers=held, **asked).content == whole.content
        assert [entry.about for entry in service.audit.entries()[before:]] == 2 * ["/v1/forecasts/latest"]


@pytest.mark.parametrize("path", ["", "/passport", "/replay"])
def test_the_id_of_a_hidden_forecast_is_as_one_that_never_was(kept: tuple[Service, dict[str, str]], path: str) -> None:
    service, ids = kept
    never = f"{ids[FARM][:-16]}{'0' * 16}"
    hidden, unknown = (service.ask("GET", f"/v1/forecasts/{told}{path}") for told in (ids[FARM], never))
    assert (hidden.status_code, hidden.text.replace(ids[FARM], never)) == (404, unknown.text)
    assert service.ask("GET", f"/v1/forecasts/{ids[FARM]}{path}", headers=service.key("agency")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "stated"),
    [
        ("POST", "/risk", {"json": {"hazard": COAST, "sites": ["NAME"]}}),
        ("POST", "/risk", {"json": {"hazards": [COAST, SMALL], "sites": ["S1", "NAME"]}}),
        ("POST", "/explain", {"json": {"hazard": COAST, "sites": ["NAME"]}}),
        ("POST", "/v1/levels", {"json": {"sites": ["NAME"]}}),
        ("GET", "/v1/forecasts", {"params": {"site": "NAME"}}),
        ("GET", "/v1/forecasts/latest", {"params": {"hazard": COAST, "site": "NAME"}}),
        ("GET", "/v1/explanations", {"params": {"hazard": COAST, "site": "NAME"}}),
        ("GET", "/v1/verification", {"params": {"hazard": SMALL, "site": "NAME"}}),
        ("GET", "/v1/thresholds/simulate", {"params": {"hazard": SMALL, "sites": ["NAME"]}}),
        ("POST", "/v1/triggers", {"json": {"hazard": SMALL, "sites": ["NAME"], "cost": 1, "loss": 10}}),
    ],
)
def test_a_farm_that_is_named_is_as_one_that_never_was(
    kept: tuple[Service, dict[str, str]], method: str, path: str, stated: dict[str, Any]
) -> None:
    service, _ = kept

    def asked(name: str, headers: dict[str, str]) -> httpx.Response:
        told = json.loads(json.dumps(stated).replace("NAME", name))
        return service.ask(method, path, headers=headers, **told)

    hidden, unknown = asked(FARM, {}), asked("S9", {})
    assert (hidden.status_code, hidden.text.replace(FARM, "S9")) == (422, unknown.text)
    assert asked(FARM, service.key("agency")).status_code == 200


def test_a_position_on_a_farm_is_answered_by_what_everybody_sees(kept: tuple[Service, dict[str, str]]) -> None:
    service, _ = kept
    question = {"hazard": SMALL, "positions": [{"latitude": 20.92, "longitude": 107.79}]}
    refused = service.ask("POST", "/risk", json=question)
    assert refused.status_code == 422
    assert not [word for word in TELLS if word in refused.text]
    told = service.ask("POST", "/risk", json=question, headers=service.key("agency")).json()
    assert [(place["site"], place["found_by"]) for place in told["places"]] == [(FARM, "area")]


def test_pages_are_full_though_records_between_are_hidden(kept: tuple[Service, dict[str, str]]) -> None:
    service, _ = kept
    whole = service.ask("GET", "/v1/forecasts", params={"limit": 1000}).json()["forecasts"]
    found, cursor = [], None
    while cursor is not None or not found:
        params = {"limit": 4} | ({} if cursor is None else {"cursor": cursor})
        page = service.ask("GET", "/v1/forecasts", params=params).json()
        assert len(page["forecasts"]) == 4 or page["next"] is None
        found += page["forecasts"]
        cursor = page["next"]
    assert [one["id"] for one in found] == [one["id"] for one in whole]
    assert len(whole) == 2 * (4 + 3) * 2 + 4 * 2  # issues of both hazards, and one more


def test_no_file_that_everybody_may_have_tells_of_a_farm_or_of_a_restricted_variable(
    kept: tuple[Service, dict[str, str]],
) -> None:
    service, _ = kept
    files = [file for file in service.deployment.settings.published.rglob("*") if file.is_file()]
    assert {file.parent.name for file in files} == {"published", "sites"}  # both hazards are of the restricted variable
    for file in files:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        told = str(pq.read_table(file).to_pylist()) if file.suffix == ".parquet" else content.decode()
        assert not [word for word in TELLS if word in told], file


def test_a_hidden_forecast_is_not_explained_by_its_id(kept: tuple[Service, dict[str, str]]) -> None:
    service, ids = kept
    never = f"{ids[FARM][:-16]}{'0' * 16}"
    hidden, unknown = (service.ask("POST", "/explain", json={"id": told}) for told in (ids[FARM], never))
    assert (hidden.status_code, hidden.text.replace(ids[FARM], never)) == (404, unknown.text)
    whole = service.ask("POST", "/explain", json={"id": ids[FARM]}, headers=service.key("agency"))
    assert whole.status_code == 200
