"""Stored forecasts over HTTP: listed page by page, by id, with their passport, and worked out again."""

import itertools
from pathlib import Path

import pandas as pd
import pytest
from api_client import Ask, client, problem_of
from tiny_deployment import COAST, ENDS, ISSUED, SMALL, a_copy, answering, local, opened, the_deployment, write_hazard

from models.issued import ISSUED as COLUMNS
from models.issued import IssuedForecasts
from serving.issued.issue import issue
from serving.issued.record_ids import ids_of, issue_of, record_id
from serving.issued.stored import StoredForecasts, Wanted
from serving.schemas.answer_models import RiskAnswer
from serving.schemas.record_models import ForecastPage, ForecastRecord, Passport, Replay

_OF_BOTH = 2 * (5 + 4) * 2  # issues, sites of both hazards, periods


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    return client(answering(the_deployment(tmp_path_factory)))


def page(ask: Ask, **query: object) -> ForecastPage:
    response = ask("GET", "/v1/forecasts", params=query)
    assert response.status_code == 200, response.text
    return ForecastPage.model_validate_json(response.content)


def all_pages(ask: Ask, **query: object) -> list[ForecastRecord]:
    told = page(ask, **query)
    found = [*told.forecasts]
    while told.next is not None:
        told = page(ask, **query, cursor=told.next)
        found += told.forecasts
    return found


def test_an_id_is_that_of_its_key_wherever_it_is_worked_out() -> None:
    in_utc = record_id("heavy_rain", pd.Timestamp("2025-09-04T23:00Z"), "06688", 1, "e3d44fbb5afc")
    local_time = pd.Timestamp("2025-09-05T06:00+07:00")
    assert record_id("heavy_rain", local_time, "06688", 1, "e3d44fbb5afc") == in_utc
    assert in_utc.startswith("heavy_rain.20250904T230000Z.")
    assert issue_of(in_utc) == ("heavy_rain", pd.Timestamp("2025-09-04T23:00Z"))
    others = [("06652", 1, "e3d44fbb5afc"), ("06688", 2, "e3d44fbb5afc"), ("06688", 1, "e3d44fbb5afd")]
    assert in_utc not in [record_id("heavy_rain", local_time, *key) for key in others]


def test_all_that_was_issued_is_listed_the_newest_issue_first(ask: Ask) -> None:
    told = page(ask, limit=1000)
    keys = [(-record.issue_time.timestamp(), record.hazard, record.site, record.lead) for record in told.forecasts]
    assert len(keys) == len(set(keys)) == _OF_BOTH
    assert keys == sorted(keys)
    assert told.next is None


@pytest.mark.parametrize("limit", [1, 5, 18, 35, 36])
def test_pages_hold_each_record_once_in_order(ask: Ask, limit: int) -> None:
    ids = [record.id for record in all_pages(ask, limit=limit)]
    assert ids == [record.id for record in page(ask, limit=1000).forecasts]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"hazard": SMALL}, 20),
        ({"site": "co to"}, 8),
        ({"hazard": COAST, "site": "S4"}, 4),
        ({"hazard": COAST, "site": "S5"}, 0),
        ({"issue_time_from": "2023-06-30T07:00+07:00"}, 18),
        ({"issue_time_to": "2023-06-30T07:00+07:00"}, 18),
        ({"issue_time_from": "2023-06-28T00:00Z", "issue_time_to": "2023-06-29T00:00Z"}, 0),
        ({"valid_time_from": "2023-06-29T00:00+07:00", "valid_time_to": "2023-07-01T00:00+07:00"}, 9),
        ({"valid_time_from": "2023-07-02T00:00+07:00"}, 9),
        ({"level": "no_such_level"}, 0),
    ],
)
def test_filters_hold_together(ask: Ask, query: dict[str, str], count: int) -> None:
    assert len(all_pages(ask, limit=7, **query)) == count


def test_records_are_found_by_the_level_that_they_reach(ask: Ask) -> None:
    everything = page(ask, limit=1000).forecasts
    for level in ("watch", "warning"):
        expected = {record.id for record in everything if record.level == level}
        assert {record.id for record in page(ask, limit=1000, level=level).forecasts} == expected
    reached = {record.id for record in everything if record.level is not None}
    assert {record.id for record in page(ask, limit=1000, level="any").forecasts} == reached


def test_what_is_issued_meanwhile_neither_moves_nor_doubles_a_record(tmp_path: Path) -> None:
    first = _issue("2023-06-27T00:00Z", "a") + _issue("2023-06-30T00:00Z", "a")
    store = IssuedForecasts(tmp_path / "issued")
    store.add(pd.DataFrame(first, columns=COLUMNS.names))
    reading = StoredForecasts(tmp_path / "issued", ["S1", "S2"])
    before = ids_of(reading.page(Wanted(), 100, None).records)
    told = reading.page(Wanted(), 3, None)
    found = ids_of(told.records)
    for moment in itertools.cycle(["2023-07-01T00:00Z", "2023-06-28T00:00Z", "2023-06-30T00:00Z", "2020-01-01T00:00Z"]):
        if told.cursor is None:
            break
        store.add(pd.DataFrame(_issue(moment, f"b{len(found)}"), columns=COLUMNS.names))
        told = reading.page(Wanted(), 3, told.cursor)
        found += ids_of(told.records)
    assert found == before
    assert len(before) == 8
    assert len(reading.page(Wanted(), 100, None).records) > len(before)


def _issue(moment: str, forecaster: str) -> list[dict[str, object]]:
    time = pd.Timestamp(moment)
    empty = dict.fromkeys(COLUMNS.names)
    return [
        {
            **empty,
            "hazard": hazard,
            "issue_time": time,
            "site": site,
            "period": 1,
            "lead": 1,
            "valid_from": time + pd.Timedelta(days=1),
            "valid_to": time + pd.Timedelta(days=2),
            "forecaster": forecaster,
            "issued_at": time,
        }
        for hazard in ("one", "two")
        for site in ("S1", "S2")
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"hazard": "small_rian"}, "hazard"),
        ({"site": "Atlantis"}, "site"),
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"issue_time_from": "2023-06-30T07:00"}, "issue_time_from"),
        ({"cursor": "%%%"}, "cursor"),
        ({"cursor": "W10"}, "cursor"),
        ({"cursor": "bm8"}, "cursor"),
        ({"format": "xml"}, "format"),
        ({"page": "2"}, "page"),
    ],
)
def test_a_query_that_cannot_be_used_names_the_parameter(ask: Ask, query: dict[str, str], field: str) -> None:
    told = problem_of(ask("GET", "/v1/forecasts", params=query), 422)
    assert [error["field"] for error in told.errors] == [field]


def test_a_cursor_of_other_filters_is_refused(ask: Ask) -> None:
    cursor = page(ask, limit=2, hazard=SMALL).next
    told = problem_of(ask("GET", "/v1/forecasts", params={"limit": 2, "hazard": COAST, "cursor": cursor}), 422)
    assert "other filters" in told.detail


def test_the_latest_answer_names_the_records_it_is_made_of(ask: Ask) -> None:
    answer = RiskAnswer.model_validate_json(ask("POST", "/risk", json={"hazard": SMALL, "sites": ["S2"]}).content)
    for period in answer.forecasts[0].periods:
        response = ask("GET", f"/v1/forecasts/{period.id}")
        record = ForecastRecord.model_validate_json(response.content)
        assert (record.id, record.site, record.issue_time) == (period.id, "S2", ISSUED[-1])
        assert record.model_dump(include=set(type(period).model_fields)) == period.model_dump()
    hindcast = {"hazard": SMALL, "issue_time": "2022-08-01T00:00:00Z"}
    told = RiskAnswer.model_validate_json(ask("POST", "/risk", json=hindcast).content)
    assert told.forecasts[0].periods[0].id is None


@pytest.mark.parametrize("path", ["", "/passport", "/replay"])
def test_an_id_under_which_nothing_was_issued_is_a_404(ask: Ask, path: str) -> None:
    for told in (
        "nonsense",
        f"{SMALL}.20230630T000000Z.0123456789abcdef",
        f"{SMALL}.20239930T000000Z.0123456789abcdef",
    ):
        assert told in problem_of(ask("GET", f"/v1/forecasts/{told}{path}"), 404).detail


def test_a_passport_says_where_a_forecast_comes_from(ask: Ask) -> None:
    record = page(ask, hazard=SMALL, site="S1", limit=1).forecasts[0]
    told = Passport.model_validate_json(ask("GET", f"/v1/forecasts/{record.id}/passport").content)
    assert (told.model_version, told.archive_version) == (record.model_version, record.archive_version)
    assert (told.declared_so_today, told.model_at_hand, told.basis) == (True, True, "model")
    assert told.code_version
    assert told.rows
    assert "total_ahead(rain)" in told.features
    # the last day of rain and of its forecasts is the one before: nothing is told of the days ahead
    assert told.features_missing == record.missing == ["total_ahead(rain)"]
    assert [(one.variable, one.features, one.features_missing, one.state) for one in told.inputs] == [
        ("rain", 3, 1, "used in part")
    ]
    refused = problem_of(ask("GET", f"/v1/forecasts/{record.id}/passport", params={"x": 1}), 422)
    assert [error["field"] for error in refused.errors] == ["x"]


def test_every_stored_forecast_of_a_site_is_equal_when_worked_out_again(ask: Ask) -> None:
    for record in page(ask, site="S2", issue_time_to="2023-06-30T00:00Z").forecasts:
        told = Replay.model_validate_json(ask("GET", f"/v1/forecasts/{record.id}/replay").content)
        assert told.equal is True, told
        assert told.sha256_replayed == told.sha256_stored
        assert told.differences == []


def test_a_replay_says_what_differs_and_why_it_cannot_be_made(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    home = a_copy(tmp_path_factory, tmp_path / "home")
    deployment = opened(home)
    issue_time = local("2023-06-28 07:00")
    true = issue(deployment.shelf.champion(deployment.hazard(SMALL)), deployment.archive, issue_time, issued_at=ENDS)
    deployment.issued.add(true.assign(expected=77.0))
    asked = client(answering(home))
    record = page(asked, hazard=SMALL, site="S1", issue_time_to="2023-06-29T00:00Z").forecasts[0]
    assert record.issue_time == issue_time
    told = Replay.model_validate_json(asked("GET", f"/v1/forecasts/{record.id}/replay").content)
    assert (told.equal, told.reason) == (False, "it differs in expected")
    assert [(one.column, one.stored, float(one.replayed)) for one in told.differences] == [
        ("expected", "77.0", true["expected"].iloc[0])
    ]
    assert told.sha256_replayed != told.sha256_stored
    write_hazard(home, SMALL, cuts=(1.0, 20.0, 40.0))
    asked = client(answering(home))
    told = Replay.model_validate_json(asked("GET", f"/v1/forecasts/{record.id}/replay").content)
    assert told.equal is None
    assert "fingerprint" in str(told.reason)
    passport = Passport.model_validate_json(asked("GET", f"/v1/forecasts/{record.id}/passport").content)
    assert (passport.declared_so_today, passport.model_at_hand) == (False, True)
