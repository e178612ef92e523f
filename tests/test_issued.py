"""The store of issued forecasts: written once, never changed, read whole."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import write_deltalake

from models.issued import ISSUED, IssuedForecasts

SEVEN = pd.Timestamp("2025-09-01T00:00Z")


def records(
    issue_time: pd.Timestamp = SEVEN, *, hazard: str = "storm", forecaster: str = "a", p: float = 0.2
) -> pd.DataFrame:
    """Two sites, in the wrong order."""
    day = pd.Timedelta(days=1)
    row = {
        "hazard": hazard, "issue_time": issue_time, "period": 1, "lead": 1, "valid_from": issue_time + day,
        "valid_to": issue_time + 2 * day, "cuts": [1.0, 2.0], "probabilities": [p, p / 2], "expected": 1.5,
        "levels": None, "quantiles": None, "low": None, "high": None,
        "climatology": [0.1, 0.05], "persistence": None,
        "level": None, "missing": ["a", "b"], "forecaster": forecaster, "fingerprint": "f", "archive_version": 3,
        "inputs": json.dumps({}), "issued_at": issue_time, "step": "full", "outside": "[]", "raised": False,
    }  # fmt: skip
    return pd.DataFrame([row | {"site": "S2"}, row | {"site": "S1"}])


@pytest.fixture
def issued(tmp_path: Path) -> IssuedForecasts:
    return IssuedForecasts(tmp_path / "issued")


def test_before_the_first_issue_everything_is_empty(issued: IssuedForecasts) -> None:
    assert (issued.exists, issued.version) == (False, -1)
    assert issued.issue_times("storm").empty
    assert issued.latest("storm").empty
    assert list(issued.at("storm", SEVEN)) == ISSUED.names


def test_records_come_back_as_they_were_said_sorted_by_site(issued: IssuedForecasts) -> None:
    assert issued.add(records()) == 2
    held = issued.at("storm", SEVEN)
    assert list(held["site"]) == ["S1", "S2"]
    assert [list(p) for p in held["probabilities"]] == [[0.2, 0.1], [0.2, 0.1]]
    assert list(held["missing"][0]) == ["a", "b"]
    assert pd.isna(held["level"][0])


def test_a_record_is_never_changed(issued: IssuedForecasts) -> None:
    issued.add(records(p=0.2))
    assert issued.add(records(p=0.9)) == 0
    assert [list(p) for p in issued.at("storm", SEVEN)["probabilities"]] == [[0.2, 0.1], [0.2, 0.1]]


def test_of_records_half_of_which_are_held_only_the_others_are_new(issued: IssuedForecasts) -> None:
    issued.add(records().iloc[:1])
    assert issued.add(records()) == 1
    assert list(issued.at("storm", SEVEN)["site"]) == ["S1", "S2"]


def test_the_latest_issue_is_that_of_the_latest_issue_time_whatever_was_added_last(issued: IssuedForecasts) -> None:
    later = SEVEN + pd.Timedelta(days=1)
    issued.add(records(later, p=0.4))
    issued.add(records(SEVEN))
    assert list(issued.issue_times("storm")) == [SEVEN, later]
    assert issued.latest("storm")["probabilities"][0][0] == 0.4


def test_hazards_do_not_mix(issued: IssuedForecasts) -> None:
    issued.add(records())
    issued.add(records(hazard="flood", p=0.7))
    assert set(issued.latest("flood")["hazard"]) == {"flood"}
    assert issued.issue_times("drought").empty


def test_of_two_forecasters_at_one_issue_time_the_one_that_issued_last_is_read_whole(issued: IssuedForecasts) -> None:
    issued.add(records(forecaster="a"))
    second = records(forecaster="b", p=0.6).assign(issued_at=SEVEN + pd.Timedelta(hours=1))
    assert issued.add(second) == 2
    assert set(issued.at("storm", SEVEN)["forecaster"]) == {"b"}


def test_each_addition_is_one_version_of_the_table(issued: IssuedForecasts) -> None:
    issued.add(records())
    before = issued.version
    issued.add(records(SEVEN + pd.Timedelta(days=1)))
    assert issued.version == before + 1


def test_probabilities_keep_every_bit(issued: IssuedForecasts) -> None:
    exact = np.nextafter(0.1, 1)
    issued.add(records(p=exact))
    assert issued.at("storm", SEVEN)["probabilities"][0][0] == exact


def test_a_table_from_before_a_column_was_kept_is_read_and_added_to(issued: IssuedForecasts, tmp_path: Path) -> None:
    later = ISSUED.names[ISSUED.names.index("step") :]
    kept = pa.schema([field for field in ISSUED if field.name not in later])
    rows = pa.Table.from_pandas(records()[kept.names], kept, preserve_index=False)
    write_deltalake(str(tmp_path / "issued"), rows, partition_by=["hazard"], configuration={"delta.appendOnly": "true"})
    assert issued.at("storm", SEVEN)["step"].isna().all()
    assert issued.add(records(SEVEN + pd.Timedelta(days=1))) == 2
    assert issued.add(records()) == 0
    assert issued.latest("storm")["step"].tolist() == ["full", "full"]
    assert issued.at("storm", SEVEN)["step"].isna().all()


def test_of_several_hazards_the_records_of_periods_that_ended_are_read_at_once(issued: IssuedForecasts) -> None:
    day = pd.Timedelta(days=1)
    for k in range(4):
        issued.add(records(SEVEN + k * day))
    issued.add(records(hazard="flood"))
    found = issued.ended(
        {"storm": (SEVEN + 4 * day, SEVEN + 3 * day), "flood": (SEVEN + 9 * day, None), "heat": (SEVEN, None)}
    )
    # periods end two days after they are issued: of those of the first four days one ended on day 3 and one on day 4
    assert sorted(set(found["storm"]["issue_time"].to_pylist())) == [SEVEN + day, SEVEN + 2 * day]
    assert len(found["flood"]) == 2
    assert len(found["heat"]) == 0
    late = records(SEVEN - 30 * day).assign(issued_at=SEVEN + 3 * day)
    issued.add(late)
    assert len(issued.ended({"storm": (SEVEN + 4 * day, SEVEN + 3 * day)})["storm"]) == 6
    assert issued.hazards() == ["flood", "storm"]
