"""Site reader: values of gridded files at the sites, some times at once."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

from features.sites import Sites
from features.sources.grids.cells import Box, Grid, grid_near
from features.sources.grids.cf_units import step_converter
from features.sources.grids.fields import Field, read_whole
from features.sources.grids.files import OpenFiles, Part
from features.sources.grids.site_weights import SiteWeights, nearest_curvilinear, site_weights
from features.variables import variable_named

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
_CELLS_AT_ONCE = 4_000_000
_KM_OF_A_DEGREE = 111.0
_NOTHING_DEGREES = 1e-6
_NOISE = 1e-6


class SiteReader:
    """Reads fields at the sites; the weights of a grid are worked out once.

    Attributes:
        sites: where values are wanted.
        box: holds all sites, their areas, and all cells that may speak for them.
    """

    def __init__(
        self,
        sites: Sites,
        areas: Mapping[str, BaseGeometry],
        opened: OpenFiles,
        *,
        within_km: float,
        least_share: float,
        curvilinear: bool = False,
    ) -> None:
        """Prepares to read.

        Args:
            sites: where values are wanted.
            areas: of some of the sites: these get means over their area.
            opened: opens the files.
            within_km: how far away the cell may lie that speaks for another site, see `site_weights`.
            least_share: of a site's area that must be known.
            curvilinear: whether curvilinear grids are read too, at the nearest cell of each site.
        """
        self.sites, self._areas, self._within_km, self._least_share = sites, areas, within_km, least_share
        self._opened, self._curvilinear = opened, curvilinear
        self._weights: dict[tuple[bytes, ...], SiteWeights] = {}
        self._grids: dict[tuple[bytes, ...], Grid] = {}
        self.box = self._around()

    def read(self, part: Part, places: Places, lowest: float = -np.inf) -> tuple[Floats, Flags]:
        """Values of some times of a field at the sites, in the field's unit.

        Args:
            part: the field.
            places: of the times in the file, in rising order.
            lowest: values below it mean that nothing is known.

        Returns:
            Shape (time, site), NaN where nothing is known; and which sites the grid covers.

        Raises:
            HaidangError: if the file is broken, or its grid is not one that can be read.
        """
        field = self._opened.fields(part.file)[part.place]
        weights = self._weights_of(field, lowest)
        rows, columns = weights.rows, weights.columns
        if not len(rows) or not len(columns):
            return np.full((len(places), len(self.sites)), np.nan), weights.covered
        at_once = max(_CELLS_AT_ONCE // int((np.ptp(rows) + 1) * (np.ptp(columns) + 1)), 1)
        blocks = [
            weights.means(_cells(field, places[first : first + at_once], rows, columns, lowest), self._least_share)
            for first in range(0, len(places), at_once)
        ]
        return np.concatenate(blocks), weights.covered

    def _weights_of(self, field: Field, lowest: float) -> SiteWeights:
        key: tuple[bytes, ...] = (field.latitude.tobytes(), field.longitude.tobytes())
        if field.latitude.ndim == 2 and self._curvilinear:
            if key not in self._weights:
                self._weights[key] = nearest_curvilinear(field, self.sites)
            return self._weights[key]
        if key not in self._grids:
            self._grids[key] = grid_near(field, self.box)
        grid = self._grids[key]
        known = self._known(field, grid, lowest)
        key = (*key, known.tobytes())
        if key not in self._weights:
            self._weights[key] = site_weights(grid, self.sites, self._areas, known, self._within_km)
        return self._weights[key]

    def _known(self, field: Field, grid: Grid, lowest: float) -> Flags:
        """Cells that have a value at the first, middle or last time of the file; all where it does not matter."""
        if self._within_km == 0 or len(self._areas) == len(self.sites) or not all(grid.shape):
            return np.ones(grid.shape, dtype=bool)
        places = np.unique([0, len(field.moments) // 2, len(field.moments) - 1])
        known = np.zeros(grid.shape, dtype=bool)
        for place in places:
            known |= np.isfinite(_cells(field, place[None], grid.rows.places, grid.columns.places, lowest)[0])
        return known

    def _around(self) -> Box:
        """A box that holds all sites, their areas, and all cells that may speak for them."""
        latitude, longitude = self.sites.attribute("latitude"), self.sites.attribute("longitude")
        points = np.stack([longitude, latitude, longitude, latitude], axis=1)
        bounds = np.concatenate([points, [area.bounds for area in self._areas.values()] or np.zeros((0, 4))])
        west, south = bounds[:, :2].min(axis=0)
        east, north = bounds[:, 2:].max(axis=0)
        to_north = self._within_km / _KM_OF_A_DEGREE + _NOTHING_DEGREES
        furthest = min(max(abs(south), abs(north)) + to_north, 89.0)
        to_east = to_north / np.cos(np.radians(furthest))
        return Box(west - to_east, south - to_north, east + to_east, north + to_north)


def in_unit(
    part: Part, places: Places, reader: SiteReader, variable: str, *, step_hours: float, lowest: float = -np.inf
) -> tuple[Floats, Flags, float]:
    """Values of some times of a field at the sites, in the unit of a variable.

    Args:
        part: the field.
        places: of the times in the file, in rising order.
        reader: knows the sites.
        variable: a declared variable; what packing and arithmetic have left just below 0 of one that has no values
            there becomes 0.
        step_hours: how long the steps are, for rates of what is summed up.
        lowest: values of cells below it, in the unit of the file, mean that nothing is known.

    Returns:
        Shape (time, site), NaN where nothing is known; which sites the grid covers; how finely values are packed.

    Raises:
        HaidangError: if the file is broken, or its grid or unit is not one that can be read.
    """
    convert = step_converter(f"{part.name} of {part.file}", variable, part.unit, step_hours)
    raw, covered = reader.read(part, places, lowest)
    values = convert(raw)
    packing = float(np.ptp(convert(np.array([0.0, part.packing]))))
    if variable_named(variable).low == 0:
        values = np.where((values < 0) & (values > -max(packing, _NOISE)), 0.0, values)
    return values, covered, packing


def _cells(field: Field, places: Places, rows: Places, columns: Places, lowest: float) -> Floats:
    """Values of cells, shape (time, row, column); NaN below the lowest."""
    times, down, across = ((int(of.min()), int(of.max()) + 1) for of in (places, rows, columns))
    with read_whole(field.file):
        hull = field.array[slice(*times), slice(*down), slice(*across)].to_numpy().astype(float)
    values = hull[np.ix_(places - times[0], rows - down[0], columns - across[0])]
    return np.where(values >= lowest, values, np.nan)
