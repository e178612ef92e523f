"""The daily steps of a rehearsal: what became known, and what is issued from it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pandas as pd
from deltalake import DeltaTable

from features.errors import HaidangError
from haidang.rehearsal import Step, Tell
from models.forecaster import Forecaster
from serving.deployment import Deployment
from serving.issue import Known, issue_from

INGEST_HOUR, LATER_HOUR = 6, 12
_DAY = pd.Timedelta(days=1)


def daily_steps(deployment: Deployment, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> list[Step]:
    """What is done day by day, in this order at equal hours.

    Args:
        deployment: of the rehearsal.
        names: the hazards.
        start: first day.
        end: day after the last.
    """
    issue_hour = max(deployment.hazard(name).issue_hour for name in names)
    return [
        Step("ingest", INGEST_HOUR, 1, Ingesting(deployment)),
        Step("issue", issue_hour, 1, Issuing(deployment, names, start, end)),
    ]


class Ingesting:
    """Tells how many entries of each source became known since the day before; they lie in the archive already."""

    def __init__(self, deployment: Deployment) -> None:
        """Counts the whole record once."""
        held = DeltaTable(str(deployment.settings.archive / "entries")).to_pyarrow_dataset()
        counted = (
            held.to_table(["source", "known_time"]).group_by(["source", "known_time"]).aggregate([([], "count_all")])
        )
        self._counted = counted.to_pandas()

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each source and what came of it."""
        new = self._counted["known_time"].between(now - _DAY, now, inclusive="right")
        by_source = self._counted[new].groupby("source")["count_all"].sum()
        for source in sorted(self._counted["source"].unique()):
            yield source, f"{by_source.get(source, 0):,} entries became known"


class Issuing:
    """Issues each hazard at its newest regular issue time, once, with what was known then; late ones too."""

    def __init__(self, deployment: Deployment, names: Sequence[str], start: pd.Timestamp, end: pd.Timestamp) -> None:
        """Lays out the issue times."""
        self._waiting = {name: expected(deployment, name, start, end) for name in names}
        self._champions: dict[str, tuple[str | None, Forecaster]] = {}

    def __call__(self, deployment: Deployment, now: pd.Timestamp, tell: Tell) -> Iterator[tuple[str, str]]:
        """Gives each hazard that was issued; what cannot be is told as failed, and all others are issued."""
        due: dict[pd.Timestamp, list[str]] = defaultdict(list)
        for name, times in self._waiting.items():
            if len(come := times[times <= now]):
                due[come[-1]].append(name)
        made = {}
        for issue_time, names in due.items():
            known = Known(deployment.archive, issue_time)
            for name in names:
                try:
                    made[name] = issue_from(self._champion(deployment, name), known, issued_at=now)
                except HaidangError as error:
                    tell("failed", f"issue: {name}", str(error))
        if made:
            deployment.issued.add(pd.concat(made.values(), ignore_index=True))
        self._waiting = {name: times[times > now] for name, times in self._waiting.items()}
        for name, records in made.items():
            yield name, f"{len(records):,} forecasts of {records['issue_time'].iloc[0].isoformat()} issued"

    def _champion(self, deployment: Deployment, name: str) -> Forecaster:
        """The champion, which sits its exam once."""
        tag = deployment.shelf.tag(name)
        if name not in self._champions or self._champions[name][0] != tag:
            self._champions[name] = tag, deployment.shelf.champion(deployment.hazard(name))
        return self._champions[name][1]


def expected(deployment: Deployment, name: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    """The regular issue times of a hazard in [start, end)."""
    hazard = deployment.hazard(name)
    return hazard.issue_times(start, end, deployment.settings.local_zone, every_days=hazard.issue_every_days)
