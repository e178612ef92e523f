"""A whole small deployment in one folder: five communes, two hazards of its own, rain and its forecasts, all shared.

It is built once for each run of the tests, whichever worker comes first, and copied by those who change it.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.entries import Batch
from features.ingest import ingest
from features.settings import Settings, keep_tools_quiet
from features.sites import Sites

keep_tools_quiet()

from haidang.chain import backtesting, fitting, issuing  # noqa: E402
from haidang.champions import crowning  # noqa: E402
from haidang.publication.publishing import publish  # noqa: E402
from serving.access.service_settings import ServiceSettings  # noqa: E402
from serving.answering.answers import Answers  # noqa: E402
from serving.answering.restricted import public  # noqa: E402
from serving.deployment import Deployment, open_deployment  # noqa: E402

HANOI = "Asia/Ho_Chi_Minh"
SITES = """\
code,name_vi,name_en,latitude,longitude,coastal
S1,Hạ Long,Ha Long,20.95,107.08,yes
S2,Cẩm Phả,Cam Pha,21.01,107.27,yes
S3,Vân Đồn,Van Don,21.07,107.42,yes
S4,Cô Tô,Co To,20.97,107.76,yes
S5,Bình Liêu,Binh Lieu,21.52,107.39,no
"""
SETTINGS = f'local_zone = "{HANOI}"\nsites = "sites.csv"\nhazards = "hazards"\nfrozen_years = 0\n'
SHARING = """\
[sharing]
owner_vi = "Sở Nông nghiệp và Môi trường"
owner_en = "Department of Agriculture and Environment"
contact = "https://example.vn/lien-he"
address = "https://haidang.example.vn"
licence = "https://creativecommons.org/licenses/by/4.0/"
observations = { small = "https://creativecommons.org/publicdomain/zero/1.0/" }
"""
HAZARD = '''"""{title}."""

from features.ahead import TotalAhead
from features.given import Lead, season
from features.past import MeanOver, TotalOver
from features.periods import Periods
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Highest

HAZARD = Hazard(
    name="{name}",
    title_vi="{title}",
    title_en="{title}",
    target=Highest("rain", cuts={cuts}, settle_days=1),
    periods=Periods(days=1, count=2),
    features=(
        TotalAhead("rain"),
        TotalOver("rain", days=1, coverage=1.0),
        MeanOver("rain", days=7),
        *season(harmonics=1),
        Lead(),
    ),
    persistence=TotalOver("rain", days=1, coverage=1.0),
    model=Blend(members=(Climatology(), PerPeriod(member=Logistic())), folds=2),
    levels={{"watch": AtLeast(0.3, cut=20.0), "warning": AtLeast(0.2, cut=40.0)}},
    where={where},
    issue_every_days=1,
    refit_every_days=120,
    train_every_days=2,
    reference="a hazard for tests",
)
'''
SMALL, COAST = "small_rain", "coast_rain"


def local(text: str) -> pd.Timestamp:
    """A moment in local time."""
    return pd.Timestamp(text, tz=HANOI)


BEGINS, ENDS, TEST_FROM = local("2021-01-01"), local("2023-07-01"), local("2023-01-01")
ISSUED = (local("2023-06-27 07:00"), local("2023-06-30 07:00"))


@dataclass(frozen=True)
class SmallProvince:
    """Rain of five communes, wetter in summer, and its forecasts for the next three days, in batches of half a year."""

    until: pd.Timestamp = ENDS
    name = "small"
    variables: Sequence[str] = ("rain",)
    latency = pd.Timedelta(hours=6)

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        random = np.random.default_rng(42)
        days = pd.date_range(BEGINS, ENDS, freq="D", inclusive="left")
        summer = -np.cos(2 * np.pi * (days.dayofyear.to_numpy() - 15) / 365.25)[:, None]
        score = 0.8 * random.standard_normal((len(days), 1)) + 0.6 * random.standard_normal((len(days), len(sites)))
        parts = [_reported(sites, days, score + 0.7 * summer, pd.Timedelta(days=1, hours=6))]
        for lead in range(1, 4):
            seen = np.sqrt(1 - lead / 8) * score + 0.3 * random.standard_normal(score.shape) + 0.7 * summer
            parts.append(_reported(sites, days, seen, pd.Timedelta(hours=6) - pd.Timedelta(days=lead)))
        whole = pd.concat(parts)
        known = whole[whole["known_time"].between(BEGINS, self.until) & whole["valid_time"].between(start, end, "left")]
        for _, half in known.groupby(known["valid_time"].dt.year * 2 + known["valid_time"].dt.month // 7):
            yield Batch(half.reset_index(drop=True))


def _reported(sites: Sites, days: pd.DatetimeIndex, score: np.ndarray, delay: pd.Timedelta) -> pd.DataFrame:
    millimetres = np.round(12 * np.maximum(score - 0.3, 0) ** 1.5, 1)
    valid_time = days.repeat(len(sites))
    return pd.DataFrame(
        {
            "site": list(sites.codes) * len(days), "variable": "rain", "valid_time": valid_time,
            "known_time": valid_time + delay, "value": millimetres.ravel(), "source": SmallProvince.name,
        }
    )  # fmt: skip


def hazard_file(name: str, *, cuts: tuple[float, ...] = (5.0, 20.0, 40.0), where: str | None = None) -> str:
    """The text of a hazard file."""
    return HAZARD.format(name=name, title=f"Rain for tests: {name}", cuts=cuts, where=repr(where))


def write_hazard(home: Path, name: str, **stated: Any) -> None:
    """Writes a hazard file into a deployment."""
    (home / "hazards" / f"{name}.py").write_text(hazard_file(name, **stated), encoding="utf-8")


def write_settings(home: Path) -> Settings:
    """Lays out sites, hazards and settings in a folder."""
    (home / "hazards").mkdir(parents=True)
    (home / "sites.csv").write_text(SITES, encoding="utf-8")
    (home / "haidang.toml").write_text(SETTINGS, encoding="utf-8")
    write_hazard(home, SMALL)
    write_hazard(home, COAST, cuts=(20.0, 40.0), where="coastal")
    return Settings(home=home)


def fill(deployment: Deployment) -> None:
    """Ingests all there is."""
    ingest(SmallProvince(), deployment.archive, BEGINS, ENDS)


def train(deployment: Deployment, name: str) -> fitting.Trained:
    """Backtests, fits and tracks a hazard."""
    hazard = deployment.hazard(name)
    tested = backtesting.run_backtest(deployment, hazard, start=TEST_FROM, progress=lambda done, of: None)
    return fitting.train(deployment, hazard, tested)


def build(home: Path) -> None:
    """Builds the whole deployment: ingest, fit, promote, issue."""
    deployment = open_deployment(write_settings(home))
    fill(deployment)
    for name in (SMALL, COAST):
        train(deployment, name)
        crowning.promote(deployment, deployment.hazard(name))
        for issue_time in ISSUED:
            issuing.issue_now(deployment, deployment.hazard(name), issue_time, ENDS)
    (home / "service.toml").write_text(SHARING, encoding="utf-8")
    publish(deployment, ServiceSettings(home=home), ENDS)


def the_deployment(factory: pytest.TempPathFactory) -> Path:
    """The folder of the deployment that all tests share; only to be read."""
    run = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    home, ended = run / "deployment", run / "deployment-ended"
    try:
        home.mkdir()
    except FileExistsError:
        _wait_for(ended)
        return home
    try:
        build(home)
        (home / "built").touch()
    finally:
        ended.touch()
    return home


def _wait_for(ended: Path) -> None:
    until = time.monotonic() + 120
    while not ended.exists() and time.monotonic() < until:
        time.sleep(0.1)
    if not (ended.parent / "deployment" / "built").exists():
        raise RuntimeError("the deployment that the tests share was not built: see the first test that asked for it")


def a_copy(factory: pytest.TempPathFactory, to: Path) -> Path:
    """A copy of the deployment to change, with its MLflow store."""
    shared = the_deployment(factory)
    shutil.copytree(shared, to)
    with sqlite3.connect(to / "mlflow.db") as store:
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "source"),
            ("model_versions", "storage_location"),
        ):
            store.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (str(shared), str(to)))
    store.close()
    return to


def opened(home: Path) -> Deployment:
    """The deployment in a folder."""
    return open_deployment(Settings(home=home))


def answering(home: Path) -> Answers:
    """The answers of the deployment in a folder, loaded."""
    answers = Answers(opened(home))
    answers.refresh()
    return answers


def answering_everybody(home: Path) -> Answers:
    """The same as everybody sees it."""
    answers = Answers(public(opened(home), ServiceSettings(home=home)))
    answers.refresh()
    return answers
