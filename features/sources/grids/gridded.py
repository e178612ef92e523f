"""What all sources of gridded files share: their settings, and how values reach the sites."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, ClassVar

import pandas as pd
from pydantic import Field as Stated
from shapely.geometry.base import BaseGeometry

from features.boundaries import read_boundaries
from features.entries import Batch
from features.sites import Sites
from features.sources.grids.days import Quantity, day_batches, listed, outside
from features.sources.grids.files import OpenFiles, Part, files_of, parts_of
from features.sources.grids.site_reader import SiteReader


@dataclass(frozen=True)
class SiteFields:
    """Gridded files whose values become values of sites, whatever is made of them.

    A site with an area in `boundaries` gets the mean over its area, each cell by the part of it that lies in the area
    and by its size on the sphere; where part of the area has no value, the mean over the rest, if that is large
    enough. Any other site gets the value of the nearest cell that has values, if one is near enough. Sites that the
    grid does not cover get nothing.

    Attributes:
        file: a file, or a pattern such as data/era5_*.nc; it goes before the folder.
        folder: NetCDF, HDF5 and GRIB files, in subfolders too.
        zone: IANA zone of the local day.
        boundaries: GeoJSON with areas of sites.
        least_share: of a site's area that must have values.
        within_km: how far the edge of the cell may lie that speaks for a site without an area.
        units: provider's name of a variable -> its unit, where the files tell none, or a wrong one.
    """

    file: Path | None = None
    folder: Path | None = None
    zone: str = "UTC"
    boundaries: Path | None = None
    least_share: Annotated[float, Stated(gt=0, le=1)] = 0.5
    within_km: Annotated[float, Stated(ge=0)] = 10.0
    units: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    provider_names: ClassVar[tuple[str, ...]]
    marine: ClassVar[bool] = False
    curvilinear: ClassVar[bool] = False

    @property
    def revisits(self) -> None:
        """Files are read as a whole each time."""
        return None

    def parts(self, opened: OpenFiles) -> list[Part]:
        """What stands in the files of the variables that the source reads."""
        return parts_of(files_of(self.file, self.folder, self.name), opened, self.units)

    def reader(self, sites: Sites, opened: OpenFiles) -> tuple[SiteReader, tuple[str, ...]]:
        """Reads fields at the sites; and what an operator should know of the sites' areas."""
        areas: Mapping[str, BaseGeometry] = MappingProxyType({})
        remarks: tuple[str, ...] = ()
        if self.boundaries is not None and not self.marine:
            areas = read_boundaries(self.boundaries, sites)
            if without := [code for code in sites if code not in areas]:
                remarks = (f"a cell each speaks for sites without an area in {self.boundaries}, {listed(without)}",)
        reader = SiteReader(
            sites, areas, opened, within_km=self.within_km, least_share=self.least_share, curvilinear=self.curvilinear
        )
        return reader, remarks


@dataclass(frozen=True)
class GriddedFiles(SiteFields, ABC):
    """Gridded files whose fields become entries: values of local days at the sites."""

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """Yields about a year of days for 54 sites at a time, in the order of time.

        Raises:
            HaidangError: if a file is broken or is not what it should be; all are looked through before the first
                batch.
        """
        with OpenFiles(self.provider_names) as opened:
            reader, remarks = self.reader(sites, opened)
            quantities = self.quantities(self.parts(opened))
            yield replace(outside(quantities, reader, zone=self.zone, start=start, end=end), remarks=remarks)
            yield from day_batches(quantities, reader, source=self.name, zone=self.zone, start=start, end=end)

    @abstractmethod
    def quantities(self, parts: Sequence[Part]) -> list[Quantity]:
        """What is made of the fields in the files."""
