"""What the scheduled jobs do: the parts of each, from the data at rest."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from features.database import open_database
from features.errors import HaidangError
from features.settings import Settings
from haidang.operations.alerts import Alerts
from haidang.operations.job import Tell
from haidang.operations.parts import Part

KEPT_BACKUPS = 7


def ingest(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """A part for each source of the settings: it goes on from the newest value held."""
    from haidang.chain.ingests import Asked, ingest_logged, sources_of
    from serving.deployment import open_deployment

    deployment, clock = open_deployment(settings), _clock_from(now)

    def bring(name: str) -> str:
        (source,) = sources_of(deployment, [name], {})
        receipt = ingest_logged(deployment, source, Asked(), clock=clock, progress=lambda receipt, until: None)
        counts = f"{receipt.accepted:,} entries accepted, {receipt.duplicates:,} held already"
        return f"{counts}, {receipt.quarantined:,} quarantined"

    return {name: partial(bring, name) for name in settings.sources}


def issue(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """All that is due together, from one reading; then a part for each hazard, which issues what that left out."""
    from haidang.chain.regular_issues import champions, issue_all_due, issue_due
    from serving.deployment import open_deployment

    deployment, clock = open_deployment(settings), _clock_from(now)
    together: dict[str, Part] = {"together": partial(issue_all_due, deployment, clock)}
    return together | {name: partial(issue_due, deployment, name, clock) for name in champions(deployment)}


def verify(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """All issued forecasts together; then a part for each hazard, which tells what was found of it."""
    from haidang.chain.verifying import Verified
    from haidang.chain.verifying import verify as verify_issued
    from serving.deployment import open_deployment

    deployment, found = open_deployment(settings), dict[str, Verified]()

    def together() -> str:
        found.update({one.hazard: one for one in verify_issued(deployment, now)})
        return f"{sum(one.settled for one in found.values()):,} forecasts verified"

    def told(name: str) -> str:
        if name not in found:
            found.update({one.hazard: one for one in verify_issued(deployment, now, [name])})
        one = found[name]
        if one.error is not None:
            raise HaidangError(one.error)
        return f"{one.settled:,} verified, {one.unknown:,} unknown, {one.changed:,} changed"

    names = [name for name in deployment.issued.hazards() if name in deployment.hazards]
    parts: dict[str, Part] = {"together": together}
    return parts | {name: partial(told, name) for name in names}


def drift(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: data quality, inputs, forecasts of others and performance are watched; starts nothing."""
    from haidang.chain.verifying import verified_forecasts
    from haidang.champions.holding import hold_all
    from haidang.champions.watching import watch
    from serving.deployment import open_deployment

    alerts = Alerts(open_database(settings.database_address))

    def look() -> str:
        deployment = open_deployment(settings)
        watched = watch(
            deployment,
            now,
            tell,
            settle=partial(_settle, alerts, now),
            open_alerts=[(one.kind, one.about) for one in alerts.open_alerts()],
            verified=verified_forecasts(deployment),
        )
        held = hold_all(deployment, watched.performance, now, tell)
        return f"{len(watched.alarms)} alarms" + "".join(f"; {name} {what}" for name, what in held.items())

    return {"watch": look}


def retrain(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """A part for each hazard with a champion: retrained if a rule says so, tested, and brought before the gate."""
    from haidang.chain.regular_issues import champions
    from haidang.chain.verifying import verified_forecasts
    from haidang.champions.handing_over import before_the_gate, rolling_test
    from haidang.champions.retraining import retrain_due
    from haidang.champions.watching import watch
    from serving.deployment import open_deployment

    deployment = open_deployment(settings)
    verified = verified_forecasts(deployment)
    watched, gate = watch(deployment, now, lambda kind, about, text: None, verified=verified), before_the_gate(verified)

    def one(name: str) -> str:
        done = retrain_due(deployment, now, tell, challenge=gate, watched=watched, hazards=[name], test=rolling_test)
        for retrained in done:
            if retrained.version is None:
                raise HaidangError(str(retrained.decision))
        told = (f"{retrained.reason.text}: version {retrained.version}, {retrained.decision}" for retrained in done)
        return "; ".join(told) or "nothing is due"

    return {name: partial(one, name) for name in champions(deployment)}


def compact(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """A part for each table that grows day by day: its small files are joined."""
    from haidang.upkeep import compacting
    from serving.deployment import open_deployment

    found = compacting.tables(open_deployment(settings))
    return {name: partial(compacting.compact, name, folder) for name, folder in found.items()}


def publish(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: the shared datasets are brought up to date, where the service's settings say whose they are."""
    from haidang.publication.publishing import publish as publish_all
    from serving.access.service_settings import ServiceSettings
    from serving.deployment import open_deployment

    service = ServiceSettings(home=settings.home)

    def shared() -> str:
        if service.sharing is None:
            return "nothing is shared: service.toml has no [sharing]"
        before = now.tz_convert("UTC").to_pydatetime()
        published = publish_all(open_deployment(settings), service, now)
        new = [f"{name} version {one.version}" for name, one in published.items() if one.modified_at == before]
        return ", ".join(new) or "nothing is new"

    return {"datasets": shared}


def back_up(settings: Settings, now: pd.Timestamp, tell: Tell) -> Mapping[str, Part]:
    """One part: a back-up beside the deployment's folder; the last seven are kept."""
    from haidang.upkeep import backup

    home = settings.home.absolute()
    to = home.with_name(f"{home.name}-backups")
    return {"home": lambda: str(backup.back_up(settings, to, now, keep=KEPT_BACKUPS))}


def _settle(alerts: Alerts, now: pd.Timestamp, kind: str, about: str) -> None:
    alerts.settle(kind, about, now)


def _clock_from(now: pd.Timestamp) -> Callable[[], pd.Timestamp]:
    """A clock that says `now` at first, and runs."""
    begun = time.monotonic()
    return lambda: now + pd.Timedelta(seconds=time.monotonic() - begun)
