"""Calibration curves and their bands."""

import numpy as np
import pytest
from test_scores import FOUR, HALF, MODEL, random_backtest, scored

from training.calibration import Calibration, calibration
from training.scores import reliability


def test_the_decomposition_is_as_by_hand() -> None:
    told = calibration(scored(FOUR, MODEL, HALF), 10.0)
    # 0.1 and 0.3 without the event, 0.6 and 0.8 with it: recalibrated they are perfect
    assert told.curve["forecast"].tolist() == pytest.approx([0.1, 0.3, 0.6, 0.8])
    assert told.curve["frequency"].tolist() == [0, 0, 1, 1]
    assert told.miscalibration == pytest.approx(0.075)
    assert (told.discrimination, told.uncertainty) == (pytest.approx(0.25), 0.25)


def test_it_agrees_with_the_exact_decomposition_to_the_width_of_a_bin() -> None:
    tested = random_backtest()
    for name in tested.probabilities:
        told, exact = calibration(tested, 10.0, forecaster=name), reliability(tested, 10.0, forecaster=name)
        assert told.miscalibration == pytest.approx(exact.miscalibration, abs=1e-3)
        assert told.discrimination == pytest.approx(exact.discrimination, abs=1e-3)


def test_the_band_holds_the_diagonal_of_a_calibrated_forecast_and_not_of_another() -> None:
    tested = random_backtest(days=900)
    good, noisy = calibration(tested, 10.0), calibration(tested, 10.0, forecaster="persistence")

    def held(told: Calibration) -> float:
        curve = told.curve[told.curve["n"] > 20]
        return float(((curve["low"] <= curve["forecast"]) & (curve["forecast"] <= curve["high"])).mean())

    assert held(good) > 0.8 > held(noisy)
    assert good.miscalibration_interval[0] < good.miscalibration_interval[1] < noisy.miscalibration_interval[0]
    assert np.isfinite(good.curve.to_numpy()).all()
