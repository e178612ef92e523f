"""A row of the verification in the shape in which it is told."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from serving.answering.hidden_sites import TOO_FEW
from serving.schemas.forecast_models import Share
from serving.verification.verification_models import (
    ReliabilityBin,
    SkillFigure,
    VerificationRow,
)
from serving.verification.verification_table import BINS


def row_told(row: Mapping[Hashable, Any], bins: np.ndarray) -> VerificationRow:
    """One row as it is told, `bins` those of all rows."""

    def number(name: str) -> float | None:
        value = row.get(name, np.nan)
        return None if pd.isna(value) else round(float(value), 6)

    def count(name: str) -> int | None:
        value = number(name)
        return None if value is None else int(value)

    judged = bool(row["judged"]) and not row["suppressed"]
    return VerificationRow(
        scope=row["scope"],
        site=row["group"] or None,
        sites=count("sites"),
        lead=int(row["lead"]) or None,
        season=row["season"],
        cut=float(row["cut"]),
        level=row["level"] or None,
        n=count("n"),
        events=count("events"),
        expected=number("expected"),
        brier=number("brier"),
        log_score=number("log_score"),
        skill_climatology=_skill(row, "climatology"),
        skill_persistence=_skill(row, "persistence"),
        runs=count("runs"),
        hits=count("hits"),
        misses=count("misses"),
        false_alarms=count("false_alarms"),
        hit_rate=_share(row, "hit_rate"),
        false_alarm_ratio=_share(row, "false_alarm_ratio"),
        lead_gained_days=number("lead_gained_days"),
        reliability=list(_bins(bins[int(row["cell"])])) if row["cell"] >= 0 else [],
        judged="judged" if judged else "too few to judge",
        suppressed=bool(row["suppressed"]),
        reason=TOO_FEW if row["suppressed"] else None,
    )


def _bins(of_row: np.ndarray) -> Iterator[ReliabilityBin]:
    for place, (n, told, events) in enumerate(of_row.tolist()):
        if n:
            yield ReliabilityBin(
                from_probability=place / BINS,
                to_probability=(place + 1) / BINS,
                n=int(n),
                mean_probability=round(told / n, 6),
                events=int(events),
                share=round(events / n, 6),
            )


def _skill(row: Mapping[Hashable, Any], name: str) -> SkillFigure | None:
    figures = [row.get(f"skill_{name}{end}", np.nan) for end in ("", "_low", "_high")]
    if not np.isfinite(np.array(figures, dtype=float)).all():
        return None
    skill, low, high = (round(float(figure), 4) for figure in figures)
    return SkillFigure(skill=skill, low=low, high=high)


def _share(row: Mapping[Hashable, Any], name: str) -> Share | None:
    figures = [row.get(f"{name}{end}", np.nan) for end in ("", "_low", "_high")]
    if not np.isfinite(np.array(figures, dtype=float)).all():
        return None
    share, low, high = (round(float(figure), 4) for figure in figures)
    return Share(share=share, low=low, high=high)
