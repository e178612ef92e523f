"""The Climate Data Store: months of hours fetched with a key through the store's own protocol (OGC API Processes)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from gridded_samples import CENTRE, EVER, HANOI, by_day, cells, grib, passed_over, sites_at
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from features.archive import Archive
from features.entries import Batch
from features.errors import HaidangError
from features.ingest import ingest
from features.settings import Settings
from features.sites import Sites
from features.sources.catalogue import source_named
from features.sources.grids.climate_data_store import ClimateDataStore

KEY = "11111111-2222-3333-4444-555555555555"
NOW = pd.Timestamp("2020-02-20T10:00Z")
DATASET = "reanalysis-era5-single-levels"


class Store:
    """Answers as https://cds.climate.copernicus.eu/api does, with GRIB files made from what is asked for.

    To be quick, a file holds the first `days` of the days that are asked for.
    """

    def __init__(self, server: HTTPServer, folder: Path) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: set[str | None] = set()
        self.status, self.refusal = "successful", ""
        self.looks, self.cut, self.days = 0, 0, 6
        self._file_made = b""
        self._server, self._folder = server, folder
        retrieve = "/api/retrieve/v1"
        server.expect_request("/api/catalogue/v1/messages").respond_with_json({"messages": []})
        for dataset in (DATASET, "reanalysis-era5-land"):
            path = f"{retrieve}/processes/{dataset}"
            server.expect_request(path, "GET").respond_with_handler(self._process)
            server.expect_request(f"{path}/execution", "POST").respond_with_handler(self._execute)
        server.expect_request(f"{retrieve}/jobs/job-1", "GET").respond_with_handler(self._job)
        server.expect_request(f"{retrieve}/jobs/job-1/results", "GET").respond_with_handler(self._results)
        server.expect_request("/cache/result.grib").respond_with_handler(self._file)

    def _answer(self, told: object, status: int = 200) -> Response:
        return Response(json.dumps(told), status, content_type="application/json")

    def _url(self, path: str) -> str:
        return self._server.url_for(f"/api/retrieve/v1{path}")

    def _process(self, request: Request) -> Response:
        self.keys.add(request.headers.get("PRIVATE-TOKEN"))
        if self.refusal:
            return self._answer({"type": "error", "title": self.refusal}, 401)
        return self._answer({"id": request.path.rpartition("/")[2], "title": "ERA5"})

    def _execute(self, request: Request) -> Response:
        self.requests.append(request.get_json()["inputs"])
        self.looks, self._file_made = 0, self._made()
        told = {"processID": DATASET, "jobID": "job-1", "status": "accepted"}
        return self._answer(told | {"links": [{"rel": "monitor", "href": self._url("/jobs/job-1")}]}, 201)

    def _job(self, request: Request) -> Response:
        self.looks += 1
        status = "running" if self.looks == 1 and self.status == "slow" else self.status.replace("slow", "successful")
        links = [{"rel": "results", "href": self._url("/jobs/job-1/results")}]
        return self._answer({"jobID": "job-1", "status": status, "links": links})

    def _results(self, request: Request) -> Response:
        if self.status == "failed":
            return self._answer({"title": "The job has failed", "detail": "cost limits exceeded"}, 400)
        href = self._server.url_for("/cache/result.grib")
        value = {"type": "application/x-grib", "href": href, "file:size": len(self._file_made)}
        return self._answer({"asset": {"value": value}})

    def _file(self, request: Request) -> Response:
        told = self._file_made[: len(self._file_made) - self.cut]
        return Response(told, content_type="application/x-grib")

    def _made(self) -> bytes:
        """The hours that are asked for: temperature 273.15 K plus the day of the month, a millimetre of rain each."""
        asked = self.requests[-1]
        fields = {"2m_temperature": "2t", "total_precipitation": "tp"}
        messages: list[tuple[str, str, int, Any]] = []
        for day in asked["day"][: self.days]:
            date = pd.Timestamp(f"{asked['year'][0]}-{asked['month'][0]}-{day}")
            for hour in (int(text[:2]) for text in asked["time"]):
                moment = date + pd.Timedelta(hours=hour)
                for variable in asked["variable"]:
                    value = 273.15 + moment.day if variable == "2m_temperature" else 1e-3
                    step = 0 if variable == "2m_temperature" else 1
                    begins = moment - pd.Timedelta(hours=step)
                    messages.append((fields[variable], str(begins), step, cells(value)))
        return grib(self._folder / "made.grib", messages, spacing=0.25).read_bytes()


@pytest.fixture
def store(httpserver: HTTPServer, tmp_path: Path) -> Iterator[Store]:
    yield Store(httpserver, tmp_path)
    httpserver.check_assertions()


def source(server: HTTPServer, folder: Path, **settings: object) -> ClimateDataStore:
    stated: dict[str, object] = {
        "key": KEY, "folder": folder / "era5", "zone": HANOI, "variables": ("air_temperature",),
        "since": pd.Timestamp("2020-01-01").date(), "address": server.url_for("/api"), "attempts": 2,
        "wait_seconds": 0.01, "clock": lambda: NOW,
    }  # fmt: skip
    return ClimateDataStore(**(stated | settings))  # type: ignore[arg-type]


def batches(
    made: ClimateDataStore, start: str | None = None, end: str | None = None, sites: Sites = CENTRE
) -> list[Batch]:
    first, last = (pd.Timestamp(day, tz=HANOI) if day else ever for day, ever in zip((start, end), EVER, strict=True))
    return list(made.fetch(sites, first, last))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "era5").iterdir())


def test_months_of_hours_around_the_sites_are_asked_for(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    found = batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-05")
    assert [sorted(request) for request in store.requests] == [
        ["area", "data_format", "day", "download_format", "month", "product_type", "time", "variable", "year"]
    ]
    (asked,) = store.requests
    assert (asked["product_type"], asked["variable"]) == (["reanalysis"], ["2m_temperature"])
    assert (asked["year"], asked["month"]) == (["2020"], ["01"])
    assert asked["day"] == [f"{day:02}" for day in range(1, 32)] and len(asked["time"]) == 24
    assert (asked["data_format"], asked["download_format"]) == ("grib", "unarchived")
    north, west, south, east = asked["area"]
    assert south < 21.1 - 0.25 and north > 21.1 + 0.25 and west < 107.1 - 0.25 and east > 107.1 + 0.25
    assert all(edge % 0.25 == 0 for edge in asked["area"])
    assert store.keys == {KEY}
    # Of 2 January in Hanoi 7 hours are of 1 January UTC.
    entries = pd.concat([batch.entries for batch in found])
    assert by_day(entries, "air_temperature") == pytest.approx(
        {f"2020-01-0{day}": day - 7 / 24 for day in (2, 3, 4)}, abs=1e-3
    )
    assert set(entries["source"]) == {"climate_data_store"}
    assert found[-1].delivered_until == pd.Timestamp("2020-01-05", tz=HANOI)


def test_local_months_come_one_after_another_as_far_as_they_can_be_there(
    store: Store, httpserver: HTTPServer, tmp_path: Path
) -> None:
    store.days = 31
    found = batches(source(httpserver, tmp_path))
    # Five days before 20 February 10:00 UTC, the 14th is the last day that is there as a whole; the first hours of
    # 1 January in Hanoi are of December.
    asked = [(*request["year"], *request["month"], len(request["day"])) for request in store.requests]
    assert asked == [("2019", "12", 31), ("2020", "01", 31), ("2020", "02", 14)]
    days = list(by_day(pd.concat([batch.entries for batch in found]), "air_temperature"))
    assert days == [f"{day:%Y-%m-%d}" for day in pd.date_range("2020-01-01", "2020-02-14")]
    assert [batch.delivered_until for batch in found] == [
        pd.Timestamp("2020-02-01", tz=HANOI), pd.Timestamp("2020-02-15", tz=HANOI),
    ]  # fmt: skip
    assert passed_over(found) == {} and [batch.read for batch in found] == [31, 14]


def test_what_lies_in_the_folder_is_not_asked_for_again_and_the_newest_month_grows(
    store: Store, httpserver: HTTPServer, tmp_path: Path
) -> None:
    store.days = 31
    first = batches(source(httpserver, tmp_path), "2020-02-12")
    assert [name.partition("_until_")[2] for name in names(tmp_path)] == ["14.grib"]
    again = batches(source(httpserver, tmp_path), "2020-02-12")
    assert len(store.requests) == 1
    pd.testing.assert_frame_equal(again[0].entries, first[0].entries)
    assert len(first[0].entries) == 3
    later = source(httpserver, tmp_path, clock=lambda: pd.Timestamp("2020-02-22T10:00Z"))
    assert len(batches(later, "2020-02-12")[0].entries) == 5
    assert [name.partition("_until_")[2] for name in names(tmp_path)] == ["16.grib"]
    whole = source(httpserver, tmp_path, clock=lambda: pd.Timestamp("2020-03-20T10:00Z"))
    assert len(batches(whole, "2020-02-12", "2020-03-01")[0].entries) == 18
    assert [name.partition("_until_")[2] for name in names(tmp_path)] == [""]
    assert [len(request["day"]) for request in store.requests] == [14, 16, 29]


def test_other_sites_and_variables_ask_for_files_of_their_own(
    store: Store, httpserver: HTTPServer, tmp_path: Path
) -> None:
    batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-03")
    batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-03", sites_at(A=(21.1, 107.1), B=(21.1, 108.6)))
    batches(source(httpserver, tmp_path, variables=("rain",)), "2020-01-02", "2020-01-03")
    assert [request["variable"] for request in store.requests] == [
        ["2m_temperature"], ["2m_temperature"], ["total_precipitation"],
    ]  # fmt: skip
    assert len(names(tmp_path)) == 3


def test_rain_needs_the_hour_at_its_end(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    store.days = 31
    made = source(httpserver, tmp_path, variables=("rain",), zone="UTC")
    found = list(made.fetch(CENTRE, pd.Timestamp("2020-01-31", tz="UTC"), pd.Timestamp("2020-02-01", tz="UTC")))
    # The last hour of 31 January UTC stands at 00:00 of February.
    assert [request["month"] for request in store.requests] == [["01"], ["02"]]
    assert found[0].entries["value"].tolist() == pytest.approx([24.0], rel=1e-3)


def test_era5_land_is_another_dataset_without_product_types(
    store: Store, httpserver: HTTPServer, tmp_path: Path
) -> None:
    batches(source(httpserver, tmp_path, dataset="era5-land"), "2020-01-02", "2020-01-03")
    assert "product_type" not in store.requests[0]
    assert all(round(edge * 10, 6) % 1 == 0 for edge in store.requests[0]["area"])
    with pytest.raises(HaidangError, match="`variables` names air_pressure: era5-land has air_temperature, "):
        source(httpserver, tmp_path, dataset="era5-land", variables=("air_pressure",))


def test_a_request_that_waits_is_looked_at_again(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    store.status = "slow"
    assert len(batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-03")[0].entries) == 1
    assert store.looks > 2


def test_what_the_store_says_of_a_fault_is_told_and_nothing_is_left(
    store: Store, httpserver: HTTPServer, tmp_path: Path
) -> None:
    store.status = "failed"
    with pytest.raises(HaidangError, match=r"Climate Data Store, reanalysis-era5-single-levels of 2020-01: .*failed"):
        batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-03")
    assert names(tmp_path) == []
    store.status, store.refusal = "successful", "Authentication failed"
    with pytest.raises(HaidangError, match="401 Client Error.*Authentication failed") as raised:
        batches(source(httpserver, tmp_path), "2020-01-02", "2020-01-03")
    assert KEY not in str(raised.value) and KEY not in repr(source(httpserver, tmp_path))


def test_a_file_that_comes_cut_short_is_not_kept(store: Store, httpserver: HTTPServer, tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", CENTRE, HANOI)
    store.cut = 50
    first, end = pd.Timestamp("2020-01-02", tz=HANOI), pd.Timestamp("2020-01-04", tz=HANOI)
    with pytest.raises(HaidangError, match="Download failed"):
        ingest(source(httpserver, tmp_path), archive, first, end)
    assert not [name for name in names(tmp_path) if name.endswith(".grib")] and not archive.exists
    store.cut = 0
    assert ingest(source(httpserver, tmp_path), archive, first, end, now=NOW).accepted == 2
    assert len(names(tmp_path)) == 1


def test_the_settings_make_a_source_and_hide_its_key(tmp_path: Path) -> None:
    stated = '[sources.reanalysis]\nkind = "climate_data_store"\nfolder = "era5"\nkey = "secret"\nsince = 2019-05-01\n'
    (tmp_path / "haidang.toml").write_text(stated)
    made = source_named("reanalysis", Settings(home=tmp_path), {})
    assert isinstance(made, ClimateDataStore)
    assert (made.name, made.folder, made.zone) == ("reanalysis", tmp_path / "era5", HANOI)
    assert made.since.isoformat() == "2019-05-01" and "secret" not in repr(made)
    with pytest.raises(HaidangError, match="source reanalysis: .*one of the old store, with a colon"):
        source_named("reanalysis", Settings(home=tmp_path), {"key": "12345:secret"})
    with pytest.raises(HaidangError, match="source climate_data_store: key: Field required; folder: Field required"):
        source_named("climate_data_store", Settings(home=tmp_path), {})
