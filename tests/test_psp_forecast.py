"""A peer's forecasts of shellfish toxicity, with outcomes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Batch, Receipt
from features.errors import UnknownNameError
from features.ingest import ingest
from features.sites import Site, Sites
from features.sources.peers.psp_forecast import ShellfishToxinForecasts

MAINE = "America/New_York"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
SHARED = Path(__file__).parents[1].parent / "shared" / "data" / "shellfish_toxin_maine"
BEDS = Sites([Site("PSP12.28", "Bear Island", "Bear Island", 43.78556, -69.87415, {})])
HEADER = "version,location,date,class_bins,forecast_start_date,forecast_end_date,p_0,p_1,p_2,p_3"
RESULTS = f"{HEADER},measurement_date,toxicity"
ROW = 'v0.3.0,PSP12.28,2024-05-06,"0,10,30,80",2024-05-10,2024-05-16,90,6,3,1,2024-05-14,20.272'
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: str, header: str = RESULTS) -> Path:
        path = tmp_path / "psp_forecast_results_2024.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return written


def fetched(path: Path, stretch: tuple[pd.Timestamp, pd.Timestamp] = EVER, sites: Sites = BEDS) -> list[Batch]:
    return list(ShellfishToxinForecasts(path, MAINE).fetch(sites, *stretch))


def reasons(path: Path) -> list[str]:
    (batch,) = fetched(path)
    assert batch.read == batch.unread + sum(batch.passed_over.values()) + len(batch.tables["peers"]) / 7
    return [reason.partition(": ")[2] for reason in batch.rejected["reason"]]


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=MAINE)


def test_a_forecast_is_four_classes_and_three_probabilities(write: Write) -> None:
    (batch,) = fetched(write(ROW))
    rows = batch.tables["peers"]
    assert list(rows[["kind", "at", "label", "value"]].itertuples(index=False, name=None)) == [
        ("class", 0.0, "0", 0.90), ("class", 0.0, "1", 0.06), ("class", 0.0, "2", 0.03), ("class", 0.0, "3", 0.01),
        ("probability", 10.0, "", 0.10), ("probability", 30.0, "", 0.04), ("probability", 80.0, "", 0.01),
    ]  # fmt: skip
    first = rows.iloc[0]
    assert (first["peer"], first["target"], first["unit"]) == ("pspforecast v0.3.0", "saxitoxin", "ug/hg")
    assert (first["location"], first["site"], first["source"]) == ("PSP12.28", "PSP12.28", "psp_forecast")
    assert first["issue_time"] == day("2024-05-07"), "the end of the day on which it was made"
    assert (first["valid_from"], first["valid_to"]) == (day("2024-05-10"), day("2024-05-17"))
    assert (first["outcome"], first["outcome_time"]) == (20.272, day("2024-05-14"))


def test_rounded_percentages_never_make_more_than_certain(write: Write) -> None:
    (batch,) = fetched(write(ROW.replace("90,6,3,1", "0,34,34,33")))
    rows = batch.tables["peers"].set_index("at")
    assert rows.loc[[10, 30, 80], "value"].tolist() == [1.0, 0.67, 0.33]


def test_a_file_without_results_has_no_outcomes(write: Write) -> None:
    without = ROW.rpartition(",2024-05-14")[0]
    (batch,) = fetched(write(without, header=HEADER))
    assert batch.tables["peers"]["outcome"].isna().all()
    assert batch.tables["peers"]["outcome_time"].isna().all()
    (blank,) = fetched(write(f"{without},NA,NA"))
    assert blank.unread == 0
    assert blank.tables["peers"]["outcome"].isna().all()


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("2024-05-10", "soon", "forecast_start_date is 'soon', not a date such as 2024-05-06"),
        ("2024-05-16", "2024-05-09", "made on 2024-05-06 for 2024-05-10 to 2024-05-09: these dates do not rise"),
        ("2024-05-06", "2024-05-11", "made on 2024-05-11 for 2024-05-10 to 2024-05-16: these dates do not rise"),
        ("90,6,3,1", "90,6,3,", "p_3 is '', not a percentage"),
        ("90,6,3,1", "90,6,3,x", "p_3 is 'x', not a percentage"),
        ("90,6,3,1", "101,-3,1,1", "p_0 is '101', not a percentage"),
        ("90,6,3,1", "90,6,0.3,1", "the classes sum to 97.3 percent, not to 100"),
        ("90,6,3,1", "0.90,0.06,0.03,0.01", "the classes sum to 1 percent, not to 100"),
        ("0,10,30,80", "0,10,80,30", "class_bins is '0,10,80,30', not 4 rising edges such as 0,10,30,80"),
        ("0,10,30,80", "0,80", "class_bins is '0,80', not 4 rising edges such as 0,10,30,80"),
        ("0,10,30,80", "0,10,30,NA", "class_bins is '0,10,30,NA', not 4 rising edges such as 0,10,30,80"),
        ("20.272", "-1", "toxicity is '-1', no amount"),
        ("20.272", "high", "toxicity is 'high', no amount"),
        ("2024-05-14", "NA", "a toxicity stands there without its measurement_date"),
        (",20.272", "", "has 11 fields, the header 12"),
    ],
)
def test_a_malformed_forecast_is_refused_by_name(write: Write, old: str, new: str, why: str) -> None:
    assert old in ROW
    assert reasons(write(ROW.replace(old, new, 1))) == [why]


def test_equal_rows_count_once_and_different_ones_not_at_all(write: Write) -> None:
    other = ROW.replace("PSP12.28", "PSP10.11")
    torn = [other, other.replace("20.272", "21")]
    path = write(ROW, ROW, *torn, ROW)
    (batch,) = fetched(path)
    assert batch.passed_over == {"stand there a second time": 2}
    assert batch.unread == 2
    assert len(batch.tables["peers"]) == 7
    assert (
        reasons(path)
        == ["the forecast for PSP10.11 made on 2024-05-06 stands there with different values: keep one"] * 2
    )


def test_the_stretch_is_that_of_the_periods(write: Write) -> None:
    path = write(ROW, ROW.replace("2024-05-10", "2024-05-09"))
    (batch,) = fetched(path, (day("2024-05-10"), day("2024-05-11")))
    assert batch.passed_over == {"lie outside the asked stretch": 1}
    assert set(batch.tables["peers"]["valid_from"]) == {day("2024-05-10")}


def test_a_file_without_rows_and_one_without_a_column(write: Write) -> None:
    (batch,) = fetched(write())
    assert batch.read == 0
    assert batch.tables["peers"].empty
    with pytest.raises(UnknownNameError, match="csv 'version': there is p_0"):
        fetched(write("1", header="p_0"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_real_seasons_come_in_whole(tmp_path: Path) -> None:
    batches = fetched(SHARED)
    assert [batch.read for batch in batches] == [468, 651, 554, 410]
    assert [batch.unread for batch in batches] == [0, 0, 0, 0]
    assert [dict(batch.passed_over) for batch in batches] == [{}, {}, {"stand there a second time": 149}, {}]
    assert [len(batch.tables["peers"]) // 7 for batch in batches] == [468, 651, 405, 410]
    rows = batches[0].tables["peers"]
    bear_island = rows[(rows["location"] == "PSP12.28") & (rows["issue_time"] == day("2021-04-13"))]
    said = bear_island.set_index(["kind", "at", "label"])["value"]
    assert said["class", 0.0, "0"] == pytest.approx(0.55431193113327)
    assert said["probability", 10.0, ""] == pytest.approx((29.49694991 + 11.48739532 + 3.58446240) / 100)
    assert said["probability", 80.0, ""] == pytest.approx(0.035844624042511)
    assert set(bear_island["valid_from"]) == {day("2021-04-18")}
    assert set(bear_island["valid_to"]) == {day("2021-04-23")}
    assert set(bear_island["outcome"]) == {40.97413361}
    assert set(bear_island["site"]) == {"PSP12.28"}
    archive = Archive(tmp_path, BEDS, MAINE)
    source = ShellfishToxinForecasts(SHARED, MAINE)
    whole = Receipt(read=2083, passed_over={"stand there a second time": 149}, kept={"peers": 1934 * 7})
    assert ingest(source, archive, *EVER) == whole
    assert whole.used == 1934
    assert ingest(source, archive, *EVER).kept == {"peers": 0}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_real_outcomes_give_the_counts_that_the_peer_publishes() -> None:
    rows = fetched(SHARED)[1].tables["peers"]
    wide = rows[rows["kind"] == "class"].pivot_table(index=["location", "issue_time"], columns="label", values="value")
    outcome = rows.drop_duplicates(["location", "issue_time"]).set_index(["location", "issue_time"])["outcome"]
    predicted = wide.to_numpy().argmax(axis=1) == 3
    closed = outcome.reindex(wide.index).to_numpy() > 80
    assert (np.sum(predicted & closed), np.sum(predicted & ~closed)) == (16, 20)
    assert (np.sum(~predicted & ~closed), np.sum(~predicted & closed)) == (603, 12)
