"""A row of five sites with known distances, archives over them, and a tiny hazard: what the other tests share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.ahead import TotalAhead
from features.archive import Archive
from features.given import Attribute, Lead, season
from features.past import MeanOver, TotalOver
from features.periods import Periods
from features.sites import Site, Sites
from features.spatial import NeighbourMean
from models.baselines import Climatology
from models.blend import Blend
from models.forecaster import Forecaster
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Highest
from training.backtest import Backtest, backtest
from training.fit import fit

HANOI = "Asia/Ho_Chi_Minh"
Row = dict[str, object]
MakeArchive = Callable[..., Archive]

TINY_BEGINS, TINY_ENDS = "2021-01-01", "2023-07-01"
TINY_TEST = ("2022-11-01", "2023-03-01")


def at(text: str) -> pd.Timestamp:
    """A moment in local time: "2024-03-10" is midnight in Hanoi, "2024-03-10 07:00" seven in the morning."""
    return pd.Timestamp(text, tz=HANOI)


def entry(site: str, variable: str, day: str, known: str, value: object, source: str = "station") -> Row:
    """One row as a source would hand it over; both times are local."""
    valid_time, known_time = at(day), at(known)
    return {
        "site": site, "variable": variable, "valid_time": valid_time, "known_time": known_time,
        "value": value, "source": source,
    }  # fmt: skip


def table(*rows: Row) -> pd.DataFrame:
    """Rows as a table."""
    return pd.DataFrame(list(rows))


def a_row_of_sites() -> Sites:
    """S1 to S4 a tenth of a degree of latitude (11.1195 km) apart, S5 a whole degree (111.195 km) further north."""
    return Sites(
        [
            Site("S1", "Hạ Long", "Ha Long", 20.0, 107.0, {"elevation_m": 10.0, "shrimp_ponds": 0.0}),
            Site("S2", "Cẩm Phả", "Cam Pha", 20.1, 107.0, {"elevation_m": 20.0, "shrimp_ponds": 30.0}),
            Site("S3", "Vân Đồn", "Van Don", 20.2, 107.0, {"elevation_m": 5.0, "shrimp_ponds": 12.0}),
            Site("S4", "Cô Tô", "Co To", 20.3, 107.0, {"elevation_m": 40.0}),
            Site("S5", "Móng Cái", "Mong Cai", 21.3, 107.0, {"elevation_m": 15.0, "shrimp_ponds": float("nan")}),
        ]
    )


@pytest.fixture(scope="session")
def sites() -> Sites:
    return a_row_of_sites()


@pytest.fixture
def archive(tmp_path: Path, sites: Sites) -> MakeArchive:
    """Makes archives of the given rows, each in a folder of its own."""
    made: list[Archive] = []

    def of(*rows: Row, entries: pd.DataFrame | None = None) -> Archive:
        made.append(Archive(tmp_path / f"archive_{len(made)}", sites, HANOI))
        if rows:
            made[-1].append(table(*rows))
        if entries is not None:
            made[-1].append(entries)
        return made[-1]

    return of


def a_tiny_hazard(**changes: object) -> Hazard:
    """Highest rain of three days, now and after, from its forecast, the last week and the neighbours."""
    stated: dict[str, object] = {
        "name": "tiny",
        "title_vi": "Mưa thử",
        "title_en": "Rain for tests",
        "target": Highest("rain", cuts=(10.0, 30.0), settle_days=1),
        "periods": Periods(days=3, count=2),
        "features": (
            TotalAhead("rain"),
            TotalOver("rain", days=1, coverage=1.0),
            MeanOver("rain", days=7),
            NeighbourMean(MeanOver("rain", days=7), scale_km=20.0),
            *season(harmonics=1),
            Lead(),
            Attribute("elevation_m"),
        ),
        "persistence": TotalOver("rain", days=1, coverage=1.0),
        "model": Blend(members=(Climatology(), Logistic()), folds=2),
        "levels": {"watch": AtLeast(0.3, cut=10.0), "warning": AtLeast(0.3, cut=30.0)},
        "issue_every_days": 1,
        "refit_every_days": 60,
        "train_every_days": 2,
        "reference": "https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    }
    return Hazard(**(stated | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def tiny_hazard() -> Hazard:
    return a_tiny_hazard()


@pytest.fixture(scope="session")
def tiny_entries(sites: Sites) -> pd.DataFrame:
    """Two and a half years of rain, wetter in summer, and forecasts 1 to 6 days ahead that lose skill with the lead."""
    random = np.random.default_rng(42)
    days = pd.date_range(TINY_BEGINS, TINY_ENDS, freq="D", tz=HANOI, inclusive="left")
    summer = -np.cos(2 * np.pi * (days.day_of_year.to_numpy() - 15) / 365.25)[:, None]
    score = 0.8 * random.standard_normal((len(days), 1)) + 0.6 * random.standard_normal((len(days), len(sites)))

    def millimetres(scores: np.ndarray) -> np.ndarray:
        return np.round(12 * np.maximum(scores + 0.7 * summer - 0.3, 0) ** 1.5, 1)

    parts = [_reports(sites, days, millimetres(score), pd.Timedelta(days=1, hours=6), "station")]
    for lead in range(1, 7):
        seen = np.sqrt(1 - lead / 8) * score + 0.3 * random.standard_normal(score.shape)
        parts.append(_reports(sites, days, millimetres(seen), pd.Timedelta(hours=6) - pd.Timedelta(days=lead), "model"))
    whole = pd.concat(parts, ignore_index=True)
    return whole[whole["known_time"] >= at(TINY_BEGINS)].reset_index(drop=True)


def _reports(
    sites: Sites, days: pd.DatetimeIndex, values: np.ndarray, delay: pd.Timedelta, source: str
) -> pd.DataFrame:
    valid_time = days.repeat(len(sites))
    return pd.DataFrame(
        {
            "site": list(sites.codes) * len(days), "variable": "rain", "valid_time": valid_time,
            "known_time": valid_time + delay, "value": values.ravel(), "source": source,
        }
    )  # fmt: skip


@pytest.fixture(scope="session")
def tiny_archive(tmp_path_factory: pytest.TempPathFactory, sites: Sites, tiny_entries: pd.DataFrame) -> Archive:
    """Holds the tiny entries; only to be read."""
    held = Archive(tmp_path_factory.mktemp("tiny"), sites, HANOI)
    held.append(tiny_entries)
    return held


@pytest.fixture(scope="session")
def tiny_forecaster(tiny_hazard: Hazard, tiny_archive: Archive) -> Forecaster:
    return fit(tiny_hazard, tiny_archive, moment=at("2023-03-01"))


@pytest.fixture(scope="session")
def tiny_backtest(tiny_hazard: Hazard, tiny_archive: Archive) -> Backtest:
    return backtest(tiny_hazard, tiny_archive, at(TINY_TEST[0]), at(TINY_TEST[1]))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with the notebooks, which take longest and run on one worker."""
    items.sort(key=lambda item: item.path.stem != "test_notebooks")
