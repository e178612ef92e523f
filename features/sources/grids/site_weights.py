"""Site weights: which cells of a grid speak for a site, and with what share of its area."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from scipy.sparse import csr_array
from scipy.spatial import KDTree
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from features.sites import EARTH_RADIUS_KM, Sites
from features.sources.grids.cells import Grid, Places
from features.sources.grids.fields import Field

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Triples = tuple[Places, Places, Floats]
_NONE: Triples = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
_WHOLE = 0.999  # of an area: exactextract works out fractions of cells in single precision
_NOTHING = 1e-9
_REACH = 1.1  # half diagonals of a cell: a site in a curvilinear cell lies no further from its centre


@dataclass(frozen=True, eq=False)
class SiteWeights:
    """Shares of cells in sites.

    Attributes:
        rows: places of the cells' rows in the file.
        columns: places of the cells' columns in the file.
        shares: sparse, shape (site, row x column): what share of a site's area a cell holds. A row sums to 1 where the
            grid holds all of the site; sites that one cell speaks for have the share 1 there.
        covered: which sites the grid covers, at least in part.
    """

    rows: Places
    columns: Places
    shares: csr_array
    covered: Flags

    def means(self, cells: Floats, least_share: float) -> Floats:
        """Means over the known part of each site.

        Args:
            cells: shape (time, row, column); NaN where nothing is known.
            least_share: of a site's area; where less is known, nothing is said of the site.

        Returns:
            Shape (time, site), NaN where too little is known.
        """
        flat = cells.reshape(len(cells), -1).T
        known = np.isfinite(flat)
        totals = self.shares @ np.where(known, flat, 0.0)
        share = self.shares @ known.astype(float)
        enough = (share > 0) & (share >= least_share - _NOTHING)
        return np.divide(totals, share, out=np.full_like(totals, np.nan), where=enough).T


def site_weights(
    grid: Grid, sites: Sites, areas: Mapping[str, BaseGeometry], known: Flags, within_km: float
) -> SiteWeights:
    """Weights by area for sites that have one; the nearest known cell speaks for the others.

    Args:
        grid: the cells near the sites.
        sites: that are asked for.
        areas: of some of the sites, in degrees; cells are weighted by their area on the sphere.
        known: shape (row, column), where the field has values at all.
        within_km: how far the edge of the cell that speaks for a site without an area may lie from the site; 0 for the
            cell that holds the site, and no other.
    """
    by_area = [at for at, code in enumerate(sites) if code in areas]
    by_cell = [at for at, code in enumerate(sites) if code not in areas]
    of_areas, of_cells, covered = _NONE, _NONE, np.zeros(len(sites), dtype=bool)
    if all(grid.shape):
        of_areas = _shares_of_areas(grid, [areas[sites.codes[at]] for at in by_area], by_area)
        of_cells, covered[by_cell] = _nearest(grid, sites, by_cell, known, within_km)
        covered[of_areas[0]] = True
    return _weights(grid.rows.places, grid.columns.places, _joined([of_areas, of_cells]), covered)


def nearest_curvilinear(field: Field, sites: Sites) -> SiteWeights:
    """The cell of a curvilinear grid, such as a rotated-pole one, whose centre lies nearest to each site.

    A site is covered where that centre lies no further away than the corner of a cell of the grid's middle size.
    """
    centres = _on_sphere(field.latitude, field.longitude)
    steps = [np.linalg.norm(np.diff(centres, axis=axis), axis=-1) for axis in (0, 1)]
    corner = np.hypot(*(np.nanmedian(step) for step in steps)) / 2 * _REACH
    points = _on_sphere(sites.attribute("latitude"), sites.attribute("longitude"))
    # Cells without a position count as lying in the middle of the earth, which is near to nothing.
    distance, cell = KDTree(np.nan_to_num(centres).reshape(-1, 3)).query(points)
    covered = distance <= corner
    row, column = np.unravel_index(cell[covered], field.latitude.shape)
    rows, of_row = np.unique(row, return_inverse=True)
    columns, of_column = np.unique(column, return_inverse=True)
    found = (np.flatnonzero(covered), of_row * len(columns) + of_column, np.ones(len(row)))
    return _weights(rows, columns, found, covered)


def _weights(rows: Places, columns: Places, shares: Triples, covered: Flags) -> SiteWeights:
    site, cell, share = shares
    shape = len(covered), len(rows) * len(columns)
    return SiteWeights(rows, columns, csr_array((share, (site, cell)), shape=shape, dtype=float), covered)


def _shares_of_areas(grid: Grid, areas: list[BaseGeometry], numbers: list[int]) -> Triples:
    even = grid.rows.is_even and grid.columns.is_even
    fractions = (_covered_even if even else _covered_uneven)(grid, areas)
    heights, widths = (axis.upper - axis.lower for axis in (grid.rows, grid.columns))
    flat, round_ = (heights[:, None] * widths).ravel(), grid.areas.ravel()
    listed = [_NONE]
    for number, area, (cell, fraction) in zip(numbers, areas, fractions, strict=True):
        weight = fraction * round_[cell]
        inside = (fraction * flat[cell]).sum() / area.area
        inside = 1.0 if inside > _WHOLE else inside
        if inside > 1 - _WHOLE:
            listed.append((np.full(len(cell), number), cell, weight / weight.sum() * inside))
    return _joined(listed)


def _joined(parts: list[Triples]) -> Triples:
    site, cell, share = (np.concatenate(of) for of in zip(*parts, strict=True))
    return site, cell, share


def _covered_even(grid: Grid, areas: list[BaseGeometry]) -> list[tuple[Places, Floats]]:
    """Cells that each area touches, and what fraction of each it covers, by exactextract."""
    rows, columns = grid.rows, grid.columns
    raster = NumPyRasterSource(np.zeros(grid.shape), columns.lower[0], rows.lower[0], columns.upper[-1], rows.upper[-1])
    shapes = [{"type": "Feature", "properties": {}, "geometry": mapping(area)} for area in areas]
    found = [one["properties"] for one in exact_extract(raster, shapes, ["cell_id", "coverage"])] if areas else []
    northmost = grid.shape[0] - 1
    listed = []
    for one in found:
        row, column = np.divmod(one["cell_id"].astype(np.int64), grid.shape[1])
        listed.append(((northmost - row) * grid.shape[1] + column, one["coverage"].astype(float)))
    return listed


def _covered_uneven(grid: Grid, areas: list[BaseGeometry]) -> list[tuple[Places, Floats]]:
    """The same for cells of unequal size, such as those of a Gaussian grid, by their outlines."""
    rows, columns = grid.rows, grid.columns
    boxes = shapely.box(columns.lower[None, :], rows.lower[:, None], columns.upper[None, :], rows.upper[:, None])
    boxes = boxes.ravel()
    tree = shapely.STRtree(boxes)
    listed = []
    for area in areas:
        cell = tree.query(area, predicate="intersects").astype(np.int64)
        listed.append((cell, shapely.area(shapely.intersection(area, boxes[cell])) / shapely.area(boxes[cell])))
    return listed


def _nearest(grid: Grid, sites: Sites, numbers: list[int], known: Flags, within_km: float) -> tuple[Triples, Flags]:
    """The nearest known cell of each site, and which sites the grid reaches."""
    rows, columns = grid.rows, grid.columns
    latitude, longitude = (sites.attribute(name)[numbers][:, None] for name in ("latitude", "longitude"))
    middle = (columns.centres[0] + columns.centres[-1]) / 2
    longitude = (longitude - middle + 180) % 360 - 180 + middle
    points = _on_sphere(latitude, longitude)

    def kilometres(south: Floats, north: Floats, west: Floats, east: Floats) -> Floats:
        """How far the sites lie from boxes; 0 within."""
        nearest = _on_sphere(np.clip(latitude, south, north), np.clip(longitude, west, east))
        return 2 * EARTH_RADIUS_KM * np.arcsin(np.linalg.norm(points - nearest, axis=-1) / 2)

    reached = kilometres(rows.lower[:1], rows.upper[-1:], columns.lower[:1], columns.upper[-1:])[:, 0] <= within_km
    row, column = np.nonzero(known)
    if not len(row) or not numbers:
        return _NONE, reached
    tree = KDTree(_on_sphere(rows.centres[row], columns.centres[column]))
    # The cell whose edge is nearest is among the nine whose centres are; of equal edges the nearer centre comes first.
    _, near = tree.query(points[:, 0], k=list(range(1, min(len(row), 9) + 1)))
    row, column = row[near], column[near]
    away = kilometres(rows.lower[row], rows.upper[row], columns.lower[column], columns.upper[column])
    every, best = np.arange(len(numbers)), away.argmin(axis=1)
    chosen = away[every, best] <= within_km
    cell = (row * len(columns.places) + column)[every, best][chosen]
    return (np.array(numbers)[chosen], cell, np.ones(len(cell))), reached


def _on_sphere(latitude: Floats, longitude: Floats) -> Floats:
    """Unit vectors from the earth's centre, shape (..., 3)."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)
