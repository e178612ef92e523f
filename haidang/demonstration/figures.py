"""The figures of a case on real data: model, climatology and persistence side by side, with a verdict on each line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from features.archive import Archive
from features.endemic import UsualAhead
from features.past import Latest
from features.table import rows
from haidang.chain import backtesting
from haidang.demonstration.cases import Case
from models.endemic_target import OverUsual
from models.forecaster import EVENTS_TO_JUDGE
from models.targets import SIGNS
from serving.deployment import Deployment
from training.backtest import Backtest
from training.point_scores import AS_MEASURED, as_measured, medians, point_scores, running
from training.scores import skill_by_lead

Interval = tuple[float, float, float]
_NEWEST_DAYS = 125
_UNKNOWABLE = "persistence knows the running period, as nobody could"


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        case: name of the case.
        sites: whose questions they are.
        what: the event, or the number that was told.
        score: Brier score, or how the error of a number is measured; lower is better.
        lead: days from the issue day to the first day of the period.
        n: questions.
        events: how many of them were events; None for a number.
        model: the score of the model.
        climatology: that of the climatology.
        persistence: that of persistence: calibrated for an event, the present value itself for a number.
        over_climatology: skill against climatology with the ends of its 90 % interval.
        over_persistence: the same against persistence.
    """

    case: str
    sites: str
    what: str
    score: str
    lead: int
    n: int
    events: int | None
    model: float
    climatology: float
    persistence: float
    over_climatology: Interval
    over_persistence: Interval

    @property
    def verdict(self) -> str:
        """Which baselines are beaten with the whole interval, and which are not; below 30 events nobody can tell."""
        if self.events is not None and self.events < EVENTS_TO_JUDGE:
            return "too few events"
        told = {"climatology": _against(self.over_climatology), "persistence": _against(self.over_persistence)}
        if len(set(told.values())) == 1:
            return f"{told['climatology']} both"
        return ", ".join(f"{how} {name}" for name, how in told.items())


def run_case(case: Case, deployment: Deployment, name: str, *, progress: backtesting.Progress) -> Backtest:
    """Tests a hazard as its case says: over rolling origins in time, or on groups of sites that are left out.

    Args:
        case: the case.
        deployment: where its entries lie.
        name: of the hazard.
        progress: is told how many folds are done, of how many.
    """
    hazard, start = deployment.hazard(name), pd.Timestamp(case.test_from, tz=deployment.settings.local_zone)
    if case.groups is not None:
        return backtesting.run_held_out(deployment, hazard, case.groups, start=start, progress=progress)
    return backtesting.run_backtest(deployment, hazard, start=start, progress=progress)


def figures(name: str, case: Case, tested: Backtest, archive: Archive) -> tuple[Figure, ...]:
    """All lines of a tested case: Brier scores by cut and lead, then the number that it tells, for all sites and apart.

    Args:
        name: of the case.
        case: the case.
        tested: its test.
        archive: where the present values are found.
    """
    parts = [("all", tested)] + [(code, _at_site(tested, code)) for code in case.apart]
    found: list[Figure] = []
    for sites, part in parts:
        target = part.hazard.target
        for row in skill_by_lead(part):
            what = f"{SIGNS[target.sense]} {row.cut:g} {target.unit}"
            found.append(
                Figure(
                    name, sites, what, "Brier", row.lead, row.n, row.events,
                    row.brier, row.brier_climatology, row.brier_persistence,
                    (row.skill_climatology, row.skill_climatology_low, row.skill_climatology_high),
                    (row.skill_persistence, row.skill_persistence_low, row.skill_persistence_high),
                )
            )  # fmt: skip
        found.extend(_of_number(name, sites, case, part, archive))
    return tuple(found)


def _of_number(name: str, sites: str, case: Case, tested: Backtest, archive: Archive) -> list[Figure]:
    if case.measure is None:
        return []
    forecasts, outcome, what = _numbers(case, tested, archive)
    rivals = {what: forecasts[AS_MEASURED], f"{what}; {_UNKNOWABLE}": running(tested, archive)}
    return [
        Figure(
            name, sites, told, case.measure, row.lead, row.n, None, row.model, row.climatology, row.persistence,
            row.skill_climatology, row.skill_persistence,
        )
        for told, rival in rivals.items()
        for row in point_scores(tested, forecasts | {AS_MEASURED: rival}, outcome, measure=case.measure)
    ]  # fmt: skip


def _numbers(case: Case, tested: Backtest, archive: Archive) -> tuple[dict[str, pd.Series], pd.Series, str]:
    """The number that each forecaster tells, what came, and what it is: where cases are counted, a number of cases."""
    hazard, target = tested.hazard, tested.hazard.target
    now = as_measured(tested, archive)
    if case.measure == "RMSE":
        told = {who: tested.expected[who] for who in ("model", "climatology")}
        return told | {AS_MEASURED: now}, tested.outcome, f"expected outcome, {target.unit}"
    told = {who: medians(tested.probabilities[who]) for who in ("model", "climatology")}
    if not isinstance(target, OverUsual):
        return told | {AS_MEASURED: now}, tested.outcome, f"median, {target.unit}"
    usual = UsualAhead(target.variable, channel=target.channel)
    latest = Latest(target.variable, days=_NEWEST_DAYS)
    asked = rows(archive.as_of(tested.issue_times), (usual, latest), hazard.periods, where=hazard.where)
    asked = asked.reindex(tested.outcome.index)
    bound = asked[usual.name]
    counted = {who: (number * bound).round() for who, number in told.items()}
    return counted | {AS_MEASURED: asked[latest.name]}, tested.outcome * bound, "median, cases"


def _at_site(tested: Backtest, code: str) -> Backtest:
    """The questions of one site."""
    there = tested.outcome.index.get_level_values("site") == code
    probabilities = {name: answer[there] for name, answer in tested.probabilities.items()}
    return replace(tested, outcome=tested.outcome[there], probabilities=probabilities, expected=tested.expected[there])


def _against(skill: Interval) -> str:
    _, low, high = skill
    return "beats" if low > 0 else "loses to" if high < 0 else "not told apart from"


def as_table(found: Sequence[Figure]) -> pd.DataFrame:
    """The lines as a table of texts."""
    return pd.DataFrame(
        [
            {
                "case": figure.case,
                "sites": figure.sites,
                "what": figure.what,
                "score": figure.score,
                "lead (d)": figure.lead,
                "n": figure.n,
                "events": "-" if figure.events is None else figure.events,
                "model": f"{figure.model:.4g}",
                "climatology": f"{figure.climatology:.4g}",
                "persistence": f"{figure.persistence:.4g}",
                "skill vs climatology": _shown(figure.over_climatology),
                "skill vs persistence": _shown(figure.over_persistence),
                "verdict": figure.verdict,
            }
            for figure in found
        ]
    )


def _shown(skill: Interval) -> str:
    value, low, high = skill
    return f"{value:+.3f} [{low:+.3f} {high:+.3f}]"
