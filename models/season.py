"""What season and site alone tell: log-odds of events by harmonics of the season and a shrunk offset of each site.

Rows of one site and some days of the year are brought together first, which changes nothing that could be seen and is
many times quicker.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]

SEASON = "season_harmonic"
SEASONS = ("DJF", "MAM", "JJA", "SON")
_STEPS = 12


def season(X: pd.DataFrame) -> Floats:
    """One, and the harmonics of the season, of rows of a hazard's `ask`, shape (n, 1 + harmonic)."""
    return np.hstack([np.ones((len(X), 1)), _harmonics(X)])


def quarters(X: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Where the season of the middle of each row's period stands in `SEASONS`."""
    return (month_of_year(X) + 1) % 12 // 3


def month_of_year(X: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The twelfth of the year in which the middle of each row's period lies: 0 for January, to within a day or two."""
    sine, cosine = (X[f"{SEASON}(order=1, wave={wave})"].to_numpy(float) for wave in ("sine", "cosine"))
    month: npt.NDArray[np.int64] = (np.arctan2(sine, cosine) / (2 * np.pi) * 12 % 12).astype(np.int64)
    return month


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
    design, cell = _cells(X, sites)
    count = np.bincount(cell)
    regression = LogisticRegression(C=C, solver="newton-cholesky", max_iter=200)
    outcome = np.repeat([0, 1], len(count))
    weights = []
    for event in events.T:
        came = np.bincount(cell, event.astype(float))
        fitted = regression.fit(np.vstack([design, design]), outcome, np.concatenate([count - came, came]))
        weights.append(np.append(fitted.intercept_, fitted.coef_[0]))
    return np.column_stack(weights)


def site_information(X: pd.DataFrame, sites: Sequence[str], weights: Floats) -> Floats:
    """What the questions of each site tell of its own offset: the sum of `p * (1 - p)`, shape (site, event)."""
    design, cell = _cells(X, sites)
    chance = expit(np.hstack([np.ones((len(design), 1)), design]) @ weights)
    own: Floats = design[:, -len(sites) :].T @ (np.bincount(cell)[:, None] * chance * (1 - chance))
    return own


def _cells(X: pd.DataFrame, sites: Sequence[str]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The harmonics and the site of each stretch of the year and site, and which of them each row is of."""
    harmonics = _harmonics(X)
    place = np.searchsorted(np.array(sites, dtype=object), X.index.get_level_values("site").to_numpy())
    _, first, cell = np.unique(_coded(place, harmonics), return_index=True, return_inverse=True)
    means = np.column_stack([np.bincount(cell, column) / np.bincount(cell) for column in harmonics.T])
    return np.hstack([means, place[first][:, None] == np.arange(len(sites))]), cell


def _harmonics(X: pd.DataFrame) -> Floats:
    return X[[name for name in X if str(name).startswith(SEASON)]].to_numpy(float)


def _coded(place: npt.NDArray[np.int64], harmonics: Floats) -> npt.NDArray[np.int64]:
    """A number for each site and stretch of the year in which no harmonic changes by more than a twelfth."""
    code = place.astype(np.int64)
    for column in np.round(harmonics * _STEPS).astype(np.int64).T:
        code = code * (2 * _STEPS + 1) + column + _STEPS
    return code
