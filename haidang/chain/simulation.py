"""Simulated deployments: the archive of a simulated province, and how near its champions come to the truth."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from features.archive import Archive
from features.entries import Receipt
from features.errors import HaidangError
from features.ingest import ingest
from features.settings import FILE_NAME, Settings
from features.sites import Sites
from features.sources.simulated import COMMUNES, SimulatedProvince
from models.hazard import Hazard
from serving.deployment import Deployment
from training.achievable import Achieved, judge
from training.backtest import contestants
from training.examples import known_examples
from training.oracle import HIDDEN, oracle

Progress = Callable[[int, int], None]
_LONG_AGO, _FAR_AHEAD = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
_PROVINCE = TypeAdapter(SimulatedProvince)
_FRESH_SEED, _CEILING_SEED = 10_000, 20_000
_WARM_UP_YEARS, _BLOCK_YEARS = 1, 30
CEILING_YEARS = 120


def prepare(home: Path, province: SimulatedProvince) -> None:
    """Lays out a folder for the archive of a simulated province: which province it is, and its sites if they are more.

    Raises:
        HaidangError: if the folder holds another simulated province, or settings of its own.
    """
    home.mkdir(parents=True, exist_ok=True)
    file, told = Settings(home=home).simulated, _PROVINCE.dump_json(province, indent=1)
    if file.exists() and file.read_bytes() != told:
        raise HaidangError(f"{file} describes another simulated province: name another --home")
    if province.n_sites != COMMUNES:
        settings = 'sites = "sites.csv"\n'
        if (home / FILE_NAME).exists() and (home / FILE_NAME).read_text(encoding="utf-8") != settings:
            raise HaidangError(f"{home / FILE_NAME} is there already: a province of more sites needs a fresh --home")
        _table(province.sites).to_csv(home / "sites.csv", index=False)
        (home / FILE_NAME).write_text(settings, encoding="utf-8")
    file.write_bytes(told)


def simulate(deployment: Deployment, province: SimulatedProvince, *, progress: Progress) -> Receipt:
    """Writes the archive of a prepared province; run again it changes nothing, killed it can be run again."""
    done = 0

    def told(receipt: Receipt, until: pd.Timestamp | None) -> None:
        nonlocal done
        done += 1
        progress(done, province.years)

    return ingest(province, deployment.archive, _LONG_AGO, _FAR_AHEAD, progress=told)


def province_of(settings: Settings) -> SimulatedProvince:
    """The simulated province that a deployment's archive came from.

    Raises:
        HaidangError: if the archive is not simulated.
    """
    if not settings.simulated.exists():
        raise HaidangError(
            f"{settings.home} holds no simulated province, so that nobody knows the truth: run `haidang simulate` first"
        )
    try:
        return _PROVINCE.validate_json(settings.simulated.read_bytes())
    except ValidationError as error:
        raise HaidangError(f"{settings.simulated} does not describe a simulated province: {error}") from error


@dataclass(frozen=True)
class Judged:
    """A champion judged against the truth.

    Attributes:
        version: of the champion.
        first_year: first of the years that it was judged on.
        years: how many; fresh ones, simulated with another seed after the last year that it could learn from.
        ceiling_years: simulated years from which the observable ceiling was learned; 0 where none was.
        achieved: by lead and cut.
    """

    version: str
    first_year: int
    years: int
    ceiling_years: int
    achieved: tuple[Achieved, ...]


def judge_champion(
    deployment: Deployment,
    hazard: Hazard,
    *,
    years: int,
    seed: int,
    ceiling_years: int | None = None,
    progress: Progress,
) -> Judged:
    """Asks the champion about fresh simulated years and holds its answers against the truth.

    Args:
        deployment: a simulated deployment.
        hazard: a hazard with a champion.
        years: how many fresh years.
        seed: of the fresh years.
        ceiling_years: fresh years from which the observable ceiling is learned; for None 120 where the truth starts
            from hidden states, else none.
        progress: is told how many issue times the oracle has done, of how many.

    Raises:
        HaidangError: if the deployment is not simulated, or the hazard has no champion or no oracle.
    """
    held = province_of(deployment.settings)
    champion = deployment.shelf.champion(hazard)
    first_year = held.first_year + held.years
    province = replace(
        held,
        years=_WARM_UP_YEARS + years,
        seed=_FRESH_SEED + seed,
        first_year=first_year - _WARM_UP_YEARS,
        known_until=None,
        variables=read_by(hazard, held),
    )
    start, end = (pd.Timestamp(f"{year}-01-01", tz=held.zone) for year in (first_year, first_year + years))
    times = hazard.issue_times(start, end, held.zone, every_days=hazard.issue_every_days)
    truth = oracle(hazard, province, times, progress=progress)
    learned_from = known_examples(hazard, deployment.archive, pd.Timestamp(champion.card.fitted_at))
    baselines = contestants(hazard)
    with _archive_of(province, deployment.sites) as archive:
        rows = hazard.ask(archive, times)
        outcome = hazard.outcomes(archive, times, by=archive.ends())
    forecasts = {"model": champion.answer(rows)}
    for name in ("climatology", "persistence"):
        fitted = baselines[name].fit(learned_from.rows, hazard.target.severity(learned_from.outcome))
        forecasts[name] = _frame(fitted.predict_exceedance(rows), rows, hazard)
    wanted = (CEILING_YEARS if hazard.target.variable in HIDDEN else 0) if ceiling_years is None else ceiling_years
    if wanted:
        forecasts["ceiling"] = ceiling(hazard, province, deployment.sites, rows, wanted)
    achieved = judge(hazard.periods, truth, forecasts, outcome, sense=hazard.target.sense)
    return Judged(champion.version, first_year, years, wanted, achieved)


def ceiling(hazard: Hazard, province: SimulatedProvince, sites: Sites, rows: pd.DataFrame, years: int) -> pd.DataFrame:
    """What the hazard's own features allow: its model, learned from many years of the same climate."""
    learned = []
    for block, begun in enumerate(range(0, years, _BLOCK_YEARS)):
        past = replace(
            province,
            years=min(_BLOCK_YEARS, years - begun),
            seed=_CEILING_SEED + province.seed + block,
            first_year=province.first_year - _BLOCK_YEARS // 2,
            run_every_days=hazard.issue_every_days,
        )
        with _archive_of(past, sites) as archive:
            learned.append(known_examples(hazard, archive, archive.ends()))
    outcome = np.concatenate([one.outcome for one in learned])
    estimator = hazard.estimator().fit(pd.concat([one.rows for one in learned]), hazard.target.severity(outcome))
    return _frame(estimator.predict_exceedance(rows), rows, hazard)


@contextmanager
def _archive_of(province: SimulatedProvince, sites: Sites) -> Iterator[Archive]:
    """An archive of a province for a while."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), sites, province.zone)
        ingest(province, archive, _LONG_AGO, _FAR_AHEAD)
        yield archive


def read_by(hazard: Hazard, province: SimulatedProvince) -> tuple[str, ...]:
    """What a province has to bring for a hazard."""
    wanted = {*hazard.variables, hazard.target.variable}
    return tuple(name for name in province.variables if name in wanted)


def _frame(answer: np.ndarray, rows: pd.DataFrame, hazard: Hazard) -> pd.DataFrame:
    return pd.DataFrame(answer, rows.index, list(hazard.target.cuts))


def _table(sites: Sites) -> pd.DataFrame:
    """The sites as a sites file has them."""
    columns = ("code", "name_vi", "name_en", "latitude", "longitude")
    return pd.DataFrame(
        [{name: getattr(site, name) for name in columns} | dict(site.attributes) for site in sites.values()]
    )
