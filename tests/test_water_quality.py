"""Readings of water sensors, judged before they become daily values."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Receipt
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.settings import Settings
from features.sites import Site, Sites
from features.sources.catalogue import source_named
from features.sources.tables.water_quality import WaterMapping, WaterQualitySource

HANOI = "Asia/Ho_Chi_Minh"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
PONDS = Sites([Site("S1", "Hà An", "Ha An", 20.9, 106.8, {}), Site("S2", "Vân Đồn", "Van Don", 21.1, 107.4, {})])
COLUMNS = {
    "temp": {"variable": "pond_temperature", "unit": "degC"},
    "sal": {"variable": "pond_salinity", "unit": "g/kg"},
    "oxygen": {"variable": "dissolved_oxygen", "unit": "mg/L", "several": "lowest"},
}
Write = Callable[..., Path]


def mapping(**changes: object) -> WaterMapping:
    stated = {"name": "sonde", "columns": COLUMNS, "site_column": "pond", "several": "mean", "delay_days": 0}
    clock = {"valid_time": {"column": "at", "format": "%Y-%m-%d %H:%M"}}
    return WaterMapping.model_validate(stated | clock | changes)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*rows: str, header: str = "pond,at,temp,sal,oxygen") -> Path:
        path = tmp_path / "sonde.csv"
        path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
        return path

    return written


def hourly(temperature: str = "28.{}", salinity: str = "20.{}", oxygen: str = "5.{}", hours: int = 24) -> list[str]:
    """Rows of one pond and day whose last digit goes from 0 to 9 and on."""
    return [
        f"S1,2026-05-03 {hour:02}:00," + ",".join(text.format(hour % 10) for text in (temperature, salinity, oxygen))
        for hour in range(hours)
    ]


def taken_in(tmp_path: Path, source: WaterQualitySource) -> tuple[Archive, Receipt]:
    archive = Archive(tmp_path / "archive", PONDS, HANOI)
    return archive, ingest(source, archive, *EVER)


def daily(source: WaterQualitySource) -> dict[str, float]:
    entries = pd.concat([batch.entries for batch in source.fetch(PONDS, *EVER)])
    return entries.set_index("variable")["value"].round(6).to_dict()


def test_a_day_becomes_the_mean_or_the_lowest_as_stated_for_each_variable(write: Write) -> None:
    source = WaterQualitySource(write(*hourly(hours=10)), mapping(), HANOI)
    assert daily(source) == {"pond_temperature": 28.45, "pond_salinity": 20.45, "dissolved_oxygen": 5.0}


def test_the_mean_of_a_day_does_not_stand_for_its_lowest_oxygen(write: Write) -> None:
    path = write(*hourly())
    oxygen = {"oxygen": {"variable": "dissolved_oxygen", "unit": "mg/L"}}
    with pytest.raises(HaidangError, match='declared as the lowest of a day, not the mean: state several = "lowest"'):
        WaterQualitySource(path, mapping(columns=oxygen), HANOI)
    assert WaterQualitySource(path, mapping(columns=oxygen, several="refuse"), HANOI).variables == ("dissolved_oxygen",)


def test_what_fails_lies_in_the_quarantine_with_its_reason_and_the_day_is_made_of_the_rest(
    tmp_path: Path, write: Write
) -> None:
    rows = hourly(hours=10)
    rows[4] = "S1,2026-05-03 04:00,-99,20.4,5.4"
    rows[6] = "S1,2026-05-03 06:00,28.6,8.6,5.6"
    rows[8] = "S1,2026-05-03 08:00,28.8,,5.8"
    source = WaterQualitySource(write(*rows), mapping(), HANOI)
    archive, receipt = taken_in(tmp_path, source)
    assert receipt == Receipt(accepted=3, quarantined=2, read=10, unread=2)
    assert receipt.used == 8
    aside = archive.quarantined().sort_values("reason")
    assert aside["reason"].tolist() == [
        (
            "sonde.csv, line 6: pond_temperature at site S1 on 2026-05-03T04:00+07:00 is -99 degC, outside 0 to 45 "
            "degC: range; check the sensor"
        ),
        (
            "sonde.csv, line 8: pond_salinity at site S1 on 2026-05-03T06:00+07:00 jumps by 11.9 g/kg in 60 min and "
            "back: spike; check the sensor"
        ),
    ]
    assert json.loads(aside["row"].iloc[1])["sal"] == "8.6"
    assert daily(source) == {
        "pond_temperature": pytest.approx((45 - 4) / 10 / 9 + 28, abs=1e-6),
        "pond_salinity": pytest.approx((45 - 6 - 8) / 10 / 8 + 20, abs=1e-6),
        "dissolved_oxygen": 5.0,
    }


def test_what_is_suspect_is_kept_and_told(write: Write) -> None:
    source = WaterQualitySource(write(*hourly(temperature="38.{}", oxygen="20.{}", hours=10)), mapping(), HANOI)
    (batch,) = source.fetch(PONDS, *EVER)
    assert (batch.read, batch.unread, len(batch.rejected)) == (10, 0, 0)
    assert daily(source)["pond_temperature"] == 38.45
    assert batch.remarks == (
        "suspect readings that were kept: dissolved_oxygen by range 9, pond_temperature by range 9",
    )


def test_values_outside_a_stated_norm_are_counted(write: Write) -> None:
    days = [f"S1,2026-05-{day:02} 12:00,{20 + day},2{day % 2}.5,{3 + day / 4}" for day in range(1, 15)]
    source = WaterQualitySource(write(*days), mapping(), HANOI, norms=("QCVN 02-19",))
    (batch,) = source.fetch(PONDS, *EVER)
    assert batch.remarks == (
        "1 of 14 daily values lie outside QCVN 02-19:2014/BNNPTNT (mark S1): dissolved_oxygen from 3.5 mg/L",
        "1 of 14 daily values lie outside QCVN 02-19:2014/BNNPTNT (mark S1): pond_temperature from 18 up to 33 degC",
    )
    with pytest.raises(UnknownNameError, match="unknown norm 'QCVN 99'"):
        WaterQualitySource(write(*days), mapping(), HANOI, norms=("QCVN 99",))


def test_what_lets_an_agent_thrive_is_told_too(write: Write) -> None:
    columns = {"temp": {"variable": "water_temperature", "unit": "degC"}}
    days = [f"S1,2026-05-{day:02} 12:00,{13 + day}" for day in range(1, 5)]
    source = WaterQualitySource(
        write(*days, header="pond,at,temp"), mapping(columns=columns), HANOI, norms=("Cryptocaryon growth",)
    )
    (batch,) = source.fetch(PONDS, *EVER)
    assert batch.remarks == (
        "2 of 4 daily values lie within Cryptocaryon growth (mark M): water_temperature above 15 up to 30 degC",
    )


def test_only_what_was_asked_for_is_told(write: Write) -> None:
    days = [f"S1,2026-05-{day:02} 12:00,{38.1 + day / 10},{20 + day},{5 + day}" for day in range(1, 5)]
    source = WaterQualitySource(write(*days), mapping(), HANOI, norms=("QCVN 02-19",))
    start, end = pd.Timestamp("2026-05-02", tz=HANOI), pd.Timestamp("2026-05-04", tz=HANOI)
    (batch,) = source.fetch(PONDS, start, end)
    assert batch.remarks[0] == "suspect readings that were kept: pond_temperature by range 2"
    assert batch.remarks[1].startswith("2 of 2 daily values lie outside")
    assert batch.read == 4
    assert batch.passed_over == {"lie outside the asked stretch": 2}


def test_a_growing_file_gives_each_day_the_same_value(tmp_path: Path, write: Write) -> None:
    random = np.random.default_rng(2)
    moments = pd.date_range("2026-05-01", periods=6 * 48, freq="30min")
    sal = np.round(20 + random.normal(0, 0.3, len(moments)), 1)
    sal[47], sal[100], sal[180:260] = 33.0, 3.0, 21.2
    rows = [f"S1,{moment:%Y-%m-%d %H:%M},{value}" for moment, value in zip(moments, sal, strict=True)]
    columns = mapping(columns={"sal": COLUMNS["sal"]})
    archive = Archive(tmp_path / "archive", PONDS, HANOI)
    accepted = []
    for day in range(1, 7):
        path = write(*rows[: day * 48], header="pond,at,sal")
        receipt = ingest(WaterQualitySource(path, columns, HANOI), archive, *EVER)
        accepted.append(receipt.accepted)
        assert receipt.duplicates == sum(accepted[:-1]), "what was told of earlier days is told again"
    assert accepted == [1, 1, 1, 1, 0, 1], "on the fifth day the sensor stood still"
    reasons = archive.quarantined()["reason"]
    assert reasons.str.contains(": stuck").sum() == 68, "of the fifth day 48, of the sixth 20: the fourth had passed"
    assert reasons.str.contains(": spike").sum() == 1, "the next reading of the one at 23:30 was not known that day"


def test_samples_of_a_programme_are_told_by_their_date(write: Write) -> None:
    path = write("S1,03/05/2026,0.7", "S1,10/05/2026,90", header="pond,at,nh4")
    programme = mapping(
        columns={"nh4": {"variable": "ammonium", "unit": "mg/L"}}, several="refuse", delay_days=5,
        valid_time={"column": "at", "format": "%d/%m/%Y"},
    )  # fmt: skip
    (batch,) = WaterQualitySource(path, programme, HANOI).fetch(PONDS, *EVER)
    assert batch.entries["value"].tolist() == [0.7]
    assert batch.entries["known_time"].tolist() == [pd.Timestamp("2026-05-09", tz=HANOI)]
    assert "ammonium at site S1 on 2026-05-10 is 90 mg/L, outside 0 to 50 mg/L: range" in batch.rejected["reason"][0]


def test_a_unit_is_converted_before_it_is_judged(write: Write) -> None:
    path = write("S1,2026-05-03 12:00,82.4", header="pond,at,temp")
    fahrenheit = mapping(columns={"temp": {"variable": "pond_temperature", "unit": "degF"}})
    assert daily(WaterQualitySource(path, fahrenheit, HANOI)) == {"pond_temperature": 28.0}
    per_hundred = mapping(columns={"temp": {"variable": "coliforms", "unit": "count/mL"}}, several="highest")
    assert daily(WaterQualitySource(path, per_hundred, HANOI)) == {"coliforms": 8240.0}, "per 100 mL"


def test_own_thresholds_take_the_place_of_the_built_in_ones(write: Write) -> None:
    path = write(*hourly(hours=10))
    strict = mapping(limits={"pond_temperature": {"fail_high": 28.5}})
    assert daily(WaterQualitySource(path, strict, HANOI))["pond_temperature"] == 28.25
    with pytest.raises(UnknownNameError, match="unknown variable 'pond_temprature': there is pond_temperature"):
        WaterQualitySource(path, mapping(limits={"pond_temprature": {"fail_high": 28.5}}), HANOI)


def test_forecasts_are_not_judged_as_readings(write: Write) -> None:
    forecast = mapping(kind="forecast", delay_days=None, known_time={"column": "at", "format": "%Y-%m-%d %H:%M"})
    with pytest.raises(HaidangError, match="quality control is for readings, not for forecasts"):
        WaterQualitySource(write(*hourly()), forecast, HANOI)


def test_the_catalogue_makes_it_from_a_deployments_settings(tmp_path: Path, write: Write) -> None:
    (tmp_path / "sonde.toml").write_text(
        'name = "sonde"\nsite_column = "pond"\nseveral = "mean"\ndelay_days = 0\n'
        'valid_time = {column = "at", format = "%Y-%m-%d %H:%M"}\n'
        '[columns]\nsal = {variable = "pond_salinity", unit = "g/kg"}\n[limits.pond_salinity]\nfail_high = 40\n'
    )
    write(*hourly(salinity="4{}"))
    (tmp_path / "haidang.toml").write_text(
        '[sources.ponds]\nkind = "water_quality"\nfile = "sonde.csv"\nmapping = "sonde.toml"\nnorms = ["QCVN 02-19"]\n'
    )
    source = source_named("ponds", Settings(home=tmp_path), {})
    assert isinstance(source, WaterQualitySource)
    assert source.zone == HANOI
    assert daily(source) == {"pond_salinity": 40.0}, "41 to 49 are above the stated 40"
