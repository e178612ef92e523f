"""Columns and rows of a hazard: where some columns stand, how linear members prepare them, which rows are enough."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler


def places(X: pd.DataFrame, prefixes: tuple[str, ...]) -> list[int]:
    """Where the columns stand whose names begin with one of some prefixes."""
    return [k for k, name in enumerate(X) if str(name).startswith(prefixes)]


def gaps_flagged() -> SimpleImputer:
    """A missing feature counts as its median and raises a flag of its own."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def standardised() -> Pipeline:
    """Gaps flagged, then mean 0 and standard deviation 1."""
    return make_pipeline(gaps_flagged(), StandardScaler())


def evenly_thinned(X: pd.DataFrame, rows: int) -> npt.NDArray[np.bool_]:
    """Which rows to keep so that about so many are left: those of issue times evenly apart."""
    number, _ = pd.factorize(X.index.get_level_values("issue_time"), sort=True)
    kept: npt.NDArray[np.bool_] = number % max(1, round(len(X) / rows)) == 0
    return kept
