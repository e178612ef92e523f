"""Explanations: what drives an answer, against the climatology of the place and season, in log-odds and in words.

Contributions of the columns are exact for each member (trees by Shapley values, linear terms by themselves), add up
over a pool of members by its weights, and are gathered by driver. They tell what moved the model, not what causes the
hazard.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.drivers import SEASON_AND_PLACE, USUAL_INPUTS, Driver, driver_of
from models.exceedance import UnexplainedError, log_odds
from models.forecaster import Forecaster
from models.guard import Guarded
from models.hazard import Hazard
from models.ladder import Ladder

_STRENGTHS = ((1.5, "mạnh", "strongly"), (0.5, "rõ", "clearly"), (0.1, "nhẹ", "slightly"))
"""Least change of the log-odds, and its word: odds times 4.5, 1.6 and 1.1; a choice of this service."""


@dataclass(frozen=True)
class Told:
    """What one driver does, in words.

    Attributes:
        driver: the driver.
        log_odds: by how much it moves the log-odds.
        vi: in Vietnamese.
        en: in English.
    """

    driver: Driver
    log_odds: float
    vi: str
    en: str

    @property
    def matters(self) -> bool:
        """Whether it moves the odds enough to be told."""
        return abs(self.log_odds) >= _STRENGTHS[-1][0]


def drivers(hazard: Hazard) -> dict[str, Driver]:
    """The drivers of a hazard by their names, in the order of its features; season, place and the usual last."""
    found = {driver_of(feature).name: driver_of(feature) for feature in hazard.features if feature.variables}
    return found | {SEASON_AND_PLACE.name: SEASON_AND_PLACE, USUAL_INPUTS.name: USUAL_INPUTS}


def explain(forecaster: Forecaster, rows: pd.DataFrame, *, cut: float) -> pd.DataFrame:
    """What each driver adds to the log-odds of the event, above or below those of the climatology.

    Args:
        forecaster: whom to ask.
        rows: rows of `ask`.
        cut: which of the cuts, in the target's unit.

    Returns:
        One column per driver, index as of the rows; together they add up to the log-odds of the answer less those of
        the climatology. The last, `usual_inputs`, is how far the odds where all inputs are usual, from which the
        drivers move them, lie from the climatology: below it for rare events, which happen on unusual days.

    Raises:
        UnexplainedError: if a published rule answers, or a member cannot tell.
        ValueError: if the cut is not one of the hazard's.
    """
    hazard, estimator = forecaster.hazard, forecaster.estimator
    if not isinstance(estimator, Guarded) or not isinstance(estimator.member_, Ladder):
        raise UnexplainedError(f"{hazard.name} is told by a published rule, which explains itself: {hazard.reference}")
    place = hazard.target.cuts.index(cut)
    told = estimator.contributions(rows)[:, place]
    table = pd.DataFrame(0.0, rows.index, list(drivers(hazard)))
    for column, feature in enumerate(hazard.features):
        table[driver_of(feature).name] += told[:, column]
    climate = estimator.member_.climatology_.predict_exceedance(rows)[:, place]
    answer = estimator.predict_exceedance(rows)[:, place]
    table[USUAL_INPUTS.name] = log_odds(answer) - log_odds(climate) - table.sum(axis=1)
    return table


def in_words(hazard: Hazard, contributions: pd.Series) -> list[Told]:
    """One row of `explain` in words, the strongest driver first; drivers that hardly matter are left out.

    The level of usual inputs is none: from there the drivers move the odds.
    """
    return [one for one in all_in_words(hazard, contributions) if one.matters]


def all_in_words(hazard: Hazard, contributions: pd.Series) -> list[Told]:
    """The same with the drivers that hardly matter, so that all together with the usual level give the odds."""
    known = drivers(hazard)
    contributions = contributions.drop(USUAL_INPUTS.name)
    order = contributions.index[np.argsort(-contributions.abs().to_numpy(), kind="stable")]
    return [_told(known[name], float(contributions[name])) for name in order]


def _told(driver: Driver, value: float) -> Told:
    words = [(vi, en) for least, vi, en in _STRENGTHS if abs(value) >= least]
    if not words:
        return Told(driver, value, f"hầu như không đổi do {driver.title_vi}", f"hardly moved by {driver.title_en}")
    how_vi, how_en = words[0]
    way_vi, way_en = ("tăng", "raised") if value > 0 else ("giảm", "lowered")
    odds = f"{np.exp(value):.2g}"
    return Told(
        driver,
        value,
        f"{way_vi} {how_vi} do {driver.title_vi} (tỷ số chênh × {odds.replace('.', ',')})",
        f"{way_en} {how_en} by {driver.title_en} (odds × {odds})",
    )
