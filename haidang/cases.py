"""The cases that `haidang demo` shows: where their data come from and what is asked of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from features.errors import HaidangError
from features.ingest import Source
from features.settings import FILE_NAME
from features.sources.simulated import SimulatedProvince
from features.sources.tables.mapping import read_mapping
from features.sources.tables.source import TableSource
from haidang.simulation import prepare


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        hazards: what is forecast.
        test_from: first origin of the backtest, local.
        prepare: lays out sites and settings in the deployment's folder, from the folder with the data.
        sources: the sources, from the folder with the data.
        data: what the data are, for a case that needs some.
    """

    hazards: tuple[str, ...]
    test_from: str
    prepare: Callable[[Path, Path | None], None]
    sources: Callable[[Path | None], Sequence[Source]]


PROVINCE = SimulatedProvince(years=6, first_year=2020, known_until=datetime.fromisoformat("2025-09-05T07:00+07:00"))


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
    home.mkdir(parents=True, exist_ok=True)
    table.to_csv(home / "sites.csv", index=False)
    (home / FILE_NAME).write_text('local_zone = "America/Los_Angeles"\nsites = "sites.csv"\n', encoding="utf-8")


def _samples_and_drivers(data: Path | None) -> Sequence[Source]:
    files = {
        "toxin_samples.csv.gz": "domoic_acid_samples",
        "cell_counts.csv.gz": "pseudo_nitzschia_counts",
        "weekly_drivers.csv.gz": "weekly_drivers",
    }
    return [
        TableSource(_file(data, name), read_mapping(mapping), "America/Los_Angeles") for name, mapping in files.items()
    ]


def _file(data: Path | None, name: str) -> Path:
    if data is None or not (data / name).is_file():
        raise HaidangError(f"the case needs --data with a folder that holds {name}; {data} does not")
    return data / name


CASES = {
    "quang-ninh": Case(("heavy_rain", "shrimp_white_spot"), "2024-01-01", _describe, _province),
    "domoic-acid": Case(("domoic_acid",), "2014-01-01", _beaches, _samples_and_drivers),
}
