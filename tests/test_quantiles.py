"""Quantiles of an amount: their offsets, their tail, the one-sided interval, and what is told of them."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pandas as pd
import pytest
from tiny_deployment import ISSUED, SMALL, opened, the_deployment

from haidang.views.answers import show_risk
from haidang.views.scores import show_backtest
from models.baselines import Climatology
from models.forecaster import Forecaster, SpreadSkill
from models.partial_pooling import borrowed_at
from models.quantiles import LEARNED, LEVELS, Quantiles
from models.season import SEASONS
from models.spread import HIGH, LOW, Spread
from serving.views.rendering import render
from training.backtest import Backtest
from training.tracking import Tracking

_TOP = LEARNED.index(0.95)


def questions(years: int = 12) -> pd.DataFrame:
    """A question every day at two leads, with the season and one driver."""
    times = pd.date_range("2010-01-01", periods=365 * years, freq="D", tz="UTC")
    index = pd.MultiIndex.from_product([times, ["A"], [1, 2]], names=["issue_time", "site", "period"])
    angle = 2 * np.pi * index.get_level_values("issue_time").dayofyear.to_numpy() / 365.25
    waves = {"sine": np.sin(angle), "cosine": np.cos(angle)}
    columns = {f"season_harmonic(order=1, wave={name})": wave for name, wave in waves.items()}
    return pd.DataFrame({"driver": np.random.default_rng(1).normal(size=len(index))} | columns, index)


def fitted(X: pd.DataFrame, noise: np.ndarray) -> Quantiles:
    return Quantiles(rounds=30, gap_days=2).fit(X, 3 * X["driver"].to_numpy() + noise)


def test_offsets_widen_only_in_the_season_and_at_the_lead_where_later_times_were_less_certain() -> None:
    X = questions()
    month, lead = X.index.get_level_values("issue_time").month, X.index.get_level_values("period")
    later = X.index.get_level_values("issue_time") >= pd.Timestamp("2017-10-01", tz="UTC")
    wild = later & np.isin(month, (6, 7, 8)) & (lead == 2)
    noise = np.random.default_rng(2).normal(size=len(X)) * np.where(wild, 3.0, 1.0)
    top = fitted(X, noise).offsets_["full"][:, :, _TOP]
    summer = SEASONS.index("JJA")
    others = np.delete(top.ravel(), 4 + summer)
    assert top[1, summer] > 0.5  # in widths from the median to the 95 % quantile, which should be three times as wide
    assert np.abs(others).max() < 0.35


def test_the_tail_above_the_highest_quantile_is_that_of_the_excess() -> None:
    X = questions()
    noise = np.random.default_rng(3).exponential(size=len(X))
    half = len(X) // 2
    model = fitted(X.iloc[:half], noise[:half])
    fresh = 3 * X["driver"].to_numpy()[half:] + noise[half:]
    told = model.predict(X.iloc[half:])
    assert (np.diff(told, axis=1) >= 0).all()
    share = (fresh[:, None] > told).mean(axis=0)
    assert share[LEVELS.index(0.95)] == pytest.approx(0.05, abs=0.015)
    assert share[LEVELS.index(0.99)] == pytest.approx(0.01, abs=0.006)


def test_of_no_questions_no_quantiles_are_told() -> None:
    X = questions(years=4)
    model = fitted(X, np.random.default_rng(4).normal(size=len(X)))
    assert model.predict(X.iloc[:0]).shape == (0, len(LEVELS))
    assert model.predict(X.iloc[:1]).shape == (1, len(LEVELS))


def test_where_the_lower_end_is_the_lowest_amount_the_interval_is_counted_from_it_up() -> None:
    spread = Spread((50.0,), member=Climatology((50.0,)), quantiles=Quantiles())
    levels = np.array([[0.0, 0.0, 1.0, 5.0, 9.0, 14.0, 30.0], [2.0, 3.0, 4.0, 6.0, 9.0, 14.0, 30.0]])
    spread.quantiles_ = SimpleNamespace(predict=lambda X: levels, lowest_=0.0)
    _, ends = spread.told(pd.DataFrame(index=[0, 1]), np.array([[0.001], [0.001]]))
    # a dry day is possible: from none to the 90 % quantile; it is not: from the 5 % to the 95 % quantile
    assert ends.tolist() == [[0.0, 9.0], [2.0, 14.0]]


def test_a_site_with_ten_times_the_record_borrows_as_much_less() -> None:
    X = questions(1).iloc[:440].reset_index()
    X["site"] = np.where(np.arange(440) < 40, "few", "many")
    X = X.set_index(["issue_time", "site", "period"])
    X.loc[:, [name for name in X if str(name).startswith("season")]] = 0.0
    climatology = Climatology((1.0,)).fit(X, np.arange(440) % 2)
    (borrowed,) = borrowed_at(climatology, X, (1.0,))
    # half of the questions of each site are events: p * (1 - p) is 1 / 4
    expected = {"few": 1 / (1 + climatology.C * 10), "many": 1 / (1 + climatology.C * 100)}
    assert borrowed.by_site == pytest.approx(expected, abs=1e-3)
    assert (borrowed.low, borrowed.high) == (borrowed.by_site["many"], borrowed.by_site["few"])


def test_the_backtest_tells_the_scores_of_quantiles_in_json_too(
    tiny_backtest: Backtest, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = tiny_backtest.outcome
    by_level = pd.DataFrame({level: outcome + 10 * (level - 0.5) for level in LEVELS}, outcome.index)
    told = pd.concat([pd.DataFrame({LOW: outcome - 4.5, HIGH: outcome + 4.5}), by_level], axis=1)
    quantiles = {"model": told, "climatology": by_level + 5, "persistence": by_level - 5}
    quarter = pd.Series(0, outcome.index)
    show_backtest(dataclasses.replace(tiny_backtest, quantiles=quantiles, quarter=quarter), as_json=True)
    rows = [row for row in json.loads(capsys.readouterr().out) if "covered" in row]
    assert [row["lead"] for row in rows] == tiny_backtest.hazard.periods.leads.tolist()
    assert {(row["covered"], row["width"], row["skill_climatology"] > 0) for row in rows} == {(1.0, 9.0, True)}


def test_an_answer_tells_the_median_the_quantiles_and_the_interval_of_an_amount(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    deployment = opened(the_deployment(tmp_path_factory))
    hazard = deployment.hazard(SMALL)
    records = deployment.issued.at(SMALL, ISSUED[-1].tz_convert("UTC"))
    told = [list(LEVELS), [0.0, 0.5, 3.25, 8.0, 12.0, 20.0, 45.0], 0.0, 12.0]
    for name, value in zip(("levels", "quantiles", "low", "high"), told, strict=True):
        records[name] = [value] * len(records)
    answer = render(deployment, hazard, records, deployment.shelf.champion(hazard).card, "issued", track={})
    period = answer.forecasts[0].periods[0]
    assert period.interval is not None
    assert (period.interval.low, period.interval.high, period.interval.probability) == (0.0, 12.0, 0.9)
    assert [(one.level, one.value) for one in period.quantiles][2] == (0.5, 3.25)
    show_risk(answer, as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert shown["forecasts"][0]["periods"][0]["interval"] == {"probability": 0.9, "low": 0.0, "high": 12.0}


def test_scores_of_quantiles_are_tracked_by_lead(tmp_path: Path, tiny_forecaster: Forecaster) -> None:
    shares = {"covered": 0.9, "covered_by_season": {"DJF": 0.88}, "told_by_season": {"DJF": 50}, "told": 50}
    skills = {name: 0.25 for name in SpreadSkill.model_fields if name.startswith(("score", "skill"))}
    row = SpreadSkill(lead=1, n=60, beyond=0.01, width=9.0, **skills, **shares)
    card = tiny_forecaster.card.model_copy(
        update={"spread": (row, row.model_copy(update={"lead": 2, "covered": None}))}
    )
    folder = tmp_path / "forecaster"
    tiny_forecaster.save(folder)
    tracking = Tracking(f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "artifacts")
    tracked = tracking.record(dataclasses.replace(tiny_forecaster, card=card), folder, None)
    client = mlflow.MlflowClient()
    history = {
        name: {one.step: one.value for one in client.get_metric_history(tracked.run_id, f"spread_{name}")}
        for name in ("score", "covered", "covered_DJF", "width")
    }
    assert history == {
        "score": {1: 0.25, 2: 0.25}, "covered": {1: 0.9}, "covered_DJF": {1: 0.88, 2: 0.88}, "width": {1: 9.0, 2: 9.0},
    }  # fmt: skip
