"""Issuing: a forecast is said once, stored with all that is needed to judge it, and can be replayed exactly."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_deployment import COAST, ENDS, ISSUED, SMALL, SmallProvince, a_copy, local, opened, the_deployment

from features.archive import Archive
from features.entries import Batch
from features.errors import HaidangError
from features.ingest import ingest
from features.sites import Sites
from haidang.chain import issuing
from models.issued import ISSUED as COLUMNS
from serving.deployment import Deployment
from serving.issued.issue import issue


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return opened(the_deployment(tmp_path_factory))


@pytest.fixture
def mine(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Deployment:
    return opened(a_copy(tmp_path_factory, tmp_path / "home"))


def probabilities(records: pd.DataFrame) -> bytes:
    return np.stack(records["probabilities"]).tobytes()


def late_report(site: str, day: str, value: float, known: str) -> pd.DataFrame:
    row = {"site": site, "variable": "rain", "valid_time": local(day), "known_time": local(known), "value": value}
    return pd.DataFrame([row | {"source": "station"}])


def test_a_record_says_who_spoke_when_of_what(deployment: Deployment) -> None:
    record = deployment.issued.at(SMALL, ISSUED[1]).iloc[1]
    forecaster = deployment.shelf.champion(deployment.hazard(SMALL))
    assert (record["hazard"], record["site"], record["period"], record["lead"]) == (SMALL, "S1", 2, 2)
    assert record["issue_time"] == ISSUED[1]
    assert (record["valid_from"], record["valid_to"]) == (local("2023-07-02"), local("2023-07-03"))
    assert list(record["cuts"]) == [5.0, 20.0, 40.0]
    assert (record["forecaster"], record["fingerprint"]) == (forecaster.version, forecaster.hazard.fingerprint)
    assert record["issued_at"] == ENDS
    assert json.loads(record["inputs"])["rain"]["sites_without"] == 0


def test_probabilities_lie_in_the_unit_interval_and_never_increase_with_the_cut(deployment: Deployment) -> None:
    for hazard in (SMALL, COAST):
        given = np.stack(deployment.issued.latest(hazard)["probabilities"])
        assert ((given >= 0) & (given <= 1)).all()
        assert (np.diff(given, axis=1) <= 0).all()


def test_a_level_is_reached_where_its_rule_says_so(deployment: Deployment) -> None:
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    moments = pd.date_range(local("2022-07-01 07:00"), periods=10, freq="D")
    records = pd.concat([issue(champion, deployment.archive, moment, issued_at=ENDS) for moment in moments])
    given = np.stack(records["probabilities"])
    expected = np.where(given[:, 2] >= 0.2, "warning", np.where(given[:, 1] >= 0.3, "watch", "none"))
    assert list(records["level"].fillna("none")) == list(expected)
    assert set(expected) == {"warning", "watch", "none"}


def test_issuing_twice_changes_nothing(mine: Deployment) -> None:
    hazard, version, before = mine.hazard(SMALL), mine.issued.version, mine.issued.at(SMALL, ISSUED[0])
    assert issuing.issue_now(mine, hazard, ISSUED[0], ENDS + pd.Timedelta(days=3)) == 0
    pd.testing.assert_frame_equal(mine.issued.at(SMALL, ISSUED[0]), before)
    assert list(mine.issued.issue_times(SMALL)) == list(ISSUED)
    assert mine.issued.version - version <= 1


@pytest.mark.parametrize("hazard", [SMALL, COAST])
@pytest.mark.parametrize("issue_time", ISSUED)
def test_a_replay_from_the_passport_equals_the_record_byte_for_byte(
    deployment: Deployment, hazard: str, issue_time: pd.Timestamp
) -> None:
    stored = deployment.issued.at(hazard, issue_time)
    champion = deployment.shelf.champion(deployment.hazard(hazard))
    assert set(stored["forecaster"]) == {champion.version}
    (version,) = set(stored["archive_version"])
    replayed = issue(
        champion, deployment.archive.at_version(version), issue_time, issued_at=stored["issued_at"].iloc[0]
    )
    assert probabilities(replayed) == probabilities(stored)
    of_baselines = ["climatology", "persistence"]
    for name in of_baselines:
        np.testing.assert_array_equal(np.stack(replayed[name]), np.stack(stored[name]), err_msg=name)
    for name in set(COLUMNS.names) - {"probabilities", "cuts", "missing", "level", *of_baselines}:
        np.testing.assert_array_equal(replayed[name].to_numpy(), stored[name].to_numpy(), err_msg=name)
    assert list(replayed["level"].fillna("none")) == list(stored["level"].fillna("none"))


def test_a_late_report_changes_no_issued_forecast_and_its_replay_stays_the_same(mine: Deployment) -> None:
    before = mine.issued.latest(SMALL)
    receipt = mine.archive.append(late_report("S1", "2023-06-29", 321.0, known="2023-06-30 06:30"))
    assert receipt.accepted == 1
    assert issuing.issue_now(mine, mine.hazard(SMALL), ISSUED[1], ENDS) == 0
    pd.testing.assert_frame_equal(mine.issued.latest(SMALL), before)

    champion = mine.shelf.champion(mine.hazard(SMALL))
    now = issue(champion, mine.archive, ISSUED[1], issued_at=ENDS)
    then = issue(champion, mine.archive.at_version(before["archive_version"].iloc[0]), ISSUED[1], issued_at=ENDS)
    assert probabilities(now) != probabilities(before)
    assert probabilities(then) == probabilities(before)


def test_what_could_not_be_known_is_named_and_never_filled_with_zero(deployment: Deployment, tmp_path: Path) -> None:
    class OneSite(SmallProvince):
        def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
            for batch in super().fetch(sites, start, end):
                yield Batch(batch.entries[batch.entries["site"] == "S1"])

    bare = Archive(tmp_path / "bare", deployment.sites, deployment.archive.zone)
    ingest(OneSite(), bare, local("2021-01-01"), local("2021-03-01"))
    champion, moment = deployment.shelf.champion(deployment.hazard(SMALL)), local("2021-02-01 07:00")
    rows = champion.hazard.ask(bare, moment).droplevel("issue_time")
    named = [feature.name for feature in champion.hazard.features if feature.variables]
    assert rows.loc["S2", named].isna().all(axis=None)
    records = issue(champion, bare, moment, issued_at=ENDS).set_index("site")
    assert [list(missing) for missing in records.loc["S1", "missing"]] == [[], []]
    assert [list(missing) for missing in records.loc["S2", "missing"]] == [named, named]
    assert json.loads(records["inputs"].iloc[0])["rain"]["sites_without"] == 4


def test_a_forecast_with_nothing_known_is_not_that_of_a_dry_week(deployment: Deployment) -> None:
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    rows = champion.hazard.ask(deployment.archive, ISSUED[0])
    rain = [feature.name for feature in champion.hazard.features if feature.variables]
    unknown, dry = (champion.answer(rows.assign(**dict.fromkeys(rain, value))) for value in (np.nan, 0.0))
    assert (unknown[5.0] != dry[5.0]).all()


def test_nothing_is_issued_for_a_moment_that_has_not_come(deployment: Deployment) -> None:
    with pytest.raises(HaidangError, match="lies in the future"):
        issuing.issue_now(deployment, deployment.hazard(SMALL), ENDS + pd.Timedelta(hours=1), ENDS)


def test_nothing_is_issued_for_a_moment_before_the_archive(deployment: Deployment) -> None:
    with pytest.raises(HaidangError, match="the archive begins at 2021-01-01T06:00:00"):
        issuing.issue_now(deployment, deployment.hazard(SMALL), local("2020-12-31 07:00"), ENDS)


def test_nothing_is_issued_by_a_hazard_without_a_champion(deployment: Deployment) -> None:
    with pytest.raises(HaidangError, match="no forecaster of heavy_rain was promoted: run `haidang train heavy_rain`"):
        issuing.issue_now(deployment, deployment.hazard("heavy_rain"), ISSUED[1], ENDS)


def test_nothing_is_issued_by_a_forecaster_of_another_hazard_file(deployment: Deployment) -> None:
    hazard = deployment.hazard(SMALL)
    with pytest.raises(HaidangError, match="was fitted for small_rain with the fingerprint"):
        issuing.issue_now(deployment, replace(hazard, features=hazard.features[1:]), ISSUED[1], ENDS)


def test_a_forecast_from_nothing_known_is_that_of_the_climatology_and_says_so(deployment: Deployment) -> None:
    long_after = ENDS + pd.Timedelta(days=400)
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    records = issue(champion, deployment.archive, long_after, issued_at=long_after)
    assert set(records["step"]) == {"climatology"}
    named = [feature.name for feature in champion.hazard.features if feature.variables]
    assert all(list(missing) == named for missing in records["missing"])
    rows = champion.hazard.ask(deployment.archive, long_after)
    climate = champion.estimator.member_.climatology_.predict_exceedance(rows)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.stack(records["probabilities"]), climate)


def test_an_issue_without_forecasts_of_others_says_so_at_each_site(deployment: Deployment) -> None:
    after = ENDS + pd.Timedelta(hours=7)  # no run was read for the days after the last one
    champion = deployment.shelf.champion(deployment.hazard(SMALL))
    assert set(issue(champion, deployment.archive, after, issued_at=after)["step"]) == {"no_forecast_weather"}
    assert set(deployment.issued.at(SMALL, ISSUED[0])["step"]) == {"full"}


def test_an_input_beyond_training_is_told_with_the_record(mine: Deployment) -> None:
    mine.archive.append(late_report("S1", "2023-06-29", 1500.0, known="2023-06-30 06:30"))
    champion = mine.shelf.champion(mine.hazard(SMALL))
    record = issue(champion, mine.archive, ISSUED[1], issued_at=ENDS).set_index("site").loc["S1"].iloc[0]
    told = {one["column"]: one for one in json.loads(record["outside"])}
    assert told["total_over(rain, days=1, coverage=1.0)"]["value"] == 1500.0
    assert 20 < told["total_over(rain, days=1, coverage=1.0)"]["high"] < 200
    assert not record["raised"]  # the hazard declares nothing that never lowers the risk
