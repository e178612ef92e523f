"""What triggers would have been over the record as issued: alarms, hits, false alarms, days of warning and costs."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from models.alarm_runs import EventDays, Matched, alarm_runs
from models.block_sums import BLOCK_DAYS, FEWEST_BLOCKS
from models.forecaster import EVENTS_TO_JUDGE
from serving.access.refusals import FieldError
from serving.answering.answers import Answers
from serving.issued.as_issued import AsIssued
from serving.schemas.forecast_models import Share
from serving.verification.chosen_record import chosen_cut, chosen_leads, chosen_sites, narrowed, record_of, told_of
from serving.verification.record_groups import groups_of
from serving.verification.trigger_models import (
    USUAL,
    CaughtView,
    CostView,
    SimulateAnswer,
    SimulatedRow,
    SimulateQuestion,
)
from serving.verification.trigger_sums import Flags, Floats, Sums

_NOTE_VI = (
    "Tính trên các dự báo như đã phát hành. Ngưỡng chọn theo bảng này được chọn trên chính các số liệu đó: hiệu quả "
    "sau này thường kém hơn; /v1/triggers chọn trên phần đầu và kiểm tra trên phần sau."
)
_NOTE_EN = (
    "Worked out on the forecasts as they were issued. A trigger picked from this table is picked on the very data that "
    "speak for it, and will mostly do worse later; /v1/triggers chooses on the earlier part and tells of the later."
)
Integers = npt.NDArray[np.int64]


def simulated(answers: Answers, question: SimulateQuestion) -> SimulateAnswer:
    """Answers what triggers would have been.

    Args:
        answers: of the caller.
        question: what is asked.

    Raises:
        FieldError: if a field cannot be used.
        UnknownNameError: if there is no such hazard.
    """
    hazard = answers.deployment.hazard(question.hazard)
    return simulation(record_of(answers, hazard), chosen_sites(answers, question.sites), question)


def simulation(record: AsIssued, sites: frozenset[str], question: SimulateQuestion) -> SimulateAnswer:
    """The same of a record, at sites of which it may be told.

    Raises:
        FieldError: if a field cannot be used.
    """
    hazard = record.hazard
    if question.level is not None and (question.cut is not None or question.probabilities is not None):
        raise FieldError("level", "a level has a cut and a probability of its own: ask by level, or by probabilities")
    if (question.cost is None) != (question.loss is None):
        raise FieldError("loss" if question.loss is None else "cost", "cost and loss belong together: state both")
    if question.level is not None and question.level not in hazard.levels:
        told = ", ".join(hazard.levels) or "no levels"
        raise FieldError("level", f"{hazard.name} declares {told}: ask by cut and probabilities, or by one of these")
    level = None if question.level is None else list(hazard.levels).index(question.level)
    cut = chosen_cut(hazard, question.cut) if question.level is None else hazard.levels[question.level].cut
    leads = chosen_leads(hazard, question.lead_from, question.lead_to, names=("lead_from", "lead_to"))
    record = narrowed(record, sites, leads)
    column = hazard.target.cuts.index(cut)
    record = record.of(np.isfinite(record.told["probabilities"][:, column])) if level is None else record
    return SimulateAnswer(
        record=told_of(record, cut, leads),
        level=question.level,
        by=question.by,
        rows=list(_rows(record, column, level, question)) if len(record) else [],
        note_vi=_NOTE_VI,
        note_en=_NOTE_EN,
    )


def _rows(record: AsIssued, column: int, level: int | None, question: SimulateQuestion) -> Iterator[SimulatedRow]:
    days = EventDays(record.asked, record.event[:, column], len(record.sites), len(record.leads))
    groups = _Groups(record, days, question)
    told = record.told["probabilities"][:, column]
    if level is not None:
        yield from groups.rows(record.level >= level, None)
        return
    for probability in question.probabilities or USUAL:
        yield from groups.rows(told >= probability, probability)


class _Groups:
    """The groups that rows are made of, and the blocks of days of all sites that are drawn anew for intervals."""

    def __init__(self, record: AsIssued, days: EventDays, question: SimulateQuestion) -> None:
        self._record, self._days, self._question = record, days, question
        length = max(BLOCK_DAYS, record.hazard.periods.reach)
        self._block_of_day = days.numbers // length - days.numbers[0] // length
        self._blocks = int(self._block_of_day[-1]) + 1
        self._labels, self._of = groups_of(record, days, question.by)
        site, day = np.nonzero(days.held(record.asked))
        self._asked = self._sums(site, day)
        site, day = np.nonzero(days.event)
        self._event_days = self._sums(site, day)

    def rows(self, alarm: Flags, probability: float | None) -> Iterator[SimulatedRow]:
        """A row for each group, of the alarms of one trigger."""
        record, days = self._record, self._days
        matched, alarmed = days.matched_at_any_lead(record.asked, alarm), record.asked.of(alarm)
        runs, order = alarm_runs(alarmed, np.zeros_like(alarmed.lead))
        begins = order[np.flatnonzero(np.diff(runs, prepend=-1))]
        sums = Sums(
            asked=self._asked,
            event_days=self._event_days,
            events=self._of_matched(matched, ~matched.false),
            hits=self._of_matched(matched, matched.hit),
            false=self._of_matched(matched, matched.false),
            alarms=self._sums(alarmed.site[begins], alarmed.first[begins] - days.numbers[0]),
            warned=self._sums(*np.nonzero(days.held(alarmed))),
        )
        rates = sums.rates()
        costs = sums.costs(self._question)
        group = self._of[matched.site, matched.day - days.numbers[0]]
        for place, label in enumerate(self._labels):
            gained = matched.gained[matched.hit & (group == place)]
            yield _row(sums, rates, costs, place, label, probability, gained)

    def _of_matched(self, matched: Matched, chosen: Flags) -> Floats:
        return self._sums(matched.site[chosen], matched.day[chosen] - self._days.numbers[0])

    def _sums(self, site: Integers, day: Integers) -> Floats:
        """How many fall in each block and group, from sites and days after the first."""
        at = self._block_of_day[day] * len(self._labels) + self._of[site, day]
        counted = np.bincount(at, minlength=self._blocks * len(self._labels))
        return counted.reshape(self._blocks, -1).astype(float)


def _row(
    sums: Sums,
    rates: tuple[list[Share | None], list[Share | None]],
    costs: list[CostView | None],
    place: int,
    label: str | None,
    probability: float | None,
    gained: Floats,
) -> SimulatedRow:
    whole = {name: int(of[:, place].sum()) for name, of in vars(sums).items()}
    enough = bool(sums.enough[place])
    few = f"{whole['events']} events: below {EVENTS_TO_JUDGE}, or with less than {FEWEST_BLOCKS} blocks of days, "
    longest = int(gained.max()) if len(gained) else 0
    return SimulatedRow(
        probability=probability,
        group=label,
        site_days=whole["asked"],
        events=whole["events"],
        hits=whole["hits"],
        misses=whole["events"] - whole["hits"],
        alarms=whole["alarms"],
        false_alarms=whole["false"],
        warning_days=whole["warned"],
        caught=[CaughtView(days=n, events=int((gained >= n).sum())) for n in range(1, longest + 1)],
        lead_gained_days=float(np.median(gained)) if len(gained) else None,
        hit_rate=rates[0][place],
        false_alarm_ratio=rates[1][place],
        costs=costs[place],
        judged="judged" if enough else "too few to judge",
        withheld=None if enough else f"{few}rates and costs are chance",
    )
