"""Tables of one's own, read by a declared mapping."""

import csv
import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from features.archive import Archive
from features.entries import Receipt
from features.errors import HaidangError, UnknownNameError
from features.ingest import ingest
from features.sites import Site, Sites
from features.sources.tables.mapping import Mapping, read_mapping
from features.sources.tables.source import TableSource

HANOI = "Asia/Ho_Chi_Minh"
SHARED = Path(__file__).parents[1].parent / "shared" / "data"
EVER = pd.Timestamp("1800-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
RAIN = {"variable": "rain", "unit": "mm"}


def sites(*names: str) -> Sites:
    return Sites([Site(name.casefold().replace(" ", "-"), name, name, 21.0, 107.0, {}) for name in names])


TWO = sites("Ha Long", "Co To")


def wide(**changes: object) -> Mapping:
    stated = {"name": "station", "columns": {"rain": RAIN}, "site": "ha-long", "valid_time": {"column": "day"}}
    return Mapping.model_validate({"delay_days": 0} | stated | changes)


def long(**changes: object) -> Mapping:
    names = {"Rain": RAIN, "Temp": {"variable": "air_temperature", "unit": "degF"}}
    stated = {"variable_column": "what", "value_column": "value", "names": names, "columns": {}, "site_column": "place"}
    return wide(**stated | {"site": None} | changes)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def fetched(path: Path, mapping: Mapping, known: Sites = TWO, zone: str = HANOI) -> pd.DataFrame:
    return pd.concat([batch.entries for batch in TableSource(path, mapping, zone).fetch(known, *EVER)])


def refused(path: Path, mapping: Mapping, known: Sites = TWO) -> pd.DataFrame:
    return pd.concat([batch.rejected for batch in TableSource(path, mapping, HANOI).fetch(known, *EVER)])


def values(path: Path, mapping: Mapping) -> list[float]:
    return list(fetched(path, mapping)["value"])


def taken_in(path: Path, mapping: Mapping, archive: Archive) -> Receipt:
    return ingest(TableSource(path, mapping, archive.zone), archive, *EVER)


def test_a_wide_table_brings_each_column_as_its_variable_in_its_unit(write: Callable[[str], Path]) -> None:
    path = write("day,rain,temp,note\n2020-05-01,1.5,50,dry\n2020-05-02,20,68,wet\n")
    columns = {"rain": RAIN, "temp": {"variable": "air_temperature", "unit": "degF"}}
    found = fetched(path, wide(columns=columns))
    by_variable = found.groupby("variable")["value"].apply(list)
    assert by_variable["rain"] == [1.5, 20.0]
    assert by_variable["air_temperature"] == pytest.approx([10.0, 20.0])
    assert set(found["source"]) == {"station"}
    assert set(found["site"]) == {"ha-long"}


def test_a_long_table_brings_each_name_as_its_variable(write: Callable[[str], Path]) -> None:
    path = write("day,place,what,value\n2020-05-01,Hạ Long,Rain,3\n2020-05-01,CÔ TÔ,Temp,50\n")
    found = fetched(path, long()).set_index("site")
    assert found.loc["ha-long", ["variable", "value"]].tolist() == ["rain", 3.0]
    assert found.loc["co-to", "variable"] == "air_temperature"
    assert found.loc["co-to", "value"] == pytest.approx(10.0)


def test_a_local_date_is_the_start_of_the_local_day(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n03/04/2020,1\n")
    found = fetched(path, wide(valid_time={"column": "day", "format": "%d/%m/%Y"}))
    assert list(found["valid_time"]) == [pd.Timestamp("2020-04-02T17:00Z")]
    california = fetched(path, wide(valid_time={"column": "day", "format": "%d/%m/%Y"}), zone="America/Los_Angeles")
    assert list(california["valid_time"]) == [pd.Timestamp("2020-04-03T07:00Z")]


def test_year_month_and_day_may_stand_apart_and_a_month_begins_on_its_first(write: Callable[[str], Path]) -> None:
    path = write("Y,M,D,rain\n1999,2,28,1\n1999,2,29,2\n")
    apart = {"year": "Y", "month": "M", "day": "D"}
    assert list(fetched(path, wide(valid_time=apart))["valid_time"]) == [pd.Timestamp("1999-02-27T17:00Z")]
    assert "Y, M, D is '1999', '2', '29', not a time" in refused(path, wide(valid_time=apart))["reason"].iloc[0]
    monthly = fetched(write("Y,M,rain\n1999,2,1\n"), wide(valid_time={"year": "Y", "month": "M"}))
    assert list(monthly["valid_time"]) == [pd.Timestamp("1999-01-31T17:00Z")]


@pytest.mark.parametrize("word", ["now", "today", "nan", "2020-02-30", ""])
def test_a_word_is_not_a_date(write: Callable[[str], Path], word: str) -> None:
    path = write(f"day,rain\n{word},1\n2020-01-01,2\n")
    assert values(path, wide()) == [2.0]
    assert len(refused(path, wide())) == 1


def test_excel_and_parquet_give_what_the_csv_gives(tmp_path: Path, write: Callable[[str], Path]) -> None:
    expected = fetched(write("day,rain\n2020-05-01,1.5\n2020-05-02,20\n"), wide()).reset_index(drop=True)
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Daily")
    for row in (["Station 12"], ["day", "rain"], [datetime(2020, 5, 1), 1.5], ["2020-05-02", 20], ["end"]):  # noqa: DTZ001
        sheet.append(row)
    book.save(tmp_path / "table.xlsx")
    mapping = wide(sheet="Daily", skip_rows=1, footer_rows=1)
    pd.testing.assert_frame_equal(fetched(tmp_path / "table.xlsx", mapping), expected)
    whole = pd.DataFrame({"day": [date(2020, 5, 1), date(2020, 5, 2)], "rain": [1.5, 20.0]})
    whole.to_parquet(tmp_path / "dates.parquet")
    pd.testing.assert_frame_equal(fetched(tmp_path / "dates.parquet", wide()), expected)
    whole.assign(day=pd.to_datetime(whole["day"])).to_parquet(tmp_path / "moments.parquet")
    pd.testing.assert_frame_equal(fetched(tmp_path / "moments.parquet", wide()), expected)


def test_cubic_feet_become_cubic_metres(write: Callable[[str], Path]) -> None:
    path = write("day,flow\n2020-05-01,1000\n")
    found = values(path, wide(columns={"flow": {"variable": "river_discharge", "unit": "ft^3/s"}}))
    assert found == pytest.approx([28.316846592])


@pytest.mark.parametrize(
    ("unit", "said"),
    [("degC", "degC does not convert to mm"), ("milimetre", "does not know the unit 'milimetre'"), ("mm/", "'mm/'")],
)
def test_a_unit_that_does_not_convert_is_refused_before_the_file_is_read(unit: str, said: str) -> None:
    with pytest.raises(HaidangError, match=f"column 'rain'.*{said}"):
        TableSource(Path("nowhere.csv"), wide(columns={"rain": {"variable": "rain", "unit": unit}}), HANOI)


def test_an_anomaly_is_a_difference_of_temperatures(write: Callable[[str], Path]) -> None:
    path = write("day,oni\n2020-05-01,0.9\n")
    found = values(path, wide(columns={"oni": {"variable": "oceanic_nino_index", "unit": "delta_degF"}}))
    assert found == pytest.approx([0.5])
    with pytest.raises(HaidangError, match="write delta_degC"):
        TableSource(path, wide(columns={"oni": {"variable": "oceanic_nino_index", "unit": "degC"}}), HANOI)


def test_texts_become_numbers_by_the_stated_rule_and_no_other(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2020-05-01,<1\n2020-05-02,trace\n2020-05-03,***\n2020-05-04,\n2020-05-05,ND\n")
    words = {"missing": ["", "***"], "text_values": {"Trace": 0.05}}
    assert values(path, wide(**words)) == [0.05]
    assert [json.loads(row)["rain"] for row in refused(path, wide(**words))["row"]] == ["<1", "ND"]
    assert values(path, wide(**words, below_detection="half")) == [0.5, 0.05]
    assert values(path, wide(**words, below_detection="limit")) == [1.0, 0.05]


def test_a_word_stands_for_a_number_in_the_unit_of_the_column(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2020-05-01,Trace\n2020-05-02,<1\n")
    inches = {"rain": {"variable": "rain", "unit": "inch"}}
    found = values(path, wide(columns=inches, text_values={"Trace": 0.01}, below_detection="half"))
    assert found == pytest.approx([0.254, 12.7])


def test_thousands_and_decimals_are_read_as_declared(write: Callable[[str], Path]) -> None:
    path = write('day;rain\n2020-05-01;"1,007"\n2020-05-02;12,5,3\n2020-05-03;7\n2020-05-04;1,0\n')
    assert values(path, wide(separator=";", thousands=",")) == [1007.0, 7.0]
    path = write("day;rain\n2020-05-01;1.007,5\n2020-05-02;0,25\n2020-05-03;0.25\n")
    mapping = wide(separator=";", thousands=".", decimal=",")
    assert values(path, mapping) == [1007.5, 0.25]
    assert "line 4: rain is '0.25', not a number" in refused(path, mapping)["reason"].iloc[0]


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "1_000", "0x10", "1 2", "--1", "١٢", "-", "."])
def test_nothing_else_is_a_number(write: Callable[[str], Path], text: str) -> None:
    assert len(refused(write(f"day,rain\n2020-05-01,{text}\n"), wide())) == 1


def test_a_missing_column_is_named_with_the_nearest_first(write: Callable[[str], Path]) -> None:
    with pytest.raises(UnknownNameError, match=r"table\.csv 'rain': there is Rain, day, note") as raised:
        fetched(write("day,note,Rain\n2020-05-01,x,1\n"), wide())
    assert raised.value.known[0] == "Rain"
    with pytest.raises(HaidangError, match="'rain' 2 times"):
        fetched(write("day,rain,rain\n2020-05-01,1,2\n"), wide())


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path: Path, write: Callable[[str], Path]) -> None:
    for name in ("broken.xlsx", "broken.parquet", "broken.csv.gz"):
        (tmp_path / name).write_bytes(b"day,rain\n")
        with pytest.raises(HaidangError, match=f"{name} is not a whole .* save it again"):
            fetched(tmp_path / name, wide())
    with pytest.raises(HaidangError, match="check the path"):
        fetched(tmp_path / "nowhere.csv", wide())
    with pytest.raises(HaidangError, match="save it as one of these"):
        fetched(tmp_path / "old.xls", wide())
    with pytest.raises(HaidangError, match="state its `encoding`"):
        fetched(write("day,rain\n2020-05-01,é\n"), wide(encoding="ascii"))


def test_garbage_goes_into_the_quarantine_as_it_stood_and_nothing_is_lost(
    tmp_path: Path, write: Callable[[str], Path]
) -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2020-01-01", periods=200)]
    lines = [f"{day},ha-long,Rain,{number % 50}" for number, day in enumerate(days)]
    garbage = {
        5: "2020-01-06,ha-long,Rain,abc", 25: "31/02/2020,ha-long,Rain,1", 45: "2020-02-15,nowhere,Rain,1",
        65: "2020-03-06,ha-long,Snow,1", 85: "2020-03-26,ha-long,Rain,1,5", 105: "2020-04-15,ha-long",
        125: '2020-05-05,ha-long,Rain,"7', 145: "\ufffd\ufffd,,,", 165: "2020-06-14,,Rain,3", 185: "now,ha-long,Rain,3",
    }  # fmt: skip
    for number, line in garbage.items():
        lines[number] = line
    path = write("day,place,what,value\n" + "\n".join(lines) + "\n")
    archive = Archive(tmp_path / "archive", TWO, HANOI)
    assert taken_in(path, long(), archive) == Receipt(accepted=190, quarantined=10, read=200, unread=10)
    aside = archive.quarantined()
    assert len(aside) == 10
    for number, line in garbage.items():
        (row,) = aside.loc[aside["reason"].str.startswith(f"table.csv, line {number + 2}: "), "row"]
        whole = [field for cell in json.loads(row).values() for field in (cell if isinstance(cell, list) else [cell])]
        assert ",".join(whole).rstrip(",") == line.rstrip(",")


def test_a_stray_quotation_mark_costs_its_own_row_only(write: Callable[[str], Path]) -> None:
    path = write('day,rain,note\n2020-05-01,"1,a\n2020-05-02,"2","b, b"\n2020-05-03,3,"two\nlines"\n2020-05-04,"4,c\n'
                 '2020-05-05,5,d\n' + "2020-05-06,6,e\n" * 20_000 + "2020-05-07,7,f")  # fmt: skip
    found = fetched(path, wide())
    assert sorted(set(found["value"])) == [2.0, 3.0, 5.0, 6.0, 7.0]
    assert len(found) == 20_004
    assert len(refused(path, wide())) == 2


def test_taking_a_file_in_twice_changes_nothing(tmp_path: Path, write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2019-12-31,1\n2020-01-01,2\n2020-01-01,2\n2020-01-02,x\n2020-01-03,1\n2020-01-03,4\n")
    archive = Archive(tmp_path / "archive", TWO, HANOI)
    assert taken_in(path, wide(), archive) == Receipt(accepted=2, duplicates=1, quarantined=3, read=6, unread=3)
    version, aside = archive.version, archive.quarantined()
    assert taken_in(path, wide(), archive) == Receipt(duplicates=3, quarantined=3, read=6, unread=3)
    assert archive.version == version
    assert len(archive.quarantined()) == len(aside) == 3
    assert aside["reason"].str.contains("different values, from 1.0 to 4.0: keep one, or state in `several`").sum() == 2


def test_a_value_is_known_a_stated_delay_after_the_end_of_its_stretch(write: Callable[[str], Path]) -> None:
    path = write("day,rain,sst,acid\n2020-05-01,1,20,3\n")
    columns = {
        "rain": RAIN | {"delay_days": 0},
        "sst": {"variable": "sea_surface_temperature", "unit": "degC"},
        "acid": {"variable": "domoic_acid", "unit": "ug/g", "delay_days": 0},
    }
    known = fetched(path, wide(columns=columns, delay_days=7)).set_index("variable")["known_time"]
    assert known["rain"] == pd.Timestamp("2020-05-01T17:00Z")
    assert known["sea_surface_temperature"] == pd.Timestamp("2020-05-14T17:00Z")
    assert known["domoic_acid"] == pd.Timestamp("2020-05-01T17:00Z"), "a sample of the day is not known at its midnight"
    source = TableSource(path, wide(columns=columns, delay_days=7), HANOI)
    assert source.latency == pd.Timedelta(days=7)
    assert source.variables == ("rain", "sea_surface_temperature", "domoic_acid")


def test_a_known_date_is_the_end_of_that_day_and_a_known_time_is_local(write: Callable[[str], Path]) -> None:
    path = write("day,rain,seen\n2020-05-01,1,2020-05-03\n")
    by_date = fetched(path, wide(delay_days=None, known_time={"column": "seen"}))
    assert list(by_date["known_time"]) == [pd.Timestamp("2020-05-03T17:00Z")]
    path = write("day,rain,seen\n2020-05-01,1,2020-05-03 06:30\n")
    by_clock = fetched(path, wide(delay_days=None, known_time={"column": "seen", "format": "%Y-%m-%d %H:%M"}))
    assert list(by_clock["known_time"]) == [pd.Timestamp("2020-05-02T23:30Z")]
    path = write("day,rain,seen\n2020-05-01,1,2020-05-03T06:30+02:00\n")
    zoned = fetched(path, wide(delay_days=None, known_time={"column": "seen", "format": "%Y-%m-%dT%H:%M%z"}))
    assert list(zoned["known_time"]) == [pd.Timestamp("2020-05-03T04:30Z")]


def test_a_mapping_that_does_not_say_when_values_were_known_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    text = 'name = "x"\nsite = "a"\nvalid_time.column = "day"\n[columns]\nrain = {variable = "rain", unit = "mm"}\n'
    path.write_text(text)
    with pytest.raises(HaidangError, match=r"mapping\.toml: .*nothing says when a value became known"):
        read_mapping(path)
    path.write_text("delay_days = 2\n" + text)
    assert read_mapping(path) == Mapping.model_validate(
        {"name": "x", "site": "a", "valid_time": {"column": "day"}, "columns": {"rain": RAIN}, "delay_days": 2}
    )
    path.write_text("delay_day = 2\n" + text)
    with pytest.raises(HaidangError, match="delay_day: Extra inputs are not permitted"):
        read_mapping(path)
    with pytest.raises(HaidangError, match="name the TOML file"):
        read_mapping(tmp_path / "nowhere.toml")


def test_a_format_that_hides_the_year_is_refused() -> None:
    with pytest.raises(ValueError, match="does not tell the year"):
        wide(valid_time={"column": "day", "format": "%d/%m"})


def test_an_observation_of_rain_known_before_its_day_is_over_is_refused(write: Callable[[str], Path]) -> None:
    path = write("day,rain,seen\n2020-05-02,1,2020-05-01\n2020-05-02,3,2020-05-02\n")
    mapping = wide(delay_days=None, known_time={"column": "seen"})
    assert values(path, mapping) == [3.0]
    (reason,) = refused(path, mapping)["reason"]
    assert "line 2: rain at site ha-long on 2020-05-02 is an observation known at 2020-05-01T17:00" in reason
    forecast = wide(delay_days=None, known_time={"column": "seen"}, kind="forecast")
    assert values(path, forecast) == [1.0, 3.0]
    with pytest.raises(ValueError, match="a forecast needs `known_time`"):
        wide(kind="forecast")


@pytest.mark.parametrize(
    ("rule", "expected"), [("mean", 5.0), ("highest", 9.0), ("lowest", 2.0), ("total", 15.0), ("last", 2.0)]
)
def test_several_rows_of_a_day_become_one_by_the_stated_rule(
    write: Callable[[str], Path], rule: str, expected: float
) -> None:
    path = write("day,rain\n2020-05-01 06:00,4\n2020-05-01 23:30,2\n2020-05-01 12:00,9\n2020-05-02 01:00,7\n")
    clock = {"column": "day", "format": "%Y-%m-%d %H:%M"}
    found = fetched(path, wide(valid_time=clock, several=rule))
    assert list(found["value"]) == [expected, 7.0]
    assert list(found["valid_time"]) == [pd.Timestamp("2020-04-30T17:00Z"), pd.Timestamp("2020-05-01T17:00Z")]
    assert list(found["known_time"]) == [pd.Timestamp("2020-05-01T17:00Z"), pd.Timestamp("2020-05-02T17:00Z")]
    aside = refused(path, wide(valid_time=clock))["reason"]
    assert len(aside) == 4
    assert (
        "on 2020-05-01 is of 2020-05-01T06:00:00+07:00, of a day with times within it: state in `several`"
        in aside.iloc[0]
    )


def test_the_reading_at_midnight_does_not_stand_for_its_day(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2020-05-01 00:00,4\n2020-05-01 06:00,2\n2020-05-02 00:00,7\n")
    assert values(path, wide(valid_time={"column": "day", "format": "%Y-%m-%d %H:%M"})) == [7.0]


def test_rows_brought_together_are_known_when_the_last_is_and_the_day_is_over(write: Callable[[str], Path]) -> None:
    clock = {"format": "%Y-%m-%d %H:%M"}
    path = write("day,rain,seen\n2020-05-01 06:00,4,2020-05-01 06:05\n2020-05-01 18:00,2,2020-05-03 18:05\n"
                 "2020-05-02 06:00,4,2020-05-02 06:05\n2020-05-03 06:00,8,2020-05-03 05:00\n")  # fmt: skip
    mapping = wide(
        valid_time={"column": "day"} | clock, known_time={"column": "seen"} | clock, delay_days=None, several="total"
    )
    found = fetched(path, mapping)
    assert list(found["value"]) == [6.0, 4.0]
    assert list(found["known_time"]) == [pd.Timestamp("2020-05-03T11:05Z"), pd.Timestamp("2020-05-02T17:00Z")]
    assert "check known_time" in refused(path, mapping)["reason"].iloc[0]


def test_a_total_is_not_made_of_a_part_of_the_day(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2020-05-01,4\n2020-05-01,x\n2020-05-02,4\n2020-05-02,\n2020-05-03,1\n2020-05-03,1\n")
    assert values(path, wide(several="total")) == [2.0]
    assert len(refused(path, wide(several="total"))) == 3
    assert values(path, wide(several="mean")) == [4.0, 4.0, 1.0]


def test_each_variable_may_have_its_own_rule_for_the_rows_of_a_day(write: Callable[[str], Path]) -> None:
    path = write("day,rain,temp,wind\n2020-05-01,4,50,3\n2020-05-01,,68,5\n2020-05-02,1,59,2\n2020-05-02,1,77,2\n")
    columns = {
        "rain": RAIN | {"several": "total"},
        "temp": {"variable": "air_temperature", "unit": "degF", "several": "mean"},
        "wind": {"variable": "wind_speed", "unit": "m/s"},
    }
    found = fetched(path, wide(columns=columns)).groupby("variable")["value"].apply(list)
    assert found["rain"] == [2.0], "no total of a day on which a row is missing"
    assert found["air_temperature"] == pytest.approx([15.0, 20.0])
    assert found["wind_speed"] == [2.0, 2.0], (
        "equal rows go to the archive, which takes one; different ones are refused"
    )
    twice = {"a": RAIN | {"several": "mean"}, "b": RAIN}
    with pytest.raises(ValueError, match="one variable has two rules for `several`"):
        wide(columns=twice)


@pytest.mark.parametrize(("form", "cell"), [("%m", "2"), ("%b", "Feb"), ("%B", "February")])
def test_a_month_may_be_a_number_or_a_name(write: Callable[[str], Path], form: str, cell: str) -> None:
    path = write(f"Y,M,rain\n2000,{cell},1\n")
    month = {"year": "Y", "month": "M", "month_format": form}
    assert list(fetched(path, wide(valid_time=month))["valid_time"]) == [pd.Timestamp("2000-02-01", tz=HANOI)]


@pytest.mark.parametrize("month", ["2000-01", "2000-02", "2001-02", "2000-04", "2000-12"])
def test_no_value_of_a_month_is_known_before_the_month_is_over(write: Callable[[str], Path], month: str) -> None:
    columns = {"rain": {"variable": "monthly_rain", "unit": "mm"}}
    over = (pd.Period(month) + 1).start_time.tz_localize(HANOI)
    of_month = wide(columns=columns, valid_time={"column": "day", "format": "%Y-%m"})
    assert list(fetched(write(f"day,rain\n{month},1\n"), of_month)["known_time"]) == [over]
    delayed = of_month.model_copy(update={"delay_days": 2})
    assert list(fetched(write(f"day,rain\n{month},1\n"), delayed)["known_time"]) == [over + pd.Timedelta(days=2)]
    of_day = wide(columns=columns)
    assert list(fetched(write(f"day,rain\n{month}-01,1\n"), of_day)["known_time"]) == [over]
    daily = wide(valid_time={"column": "day", "format": "%Y-%m"})
    assert list(fetched(write(f"day,rain\n{month},1\n"), daily)["known_time"]) == [over], "it speaks of the whole month"


def test_a_month_that_is_said_to_be_known_before_it_is_over_is_refused(write: Callable[[str], Path]) -> None:
    path = write("day,rain,seen\n2000-01-01,1,2000-01-29\n2000-01-01,1,2000-01-31\n")
    columns = {"rain": {"variable": "monthly_rain", "unit": "mm"}}
    mapping = wide(columns=columns, delay_days=None, known_time={"column": "seen"})
    assert list(fetched(path, mapping)["known_time"]) == [pd.Timestamp("2000-02-01", tz=HANOI)]
    (reason,) = refused(path, mapping)["reason"]
    assert "monthly_rain at site ha-long on 2000-01-01 is an observation known at 2000-01-29T17:00" in reason
    averaged = mapping.model_copy(update={"several": "mean"})
    assert len(refused(path, averaged)) == 1


def test_a_correction_is_an_entry_of_its_own(write: Callable[[str], Path]) -> None:
    path = write("day,rain,seen\n2020-05-01,1,2020-05-02\n2020-05-01,3,2020-05-09\n")
    assert values(path, wide(delay_days=None, known_time={"column": "seen"})) == [1.0, 3.0]


def test_a_climate_index_holds_for_every_site(write: Callable[[str], Path]) -> None:
    found = fetched(write("day,rain\n2020-05-01,1\n"), wide(site=None, every_site=True))
    assert list(found["site"]) == ["co-to", "ha-long"]


def test_sites_are_found_by_declared_names_and_others_refused_or_skipped(write: Callable[[str], Path]) -> None:
    path = write("day,place,rain\n2020-05-01,St 1,1\n2020-05-01,St 2,2\n2020-05-01,cô tô,3\n")
    by_name = {"site": None, "site_column": "place", "sites": {"St 1": "ha-long"}}
    assert values(path, wide(**by_name)) == [3.0, 1.0]
    assert "place is 'St 2': unknown site 'St 2': there is" in refused(path, wide(**by_name))["reason"].iloc[0]
    assert refused(path, wide(**by_name, other_sites="skip")).empty
    with pytest.raises(UnknownNameError, match="unknown site 'Ha Logn'"):
        fetched(path, wide(site="Ha Logn"))


def test_columns_name_a_site_together(write: Callable[[str], Path]) -> None:
    path = write("day,area,number,rain\n2020-05-01,co,1,3\n2020-05-02,ha,2,4\n2020-05-03,co,7,5\n")
    together = {"site": None, "site_columns": ["area", "number"], "sites": {"co 1": "co-to", "ha 2": "ha-long"}}
    found = fetched(path, wide(**together))
    assert list(zip(found["site"], found["value"], strict=True)) == [("co-to", 3.0), ("ha-long", 4.0)]
    assert "area, number is 'co 7': unknown site 'co 7'" in refused(path, wide(**together))["reason"].iloc[0]
    with pytest.raises(ValueError, match="one of `site_column`, `site_columns`, `site` and `every_site`"):
        wide(**together, site_column="area")


def test_other_names_are_refused_unless_they_are_skipped(write: Callable[[str], Path]) -> None:
    path = write("day,place,what,value\n2020-05-01,ha-long,Rain,3\n2020-05-01,ha-long,Raim,4\n")
    assert "what is 'Raim', the mapping states Rain, Temp" in refused(path, long())["reason"].iloc[0]
    assert refused(path, long(other_names="skip")).empty


def test_values_outside_the_stretch_are_not_brought(write: Callable[[str], Path]) -> None:
    path = write("day,rain\n2020-05-01,1\n2020-05-02,2\n2020-05-03,3\n2020-05-09,x\n")
    start, end = pd.Timestamp("2020-05-02", tz=HANOI), pd.Timestamp("2020-05-03", tz=HANOI)
    (batch,) = TableSource(path, wide(), HANOI).fetch(TWO, start, end)
    assert list(batch.entries["value"]) == [2.0]
    assert batch.rejected.empty


def test_batches_are_whole_local_years_in_order(write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("day,rain\n2021-01-01,3\n2020-12-31,2\n2019-01-01,1\nwhen,4\n2022-03-01,x\n")
    (whole,) = TableSource(path, wide(), HANOI).fetch(TWO, *EVER)
    assert list(whole.entries["value"]) == [1.0, 2.0, 3.0]
    monkeypatch.setattr("features.sources.tables.source._ROWS_PER_BATCH", 1)
    batches = list(TableSource(path, wide(), HANOI).fetch(TWO, *EVER))
    assert [list(batch.entries["value"]) for batch in batches] == [[1.0], [2.0], [3.0], []]
    assert [len(batch.rejected) for batch in batches] == [1, 0, 0, 1]


def test_a_file_of_nothing_but_garbage_is_set_aside(tmp_path: Path, write: Callable[[str], Path]) -> None:
    archive = Archive(tmp_path / "archive", TWO, HANOI)
    assert taken_in(write("day,rain\nwhen,1\n"), wide(), archive) == Receipt(quarantined=1, read=1, unread=1)
    assert taken_in(write("day,rain\n"), wide(), archive) == Receipt()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_toxin_samples_as_published_come_in_whole(tmp_path: Path) -> None:
    with gzip.open(SHARED / "domoic_acid" / "toxin_samples.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    highest: dict[tuple[str, str], float] = {}
    for row in rows:
        text, key = row["domoic_acid_ug_g"], (row["site"], row["collected"])
        highest[key] = max(highest.get(key, 0.0), 0.5 if text == "<1" else float(text))
    assert (len(rows), sum(row["domoic_acid_ug_g"] == "<1" for row in rows)) == (5492, 331)
    beaches = sites(*{row["site"] for row in rows})
    mapping = Mapping.model_validate(
        {
            "name": "toxin_samples", "columns": {"domoic_acid_ug_g": {"variable": "domoic_acid", "unit": "ug/g"}},
            "site_column": "site", "valid_time": {"column": "collected"}, "delay_days": 7, "several": "highest",
            "below_detection": "half",
        }
    )  # fmt: skip
    archive = Archive(tmp_path, beaches, "America/Los_Angeles")
    path = SHARED / "domoic_acid" / "toxin_samples.csv.gz"
    assert taken_in(path, mapping, archive) == Receipt(accepted=len(highest), read=5492)
    found = fetched(path, mapping, beaches, archive.zone)
    day = found["valid_time"].dt.tz_convert(archive.zone).dt.strftime("%Y-%m-%d")
    assert dict(zip(zip(found["site"], day, strict=True), found["value"], strict=True)) == highest
    assert (found["known_time"] == found["valid_time"] + pd.Timedelta(days=7)).all()


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not beside this checkout")
def test_a_bilingual_file_with_trace_and_footer_comes_in_whole(tmp_path: Path) -> None:
    path = SHARED / "hong_kong_rain" / "daily_rainfall.csv"
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and row[0].isdigit()]
    trace = sum(row[3] == "Trace" for row in rows)
    numbers = {date(*map(int, row[:3])): float(row[3]) for row in rows if row[3] not in ("Trace", "***")}
    apart = {"year": "年/Year", "month": "月/Month", "day": "日/Day"}
    mapping = wide(
        columns={"數值/Value": RAIN}, site="Hong Kong", valid_time=apart, skip_rows=2, footer_rows=4,
        missing=["***"], text_values={"Trace": 0.025},
    )  # fmt: skip
    harbour = sites("Hong Kong")
    archive = Archive(tmp_path, harbour, "Asia/Hong_Kong")
    assert taken_in(path, mapping, archive) == Receipt(
        accepted=len(numbers) + trace,
        quarantined=1,
        read=len(rows),
        unread=1,
    )
    (aside,) = archive.quarantined()["row"]
    assert list(json.loads(aside).values())[:4] == ["1900", "2", "29", "***"], "1900 was no leap year"
    found = fetched(path, mapping, harbour, archive.zone).set_index("valid_time")["value"]
    found.index = found.index.tz_convert(archive.zone).date
    assert (found == 0.025).sum() == trace
    assert found[list(numbers)].to_dict() == numbers
