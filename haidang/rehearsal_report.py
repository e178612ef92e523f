"""The report of a rehearsal: the live track record, alerts, retrainings and promotions, and silent days."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.dataset as ds
from deltalake import DeltaTable
from pydantic import BaseModel, ConfigDict

from haidang import views
from haidang.rehearsal import ALERT, FAILED, KILLED, Lived
from haidang.rehearsal_steps import expected
from models.hazard import Hazard
from serving.deployment import Deployment
from training.scores import BLOCK_DAYS, resampled_weights, skill_against, skill_interval

Floats = npt.NDArray[np.float64]
BASELINES = ("climatology", "persistence")


class Live(BaseModel):
    """How the forecasts of a hazard did as they were issued, at one lead, about the event of its lowest level.

    Brier scores: lower is better; skill against both baselines as they were issued, with the central 90 % of a block
    bootstrap over issue times; None where no baseline was issued, or its score is 0. An alarm is a forecast that
    reaches the lowest level.
    """

    model_config = ConfigDict(frozen=True)

    hazard: str
    lead: int
    cut: float
    n: int
    events: int
    brier: float
    skill_climatology: float | None
    skill_climatology_low: float | None
    skill_climatology_high: float | None
    skill_persistence: float | None
    skill_persistence_low: float | None
    skill_persistence_high: float | None
    hits: int
    misses: int
    false_alarms: int


class Happened(BaseModel):
    """A line of the diary that somebody should read; `times` tells how often it was said, `at` when first."""

    model_config = ConfigDict(frozen=True)

    at: pd.Timestamp
    step: str
    kind: str
    about: str
    text: str
    times: int
