"""Norms: which values of water are lawful, which a host bears, and in which a pathogen thrives.

The table `features/norms.csv` says for each how well it is verified: V, the words of the law were read; S1, one
secondary source; M, from memory, to be checked before it is acted upon.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from features.errors import HaidangError, UnknownNameError
from features.variables import VARIABLES, variable_named


@dataclass(frozen=True)
class Norm:
    """The span of one variable by one norm.

    Attributes:
        norm: its name.
        kind: "water" (lawful within), "host" (harmed outside) or "agent" (thrives within).
        article: where in the norm it stands.
        applies_to: which waters, host or agent.
        variable: what is limited.
        low: lowest value within, in the variable's unit; -inf for none.
        low_within: whether `low` itself lies within.
        high: highest value within; inf for none.
        high_within: whether `high` itself lies within.
        mark: V, S1 or M.
        note: what else it says.
        source: where the figures were taken from.
    """

    norm: str
    kind: str
    article: str
    applies_to: str
    variable: str
    low: float
    low_within: bool
    high: float
    high_within: bool
    mark: str
    note: str
    source: str

    @property
    def span(self) -> str:
        """What lies within, for people: "pond_salinity 5 to 35 g/kg"."""
        unit = variable_named(self.variable).unit
        least = f"{'from' if self.low_within else 'above'} {self.low:g}" if np.isfinite(self.low) else ""
        most = f"{'up to' if self.high_within else 'below'} {self.high:g}" if np.isfinite(self.high) else ""
        return " ".join(filter(None, (self.variable, least, most, "" if unit == "dimensionless" else unit)))

    def within(self, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which values lie within; NaN, which was not measured, does not."""
        value = np.asarray(values, dtype=float)
        above = value >= self.low if self.low_within else value > self.low
        below = value <= self.high if self.high_within else value < self.high
        return np.asarray(above & below)


def _read(path: Path) -> tuple[Norm, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(_norm(row, f"{path.name}, row {number}") for number, row in enumerate(rows, start=2))


def _norm(row: dict[str, str], where: str) -> Norm:
    known = VARIABLES.get(row["variable"])
    if known is None or known.unit != row["unit"]:
        raise HaidangError(f"{where}: {row['variable']} in {row['unit']} is no declared variable in its unit")
    low, high = float(row["low"] or -np.inf), float(row["high"] or np.inf)
    words = {
        name: row[name] for name in ("norm", "kind", "article", "applies_to", "variable", "mark", "note", "source")
    }
    return Norm(
        low=low, low_within=row["low_within"] != "no", high=high, high_within=row["high_within"] != "no", **words
    )


NORMS = _read(Path(__file__).with_name("norms.csv"))
"""Every span of every norm."""


def norms_named(name: str) -> tuple[Norm, ...]:
    """The spans of a norm, by its name or the beginning of it, such as "QCVN 02-19".

    Raises:
        UnknownNameError: if there is none, or several norms begin so.
    """
    found = {norm.norm for norm in NORMS if norm.norm == name} or {n.norm for n in NORMS if n.norm.startswith(name)}
    if not name or len(found) != 1:
        raise UnknownNameError("norm", name, {norm.norm for norm in NORMS})
    return tuple(norm for norm in NORMS if norm.norm in found)
