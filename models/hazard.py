"""A hazard: the event, the periods ahead, the features, the estimator and the levels, in one frozen value."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone

from features.archive import Archive
from features.drivers import of_archive, of_forecasts, of_surveillance
from features.feature import AnyFeature, named
from features.given import SeasonHarmonic
from features.local_days import day_numbers, day_starts, moments
from features.periods import Periods
from features.snapshot import Snapshot
from features.table import rows
from features.variables import variable_named
from models.baselines import Climatology, Persistence
from models.exceedance import Exceedance
from models.guard import Guarded
from models.ladder import Ladder
from models.law.legal_rule import LegalRule, Unread
from models.levels import AtLeast
from models.quantiles import Quantiles
from models.rule import Rule
from models.spread import Spread
from models.targets import Target


@dataclass(frozen=True)
class Hazard:
    """An event worth a warning.

    Attributes:
        name: short name, as in the file's name.
        title_vi: Vietnamese title.
        title_en: English title.
        target: what is forecast, with its cuts.
        periods: the periods ahead.
        features: the columns that the model reads, in order; the season is among them, for the climatology.
        persistence: the feature that says what is the case now, in the target's unit; the baseline to beat.
        model: an unfitted estimator of exceedance probabilities.
        levels: levels of warning, the lowest first.
        issue_every_days: how often a forecast is issued.
        refit_every_days: how often the model is fitted anew.
        reference: where the event, its thresholds or the method is published.
        train_every_days: issue times this far apart are learned from; neighbours in time teach little that is new.
        where: site attribute that says where the hazard can happen; everywhere for None.
        issue_hour: local hour of the issue time.
        climatology: the unfitted estimator of what season and place alone tell; the other baseline to beat.
        rule: a published rule that answers while no outcome is known; None where there is none.
        law: by which matrix of Decision 18/2021 it has a disaster-risk level; None where there is none.
        unread: an article of the Decision that speaks of it and still gives no level here, and why; None for none.
        rising: features of which more never lowers the risk, such as the rain that is forecast.
        falling: features of which more never raises it.
        amount: whether the outcome is an amount, of which quantiles and an interval are told too.
    """

    name: str
    title_vi: str
    title_en: str
    target: Target
    periods: Periods
    features: tuple[AnyFeature, ...]
    persistence: AnyFeature
    model: Exceedance = field(compare=False)
    levels: Mapping[str, AtLeast] = field(compare=False)
    issue_every_days: int
    refit_every_days: int
    reference: str
    train_every_days: int = 1
    where: str | None = None
    issue_hour: int = 7
    climatology: Exceedance = field(default_factory=Climatology, compare=False)
    rule: Rule | None = field(default=None, compare=False)
    law: LegalRule | None = field(default=None, compare=False)
    unread: Unread | None = field(default=None, compare=False)
    rising: tuple[AnyFeature, ...] = ()
    falling: tuple[AnyFeature, ...] = ()
    amount: bool = False

    def __post_init__(self) -> None:
        names = [feature.name for feature in self.features]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"hazard {self.name} has the same feature twice: {', '.join(twice)}")
        if self.persistence.name not in names:
            raise ValueError(f"hazard {self.name}: its persistence {self.persistence.name} is not among its features")
        if not any(isinstance(feature, SeasonHarmonic) for feature in self.features):
            raise ValueError(f"hazard {self.name} lacks the season: add *season() to its features")
        strangers = [name for name, rule in self.levels.items() if rule.cut not in self.target.cuts]
        if strangers:
            raise ValueError(f"hazard {self.name}: levels {', '.join(strangers)} speak of a cut that the target lacks")
        if not self.reference:
            raise ValueError(f"hazard {self.name} cites no reference")
        unread = [] if self.rule is None else [column for column in self.rule.columns if column not in names]
        if unread:
            raise ValueError(f"hazard {self.name}: its rule reads {', '.join(unread)}, not among its features")
        strange = [name for name in named(*self.rising, *self.falling) if name not in names]
        if strange:
            raise ValueError(f"hazard {self.name}: {', '.join(strange)} rises or falls, and is not among its features")
        for name in self.variables:
            variable_named(name)
        if self.law is not None and self.law.told_by is None:
            self.law.read(self)

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables that the features read, in order of first use."""
        return tuple(dict.fromkeys(name for feature in self.features for name in feature.variables))

    @property
    def embargo_days(self) -> int:
        """Days before a moment from which no issue time has a complete outcome: reach of the periods and settling."""
        return self.periods.reach + 1 + self.target.settle_days

    @property
    def fingerprint(self) -> str:
        """Digest of all that changes an answer."""
        facts = {
            "name": self.name,
            "target": repr(self.target),
            "periods": repr(self.periods),
            "features": [feature.name for feature in self.features],
            "persistence": self.persistence.name,
            "model": _described(self.estimator()),
            "where": self.where,
        }
        if self.rule is not None:
            facts["rule"] = _described(self.rule)
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def issue_times(self, start: pd.Timestamp, end: pd.Timestamp, zone: str, *, every_days: int) -> pd.DatetimeIndex:
        """The regular issue times in [start, end), UTC, on days whose number is a multiple of `every_days`."""
        first, last = day_numbers(moments([start, end], "moment"), zone)[[0, -1]]
        days = np.arange(first - first % every_days, last + 1, every_days)
        times = day_starts(days, zone) + pd.Timedelta(hours=self.issue_hour)
        return times[(times >= start) & (times < end)]

    def ask(self, archive: Archive, issue_times: pd.Timestamp | Iterable[pd.Timestamp]) -> pd.DataFrame:
        """The rows that the model reads, as the archive was known at each issue time; the only way to make a row.

        Args:
            archive: the archive.
            issue_times: one or many moments with a time zone.

        Returns:
            One column per feature; index (issue_time, site, period); NaN where a feature could not be known.

        Raises:
            HaidangError: if an issue time has no zone or lies before the archive begins.
        """
        return self.rows(archive.as_of(issue_times))

    def rows(self, snapshot: Snapshot) -> pd.DataFrame:
        """The same from a snapshot, which several hazards may share."""
        return rows(snapshot, self.features, self.periods, where=self.where)

    def outcomes(self, archive: Archive, issue_times: pd.DatetimeIndex, *, by: pd.Timestamp) -> pd.Series:
        """What came of the questions of `ask`: same index, in the target's unit, NaN where not known at that moment."""
        outcome = self.target.outcome(archive, issue_times, self.periods, by=by)
        chosen = np.flatnonzero(archive.sites.having(self.where))
        values = outcome.isel(site=chosen)
        index = pd.MultiIndex.from_product(
            [
                pd.DatetimeIndex(values["issue_time"].to_numpy()).tz_localize("UTC"),
                values["site"].to_numpy(),
                values["period"].to_numpy(),
            ],
            names=["issue_time", "site", "period"],
        )
        return pd.Series(values.to_numpy().ravel(), index, name="outcome")

    def leads(self, index: pd.Index) -> np.ndarray:
        """Lead in days of each row of `ask`."""
        leads: np.ndarray = self.periods.leads[index.get_level_values("period").to_numpy() - 1]
        return leads

    def baselines(self) -> dict[str, Exceedance]:
        """Both baselines that the model must beat, unfitted."""
        cuts = self.target.severity_cuts
        return {
            "climatology": clone(self.climatology).set_params(cuts=cuts),
            "persistence": Persistence(cuts, column=self.persistence.name),
        }

    def estimator(self) -> Exceedance:
        """A fresh estimator: the model on its ladder of fallbacks, with its guard.

        It knows the cuts, the gap that its inner folds must keep, and which columns come from whom; of an amount it
        tells quantiles too.
        """
        cuts, rising, falling = self.target.severity_cuts, named(*self.rising), named(*self.falling)
        model = clone(self.model).set_params(cuts=cuts)
        if "gap_days" in model.get_params():
            model.set_params(gap_days=self.embargo_days)
        ladder = Ladder(
            cuts,
            full=model,
            climatology=self.climatology,
            forecasts=of_forecasts(self.features),
            surveillance=of_surveillance(self.features),
            archived=of_archive(self.features),
            rising=rising,
            falling=falling,
        )
        if not self.amount:
            return Guarded(cuts, member=ladder, rising=rising, falling=falling)
        quantiles = Quantiles(
            gap_days=self.embargo_days,
            forecasts=ladder.forecasts,
            surveillance=ladder.surveillance,
            archived=ladder.archived,
            rising=rising,
            falling=falling,
        )
        return Spread(cuts, member=ladder, quantiles=quantiles, rising=rising, falling=falling)

    def published_rule(self) -> Rule | None:
        """The rule that answers while no outcome is known, and that knows the cuts."""
        return None if self.rule is None else clone(self.rule).set_params(cuts=self.target.severity_cuts)


def _described(value: object) -> object:
    """An estimator's parameters all the way down, as plain data."""
    if isinstance(value, BaseEstimator):
        parameters = value.get_params(deep=False)
        return [type(value).__name__, {name: _described(inner) for name, inner in sorted(parameters.items())}]
    if isinstance(value, (tuple, list)):
        return [_described(inner) for inner in value]
    return repr(value)
