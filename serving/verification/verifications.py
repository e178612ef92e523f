"""The verification as it is told to a caller: the live record page by page, and beside it the backtest."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.errors import UnknownNameError
from models.forecaster import EVENTS_TO_JUDGE
from models.track_records import ANY_LEAD, EVERYWHERE
from serving.access.refusals import FieldError
from serving.access.suppression import hidden
from serving.answering.answers import Answers
from serving.answering.hidden_sites import hidden_sites
from serving.answering.restricted import SMALLEST_COUNT
from serving.issued.as_issued import AsIssued
from serving.verification.chosen_record import as_day, chosen_cut, record_of
from serving.verification.promotion_view import promotion
from serving.verification.verification_cursor import cursor_after, read_cursor
from serving.verification.verification_models import (
    Scope,
    VerificationPage,
    VerificationQuestion,
)
from serving.verification.verification_rows import row_told
from serving.verification.verification_table import COUNTS, KEY, NO_LEVEL, WHOLE_YEAR, Verification, verification

_OF_SITE: Scope = "site"
_OF_ALL: Scope = "all sites"
_OF_COMMUNE: Scope = "restricted sites of a commune"
_OF_HIDDEN: Scope = "all restricted sites"
_SCOPES = (_OF_ALL, _OF_HIDDEN, _OF_COMMUNE, _OF_SITE)
_NOTE_VI = (
    "`rows` là kết quả của các dự báo như đã phát hành, đối chiếu với thực tế. `at_promotion` là kết quả kiểm tra lại "
    "trên quá khứ trước khi đưa vào phục vụ: không phải kết quả đã phát hành."
)
_NOTE_EN = (
    "`rows` tell how forecasts did as they were issued, against what came. `at_promotion` is the backtest before the "
    "forecaster was put in service: nothing of it was ever issued."
)
_ORDER = ["rank", *KEY]


def verification_page(answers: Answers, question: VerificationQuestion) -> VerificationPage:
    """Answers how the forecasts of a hazard did.

    Args:
        answers: of the caller.
        question: what is asked.

    Raises:
        FieldError: if a field cannot be used.
        UnknownNameError: if there is no such hazard.
    """
    hazard = answers.deployment.hazard(question.hazard)
    record = record_of(answers, hazard)
    whole = _told_to(answers, record)
    rows = whole.rows[_wanted(answers, question, whole.rows)]
    keys = list(map(tuple, rows[_ORDER].to_numpy().tolist()))
    begin = 0
    if question.cursor is not None:
        last = read_cursor(question)
        begin = sum(key <= last for key in keys)
    page = rows.iloc[begin : begin + question.limit]
    more = begin + len(page) < len(rows)
    seen = record.asked.issued[record.at_sites(frozenset(answers.deployment.sites.codes))]
    return VerificationPage(
        hazard=hazard.name,
        unit=hazard.target.unit,
        sense=hazard.target.sense,
        verified_until=None if record.until is None else pd.Timestamp(record.until).to_pydatetime(),
        issued_from=as_day(int(seen.min())) if len(seen) else None,
        issued_to=as_day(int(seen.max())) if len(seen) else None,
        events_to_judge=EVENTS_TO_JUDGE,
        rows=[row_told(one, whole.bins) for one in page.to_dict("records")],
        next=cursor_after(question, keys[begin + len(page) - 1]) if more else None,
        at_promotion=promotion(answers.card(hazard)),
        note_vi=_NOTE_VI,
        note_en=_NOTE_EN,
    )


@dataclass(frozen=True, eq=False)
class _Told:
    """The rows that a caller may see, in their order, and the bins of probability that they point to."""

    rows: pd.DataFrame
    bins: np.ndarray


def _told_to(answers: Answers, record: AsIssued) -> _Told:
    """The table for a caller, made once for as long as the record is held."""
    codes = answers.deployment.sites.codes
    found = record.made.get(codes)
    if not isinstance(found, _Told):
        found = record.made[codes] = _tables(answers, record)
    return found


def _tables(answers: Answers, record: AsIssued) -> _Told:
    place = {code: number for number, code in enumerate(record.sites)}
    seen = [code for code in record.sites if code in answers.deployment.sites]
    group = np.full(len(record.sites), -1)
    group[[place[code] for code in seen]] = np.arange(len(seen))
    public = verification(record, group, seen)
    rows = public.rows.assign(suppressed=False, sites=np.nan)
    rows["scope"] = np.where(rows["group"] == EVERYWHERE, _OF_ALL, _OF_SITE)
    unseen = hidden_sites(answers)
    of_hidden = unseen.groups(record.sites)
    if (of_hidden >= 0).any():
        table = verification(record, of_hidden, [f"{number}" for number in range(len(unseen.communes))])
        kept = aggregated(table, np.bincount(of_hidden[of_hidden >= 0], minlength=len(unseen.communes)))
        commune = {str(number): code for number, code in enumerate(unseen.communes)}
        kept["scope"] = np.where(kept["group"] == EVERYWHERE, _OF_HIDDEN, _OF_COMMUNE)
        kept["group"] = kept["group"].map({EVERYWHERE: EVERYWHERE, **commune})
        rows = pd.concat([rows, kept], ignore_index=True)
    rows["rank"] = rows["scope"].map({scope: rank for rank, scope in enumerate(_SCOPES)}).astype(int)
    return _Told(rows.sort_values(_ORDER, ignore_index=True), public.reliability)


def aggregated(table: Verification, sites: np.ndarray) -> pd.DataFrame:
    """What may be told of groups of hidden sites: rows of the whole year, suppressed where too few stand behind them.

    Whether a group is told is decided for each cut, of all leads and levels at once.

    Args:
        table: whose groups are named by their number.
        sites: how many sites each group has.
    """
    rows = table.rows[table.rows["season"] == WHOLE_YEAR].assign(suppressed=False, cell=-1)
    parts = []
    for _, of_cut in rows.groupby("cut"):
        counted = of_cut[of_cut["group"] != EVERYWHERE]
        there = [str(one) for one in range(len(sites)) if str(one) in set(counted["group"])]
        known = [name for name in COUNTS if name in counted]
        counts = counted.pivot_table(known, "group", ["lead", "level"], "sum", fill_value=0)
        counts = counts.reindex(there, fill_value=0)
        contributors = np.array([sites[int(one)] for one in there])
        silent = hidden(contributors, counts.to_numpy().astype(np.int64), SMALLEST_COUNT)
        closed = {name for name, shut in zip(there, silent.groups, strict=True) if shut}
        closed |= {EVERYWHERE} if silent.total else set()
        of_group = {**{str(one): n for one, n in enumerate(sites)}, EVERYWHERE: contributors.sum()}
        said = of_cut[~of_cut["group"].isin(closed)]
        parts.append(said.assign(sites=said["group"].map(of_group).astype(float)))
        unsaid = of_cut[of_cut["group"].isin(closed)].drop_duplicates("group")[KEY]
        parts.append(unsaid.assign(lead=ANY_LEAD, level=NO_LEVEL, suppressed=True, judged=False, cell=-1))
    return pd.concat(parts, ignore_index=True)


def _wanted(answers: Answers, question: VerificationQuestion, rows: pd.DataFrame) -> pd.Series:
    """Which rows the filters ask for."""
    hazard = answers.deployment.hazard(question.hazard)
    wanted: dict[str, object] = {"scope": question.scope, "season": question.season, "lead": question.lead}
    if question.site is not None:
        try:
            wanted["group"] = answers.deployment.sites.find(question.site).code
        except UnknownNameError as error:
            raise FieldError("site", str(error)) from error
    if question.cut is not None:
        wanted["cut"] = chosen_cut(hazard, question.cut)
    if question.level is not None:
        if question.level not in hazard.levels:
            told = ", ".join(hazard.levels) or "no levels"
            raise FieldError("level", f"{hazard.name} declares {told}, not {question.level}")
        wanted["level"] = question.level
    chosen = pd.Series(data=True, index=rows.index)
    for name, value in wanted.items():
        chosen &= True if value is None else rows[name] == value
    return chosen
