"""Columns found by the beginnings of their names, and prepared."""

import numpy as np
import pandas as pd

from models.columns import places, standardised

X = pd.DataFrame({"rain(a)": [1.0, np.nan, 3.0], "wind": [5.0, 5.0, 5.0], "rain(b)": [0.0, 2.0, 4.0]})


def test_columns_are_found_by_the_beginnings_of_their_names() -> None:
    assert places(X, ("rain",)) == [0, 2]
    assert places(X, ("rain(b)", "wind")) == [1, 2]
    assert places(X, ()) == []
    assert places(X, ("",)) == [0, 1, 2]


def test_a_gap_counts_as_the_median_and_raises_a_flag() -> None:
    prepared = standardised().fit_transform(X.to_numpy())
    low, high = -np.sqrt(1.5), np.sqrt(1.5)
    flag = [-np.sqrt(0.5), np.sqrt(2.0), -np.sqrt(0.5)]
    np.testing.assert_allclose(prepared, np.column_stack([[low, 0, high], [0, 0, 0], [low, 0, high], flag]))
