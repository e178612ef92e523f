"""Sea surface temperature by satellite: OISST of NOAA, and MUR of NASA's Jet Propulsion Laboratory.

OISST v2.1: https://www.ncei.noaa.gov/products/optimum-interpolation-sst; a preliminary file comes after a day and is
replaced by the final one after two weeks. MUR v4.1: https://doi.org/10.5067/GHGMR-4FJ04; a file says in its attribute
`history` whether it is the one of a day's latency or its replacement after four days.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar

import pandas as pd
from pydantic import Field as Stated

from features.sources.grids.days import Quantity
from features.sources.grids.files import Part
from features.sources.grids.gridded import GriddedFiles
from features.sources.grids.time_steps import in_steps

SEA_TEMPERATURE = "satellite_sea_temperature"


def _of_editions(
    parts: Sequence[Part], zone: str, edition: Callable[[Part], str], delays: Mapping[str, pd.Timedelta]
) -> list[Quantity]:
    """Each edition of a day is a value of its own, known when that edition came; none is overwritten."""
    steps = {name: tuple(in_steps(part, "day", SEA_TEMPERATURE, zone) for part in parts if edition(part) == name)
             for name in delays}  # fmt: skip
    return [Quantity(SEA_TEMPERATURE, "mean", delays[name], (found,)) for name, found in steps.items() if found]


@dataclass(frozen=True)
class Oisst(GriddedFiles):
    """Sea surface temperature of each day by satellite, 25 km, the whole sea (NOAA OISST v2.1).

    The nearest sea cell speaks for a site, whether it has an area or not. Days are UTC days and keep their date: for
    UTC+7 such a day runs from 07:00 to 07:00. Preliminary files are known by their name.

    Attributes:
        within_km: how far the edge of the nearest sea cell may lie.
        name: of the source.
    """

    within_km: Annotated[float, Stated(ge=0)] = 25.0
    name: str = "oisst"
    provider_names: ClassVar[tuple[str, ...]] = ("sst",)
    variables: ClassVar[tuple[str, ...]] = (SEA_TEMPERATURE,)
    licence: ClassVar[str] = "NOAA open data: cite Huang et al. 2021, doi:10.1175/JCLI-D-20-0166.1"
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(days=1)
    marine: ClassVar[bool] = True
    delays: ClassVar[Mapping[str, pd.Timedelta]] = MappingProxyType(
        {"preliminary": pd.Timedelta(days=1), "final": pd.Timedelta(days=15)}
    )

    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """Temperature of days, preliminary and final."""
        return _of_editions(
            parts, self.zone, lambda part: "preliminary" if "preliminary" in part.file.name else "final", self.delays
        )


@dataclass(frozen=True)
class Mur(GriddedFiles):
    """Sea surface temperature of each day by satellite, 1 km, the whole sea (NASA MUR v4.1).

    The nearest sea cell speaks for a site, whether it has an area or not. The analysis is of 09:00 UTC, from what was
    seen from 21:00 UTC of the day before; it keeps its date.

    Attributes:
        within_km: how far the edge of the nearest sea cell may lie.
        name: of the source.
    """

    within_km: Annotated[float, Stated(ge=0)] = 10.0
    name: str = "mur"
    provider_names: ClassVar[tuple[str, ...]] = ("analysed_sst",)
    variables: ClassVar[tuple[str, ...]] = (SEA_TEMPERATURE,)
    licence: ClassVar[str] = "NASA open data: cite MUR and its DOI"
    latency: ClassVar[pd.Timedelta] = pd.Timedelta(days=1)
    marine: ClassVar[bool] = True
    delays: ClassVar[Mapping[str, pd.Timedelta]] = MappingProxyType(
        {"near real time": pd.Timedelta(days=1), "final": pd.Timedelta(days=4)}
    )

    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """Temperature of days, near real time and final."""
        return _of_editions(parts, self.zone, _edition_of_mur, self.delays)


def _edition_of_mur(part: Part) -> str:
    title, history = (str(part.attributes.get(name, "")).casefold() for name in ("title", "history"))
    near = "nrt" in title or "near-real" in title or "near real" in title or "1-day latency" in history
    return "near real time" if near and "replaced" not in history else "final"
