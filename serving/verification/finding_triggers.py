"""The trigger that costs an agency least: chosen on the earlier part of the record, told on the later part."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.block_sums import BLOCK_DAYS, FEWEST_BLOCKS, central, draws
from models.cost_loss import THRESHOLDS, Counts, Stake, cheapest, counts
from models.forecaster import EVENTS_TO_JUDGE
from serving.answering.answers import Answers
from serving.issued.as_issued import AsIssued
from serving.verification.chosen_record import (
    as_day,
    chosen_cut,
    chosen_leads,
    chosen_sites,
    narrowed,
    record_of,
    told_of,
)
from serving.verification.trigger_models import FoundTrigger, PartView, TriggerAnswer, TriggerQuestion, ValueView

EARLIER = 0.6
"""Share of the record's questions on which the trigger is chosen; a choice of this service."""
REFERENCE = "https://doi.org/10.1002/qj.49712656313"
_NOTE_VI = (
    "Ngưỡng rẻ nhất được chọn trên phần đầu của các dự báo đã phát hành và đánh giá trên phần sau, không bao giờ trên "
    "cùng số liệu. Theo lý thuyết, với xác suất chuẩn xác thì nên hành động từ tỷ số chi phí trên tổn thất tránh được."
)
_NOTE_EN = (
    "The cheapest trigger is chosen on the earlier part of the forecasts as issued and told on the later part, never "
    "on the same ones. In theory, with calibrated probabilities, it pays to act from the ratio of cost to the loss "
    "that is prevented."
)
_NEVER = len(THRESHOLDS)
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def found_trigger(answers: Answers, question: TriggerQuestion) -> TriggerAnswer:
    """Answers from which probability on it pays to act.

    Args:
        answers: of the caller.
        question: what is asked.

    Raises:
        FieldError: if a field cannot be used.
        UnknownNameError: if there is no such hazard.
    """
    hazard = answers.deployment.hazard(question.hazard)
    return trigger_of(record_of(answers, hazard), chosen_sites(answers, question.sites), question)


def trigger_of(record: AsIssued, sites: frozenset[str], question: TriggerQuestion) -> TriggerAnswer:
    """The same of a record, at sites of which it may be told.

    Raises:
        FieldError: if a field cannot be used.
    """
    hazard = record.hazard
    cut = chosen_cut(hazard, question.cut)
    lead = int(hazard.periods.leads[0]) if question.lead is None else question.lead
    leads = chosen_leads(hazard, lead, lead, names=("lead", "lead"))
    record = narrowed(record, sites, leads)
    column = hazard.target.cuts.index(cut)
    record = record.of(np.isfinite(record.told["probabilities"][:, column]))
    stake = Stake(question.cost, question.loss, question.prevented)
    pays = stake.ratio < 1
    warnings = [] if pays else ["acting costs as much as it prevents, or more: it never pays"]
    parts = _parts(record)
    short = _too_short(record, parts, column)
    return TriggerAnswer(
        record=told_of(record, cut, leads),
        ratio=_rounded(stake.ratio),
        acts_from=_rounded(stake.ratio) if pays else None,
        found=None if short else _found(record, parts, column, stake),
        warnings=warnings + short,
        reference=REFERENCE,
        note_vi=_NOTE_VI,
        note_en=_NOTE_EN,
    )


def _parts(record: AsIssued) -> tuple[Flags, Flags]:
    """The earlier and the later part: what is issued later begins when the periods of the earlier are over."""
    asked = record.asked
    if not len(record):
        return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
    until = np.quantile(asked.issued, EARLIER, method="lower")
    earlier = asked.issued <= until
    return earlier, asked.issued >= asked.end[earlier].max()


def _too_short(record: AsIssued, parts: tuple[Flags, Flags], column: int) -> list[str]:
    """Why the record does not show where to act; empty where it does."""
    told = []
    for name, part in zip(("earlier", "later"), parts, strict=True):
        event = record.event[part, column]
        events, quiet = int(event.sum()), int((~event).sum())
        if min(events, quiet) < EVENTS_TO_JUDGE:
            told.append(
                f"the {name} part of the record has {events} forecasts of periods with the event and {quiet} without: "
                f"{EVENTS_TO_JUDGE} of each are needed, and only the ratio of cost to loss is told"
            )
        elif (blocks := _Part.of(record, part, column).blocks) < FEWEST_BLOCKS:
            told.append(
                f"the {name} part of the record has {blocks} blocks of days: {FEWEST_BLOCKS} are needed, and only the "
                "ratio of cost to loss is told"
            )
    return told


@dataclass(frozen=True, eq=False)
class _Part:
    """What acting would have been in a part of the record, by block of days."""

    told: Counts
    blocks: int
    view: PartView

    @classmethod
    def of(cls, record: AsIssued, chosen: Flags, column: int) -> "_Part":
        issued, event = record.asked.issued[chosen], record.event[chosen, column]
        length = max(BLOCK_DAYS, record.hazard.periods.reach)
        numbers, block = np.unique(issued // length, return_inverse=True)
        told = counts(record.told["probabilities"][chosen, column], event, block, len(numbers))
        view = PartView(
            issued_from=as_day(int(issued.min())),
            issued_to=as_day(int(issued.max())),
            n=len(issued),
            events=int(event.sum()),
        )
        return cls(told, len(numbers), view)

    def value(self, stake: Stake, acted: Floats, hits: Floats, acts_from: float | None) -> ValueView:
        """How acting so did; `acted` and `hits` by block."""
        n, events = self.told.n, self.told.events
        expense, drawn = stake.expense(acted, hits, events), draws(self.blocks)
        value = float(stake.value(expense.sum(), n.sum(), events.sum()))
        low, high = central(stake.value(drawn @ expense, drawn @ n, drawn @ events)[:, None])
        return ValueView(
            acts_from=acts_from,
            acted=int(acted.sum()),
            hits=int(hits.sum()),
            expense=_rounded(expense.sum() / n.sum()),
            value=_told(value),
            value_low=_told(low[0]),
            value_high=_told(high[0]),
        )


def _found(record: AsIssued, parts: tuple[Flags, Flags], column: int, stake: Stake) -> FoundTrigger:
    earlier, later = (_Part.of(record, part, column) for part in parts)
    best = int(cheapest(stake, earlier.told, np.ones((1, earlier.blocks)))[0])
    redrawn = cheapest(stake, earlier.told, draws(earlier.blocks))
    low, high = np.quantile(redrawn, [0.05, 0.95], method="nearest").astype(int)
    told, event = record.told["probabilities"][parts[1], column], record.event[parts[1], column]
    theory = told >= stake.ratio if stake.ratio < 1 else np.zeros(len(told), dtype=bool)
    issued = record.asked.issued[parts[1]] // max(BLOCK_DAYS, record.hazard.periods.reach)
    block = np.unique(issued, return_inverse=True)[1]
    by_theory = [np.bincount(block[of], minlength=later.blocks).astype(float) for of in (theory, theory & event)]
    n, events = later.told.n.sum(), later.told.events.sum()
    return FoundTrigger(
        chosen_on=earlier.view,
        told_on=later.view,
        chosen=later.value(stake, later.told.acted[:, best], later.told.hits[:, best], _threshold(best)),
        chosen_low=_threshold(int(low)),
        chosen_high=_threshold(int(high)),
        theoretical=later.value(stake, by_theory[0], by_theory[1], _rounded(stake.ratio) if stake.ratio < 1 else None),
        always=_rounded(float(stake.expense(n, events, events) / n)),
        never=_rounded(float(stake.expense(0, 0, events) / n)),
        perfect=_rounded(float(stake.perfect(events) / n)),
    )


def _threshold(place: int) -> float | None:
    return None if place == _NEVER else float(THRESHOLDS[place])


def _told(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _rounded(amount: float) -> float:
    """To six significant digits."""
    return float(f"{amount:.6g}")
