"""The variables: one table of CF names, canonical units and plausible ranges."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from features.errors import UnknownNameError


@dataclass(frozen=True)
class Variable:
    """A measured quantity.

    Attributes:
        unit: canonical unit, as pint reads it.
        low: lowest plausible value, in the unit.
        high: highest plausible value, in the unit.
        title_en: English title.
        title_vi: Vietnamese title.
        standard_name: CF standard name, where there is one.
        span_days: length of the stretch a value speaks of, from its valid time on: 0 for a sample at a moment, 1 for
            a daily value, 7 for a weekly composite, 28 for a calendar month. An observation cannot be known before its
            stretch is over.
        forecast: whether a value may be known before its stretch is over, that is, whether anybody forecasts it.
        subject: what it tells about, one of those of `features/drivers.py`; "reports" is what people notice, sample or
            count: cases, deaths, toxins, events.
    """

    unit: str
    low: float
    high: float
    title_en: str
    title_vi: str
    standard_name: str | None = None
    span_days: int = 1
    forecast: bool = False
    subject: str = ""


def _read(path: Path) -> dict[str, Variable]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        row["name"]: Variable(
            row["unit"],
            float(row["low"]),
            float(row["high"]),
            row["title_en"],
            row["title_vi"],
            row["standard_name"] or None,
            int(row["span_days"]),
            row["forecast"] == "yes",
            row["subject"],
        )
        for row in rows
    }


VARIABLES: Mapping[str, Variable] = MappingProxyType(_read(Path(__file__).with_name("variables.csv")))
"""Every variable by its name; the table itself is `features/variables.csv`."""


def variable_named(name: str) -> Variable:
    """Looks up a declared variable.

    Raises:
        UnknownNameError: if no variable has this name.
    """
    try:
        return VARIABLES[name]
    except KeyError:
        raise UnknownNameError("variable", name, VARIABLES) from None
