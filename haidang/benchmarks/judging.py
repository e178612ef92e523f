"""One trial of the table of skill: a hazard learns from one simulated world and is judged on fresh years of another."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from features.archive import Archive
from features.errors import HaidangError
from features.ingest import ingest
from features.months import Months
from features.settings import BUILT_IN_SITES
from features.sites import read_sites
from features.sources.simulated import SimulatedProvince
from haidang.chain.simulation import ceiling, read_by
from models.climate.monthly_targets import MonthlyTarget
from models.endemic_target import OverUsual
from models.hazard import Hazard
from models.spread import HIGH, LOW, spread_of
from training.achievable import Truth
from training.backtest import contestants
from training.examples import known_examples
from training.oracle import HIDDEN, oracle
from training.peers import PEERS
from training.tallies import Tally, tally

LAST_YEAR = 2025
_FRESH_SEED, _CLIMATE_YEARS = 10_000, 30
_LONG_AGO, _FAR_AHEAD = pd.Timestamp("1900-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
_PROVINCE = TypeAdapter(SimulatedProvince)
_TABLES = ("scores", "bins", "coverage")
_ROOT = Path(__file__).parents[2]
_BENEATH = ("features", "models", *(f"training/{name}.py" for name in ("examples", "oracle", "peers", "tallies")))


@dataclass(frozen=True)
class Trial:
    """A hazard and a seed.

    Attributes:
        hazard: the hazard.
        seed: of the world that it learns from; the fresh years have another.
        years: that it learns from, the last of them 2025.
        test_years: fresh years after them, in the other world.
        ceiling_years: further years that the observable ceiling is learned from; 0 for none.
    """

    hazard: Hazard
    seed: int
    years: int
    test_years: int
    ceiling_years: int = 0

    @property
    def name(self) -> str:
        """How the files of the trial begin."""
        return f"{self.hazard.name}-{self.seed}"

    @property
    def learned_from(self) -> SimulatedProvince:
        """The world that is learned from."""
        return SimulatedProvince(years=self.years, seed=self.seed, first_year=LAST_YEAR + 1 - self.years)

    @property
    def fresh(self) -> SimulatedProvince:
        """The world of the fresh years: a year before them, the climate where it is asked for, and one to settle."""
        before = _CLIMATE_YEARS + 1 if has_a_climate(self.hazard) else 1
        return SimulatedProvince(
            years=before + self.test_years + 1, seed=_FRESH_SEED + self.seed, first_year=LAST_YEAR + 1 - before
        )

    @property
    def key(self) -> str:
        """Digest of all that a result hangs on: the hazard, the worlds and the code beneath them."""
        hazard = self.hazard
        facts = (
            hazard.fingerprint, repr(hazard.climatology), hazard.train_every_days, hazard.issue_every_days,
            hazard.issue_hour, self.seed, self.years, self.test_years, self.ceiling_years, _code(*_BENEATH),
        )  # fmt: skip
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def has_a_climate(hazard: Hazard) -> bool:
    """Whether its outcomes are told against the years before them, so that a fresh world needs a past."""
    return isinstance(hazard.periods, Months) or isinstance(hazard.target, (MonthlyTarget, OverUsual))


def can_be_judged(hazard: Hazard) -> bool:
    """Whether the simulated province brings its outcomes, somewhere."""
    province = SimulatedProvince(years=1)
    return hazard.target.variable in province.variables and bool(read_sites(BUILT_IN_SITES).having(hazard.where).any())


@dataclass
class Judged:
    """What came of a trial, beside its tally.

    Attributes:
        key: of the trial.
        rows: questions that were learned from.
        seconds: what each step took.
        without_truth: why no true probability is known; None where it is.
        failed: why there is no tally; None where there is one.
    """

    key: str
    rows: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    without_truth: str | None = None
    failed: str | None = None

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Notes how long a step takes."""
        began = time.perf_counter()
        yield
        self.seconds[step] = round(time.perf_counter() - began, 1)


_JUDGED = TypeAdapter(Judged)


class Results:
    """What is kept of trials: a folder with a small file of facts and three tables for each, and the worlds."""

    def __init__(self, folder: Path) -> None:
        """Opens the folder, or prepares it."""
        self._folder = folder
        (folder / "judged").mkdir(parents=True, exist_ok=True)

    def world(self, province: SimulatedProvince) -> Archive:
        """The archive of a world; it is made where it is not there, and made whole where it was killed half way."""
        told = _PROVINCE.dump_json(province)
        made_by = hashlib.sha256(told + _code("features/sources/simulated").encode()).hexdigest()[:12]
        folder = self._folder / "worlds" / made_by
        archive, whole = Archive(folder, read_sites(BUILT_IN_SITES), province.zone), folder / "province.json"
        if not whole.exists():
            ingest(province, archive, _LONG_AGO, _FAR_AHEAD)
            whole.write_bytes(told)
        return archive

    def judged(self, trial: Trial) -> Judged | None:
        """What came of a trial; None where it was not run, or the hazard or the code has changed since."""
        file = self._file(trial, "json")
        if not file.exists():
            return None
        held = _JUDGED.validate_json(file.read_bytes())
        return held if held.key == trial.key else None

    def tally(self, trial: Trial) -> Tally:
        """The tally of a trial that did not fail."""
        scores, calibration, coverage = (pd.read_parquet(self._file(trial, f"{part}.parquet")) for part in _TABLES)
        return Tally(scores, calibration, coverage)

    def keep(self, trial: Trial, judged: Judged, told: Tally | None) -> None:
        """Keeps what came of a trial; the facts come last, so that they are never without their tables."""
        if told is not None:
            for part, table in zip(_TABLES, (told.scores, told.calibration, told.coverage), strict=True):
                table.to_parquet(self._file(trial, f"{part}.parquet"))
        self._file(trial, "json").write_bytes(_JUDGED.dump_json(judged, indent=1))

    def _file(self, trial: Trial, ending: str) -> Path:
        return self._folder / "judged" / f"{trial.name}.{ending}"


def run_trial(trial: Trial, results: Results) -> Judged:
    """Fits, asks and judges; the result is kept.

    Raises:
        HaidangError: if there is nothing to learn from or to ask.
    """
    hazard, told = trial.hazard, Judged(trial.key)
    archive = results.world(trial.learned_from)
    with told.timed("learn: ask"):
        known = known_examples(hazard, archive, archive.ends())
    told.rows = len(known)
    fitted = contestants(hazard)
    for name, estimator in fitted.items():
        with told.timed(f"learn: {name}"):
            estimator.fit(known.rows, hazard.target.severity(known.outcome))
    province = trial.fresh
    start, end = (pd.Timestamp(f"{LAST_YEAR + 1 + more}-01-01", tz=province.zone) for more in (0, trial.test_years))
    times = hazard.issue_times(start, end, province.zone, every_days=hazard.issue_every_days)
    archive = results.world(province)
    with told.timed("test: ask"):
        rows = hazard.ask(archive, times)
        outcome = hazard.outcomes(archive, times, by=archive.ends())
    with told.timed("test: answer"):
        answers = {name: estimator.predict_exceedance(rows) for name, estimator in fitted.items()}
        for name, peer in PEERS.get(hazard.name, {}).items():
            fitted_peer = peer(hazard).fit(known.rows, hazard.target.severity(known.outcome))
            answers[name] = fitted_peer.predict_exceedance(rows)
        spread = spread_of(hazard.target, fitted["model"], rows, answers["model"])
    forecasts = {name: pd.DataFrame(answer, rows.index, list(hazard.target.cuts)) for name, answer in answers.items()}
    if trial.ceiling_years:
        with told.timed("ceiling"):
            part = replace(province, variables=read_by(hazard, province))
            forecasts["ceiling"] = ceiling(hazard, part, archive.sites, rows, trial.ceiling_years)
    with told.timed("truth"):
        truth = _truth(trial, province, times, told)
    interval = None if spread is None else spread[[LOW, HIGH]]
    results.keep(trial, told, tally(hazard, forecasts, outcome, province.zone, truth=truth, interval=interval))
    return told


def _truth(trial: Trial, province: SimulatedProvince, times: pd.DatetimeIndex, told: Judged) -> Truth | None:
    try:
        return oracle(trial.hazard, province, times)
    except HaidangError as error:
        told.without_truth = str(error)
        return None


def _code(*parts: str) -> str:
    """Digest of files of code, by packages and modules; a hazard's own file counts by its fingerprint."""
    told = hashlib.sha256()
    for place in (_ROOT / part for part in parts):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if file.parent.name != "hazards":
                told.update(file.read_bytes())
    return told.hexdigest()


def hides_states(hazard: Hazard) -> bool:
    """Whether states hide behind its reports, so that the truth is a bound that nobody reaches."""
    return hazard.target.variable in HIDDEN
