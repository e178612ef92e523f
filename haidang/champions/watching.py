"""Watching: the three families of alarms over one deployment, told to whoever keeps alerts."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from features.archive import Archive
from features.database import open_database
from features.ingest_log import IngestLog
from haidang.champions.retraining_log import RetrainingLog
from models.hazard import Hazard
from serving.deployment import Deployment
from training.data_quality import QualityAlarm, data_quality
from training.drift import Drift, covariate_drift, last_window_ends
from training.forecast_bias import ForecastBias, KnownChange, forecast_bias
from training.performance import Performance, performance

DATA_QUALITY, COVARIATE_DRIFT, PERFORMANCE, FORECAST_BIAS = (
    "data_quality",
    "covariate_drift",
    "performance",
    "forecast_bias",
)
KINDS = (DATA_QUALITY, COVARIATE_DRIFT, PERFORMANCE, FORECAST_BIAS)
FORECASTS = "forecasts"
Tell = Callable[[str, str, str], None]
Settle = Callable[[str, str], None]


@dataclass(frozen=True)
class Alarm:
    """One alarm: of which kind, about what, and what is told in Vietnamese and English."""

    kind: str
    about: str
    text: str


@dataclass(frozen=True)
class Watched:
    """What was found at a moment.

    Attributes:
        at: the moment.
        quality: what is wrong with the data.
        drift: by hazard with a champion that has learned from outcomes.
        bias: how the forecasts by others stand; None where it cannot be told.
        performance: by hazard with verified forecasts of its champion.
        alarms: all that is to be told.
    """

    at: pd.Timestamp
    quality: tuple[QualityAlarm, ...]
    drift: Mapping[str, Drift]
    bias: ForecastBias | None
    performance: Mapping[str, Performance]
    alarms: tuple[Alarm, ...]


def watch(
    deployment: Deployment,
    now: pd.Timestamp,
    tell: Tell,
    *,
    settle: Settle = lambda kind, about: None,
    open_alerts: Collection[tuple[str, str]] = (),
    verified: pd.DataFrame | None = None,
    hazards: Collection[str] | None = None,
    before: Watched | None = None,
) -> Watched:
    """Looks for drift of the data, the inputs, the forecasts by others and the performance; starts nothing.

    Args:
        deployment: the deployment.
        now: the moment; nothing known later is read.
        tell: is told each alarm: kind, about what, and a text.
        settle: is told the kind and subject of each open alert of these kinds that no longer holds.
        open_alerts: kind and subject of the alerts that are open.
        verified: verified forecasts, as in `training/performance.py`, with the column hazard; None where there are
            none.
        hazards: names of the hazards to look at; all for None.
        before: what was found the last time; verdicts on inputs that still stand are taken from it.
    """
    archive, zone = deployment.archive, deployment.settings.local_zone
    archive = archive.pinned() if archive.exists else archive
    engine = open_database(deployment.settings.database_address)
    chosen = [deployment.hazards[name] for name in deployment.hazards if hazards is None or name in hazards]
    quality = data_quality(archive, IngestLog(engine), now)
    drift = {
        hazard.name: found
        for hazard in chosen
        if (found := _drift(deployment, archive, hazard, now, before)) is not None
    }
    known = known_changes(RetrainingLog(engine), list(deployment.hazards))
    bias = forecast_bias(archive, now, known=known) if archive.exists else None
    judged = {} if verified is None else _performance(deployment, chosen, verified)
    alarms = (
        *(Alarm(DATA_QUALITY, f"{one.kind}: {one.variable}, {one.source}", one.text(zone)) for one in quality),
        *_drift_alarms(deployment, drift),
        *_bias_alarms(bias, zone),
        *_performance_alarms(deployment, judged),
    )
    for alarm in alarms:
        tell(alarm.kind, alarm.about, alarm.text)
    hold = {(alarm.kind, alarm.about) for alarm in alarms}
    looked_at = {hazard.name for hazard in chosen}
    for kind, about in open_alerts:
        if kind in KINDS and (kind, about) not in hold and _looked_at(kind, about, looked_at):
            settle(kind, about)
    return Watched(now, quality, drift, bias, judged, alarms)


def known_changes(log: RetrainingLog, hazards: Collection[str]) -> list[KnownChange]:
    """The changes of forecasts that a retraining of any hazard acted upon, the oldest first."""
    ended = [start for name in hazards for start in log.starts(name) if start.outcome not in ("running", "interrupted")]
    spans = {(start.reason.change_since, start.started_at) for start in ended}
    return [KnownChange(since, until) for since, until in sorted((a, b) for a, b in spans if a is not None)]


def _drift(
    deployment: Deployment, archive: Archive, hazard: Hazard, now: pd.Timestamp, before: Watched | None
) -> Drift | None:
    card = deployment.shelf.card(hazard.name)
    if card is None or card.learned_from is None or card.learned_until is None:
        return None
    learned = pd.Timestamp(card.learned_from), pd.Timestamp(card.learned_until)
    held = None if before is None else before.drift.get(hazard.name)
    if held is not None and held.learned == learned and held.end == last_window_ends(now, archive.zone):
        return held
    return covariate_drift(hazard, archive, now, learned_from=learned[0], learned_until=learned[1])


def _performance(deployment: Deployment, hazards: list[Hazard], verified: pd.DataFrame) -> dict[str, Performance]:
    judged = {}
    for hazard in hazards:
        card = deployment.shelf.card(hazard.name)
        if card is not None:
            found = performance(hazard, verified[verified["hazard"] == hazard.name], card.version)
            if found is not None:
                judged[hazard.name] = found
    return judged


def _drift_alarms(deployment: Deployment, drift: Mapping[str, Drift]) -> list[Alarm]:
    return [
        Alarm(
            COVARIATE_DRIFT,
            f"{name}: {one.feature}",
            f"{deployment.hazards[name].title_vi}: đầu vào {one.feature} khác các năm huấn luyện trong hai kỳ 30 ngày "
            f"liền nhau (khoảng cách {one.distance:.2f}, thường {one.usual:.2f}); cần người xem xét / "
            f"{deployment.hazards[name].title_en}: input {one.feature} differs from the training years in two windows "
            f"of 30 days in a row (distance {one.distance:.2f}, usually {one.usual:.2f}); a person should look",
        )
        for name, found in drift.items()
        for one in found.alarms
    ]


def _bias_alarms(bias: ForecastBias | None, zone: str) -> list[Alarm]:
    if bias is None or not bias.alarm:
        return []
    since = f"{bias.since.tz_convert(zone):%Y-%m-%d}"
    told = "; ".join(
        f"{one.variable} × {one.factor:.2f}" if one.factor == one.factor else f"{one.variable} {one.difference:+.2f}"
        for one in bias.variables
    )
    text = (
        f"Dự báo thời tiết đầu vào lệch khác trước từ khoảng {since}: {told} / "
        f"The forecasts by others stand otherwise to what comes since about {since}: {told}"
    )
    return [Alarm(FORECAST_BIAS, FORECASTS, text)]


def _performance_alarms(deployment: Deployment, judged: Mapping[str, Performance]) -> list[Alarm]:
    return [
        Alarm(PERFORMANCE, name, performance_text(deployment.hazards[name], found))
        for name, found in judged.items()
        if found.alarm
    ]


def performance_text(hazard: Hazard, found: Performance) -> str:
    """What is told of lost performance, in Vietnamese and English."""
    return (
        f"{hazard.title_vi}: dự báo đã kiểm chứng kém đi (bằng chứng so với khí hậu {found.skill_lost:.0f}, về hiệu "
        f"chuẩn {found.calibration_lost:.0f}, ngưỡng {found.level:.0f}) / {hazard.title_en}: verified forecasts have "
        f"become worse (evidence against climatology {found.skill_lost:.0f}, of calibration "
        f"{found.calibration_lost:.0f}, level {found.level:.0f})"
    )


def _looked_at(kind: str, about: str, hazards: Collection[str]) -> bool:
    """Whether an alert is about something that was looked at now."""
    return kind in (DATA_QUALITY, FORECAST_BIAS) or about.partition(": ")[0] in hazards
