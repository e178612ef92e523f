"""Tallies of judged hazards, and the figures of several worlds taken together."""

import numpy as np
import pandas as pd
import pytest
from conftest import HANOI, a_tiny_hazard

from features.periods import Periods
from models.hazard import Hazard
from training.achievable import Truth
from training.pooled import figures
from training.tallies import Tally, tally

NO_AMOUNT = pd.DataFrame()


def one_day(**changes: object) -> Hazard:
    """A hazard of tomorrow."""
    return a_tiny_hazard(periods=Periods(days=1, count=1), **changes)


def questions(days: int, sites: tuple[str, ...] = ("A", "B"), start: str = "2025-01-01 07:00") -> pd.MultiIndex:
    times = pd.date_range(start, periods=days, freq="D", tz=HANOI).tz_convert("UTC")
    return pd.MultiIndex.from_product([times, sites, [1]], names=["issue_time", "site", "period"])


def said(index: pd.MultiIndex, *probabilities: float) -> pd.DataFrame:
    return pd.DataFrame([list(probabilities)] * len(index), index, [10.0, 30.0])


def test_a_tally_sums_squared_errors_over_sites_and_leaves_out_what_nobody_saw() -> None:
    index = questions(2)
    outcome = pd.Series([40.0, 12.0, 0.0, np.nan], index)
    told = {"model": said(index, 0.5, 0.25), "climatology": said(index, 0.5, 0.0), "persistence": said(index, 1.0, 0.0)}
    scores = tally(one_day(), told, outcome, HANOI).scores
    assert scores.index.get_level_values("season").unique().tolist() == ["winter"]
    mild, severe = (scores.xs(cut, level="cut").sum() for cut in (10.0, 30.0))
    assert (mild["n"], mild["events"], severe["n"], severe["events"]) == (3, 2, 3, 1)
    assert mild["brier_model"] == 0.75
    assert mild["brier_persistence"] == 1.0
    assert severe["brier_model"] == pytest.approx(0.75**2 + 2 * 0.25**2)


def test_the_regret_is_the_product_of_the_errors_against_both_halves_of_the_truth() -> None:
    index = questions(1)
    truth = Truth(said(index, 0.4, 0.1), said(index, 0.6, 0.1))
    told = dict.fromkeys(("model", "climatology", "persistence"), said(index, 0.9, 0.3))
    scores = tally(one_day(), told, pd.Series([0.0, 0.0], index), HANOI, truth=truth).scores
    assert scores["regret_model"].tolist() == pytest.approx([2 * 0.5 * 0.3, 2 * 0.2 * 0.2])


def test_a_season_is_that_of_the_day_that_is_asked_about() -> None:
    index = questions(1, start="2025-02-28 07:00")
    told = dict.fromkeys(("model", "climatology", "persistence"), said(index, 0.1, 0.1))
    scores = tally(one_day(), told, pd.Series([0.0, 0.0], index), HANOI).scores
    assert scores.index.get_level_values("season").unique().tolist() == ["spring"]


def a_tally(*, blocks: int = 24, model: float = 2.0, bins: list[tuple[int, float, float]] | None = None) -> Tally:
    """Blocks that are all alike: eight events of 100 questions, climatology 4 and persistence 8 of squared error."""
    keys = pd.MultiIndex.from_product(
        [range(blocks), ["summer"], [1], [10.0]], names=["block", "season", "lead", "cut"]
    )
    sums = {"n": 100.0, "events": 8.0, "brier_model": model, "brier_climatology": 4.0, "brier_persistence": 8.0}
    regrets = {"regret_model": 1.0, "regret_climatology": 5.0, "regret_persistence": 10.0, "regret_ceiling": 0.5}
    scores = pd.DataFrame(sums | regrets, keys)
    found = [
        {
            "block": block,
            "lead": 1,
            "cut": 10.0,
            "bin": number,
            "n": n,
            "events": events,
            "brier": _brier(number, n, events),
        }
        for block in range(blocks)
        for number, n, events in bins or [(0, 50.0, 0.0), (1, 50.0, 8.0)]
    ]
    return Tally(scores, pd.DataFrame(found).set_index(["block", "lead", "cut", "bin"]), NO_AMOUNT)


def _brier(number: int, n: float, events: float) -> float:
    """Of a bin whose forecast is 0.0 or 0.16."""
    forecast = 0.16 * number
    return n * forecast**2 - 2 * forecast * events + events


def test_figures_of_equal_worlds_are_those_of_one_with_a_narrow_interval() -> None:
    table = figures([a_tally(), a_tally()])
    year = table[table["season"] == "all"].iloc[0]
    assert (year["n"], year["events"]) == (4800, 384)
    for name, value in (
        ("skill_climatology", 0.5),
        ("skill_persistence", 0.75),
        ("share", 0.8),
        ("of_ceiling", 0.8 / 0.9),
    ):
        assert [year[name], year[f"{name}_low"], year[f"{name}_high"]] == pytest.approx([value] * 3)
    assert year["share_persistence"] == -1.0
    assert table["season"].tolist() == ["all", "summer"]


def test_worlds_that_differ_have_an_interval_that_holds_the_pooled_skill() -> None:
    year = figures([a_tally(model=2.0), a_tally(model=3.0)]).iloc[0]
    assert year["skill_climatology"] == 0.375  # every world draws its own blocks only: their mean does not move
    assert year["skill_climatology_low"] == pytest.approx(0.375)


def test_below_ten_blocks_there_is_no_interval() -> None:
    year = figures([a_tally(blocks=9)]).iloc[0]
    assert year["skill_climatology"] == 0.5
    assert np.isnan(year["skill_climatology_low"])


def test_a_calibrated_forecast_has_no_miscalibration_and_one_that_says_twice_too_much_has() -> None:
    calibrated = figures([a_tally()]).iloc[0]
    assert calibrated["miscalibration"] == pytest.approx(0.0, abs=1e-12)
    half = figures([a_tally(bins=[(0, 50.0, 0.0), (1, 50.0, 4.0)])]).iloc[0]
    assert half["miscalibration"] == pytest.approx(0.5 * 0.08**2 / (0.04 * 0.96))  # half of it told 0.16, came 0.08
    assert half["miscalibration_beyond"] == pytest.approx(half["miscalibration"])  # no block differs: no sampling


def test_miscalibration_by_chance_alone_is_told_as_sampling() -> None:
    random = np.random.default_rng(5)
    sampling = []
    for _ in range(10):
        came = random.binomial(20, 0.16, 30)
        keys = {"lead": 1, "cut": 10.0, "bin": 1}
        bins = [
            keys | {"block": k, "n": 20.0, "events": float(x), "brier": _brier(1, 20.0, x)} for k, x in enumerate(came)
        ]
        table = pd.DataFrame(bins).set_index(["block", "lead", "cut", "bin"])
        year = figures([Tally(a_tally(blocks=30).scores, table, NO_AMOUNT)]).iloc[0]
        sampling.append(year["miscalibration"] - year["miscalibration_beyond"])
    assert np.mean(sampling) == pytest.approx(1 / 600, rel=0.15)  # variance of the mean of 600 outcomes, over UNC
