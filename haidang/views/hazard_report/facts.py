"""The facts of a report: every figure and table of a tested hazard, each with n and an interval."""

from dataclasses import dataclass

import pandas as pd

from features.archive import Archive
from features.sites import Sites
from models.forecaster import EVENTS_TO_JUDGE, Card
from models.hazard import Hazard
from training.backtest import Backtest
from training.calibration import Calibration, calibration
from training.cells import block_days, cells
from training.decisions import Discrimination, discrimination, economic_value, murphy_diagram
from training.event_scores import ALARMS_PER_YEAR, EventScores, event_scores
from training.losses import brier, losses_of, reached
from training.stability import flip_flops
from training.worst import Surprise, worst_false_alarms, worst_misses

BASELINES = ("climatology", "persistence")


@dataclass(frozen=True)
class Facts:
    """What a report tells.

    Attributes:
        tested: the backtest.
        sites: the deployment's sites.
        zone: IANA zone of the local day.
        card: of the newest fit; None where there is none.
        simulated: whether the outcomes are simulated.
        cut: the event that the page speaks of where it speaks of one.
        cuts: those with 30 events at least, and `cut`, from the mildest.
        by_lead: skill of the Brier score by lead, for each of `cuts`.
        by_season: the same by season and lead at `cut`; None where the backtest knows no seasons.
        by_site: by site at `cut`, over all leads.
        scores: one row for each score, its name as index, over all questions.
        calibration: at `cut`, by forecaster.
        value: relative economic value at `cut`, by forecaster.
        murphy: the Murphy diagram at `cut`.
        discrimination: ROC and PR at `cut`, by forecaster.
        events: alarms at a fixed budget, for each of `cuts` and forecasters.
        flips: flip-flop index at `cut`, by forecaster.
        misses: the worst.
        false_alarms: the worst.
        block_days: length of the blocks of the bootstrap at `cut`.
    """

    tested: Backtest
    sites: Sites
    zone: str
    card: Card | None
    simulated: bool
    cut: float
    cuts: tuple[float, ...]
    by_lead: dict[float, pd.DataFrame]
    by_season: pd.DataFrame | None
    by_site: pd.DataFrame
    scores: pd.DataFrame
    calibration: dict[str, Calibration]
    value: dict[str, pd.DataFrame]
    murphy: pd.DataFrame
    discrimination: dict[str, Discrimination]
    events: tuple[EventScores, ...]
    flips: pd.Series
    misses: tuple[Surprise, ...]
    false_alarms: tuple[Surprise, ...]
    block_days: int

    @property
    def hazard(self) -> Hazard:
        """The hazard."""
        return self.tested.hazard

    @property
    def peers(self) -> tuple[str, ...]:
        """Who was tested beside the model and both baselines."""
        return tuple(name for name in self.tested.probabilities if name not in ("model", *BASELINES))

    @property
    def horizon(self) -> int | None:
        """The last lead that beats both baselines at `cut` with the whole interval; None where there is none."""
        table = self.by_lead[self.cut]
        beaten = (table["events"] >= EVENTS_TO_JUDGE) & (table[[f"skill_{name}_low" for name in BASELINES]] > 0).all(
            axis=1
        )
        return int(table.index[beaten].max()) if beaten.any() else None


def gather(tested: Backtest, archive: Archive, card: Card | None) -> Facts:
    """Scores a backtest in every way that the page shows.

    Args:
        tested: forecasts with outcomes.
        archive: where the inputs of the worst cases are read.
        card: of the newest fit, if there is one.
    """
    hazard, zone = tested.hazard, archive.zone
    count = {cut: int(reached(tested, cut).sum()) for cut in hazard.target.cuts}
    cut = main_cut(hazard, count)
    cuts = tuple(one for one, n in count.items() if n >= EVENTS_TO_JUDGE or one == cut)
    losses = brier(tested, cut=cut)
    names = tuple(tested.probabilities)
    return Facts(
        tested=tested,
        sites=archive.sites,
        zone=zone,
        card=card,
        simulated=archive.simulated(hazard.target.variable),
        cut=cut,
        cuts=cuts,
        by_lead={one: cells(tested, brier(tested, cut=one), ["lead"], cut=one) for one in cuts},
        by_season=None if tested.quarter is None else cells(tested, losses, ["season", "lead"], cut=cut),
        by_site=cells(tested, losses, ["site"], cut=cut),
        scores=_scores(tested, cuts, cut),
        calibration={name: calibration(tested, cut, forecaster=name) for name in names},
        value={name: economic_value(tested, cut, forecaster=name) for name in names},
        murphy=murphy_diagram(tested, cut),
        discrimination={name: discrimination(tested, cut, forecaster=name) for name in names},
        events=tuple(
            event_scores(tested, one, zone, forecaster=name, alarms_per_year=ALARMS_PER_YEAR)
            for one in cuts
            for name in names
        ),
        flips=flip_flops(tested, cut, zone),
        misses=worst_misses(tested, archive, cut),
        false_alarms=worst_false_alarms(tested, archive, cut),
        block_days=block_days(tested, cut),
    )


def main_cut(hazard: Hazard, events: dict[float, int]) -> float:
    """The cut of the lowest level; where too few events of it came, the severest of which enough came, or the mildest.

    Args:
        hazard: the hazard.
        events: how many questions were events of each cut.
    """
    lowest = next((rule.cut for rule in hazard.levels.values()), hazard.target.cuts[0])
    if events[lowest] >= EVENTS_TO_JUDGE:
        return lowest
    enough = [cut for cut in hazard.target.cuts if events[cut] >= EVENTS_TO_JUDGE]
    return enough[-1] if enough else hazard.target.cuts[0]


def _scores(tested: Backtest, cuts: tuple[float, ...], cut: float) -> pd.DataFrame:
    """Every loss over all questions; those of a cut for the cuts with events enough."""
    shown = {f"{kind} {one:g}": one for one in cuts for kind in ("Brier", "log", "twCRPS")}
    rows = {}
    for name, loss in losses_of(tested).items():
        if name in shown or " " not in name:
            rows[name] = cells(tested, loss(tested), [], cut=shown.get(name, cut)).iloc[0]
    return pd.DataFrame(rows).T
