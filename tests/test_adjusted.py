"""The archive to learn from after a change of a forecast model."""

from pathlib import Path

import pandas as pd
import pytest
from conftest import HANOI, a_row_of_sites, at, entry, table

from features.archive import Archive
from features.periods import Periods
from training.adjusted import AdjustedArchive, Rescaling, alike


@pytest.fixture
def adjusted(tmp_path: Path) -> Archive:
    """Wind for 2 to 4 March; the model changed on the second, and then says a fifth more."""
    Archive(tmp_path, a_row_of_sites(), HANOI).append(
        table(
            entry("S1", "wind_speed", "2024-03-02", "2024-03-01 06:00", 5.0, "model"),
            entry("S1", "wind_speed", "2024-03-02", "2024-03-03 06:00", 7.0),
            entry("S1", "wind_speed", "2024-03-03", "2024-03-02 06:00", 6.0, "model"),
            entry("S1", "rain", "2024-03-02", "2024-03-01 06:00", 3.0, "model"),
        )
    )
    return AdjustedArchive(tmp_path, a_row_of_sites(), HANOI, [Rescaling(at("2024-03-02"), {"wind_speed": 1.2})])


def ahead(archive: Archive, variable: str, issue_time: str) -> float:
    return float(archive.as_of(at(issue_time)).ahead(variable, Periods(days=1, count=1)).to_numpy()[0, 0, 0, 0])


def test_forecasts_known_before_the_change_are_read_as_the_new_model_would_say_them(adjusted: Archive) -> None:
    assert ahead(adjusted, "wind_speed", "2024-03-01 07:00") == pytest.approx(6.0)  # 1.2 * 5
    assert ahead(adjusted, "wind_speed", "2024-03-02 07:00") == 6.0
    assert ahead(adjusted, "rain", "2024-03-01 07:00") == 3.0


def test_observations_stay_as_they_are(adjusted: Archive) -> None:
    past = adjusted.as_of(at("2024-03-03 07:00")).past("wind_speed", 1).to_numpy()
    assert past[0, 0, 0] == 7.0
    truth = adjusted.observed("wind_speed", by=at("2024-03-05"), start=at("2024-03-02"), end=at("2024-03-02"))
    assert truth.to_numpy()[0, 0] == 7.0


def test_an_earlier_version_is_adjusted_too(adjusted: Archive) -> None:
    assert ahead(adjusted.at_version(adjusted.version), "wind_speed", "2024-03-01 07:00") == pytest.approx(6.0)


def test_what_nobody_observes_is_taken_to_have_changed_as_its_kind(adjusted: Archive) -> None:
    known = alike({"wind_speed": 1.2})
    assert known["wind_speed_ensemble_high"] == 1.2
    assert "rain" not in known
    assert alike({}) == {}


def test_nothing_is_scaled_beyond_what_is_plausible(tmp_path: Path) -> None:
    Archive(tmp_path, a_row_of_sites(), HANOI).append(
        table(entry("S1", "wind_speed", "2024-03-02", "2024-03-01 06:00", 110.0, "model"))
    )
    changes = [Rescaling(pd.Timestamp("2024-03-02", tz=HANOI), {"wind_speed": 1.2})]
    held = AdjustedArchive(tmp_path, a_row_of_sites(), HANOI, changes)
    assert ahead(held, "wind_speed", "2024-03-01 07:00") == 120.0  # the highest plausible wind
