"""The shared datasets over HTTP: catalogue, schema, bulk files in parts, with digests, changes, what is kept back."""

import base64
import gzip
import hashlib
import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from api_client import Ask, client, problem_of
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny_deployment import ENDS, HANOI, SMALL, answering_everybody, local, opened, the_deployment

from features.errors import HaidangError
from features.sites import Sites
from haidang.chain.verifying import verify
from haidang.operations import scheduled
from haidang.publication.publishing import publish
from models.verified import VERIFIED
from serving.access.service_settings import ServiceSettings
from serving.answering.answers import Answers
from serving.answering.restricted import ATTRIBUTE, public
from serving.catalogue.dataset_models import ChangesView, DatasetView, FilesView
from serving.catalogue.datasets import DATASETS
from serving.catalogue.dcat import CONTEXT
from serving.catalogue.publication import Publication, read_publication
from serving.web.file_answers import BeyondError, stretch_asked

BASE = "https://haidang.example.vn"
DCAT, TERMS, SPDX = "http://www.w3.org/ns/dcat#", "http://purl.org/dc/terms/", "http://spdx.org/rdf/terms#"
LATER = ENDS + pd.Timedelta(hours=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return the_deployment(tmp_path_factory)


@pytest.fixture(scope="module")
def ask(home: Path) -> Ask:
    return client(answering_everybody(home))


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Path:
    """A deployment to change, with nothing to train from."""
    return Path(shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("artifacts", "mlflow.db")))


def expanded(node: Any) -> Any:
    """JSON-LD with prefixes only, as the catalogue is written, with every name as the IRI that it stands for.

    Raises:
        KeyError: if a prefix is not declared.
    """
    if isinstance(node, list):
        return [expanded(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for key, value in node.items():
        if key == "@context":
            continue
        if key in ("@type", "@id") and isinstance(value, str):
            found[key] = value if value.startswith("http") else iri(value)
        else:
            found[key if key.startswith("@") else iri(key)] = expanded(value)
    return found


def iri(name: str) -> str:
    prefix, _, local_name = name.partition(":")
    return CONTEXT[prefix] + local_name


@pytest.fixture(scope="module")
def told(ask: Ask) -> dict[str, Any]:
    response = ask("GET", "/v1/catalogue")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/ld+json"
    whole = response.json()
    assert whole["@context"] == CONTEXT
    found: dict[str, Any] = expanded(whole)
    return found


def test_the_catalogue_is_one_of_datasets_with_owner_licence_version_schema_lineage_and_rhythm(
    told: dict[str, Any],
) -> None:
    assert (told["@type"], told["@id"]) == (f"{DCAT}Catalog", f"{BASE}/v1/catalogue")
    by_type: dict[str, list[dict[str, Any]]] = {}
    for one in told[f"{DCAT}dataset"]:
        by_type.setdefault(one["@type"], []).append(one)
    datasets = {one[f"{TERMS}identifier"]: one for one in by_type[f"{DCAT}Dataset"]}
    assert list(datasets) == list(DATASETS)
    for one in (told, *datasets.values(), *told[f"{DCAT}service"]):
        assert {text["@language"] for text in one[f"{TERMS}title"]} == {"vi", "en"}
        assert one[f"{TERMS}license"] == {"@id": "https://creativecommons.org/licenses/by/4.0/"}
        owner = one[f"{TERMS}publisher"]["http://xmlns.com/foaf/0.1/name"]
        assert owner[0] == {"@value": "Sở Nông nghiệp và Môi trường", "@language": "vi"}
    for name, one in datasets.items():
        assert {text["@language"] for text in one[f"{TERMS}description"]} == {"vi", "en"}
        assert one[f"{TERMS}conformsTo"] == {"@id": f"{BASE}/v1/datasets/{name}/schema"}
        assert one[f"{TERMS}accrualPeriodicity"]["@id"].rpartition("/")[2] in {"DAILY", "IRREG"}
    forecasts = datasets["forecasts"]
    assert forecasts[f"{DCAT}version"] == "1"
    period = forecasts[f"{TERMS}temporal"]
    assert [period[f"{DCAT}{end}"]["@value"] for end in ("startDate", "endDate")] == [
        "2023-06-27T00:00:00+00:00", "2023-07-01T00:00:00+00:00",
    ]  # fmt: skip
    box = "POLYGON ((107.08 20.95, 107.76 20.95, 107.76 21.52, 107.08 21.52, 107.08 20.95))"
    assert forecasts[f"{TERMS}spatial"][f"{DCAT}bbox"]["@value"] == box
    lineage = "http://www.w3.org/ns/prov#wasDerivedFrom"
    assert {"@id": f"{BASE}/v1/datasets/observations"} in forecasts[lineage]
    (source, archive) = datasets["observations"][lineage]
    assert source[f"{TERMS}license"] == {"@id": "https://creativecommons.org/publicdomain/zero/1.0/"}
    assert archive[f"{TERMS}title"] == "archive of entries"
    (series,) = by_type[f"{DCAT}DatasetSeries"]
    members = {one["@id"] for one in datasets.values() if one.get(f"{DCAT}inSeries") == {"@id": series["@id"]}}
    assert {one["@id"] for one in series[f"{DCAT}seriesMember"]} == members
    assert len(members) == 4


def test_the_checksums_of_the_catalogue_agree_with_the_bytes(ask: Ask, told: dict[str, Any]) -> None:
    checked = 0
    for dataset in told[f"{DCAT}dataset"]:
        for one in dataset.get(f"{DCAT}distribution", []):
            where = one.get(f"{DCAT}downloadURL", one[f"{DCAT}accessURL"])["@id"]
            response = ask("GET", where.removeprefix(BASE))
            assert response.status_code == 200
            kind = response.headers["content-type"].partition(";")[0]
            media = one.get(f"{DCAT}compressFormat", one[f"{DCAT}mediaType"])["@id"].removeprefix(
                "https://www.iana.org/assignments/media-types/"
            )
            assert kind == media if f"{DCAT}downloadURL" in one else kind == "application/json"
            if f"{SPDX}checksum" not in one:
                continue
            checksum = one[f"{SPDX}checksum"]
            assert checksum[f"{SPDX}algorithm"] == {"@id": f"{SPDX}checksumAlgorithm_sha256"}
            assert checksum[f"{SPDX}checksumValue"]["@value"] == hashlib.sha256(response.content).hexdigest()
            assert one[f"{DCAT}byteSize"]["@value"] == str(len(response.content))
            checked += 1
    assert checked == 2 * 3  # the newest part of forecasts, observations and sites


def test_the_catalogue_speaks_json_ld_alone(ask: Ask) -> None:
    for accept in ("application/ld+json", "application/json;q=0.5", "*/*"):
        assert ask("GET", "/v1/catalogue", headers={"accept": accept}).status_code == 200
    problem_of(ask("GET", "/v1/catalogue", headers={"accept": "text/turtle"}), 406)


@pytest.mark.parametrize("name", list(DATASETS))
def test_a_schema_tells_every_column_in_both_languages(ask: Ask, name: str) -> None:
    schema = ask("GET", f"/v1/datasets/{name}/schema").json()
    view = DatasetView.model_validate_json(ask("GET", f"/v1/datasets/{name}").content)
    assert schema["@context"] == "http://www.w3.org/ns/csvw"
    assert schema["primaryKey"] == [column.name for column in view.columns if column.key] != []
    assert [column["name"] for column in schema["columns"]] == DATASETS[name].schema.names
    for column, seen in zip(schema["columns"], view.columns, strict=True):
        assert {one["@language"]: one["@value"] for one in column["dc:description"]} == {
            "vi": seen.description_vi, "en": seen.description_en,
        }  # fmt: skip
        assert column["datatype"] in {"string", "double", "integer", "dateTime", "boolean"}
    assert (view.owner_en, view.version >= 0) == ("Department of Agriculture and Environment", True)


def table_of(ask: Ask, name: str) -> pa.Table:
    files = FilesView.model_validate_json(ask("GET", f"/v1/datasets/{name}/files?format=parquet").content).files
    return pa.concat_tables(pq.read_table(io.BytesIO(ask("GET", file.href).content)) for file in files)


def test_the_bulk_forecasts_are_those_that_are_listed_with_the_same_numbers(ask: Ask) -> None:
    listed = ask("GET", "/v1/forecasts?limit=1000").json()["forecasts"]
    rows = table_of(ask, "forecasts").to_pylist()
    expected = {
        (one["id"], "probability", each["at_least"], each["probability"])
        for one in listed
        for each in one["probabilities"]
    }
    expected |= {(one["id"], "quantile", each["level"], each["value"]) for one in listed for each in one["quantiles"]}
    assert {(row["id"], row["kind"], row["at"], row["value"]) for row in rows} == expected
    assert {(row["id"], row["expected"], row["level"]) for row in rows} == {
        (one["id"], one["expected"], one["level"]) for one in listed
    }
    assert {row["unit"] for row in rows} == {"mm"}


def test_observations_are_those_of_the_stated_source_and_no_forecasts(home: Path, ask: Ask) -> None:
    table = table_of(ask, "observations").to_pandas()
    assert set(table["source"]) == {"small"}
    days = pd.date_range("2021-01-01", "2023-06-29", freq="D")  # the last is known on the morning of 30 June
    assert len(table) == 5 * len(days)
    assert not table.duplicated(["site", "valid_time"]).any()
    assert (table["known_time"] - table["valid_time"]).unique().tolist() == [pd.Timedelta(days=1, hours=6)]


def test_without_a_source_that_may_be_passed_on_no_observation_is_shared(mine: Path) -> None:
    service = ServiceSettings(home=mine)
    assert service.sharing is not None
    none = service.model_copy(update={"sharing": service.sharing.model_copy(update={"observations": {}})})
    published = publish(opened(mine), none, LATER)["observations"]
    assert (published.files, published.changes, published.oldest) == ([], (), published.version)
    assert not list((mine / "published" / "observations").iterdir())
    lists = service.sharing.model_copy(update={"observations": {"line_list": "https://example.vn/licence"}})
    with pytest.raises(HaidangError, match="line_list is a line list of people, which is never passed on"):
        publish(opened(mine), service.model_copy(update={"sharing": lists}), LATER)


def the_file(ask: Ask) -> str:
    return FilesView.model_validate_json(ask("GET", "/v1/datasets/forecasts/files?format=csv").content).files[0].href


def test_a_file_comes_with_its_digest_and_not_again_to_who_holds_it(ask: Ask) -> None:
    response = ask("GET", the_file(ask))
    digest = base64.b64encode(hashlib.sha256(response.content).digest()).decode()
    assert response.headers["content-digest"] == response.headers["repr-digest"] == f"sha-256=:{digest}:"
    assert response.headers["content-length"] == str(len(response.content))
    held = ask("GET", the_file(ask), headers={"if-none-match": response.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")


def test_a_file_is_had_in_parts(ask: Ask) -> None:
    whole = ask("GET", the_file(ask))
    size, etag = len(whole.content), whole.headers["etag"]

    def asked(text: str, **more: str) -> httpx.Response:
        return ask("GET", the_file(ask), headers={"range": text, **more})

    first = asked("bytes=0-99")
    assert (first.status_code, first.content) == (206, whole.content[:100])
    assert first.headers["content-range"] == f"bytes 0-99/{size}"
    assert first.headers["repr-digest"] == whole.headers["repr-digest"]
    assert "content-digest" not in first.headers
    rest = asked("bytes=100-", **{"if-range": etag})
    assert first.content + rest.content == whole.content
    assert asked("bytes=-7").content == whole.content[-7:]
    for other in (asked("bytes=0-1,5-6"), asked("lines=1-2"), asked("bytes=0-9", **{"if-range": '"another"'})):
        assert (other.status_code, other.content) == (200, whole.content)
    beyond = asked(f"bytes={size}-")
    problem_of(beyond, 416)
    assert beyond.headers["content-range"] == f"bytes */{size}"


@given(st.one_of(st.none(), st.text(max_size=20), st.from_regex(r"bytes=\d{0,3}-\d{0,3}", fullmatch=True)))
def test_any_range_is_a_stretch_of_the_file_or_none(text: str | None) -> None:
    try:
        found = stretch_asked(text, 100)
    except BeyondError:
        return
    assert found is None or 0 <= found[0] < found[1] <= 100


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("forecasts/files/2023-06-30.v0.csv.gz", 410, "was replaced"),
        ("forecasts/files/2023-06-30.v9.csv.gz", 404, "has no file"),
        ("forecasts/files/..%2F..%2Fhaidang.toml", 404, ""),
        ("forecasts/changes?since=2", 422, "has the version 1, and never had 2"),
        ("forcasts", 404, "unknown dataset 'forcasts': there is forecasts"),
    ],
)
def test_what_is_not_there_is_told(ask: Ask, path: str, status: int, says: str) -> None:
    assert says in problem_of(ask("GET", f"/v1/datasets/{path}"), status).detail


def changes(ask: Ask, since: int) -> ChangesView:
    return ChangesView.model_validate_json(ask("GET", f"/v1/datasets/forecasts/changes?since={since}").content)


def test_what_is_issued_is_a_change_and_an_old_version_is_gone_when_its_time_is_over(mine: Path) -> None:
    deployment, service = opened(mine), ServiceSettings(home=mine)
    hazard = deployment.hazard(SMALL)
    records = deployment.issued.latest(SMALL)
    moment = local("2023-07-01 07:00")
    deployment.issued.add(records.assign(issue_time=moment.tz_convert("UTC")))
    assert publish(deployment, service, LATER)["forecasts"].version == 2
    ask = client(Answers(public(deployment, service)))
    found = changes(ask, 1)
    assert (found.version, found.newest, [one.version for one in found.changes]) == (2, 2, [2])
    (file,) = [one for one in found.changes[0].inserted if one.format == "parquet"]
    assert found.changes[0].altered == []
    rows = pq.read_table(io.BytesIO(ask("GET", file.href).content)).to_pandas()
    assert set(rows["issue_time"]) == {moment.tz_convert("UTC")}
    assert len(rows["id"].unique()) == len(records) == 5 * len(hazard.periods.leads)
    assert changes(ask, found.version).changes == []
    assert [one.version for one in changes(ask, 0).changes] == [1, 2]
    much_later = ENDS + pd.Timedelta(days=400, minutes=30)
    publish(deployment, service, much_later)
    gone = problem_of(ask("GET", "/v1/datasets/forecasts/changes?since=0"), 410)
    assert "since version 1, not since 0: take all bulk files at /v1/datasets/forecasts/files" in gone.detail
    assert [one.version for one in changes(ask, 1).changes] == [2]


def told_by(file: Path) -> object:
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pylist()
    return (gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()).decode()


def with_a_farm(home: Path) -> tuple[Any, ServiceSettings]:
    deployment = opened(home)
    marked = [
        replace(site, attributes={**site.attributes, ATTRIBUTE: float(site.code == "S4")})
        for site in deployment.sites.values()
    ]
    return replace(deployment, sites=Sites(marked)), ServiceSettings(home=home)


def test_a_site_that_becomes_restricted_is_kept_back_at_once_and_leaves_no_file(mine: Path) -> None:
    deployment, service = with_a_farm(mine)
    ask = client(Answers(public(deployment, service)))
    for path in ("catalogue", "datasets", "datasets/sites/files", "datasets/sites/files/all.v1.csv.gz"):
        assert "run `haidang publish`" in problem_of(ask("GET", f"/v1/{path}"), 503).detail
    published = publish(deployment, service, LATER)
    assert (published["sites"].version, published["sites"].oldest) == (2, 2)
    assert table_of(ask, "sites")["code"].to_pylist() == ["S1", "S2", "S3", "S5"]
    problem_of(ask("GET", "/v1/datasets/sites/changes?since=1"), 410)
    problem_of(ask("GET", "/v1/datasets/sites/files/all.v1.csv.gz"), 410)
    for file in (mine / "published").rglob("*.*"):
        if file.is_file() and file.name != ".lock":
            content = told_by(file)
            assert "S4" not in str(content), file
    assert len(table_of(ask, "forecasts")) > 0


def test_verified_forecasts_tell_what_came_and_a_correction_changes_them(mine: Path) -> None:
    deployment, service = opened(mine), ServiceSettings(home=mine)
    verify(deployment, ENDS + pd.Timedelta(days=1))
    first = publish(deployment, service, LATER)
    ask = client(Answers(public(deployment, service)))
    table = table_of(ask, "verified_forecasts").to_pandas()
    held = deployment.verified.read(SMALL).to_pandas()
    told = table[table["hazard"] == SMALL]
    assert len(told) == held["cuts"].map(len).sum() > 0
    day = pd.Timestamp("2023-06-28", tz=HANOI)
    seen = deployment.archive.observed("rain", by=ENDS + pd.Timedelta(days=1), start=day, end=day)
    of_day = told[told["valid_from"] == day.tz_convert("UTC")]
    assert dict(zip(of_day["site"], of_day["outcome"], strict=True)) == dict(
        zip(seen["site"].to_numpy(), seen.to_numpy()[:, 0], strict=True)
    )
    one = held.iloc[0]
    mask = (told["site"] == one["site"]) & (told["issue_time"] == one["issue_time"]) & (told["lead"] == one["lead"])
    rows = told[mask].sort_values("cut")
    np.testing.assert_array_equal(rows["cut"], one["cuts"])
    np.testing.assert_allclose(rows["probability"], one["probabilities"], atol=5e-7)
    np.testing.assert_array_equal(rows["climatology"], one["climatology"])
    alarms = table_of(ask, "track_record_alarms").to_pandas()
    assert "all" in set(alarms["site"])
    first_row = deployment.verified.read(SMALL).slice(0, 1).to_pylist()[0]
    corrected = pa.Table.from_pylist(
        [{**first_row, "outcome": 77.5, "verified_at": LATER + pd.Timedelta(days=2)}], VERIFIED
    )
    deployment.verified.add(corrected)
    second = publish(deployment, service, LATER + pd.Timedelta(hours=1))
    assert (first["verified_forecasts"].version, second["verified_forecasts"].version) == (1, 2)
    (file,) = [one for one in second["verified_forecasts"].changes[-1].altered if one.format == "parquet"]
    changed = pq.read_table(mine / "published" / "verified_forecasts" / file.name).to_pandas()
    assert set(changed["_change_type"]) == {"update_postimage"}
    assert set(changed["outcome"]) == {77.5}
    assert len(changed) == len(one["cuts"])


def test_a_site_that_is_added_keeps_the_history(mine: Path) -> None:
    with (mine / "sites.csv").open("a", encoding="utf-8") as sites:
        sites.write("S6,Hải Hà,Hai Ha,21.4,107.7,yes\n")
    service = ServiceSettings(home=mine)
    ask = client(answering_everybody(mine))
    assert ask("GET", "/v1/datasets/sites").json()["rows"] == 5
    assert (publish(opened(mine), service, LATER)["sites"].version, changes_of(ask, "sites", 1)) == (2, [2])
    assert ask("GET", "/v1/datasets/sites").json()["rows"] == 6


def changes_of(ask: Ask, name: str, since: int) -> list[int]:
    told = ask("GET", f"/v1/datasets/{name}/changes?since={since}").json()
    return [change["version"] for change in told["changes"]]


def test_a_bulk_file_that_was_lost_is_written_again_in_a_new_version(mine: Path) -> None:
    (mine / "published" / "sites" / "all.v1.csv.gz").unlink()
    ask = client(answering_everybody(mine))
    problem_of(ask("GET", "/v1/datasets/sites/files/all.v1.csv.gz"), 410)
    published = publish(opened(mine), ServiceSettings(home=mine), LATER)
    assert (published["sites"].version, published["sites"].oldest, published["forecasts"].version) == (2, 2, 1)
    assert len(table_of(ask, "sites")) == 5
    problem_of(ask("GET", "/v1/datasets/sites/changes?since=1"), 410)


def test_a_small_count_is_withheld_from_observations(mine: Path) -> None:
    deployment, service = opened(mine), ServiceSettings(home=mine)
    days = pd.date_range("2023-05-01", periods=4, freq="D", tz="Asia/Ho_Chi_Minh")
    deployment.archive.append(
        pd.DataFrame(
            {
                "site": "S1", "variable": "floods", "valid_time": days, "known_time": days + pd.Timedelta(days=2),
                "value": [0.0, 1.0, 4.0, 5.0], "source": "small",
            }
        )
    )  # fmt: skip
    publish(deployment, service, LATER)
    ask = client(Answers(public(deployment, service)))
    table = table_of(ask, "observations").to_pandas()
    floods = table[table["variable"] == "floods"].sort_values("valid_time")
    assert floods["value"].fillna(-1).tolist() == [0.0, -1.0, -1.0, 5.0]
    assert floods["withheld"].tolist() == [False, True, True, False]


def test_a_public_deployment_that_shares_must_state_its_licence(tmp_path: Path) -> None:
    stated = {"owner_vi": "Sở", "owner_en": "Department", "contact": "https://example.vn", "address": BASE}
    with pytest.raises(ValidationError, match="sharing.licence is missing, and this deployment is public"):
        ServiceSettings(home=tmp_path, sharing=stated)
    assert ServiceSettings(home=tmp_path, sharing=stated, public=False).sharing is not None


def test_who_states_no_owner_publishes_nothing_and_is_told_how(mine: Path) -> None:
    (mine / "service.toml").unlink()
    with pytest.raises(HaidangError, match=r"state \[sharing\] in service.toml"):
        publish(opened(mine), ServiceSettings(home=mine), LATER)
    parts = scheduled.publish(opened(mine).settings, LATER, lambda *told: None)
    assert parts["datasets"]() == "nothing is shared: service.toml has no [sharing]"
    shutil.rmtree(mine / "published")
    ask = client(answering_everybody(mine))
    assert "state [sharing] in service.toml" in problem_of(ask("GET", "/v1/catalogue"), 503).detail


def test_the_job_publishes_what_is_new_once(mine: Path) -> None:
    settings = opened(mine).settings
    parts = scheduled.publish(settings, LATER, lambda *told: None)
    assert parts["datasets"]() == "nothing is new"
    publication = read_publication(settings.published)
    assert isinstance(publication, Publication)
    assert publication.datasets["forecasts"].version == 1
