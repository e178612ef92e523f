"""Peers' forecasts in the format of the hubverse."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Batch, Receipt
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.settings import Settings
from features.sites import Site, Sites
from features.sources.catalogue import source_named
from features.sources.peers.hubverse import Hubverse

HANOI = "Asia/Ho_Chi_Minh"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
PROVINCES = Sites([Site("QN", "Quảng Ninh", "Quang Ninh", 21.0, 107.0, {})])
HEADER = "reference_date,target,horizon,target_end_date,location,output_type,output_type_id,value"
TASK = "2024-01-06,dengue cases,1,2024-01-13,Quang Ninh"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: str, header: str = HEADER, name: str = "2024-01-06-hust-baseline.csv") -> Path:
        folder = tmp_path / "model-output" / "hust-baseline"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return written


def fetched(path: Path, **settings: object) -> Batch:
    hub = Hubverse(path, HANOI, **settings)  # type: ignore[arg-type]
    (batch,) = hub.fetch(PROVINCES, *EVER)
    assert batch.read == len(batch.rejected) + sum(batch.passed_over.values()) + used(batch)
    return batch


def used(batch: Batch) -> int:
    return batch.read - batch.unread - sum(batch.passed_over.values())


def told(batch: Batch, *columns: str) -> list[tuple[object, ...]]:
    rows = batch.tables["peers"]
    return list(rows[list(columns)].itertuples(index=False, name=None))


def at(day: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz=HANOI)


def test_quantiles_become_rows_of_the_peers_table(write: Write) -> None:
    path = write(f"{TASK},mean,NA,5", f"{TASK},quantile,0.25,2", f"{TASK},quantile,0.5,3", f"{TASK},median,,3")
    batch = fetched(path, units={"dengue cases": "count"})
    assert told(batch, "kind", "at", "label", "value") == [
        ("mean", 0.0, "", 5.0), ("quantile", 0.25, "", 2.0), ("quantile", 0.5, "", 3.0), ("median", 0.0, "", 3.0),
    ]  # fmt: skip
    row = batch.tables["peers"].iloc[0]
    assert (row["peer"], row["target"], row["location"]) == ("hust-baseline", "dengue cases", "Quang Ninh")
    assert (row["site"], row["unit"], row["source"]) == ("QN", "count", "hubverse")
    assert row["issue_time"] == at("2024-01-07"), "the end of the date of the round"
    assert (row["valid_from"], row["valid_to"]) == (at("2024-01-07"), at("2024-01-14")), "a week that ends on the 13th"
    assert pd.isna(row["outcome"])
    assert pd.isna(row["outcome_time"])


def test_all_comes_into_the_archive_and_a_second_time_nothing_does(tmp_path: Path, write: Write) -> None:
    path = write(
        f"{TASK},quantile,0.5,3", f"{TASK},pmf,low,0.25", f"{TASK},pmf,high,0.75", f"{TASK},sample,1,7",
        f"{TASK},cdf,10,0.9", f"{TASK},mean,NA,x",
    )  # fmt: skip
    archive = Archive(tmp_path / "archive", PROVINCES, HANOI)
    now = pd.Timestamp("2024-02-01", tz="UTC")
    first = ingest(Hubverse(path.parents[1], HANOI), archive, *EVER, now=now)
    assert first == Receipt(quarantined=1, read=6, unread=1, kept={"peers": 5})
    again = ingest(Hubverse(path.parents[1], HANOI), archive, *EVER, now=now)
    assert again == Receipt(quarantined=1, read=6, unread=1, kept={"peers": 0})
    held = archive.kept("peers").read_source("hubverse")
    assert len(held) == 5
    assert held["unit"].isna().all()
    assert (
        not held[["peer", "target", "location", "site", "issue_time", "valid_from", "kind", "at", "label"]]
        .isna()
        .any(axis=None)
    )


def test_a_cdf_is_kept_as_the_probability_of_reaching_its_value(write: Write) -> None:
    batch = fetched(write(f"{TASK},cdf,10,0.6", f"{TASK},cdf,50,0.9"))
    assert told(batch, "kind", "at", "value") == [("probability", 10.0, 0.4), ("probability", 50.0, 0.1)]


def test_classes_and_samples_keep_their_names_and_numbers(write: Write) -> None:
    batch = fetched(write(f"{TASK},pmf,low,0.4", f"{TASK},pmf,high,0.6", f"{TASK},sample,12,7", f"{TASK},sample,a-3,9"))
    assert told(batch, "kind", "at", "label", "value") == [
        ("class", 0.0, "low", 0.4), ("class", 0.0, "high", 0.6), ("sample", 12.0, "", 7.0), ("sample", 0.0, "a-3", 9.0),
    ]  # fmt: skip


def test_the_end_date_follows_from_the_horizon_or_stands_there(write: Write) -> None:
    by_horizon = fetched(write("2024-01-06,dengue cases,2,QN,mean,NA,5", header=HEADER.replace("target_end_date,", "")))
    assert told(by_horizon, "valid_from", "valid_to") == [(at("2024-01-14"), at("2024-01-21"))]
    by_date = fetched(write("2024-01-06,dengue cases,2024-01-20,QN,mean,NA,5", header=HEADER.replace("horizon,", "")))
    assert told(by_date, "valid_from", "valid_to") == [(at("2024-01-14"), at("2024-01-21"))]
    nowcast = fetched(write("2024-01-06,dengue cases,-1,2023-12-30,QN,mean,NA,5"))
    assert told(nowcast, "valid_from", "valid_to") == [(at("2023-12-24"), at("2023-12-31"))]
    by_day = fetched(write("2024-01-06,rain,3,2024-01-09,QN,mean,NA,5"), horizon_days=1)
    assert told(by_day, "valid_from", "valid_to") == [(at("2024-01-09"), at("2024-01-10"))]


def test_a_horizon_in_other_steps_than_stated_is_refused(write: Write) -> None:
    batch = fetched(write(f"{TASK},mean,NA,5"), horizon_days=1)
    assert batch.unread == 1
    assert batch.rejected["reason"].tolist() == [
        (
            "2024-01-06-hust-baseline.csv, line 2: target_end_date 2024-01-13 is not the round and 1 x 1 days: check "
            "`horizon_days`"
        )
    ]


def test_a_target_of_the_season_is_passed_over(write: Write) -> None:
    batch = fetched(write("2024-01-06,peak week,NA,NA,QN,pmf,2024-02-03,1", f"{TASK},mean,NA,5"))
    assert batch.passed_over == {"speak of no stretch of days, having neither a horizon nor an end date": 1}
    assert told(batch, "target") == [("dengue cases",)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("mean,NA,x", "mean NA is x: the value is not a number"),
        ("mean,NA,NA", "mean NA is NA: the value is not a number"),
        ("mean,0.5,3", "mean 0.5 is 3: a mean or median has an output_type_id"),
        ("mode,NA,3", "mode NA is 3: the output_type is none of mean, median, quantile, cdf, pmf, sample"),
        ("quantile,NA,3", "quantile NA is 3: the output_type_id is missing"),
        ("quantile,half,3", "quantile half is 3: the output_type_id is not a number"),
        ("quantile,50,3", "quantile 50 is 3: the level of the quantile is not from 0 to 1"),
        ("cdf,EW202240,0.3", "cdf EW202240 is 0.3: the output_type_id is not a number"),
        ("cdf,10,1.2", "cdf 10 is 1.2: the probability is not from 0 to 1"),
        ("pmf,low,-0.1", "pmf low is -0.1: the probability is not from 0 to 1"),
    ],
)
def test_a_row_that_says_nothing_is_refused_by_name(write: Write, row: str, why: str) -> None:
    batch = fetched(write(f"{TASK},{row}", f"{TASK},median,NA,5"))
    assert batch.rejected["reason"].tolist() == [f"2024-01-06-hust-baseline.csv, line 2: {why}"]
    assert told(batch, "kind") == [("median",)]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (["quantile,0.5,3", "quantile,0.25,4", "quantile,0.75,9"], "the quantiles of its task cross"),
        (["pmf,low,0.5", "pmf,high,0.4"], "the classes of its task do not sum to 1"),
        (["cdf,50,0.6", "cdf,10,0.7"], "the cdf of its task falls"),
    ],
)
def test_what_is_no_distribution_is_refused_whole_and_no_other_task_is(write: Write, rows: list[str], why: str) -> None:
    other = TASK.replace("Quang Ninh", "Hà Nội")
    sound = [f"{other},quantile,0.25,3", f"{other},quantile,0.5,3", f"{other},pmf,low,0.4999", f"{other},pmf,high,0.5"]
    batch = fetched(write(*(f"{TASK},{row}" for row in rows), *sound))
    assert batch.unread == len(rows)
    assert batch.rejected["reason"].str.endswith(why).all()
    assert {location for (location,) in told(batch, "location")} == {"Hà Nội"}
    assert used(batch) == len(sound)


def test_equal_rows_count_once_and_different_ones_not_at_all(write: Write) -> None:
    batch = fetched(write(f"{TASK},mean,NA,5", f"{TASK},mean,NA,5.0", f"{TASK},median,NA,4", f"{TASK},median,NA,6"))
    assert batch.passed_over == {"stand there a second time": 1}
    assert told(batch, "kind", "value") == [("mean", 5.0)]
    assert (
        batch.rejected["reason"]
        .str.endswith("median NA of one task stands there with different values: keep one")
        .all()
    )
    assert batch.unread == 2


def test_dates_that_are_none_or_of_another_round_are_refused(write: Write) -> None:
    late = TASK.replace("2024-01-06", "2024-01-13").replace("2024-01-13,QN", "2024-01-20")
    batch = fetched(write(late.replace(",2024-01-13,Q", ",2024-01-20,Q") + ",mean,NA,5", f"x{TASK},mean,NA,5"))
    assert batch.rejected["reason"].tolist() == [
        "2024-01-06-hust-baseline.csv, line 2: reference_date is 2024-01-13, but the file is of the round 2024-01-06",
        "2024-01-06-hust-baseline.csv, line 3: reference_date is 'x2024-01-06', not a date such as 2024-05-06",
    ]
    half = fetched(write(TASK.replace(",1,", ",1.5,") + ",mean,NA,5"))
    assert "horizon is '1.5', not a whole number of steps" in half.rejected["reason"][0]
    short = fetched(write("2024-01-06,dengue cases"))
    assert "has 2 fields, the header 8" in short.rejected["reason"][0]


def test_task_ids_of_the_hubs_own_become_part_of_the_target(write: Write) -> None:
    header = HEADER.replace("location", "location,age_group,scenario_id")
    rows = [f"{TASK},0-4,A,mean,NA,5", f"{TASK},5-17,A,mean,NA,6"]
    batch = fetched(write(*rows, header=header))
    assert told(batch, "target") == [
        ("dengue cases; age_group=0-4; scenario_id=A",), ("dengue cases; age_group=5-17; scenario_id=A",),
    ]  # fmt: skip
    index = fetched(write(f"1,{TASK},mean,NA,5", f"2,{TASK},mean,NA,5", header=f",{HEADER}"))
    assert index.passed_over == {"stand there a second time": 1}, "a column of row names is no task ID"


def test_what_the_files_do_not_say_is_stated_or_asked_for(write: Write) -> None:
    path = write("1,mean,NA,5", header="horizon,output_type,output_type_id,value")
    with pytest.raises(HaidangError, match="does not say what is forecast: state `target`"):
        fetched(path)
    with pytest.raises(HaidangError, match="does not say where: state `location`"):
        fetched(path, target="dengue cases")
    batch = fetched(path, target="dengue cases", location="VN-13", locations={"VN-13": "Quảng Ninh"})
    assert told(batch, "target", "location", "site") == [("dengue cases", "VN-13", "QN")]
    assert told(batch, "issue_time") == [(at("2024-01-07"),)], "the round stands in the name of the file"
    nameless = write(f"{TASK},mean,NA,5", name="all.csv")
    with pytest.raises(HaidangError, match="does not say whose it is: name it <date>-<team>-<model>"):
        fetched(nameless)
    collected = write(f"a-b,{TASK},mean,NA,5", header=f"model_id,{HEADER}", name="all.csv")
    assert told(fetched(collected), "peer") == [("a-b",)]


def test_a_location_that_is_none_of_our_sites_has_none(write: Write) -> None:
    assert told(fetched(write(TASK.replace("Quang Ninh", "US") + ",mean,NA,5")), "location", "site") == [("US", "")]


def test_parquet_says_what_the_csv_says(tmp_path: Path, write: Write) -> None:
    expected = fetched(write(f"{TASK},quantile,0.5,3", f"{TASK},mean,NA,5.5"))
    whole = pd.DataFrame(
        {
            "reference_date": pd.Timestamp("2024-01-06"), "target": "dengue cases", "horizon": [1, 1],
            "target_end_date": pd.Timestamp("2024-01-13").date(), "location": "Quang Ninh",
            "output_type": ["quantile", "mean"], "output_type_id": [0.5, None], "value": [3.0, 5.5],
        }
    )  # fmt: skip
    path = tmp_path / "2024-01-06-hust-baseline.snappy.parquet"
    whole.to_parquet(path)
    pd.testing.assert_frame_equal(fetched(path).tables["peers"], expected.tables["peers"])


def test_files_come_in_the_order_of_their_rounds_and_the_stretch_is_obeyed(tmp_path: Path, write: Write) -> None:
    write("2024-02-03,c,1,2024-02-10,QN,mean,NA,2", name="2024-02-03-a-z.csv")
    write("2024-01-06,c,1,2024-01-13,QN,mean,NA,1", "2024-01-06,c,4,2024-02-03,QN,mean,NA,3", name="2024-01-06-z-a.csv")
    hub = Hubverse(tmp_path / "model-output", HANOI)
    assert [batch.read for batch in hub.fetch(PROVINCES, *EVER)] == [2, 1]
    one, two = hub.fetch(PROVINCES, at("2024-01-28"), at("2024-02-04"))
    assert told(one, "value") == [(3.0,)]
    assert one.passed_over == two.passed_over == {"lie outside the asked stretch": 1}


def test_a_folder_without_forecasts_and_a_file_without_columns_are_named(tmp_path: Path, write: Write) -> None:
    with pytest.raises(HaidangError, match="holds no .csv or .csv.gz or .parquet file"):
        fetched(tmp_path / "nowhere")
    with pytest.raises(UnknownNameError, match="csv 'output_type': there is value"):
        fetched(write("2024-01-06,5", header="reference_date,value"))
    with pytest.raises(HaidangError, match="a step of the horizon has at least one day"):
        Hubverse(tmp_path, HANOI, horizon_days=0)


def test_the_catalogue_makes_it_from_a_deployments_settings(tmp_path: Path, write: Write) -> None:
    write(f"{TASK},mean,NA,5")
    (tmp_path / "haidang.toml").write_text(
        '[sources.hub]\nkind = "hubverse"\nfolder = "model-output"\nunits = {"dengue cases" = "count"}\n'
    )
    source = source_named("hub", Settings(home=tmp_path), {})
    (batch,) = source.fetch(PROVINCES, *EVER)
    assert told(batch, "source", "unit") == [("hub", "count")]
