"""What triggers would have been over the record as issued: alarms, hits, false alarms, days of warning and costs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.alarm_runs import EventDays, Matched, alarm_runs
from models.block_sums import BLOCK_DAYS, FEWEST_BLOCKS, central, draws, over, ratio_intervals
from models.cost_loss import Stake
from models.forecaster import EVENTS_TO_JUDGE
from models.season import SEASONS
from serving.answers import Answers, FieldError
from serving.as_issued import AsIssued
from serving.chosen_record import chosen_cut, chosen_leads, chosen_sites, narrowed, record_of, told_of
from serving.forecast_models import Share
from serving.trigger_models import USUAL, CaughtView, CostView, SimulateAnswer, SimulatedRow, SimulateQuestion

DAYS_PER_YEAR = 365.25
_NOTE_VI = (
    "Tính trên các dự báo như đã phát hành. Ngưỡng chọn theo bảng này được chọn trên chính các số liệu đó: hiệu quả "
    "sau này thường kém hơn; /v1/triggers chọn trên phần đầu và kiểm tra trên phần sau."
)
_NOTE_EN = (
    "Worked out on the forecasts as they were issued. A trigger picked from this table is picked on the very data that "
    "speak for it, and will mostly do worse later; /v1/triggers chooses on the earlier part and tells of the later."
)
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
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
        self._labels, self._of = _groups(record, days, question.by)
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
        sums = _Sums(
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


@dataclass(frozen=True, eq=False)
class _Sums:
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


def _row(
    sums: _Sums,
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


def _groups(record: AsIssued, days: EventDays, by: str) -> tuple[list[str | None], Integers]:
    """Labels of the groups, and to which each site and day belongs, shape (site, day)."""
    shape = len(record.sites), len(days.numbers)
    dates = days.numbers.astype("datetime64[D]")
    if by == "site":
        seen, place = np.unique(record.asked.site, return_inverse=True)
        of_site = np.zeros(shape[0], dtype=np.int64)
        of_site[record.asked.site] = place
        return [record.sites[number] for number in seen], np.broadcast_to(of_site[:, None], shape)
    if by == "year":
        years, place = np.unique(dates.astype("datetime64[Y]"), return_inverse=True)
        return [str(year) for year in years], np.broadcast_to(place, shape)
    if by == "season":
        return list(SEASONS), np.broadcast_to(seasons(days.numbers), shape)
    return [None], np.zeros(shape, dtype=np.int64)


def seasons(days: Integers) -> Integers:
    """Where the season of each local day stands in `SEASONS`."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    return (months + 1) % 12 // 3


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
