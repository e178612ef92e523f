"""Lineage: whether it can be told where a challenger comes from, and whether its answers are of questions unseen."""

from collections.abc import Iterator

import pandas as pd

from models.forecaster import Card
from models.hazard import Hazard
from training.decision import Finding
from training.kept_answers import KeptAnswers


def lineage(hazard: Hazard, card: Card, kept: KeptAnswers | None) -> Iterator[Finding]:
    """Looks through a card and the answers that were kept with it.

    Args:
        hazard: the hazard as it is declared today.
        card: of the challenger.
        kept: the answers of its backtest; None where there are none.
    """
    told = [*_unclear(hazard, card), *([] if kept is None else _seen(hazard, card, kept))]
    for vi, en in told:
        yield Finding("broken", f"nguồn gốc: {vi}", f"lineage: {en}")
    if not told:
        yield Finding("holds", "nguồn gốc đầy đủ", "the lineage is complete")


def _unclear(hazard: Hazard, card: Card) -> Iterator[tuple[str, str]]:
    if card.fingerprint != hazard.fingerprint:
        yield (
            "được huấn luyện với khai báo khác của loại thiên tai này",
            f"it was fitted for another declaration of the hazard ({card.fingerprint}, now {hazard.fingerprint})",
        )
    if card.archive_version < 0:
        yield "không rõ phiên bản kho dữ liệu", "the version of the archive that it learned from is not told"
    clean = card.code_version not in ("", "unknown") and not card.code_version.endswith("-dirty")
    if not clean and not card.simulated:  # what learned from simulated values warns nobody
        yield (
            f"phiên bản mã nguồn không rõ hoặc đã sửa ({card.code_version})",
            f"the code is of no known version, or was changed ({card.code_version}): commit it and train again",
        )
    if card.learned_until is not None and _complete(hazard, card.learned_until) > pd.Timestamp(card.truth_read_at):
        yield (
            "học từ những câu hỏi mà kết quả chưa đầy đủ lúc đọc",
            f"the outcomes that it learned from until {card.learned_until} were incomplete at {card.truth_read_at}",
        )


def _seen(hazard: Hazard, card: Card, kept: KeptAnswers) -> Iterator[tuple[str, str]]:
    issued = pd.DatetimeIndex(kept.outcome.index.get_level_values("issue_time"))
    complete = pd.DatetimeIndex(kept.learned_until) + pd.Timedelta(days=hazard.embargo_days)
    leaked = int((complete > issued).sum())
    if leaked:
        yield (
            f"{leaked} câu trả lời do mô hình đã học tới sau, hoặc sát, thời điểm hỏi",
            f"{leaked:,} of {len(issued):,} answers are of fits that had learned until the question or close to it",
        )
    if card.tested_until is None or pd.Timestamp(card.tested_until) != issued.max():
        yield (
            "câu trả lời được giữ không phải của lần kiểm định trên thẻ",
            "the kept answers are not of its own backtest",
        )


def _complete(hazard: Hazard, learned_until: object) -> pd.Timestamp:
    return pd.Timestamp(str(learned_until)) + pd.Timedelta(days=hazard.embargo_days)
