"""How fresh the values of each source are: from the archive, and from the log of ingests."""

import threading
from collections.abc import Mapping

import pandas as pd
import pyarrow.dataset as ds
from deltalake import DeltaTable

from features.database import open_database
from features.entries import SIMULATED
from features.ingest_log import IngestLog, Run
from features.variables import variable_named
from serving.deployment import Deployment
from serving.schemas.reference_models import SourceVariable, SourceView

Told = Mapping[str, list[SourceVariable]]


class Freshness:
    """What each source of a deployment has told; the archive is looked through once for each of its versions."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._lock = threading.Lock()
        self._looked: tuple[int, Told] = (-1, {})

    def views(self, now: pd.Timestamp) -> list[SourceView]:
        """All sources that the settings name, that were ever asked, or that values are held of, by name."""
        told, log = self._told(), IngestLog(open_database(self._deployment.settings.database_address))
        configured = self._deployment.settings.sources
        return [
            _view(
                name,
                next(iter(log.last(name)), None),
                log.rests_until(name, now),
                told.get(name, []),
                configured=name in configured,
                zone=self._deployment.settings.local_zone,
            )
            for name in sorted({*configured, *log.sources(), *told})
        ]

    def _told(self) -> Told:
        archive = self._deployment.archive
        if not archive.exists:
            return {}
        with self._lock:
            version = archive.version
            if version != self._looked[0]:
                self._looked = version, self._look(version, archive.at_version(version).variables())
            return self._looked[1]

    def _look(self, version: int, variables: list[str]) -> Told:
        """The newest values of each source, one variable after the other."""
        settings = self._deployment.settings
        entries = DeltaTable(str(settings.archive / "entries"), version=version).to_pyarrow_dataset()
        found: dict[str, list[SourceVariable]] = {}
        for name in variables:
            held = entries.to_table(["source", "valid_time", "known_time"], filter=ds.field("variable") == name)
            newest = held.group_by("source").aggregate(
                [("valid_time", "max"), ("known_time", "max"), ("valid_time", "count")]
            )
            variable = variable_named(name)
            for row in newest.to_pylist():
                found.setdefault(row["source"], []).append(
                    SourceVariable(
                        variable=name,
                        title_vi=variable.title_vi,
                        title_en=variable.title_en,
                        unit=variable.unit,
                        values=row["valid_time_count"],
                        data_until=pd.Timestamp(row["valid_time_max"]).tz_convert(settings.local_zone),
                        known_at=pd.Timestamp(row["known_time_max"]).tz_convert(settings.local_zone),
                    )
                )
        return found


def _view(
    name: str,
    last: Run | None,
    rests_until: pd.Timestamp | None,
    variables: list[SourceVariable],
    *,
    configured: bool,
    zone: str,
) -> SourceView:
    def local(moment: pd.Timestamp | None) -> pd.Timestamp | None:
        return None if moment is None else moment.tz_convert(zone)

    state = "never asked" if last is None else "resting" if rests_until is not None else last.outcome
    return SourceView.model_validate(
        {
            "name": name,
            "configured": configured,
            "simulated": name == SIMULATED,
            "state": state,
            "promised_latency_days": None if last is None else last.promised,
            "last_asked_at": None if last is None else local(last.started_at),
            "last_ended_at": None if last is None else local(last.ended_at),
            "delivered_until": None if last is None else local(last.delivered_until),
            "rests_until": local(rests_until),
            "variables": variables,
        }
    )
