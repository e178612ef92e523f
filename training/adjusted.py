"""The archive as it would be, had forecasts by others always stood to what came as they do since a change of theirs.

To learn from. A forecaster that is fitted on the years before a change of a forecast model has learned how to read the
old one, and the days since are too few to learn from alone. So the forecasts of before are read with the factor by
which the new ones differ; observations, and all that became known since, stay as they are. Serving never reads it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from deltalake import DeltaTable

from features.archive import Archive
from features.local_days import day_starts, days_after, moments
from features.sites import Sites
from features.variables import VARIABLES, variable_named
from features.vintages import Vintages


@dataclass(frozen=True)
class Rescaling:
    """A change of forecasts.

    Attributes:
        at: when it began; forecasts known before are rescaled.
        factors: by variable.
    """

    at: pd.Timestamp
    factors: Mapping[str, float]


class AdjustedArchive(Archive):
    """The archive of a deployment, its forecasts of before each change times the factors of that change."""

    def __init__(
        self, folder: Path, sites: Sites, zone: str, changes: Sequence[Rescaling], *, held: DeltaTable | None = None
    ) -> None:
        """Opens the archive in a folder to learn from.

        Args:
            folder: the archive's folder.
            sites: the deployment's sites.
            zone: IANA zone of the local day.
            changes: what is known of changes of the forecasts.
            held: as in `Archive`.
        """
        super().__init__(folder, sites, zone, held=held)
        self._folder, self._changes = folder, tuple(changes)

    def _as_in(self, table: DeltaTable) -> Archive:
        return AdjustedArchive(self._folder, self.sites, self.zone, self._changes, held=table)

    def vintages(self, known_by: pd.Timestamp, variable: str, first_day: int | None) -> Vintages:
        held = super().vintages(known_by, variable, first_day)
        factors = [(change.at, change.factors[variable]) for change in self._changes if variable in change.factors]
        if not factors or not len(held.values):
            return held
        days = np.repeat(np.arange(len(held.start) - 1), np.diff(held.start)) % held.n_days + held.first_day
        span = variable_named(variable).span_days
        distinct, place = np.unique(days, return_inverse=True)
        over = day_starts(days_after(distinct, span), self.zone).asi8[place]
        values = held.values.copy()
        for at, factor in factors:
            before = (held.known < moments(at, "change").asi8[0]) & (held.known < over)
            values[before] = np.minimum(values[before] * factor, variable_named(variable).high)
        return replace(held, values=values)


def alike(factors: Mapping[str, float]) -> dict[str, float]:
    """Factors of variables that are observed, and the same for what nobody observes of the same subject and unit."""
    known = dict(factors)
    by_kind = {(VARIABLES[name].subject, VARIABLES[name].unit): factor for name, factor in factors.items()}
    for name, variable in VARIABLES.items():
        kind = (variable.subject, variable.unit)
        if variable.forecast and kind in by_kind:
            known.setdefault(name, by_kind[kind])
    return known
