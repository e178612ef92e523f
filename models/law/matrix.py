"""A matrix of the law: a level for each place, class of values and duration, and how far each cell was verified."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.targets import Sense

Mark = Literal["V", "S2", "S1", "M", "X", "D"]


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    vi: str
    en: str


NOTHING = Text("", "")


@dataclass(frozen=True)
class Cell:
    """What the law says of a place, a class of values and a duration.

    Attributes:
        article: of the Decision.
        place: name of the column group: terrain, susceptibility, waters.
        values: the class of values, as printed.
        duration: the days or months, as printed.
        level: 0 where the law assigns none.
        mark: V read in the law; S2, S1 by secondary sources; X sources conflict; D a choice of this service, not law.
        note: the conflict between the sources, empty where there is none.
        other_level: what the other source says, where sources conflict.
    """

    article: str
    place: str
    values: str
    duration: str
    level: int
    mark: Mark
    note: Text = NOTHING
    other_level: int | None = None


@dataclass(frozen=True)
class Table:
    """The matrix of a hazard.

    Attributes:
        hazard: short name.
        article: of the Decision.
        title: name of the hazard.
        value: what is measured.
        unit: of the bounds.
        sense: whether a class holds what is at least, or at most, its bound.
        counted: what the durations count: the steps of the spell, or the days of prior rain.
        step: one value a day or one value a month.
        durations: shortest length of each band, rising.
        bounds: where each class begins, from the mildest to the severest; it ends where the next begins.
        inclusive: whether a value of exactly the bound is in the class.
        places: names of the column groups and what they mean; the order of the cells.
        cells: by place, class and duration, in this order.
        remarks: what the table cannot tell, and what this service chose.
    """

    hazard: str
    article: str
    title: Text
    value: Text
    unit: str
    sense: Sense
    counted: Literal["spell", "days_before"]
    step: Literal["day", "month"]
    durations: tuple[int, ...]
    bounds: tuple[float, ...]
    inclusive: tuple[bool, ...]
    places: Mapping[str, Text]
    cells: tuple[Cell, ...]
    remarks: tuple[Text, ...]

    @cached_property
    def levels(self) -> npt.NDArray[np.int8]:
        """Levels of the cells, shape (place, class, duration)."""
        levels = np.array([cell.level for cell in self.cells], dtype=np.int8)
        return levels.reshape(len(self.places), len(self.bounds), len(self.durations))

    def classes(self, values: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """How many bounds each value has passed, 0 to the number of classes; -1 where the value is NaN."""
        severity = np.asarray(values, dtype=float)
        bounds = np.array(self.bounds)
        if self.sense == "at_most":
            severity, bounds = -severity, -bounds
        passed = np.zeros(severity.shape, dtype=np.int8)
        for bound, inclusive in zip(bounds, self.inclusive, strict=True):
            passed += severity >= bound if inclusive else severity > bound
        return np.where(np.isnan(severity), np.int8(-1), passed)

    def as_far_as(self, cuts: Iterable[float]) -> "Table":
        """The table without the classes whose bound is none of the cuts; the level it gives is then a lowest one.

        Raises:
            ValueError: if no class is left, or if days of prior rain could no longer be told.
        """
        known = set(cuts)
        kept = [k for k, bound in enumerate(self.bounds) if bound in known]
        if not kept or (self.counted == "days_before" and kept[0] != 0):
            lacking = self.bounds if not kept else self.bounds[:1]
            raise ValueError(f"{self.hazard} needs the cut {', '.join(map(str, lacking))} {self.unit}")
        cells = np.array(self.cells, dtype=object).reshape(self.levels.shape)[:, kept]
        return replace(
            self,
            bounds=tuple(self.bounds[k] for k in kept),
            inclusive=tuple(self.inclusive[k] for k in kept),
            cells=tuple(cells.ravel()),
        )
