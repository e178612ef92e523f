"""The gate: whether a challenger becomes champion. The default is to keep the champion.

Both are judged on the same past questions, and neither had seen them: the challenger by the answers that its rolling
refits gave, which were kept when it was fitted; the champion by its own fit where a question came after all that it had
learned from, and by its own kept answers before. So what is compared is going on with the champion, as it is, with
taking over the challenger's recipe and its newer data.

The headline was stated before anything was compared: the mean over all leads and cuts with at least 30 events and 30
non-events of the loss as a share of climatology's, by Brier score and by log score. The rules, each a function below:

- enough: at least ten blocks of days, and one cell with events enough; else nothing can be shown.
- baselines: the headline beats climatology and persistence, with the lower bound of both scores.
- champion: the gain on the champion has a lower bound above 0; or above -1 % where a reason to change is stated, such
  as newer data: then not worse is enough.
- leads: at no lead is it worse by more than 2 % with p < .05 (Benjamini and Hochberg 1995, over leads and scores).
- second opinion: Diebold and Mariano's test does not say that it is worse.
- calibration: MCB / UNC at no cut is higher than the champion's by more than two standard errors of the difference.
- tail: the threshold-weighted CRPS of an amount is not worse with p < .05.
- cost: size and time of an answer stay within twice the champion's, or are small, and an issue takes 5 seconds at most.

What is found elsewhere comes with them: lineage, exam, inputs, storms beyond the range, shadow forecasts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from models.hazard import Hazard
from training.decision import Decision, Finding, decided
from training.paired import ONE_SIDED, SCORES, Compared, compared, miscalibration, tail_gain

NOT_INFERIOR = -0.01
WORSE_AT_A_LEAD = -0.02
FEWEST_BLOCKS = 10
STANDARD_ERRORS = 2.0
GROWTH, SMALL_BYTES, SHORT_SECONDS, ISSUE_SECONDS = 2.0, 20e6, 0.5, 5.0
BASELINES = ("climatology", "persistence")
_CHALLENGER, _CHAMPION = "challenger", "champion"


@dataclass(frozen=True)
class Contestant:
    """A forecaster that is judged.

    Attributes:
        version: of the forecaster.
        answers: probabilities that it gave, one column per cut; index (issue_time, site, period) of the questions.
        quantiles: of an amount, one column per level, same index; no column where it tells none.
        size: bytes at rest.
        seconds: that the answers to one issue take.
    """

    version: str
    answers: pd.DataFrame
    quantiles: pd.DataFrame
    size: float
    seconds: float


@dataclass(frozen=True)
class _Case:
    hazard: Hazard
    outcome: pd.Series
    challenger: Contestant
    champion: Contestant | None
    table: Compared
    reason: str | None


def judge(
    hazard: Hazard,
    outcome: pd.Series,
    baselines: Mapping[str, pd.DataFrame],
    challenger: Contestant,
    champion: Contestant | None,
    *,
    found: Sequence[Finding] = (),
    reason: str | None = None,
) -> Decision:
    """Judges a challenger.

    Args:
        hazard: the hazard.
        outcome: what came, in the target's unit; index (issue_time, site, period), no NaN.
        baselines: probabilities of climatology and persistence, one column per cut, same index.
        challenger: who wants to be champion.
        champion: who is; None where nobody is.
        found: what was found elsewhere.
        reason: why a change is wanted even if it gains nothing; None where it is not.
    """
    rival = None if champion is None else champion.version
    if outcome.empty:
        return decided(hazard.name, challenger.version, rival, [*found, _nothing_asked()])
    answers = {**baselines, _CHALLENGER: challenger.answers}
    if champion is not None:
        answers[_CHAMPION] = champion.answers
    case = _Case(hazard, outcome, challenger, champion, compared(hazard, outcome, answers), reason)
    enough = _enough(case)
    findings = [*found, *_cost(case), enough]
    if enough.found == "holds":
        rules: tuple[Callable[[_Case], Iterator[Finding]], ...] = (_baselines,)
        if champion is not None:
            rules = (_baselines, _champion, _leads, _second_opinion, _calibration, _tail)
        findings += [finding for rule in rules for finding in rule(case)]
    return decided(hazard.name, challenger.version, rival, findings)


def _nothing_asked() -> Finding:
    return Finding(
        "unproven",
        "không có câu hỏi nào mà cả hai bên chưa từng học, nên không thể so sánh",
        "there is no question that neither had learned from, so nothing can be compared",
    )


def _enough(case: _Case) -> Finding:
    table, cells = case.table, int(case.table.judged.sum())
    figures = {"questions": float(len(case.outcome)), "blocks": table.blocks, "cells": float(cells)}
    blocks = f"{table.blocks:.1f}"
    if table.blocks < FEWEST_BLOCKS or not cells:
        return Finding(
            "unproven",
            f"quá ít để kết luận: {blocks} khối ngày (cần {FEWEST_BLOCKS}), {cells} ô có đủ 30 sự kiện",
            f"too little to tell: {blocks} blocks of days ({FEWEST_BLOCKS} are needed), {cells} cells with 30 events",
            figures,
        )
    n = len(case.outcome)
    return Finding(
        "holds",
        f"{n} câu hỏi trong {blocks} khối ngày, {cells} ô",
        f"{n} questions in {blocks} blocks of days, {cells} cells",
        figures,
    )


def _baselines(case: _Case) -> Iterator[Finding]:
    names = {"climatology": "khí hậu nhiều năm", "persistence": "quán tính"}
    for baseline in BASELINES:
        figures, told = _gains(case, baseline)
        better = min(figures[f"gain_{baseline}_{score}_low"] for score in SCORES) > 0
        yield Finding(
            "holds" if better else "broken",
            f"{'tốt hơn' if better else 'không chắc tốt hơn'} {names[baseline]}: {told}",
            f"{'better' if better else 'not shown to be better'} than {baseline}: {told}",
            figures,
        )


def _champion(case: _Case) -> Iterator[Finding]:
    figures, told = _gains(case, _CHAMPION)
    low = min(figures[f"gain_{_CHAMPION}_{score}_low"] for score in SCORES)
    if low > 0:
        yield Finding("holds", f"tốt hơn mô hình đương nhiệm: {told}", f"better than the champion: {told}", figures)
    elif low > NOT_INFERIOR and case.reason is not None:
        yield Finding(
            "holds",
            f"không kém mô hình đương nhiệm quá 1 %, và có lý do thay ({case.reason}): {told}",
            f"not worse than the champion by 1 %, and there is a reason to change ({case.reason}): {told}",
            figures,
        )
    else:
        yield Finding(
            "unproven",
            f"chưa chứng minh được là tốt hơn mô hình đương nhiệm: {told}",
            f"not shown to be better than the champion: {told}",
            figures,
        )


def _leads(case: _Case) -> Iterator[Finding]:
    table = case.table
    leads = np.unique(table.leads[table.judged])
    asked = [(lead, score) for lead in leads for score in SCORES]
    gains = [table.gain(_CHALLENGER, _CHAMPION, score, table.judged & (table.leads == lead)) for lead, score in asked]
    adjusted = false_discovery_control([gain.worse for gain in gains])
    told = list(zip(asked, gains, adjusted, strict=True))
    figures = {f"gain_lead_{lead:g}_{score}": gain.value for (lead, score), gain, _ in told}
    worse = [
        f"{lead:g} d ({score} {gain.value:+.1%}, p {p:.3f})"
        for (lead, score), gain, p in told
        if gain.value < WORSE_AT_A_LEAD and p < ONE_SIDED
    ]
    if worse:
        where = ", ".join(worse)
        yield Finding("broken", f"kém hơn rõ rệt ở hạn {where}", f"significantly worse at leads {where}", figures)
    else:
        yield Finding("holds", "không kém hơn ở hạn nào", "significantly worse at no lead", figures)


def _second_opinion(case: _Case) -> Iterator[Finding]:
    table = case.table
    figures = {
        f"diebold_mariano_{score}": table.confidence(_CHALLENGER, _CHAMPION, score, table.judged) for score in SCORES
    }
    told = ", ".join(f"{score} {figures[f'diebold_mariano_{score}']:.2f}" for score in SCORES)
    worse = min(figures.values()) < ONE_SIDED
    yield Finding(
        "unproven" if worse else "holds",
        f"kiểm định Diebold-Mariano, độ tin rằng tốt hơn: {told}",
        f"Diebold-Mariano, confidence that it is better: {told}",
        figures,
    )


def _calibration(case: _Case) -> Iterator[Finding]:
    table = case.table
    for cut in np.unique(table.cuts[table.judged]):
        of = [miscalibration(table, case.outcome, one.answers, float(cut)) for one in _both(case)]
        error = float(np.std(of[0][1:] - of[1][1:]))
        figures = {f"miscalibration_{cut:g}": float(of[0][0]), f"miscalibration_champion_{cut:g}": float(of[1][0])}
        figures[f"miscalibration_error_{cut:g}"] = error
        worse = of[0][0] - of[1][0] > STANDARD_ERRORS * error
        told = f"{cut:g}: MCB/UNC {of[0][0]:.4f}, {of[1][0]:.4f} ± {STANDARD_ERRORS:g} × {error:.4f}"
        yield Finding(
            "broken" if worse else "holds",
            f"hiệu chuẩn {'kém hơn' if worse else 'giữ được'} ở ngưỡng {told}",
            f"calibration is {'worse' if worse else 'kept'} at {told}",
            figures,
        )


def _tail(case: _Case) -> Iterator[Finding]:
    challenger, champion = _both(case)
    if challenger.quantiles.empty or champion.quantiles.empty:
        return
    cut = next((rule.cut for rule in case.hazard.levels.values()), case.hazard.target.cuts[0])
    gain = tail_gain(case.table, case.outcome, challenger.quantiles, champion.quantiles, cut)
    worse = gain.value < 0 and gain.worse < ONE_SIDED
    yield Finding(
        "broken" if worse else "holds",
        f"twCRPS vượt {cut:g}: {gain.value:+.1%} (p kém hơn {gain.worse:.3f})",
        f"twCRPS beyond {cut:g}: {gain.value:+.1%} (p of being worse {gain.worse:.3f})",
        {"gain_twcrps": gain.value, "gain_twcrps_low": gain.low},
    )


def _cost(case: _Case) -> Iterator[Finding]:
    mine = case.challenger
    most_bytes, most_seconds = np.inf, ISSUE_SECONDS
    if case.champion is not None:
        most_bytes = max(GROWTH * case.champion.size, SMALL_BYTES)
        most_seconds = min(max(GROWTH * case.champion.seconds, SHORT_SECONDS), ISSUE_SECONDS)
    kept = mine.size <= most_bytes and mine.seconds <= most_seconds
    told = f"{mine.size / 1e6:.1f} MB (≤ {most_bytes / 1e6:.1f}), {mine.seconds:.2f} s (≤ {most_seconds:.2f})"
    yield Finding(
        "holds" if kept else "broken",
        f"kích thước và thời gian trả lời: {told}",
        f"size and time of an issue: {told}",
        {"bytes": mine.size, "seconds": mine.seconds},
    )


def _gains(case: _Case, on: str) -> tuple[dict[str, float], str]:
    gains = {score: case.table.gain(_CHALLENGER, on, score, case.table.judged) for score in SCORES}
    figures = {f"gain_{on}_{score}": gain.value for score, gain in gains.items()}
    figures |= {f"gain_{on}_{score}_low": gain.low for score, gain in gains.items()}
    return figures, ", ".join(f"{score} {gain.value:+.1%} (> {gain.low:+.1%})" for score, gain in gains.items())


def _both(case: _Case) -> tuple[Contestant, Contestant]:
    if case.champion is None:
        raise ValueError(f"{case.hazard.name} has no champion to compare with")
    return case.challenger, case.champion
