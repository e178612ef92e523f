"""The cases that `haidang demo` shows: where their data come from and what is asked of them."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import shapely

from features.errors import HaidangError
from features.ingest import Source
from features.settings import FILE_NAME
from features.sources.simulated import SimulatedProvince
from features.sources.tables.mapping import read_mapping
from features.sources.tables.source import TableSource
from haidang.chain.simulation import prepare
from training.point_scores import Measure


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        hazards: what is forecast.
        test_from: first origin of the backtest, local.
        prepare: lays out sites and settings in the deployment's folder, from the folder with the data.
        sources: the sources, from the folder with the data.
        folder: of the data, among those of all cases; none for a case that needs no data.
        groups: site attribute by whose values sites are left out in turn, instead of rolling origins.
        measure: how the error of a number is measured, where one is told: of the expected outcome, or of the median.
        apart: codes of sites that are also judged by themselves.
    """

    hazards: tuple[str, ...]
    test_from: str
    prepare: Callable[[Path, Path | None], None]
    sources: Callable[[Path | None], Sequence[Source]]
    folder: str | None = None
    groups: str | None = None
    measure: Measure | None = None
    apart: tuple[str, ...] = ()


_ALL_TESTED = "frozen_years = 0  # the years that a case is tested on are published, and end with its record"
_OWN_HAZARDS = Path(__file__).with_name("case_hazards")
PROVINCE = SimulatedProvince(years=6, first_year=2020, known_until=datetime.fromisoformat("2025-09-05T07:00+07:00"))


def _lay_out(home: Path, sites: pd.DataFrame, zone: str, *, own_hazards: str | None = None) -> None:
    """Writes sites and settings, and copies the hazard files that are the case's own."""
    home.mkdir(parents=True, exist_ok=True)
    sites.to_csv(home / "sites.csv", index=False)
    settings = f'local_zone = "{zone}"\nsites = "sites.csv"\n{_ALL_TESTED}\n'
    if own_hazards is not None:
        (home / "hazards").mkdir(exist_ok=True)
        for file in (_OWN_HAZARDS / own_hazards).glob("*.py"):
            shutil.copy(file, home / "hazards")
        settings += 'hazards = "hazards"\n'
    (home / FILE_NAME).write_text(settings, encoding="utf-8")


def _describe(home: Path, data: Path | None) -> None:
    prepare(home, PROVINCE)


def _province(data: Path | None) -> Sequence[Source]:
    return [PROVINCE]


def _beaches(home: Path, data: Path | None) -> None:
    """Writes the settings and the sites, at the positions that the drivers' file gives."""
    drivers = pd.read_csv(_file(data, "weekly_drivers.csv.gz"))
    beaches = drivers.groupby("site")[["lat", "lon"]].first().reset_index()
    table = pd.DataFrame(
        {
            "code": beaches["site"].str.lower().str.replace(" ", "-"),
            "name_vi": beaches["site"],
            "name_en": beaches["site"],
            "latitude": beaches["lat"],
            "longitude": beaches["lon"],
            "razor_clams": "yes",
        }
    )
    _lay_out(home, table, "America/Los_Angeles")


def _samples_and_drivers(data: Path | None) -> Sequence[Source]:
    files = {
        "toxin_samples.csv.gz": "domoic_acid_samples",
        "cell_counts.csv.gz": "pseudo_nitzschia_counts",
        "weekly_drivers.csv.gz": "weekly_drivers",
    }
    return [
        TableSource(_file(data, name), read_mapping(mapping), "America/Los_Angeles") for name, mapping in files.items()
    ]


def _provinces(home: Path, data: Path | None) -> None:
    """Writes the provinces at a point within the polygon of each, with the population that the table gives."""
    shapes = json.loads(_file(data, "vietnam_monthly.geojson").read_text(encoding="utf-8"))["features"]
    within = {shape["id"]: shapely.geometry.shape(shape["geometry"]).representative_point() for shape in shapes}
    population = pd.read_csv(_file(data, "vietnam_monthly.csv")).groupby("location")["population"].first()
    table = pd.DataFrame(
        {
            "code": population.index.str.lower().str.replace(" ", "-"),
            "name_vi": population.index,
            "name_en": population.index,
            "latitude": [within[name].y for name in population.index],
            "longitude": [within[name].x for name in population.index],
            "population": population.to_numpy(),
        }
    )
    _lay_out(home, table, "Asia/Ho_Chi_Minh", own_hazards="vietnam_dengue")


def _cases_and_weather(data: Path | None) -> Sequence[Source]:
    return [TableSource(_file(data, "vietnam_monthly.csv"), read_mapping("vietnam_dengue"), "Asia/Ho_Chi_Minh")]


def _harbour(home: Path, data: Path | None) -> None:
    """Writes the one station, the headquarters of the Observatory."""
    _file(data, "daily_rainfall.csv")
    station = {
        "code": "hko", "name_vi": "Hồng Kông", "name_en": "Hong Kong",
        "latitude": [22.302], "longitude": [114.174], "elevation_m": [32],
    }  # fmt: skip
    _lay_out(home, pd.DataFrame(station), "Asia/Hong_Kong", own_hazards="hong_kong_rain")


def _daily_rain(data: Path | None) -> Sequence[Source]:
    return [TableSource(_file(data, "daily_rainfall.csv"), read_mapping("hong_kong_rain"), "Asia/Hong_Kong")]


def _cages(home: Path, data: Path | None) -> None:
    """Writes the cages.

    Where the farms lie is not published: the positions only say that cages of a farm are neighbours and farms are not.
    """
    weeks = pd.read_csv(_file(data, "cage_weeks.csv"), dtype={"cage": str})
    cages = weeks.groupby(["farm", "cage"], sort=True)[["waveHeight", "fetch"]].first().reset_index()
    farm, _ = pd.factorize(cages["farm"])
    name = cages["farm"] + " " + cages["cage"]
    table = pd.DataFrame(
        {
            "code": name.str.lower().str.replace(" ", "-"),
            "name_vi": name,
            "name_en": name,
            "latitude": 56.0 + farm / 2,
            "longitude": -6.0 + cages["cage"].astype(int) / 1e4,
            "salmon_cages": "yes",
            "farm": farm + 1,
            "wave_height_m": cages["waveHeight"],
            "log10_fetch": cages["fetch"],
        }
    )
    _lay_out(home, table, "Europe/London", own_hazards="salmon")


def _cage_weeks(data: Path | None) -> Sequence[Source]:
    return [TableSource(_file(data, "cage_weeks.csv"), read_mapping("salmon_cages"), "Europe/London")]


def _file(data: Path | None, name: str) -> Path:
    if data is None or not (data / name).is_file():
        raise HaidangError(f"the case needs --data with a folder that holds {name}; {data} does not")
    return data / name


CASES = {
    "quang-ninh": Case(("heavy_rain", "shrimp_white_spot"), "2024-01-01", _describe, _province),
    "domoic-acid": Case(
        ("domoic_acid",), "2014-01-01", _beaches, _samples_and_drivers, folder="domoic_acid", measure="RMSE"
    ),
    "vietnam-dengue": Case(
        ("dengue_monthly",), "2008-01-01", _provinces, _cases_and_weather,
        folder="vietnam_dengue", measure="MAE", apart=("quang-ninh",),
    ),
    "hong-kong-rain": Case(("heavy_rain",), "2005-01-01", _harbour, _daily_rain, folder="hong_kong_rain"),
    "salmon": Case(
        ("cage_mortality",), "2018-01-01", _cages, _cage_weeks,
        folder="salmon_health", groups="farm", measure="RMSE",
    ),
}  # fmt: skip
