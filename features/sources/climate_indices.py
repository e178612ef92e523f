"""Climate indices of NOAA, by month: El Niño, the Indian Ocean dipole and the Pacific decadal oscillation.

When they are known: CPC sets the ONI of a season on the first Thursday after it (origin.cpc.ncep.noaa.gov/products/
analysis_monitoring/ensostuff/ONI_v5.php) and may change the last two; NCEI tells the PDO of a month in the next;
HadISST, and so the DMI of PSL, comes two to four months late.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from features.entries import ENTRIES, Batch
from features.errors import HaidangError
from features.local_days import Days, day_starts
from features.sites import Sites
from features.sources.climate_tables import Cell, read_seasons, read_years
from features.sources.tables.texts import read_text
from features.sources.web.service import WebService
from features.variables import variable_named

_LONGEST_MONTH = 31


@dataclass(frozen=True)
class _Index:
    """An index as its provider gives it.

    Attributes:
        variable: the declared variable.
        provider: for errors.
        address: of the table.
        read: reads the table.
        months: of which a value is the mean; they lie around its own.
        delay_days: days from the end of the last of these months until the value can be read.
    """

    variable: str
    provider: str
    address: str
    read: Callable[[str, str], list[Cell]]
    months: int
    delay_days: float


INDICES: Mapping[str, _Index] = MappingProxyType(
    {
        "oni": _Index(
            "oceanic_nino_index",
            "NOAA CPC",
            "https://www.cpc.ncep.noaa.gov/data/indices/oni.ascii.txt",
            read_seasons,
            months=3,
            delay_days=10,
        ),
        "dmi": _Index(
            "indian_ocean_dipole",
            "NOAA PSL",
            "https://psl.noaa.gov/gcos_wgsp/Timeseries/Data/dmi.had.long.data",
            read_years,
            months=1,
            delay_days=90,
        ),
        "pdo": _Index(
            "pacific_decadal_index",
            "NOAA NCEI",
            "https://www.ncei.noaa.gov/pub/data/cmb/ersst/v5/index/ersst.v5.pdo.dat",
            read_years,
            months=1,
            delay_days=30,
        ),
    }
)
"""The indices by their names; the units are those of their variables, anomalies of temperature and a pure number."""


@dataclass(frozen=True)
class ClimateIndices:
    """A climate index by month, the same at every site: ONI (El Niño), DMI (Indian Ocean dipole) or PDO.

    A value has its valid time at the first day of its month; the ONI of three months at that of the middle one. It is
    known when the last of its months is over and the delay has passed, however short the stretch of its variable is.

    Attributes:
        index: oni, dmi or pdo.
        zone: IANA zone of the local day.
        file: the provider's table as a file; from the network for None.
        address: where the table is on the network; the provider's for None.
        delay_days: days from the end of the last month of a value until it can be read; the usual delay for None: 10
            for the ONI, 90 for the DMI, 30 for the PDO.
        name: short name of the source.
        licence: under which terms the values are given.
    """

    index: Literal["oni", "dmi", "pdo"]
    zone: str
    file: Path | None = None
    address: str | None = None
    delay_days: float | None = None
    name: str = "climate_indices"
    licence: str = "NOAA, public domain"

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            HaidangError: if the delay is negative.
        """
        if not self._delay >= pd.Timedelta(0):
            raise HaidangError(f"delay_days is {self.delay_days}: state days from the end of the months, 0 or more")

    @property
    def variables(self) -> tuple[str, ...]:
        return (self._index.variable,)

    @property
    def latency(self) -> pd.Timedelta:
        months = self._index.months // 2 + 1
        over = months * _LONGEST_MONTH - variable_named(self._index.variable).span_days
        return pd.Timedelta(days=over) + self._delay

    @property
    def revisits(self) -> pd.Timedelta:
        """The newest values may still change for two months."""
        return pd.Timedelta(days=(self._index.months + 2) * _LONGEST_MONTH)

    @property
    def _index(self) -> _Index:
        return INDICES[self.index]

    @property
    def _delay(self) -> pd.Timedelta:
        return pd.Timedelta(days=self._index.delay_days if self.delay_days is None else self.delay_days)

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields one batch.

        Raises:
            HaidangError: if there is no answer, or it is not the table of this index.
        """
        cells = self._cells()
        faulty = np.array([bool(cell.fault) for cell in cells], dtype=bool)
        dated = np.array([cell.month is not None for cell in cells], dtype=bool)
        month = np.array([cell.month or 0 for cell in cells], dtype=np.int64)
        valid_time = self._starts(month)
        outside = dated & ~np.asarray((valid_time >= start) & (valid_time < end))
        missing = np.array([cell.value is None for cell in cells], dtype=bool)
        unread, used = faulty & ~outside, ~faulty & ~outside & ~missing
        fates = {"lie outside the asked stretch": outside, "hold no measured value": ~unread & ~outside & missing}
        known = self._starts(month + self._index.months // 2 + 1) + self._delay
        count = int(used.sum())
        entries = pd.DataFrame(
            {
                "site": list(sites.codes) * count,
                "variable": self._index.variable,
                "valid_time": valid_time[used].repeat(len(sites)),
                "known_time": known[used].repeat(len(sites)),
                "value": np.repeat(np.array([cell.value for cell in cells], dtype=float)[used], len(sites)),
                "source": self.name,
            },
            columns=ENTRIES.names,
        )
        bad = [cell for cell, refused in zip(cells, unread, strict=True) if refused]
        rejected = pd.DataFrame(
            {
                "source": self.name,
                "reason": [f"{self._where}, line {cell.line}: {cell.fault}" for cell in bad],
                "row": [json.dumps(cell.row) for cell in bad],
            },
            dtype=str,
        )
        passed_over = {why: int(cells_of.sum()) for why, cells_of in fates.items() if cells_of.any()}
        yield Batch(entries, rejected, read=len(cells), unread=int(unread.sum()), passed_over=passed_over)

    def _cells(self) -> list[Cell]:
        if self.file is not None:
            return self._index.read(read_text(self.file), self._where)
        base, _, table = (self.address or self._index.address).rpartition("/")
        return self._index.read(WebService(self._index.provider, base).text(f"/{table}"), self._where)

    @property
    def _where(self) -> str:
        return str(self.file.name if self.file else self.address or self._index.address)

    def _starts(self, months: Days) -> pd.DatetimeIndex:
        """The moments at which local months begin, by their number since January 1970."""
        return day_starts(months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64), self.zone).as_unit(
            "us"
        )
