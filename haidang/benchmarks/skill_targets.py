"""What was claimed of the table of skill, as checks of its figures."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from models.forecaster import EVENTS_TO_JUDGE
from training.coverage import ALL_LEADS
from training.pooled import ALL_YEAR, BASELINES

CALIBRATED = 0.005
COVERED_YEAR, COVERED_SEASON = (0.88, 0.92), (0.86, 0.94)
_WORST = 6


def judgeable(table: pd.DataFrame) -> "pd.Series[bool]":
    """Rows with enough events, and enough questions without one: where an event is sure, skill says nothing."""
    return (table["events"] >= EVENTS_TO_JUDGE) & (table["n"] - table["events"] >= EVENTS_TO_JUDGE)


@dataclass(frozen=True)
class Finding:
    """A claim beside what was found.

    Attributes:
        told: the claim.
        held: whether it holds; None where its hazards were not judged.
        found: the figures that decide it.
    """

    told: str
    held: bool | None
    found: str

    @property
    def verdict(self) -> str:
        """For a table."""
        return "not judged" if self.held is None else "yes" if self.held else "NO"


@dataclass(frozen=True)
class Claim:
    """A claim and how it is checked.

    Attributes:
        told: in words.
        of_table: the check, given the table of all figures, or that of coverage.
    """

    told: str
    of_table: Callable[[pd.DataFrame], tuple[bool | None, str]]

    def of(self, table: pd.DataFrame) -> Finding:
        """The claim beside the table."""
        return Finding(self.told, *self.of_table(table))


def _at_least(hazard: str, figure: str, floors: dict[int, float], *, cut: float | None = None) -> Claim:
    """At each of some leads a figure of a hazard is at least a floor, at a cut or at every cut with enough events."""
    leads, at = "/".join(map(str, floors)), "" if cut is None else f" at cut {cut:g}"
    told = f"{hazard}{at}, lead {leads} d: {figure} at least {'/'.join(f'{floor:g}' for floor in floors.values())}"

    def check(table: pd.DataFrame) -> tuple[bool | None, str]:
        rows = table[(table["hazard"] == hazard) & (table["season"] == ALL_YEAR) & table["lead"].isin(list(floors))]
        rows = rows[rows["cut"] == cut] if cut is not None else rows[judgeable(rows)]
        if figure not in rows or rows[figure].dropna().empty:
            return None, "-"
        rows = rows.dropna(subset=[figure])
        held = bool((rows[figure] >= rows["lead"].map(floors)).all())
        return held, "; ".join(_told(row, figure) for _, row in rows.iterrows())

    return Claim(told, check)


def _above_baselines() -> Claim:
    """Skill above zero in every hazard, lead to 5 d or 2 weeks, and season, with enough events."""

    def check(table: pd.DataFrame) -> tuple[bool | None, str]:
        daily = table["period_days"] < 7
        near = table["lead"] <= daily.map({True: 5, False: 14})
        rows = table[near & (table["season"] != ALL_YEAR) & judgeable(table)]
        if rows.empty:
            return None, "-"
        skills = [f"skill_{name}" for name in BASELINES]
        below = rows[(rows[skills] <= 0).any(axis=1)]
        worst = below.assign(worst=below[skills].min(axis=1)).nsmallest(_WORST, "worst")
        told = "; ".join(f"{row['hazard']} {row['season']} {_told(row, 'worst')}" for _, row in worst.iterrows())
        return below.empty, f"{len(below)} of {len(rows)} not above both{': ' if told else ''}{told}"

    where = f"every hazard x lead to 5 d or 2 weeks x season with {EVENTS_TO_JUDGE} events"
    return Claim(f"skill above climatology and persistence in {where}", check)


def _nowhere_below() -> Claim:
    """Nowhere does the whole interval of a skill lie below zero."""

    def check(table: pd.DataFrame) -> tuple[bool | None, str]:
        rows = table[judgeable(table)]
        if rows.empty:
            return None, "-"
        highs = [f"skill_{name}_high" for name in BASELINES]
        below = rows[(rows[highs] < 0).any(axis=1)]
        told = "; ".join(
            f"{row['hazard']} {row['season']} lead {row['lead']} cut {row['cut']:g}"
            for _, row in below.head(_WORST).iterrows()
        )
        return below.empty, f"{len(below)} of {len(rows)} significantly below{': ' if told else ''}{told}"

    return Claim("nowhere significantly below a baseline", check)


def _calibrated(most: float) -> Claim:
    """Miscalibration beyond sampling is small: the interval reaches down to what is allowed."""

    def check(table: pd.DataFrame) -> tuple[bool | None, str]:
        rows = table[(table["season"] == ALL_YEAR) & judgeable(table)]
        rows = rows.dropna(subset=["miscalibration_beyond"])
        if rows.empty:
            return None, "-"
        over = rows[rows["miscalibration_beyond"] > most]
        surely = over[over["miscalibration_beyond_low"] > most]
        worst = over.nlargest(_WORST, "miscalibration_beyond")
        told = "; ".join(f"{row['hazard']} {_told(row, 'miscalibration_beyond')}" for _, row in worst.iterrows())
        return over.empty, f"{len(over)} of {len(rows)} above, {len(surely)} surely{': ' if told else ''}{told}"

    return Claim(f"MCB/UNC at most {most:g} beyond sampling", check)


def _covering(*, year: bool) -> Claim:
    """The intervals of every amount, all leads together, cover a share within bounds over the year or each season."""
    least, most = COVERED_YEAR if year else COVERED_SEASON

    def check(covered: pd.DataFrame) -> tuple[bool | None, str]:
        if covered.empty:
            return None, "-"
        rows = covered[(covered["lead"] == ALL_LEADS) & ((covered["season"] == ALL_YEAR) == year)]
        rows = rows[rows["told"] >= EVENTS_TO_JUDGE]
        if rows.empty:
            return None, "-"
        off = rows[~rows["covered"].between(least, most)]
        surely = off[(off["covered_low"] > most) | (off["covered_high"] < least)]
        worst = off.loc[(off["covered"] - (least + most) / 2).abs().sort_values(ascending=False).index]
        told = "; ".join(f"{row['hazard']} {row['season']} {covers(row)}" for _, row in worst.head(_WORST).iterrows())
        return off.empty, f"{len(off)} of {len(rows)} outside, {len(surely)} surely{': ' if told else ''}{told}"

    where = "over the year" if year else "in each season"
    return Claim(f"90 % intervals of every amount cover {least:g}-{most:g} {where}", check)


def covers(row: pd.Series) -> str:
    """The share that a row of coverage tells, with its interval and the number of intervals it is of."""
    if pd.isna(row["covered"]):
        return "-"
    low, high = row["covered_low"], row["covered_high"]
    interval = "" if pd.isna(low) else f" [{low:.3f} {high:.3f}]"
    return f"{row['covered']:.3f}{interval} (n {row['told']:,})"


def _told(row: pd.Series, figure: str) -> str:
    low, high = row.get(f"{figure}_low"), row.get(f"{figure}_high")
    interval = "" if low is None or pd.isna(low) else f" [{low:.3f} {high:.3f}]"
    return f"lead {row['lead']} cut {row['cut']:g}: {row[figure]:.3f}{interval}"


_WEEKS = dict.fromkeys((1, 8, 15, 22), 0.92)
CLAIMS = (
    _at_least("heavy_rain", "share", {1: 0.95, 3: 0.94, 5: 0.92, 10: 0.85}, cut=50.0),
    _at_least("landslide", "share", {1: 0.95, 3: 0.90, 5: 0.82}, cut=1.0),
    _at_least("landslide", "gain_lhasa_like", dict.fromkeys((1, 2, 3, 4, 5), 0.2), cut=1.0),
    _at_least("cold", "share", dict.fromkeys((1, 2, 3, 4, 5, 6, 7), 0.97)),
    _at_least("shrimp_white_spot", "of_ceiling", _WEEKS),
    _at_least("shrimp_necrosis", "of_ceiling", _WEEKS),
    _above_baselines(),
    _nowhere_below(),
    _calibrated(CALIBRATED),
)
"""The figures that were set for the hazards, on fresh simulated years."""
COVERAGE_CLAIMS = (_covering(year=True), _covering(year=False))
"""Those that the table of coverage decides."""
