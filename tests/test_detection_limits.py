"""Detection limits: what is below one stays known as such, beside the number that stands for it."""

import csv
import gzip
from pathlib import Path

import pandas as pd
import pytest

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.sites import Site, Sites
from features.sources.tables.mapping import Mapping, read_mapping
from features.sources.tables.source import TableSource

HANOI = "Asia/Ho_Chi_Minh"
SHARED = Path(__file__).parents[1].parent / "shared" / "data"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
BEDS = Sites([Site("bed", "Bãi triều", "Bed", 21.0, 107.0, {})])
ACID = {"variable": "domoic_acid", "unit": "ug/g", "limit_variable": "domoic_acid_detection_limit"}


def mapping(**changes: object) -> Mapping:
    stated = {"name": "toxins", "columns": {"acid": ACID}, "site": "bed", "valid_time": {"column": "day"}}
    rules = {"delay_days": 7, "below_detection": "half", "several": "highest"}
    return Mapping.model_validate(stated | rules | changes)


def fetched(tmp_path: Path, rows: str, stated: Mapping) -> pd.DataFrame:
    path = tmp_path / "toxins.csv"
    path.write_text(f"day,acid\n{rows}", encoding="utf-8")
    return pd.concat([batch.entries for batch in TableSource(path, stated, HANOI).fetch(BEDS, *EVER)])


def values(entries: pd.DataFrame, variable: str) -> dict[str, float]:
    of = entries[entries["variable"] == variable]
    return dict(zip(of["valid_time"].dt.tz_convert(HANOI).dt.strftime("%m-%d"), of["value"], strict=True))


def test_the_limit_is_kept_of_days_on_which_a_sample_was_below_it(tmp_path: Path) -> None:
    rows = "2020-05-01,<1\n2020-05-02,3\n2020-05-03,<1\n2020-05-03,<2.5\n2020-05-04,<1\n2020-05-04,7\n2020-05-05,ND\n"
    found = fetched(tmp_path, rows, mapping())
    # 3 May: the highest of 0.5 and 1.25; 4 May: one sample was below, another was not
    assert values(found, "domoic_acid") == {"05-01": 0.5, "05-02": 3.0, "05-03": 1.25, "05-04": 7.0}
    assert values(found, "domoic_acid_detection_limit") == {"05-01": 1.0, "05-03": 2.5, "05-04": 1.0}
    known = found.groupby("valid_time")["known_time"].nunique()
    assert (known == 1).all(), "the limit is known when the value is"
    assert values(fetched(tmp_path, rows, mapping(below_detection="limit")), "domoic_acid")["05-01"] == 1.0


def test_the_limit_is_in_the_unit_of_the_variable(tmp_path: Path) -> None:
    found = fetched(tmp_path, "2020-05-01,<1000\n", mapping(columns={"acid": ACID | {"unit": "ug/kg"}}))
    assert values(found, "domoic_acid") == pytest.approx({"05-01": 0.5})
    assert values(found, "domoic_acid_detection_limit") == pytest.approx({"05-01": 1.0})


def test_a_word_that_stands_for_a_number_is_no_limit(tmp_path: Path) -> None:
    found = fetched(tmp_path, "2020-05-01,<1\n2020-05-02,<2\n", mapping(text_values={"<1": 0.7}))
    assert values(found, "domoic_acid") == {"05-01": 0.7, "05-02": 1.0}
    assert values(found, "domoic_acid_detection_limit") == {"05-02": 2.0}


def test_without_a_variable_for_it_no_limit_is_kept(tmp_path: Path) -> None:
    plain = mapping(columns={"acid": {"variable": "domoic_acid", "unit": "ug/g"}})
    assert set(fetched(tmp_path, "2020-05-01,<1\n", plain)["variable"]) == {"domoic_acid"}


def test_a_limit_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="`limit_variable` keeps nothing while `below_detection` is reject"):
        mapping(below_detection="reject")
    with pytest.raises(HaidangError, match="saxitoxin_detection_limit is in ug/hg, domoic_acid in ug/g"):
        TableSource(
            Path("x.csv"), mapping(columns={"acid": ACID | {"limit_variable": "saxitoxin_detection_limit"}}), HANOI
        )


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_published_toxin_samples_below_detection_are_known_as_such(tmp_path: Path) -> None:
    path = SHARED / "domoic_acid" / "toxin_samples.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    below = {(row["site"], row["collected"]) for row in rows if row["domoic_acid_ug_g"] == "<1"}
    beaches = Sites([Site(name, name, name, 47.0, -124.0, {}) for name in {row["site"] for row in rows}])
    archive = Archive(tmp_path, beaches, "America/Los_Angeles")
    source = TableSource(path, read_mapping("domoic_acid_samples"), archive.zone)
    receipt = ingest(source, archive, *EVER)
    assert (receipt.read, receipt.quarantined) == (5492, 0)
    found = pd.concat([batch.entries for batch in source.fetch(beaches, *EVER)])
    limits = found[found["variable"] == "domoic_acid_detection_limit"]
    day = limits["valid_time"].dt.tz_convert(archive.zone).dt.strftime("%Y-%m-%d")
    assert set(zip(limits["site"], day, strict=True)) == below
    assert set(limits["value"]) == {1.0}
