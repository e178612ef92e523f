"""How near a forecaster comes to the true probabilities of a simulated province, and whether it knows too much.

Where the true conditional probability o is known, a forecast f is judged without the noise of outcomes: its expected
Brier score is E[(f - o)^2] + E[o (1 - o)], and only the first part, the regret, is its own. A climatology c leaves
E[(c - o)^2] to be gained; the share of it that a forecaster gains is 1 - E[(f - o)^2] / E[(c - o)^2].
Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict

from features.periods import Periods
from models.forecaster import EVENTS_TO_JUDGE
from models.targets import Sense
from training.scores import CONFIDENCE, resampled_weights

JUDGED = ("model", "climatology", "persistence", "ceiling")
BLOCKS_TO_JUDGE = 10
ALARM_ERRORS = 4.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Truth:
    """True probabilities by Monte Carlo, in two independent half-samples; equal where they are known in closed form.

    The product (f - first) (f - second) is unbiased for (f - o)^2; the square of f - probability is not.

    Attributes:
        first: P(outcome >= cut | all that has happened by the issue time), one column per cut; index (issue_time,
            site, period).
        second: the same from the other draws.
    """

    first: pd.DataFrame
    second: pd.DataFrame

    @property
    def probability(self) -> pd.DataFrame:
        """The best estimate: the mean of both halves."""
        return (self.first + self.second) / 2


class Achieved(BaseModel):
    """How one lead and cut did beside the truth. Standard errors and intervals are of a block bootstrap.

    Attributes:
        lead: days.
        cut: in the target's unit.
        n: questions of which truth, outcome and all forecasts are known.
        events: how many of them reached the cut.
        base_rate: mean outcome.
        base_rate_error: standard error of the base rate minus the oracle's mean.
        oracle_mean: mean true probability.
        skill_oracle: Brier skill of the truth against climatology, in expectation: all that can be achieved.
        skill_model: Brier skill of the model against climatology, in expectation.
        share: share of the achievable skill that the model reaches; NaN where climatology is the truth.
        share_error: its standard error.
        share_low: lower end of the central 90 %.
        share_high: upper end.
        calibration_error: E|f - o|; the Monte-Carlo noise of o raises it a little.
        calibration_relative: the same as a part of the base rate.
        leak: realised Brier score of the truth minus that of the model, as a part of that of climatology. Without
            foreknowledge its expectation is at most 0.
        leak_error: its standard error.
        leak_z: leak / leak_error.
        foreknowledge_z: covariance of f - o with outcome - o, in standard errors. Its expectation is 0 for whoever
            knows no more than the truth does, whatever other errors he makes: it shows a leak that they hide.
        share_persistence: share that persistence reaches.
        share_ceiling: share that the best use of observable data reaches.
        ceiling_z: share minus share_ceiling, in standard errors of the paired difference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    lead: int
    cut: float
    n: int
    events: int
    base_rate: float
    base_rate_error: float
    oracle_mean: float
    skill_oracle: float
    skill_model: float
    share: float
    share_error: float
    share_low: float
    share_high: float
    calibration_error: float
    calibration_relative: float
    leak: float
    leak_error: float
    leak_z: float
    foreknowledge_z: float
    share_persistence: float | None = None
    share_ceiling: float | None = None
    ceiling_z: float | None = None

    @property
    def alarm(self) -> bool:
        """Whether it beats the truth, or errs towards what came: as only who was handed what had not happened yet.

        Below 30 events nobody can tell: no event may come by chance, and a forecast too low then looks clever.
        """
        seen = self.leak_z > ALARM_ERRORS or self.foreknowledge_z > ALARM_ERRORS
        return self.events >= EVENTS_TO_JUDGE and seen

    @property
    def ceiling_alarm(self) -> bool:
        """Whether its share is above what observable data allow, as when it was handed hidden state."""
        return self.events >= EVENTS_TO_JUDGE and self.ceiling_z is not None and self.ceiling_z > ALARM_ERRORS


def judge(
    periods: Periods,
    truth: Truth,
    forecasts: Mapping[str, pd.DataFrame],
    outcome: pd.Series,
    *,
    sense: Sense = "at_least",
    block_days: int = 30,
) -> tuple[Achieved, ...]:
    """Judges a model against the truth, for each lead and cut.

    Args:
        periods: the periods ahead.
        truth: true probabilities; their columns are the cuts.
        forecasts: probabilities of "model" and "climatology" and, if wanted, "persistence" and "ceiling" (the best use
            of observable data, such as the same features learned from hundreds of years); index and columns as truth.
        outcome: what came, in the target's unit, same index. Questions of which anything is missing are left out.
        sense: whether an event is an outcome of at least, or of at most, a cut.
        block_days: length of the blocks of the bootstrap; a block holds all sites.

    Returns:
        One row per lead and cut with any question. Standard errors and intervals are NaN, and alarms silent, where the
        record is shorter than ten blocks; those of the share also where in some resample nothing can be achieved.
    """
    totals = _totals(periods, truth, forecasts, outcome, sense)
    if not totals.sizes["issue_time"]:
        return ()
    issue_times = pd.DatetimeIndex(totals["issue_time"].to_numpy())
    weights = xr.DataArray(resampled_weights(issue_times, block_days), dims=("iteration", "issue_time"))
    enough = (issue_times[-1] - issue_times[0]).days + 1 >= BLOCKS_TO_JUDGE * block_days
    whole = totals.sum("issue_time")
    drawn = xr.dot(weights, totals.to_dataarray(), optimize=True).where(enough).to_dataset("variable")
    share, shares = _shares(whole), _shares(drawn)
    # squared errors of truth and model differ by twice the covariance less the regret
    covariance, covariances = (sums["leak"] + sums["regret_model"] for sums in (whole, drawn))
    tail = (1 - CONFIDENCE) / 2
    figures = {
        "n": whole["n"].astype(int),
        "events": whole["events"].astype(int),
        "base_rate": whole["events"] / whole["n"],
        "base_rate_error": _error(drawn["events"] - drawn["truth"]) / whole["n"],
        "oracle_mean": whole["truth"] / whole["n"],
        "skill_oracle": whole["regret_climatology"] / whole["expected"],
        "skill_model": (whole["regret_climatology"] - whole["regret_model"]) / whole["expected"],
        "share": share["model"],
        "share_error": _error(shares["model"]),
        "share_low": shares["model"].quantile(tail, "iteration", skipna=False).drop_vars("quantile"),
        "share_high": shares["model"].quantile(1 - tail, "iteration", skipna=False).drop_vars("quantile"),
        "calibration_error": whole["distance"] / whole["n"],
        "calibration_relative": whole["distance"] / whole["events"].where(whole["events"] > 0),
        "leak": whole["leak"] / whole["realised"],
        "leak_error": _error(drawn["leak"]) / whole["realised"],
        "leak_z": whole["leak"] / _error(drawn["leak"]),
        "foreknowledge_z": covariance / _error(covariances),
    }
    if "persistence" in share:
        figures["share_persistence"] = share["persistence"]
    if "ceiling" in share:
        above, error = share["model"] - share["ceiling"], _error(shares["model"] - shares["ceiling"])
        figures |= {"share_ceiling": share["ceiling"], "ceiling_z": above / error}
    rows = xr.Dataset(figures).to_dataframe(dim_order=["lead", "cut"]).reset_index().to_dict("records")
    return tuple(Achieved.model_validate(row) for row in rows)


def leak_alarms(achieved: Iterable[Achieved]) -> tuple[str, ...]:
    """One plain sentence for each alarm."""
    sentences = []
    for row in achieved:
        where = f"leak: at lead {row.lead} d and cut {row.cut:g} the model"
        if row.alarm and row.leak_z > ALARM_ERRORS:
            sentences.append(
                f"{where} beats the true probability by {row.leak_z:.1f} standard errors; no honest forecast can"
            )
        elif row.alarm:
            sentences.append(
                f"{where} errs towards what came by {row.foreknowledge_z:.1f} standard errors; no honest forecast does"
            )
        if row.ceiling_alarm:
            sentences.append(
                f"{where} reaches {row.share:.2f} of the achievable skill, {row.ceiling_z:.1f} standard errors above "
                f"the {row.share_ceiling:.2f} that observable data allow; it knows what nobody could have observed"
            )
    return tuple(sentences)


def _totals(
    periods: Periods, truth: Truth, forecasts: Mapping[str, pd.DataFrame], outcome: pd.Series, sense: Sense
) -> xr.Dataset:
    """Sums over sites by (issue_time, lead, cut), over the questions of which nothing is missing."""
    cuts = truth.first.columns
    named = {name: forecasts[name][cuts] for name in JUDGED if name in forecasts}
    halves = {"first": truth.first, "second": truth.second[cuts]}
    rows = pd.concat({"outcome": outcome.to_frame(), **halves, **named}, axis=1, join="inner").dropna()
    times = rows.index.get_level_values("issue_time")
    leads = pd.Index(periods.leads[rows.index.get_level_values("period").to_numpy() - 1], name="lead")
    first, second = rows["first"].to_numpy(), rows["second"].to_numpy()
    came, reaches = rows["outcome"].to_numpy(), np.greater_equal if sense == "at_least" else np.less_equal
    event = reaches(came, cuts.to_numpy()).astype(float)
    forecast = {name: rows[name].to_numpy() for name in named}
    mean = (first + second) / 2

    def over_sites(values: Floats) -> xr.DataArray:
        total = pd.DataFrame(values, columns=cuts).groupby([times, leads]).sum()
        return total.to_xarray().to_dataarray("cut").fillna(0.0)

    def regret(name: str) -> Floats:
        return (forecast[name] - first) * (forecast[name] - second)

    return xr.Dataset(
        {
            "n": over_sites(np.ones_like(event)),
            "events": over_sites(event),
            "truth": over_sites(mean),
            "distance": over_sites(np.abs(forecast["model"] - mean)),
            "expected": over_sites(regret("climatology") + mean - first * second),
            "realised": over_sites((forecast["climatology"] - event) ** 2),
            "leak": over_sites((first - event) * (second - event) - (forecast["model"] - event) ** 2),
        }
        | {f"regret_{name}": over_sites(regret(name)) for name in named}
    )


def _shares(totals: xr.Dataset) -> dict[str, xr.DataArray]:
    achievable = totals["regret_climatology"].where(totals["regret_climatology"] > 0)
    return {name: 1 - totals[f"regret_{name}"] / achievable for name in JUDGED if f"regret_{name}" in totals}


def _error(drawn: xr.DataArray) -> xr.DataArray:
    """Standard error; NaN where any draw is."""
    return drawn.std("iteration", skipna=False)
