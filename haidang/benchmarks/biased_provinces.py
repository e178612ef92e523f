"""Simulated provinces without a trend, the forecasts of which are biased from a day on: what drift is measured in."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.archive import Archive
from features.entries import Batch
from features.ingest import ingest
from features.settings import Settings
from features.sites import Sites
from features.sources.simulated import SimulatedProvince
from features.sources.simulated.provider import BROUGHT
from features.sources.simulated.runs import Runs
from features.sources.simulated.world import TAIL_DAYS
from features.variables import variable_named
from serving.deployment import Deployment, open_deployment
from training.forecast_streams import LEADS, ForecastDays

LONG_AGO, FAR_AHEAD = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
LAST_YEAR, JUMP = 2025, 1.2


@dataclass(frozen=True)
class BiasedProvince:
    """The simulated province, the forecasts of which are multiplied by a factor from a day on.

    Attributes:
        province: the province.
        variables: whose forecasts.
        since: forecasts known from this moment on.
        factor: the factor.
        known_until: nothing known later is handed over.
    """

    province: SimulatedProvince
    variables: tuple[str, ...]
    since: pd.Timestamp
    factor: float
    known_until: pd.Timestamp = FAR_AHEAD
    name = SimulatedProvince.name
    latency = SimulatedProvince.latency
    licence = SimulatedProvince.licence
    revisits = None

    def fetch(self, sites: Sites, start: pd.Timestamp, end: pd.Timestamp) -> Iterator[Batch]:
        """The batches of the province, with the bias."""
        for batch in self.province.fetch(sites, start, end):
            told = batch.entries[batch.entries["known_time"] <= self.known_until].copy()
            ahead = told["known_time"] < told["valid_time"] + pd.Timedelta(days=1)
            changed = told["variable"].isin(self.variables) & ahead & (told["known_time"] >= self.since)
            told.loc[changed, "value"] *= self.factor
            yield replace(batch, entries=told)


def province_of(seed: int, years: int, variables: tuple[str, ...]) -> SimulatedProvince:
    """A province of so many years up to the last, without a trend, of which only these variables are told."""
    wanted = tuple(name for name in BROUGHT if name in variables)
    return SimulatedProvince(
        years=years, seed=seed, first_year=LAST_YEAR + 1 - years, warming_per_decade=0.0, variables=wanted
    )


def _some(province: SimulatedProvince) -> Sites:
    """Every sixth commune."""
    return Sites([province.sites.find(code) for code in province.sites.codes[::6]])


@contextmanager
def archive_of(province: SimulatedProvince) -> Iterator[Archive]:
    """An archive of a province for a while."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), _some(province), province.zone)
        ingest(province, archive, LONG_AGO, FAR_AHEAD)
        yield archive


def deployment_of(home: Path, province: SimulatedProvince) -> Deployment:
    """A deployment over some communes of a province, still empty."""
    sites = _some(province)
    columns = ("code", "name_vi", "name_en", "latitude", "longitude")
    table = [{name: getattr(site, name) for name in columns} | dict(site.attributes) for site in sites.values()]
    pd.DataFrame(table).to_csv(home / "sites.csv", index=False)
    (home / "haidang.toml").write_text('sites = "sites.csv"\n', encoding="utf-8")
    return open_deployment(Settings(home=home))


def fill(deployment: Deployment, source: BiasedProvince, start: pd.Timestamp = LONG_AGO) -> None:
    """Appends all that the source brings from a moment on."""
    for batch in source.fetch(deployment.sites, start, FAR_AHEAD):
        deployment.archive.append(batch.entries)


def told_of(province: SimulatedProvince) -> ForecastDays:
    """All that was forecast and observed of a province at all its communes, without the way through an archive."""
    world = province.world
    dates = world.dates[:-TAIL_DAYS]
    runs = Runs(world.climate, province.seed, len(dates))
    issued = {name: np.full((len(dates), len(world.sites), LEADS), np.nan) for name in province.variables}
    for lead in range(1, LEADS + 1):
        for first in range(lead, len(dates), 366):
            days = np.arange(first, min(first + 366, len(dates)))
            said = runs.about(days, lead)
            for name in issued.keys() & said.keys():
                issued[name][days - lead, :, lead - 1] = said[name].round(1)
    climate = world.climate
    observed = {"rain": climate.rain, "air_temperature": climate.air_temperature, "wind_speed": climate.wind}
    return ForecastDays(dates.astype(np.int64), issued, {name: observed[name][: len(dates)] for name in issued})


def between(told: ForecastDays, begin: np.int64, end: np.int64) -> ForecastDays:
    """What was forecast and observed on the local days of [begin, end)."""
    here = (begin <= told.days) & (told.days < end)
    issued, observed = ({name: values[here] for name, values in one.items()} for one in (told.issued, told.observed))
    return ForecastDays(told.days[here], issued, observed)


def known_until(told: ForecastDays, last: int) -> ForecastDays:
    """The same as known on the morning of a day: its runs, and observations to the day before."""
    observed = {
        name: np.where(np.arange(last + 1)[:, None] < last, values[: last + 1], np.nan)
        for name, values in told.observed.items()
    }
    return ForecastDays(
        told.days[: last + 1], {name: values[: last + 1] for name, values in told.issued.items()}, observed
    )


def biased(told: ForecastDays, variables: Sequence[str], since: int) -> ForecastDays:
    """Forecasts issued from a local day on times the jump, where the plausible range allows."""
    after = (told.days >= since)[:, None, None]
    issued = {
        name: np.where(after, np.minimum(JUMP * values, variable_named(name).high), values)
        if name in variables
        else values
        for name, values in told.issued.items()
    }
    return replace(told, issued=issued)


def year_start(year: int) -> pd.Timestamp:
    """When a year begins."""
    return pd.Timestamp(f"{year}-01-01", tz="Asia/Ho_Chi_Minh")


def day_of(text: str) -> np.int64:
    """The number of a local day."""
    return np.datetime64(text, "D").astype(np.int64)
