"""What if: a snapshot in which some of what was known is changed at the source, so that all features follow.

For questions of people only; nothing that is made from it is ever stored or learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.displaced import Displacement, put
from features.local_days import Days, day_numbers
from features.snapshot import Snapshot
from features.variables import variable_named
from features.vintages import Floats, Vintages


@dataclass(frozen=True)
class Change:
    """Values times a factor, and an amount on top, held within the plausible range of their variable.

    Attributes:
        variables: whose values.
        factor: first the values are multiplied by it.
        offset: then it is added, in the variable's unit.
        days_before: of so many days before the issue day; for None of the issue day, which is not over, and of all
            days after it.
    """

    variables: tuple[str, ...]
    factor: float = 1.0
    offset: float = 0.0
    days_before: int | None = None

    @property
    def ahead(self) -> bool:
        """Whether what is forecast is changed, and not what came before."""
        return self.days_before is None

    def within(self, days: Days, issue_day: int) -> np.ndarray:
        """Which days it is of, same shape."""
        if self.days_before is None:
            return days >= issue_day
        return (days < issue_day) & (days >= issue_day - self.days_before)

    def of(self, variable: str, values: Floats) -> tuple[Floats, np.ndarray]:
        """The changed values, and which of them are held at the end of the plausible range; both of the same shape."""
        wanted, bounds = values * self.factor + self.offset, variable_named(variable)
        held = (wanted < bounds.low) | (wanted > bounds.high)
        return np.clip(wanted, bounds.low, bounds.high), held


def what_if(snapshot: Snapshot, changes: Sequence[Change], displacement: Displacement | None = None) -> Snapshot:
    """A snapshot of one issue time as if other things had been known.

    Args:
        snapshot: what was known.
        changes: one after the other; every value of a day is changed, corrections and earlier reports of it too.
        displacement: of the tracks of storms; it comes before the changes.
    """
    (issue_day,) = day_numbers(snapshot.issue_times, snapshot.zone)
    moved = {} if displacement is None else displacement.of(snapshot)

    def read(variable: str, first_day: int | None) -> Vintages:
        held = snapshot.vintages(variable, first_day)
        if variable in moved:
            held = put(held, moved[variable], int(issue_day))
        for change in changes:
            if variable in change.variables:
                held = _changed(held, change, variable, int(issue_day))
        return held

    return Snapshot(snapshot.issue_times, snapshot.sites, snapshot.zone, read)


def reached(snapshot: Snapshot, change: Change, sites: Sequence[int]) -> tuple[int, int]:
    """How many of the values known at some sites a change is of, and how many it would put beyond what is plausible.

    Args:
        snapshot: what was known at one issue time.
        change: the change.
        sites: positions in the list of sites.
    """
    (issue_day,) = day_numbers(snapshot.issue_times, snapshot.zone)
    known = beyond = 0
    for variable in change.variables:
        first = int(issue_day) if change.days_before is None else int(issue_day) - change.days_before
        held = snapshot.vintages(variable, first)
        days = np.arange(first, held.first_day + held.n_days if change.ahead else issue_day)
        values = held.last_known(snapshot.issue_times.asi8, days[None])[0, list(sites)]
        known += int(np.isfinite(values).sum())
        beyond += int(change.of(variable, values)[1].sum())
    return known, beyond


def _changed(held: Vintages, change: Change, variable: str, issue_day: int) -> Vintages:
    cell = np.repeat(np.arange(len(held.start) - 1), np.diff(held.start))
    wanted = change.within(held.first_day + cell % held.n_days, issue_day)
    return replace(held, values=np.where(wanted, change.of(variable, held.values)[0], held.values))
