"""What season and site alone tell: log-odds of events by harmonics of the season and a shrunk offset of each site.

Rows of one site and some days of the year are brought together first, which changes nothing that could be seen and is
many times quicker.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]

SEASON = "season_harmonic"
_STEPS = 12


def season(X: pd.DataFrame) -> Floats:
    """One, and the harmonics of the season, of rows of a hazard's `ask`, shape (n, 1 + harmonic)."""
    return np.hstack([np.ones((len(X), 1)), _harmonics(X)])


def of_season(X: pd.DataFrame, sites: Sequence[str], weights: Floats) -> Floats:
    """Log-odds of rows by the weights of `seasonal_odds`, shape (n, event); a site that was not known has no offset."""
    given = season(X)
    number, codes = pd.factorize(X.index.get_level_values("site"))
    offsets = np.vstack([weights[given.shape[1] :], np.zeros((1, weights.shape[1]))])
    place = pd.Index(sites).get_indexer(pd.Index(codes))  # -1, the row of zeros, for a stranger
    odds: Floats = given @ weights[: given.shape[1]] + offsets[place][number]
    return odds


def seasonal_odds(X: pd.DataFrame, events: npt.NDArray[np.bool_], sites: Sequence[str], C: float) -> Floats:
    """Weights for the log-odds of each event of one, the harmonics, and which of some sites a row is of.

    Args:
        X: rows of a hazard's `ask`, with their index.
        events: whether each event came, shape (n, event).
        sites: codes of the sites.
        C: inverse strength of the ridge.

    Returns:
        Shape (1 + harmonic + site, event).
    """
    harmonics = _harmonics(X)
    place = np.searchsorted(np.array(sites, dtype=object), X.index.get_level_values("site").to_numpy())
    _, first, cell = np.unique(_coded(place, harmonics), return_index=True, return_inverse=True)
    count = np.bincount(cell)
    means = np.column_stack([np.bincount(cell, column) / count for column in harmonics.T])
    design = np.hstack([means, place[first][:, None] == np.arange(len(sites))])
    regression = LogisticRegression(C=C, solver="newton-cholesky", max_iter=200)
    outcome = np.repeat([0, 1], len(count))
    weights = []
    for event in events.T:
        came = np.bincount(cell, event.astype(float))
        fitted = regression.fit(np.vstack([design, design]), outcome, np.concatenate([count - came, came]))
        weights.append(np.append(fitted.intercept_, fitted.coef_[0]))
    return np.column_stack(weights)


def _harmonics(X: pd.DataFrame) -> Floats:
    return X[[name for name in X if str(name).startswith(SEASON)]].to_numpy(float)


def _coded(place: npt.NDArray[np.int64], harmonics: Floats) -> npt.NDArray[np.int64]:
    """A number for each site and stretch of the year in which no harmonic changes by more than a twelfth."""
    code = place.astype(np.int64)
    for column in np.round(harmonics * _STEPS).astype(np.int64).T:
        code = code * (2 * _STEPS + 1) + column + _STEPS
    return code
