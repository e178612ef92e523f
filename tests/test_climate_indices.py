"""Climate indices: NOAA's tables, which month a value is of, and when it could first be read."""

import json
from pathlib import Path

import pandas as pd
import pytest
from pytest_httpserver import HTTPServer
from storm_files import EVER, site_at, whole

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.settings import Settings
from features.sites import Sites
from features.sources.catalogue import source_named
from features.sources.climate_indices import ClimateIndices
from features.sources.tables.mapping import read_mapping
from features.sources.tables.source import TableSource

SHARED = Path(__file__).parents[1].parent / "shared" / "data"
HANOI = "Asia/Ho_Chi_Minh"
TWO = Sites([site_at(21, 107, "a"), site_at(20, 106, "b")])
ONI = """ SEAS  YR   TOTAL   ANOM
  OND 2023  28.73   2.02
  NDJ 2023  28.63   2.05
  DJF 2024  28.38   1.84
  JFM 2024 -99.90 -99.90
"""
DMI = """ 1997 1998
1997    -0.110   0.079   0.043   0.054   0.026   0.081   0.447   0.633   0.771   0.874   1.279   0.863
1998     0.387   0.416   0.225   0.258   0.540 -9999.000 -9999.000 -9999.000 -9999.000 -9999.000 -9999.000 -9999.000
  -9999
  DMI HadISST1.1
 1870 is the first year of the long table
"""
PDO = """ ERSST PDO Index:
Year  Jan   Feb   Mar   Apr   May   Jun   Jul   Aug   Sep   Oct   Nov   Dec
2025 -1.29 -1.40 -1.12 -1.15 -1.66 -2.64 -4.21 -3.23 -2.31 -2.37 -1.51 -0.96
2026 -1.24 -1.00 -1.42 -1.62 -1.68 -1.72 -2.16 -1.89 -1.55 99.99 99.99 99.99
"""


def local(day: str) -> pd.Timestamp:
    return pd.Timestamp(day, tz=HANOI)


def of(tmp_path: Path, index: str, text: str, **settings: object) -> ClimateIndices:
    path = tmp_path / f"{index}.txt"
    path.write_text(text, encoding="utf-8")
    return ClimateIndices(index, HANOI, path, **settings)  # type: ignore[arg-type]


def told(source: ClimateIndices) -> dict[str, tuple[float, str]]:
    """Local first day of the month -> value and local day on which it is known, of one site."""
    entries = whole(source, TWO).entries
    entries = entries[entries["site"] == "a"]
    dates = [entries[name].dt.tz_convert(HANOI).dt.strftime("%Y-%m-%d") for name in ("valid_time", "known_time")]
    return dict(zip(dates[0], zip(entries["value"], dates[1], strict=True), strict=True))


def test_the_oni_is_of_the_middle_month_and_known_ten_days_after_the_third(tmp_path: Path) -> None:
    assert told(of(tmp_path, "oni", ONI)) == {
        "2023-11-01": (2.02, "2024-01-11"),
        "2023-12-01": (2.05, "2024-02-11"),
        "2024-01-01": (1.84, "2024-03-11"),
    }
    assert told(of(tmp_path, "oni", ONI, delay_days=0))["2024-01-01"] == (1.84, "2024-03-01")


def test_the_oni_of_a_winter_is_not_known_before_february_is_over(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", TWO, HANOI)
    receipt = ingest(of(tmp_path, "oni", ONI), archive, *EVER)
    assert (receipt.read, receipt.used, receipt.passed_over) == (4, 3, {"hold no measured value": 1})
    assert (receipt.accepted, receipt.quarantined) == (6, 0), "three seasons at two sites"
    in_march = archive.as_of([local("2024-03-10"), local("2024-03-12")]).past("oceanic_nino_index", days=150)
    known = [values.dropna("back").to_numpy().tolist() for values in in_march.sel(site="a")]
    assert known == [[2.05, 2.02], [1.84, 2.05, 2.02]], "the newest first"


def test_the_table_of_psl_has_its_own_word_for_none(tmp_path: Path) -> None:
    source = of(tmp_path, "dmi", DMI)
    found = told(source)
    assert found["1997-11-01"] == (1.279, "1998-03-01"), "90 days after the month"
    assert found["1998-05-01"] == (0.54, "1998-08-30")
    assert len(found) == 17
    batch = whole(source, TWO)
    assert (batch.read, batch.unread, batch.passed_over) == (24, 0, {"hold no measured value": 7})
    assert set(batch.entries["variable"]) == {"indian_ocean_dipole"}
    small = DMI.replace("-9999.000", "    -9.90").replace("  -9999\n", "  -9.90\n")
    assert len(told(of(tmp_path, "pdo", small))) == 17, "PSL's PDO writes -9.90"


def test_the_pdo_of_ncei_has_9999_for_none(tmp_path: Path) -> None:
    found = told(of(tmp_path, "pdo", PDO))
    assert len(found) == 21
    assert found["2025-01-01"] == (-1.29, "2025-03-03")
    assert found["2026-09-01"] == (-1.55, "2026-10-31")


@pytest.mark.parametrize(
    ("index", "text", "line", "said"),
    [
        ("oni", ONI.replace("DJF 2024", "XYZ 2024"), 4, "is not a season, a year and two numbers"),
        ("oni", ONI.replace("28.38   1.84", "28.38   1.8x"), 4, "tells '1.8x', not a number"),
        ("oni", ONI.replace("28.38   1.84", "28.38"), 4, "is not a season, a year and two numbers"),
        ("pdo", PDO.replace("-1.55 99.99", "-1.5599.99"), 4, "is not a year and twelve numbers"),
        ("dmi", DMI.replace("0.416", "  inf"), 3, "tells 'inf', not a number"),
    ],
)
def test_a_broken_line_is_set_aside_and_the_others_are_read(
    tmp_path: Path, index: str, text: str, line: int, said: str
) -> None:
    batch = whole(of(tmp_path, index, text), TWO)
    assert list(batch.rejected["reason"]) == [f"{index}.txt, line {line}: {said}"]
    assert json.loads(batch.rejected["row"].iloc[0]) == text.splitlines()[line - 1]
    used = len(batch.entries) / len(TWO)
    assert batch.unread == 1
    assert used > 1
    assert batch.read == used + batch.unread + sum(batch.passed_over.values())


@pytest.mark.parametrize(
    ("index", "text", "said"),
    [
        ("oni", "<html>moved</html>", "does not begin with SEAS YR TOTAL ANOM"),
        ("oni", "SEAS YR ANOM\nDJF 2024 1.1\n", "does not begin with SEAS YR TOTAL ANOM"),
        ("oni", "", "does not begin with SEAS YR TOTAL ANOM"),
        ("dmi", "<html>moved</html>", "neither with two years"),
        ("dmi", DMI[: DMI.index("  -9999\n")], "it is cut short, fetch it again"),
    ],
)
def test_another_answer_is_an_error_and_nothing_is_brought(tmp_path: Path, index: str, text: str, said: str) -> None:
    with pytest.raises(HaidangError, match=said):
        whole(of(tmp_path, index, text), TWO)


def test_the_table_comes_over_the_network_from_the_stated_address(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/data/indices/oni.ascii.txt").respond_with_data(ONI, content_type="text/plain")
    source = ClimateIndices("oni", HANOI, address=httpserver.url_for("/data/indices/oni.ascii.txt"))
    assert told(source)["2024-01-01"] == (1.84, "2024-03-11")
    gone = ClimateIndices("oni", HANOI, address=httpserver.url_for("/moved.txt"))
    httpserver.expect_request("/moved.txt").respond_with_data("gone", status=404)
    with pytest.raises(HaidangError, match=r"NOAA CPC /moved\.txt"):
        whole(gone, TWO)


def test_only_asked_months_are_brought_at_every_site(tmp_path: Path) -> None:
    source = of(tmp_path, "oni", ONI.replace("2.02", "x"))
    batch = whole(source, TWO, local("2023-12-01"), local("2024-01-01"))
    assert batch.entries[["site", "value"]].to_numpy().tolist() == [["a", 2.05], ["b", 2.05]]
    assert (batch.read, batch.unread, batch.passed_over) == (4, 0, {"lie outside the asked stretch": 3})


def test_the_promise_covers_the_months_beyond_the_span_of_the_variable(tmp_path: Path) -> None:
    # An ONI of January, whose variable spans 28 days, comes on 11 March: 42 days after 29 January; of July and August,
    # 31 days each, 44 days.
    assert of(tmp_path, "oni", ONI).latency == pd.Timedelta(days=44)
    assert of(tmp_path, "pdo", PDO).latency == pd.Timedelta(days=33)


def test_the_catalogue_makes_an_index_from_its_settings(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources={"nino": {"kind": "climate_indices", "index": "oni", "file": "oni.txt"}})
    nino = source_named("nino", settings, {})
    assert (nino.name, nino.variables) == ("nino", ("oceanic_nino_index",))
    with pytest.raises(HaidangError, match="index"):
        source_named("climate_indices", settings, {"index": "soi"})
    with pytest.raises(HaidangError, match="delay_days is -1"):
        source_named("nino", settings, {"delay_days": -1})


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_the_indices_of_the_dengue_study_come_in_by_a_built_in_mapping(tmp_path: Path) -> None:
    file = SHARED / "vietnam_climate" / "ClimateAnomalies_ONI_DMI.csv"
    archive = Archive(tmp_path, TWO, HANOI)
    source = TableSource(file, read_mapping("oni_dmi"), HANOI)
    receipt = ingest(source, archive, *EVER)
    assert (receipt.read, receipt.used, receipt.unread, receipt.quarantined) == (848, 848, 0, 0)
    assert receipt.accepted == 2 * (848 + 848 - 383), "no DMI before 1982"
    entries = whole(source, TWO).entries
    oni = entries[(entries["variable"] == "oceanic_nino_index") & (entries["site"] == "a")]
    oni = oni.set_index(oni["valid_time"].dt.tz_convert(HANOI).dt.strftime("%Y-%m"))
    # CPC: DJF 1950 -1.53, NDJ 1997 2.39, DJF 1998 2.24, JAS 2020 -0.59. The file dates them by their last month.
    assert oni.loc[["1950-02", "1998-01", "1998-02", "2020-09"], "value"].tolist() == [-1.53, 2.39, 2.24, -0.59]
    recent = oni[oni.index >= "1956"]
    known = recent["known_time"].dt.tz_convert(HANOI).dt.tz_localize(None)
    season_over = recent["valid_time"].dt.tz_convert(HANOI).dt.tz_localize(None) + pd.offsets.MonthBegin(1)
    assert (known - season_over).min() >= pd.Timedelta(days=7), "the first Thursday is the 7th at the latest"
    assert (known - season_over).max() <= pd.Timedelta(days=10)
