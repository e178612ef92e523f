"""The frozen part: the last years of a record, which no backtest and no tuning touches and a release looks at once.

What was chosen on tested years looks better on them than it is. So the last years are kept from every choice, and each
look at them is written down: who looked, when, with which code and hazard, and what was seen.
"""

from collections.abc import Iterable
from datetime import datetime

import pandas as pd
from pydantic import BaseModel, ConfigDict

from features.archive import Archive
from features.errors import HaidangError
from models.hazard import Hazard


class Look(BaseModel):
    """One look at the frozen part.

    Attributes:
        hazard: name of the hazard.
        code_version: of the release that looked.
        fingerprint: of the hazard as it was declared.
        who: the user who looked.
        at: when.
        start: first origin that was tested.
        end: end of the test.
        reason: why a release looked again; empty for its first look.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hazard: str
    code_version: str
    fingerprint: str
    who: str
    at: datetime
    start: datetime
    end: datetime
    reason: str = ""


def frozen_from(hazard: Hazard, archive: Archive, years: int) -> pd.Timestamp:
    """When the frozen part begins: some years before the last complete outcome.

    In a simulated record nothing is frozen: fresh seeds are new tests without limit.
    """
    complete = archive.ends() - pd.Timedelta(days=hazard.embargo_days)
    return complete if archive.simulated(hazard.target.variable) else complete - pd.DateOffset(years=years)


def allow(looks: Iterable[Look], wanted: Look) -> None:
    """Lets a release look once, and again with a reason.

    Args:
        looks: the looks that were taken.
        wanted: the look that is asked for.

    Raises:
        HaidangError: if the release has looked before and no reason is given.
    """
    release = (wanted.hazard, wanted.code_version, wanted.fingerprint)
    before = [look for look in looks if (look.hazard, look.code_version, look.fingerprint) == release]
    if before and not wanted.reason:
        told = "; ".join(
            f"{look.who} on {look.at:%Y-%m-%d %H:%M}" + f" ({look.reason})" * bool(look.reason) for look in before
        )
        raise HaidangError(
            f"the frozen part of {wanted.hazard} was looked at before by this release, code {wanted.code_version}, "
            f"hazard {wanted.fingerprint}: {told}. What is looked at twice is no test: if you must, say why with "
            "--again REASON"
        )
