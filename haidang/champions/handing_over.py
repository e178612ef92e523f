"""Handing over: how a retrained forecaster is tested and comes before the gate."""

import pandas as pd

from haidang.chain import backtesting
from haidang.champions.promoting import challenge
from haidang.champions.retraining import ANNOUNCED, BIAS, Challenge
from haidang.champions.retraining_log import Reason
from models.hazard import Hazard
from serving.deployment import Deployment
from training.backtest import Backtest
from training.decision import Decision


def rolling_test(deployment: Deployment, hazard: Hazard) -> Backtest | None:
    """The backtest that the gate judges on; None where only a published rule answers."""
    if backtesting.only_a_rule(deployment, hazard):
        return None
    return backtesting.run_backtest(deployment, hazard, progress=lambda done, of: None)


def before_the_gate(verified: pd.DataFrame | None) -> Challenge:
    """Who brings a retrained forecaster before the gate; a changed forecast model is a reason not to ask for a gain.

    Args:
        verified: verified forecasts, see `haidang.chain.verifying.verified_forecasts`; None where there are none.
    """

    def gate(deployment: Deployment, hazard: Hazard, version: str, now: pd.Timestamp, reason: Reason) -> Decision:
        stated = reason.text if reason.kind in (BIAS, ANNOUNCED) else None
        return challenge(deployment, hazard, version, now, reason=stated, verified=verified)

    return gate
