"""Forecasts by others that the archive holds, as peers of our hazards: what they said at our own issue times.

They are read as our features are, as known at the issue time, so that they answer the very questions that we answered.
Where they speak of the amount that the target is about, they are taken at their word: it comes or it does not. Where
they tell a share of members, that is their probability of the cut that they tell it of. Where they speak of something
else, or have to be learned, they are fitted on what was known when the year of the question began.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.ahead import HighestAhead, TotalAhead
from features.archive import Archive
from features.feature import AnyFeature
from features.table import rows
from models.blend import PerPeriod
from models.exceedance import Exceedance
from models.hazard import Hazard
from models.logistic import Logistic
from training.examples import first_issue
from training.peers import LHASA_INPUTS, SAID, lhasa_like

Floats = npt.NDArray[np.float64]
FEWEST_EXAMPLES = 1000


@dataclass(frozen=True)
class AtItsWord:
    """A forecast of the target's own amount, one value for each period: 1 where it reaches a cut and 0 where not."""

    feature: AnyFeature


@dataclass(frozen=True)
class ShareOfMembers:
    """Percent of the members of an ensemble that reach one of the target's cuts."""

    feature: AnyFeature
    cut: float


@dataclass(frozen=True)
class Learned:
    """Forecasts that say nothing of the target until they are fitted, each year on the years before it.

    Attributes:
        inputs: names of features of the hazard, or features, that the estimator reads.
        estimator: gives it, unfitted.
    """

    inputs: tuple[AnyFeature | str, ...]
    estimator: Callable[[Hazard], Exceedance]


class TakenAtItsWord(Exceedance):
    """The same as a contestant of a backtest: nearly sure of a cut that the column reaches, typical where it is NaN.

    Attributes:
        column: which column tells the outcome.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, column: str = "", min_events: int = 0) -> None:
        self.cuts = cuts
        self.column = column
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        """Learns nothing."""

    def _predict(self, X: pd.DataFrame) -> Floats:
        told = X[self.column].to_numpy(float)[:, None]
        base: Floats = self.base_rates_[self.learned_]
        return np.where(np.isnan(told), base, told >= np.asarray(self.learned_cuts_))


ArchivePeer = AtItsWord | ShareOfMembers | Learned


def _by_period(hazard: Hazard) -> Exceedance:
    return PerPeriod(hazard.target.severity_cuts, member=Logistic())


ARCHIVE_PEERS: Mapping[str, Mapping[str, ArchivePeer]] = {
    "heavy_rain": {
        "weather model": AtItsWord(TotalAhead("rain")),
        "share of ensemble": ShareOfMembers(TotalAhead("rain_ensemble_heavy"), cut=50.0),
    },
    "heat": {"weather model": AtItsWord(HighestAhead("highest_air_temperature"))},
    "river_flood": {"GloFAS, fitted": Learned((HighestAhead("river_discharge"),), _by_period)},
    "landslide": {"like LHASA 2": Learned(LHASA_INPUTS, lhasa_like)},
}
"""Hazard -> name of a peer -> how it is read."""


def archive_peers(
    hazard: Hazard,
    archive: Archive,
    times: pd.DatetimeIndex,
    *,
    peers: Mapping[str, ArchivePeer] | None = None,
) -> pd.DataFrame:
    """What forecasts by others in the archive said of a hazard's events at some issue times.

    Args:
        hazard: the hazard.
        archive: what was known.
        times: issue times, UTC, rising.
        peers: how they are read, by name; those declared for the hazard for None.

    Returns:
        As `kept_peers`: columns peer, site, issue_time, valid_from, valid_to, cut and probability; a row for each
        question and cut that a peer spoke of.
    """
    declared = ARCHIVE_PEERS.get(hazard.name, {}) if peers is None else peers
    told = [SAID]
    for name, peer in declared.items():
        inputs = _features(hazard, peer)
        held = set(archive.variables()) if len(times) else set()
        if held and held.issuperset(variable for feature in inputs for variable in feature.variables):
            told.append(_as_said(name, hazard, archive, _probabilities(peer, inputs, hazard, archive, times)))
    return pd.concat([one for one in told if len(one)] or [SAID], ignore_index=True)


def recipes(hazard: Hazard) -> dict[str, Callable[[Hazard], Exceedance]]:
    """Peers that can be made from the hazard's own rows, as contestants of a backtest: name -> what makes it."""
    named = {feature.name for feature in hazard.features}
    told: dict[str, Callable[[Hazard], Exceedance]] = {}
    for name, peer in ARCHIVE_PEERS.get(hazard.name, {}).items():
        if isinstance(peer, Learned) and all(isinstance(one, str) and one in named for one in peer.inputs):
            told[name] = peer.estimator
        elif isinstance(peer, AtItsWord) and peer.feature.name in named and hazard.target.sense == "at_least":
            told[name] = partial(_at_its_word, column=peer.feature.name)
    return told


def _at_its_word(hazard: Hazard, *, column: str) -> Exceedance:
    return TakenAtItsWord(hazard.target.severity_cuts, column=column)


def _features(hazard: Hazard, peer: ArchivePeer) -> list[AnyFeature]:
    if not isinstance(peer, Learned):
        return [peer.feature]
    named = {feature.name: feature for feature in hazard.features}
    return [named[one] if isinstance(one, str) else one for one in peer.inputs]


def _probabilities(
    peer: ArchivePeer, inputs: list[AnyFeature], hazard: Hazard, archive: Archive, times: pd.DatetimeIndex
) -> pd.DataFrame:
    """One column per cut, NaN where it said nothing; index (issue_time, site, period)."""
    asked = rows(archive.as_of(times), inputs, hazard.periods, where=hazard.where)
    if isinstance(peer, Learned):
        return _learned(peer, inputs, hazard, archive, asked)
    told = asked.iloc[:, 0].to_numpy()
    known = np.isfinite(told)
    if isinstance(peer, ShareOfMembers):
        return pd.DataFrame({peer.cut: told / 100}, asked.index)
    reached = hazard.target.reached(pd.Series(np.where(known, told, 0.0))).astype(float)
    return pd.DataFrame(np.where(known[:, None], reached, np.nan), asked.index, list(hazard.target.cuts))


def _learned(
    peer: Learned, inputs: list[AnyFeature], hazard: Hazard, archive: Archive, asked: pd.DataFrame
) -> pd.DataFrame:
    """Fitted at the begin of each year on the questions whose outcomes were known then; NaN where these are too few."""
    found = pd.DataFrame(np.nan, asked.index, list(hazard.target.cuts))
    year = pd.DatetimeIndex(asked.index.get_level_values("issue_time")).tz_convert(archive.zone).year.to_numpy()
    for one in np.unique(year):
        begin = pd.Timestamp(f"{one}-01-01", tz=archive.zone)
        until = begin - pd.Timedelta(days=hazard.embargo_days)
        if until <= first_issue(archive):
            continue
        before = hazard.issue_times(first_issue(archive), until, archive.zone, every_days=hazard.train_every_days)
        if not len(before):
            continue
        taught = rows(archive.as_of(before), inputs, hazard.periods, where=hazard.where)
        outcome = hazard.outcomes(archive, before, by=begin)
        known = np.isfinite(outcome.to_numpy()) & np.isfinite(taught.to_numpy()).all(axis=1)
        answerable = (year == one) & np.isfinite(asked.to_numpy()).all(axis=1)
        if known.sum() >= FEWEST_EXAMPLES and answerable.any():
            fitted = peer.estimator(hazard).fit(taught[known], hazard.target.severity(outcome[known]))
            found[answerable] = fitted.predict_exceedance(asked[answerable])
    return found


def _as_said(name: str, hazard: Hazard, archive: Archive, told: pd.DataFrame) -> pd.DataFrame:
    """One row per question and cut."""
    long = told.melt(var_name="cut", value_name="probability", ignore_index=False).dropna().reset_index()
    issued = pd.DatetimeIndex(long["issue_time"])
    valid_from, valid_to = hazard.periods.bounds(issued, long["period"].to_numpy(), archive.zone)
    return long.assign(peer=name, valid_from=valid_from, valid_to=valid_to)[list(SAID.columns)]
