"""The Copernicus Climate Data Store: hours of ERA5 and ERA5-Land, brought month by month with its own library, cdsapi.

How requests are written: https://cds.climate.copernicus.eu/how-to-api and the form "Show API request code" of each
dataset. GRIB is asked for, because of a request for amounts and for values at a moment NetCDF comes as an archive.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar

import cdsapi
import pandas as pd
from ecmwf.datastores.processing import LinkError
from pydantic import Field as Stated

from features.entries import Batch
from features.errors import HaidangError
from features.local_days import day_numbers, day_starts
from features.sites import Sites
from features.sources.grids.cells import Box
from features.sources.grids.days import day_batches
from features.sources.grids.era5 import HOURLY, Era5, Product
from features.sources.grids.files import OpenFiles, parts_of
from features.sources.web.daily_series import present
from features.sources.web.service import ProviderError

DATASETS: Mapping[Product, str] = MappingProxyType(
    {"era5": "reanalysis-era5-single-levels", "era5-land": "reanalysis-era5-land"}
)
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "t2m": "2m_temperature",
        "d2m": "2m_dewpoint_temperature",
        "u10": "10m_u_component_of_wind",
        "v10": "10m_v_component_of_wind",
        "fg10": "10m_wind_gust_since_previous_post_processing",
        "swvl1": "volumetric_soil_water_layer_1",
        "ssrd": "surface_solar_radiation_downwards",
        "msl": "mean_sea_level_pressure",
        "tp": "total_precipitation",
    }
)
"""Short name -> name in requests, https://codes.ecmwf.int/grib/param-db."""
_NOT_ON_LAND = frozenset(("fg10", "msl"))
_SPACING: Mapping[Product, float] = MappingProxyType({"era5": 0.25, "era5-land": 0.1})
_BY_DEFAULT = ("air_temperature", "highest_air_temperature", "lowest_air_temperature", "relative_humidity", "rain")
_HOUR = pd.Timedelta(hours=1)
_TOLD_CHARACTERS = 400


@dataclass(frozen=True)
class ClimateDataStore:
    """Weather of the past by ERA5 or ERA5-Land, fetched from the Copernicus Climate Data Store with a key of one's own.

    Whole months of hours around the sites come as GRIB files into a folder. What lies there is not fetched again, so
    that an interrupted run goes on; the newest month is fetched anew as it grows. Hours become local days as `Era5`
    does it. The licence of the dataset must have been accepted on its page by the owner of the key.

    Attributes:
        key: personal access token of the store.
        folder: where the files lie.
        zone: IANA zone of the local day.
        boundaries: GeoJSON with areas of sites.
        dataset: "era5" (25 km, land and sea) or "era5-land" (9 km, nothing on the sea and on much of the coast).
        variables: which are wanted.
        since: first day, where no other is asked for.
        least_share: of a site's area that must have values.
        within_km: how far the edge of the cell may lie that speaks for a site without an area.
        address: of the store.
        attempts: how often a question is asked before it is given up.
        wait_seconds: before the next attempt, and at most between two looks at a waiting request.
        clock: tells the present moment; hours that cannot be there yet are not asked for.
        name: of the source.
    """

    key: str = field(repr=False)
    folder: Path
    zone: str
    boundaries: Path | None = None
    dataset: Product = "era5"
    variables: tuple[str, ...] = _BY_DEFAULT
    since: date = date(2000, 1, 1)
    least_share: Annotated[float, Stated(gt=0, le=1)] = 0.5
    within_km: Annotated[float, Stated(ge=0)] = 10.0
    address: str = "https://cds.climate.copernicus.eu/api"
    attempts: Annotated[int, Stated(ge=1)] = 5
    wait_seconds: Annotated[float, Stated(gt=0)] = 60.0
    clock: Callable[[], pd.Timestamp] = present
    name: str = "climate_data_store"
    licence: ClassVar[str] = Era5.licence
    latency: ClassVar[pd.Timedelta] = Era5.latency
    revisits: ClassVar[pd.Timedelta] = pd.Timedelta(days=3)

    def __post_init__(self) -> None:
        """Checks the key and the variables.

        Raises:
            HaidangError: if the key is none of today's, no variable is wanted, or the dataset does not have one.
        """
        if ":" in self.key:
            raise HaidangError("`key` is one of the old store, with a colon: take the token from your profile there")
        possible = {made.variable for made in HOURLY if self._has(made.names)}
        if not self.variables or not set(self.variables) <= possible:
            strange = ", ".join(sorted(set(self.variables) - possible)) or "nothing"
            raise HaidangError(f"`variables` names {strange}: {self.dataset} has {', '.join(sorted(possible))}")

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields local months in order; the files that a month needs are fetched before it.

        Raises:
            ProviderError: if the store does not give a file, and what it says.
            HaidangError: if a file is not what it should be.
        """
        era5 = Era5(
            zone=self.zone,
            boundaries=self.boundaries,
            least_share=self.least_share,
            within_km=self.within_km,
            dataset=self.dataset,
            step="hour",
            name=self.name,
        )
        with OpenFiles(self._names) as opened:
            reader, remarks = era5.reader(sites, opened)
            area = _around(reader.box, _SPACING[self.dataset])
            there_until = (self.clock().tz_convert("UTC") - self.latency).floor("D")
            whole_until = day_starts(day_numbers(pd.DatetimeIndex([there_until]), self.zone), self.zone)[0]
            first, last = max(start, pd.Timestamp(self.since, tz=self.zone)), min(end, whole_until)
            for begins, ends in _local_months(first, last, self.zone):
                # An amount stands at the end of its hour, and the one before tells where a running total was.
                months = [month for month in _utc_months(begins - _HOUR, ends) if month < there_until]
                parts = parts_of([self._file(month, there_until, area) for month in months], opened, {})
                wanted = [quantity for quantity in era5.quantities(parts) if quantity.variable in self.variables]
                for batch in day_batches(wanted, reader, source=self.name, zone=self.zone, start=begins, end=ends):
                    yield replace(batch, remarks=batch.remarks + remarks)

    @property
    def _names(self) -> tuple[str, ...]:
        """The fields that the variables are made of."""
        made_of = (made.names for made in HOURLY if made.variable in self.variables and self._has(made.names))
        return tuple(sorted({name for names in made_of for name in names}))

    def _has(self, names: Sequence[str]) -> bool:
        absent = _NOT_ON_LAND if self.dataset == "era5-land" else frozenset()
        return all(name in FIELDS and name not in absent for name in names)

    def _file(self, month: pd.Timestamp, there_until: pd.Timestamp, area: list[float]) -> Path:
        """The file with a UTC month, as far as it is there; fetched if it does not lie in the folder."""
        after = month + pd.offsets.MonthBegin()
        days = pd.date_range(month, min(after, there_until), freq="D", inclusive="left")
        request = {
            **({"product_type": ["reanalysis"]} if self.dataset == "era5" else {}),
            "variable": [FIELDS[name] for name in self._names],
            "year": [f"{month:%Y}"],
            "month": [f"{month:%m}"],
            "day": [f"{day:%d}" for day in days],
            "time": [f"{hour:02}:00" for hour in range(24)],
            "area": area,
            "data_format": "grib",
            "download_format": "unarchived",
        }
        told = hashlib.sha256(json.dumps([request["variable"], area]).encode()).hexdigest()[:8]
        stem = f"{self.dataset}_{month:%Y-%m}_{told}"
        file = self.folder / (f"{stem}.grib" if after <= there_until else f"{stem}_until_{days[-1]:%d}.grib")
        if not file.exists():
            self._fetch(request, file)
        for shorter in self.folder.glob(f"{stem}_until_*.grib"):
            if shorter != file:
                shorter.unlink()
        return file

    def _fetch(self, request: Mapping[str, Any], file: Path) -> None:
        """Brings a file to its place; it stands there whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.part")
        asked = f"Climate Data Store, {DATASETS[self.dataset]} of {request['year'][0]}-{request['month'][0]}"
        try:
            store = cdsapi.Client(
                url=self.address,
                key=self.key,
                quiet=True,
                progress=False,
                retry_max=self.attempts,
                sleep_max=self.wait_seconds,
            )
            store.retrieve(DATASETS[self.dataset], dict(request), str(part))
        except (OSError, RuntimeError, ValueError, KeyError, LinkError) as error:
            told = " ".join(str(error).split())[:_TOLD_CHARACTERS] or type(error).__name__
            raise ProviderError(f"{asked}: {told}; mend the key or what was asked, or run the command again") from error
        with part.open("rb") as file_brought:
            begins = file_brought.read(4)
        if begins != b"GRIB":
            raise ProviderError(f"{asked}: what came is no GRIB file: see {part}, then run the command again")
        part.replace(file)


def _around(box: Box, spacing: float) -> list[float]:
    """North, west, south and east of an area on the lines of a grid, a cell wider than a box."""
    west, south = (math.floor(edge / spacing) * spacing - spacing for edge in (box.west, box.south))
    east, north = (math.ceil(edge / spacing) * spacing + spacing for edge in (box.east, box.north))
    return [round(edge, 2) for edge in (min(north, 90.0), west, max(south, -90.0), east)]


def _local_months(first: pd.Timestamp, last: pd.Timestamp, zone: str) -> Iterator[tuple[pd.Timestamp, pd.Timestamp]]:
    """The stretch from first to last, cut where local months begin."""
    while first < last:
        month = first.tz_convert(zone).tz_localize(None).to_period("M") + 1
        until = min(month.start_time.tz_localize(zone), last)
        yield first, until
        first = until


def _utc_months(first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """Beginnings of the UTC months that hold any moment from first to last, both included."""
    begins, ends = (moment.tz_convert("UTC").tz_localize(None).to_period("M") for moment in (first, last))
    return [month.start_time.tz_localize("UTC") for month in pd.period_range(begins, ends, freq="M")]
