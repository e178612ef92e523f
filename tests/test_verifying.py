"""Verifying: issued forecasts meet what came of them, once, whole, and as they were issued."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from deltalake import DeltaTable
from tiny_deployment import COAST, SMALL, local, opened, the_deployment
from tiny_deployment import ISSUED as ISSUE_TIMES

from features.ahead import HighestAhead
from features.errors import HaidangError
from haidang.chain import verifying
from haidang.chain.verifying import Verified, verify
from models.targets import Highest
from models.verified import VERIFIED
from serving.deployment import Deployment
from training.archive_peers import AtItsWord

# Two issues: 27 and 30 June, for the next two days each; outcomes settle a day after a period is over.
BEFORE, AFTER, LATER = local("2023-06-29 12:00"), local("2023-07-05 12:00"), local("2023-07-06 12:00")


@pytest.fixture
def deployment(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Deployment:
    """The shared deployment's archive and forecasts, to be added to."""
    home = tmp_path / "home"
    shared = the_deployment(tmp_path_factory)
    for name in ("archive", "issued", "hazards"):
        shutil.copytree(shared / name, home / name)
    for name in ("haidang.toml", "sites.csv"):
        shutil.copy(shared / name, home / name)
    return opened(home)


def rain(deployment: Deployment, day: str, millimetres: float, known: str, *, site: str = "S1") -> None:
    """Adds what a gauge measured on a day."""
    row = {"site": site, "variable": "rain", "valid_time": local(day), "known_time": local(known)}
    deployment.archive.append(pd.DataFrame([row | {"value": millimetres, "source": "gauge"}]))


def held(deployment: Deployment, hazard: str = SMALL) -> pd.DataFrame:
    table = deployment.verified.read(hazard).to_pandas()
    return table.sort_values(["issue_time", "site", "period"], ignore_index=True)


def every_row(deployment: Deployment) -> pd.DataFrame:
    return DeltaTable(str(deployment.settings.verified)).to_pandas()


def found(told: tuple[Verified, ...], hazard: str = SMALL) -> Verified:
    return next(one for one in told if one.hazard == hazard)


def test_only_what_has_settled_is_verified(deployment: Deployment) -> None:
    # on the 29th the 28th is over, and settles with the end of the 29th: nothing yet; on the 30th it has
    assert found(verify(deployment, BEFORE)).settled == 0
    assert not deployment.verified.exists
    assert found(verify(deployment, local("2023-06-30 12:00"))).settled == 5
    assert held(deployment)["period"].unique().tolist() == [1]


def test_a_forecast_is_verified_as_it_was_issued(deployment: Deployment) -> None:
    verify(deployment, AFTER)
    issued, rows = deployment.issued.at(SMALL, ISSUE_TIMES[0]), held(deployment).iloc[:10]
    for name in ("site", "period", "lead", "forecaster", "expected"):
        assert rows[name].tolist() == issued[name].tolist()
    for name in ("cuts", "probabilities", "climatology", "persistence"):
        assert np.array_equal(np.stack(rows[name]), np.stack(issued[name]))
    observed = deployment.archive.observed("rain", by=AFTER, start=local("2023-06-28"), end=local("2023-06-29"))
    assert rows["outcome"].tolist() == observed.to_numpy().ravel().tolist()
    assert (rows["truth_known_at"] == rows["valid_to"] + pd.Timedelta(days=1)).all()
    assert not rows["shadow"].any()


def test_run_again_nothing_is_new(deployment: Deployment) -> None:
    first = verify(deployment, AFTER)
    rows, version = every_row(deployment), DeltaTable(str(deployment.settings.verified)).version()
    # July was never measured: what was forecast for it is verified too, as unknown
    assert (found(first).settled, found(first).unknown) == (20, 10)
    for now in (AFTER, LATER):
        assert [(one.settled, one.changed) for one in verify(deployment, now)] == [(0, 0)] * len(first)
    assert len(every_row(deployment)) == len(rows)
    assert DeltaTable(str(deployment.settings.verified)).version() == version


def test_killed_before_the_track_record_is_written_it_goes_on_there(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(verifying, "renew_track_record", _killed)
        with pytest.raises(KeyboardInterrupt):
            verify(deployment, AFTER)
    assert deployment.track_records.read(SMALL) is None
    assert found(verify(deployment, LATER)).settled == 0
    record = deployment.track_records.read(SMALL)
    assert record is not None
    whole = record.scores[(record.scores["site"] == "") & (record.scores["lead"] == 0)]
    assert whole["n"].tolist() == [10, 10, 10]
    assert whole["unknown"].tolist() == [10, 10, 10]


def test_killed_while_rows_are_stored_none_is_and_the_next_run_stores_all(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("models.verified.add_new", _killed)
        with pytest.raises(KeyboardInterrupt):
            verify(deployment, AFTER)
    assert not deployment.verified.exists
    assert found(verify(deployment, AFTER)).settled == 20


def test_what_nobody_looked_at_is_looked_at_again_and_told_when_it_comes(deployment: Deployment) -> None:
    verify(deployment, AFTER)
    rain(deployment, "2023-07-01", 25.0, "2023-07-05 18:00")
    told = found(verify(deployment, LATER))
    assert (told.settled, told.changed) == (0, 1)
    (row,) = held(deployment).query("outcome == 25").to_dict("records")
    assert row["site"] == "S1"
    assert row["truth_known_at"] == row["verified_at"] == LATER
    assert len(held(deployment)) == 20
    assert len(every_row(deployment).query("hazard == @SMALL")) == 21


def test_a_correction_adds_a_row_and_leaves_the_first_as_it_was(deployment: Deployment) -> None:
    verify(deployment, AFTER)
    before = held(deployment)
    rain(deployment, "2023-06-28", 77.0, "2023-07-05 18:00")
    assert found(verify(deployment, LATER)).changed == 1
    assert found(verify(deployment, LATER + pd.Timedelta(days=1))).changed == 0
    assert held(deployment)["outcome"][0] == 77.0
    rows = every_row(deployment).query("hazard == @SMALL and site == 'S1' and lead == 1").sort_values("verified_at")
    rows = rows[rows["issue_time"] == ISSUE_TIMES[0]]
    assert rows["outcome"].tolist() == [before["outcome"][0], 77.0]
    assert np.array_equal(rows["probabilities"].iloc[0], rows["probabilities"].iloc[-1])


def test_after_sixty_days_a_truth_is_not_looked_at_any_more(deployment: Deployment) -> None:
    verify(deployment, AFTER)
    rain(deployment, "2023-06-28", 77.0, "2023-07-05 18:00")
    assert found(verify(deployment, AFTER + pd.Timedelta(days=70))).changed == 0


def test_a_forecast_that_was_issued_late_is_found(deployment: Deployment) -> None:
    verify(deployment, AFTER)
    late = deployment.issued.at(SMALL, ISSUE_TIMES[0])
    moved = late.assign(
        **{name: late[name] - pd.Timedelta(days=200) for name in ("issue_time", "valid_from", "valid_to")}
    )
    deployment.issued.add(moved.assign(issued_at=LATER))
    assert found(verify(deployment, LATER)).settled == 10
    assert found(verify(deployment, LATER)).settled == 0


def test_a_period_that_is_declared_otherwise_today_has_no_known_outcome(deployment: Deployment) -> None:
    records = deployment.issued.at(SMALL, ISSUE_TIMES[0])
    longer = records.assign(valid_to=records["valid_to"] + pd.Timedelta(days=1), forecaster="older")
    deployment.issued.add(longer)
    verify(deployment, AFTER)
    assert held(deployment).query("forecaster == 'older'")["outcome"].isna().all()


def test_what_is_wrong_with_one_hazard_holds_up_no_other(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: Callable[..., object] = Highest.outcome

    def broken(target: Highest, *given: object, **named: object) -> object:
        if target.cuts == (20.0, 40.0):
            raise HaidangError("the gauge is upside down")
        return whole(target, *given, **named)

    monkeypatch.setattr(Highest, "outcome", broken)
    told = verify(deployment, AFTER)
    assert found(told, COAST).error == "the gauge is upside down"
    assert found(told).settled == 20


def test_a_hazard_can_be_verified_alone(deployment: Deployment) -> None:
    assert [one.hazard for one in verify(deployment, AFTER, [COAST])] == [COAST]
    assert not len(deployment.verified.read(SMALL))


def test_what_was_never_shown_is_verified_beside_and_counts_for_nothing(deployment: Deployment) -> None:
    records = deployment.issued.at(SMALL, ISSUE_TIMES[0])
    deployment.shadow.add(records.assign(forecaster="challenger"))
    assert found(verify(deployment, AFTER)).settled == 30
    rows = held(deployment)
    assert rows.groupby("shadow")["forecaster"].unique().map(list)[True] == ["challenger"]
    assert rows["shadow"].sum() == 10
    record = deployment.track_records.read(SMALL)
    assert record is not None
    assert record.scores.query("site == '' and lead == 0")["n"].tolist() == [10, 10, 10]


def test_the_track_record_is_renewed_with_what_is_verified(deployment: Deployment) -> None:
    verify(deployment, local("2023-06-30 12:00"))
    first = deployment.track_records.until(SMALL)
    verify(deployment, AFTER)
    assert first == local("2023-06-30 12:00")
    assert deployment.track_records.until(SMALL) == AFTER
    record = deployment.track_records.read(SMALL)
    assert record is not None
    assert set(record.beside["reference"]) == {"climatology", "persistence"}
    assert set(record.alarms["level"]) == {"watch", "warning"}


def test_forecasts_of_others_in_the_archive_are_scored_on_our_questions(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"weather model": AtItsWord(HighestAhead("rain"))}
    monkeypatch.setattr("training.archive_peers.ARCHIVE_PEERS", {SMALL: run})
    verify(deployment, AFTER)
    record = deployment.track_records.read(SMALL)
    assert record is not None
    counts = record.beside.pivot_table(index=["site", "lead", "cut"], columns="reference", values=["n", "brier"])
    ours, theirs = counts["n"]["climatology"], counts["n"]["weather model"]
    assert (theirs > 0).all()
    assert (theirs <= ours).all()
    told = record.beside[record.beside["reference"] == "weather model"]
    assert told["brier_reference"].between(0, 1).all()


def test_where_nothing_was_issued_there_is_nothing_to_verify(tmp_path: Path) -> None:
    assert verify(opened(tmp_path), AFTER) == ()
    assert opened(tmp_path).verified.read(SMALL).schema.names == VERIFIED.names


def _killed(*given: object, **named: object) -> None:
    raise KeyboardInterrupt
