"""Rain by satellite: GPM IMERG of NASA, and CHIRPS of the Climate Hazards Center.

IMERG: half-hourly HDF5 (group Grid) and daily NetCDF, V06 and V07, https://doi.org/10.5067/GPM/IMERG/3B-HH/07 and
https://doi.org/10.5067/GPM/IMERGDF/DAY/07; Early, Late and Final run come after 4 hours, 14 hours and 3.5 months,
https://gpm.nasa.gov/data/imerg. CHIRPS: https://doi.org/10.1038/sdata.2015.66; final days of a month come in the third
week of the next one, https://www.chc.ucsb.edu/data/chirps.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import Field as Stated

from features.errors import HaidangError
from features.sources.grids.days import Quantity
from features.sources.grids.files import Part
from features.sources.grids.gridded import GriddedFiles
from features.sources.grids.time_steps import Step, in_steps

RAIN = "satellite_rain"
Run = Literal["final", "late", "early"]
_LATENCIES: Mapping[Run, pd.Timedelta] = MappingProxyType(
    {"final": pd.Timedelta(days=106), "late": pd.Timedelta(hours=14), "early": pd.Timedelta(hours=4)}
)
# Such as 3B-HHR.MS.MRG.3IMERG.20200101-S000000-E002959.0000.V07B.HDF5; Early and Late have -E and -L.
_IN_FILE_NAME = re.compile(r"3B-(HHR|DAY)(-[EL])?\.")
_RUNS: Mapping[str | None, Run] = MappingProxyType({None: "final", "-L": "late", "-E": "early"})
_STEPS: Mapping[str, Step] = MappingProxyType({"HHR": "half hour", "DAY": "day"})


@dataclass(frozen=True)
class Imerg(GriddedFiles):
    """Rain of each day by satellite, about 10 km, 90S to 90N (GPM IMERG, half-hourly or daily).

    Half hours begin at their time and add up to local days; a day of which a half hour is missing has no value. Daily
    files are of UTC days and keep their date: for UTC+7 such a day runs from 07:00 to 07:00.

    Attributes:
        run: "final", "late" or "early"; it decides when a value was known. Name a source for each run of your own.
        step: "half hour" or "day"; None to tell by the names of the files.
        name: of the source.
    """

    run: Run = "final"
    step: Literal["half hour", "day"] | None = None
    within_km: Annotated[float, Stated(ge=0)] = 0.0
    name: str = "imerg"
    provider_names: ClassVar[tuple[str, ...]] = ("precipitation", "precipitationCal")
    variables: ClassVar[tuple[str, ...]] = (RAIN,)
    licence: ClassVar[str] = "NASA open data: cite GPM IMERG and its DOI"

    @property
    def latency(self) -> pd.Timedelta:
        return _LATENCIES[self.run]

    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """Rain of days, from half hours and from days."""
        steps = tuple(in_steps(part, self._step(part), RAIN, self.zone, lowest=0.0) for part in parts)
        if len({one.step for one in steps}) > 1:
            raise HaidangError(f"source {self.name} reads half hours and days: name a source for each of them")
        return [Quantity(RAIN, "sum", self.latency, (steps,))]

    def _step(self, part: Part) -> Step:
        told = _IN_FILE_NAME.search(part.file.name)
        if told is not None and _RUNS[told[2]] != self.run:
            raise HaidangError(
                f"{part.file} is of the {_RUNS[told[2]]} run, but source {self.name} reads the {self.run} run: name a "
                f"source of its own for it, with `run`"
            )
        if self.step is not None:
            return self.step
        if told is None:
            raise HaidangError(f"the name of {part.file} does not tell its step: state `step`, half hour or day")
        return _STEPS[told[1]]


@dataclass(frozen=True)
class Chirps(GriddedFiles):
    """Rain of each day by satellite and stations, about 5 km, land from 50S to 50N (CHIRPS).

    Its days are taken as UTC days and keep their date: for UTC+7 such a day runs from 07:00 to 07:00. A value is known
    52 days after its day, when the final days of the month are out for its first day too.

    Attributes:
        name: of the source.
    """

    name: str = "chirps"
    provider_names: ClassVar[tuple[str, ...]] = ("precip",)
    variables: ClassVar[tuple[str, ...]] = (RAIN,)
    licence: ClassVar[str] = "public domain (CC0): cite Funk et al. 2015, doi:10.1038/sdata.2015.66"
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(days=52)

    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """Rain of days; cells below 0 hold -9999, whether the file says so or not."""
        steps = tuple(in_steps(part, "day", RAIN, self.zone, lowest=0.0) for part in parts)
        return [Quantity(RAIN, "sum", self.latency, (steps,))]
