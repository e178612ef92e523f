"""Grids: the cells of a rectilinear grid of degrees near the sites, whichever way its axes run."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.errors import HaidangError
from features.sources.grids.fields import Field

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
_UNEVEN = 1e-3  # of a step: what single precision makes of 0.01 degrees, and far below any share of a cell that counts


@dataclass(frozen=True)
class Box:
    """A stretch of the earth, in degrees; `west` may lie below -180, or `east` above 180."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, eq=False)
class Axis:
    """Cells along one axis, in rising order.

    Attributes:
        places: where each cell stands in the file.
        centres: degrees.
        lower: lower edge of each cell, degrees.
        upper: upper edge of each cell, degrees.
    """

    places: Places
    centres: Floats
    lower: Floats
    upper: Floats

    @property
    def is_even(self) -> bool:
        """Whether all cells are equally wide and none is missing."""
        edges = np.linspace(self.lower[0], self.upper[-1], len(self.places) + 1)
        step = edges[1] - edges[0]
        deviation = np.concatenate([self.lower - edges[:-1], self.upper - edges[1:]])
        return bool(np.abs(deviation).max() < _UNEVEN * step)

    def within(self, low: float, high: float) -> "Axis":
        """The cells that touch a stretch."""
        inside = (self.upper > low) & (self.lower < high)
        return Axis(self.places[inside], self.centres[inside], self.lower[inside], self.upper[inside])


@dataclass(frozen=True, eq=False)
class Grid:
    """The cells of a rectilinear grid that lie near the sites.

    Attributes:
        rows: along the latitudes.
        columns: along the longitudes, counted in the round that the sites' are counted in.
    """

    rows: Axis
    columns: Axis

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return len(self.rows.places), len(self.columns.places)

    @property
    def areas(self) -> Floats:
        """Area of each cell on a sphere of radius 1, shape (rows, columns)."""
        heights = np.sin(np.radians(self.rows.upper)) - np.sin(np.radians(self.rows.lower))
        widths = np.radians(self.columns.upper - self.columns.lower)
        return heights[:, None] * widths


def grid_near(field: Field, box: Box) -> Grid:
    """The cells of a field's grid that touch a box; none where the grid lies elsewhere.

    Latitudes may rise or fall, longitudes may be counted from -180 or from 0. Where the file tells no bounds, a cell
    reaches half way to its neighbours.

    Raises:
        HaidangError: if the grid is curvilinear, has one row or column only and no bounds, or leaves gaps.
    """
    which = f"the grid of {field.name} in {field.file}"
    if field.latitude.ndim != 1:
        raise HaidangError(f"{which} is curvilinear: bring it to a grid of latitudes and longitudes first")
    rows = _axis(field.latitude, field.latitude_bounds, f"{which}, latitude")
    rows = Axis(rows.places, rows.centres, np.maximum(rows.lower, -90.0), np.minimum(rows.upper, 90.0))
    round_of_sites = (box.west + box.east) / 2
    turned = (field.longitude - round_of_sites + 180) % 360 - 180 + round_of_sites
    bounds = None if field.longitude_bounds is None else field.longitude_bounds + (turned - field.longitude)[:, None]
    columns = _axis(turned, bounds, f"{which}, longitude")
    return Grid(rows.within(box.south, box.north), columns.within(box.west, box.east))


def _axis(centres: Floats, bounds: Floats | None, which: str) -> Axis:
    rising, places = np.unique(centres, return_index=True)
    if bounds is not None:
        lower, upper = np.sort(bounds[places], axis=1).T
        return Axis(places, rising, lower, upper)
    steps = np.diff(rising)
    if not len(steps) or not np.isfinite(rising).all():
        raise HaidangError(f"{which}: {len(rising)} value tells no width of cells; give it CF bounds, or a wider area")
    if steps.max() > 2 * np.median(steps):
        gap = int(steps.argmax())
        raise HaidangError(f"{which}: nothing lies between {rising[gap]:g} and {rising[gap + 1]:g}; fill the gap")
    between = (rising[1:] + rising[:-1]) / 2
    first, last = rising[0] - steps[0] / 2, rising[-1] + steps[-1] / 2
    return Axis(places, rising, np.insert(between, 0, first), np.append(between, last))
