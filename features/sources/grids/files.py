"""Gridded files: which files a source reads, and what stands in them."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from features.errors import HaidangError
from features.sources.grids.fields import Field, Moments, open_fields

SUFFIXES = frozenset((".nc", ".nc4", ".cdf", ".h5", ".hdf5", ".he5", ".grib", ".grb", ".grib1", ".grib2", ".grb2"))
_FILES_OPEN = 32


def files_of(file: Path | None, folder: Path | None, source: str) -> list[Path]:
    """The files that a source's settings name, in the order of their names.

    Args:
        file: a file, or a pattern such as data/era5_*.nc; it goes before the folder.
        folder: with all its subfolders; NetCDF, HDF5 and GRIB files by their suffix.
        source: its name, for the error.

    Raises:
        HaidangError: if neither is stated, or there is no file.
    """
    if file is not None:
        root = Path(file.anchor)
        found = [file] if file.exists() else list(root.glob(str(file.relative_to(root))))
        where = f"there is no file {file}: check the path"
    elif folder is not None:
        found = [path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES and path.is_file()]
        where = f"{folder} holds no file that ends in {', '.join(sorted(SUFFIXES))}: check the folder"
    else:
        raise HaidangError(
            f"source {source} reads files: state `folder`, or `file`, which may be a pattern such as data/*.nc"
        )
    if not found:
        raise HaidangError(where)
    return sorted(found)


@dataclass(frozen=True, eq=False)
class Part:
    """One variable of one file, without its values.

    Attributes:
        file: where it stands.
        place: which of the fields found there it is.
        name: the provider's name of it.
        unit: as the file writes it, or as the settings state it.
        packing: step between two packed values, in the unit of the file.
        moments: of its times, UTC; NaT for days that no real calendar has.
        spacing: degrees between its latitudes; NaN where they are not one row.
        attributes: of the variable and, before these, of the file.
    """

    file: Path
    place: int
    name: str
    unit: str
    packing: float
    moments: Moments
    spacing: float
    attributes: Mapping[str, object]


class OpenFiles:
    """Files that were opened for some variables; some stay open, and all are closed at the end of a `with`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Says which variables are wanted, by the provider's names."""
        self.names = names
        self._open: OrderedDict[Path, tuple[ExitStack, tuple[Field, ...]]] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        while self._open:
            self._open.popitem()[1][0].close()

    def fields(self, file: Path) -> tuple[Field, ...]:
        """The wanted variables of a file.

        Raises:
            HaidangError: if it is broken or of another kind.
        """
        if file not in self._open:
            if len(self._open) >= _FILES_OPEN:
                self._open.popitem(last=False)[1][0].close()
            opened = ExitStack()
            self._open[file] = opened, opened.enter_context(open_fields(file, self.names))
        self._open.move_to_end(file)
        return self._open[file][1]


def parts_of(files: Collection[Path], opened: OpenFiles, units: Mapping[str, str]) -> list[Part]:
    """Looks through files for variables.

    Args:
        files: all of them are opened, so that a broken one is told before anything is stored.
        opened: opens them.
        units: name -> unit, where the file tells none, or a wrong one.

    Raises:
        HaidangError: if a file is broken, no file holds any of the variables, or one has no unit.
    """
    found = [_part(field, place, units) for file in files for place, field in enumerate(opened.fields(file))]
    if not found:
        wanted = ", ".join(opened.names)
        raise HaidangError(f"none of {len(files)} files, the first {min(files)}, holds any of {wanted}")
    return found


def _part(field: Field, place: int, units: Mapping[str, str]) -> Part:
    unit = units.get(field.name, field.unit)
    if not unit.strip():
        told = f'units = {{{field.name} = "..."}}'
        raise HaidangError(f"{field.name} of {field.file} has no units: state them, {told}")
    spacing = float(np.abs(np.diff(field.latitude[:2])).sum()) if field.latitude.ndim == 1 else np.nan
    return Part(field.file, place, field.name, unit, field.packing, field.moments, spacing, field.attributes)
