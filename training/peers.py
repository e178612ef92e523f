"""Peers: recipes of other systems, made again on our rows, and their own forecasts, to be scored beside our models."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from features.archive import Archive
from models.blend import PerPeriod
from models.boosted import Boosted
from models.exceedance import Exceedance, Floats
from models.hazard import Hazard
from models.targets import Target

_RAIN, _BEFORE = "total_ahead(rain)", "total_over(rain, days=3, coverage=0.8)"
_WETNESS, _SLOPE = "latest(soil_wetness, days=15)", "attribute(attribute=landslide_susceptibility)"
_EXTREME = 0.99
_FORECAST = ["peer", "site", "issue_time", "valid_from", "valid_to"]
LHASA_INPUTS = (_RAIN, _BEFORE, _WETNESS, _SLOPE)
"""Names of the features of a landslide hazard that the recipe reads."""
SAID = pd.DataFrame(columns=[*_FORECAST, "cut", "probability"])
"""No forecast of a peer: what a table of them looks like."""


class LhasaLike(Exceedance):
    """The recipe of NASA's landslide nowcast LHASA 2: boosted trees on four inputs, without any climatology.

    Rain over its local 99th percentile, rain of the days before, wetness of the ground and susceptibility, which stands
    for the slope; 300 trees. Made again, not NASA's model: trees of depth 2, three days before for its two, and rain as
    it was forecast, which it learns from too. Stanley et al. 2021, doi:10.3389/feart.2021.640043.

    Attributes:
        rounds: number of trees.
        extreme_: 99th percentile of the rain that is forecast at each site, mm.
    """

    def __init__(self, cuts: tuple[float, ...] = (), *, rounds: int = 300, min_events: int = 20) -> None:
        self.cuts = cuts
        self.rounds = rounds
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: Floats) -> None:
        extreme = X[_RAIN].groupby(level="site").quantile(_EXTREME)
        self.extreme_ = {str(site): float(amount) for site, amount in extreme.items()}
        trees = Boosted(
            self.learned_cuts_, max_depth=2, rounds=self.rounds, learning_rate=0.1, min_child_weight=1.0,
            subsample=1.0, ridge=1.0, min_events=0,
        )  # fmt: skip
        self.trees_ = trees.fit(self._inputs(X), outcome)

    def _predict(self, X: pd.DataFrame) -> Floats:
        return self.trees_.predict_exceedance(self._inputs(X))

    def _inputs(self, X: pd.DataFrame) -> pd.DataFrame:
        extreme = X.index.get_level_values("site").map(self.extreme_).to_numpy(float)
        relative = X[_RAIN].to_numpy(float) / np.where(extreme > 0, extreme, np.nan)
        return X[[_BEFORE, _WETNESS, _SLOPE]].assign(relative_rain=relative)


def lhasa_like(hazard: Hazard) -> Exceedance:
    """The peer of a landslide hazard, unfitted, one for each period ahead.

    Raises:
        ValueError: if the hazard lacks one of the four inputs.
    """
    names = [feature.name for feature in hazard.features]
    lacking = [name for name in LHASA_INPUTS if name not in names]
    if lacking:
        raise ValueError(f"hazard {hazard.name} has no peer like LHASA: add {', '.join(lacking)} to its features")
    return PerPeriod(hazard.target.severity_cuts, member=LhasaLike())


PEERS: Mapping[str, Mapping[str, Callable[[Hazard], Exceedance]]] = {"landslide": {"lhasa_like": lhasa_like}}
"""Hazard -> name of a peer -> what makes it, unfitted."""


def kept_peers(hazard: Hazard, archive: Archive) -> pd.DataFrame:
    """What peers said of a hazard at our sites, as probabilities of its events.

    A peer speaks of a hazard where its target is named like the hazard or the variable of the hazard's target, in its
    unit. Quantiles and samples are those of the outcome: between quantiles the probability is interpolated, beyond the
    outermost it is that of the outermost. A mean or median is taken for certain. Classes are not read.

    Returns:
        Columns peer, site, issue_time, valid_from, valid_to, cut and probability.
    """
    target = hazard.target
    kept = archive.kept("peers").read(ds.field("target").isin([hazard.name, target.variable]))
    kept = kept[kept["site"].notna() & kept["unit"].fillna("").isin(["", target.unit])]
    told = []
    for (*forecast, kind), rows in kept.groupby([*_FORECAST, "kind"]):
        chances = _chances(hazard.target, str(kind), rows)
        told += [(*forecast, cut, chance) for cut, chance in chances.items()]
    found = pd.DataFrame(told, columns=list(SAID.columns))
    return found.drop_duplicates([*_FORECAST, "cut"])


def _chances(target: Target, kind: str, rows: pd.DataFrame) -> dict[float, float]:
    """The probability of the event of each cut, from the rows of one kind of one forecast."""
    severity = target.severity(rows["value"])
    if kind == "probability":
        told = dict(zip(rows["at"].astype(float), rows["value"].astype(float), strict=True))
        return {cut: told[cut] for cut in target.cuts if cut in told}
    if kind == "quantile":
        below = rows["at"].to_numpy(float) if target.sense == "at_least" else 1 - rows["at"].to_numpy(float)
        order = np.argsort(below)
        chance = 1 - np.interp(target.severity_cuts, severity[order], below[order])
    elif kind in ("sample", "mean", "median"):
        chance = target.reached(rows["value"]).mean(axis=0)
    else:
        return {}
    return dict(zip(target.cuts, chance.tolist(), strict=True))
