"""The gate: what a challenger must show on the same questions, on answers of known quality."""

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard, at
from scipy.special import expit, logit
from scipy.stats import norm

from features.periods import Periods
from models.hazard import Hazard
from training.decision import Decision, Finding
from training.gate import Contestant, judge
from training.paired import compared, tail_gain

CUTS = [10.0, 30.0]


class Truth:
    """Two years of days at four sites, whose chance of an event is known: log-odds of weather and of season."""

    def __init__(self, hazard: Hazard, *, days: int = 730, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        times = pd.date_range(at("2022-01-01 07:00"), periods=days, freq="D").tz_convert("UTC")
        names = ["issue_time", "site", "period"]
        self.hazard = hazard
        self.index = pd.MultiIndex.from_product([times, ["S1", "S2", "S3", "S4"], [1, 2]], names=names)
        shape = (days, 4, 2)
        self.season = np.broadcast_to(np.cos(np.arange(days) * 2 * np.pi / 365)[:, None, None], shape).ravel()
        self.weather = np.broadcast_to(random.standard_normal((days, 1, 2)), shape).ravel()
        self.noise = np.broadcast_to(random.standard_normal((days, 1, 2)), shape).ravel()
        chance = self.told(1.0)
        drawn = random.random(len(self.index))
        amount = np.select([drawn < chance[30.0], drawn < chance[10.0]], [40.0, 20.0], 0.0)
        self.outcome = pd.Series(amount, self.index, name="outcome")

    def told(self, weather: float, *, noise: float = 0.0) -> pd.DataFrame:
        """Probabilities of who sees so much of the weather, and so much that is not there."""
        log_odds = -1.5 + 0.5 * self.season + 1.2 * weather * self.weather + noise * self.noise
        return pd.DataFrame({10.0: expit(log_odds), 30.0: expit(log_odds - 1.5)}, self.index)

    def of_season(self) -> pd.DataFrame:
        """Probabilities of who knows the season alone, and is calibrated: the mean over all weathers."""
        weather = norm.ppf((np.arange(50) + 0.5) / 50)
        log_odds = -1.5 + 0.5 * self.season[:, None] + 1.2 * weather
        means = {cut: expit(log_odds - less).mean(axis=1) for cut, less in ((10.0, 0.0), (30.0, 1.5))}
        return pd.DataFrame(means, self.index)

    def judged(self, challenger: pd.DataFrame, champion: pd.DataFrame | None, **stated: object) -> Decision:
        baselines = {"climatology": self.of_season(), "persistence": self.told(0.0, noise=0.5)}
        mine = self.contestant("new", challenger)
        other = None if champion is None else self.contestant("old", champion)
        return judge(self.hazard, self.outcome, baselines, mine, other, **stated)  # type: ignore[arg-type]

    def contestant(self, version: str, answers: pd.DataFrame, *, size: float = 1e6, seconds: float = 0.1) -> Contestant:
        return Contestant(version, answers, pd.DataFrame(index=self.index), size, seconds)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth(a_tiny_hazard(periods=Periods(days=1, count=2)))


def sharpened(answers: pd.DataFrame, by: float) -> pd.DataFrame:
    return pd.DataFrame(expit(by * logit(answers.to_numpy())), answers.index, answers.columns)


def told(decision: Decision) -> str:
    return "; ".join(one.en for one in decision.reasons)


def test_a_better_one_is_promoted_and_every_figure_is_told(truth: Truth) -> None:
    decision = truth.judged(truth.told(1.0), truth.told(0.5))
    assert decision.verdict == "promote", decision
    assert decision.figures["gain_champion_brier_low"] > 0
    assert decision.figures["gain_champion_log_low"] > 0
    assert decision.figures["diebold_mariano_brier"] > 0.95
    assert {"gain_climatology_log", "miscalibration_10", "gain_lead_2_brier", "bytes"} <= set(decision.figures)


def test_one_that_gives_the_same_answers_is_not_promoted(truth: Truth) -> None:
    decision = truth.judged(truth.told(1.0), truth.told(1.0))
    assert decision.verdict == "keep"
    assert decision.figures["gain_champion_brier"] == 0
    assert "not shown to be better than the champion" in told(decision)


def test_a_merely_different_one_is_kept_out_and_let_in_where_a_reason_to_change_is_stated(truth: Truth) -> None:
    different = truth.told(1.0, noise=0.02)
    assert truth.judged(different, truth.told(1.0)).verdict == "keep"
    decision = truth.judged(different, truth.told(1.0), reason="a year of newer data")
    assert decision.verdict == "promote"
    assert "a year of newer data" in told(decision)


def test_an_overfitted_one_is_refused(truth: Truth) -> None:
    decision = truth.judged(truth.told(1.0, noise=1.5), truth.told(1.0), reason="newer data")
    assert decision.verdict == "refuse"
    assert "significantly worse at leads 1 d" in told(decision)


@pytest.mark.parametrize("by", [0.5, 2.0])
def test_a_miscalibrated_one_is_refused(truth: Truth, by: float) -> None:
    decision = truth.judged(sharpened(truth.told(1.0), by), truth.told(1.0))
    assert decision.verdict == "refuse"
    assert "calibration is worse at 10" in told(decision)


def test_miscalibration_is_found_also_in_one_that_sees_more(truth: Truth) -> None:
    decision = truth.judged(sharpened(truth.told(1.0), 0.6), truth.of_season())
    assert decision.figures["gain_champion_brier_low"] > 0
    assert decision.verdict == "refuse"
    assert "calibration is worse" in told(decision)


def test_one_that_is_worse_at_one_lead_alone_is_refused(truth: Truth) -> None:
    first = np.asarray(truth.index.get_level_values("period") == 1)
    mixed = truth.told(1.0).mul(first, axis=0) + truth.told(0.2).mul(~first, axis=0)
    decision = truth.judged(mixed, truth.told(0.4))
    assert decision.figures["gain_champion_brier"] > 0
    assert decision.verdict == "refuse"
    assert "at leads 2 d" in told(decision)
    assert "1 d" not in told(decision)


def test_the_first_champion_must_beat_both_baselines(truth: Truth) -> None:
    assert truth.judged(truth.told(1.0), None).verdict == "promote"
    decision = truth.judged(truth.of_season(), None)
    assert decision.verdict == "refuse"
    assert "not shown to be better than climatology" in told(decision)


def test_too_few_days_show_nothing() -> None:
    short = Truth(a_tiny_hazard(periods=Periods(days=1, count=2)), days=80)
    decision = short.judged(short.told(1.0), short.told(0.0))
    assert decision.verdict == "keep"
    assert "8.0 blocks of days (10 are needed)" in told(decision)


def test_without_a_common_question_nothing_is_shown(truth: Truth) -> None:
    none = {
        name: answers.iloc[:0] for name, answers in {"climatology": truth.told(0), "persistence": truth.told(0)}.items()
    }
    mine = truth.contestant("new", truth.told(1.0).iloc[:0])
    assert judge(truth.hazard, truth.outcome.iloc[:0], none, mine, mine).verdict == "keep"


@pytest.mark.parametrize(
    ("size", "seconds", "verdict"), [(1.9e8, 0.9, "promote"), (2.1e8, 0.9, "refuse"), (1e6, 1.1, "refuse")]
)
def test_a_challenger_may_cost_twice_as_much_as_the_champion(
    truth: Truth, size: float, seconds: float, verdict: str
) -> None:
    baselines = {"climatology": truth.told(0.0), "persistence": truth.told(0.0)}
    champion = truth.contestant("old", truth.told(0.5), size=1e8, seconds=0.5)
    challenger = truth.contestant("new", truth.told(1.0), size=size, seconds=seconds)
    assert judge(truth.hazard, truth.outcome, baselines, challenger, champion).verdict == verdict


@pytest.mark.parametrize(("found", "verdict"), [("broken", "refuse"), ("unproven", "keep"), ("holds", "promote")])
def test_what_was_found_elsewhere_counts(truth: Truth, found: str, verdict: str) -> None:
    finding = Finding(found, "ở nơi khác", "elsewhere")  # type: ignore[arg-type]
    decision = truth.judged(truth.told(1.0), truth.told(0.5), found=[finding])
    assert decision.verdict == verdict
    assert "elsewhere" in told(decision)


def test_gains_are_shares_of_climatology_s_loss_with_every_cell_weighing_the_same() -> None:
    hazard = a_tiny_hazard(periods=Periods(days=1, count=1))
    times = pd.date_range(at("2024-01-01 07:00"), periods=2, freq="D").tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, ["S1"], [1]], names=["issue_time", "site", "period"])
    outcome = pd.Series([40.0, 0.0], index)  # an event of both cuts, then of none

    def of(*rows: tuple[float, float]) -> pd.DataFrame:
        return pd.DataFrame(list(rows), index, CUTS)

    answers = {"climatology": of((0.5, 0.5), (0.5, 0.5)), "a": of((0.5, 0.5), (0.0, 0.5)), "b": of((0.5, 0), (0.5, 0))}
    table = compared(hazard, outcome, answers)
    every = np.ones(2, dtype=bool)
    # Brier sums by cut: climatology .5 .5; a .25 .5; b .5 1: shares of it 1 1, .5 1, 1 2, means 1, .75, 1.5.
    assert table.gain("a", "climatology", "brier", every).value == pytest.approx(0.25)
    assert table.gain("a", "b", "brier", every).value == pytest.approx(0.5)
    assert table.gain("b", "climatology", "brier", every).value == pytest.approx(-0.5)
    # log loss at the first cut: climatology 2 ln 2, a ln 2 (and next to nothing for a certain, true answer)
    assert table.gain("a", "climatology", "log", np.array([True, False])).value == pytest.approx(0.5, abs=1e-5)


@pytest.mark.parametrize("sense", [1, -1])
def test_the_tail_counts_beyond_the_cut_alone(sense: int) -> None:
    cuts = (10.0, 30.0) if sense == 1 else (-10.0, -30.0)
    hazard = a_tiny_hazard(periods=Periods(days=1, count=1), target=_target(cuts), levels={})
    times = pd.date_range(at("2024-01-01 07:00"), periods=3, freq="D").tz_convert("UTC")
    index = pd.MultiIndex.from_product([times, ["S1"], [1]], names=["issue_time", "site", "period"])
    outcome = sense * pd.Series([0.0, 5.0, 20.0], index)
    table = compared(hazard, outcome, {"climatology": pd.DataFrame(0.5, index, list(cuts))})

    def quantiles(*medians: float) -> pd.DataFrame:
        return pd.DataFrame({0.5: sense * np.array(medians)}, index)

    # CRPS by the median alone is the absolute error, drawn up to 10: 0, 0, 8 against 0, 0, 4.
    gain = tail_gain(table, outcome, quantiles(9.0, 0.0, 12.0), quantiles(0.0, 5.0, 16.0), cuts[0])
    assert gain.value == pytest.approx(-1.0)


def _target(cuts: tuple[float, ...]) -> object:
    from models.targets import Highest

    return Highest("air_temperature", cuts=cuts, settle_days=1, sense="at_least" if cuts[0] > 0 else "at_most")
