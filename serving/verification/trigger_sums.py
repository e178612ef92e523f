"""Sums of a trigger over blocks of days, by group: hit rate, false alarm ratio and costs, each with its interval."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.block_sums import FEWEST_BLOCKS, central, draws, over, ratio_intervals
from models.cost_loss import Stake
from models.forecaster import EVENTS_TO_JUDGE
from serving.schemas.forecast_models import Share
from serving.verification.trigger_models import CostView, SimulateQuestion

DAYS_PER_YEAR = 365.25
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sums:
    """Counts by block and group, shape (block, group)."""

    asked: Floats
    event_days: Floats
    events: Floats
    hits: Floats
    false: Floats
    alarms: Floats
    warned: Floats

    @property
    def enough(self) -> Flags:
        """Which groups have events, and blocks of days, enough to judge by."""
        blocks = (self.asked > 0).sum(axis=0)
        enough: Flags = (self.events.sum(axis=0) >= EVENTS_TO_JUDGE) & (blocks >= FEWEST_BLOCKS)
        return enough

    def rates(self) -> tuple[list[Share | None], list[Share | None]]:
        """Hit rate and false alarm ratio of each group."""
        raised = self.hits + self.false
        few = raised.sum(axis=0) < EVENTS_TO_JUDGE
        return _shares(self.hits, self.events, self.enough), _shares(self.false, raised, self.enough & ~few)

    def costs(self, question: SimulateQuestion) -> list[CostView | None]:
        """Costs of each group; None where none are asked, or there are too few events."""
        if question.cost is None or question.loss is None:
            return [None] * self.asked.shape[1]
        stake, daily = Stake(question.cost, question.loss, question.prevented), question.cost_per == "day"
        acted, needed = (self.warned, self.event_days) if daily else (self.alarms, self.events)
        whole = {name: of.sum(axis=0) for name, of in vars(self).items()}
        total, never = stake.expense(acted, self.hits, self.events), stake.expense(0, 0, whole["events"])
        always = stake.expense(whole["asked"], whole["events"], whole["events"])
        perfect = np.minimum(stake.expense(needed.sum(axis=0), whole["events"], whole["events"]), never)
        drawn = draws(len(total))
        low, high = central(DAYS_PER_YEAR * over(drawn @ total, drawn @ self.asked))
        each = DAYS_PER_YEAR * over(total.sum(axis=0), whole["asked"])
        return [
            CostView(
                total=_rounded(total.sum(axis=0)[place]),
                never=_rounded(never[place]),
                always=_rounded(always[place]) if daily else None,
                perfect=_rounded(perfect[place]),
                saved=_rounded(never[place] - total.sum(axis=0)[place]),
                site_year=_rounded(each[place]),
                site_year_low=_rounded(low[place]),
                site_year_high=_rounded(high[place]),
            )
            if enough
            else None
            for place, enough in enumerate(self.enough)
        ]


def _shares(part: Floats, whole: Floats, chosen: Flags) -> list[Share | None]:
    low, high = ratio_intervals(part, whole, chosen)
    told = over(part.sum(axis=0), whole.sum(axis=0))
    return [
        Share(share=round(one, 4), low=round(least, 4), high=round(most, 4))
        if np.isfinite([one, least, most]).all()
        else None
        for one, least, most in zip(told.tolist(), low.tolist(), high.tolist(), strict=True)
    ]


def _rounded(amount: float) -> float:
    """To six significant digits."""
    return float(f"{amount:.6g}")
