"""Ingests as an operator runs them: interrupted, refused, resting, with a full disk, and with clocks that run ahead."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from tiny_deployment import HANOI, write_settings

from features.database import open_database
from features.entries import Batch, Receipt
from features.errors import HaidangError
from features.ingest import ingest
from features.ingest_log import IngestLog
from features.settings import Settings
from features.sites import Sites
from haidang.chain.ingests import Asked, ingest_logged, sources_of
from serving.deployment import Deployment, open_deployment

NOW = pd.Timestamp("2026-07-01T07:00", tz=HANOI)


def local(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=HANOI)


@dataclass
class Monthly:
    """One value on the first of each month of 2025, a batch each; it fails before the months it is told to."""

    fails_before: tuple[int, ...] = ()
    name: str = "monthly"
    latency = pd.Timedelta(hours=6)
    licence: str = "none"
    revisits: pd.Timedelta | None = None
    variables: Sequence[str] = ("rain",)
    fetched: list[int] = field(default_factory=list)

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        for month in range(1, 13):
            day, following = local(f"2025-{month:02}-01"), local(f"2025-{month:02}-01") + pd.DateOffset(months=1)
            if start < following and day < end:
                if month in self.fails_before:
                    raise HaidangError(f"{self.name} gave no answer for month {month}")
                self.fetched.append(month)
                yield Batch(values(sites, day, self.name), read=len(sites), delivered_until=following)


def values(sites: Sites, day: pd.Timestamp, source: str) -> pd.DataFrame:
    known = day + pd.Timedelta(days=1, hours=6)
    facts = {"variable": "rain", "valid_time": day, "known_time": known, "value": 1.0, "source": source}
    return pd.DataFrame({"site": list(sites.codes)} | facts)


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return open_deployment(write_settings(tmp_path / "home"))


def run(deployment: Deployment, source: Monthly, asked: Asked | None = None, **stated: bool) -> Receipt:
    return ingest_logged(
        deployment, source, asked or Asked(), clock=lambda: NOW, progress=lambda receipt, until: None, **stated
    )


def held(deployment: Deployment) -> int:
    truth = deployment.archive.observed("rain", by=NOW, start=local("2025-01-01"), end=local("2025-12-31"))
    return int(truth.notnull().sum()) // len(deployment.sites)


def test_a_run_that_failed_goes_on_behind_the_last_month_that_is_stored(deployment: Deployment) -> None:
    with pytest.raises(HaidangError, match="no answer for month 6"):
        run(deployment, Monthly(fails_before=(6,)))
    assert held(deployment) == 5
    again = Monthly()
    assert run(deployment, again).accepted == 7 * 5
    assert again.fetched == [6, 7, 8, 9, 10, 11, 12]
    assert held(deployment) == 12
    outcomes = [
        one.outcome for one in IngestLog(open_database(deployment.settings.database_address)).last("monthly", 2)
    ]
    assert outcomes == ["finished", "failed"]


def test_a_run_that_finished_is_read_again_and_changes_nothing(deployment: Deployment) -> None:
    run(deployment, Monthly())
    version, again = deployment.archive.version, Monthly()
    assert run(deployment, again) == Receipt(duplicates=60, read=60)
    assert again.fetched == list(range(1, 13))
    assert deployment.archive.version == version


def test_another_question_does_not_go_on_with_the_first(deployment: Deployment) -> None:
    with pytest.raises(HaidangError):
        run(deployment, Monthly(fails_before=(6,)))
    other = Monthly()
    run(deployment, other, Asked(start=local("2025-03-01"), end=local("2025-08-01")))
    assert other.fetched == [3, 4, 5, 6, 7]


def test_only_the_sites_that_were_asked_for_are_fetched(deployment: Deployment) -> None:
    receipt = run(deployment, Monthly(), Asked(sites=("Co To", "S1")))
    assert receipt.accepted == 24
    with pytest.raises(HaidangError, match="unknown site 'Cô Tô 2'"):
        run(deployment, Monthly(), Asked(sites=("Cô Tô 2",)))


def test_a_source_that_revisits_begins_before_the_newest_day_held(deployment: Deployment) -> None:
    run(deployment, Monthly(), Asked(end=local("2025-09-15")))
    later = Monthly(revisits=pd.Timedelta(days=40))
    run(deployment, later)
    assert later.fetched == [7, 8, 9, 10, 11, 12]  # 1 September less 40 days is 23 July


def test_after_three_failures_a_source_rests_unless_it_is_forced(deployment: Deployment) -> None:
    for _ in range(3):
        with pytest.raises(HaidangError, match="no answer"):
            run(deployment, Monthly(fails_before=(1,)))
    with pytest.raises(HaidangError, match=r"rests until 07:30\+0700; last: monthly gave no answer for month 1"):
        run(deployment, Monthly())
    assert not deployment.archive.exists
    assert run(deployment, Monthly(), force=True).accepted == 60


def test_days_that_have_not_come_are_set_aside_and_young_values_wait(deployment: Deployment) -> None:
    clock = local("2025-06-01 12:00")  # the value of 1 June is known on 2 June at six
    receipt = ingest(
        Monthly(), deployment.archive, local("2025-05-01"), local("2025-08-01"), now=clock, sites=deployment.sites
    )
    assert (receipt.accepted, receipt.quarantined) == (5, 5)
    assert receipt.remarks == ("5 values are not known yet by the latency of the source; a later ingest brings them",)
    (reason,) = set(deployment.archive.quarantined()["reason"])
    assert reason.startswith("speaks of a day that has not come at 2025-06-01T12:00:00+07:00: a clock runs ahead")


def test_settings_without_sources_and_the_simulated_one_are_refused(deployment: Deployment) -> None:
    with pytest.raises(HaidangError, match=r"add \[sources.NAME\] to haidang.toml"):
        sources_of(deployment, [], {})
    with pytest.raises(HaidangError, match="`haidang simulate` makes them"):
        sources_of(deployment, ["simulated"], {})


# A file that may not grow beyond 64 bytes fails as a file on a full disk does.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_ingests import local, values
from features.errors import HaidangError
from features.settings import Settings
from serving.deployment import open_deployment
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
deployment = open_deployment(Settings(home=Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
try:
    deployment.archive.append(values(deployment.sites, local("2024-01-01"), "late"))
except HaidangError as error:
    print(error)
"""


def test_on_a_full_disk_nothing_is_half_stored_and_it_is_said(deployment: Deployment) -> None:
    run(deployment, Monthly())
    version, home = deployment.archive.version, deployment.settings.home
    child = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(home), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert child.stdout.startswith("5 rows could not be stored in ")
    assert "and none of them is: " in child.stdout
    assert child.stdout.rstrip().endswith("see that the disk has room and can be written, then run the command again")
    again = open_deployment(Settings(home=home)).archive
    assert again.version == version
    assert again.append(values(deployment.sites, local("2024-01-01"), "late")).accepted == 5


def test_a_list_of_events_is_refused_for_some_sites_only(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "slides.csv"
    columns = "source_name,source_link,event_date,time,landslide_category,landslide_trigger,landslide_size"
    row = "News,http://news,6/17/2017,13:20,landslide,downpour,small,0,0,107.08,20.95"
    file.write_text(f"{columns},fatality_count,injury_count,LON,LAT\n{row}\n", encoding="utf-8")
    (source,) = sources_of(deployment, ["line_list"], {"file": file, "mapping": "nasa_landslides"})
    with pytest.raises(HaidangError, match=r"is a list of events: it is read for all sites at once"):
        ingest_logged(deployment, source, Asked(sites=("S1",)), clock=lambda: NOW, progress=lambda receipt, until: None)
    assert not deployment.archive.exists
