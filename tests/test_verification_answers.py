"""The verification as it is told: figures by hand, pages, formats, the backtest apart, restricted sites together."""

import asyncio
import csv
import io
import math
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI
from test_any_question import TOLD, as_described, ask
from test_restricted import Service
from test_triggers import HAZARD, held, many, rows, store
from tiny_deployment import ENDS, SMALL, a_copy, opened, the_deployment

from haidang.chain.verifying import verify
from models.as_shown import COLUMNS
from models.track_records import ANY_LEAD, EVERYWHERE, TrackRecords
from serving.access.service_settings import ServiceSettings
from serving.access.slots import BusyError
from serving.access.turns import Turns
from serving.answering.answers import Answers
from serving.answering.hidden_sites import HiddenSites
from serving.api import build_api
from serving.issued.as_issued import AsIssued, AsIssuedRecords
from serving.verification.aggregates import aggregated as forecasts_together
from serving.verification.verification_models import VerificationPage, VerificationRow
from serving.verification.verification_table import WHOLE_YEAR, verification
from serving.verification.verifications import aggregated
from serving.web.metrics import Metrics
from serving.web.request_gate import Gate
from training.track_record import track_record

FOUR = rows((1, 1, 0.0, 0.1), (2, 1, 12.0, 0.8), (3, 1, 40.0, 0.6), (4, 1, 5.0, 0.3))


def one(table: pd.DataFrame, **wanted: object) -> pd.Series:
    chosen = np.logical_and.reduce([table[name] == value for name, value in wanted.items()])
    (row,) = table[chosen].to_dict("records")
    return pd.Series(row)


def whole(record: AsIssued) -> pd.DataFrame:
    return verification(record, np.arange(len(record.sites)), record.sites).rows


def test_scores_and_reliability_are_as_by_hand(tmp_path: Path) -> None:
    record = held(tmp_path, FOUR)
    told = verification(record, np.zeros(1, dtype=np.int64), ["S1"])
    row = one(told.rows, group="S1", lead=1, season="MAM", cut=10.0)
    assert (row["n"], row["events"], row["expected"]) == (4, 2, pytest.approx(1.8))
    assert row["brier"] == pytest.approx((0.1**2 + 0.2**2 + 0.4**2 + 0.3**2) / 4)
    assert row["log_score"] == pytest.approx(-(math.log(0.9) + math.log(0.8) + math.log(0.6) + math.log(0.7)) / 4)
    assert not row["judged"]
    assert np.isnan(row["skill_climatology"])
    # told 0.1, 0.3, 0.6, 0.8: bins 1, 3, 6 and 8
    bins = told.reliability[int(row["cell"])]
    assert np.flatnonzero(bins[:, 0]).tolist() == [1, 3, 6, 8]
    assert bins[8].tolist() == [1, 0.8, 1]
    # "watch" was issued from 0.3 on for days 2, 3 and 4: one event, warned of the day before
    assert row[["level", "runs", "hits", "misses", "false_alarms", "lead_gained_days"]].tolist() == [
        "watch",
        1,
        1,
        0,
        0,
        1,
    ]
    assert told.rows[told.rows["season"] == "JJA"].empty


def test_what_is_told_agrees_with_the_track_record_at_rest(tmp_path: Path) -> None:
    records = [*many(), *many(site="S2"), *rows((400, 2, 15.0, 0.9))]
    held_now = held(tmp_path, records)
    table = store(tmp_path / "again", records).read("tiny", columns=COLUMNS)
    kept, told = track_record(HAZARD, table, HANOI), whole(held_now)
    year = told[told["season"] == WHOLE_YEAR]
    for site in (EVERYWHERE, "S1", "S2"):
        mine = one(year, group=site, lead=ANY_LEAD, cut=10.0)
        score = one(kept.scores, site=site, lead=ANY_LEAD, cut=10.0)
        assert mine[["n", "events"]].tolist() == score[["n", "events"]].tolist()
        assert mine["brier"] == pytest.approx(score["brier"])
        beside = one(kept.beside, site=site, lead=ANY_LEAD, cut=10.0, reference="climatology")
        for end in ("", "_low", "_high"):
            assert mine[f"skill_climatology{end}"] == pytest.approx(beside[f"skill{end}"])
        alarms = one(kept.alarms, site=site, lead=ANY_LEAD, level="watch")
        names = ["hits", "misses", "false_alarms", "hit_rate", "hit_rate_low", "hit_rate_high", "lead_gained_days"]
        assert mine[names].tolist() == pytest.approx(alarms[names].tolist())


def test_sites_and_seasons_add_up(tmp_path: Path) -> None:
    told = whole(held(tmp_path, [*many(), *many(site="S2")]))
    all_of_it = one(told, group=EVERYWHERE, lead=ANY_LEAD, season=WHOLE_YEAR, cut=10.0)
    sites = told[(told["group"] != EVERYWHERE) & (told["lead"] == 1) & (told["season"] == WHOLE_YEAR)]
    seasons = told[(told["group"] == EVERYWHERE) & (told["lead"] == 1) & (told["season"] != WHOLE_YEAR)]
    for name in ("n", "events", "runs", "hits", "misses", "false_alarms"):
        for parts in (sites, seasons):
            assert parts.loc[parts["cut"] == 10.0, name].sum() == all_of_it[name], name


def test_restricted_sites_are_told_of_together_where_they_are_enough(tmp_path: Path) -> None:
    farms = [f"F{number}" for number in range(12)]
    record = held(tmp_path, [row for farm in farms for row in many(site=farm)])
    # six farms lie in one commune, five in another, one in a third: this one, and the smaller other, are not said
    of_commune = np.array([0] * 6 + [1] * 5 + [2])
    table = verification(record, of_commune[[farms.index(code) for code in record.sites]], ["0", "1", "2"])
    told = aggregated(table, np.array([6, 5, 1]))
    low = told[told["cut"] == 10.0]
    first = one(low, group="0", lead=1)
    assert (first["sites"], first["n"], first["events"], first["suppressed"]) == (6, 6 * 365, 6 * 73, False)
    assert one(low, group=EVERYWHERE, lead=1)["n"] == 12 * 365
    for silent in ("1", "2"):
        row = one(low, group=silent)
        assert row["suppressed"]
        assert row[["n", "events", "brier", "hits", "sites"]].isna().all()
    # of 30 mm no event came at any farm: a zero is said
    assert one(told[told["cut"] == 30.0], group="0", lead=1)["events"] == 0


def test_forecasts_for_restricted_sites_are_means_over_enough_of_them() -> None:
    farms = [f"F{number}" for number in range(11)]
    records = pd.DataFrame(
        {"site": farms, "lead": 1, "cuts": [[10.0]] * 11, "probabilities": [[number / 20] for number in range(11)]}
    )
    unseen = HiddenSites(tuple(farms), ("A",) * 6 + ("B",) * 5)
    first, second, both = forecasts_together(records, unseen)
    assert (first.site, first.sites, first.probabilities[0].probability) == ("A", 6, pytest.approx(15 / 6 / 20))
    assert (second.site, second.sites, second.probabilities[0].probability) == ("B", 5, pytest.approx(40 / 5 / 20))
    assert (both.site, both.sites, both.probabilities[0].probability) == (None, 11, 0.25)
    few = HiddenSites(tuple(farms), ("A",) * 10 + ("B",))
    told = list(forecasts_together(records, few))
    assert [(row.suppressed, row.sites, row.probabilities) for row in told[:2]] == [(True, None, [])] * 2
    assert not told[2].suppressed


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """The API of the shared deployment, with a record that is long enough to judge by."""
    cuts = {"hazard": SMALL, "cuts": [20.0], "climatology": [0.2], "persistence": [0.5]}
    records = [
        row | cuts | {"probabilities": row["probabilities"][:1], "outcome": 2 * row["outcome"]}
        for row in [*many(years=2), *many(years=2, site="S2")]
    ]
    folder, deployment = tmp_path_factory.mktemp("judged"), opened(the_deployment(tmp_path_factory))
    in_memory = AsIssuedRecords(store(folder, records), TrackRecords(folder / "records"), HANOI, 2)
    api = build_api()
    api.state.answers = Answers(replace(deployment, as_issued=in_memory))
    api.state.answers.refresh()
    return Gate(api, ServiceSettings(address_burst=1000), Metrics())


@pytest.mark.parametrize(
    ("method", "path", "stated"),
    [
        ("GET", "/v1/verification", {"params": {"hazard": SMALL, "limit": 1000}}),
        ("GET", "/v1/verification", {"params": {"hazard": SMALL, "format": "csv"}}),
        ("GET", "/v1/thresholds/simulate", {"params": {"hazard": SMALL, "sites": ["S1", "S2"], "by": "year"}}),
        ("POST", "/v1/thresholds/simulate", {"json": {"hazard": SMALL, "level": "watch", "cost": 1, "loss": 9}}),
        ("GET", "/v1/triggers", {"params": {"hazard": SMALL, "cost": 1, "loss": 9}}),
        ("POST", "/v1/triggers", {"json": {"hazard": SMALL, "cost": 1, "loss": 9, "sites": ["Hạ Long"]}}),
    ],
)
def test_what_is_judged_is_answered_as_described(judged: Gate, method: str, path: str, stated: dict[str, Any]) -> None:
    response = ask(judged, method, path, **stated)
    assert response.status_code == 200
    as_described(TOLD["paths"][path][method.lower()], response)
    assert '"found":null' not in response.text
    assert "judged" in response.text or "found" in response.text
    assert all(word not in response.text for word in ("NaN", "Infinity"))


def test_more_questions_than_can_wait_are_refused_and_those_that_wait_are_answered() -> None:
    turns, going = Turns(at_once=1, waiting=1), threading.Event()

    async def all_three() -> list[object]:
        asked = [asyncio.create_task(turns.answer(lambda: going.wait(10))) for _ in range(3)]
        await asyncio.sleep(0.05)
        going.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    told = asyncio.run(all_three())
    assert told[:2] == [True, True]
    assert isinstance(told[2], BusyError)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    home = a_copy(tmp_path_factory, tmp_path_factory.mktemp("verified") / "home")
    verify(opened(home), ENDS + pd.Timedelta(days=5), [SMALL])
    return Service(home, tmp_path_factory.mktemp("kept"), address_burst=1000)


def page(service: Service, **params: object) -> VerificationPage:
    response = service.ask("GET", "/v1/verification", params={"hazard": SMALL, **params})
    assert response.status_code == 200, response.text
    return VerificationPage.model_validate(response.json())


def test_pages_follow_one_another_without_gap_or_double(service: Service) -> None:
    all_rows, cursor = page(service, limit=1000).rows, None
    found: list[VerificationRow] = []
    while cursor is not None or not found:
        told = page(service, limit=7, **({} if cursor is None else {"cursor": cursor}))
        found += told.rows
        cursor = told.next
    assert found == all_rows
    assert len(all_rows) > 50


def test_filters_hold_together(service: Service) -> None:
    told = page(service, site="Hạ Long", lead=1, cut=20.0, season="year", scope="site", level="watch").rows
    # two issues; of the second nothing is known, as July was never measured
    assert [(row.site, row.lead, row.cut, row.season, row.n) for row in told] == [("S1", 1, 20.0, "year", 1)]
    assert {row.lead for row in page(service, lead=0).rows} == {None}
    for stated, field in (
        ({"site": "S9"}, "site"),
        ({"cut": 21}, "cut"),
        ({"level": "x"}, "level"),
        ({"cursor": "x"}, "cursor"),
    ):
        refused = service.ask("GET", "/v1/verification", params={"hazard": SMALL, **stated})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_the_backtest_stands_apart_from_the_live_record(service: Service) -> None:
    told = page(service)
    assert told.at_promotion is not None
    assert {(row.lead, row.cut) for row in told.at_promotion.rows} == {(1, 20.0), (1, 40.0), (2, 20.0), (2, 40.0)} | {
        (lead, cut) for lead in (1, 2) for cut in opened_cuts(service)
    }
    assert max(row.n or 0 for row in told.rows) < min(row.n for row in told.at_promotion.rows)
    response = service.ask("GET", "/v1/verification", params={"hazard": SMALL, "limit": 1000, "format": "csv"})
    table = list(csv.DictReader(io.StringIO(response.text)))
    assert response.headers["content-type"].startswith("text/csv")
    live = [row for row in table if row["record"] == "live"]
    assert len(live) == len(page(service, limit=1000).rows)
    assert [row["n"] for row in live] == [
        str(row.n) if row.n is not None else "" for row in page(service, limit=1000).rows
    ]
    assert len(table) - len(live) == len(told.at_promotion.rows)
    assert (
        service.ask("GET", "/v1/verification", headers={"accept": "image/png"}, params={"hazard": SMALL}).status_code
        == 406
    )


def opened_cuts(service: Service) -> list[float]:
    told = service.ask("GET", f"/v1/hazards/{SMALL}").json()
    return [float(cut) for cut in told["cuts"]]


def test_a_single_farm_is_suppressed_with_a_reason_and_told_to_an_agency(service: Service) -> None:
    told = page(service, limit=1000).rows
    hidden = [row for row in told if row.scope in ("restricted sites of a commune", "all restricted sites")]
    assert {row.scope for row in hidden} == {"restricted sites of a commune", "all restricted sites"}
    for row in hidden:
        assert (row.suppressed, row.n, row.events, row.hits, row.sites) == (True, None, None, None, None)
        assert row.reason is not None
    # all sites are those that may be seen: nothing is found by taking these from all
    whole_of = {row.site: row.n for row in told if row.season == "year" and row.cut == 20.0 and row.lead == 1}
    assert whole_of[None] == sum(n or 0 for site, n in whole_of.items() if site is not None)
    together = service.ask("GET", "/v1/aggregates", params={"hazard": SMALL}).json()
    assert [row["suppressed"] for row in together["rows"]] == [True, True]
    key = service.key("agency")
    for_agency = service.ask("GET", "/v1/aggregates", params={"hazard": SMALL}, headers=key).json()
    assert for_agency["rows"] == []
    seen = service.ask("GET", "/v1/verification", params={"hazard": SMALL, "site": "S4"}, headers=key).json()
    assert {row["site"] for row in seen["rows"]} == {"S4"}
