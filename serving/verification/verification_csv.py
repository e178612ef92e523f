"""The verification as CSV: a row for each row of the live record, and, on the last page, of the backtest."""

import csv
import io
from collections.abc import Iterator

from serving.schemas.forecast_models import Share
from serving.verification.verification_models import (
    PromotionSkill,
    ReliabilityBin,
    SkillFigure,
    VerificationPage,
    VerificationRow,
)

COLUMNS = (
    "record", "hazard", "scope", "site", "sites", "lead", "season", "cut", "level", "n", "events", "expected", "brier",
    "log_score", "skill_climatology", "skill_climatology_low", "skill_climatology_high", "skill_persistence",
    "skill_persistence_low", "skill_persistence_high", "runs", "hits", "misses", "false_alarms", "hit_rate",
    "hit_rate_low", "hit_rate_high", "false_alarm_ratio", "false_alarm_ratio_low", "false_alarm_ratio_high",
    "lead_gained_days", "reliability", "judged", "suppressed", "reason",
)  # fmt: skip
"""`record` is `live` for forecasts as issued and `backtest` for what was shown at promotion. `reliability` has for each
bin of probability its ends, n, mean probability and events."""
_PLAIN = (
    "scope", "site", "sites", "lead", "season", "cut", "level", "n", "events", "expected", "brier", "log_score", "runs",
    "hits", "misses", "false_alarms", "lead_gained_days", "judged", "suppressed", "reason",
)  # fmt: skip
_SKILLS, _SHARES = ("skill_climatology", "skill_persistence"), ("hit_rate", "false_alarm_ratio")


def as_csv(page: VerificationPage) -> bytes:
    """A page as CSV (RFC 4180); nothing where there is no value."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_rows(page))
    return text.getvalue().encode()


def _rows(page: VerificationPage) -> Iterator[dict[str, object]]:
    for row in page.rows:
        yield {"record": "live", "hazard": page.hazard, **_live(row)}
    if page.next is None and page.at_promotion is not None:
        for tested in page.at_promotion.rows:
            yield {"record": "backtest", "hazard": page.hazard, **_backtest(tested)}


def _live(row: VerificationRow) -> dict[str, object]:
    plain = {name: getattr(row, name) for name in _PLAIN}
    bins = "; ".join(map(_bin, row.reliability))
    told: dict[str, object] = {name: "" if value is None else value for name, value in plain.items()}
    return told | {"reliability": bins} | _skills(row) | _shares(row)


def _backtest(row: PromotionSkill) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(row, name) for name in ("lead", "cut", "n", "events", "brier", "judged")}
    return told | {"scope": "all sites", "season": "year"} | _skills(row)


def _skills(row: VerificationRow | PromotionSkill) -> dict[str, object]:
    told: dict[str, object] = {}
    for name in _SKILLS:
        figure: SkillFigure | None = getattr(row, name)
        if figure is not None:
            told |= {name: figure.skill, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return told


def _shares(row: VerificationRow) -> dict[str, object]:
    told: dict[str, object] = {}
    for name in _SHARES:
        figure: Share | None = getattr(row, name)
        if figure is not None:
            told |= {name: figure.share, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return told


def _bin(one: ReliabilityBin) -> str:
    ends = f"{one.from_probability:g}-{one.to_probability:g}"
    return f"{ends} n={one.n} mean={one.mean_probability:g} events={one.events}"
