"""Tracking: every fit is an MLflow run, every hazard a registered model, the forecaster in service its champion.

The only module that imports MLflow. It is also the loader that MLflow calls for a stored forecaster, so that no pickle
is written.
"""

import json
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pandas as pd
from matplotlib.figure import Figure
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types.schema import ColSpec, Schema, TensorSpec

from features.errors import HaidangError
from features.settings import Settings
from models.catalogue import hazard_named, read_hazards
from models.forecaster import Card, Forecaster, Skill, SpreadSkill, load_forecaster, read_card
from models.hazard import Hazard
from training.backtest import Backtest
from training.decision import Decision
from training.frozen import Look
from training.kept_answers import KeptAnswers, answers_of_table, kept_answers
from training.losses import ranked_probability_scores
from training.plots import reliability_diagram, skill_figure
from training.tune import Tuned

CHAMPION, CHALLENGER = "champion", "challenger"
_ARTIFACT, _ANSWERS, _LOOK = "forecaster", "answers.parquet", "frozen_look"


@dataclass(frozen=True)
class Tracked:
    """A fit as MLflow knows it.

    Attributes:
        run_id: MLflow run.
        registered_version: version of the registered model of the hazard.
    """

    run_id: str
    registered_version: str


class Tracking:
    """The MLflow store of a deployment."""

    def __init__(self, uri: str, artifacts: Path) -> None:
        """Connects to a store.

        Args:
            uri: tracking and registry URI: a database, or an MLflow server.
            artifacts: folder of the artifacts of new experiments; a server keeps them where it was told to.
        """
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        self._client = MlflowClient(uri, uri)
        self._artifacts = None if uri.startswith(("http://", "https://")) else artifacts.absolute()

    def record(self, forecaster: Forecaster, folder: Path, tested: Backtest | None) -> Tracked:
        """Writes one run: parameters, metrics by lead, data and code version, card, figures, and the model itself.

        Args:
            forecaster: the fitted forecaster.
            folder: where it was saved.
            tested: its backtest; None for a published rule.
        """
        hazard, card = forecaster.hazard, forecaster.card
        experiment = self._experiment(hazard.name)
        with mlflow.start_run(experiment_id=experiment, run_name=card.version) as run:
            mlflow.log_params(_parameters(hazard))
            mlflow.set_tags(
                {
                    "forecaster": card.version,
                    "fingerprint": card.fingerprint,
                    "archive_version": str(card.archive_version),
                    "mlflow.source.git.commit": card.code_version,
                    "baselines_beaten": card.baselines_beaten,
                    "basis": card.basis,
                    "data": "simulated" if card.simulated else "observed",
                }
            )
            mlflow.log_metrics(
                {"rows": float(card.rows)} | {f"events_{cut}": float(n) for cut, n in card.events.items()}
            )
            _log_skill(card.skill)
            for amount in card.spread:
                mlflow.log_metrics(_of_amount(amount), step=amount.lead)
            mlflow.log_text(card.model_dump_json(indent=2), "card.json")
            if tested is not None:
                _log_backtest(tested, card)
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", ".*An input example was not provided")  # rows carry their index
                logged = mlflow.pyfunc.log_model(
                    name=_ARTIFACT,
                    loader_module=__name__,
                    data_path=str(folder),
                    signature=_signature(hazard),
                    pip_requirements=[f"{name}=={version}" for name, version in card.libraries.items()],
                    metadata={"hazard": hazard.name, "forecaster": card.version},
                )
        registered = self._client.create_model_version(
            self._registered(hazard.name),
            logged.artifact_path,
            run.info.run_id,
            tags={"forecaster": card.version},
            model_id=logged.model_id,
        )
        return Tracked(run.info.run_id, str(registered.version))

    def note(self, tracked: Tracked, tags: Mapping[str, str]) -> None:
        """Writes down what else is to be known of a fit, such as the reason of a retraining, as tags of its run."""
        for name, text in tags.items():
            self._client.set_tag(tracked.run_id, name, text)

    def tags(self, run_id: str) -> Mapping[str, str]:
        """The tags of a run."""
        return dict(self._client.get_run(run_id).data.tags)

    def record_tuning(self, tuned: Tuned) -> str:
        """Writes a search as one run: what is declared, the best, the gain, and the table of trials.

        Returns:
            The run's id.
        """
        with mlflow.start_run(experiment_id=self._experiment(tuned.hazard), run_name="tuning") as run:
            for name, values in (("declared", tuned.declared), ("best", tuned.best)):
                mlflow.log_params({f"{name}.{_plain(path)}": value for path, value in values.items()})
            mlflow.log_metrics({"gain": tuned.gain, "gain_low": tuned.low, "gain_high": tuned.high})
            mlflow.set_tags({"kind": "tuning", "until": tuned.until.isoformat(), "verdict": tuned.verdict})
            mlflow.log_text(tuned.trials.to_csv(), "trials.csv")
        return str(run.info.run_id)

    def record_look(self, look: Look, skill: Sequence[Skill]) -> str:
        """Writes a look at the frozen part as one run, with what was seen.

        Returns:
            The run's id.
        """
        with mlflow.start_run(experiment_id=self._experiment(look.hazard), run_name="frozen look") as run:
            mlflow.set_tags({"kind": _LOOK, _LOOK: look.model_dump_json()})
            _log_skill(skill)
        return str(run.info.run_id)

    def record_report(
        self, hazard: str, files: Iterable[Path], pictures: Mapping[str, Figure], skill: pd.DataFrame
    ) -> str:
        """Writes a report as one run: its files, its pictures, and the figures of its main table.

        Args:
            hazard: name of the hazard.
            files: the page and the card.
            pictures: by name.
            skill: figures by lead, of `training.cells`.

        Returns:
            The run's id.
        """
        with mlflow.start_run(experiment_id=self._experiment(hazard), run_name="report") as run:
            mlflow.set_tag("kind", "report")
            for file in files:
                mlflow.log_artifact(str(file))
            for name, picture in pictures.items():
                mlflow.log_figure(picture, f"{name}.png")
            for lead, row in skill.select_dtypes("number").iterrows():
                mlflow.log_metrics({str(name): float(value) for name, value in row.items()}, step=int(str(lead)))
        return str(run.info.run_id)

    def looks(self, hazard: str) -> list[Look]:
        """All looks at the frozen part of a hazard's record, the first one first."""
        runs = self._client.search_runs(
            [self._experiment(hazard)], f"tags.kind = '{_LOOK}'", order_by=["attributes.start_time"]
        )
        return [Look.model_validate_json(run.data.tags[_LOOK]) for run in runs]

    def versions(self, hazard: str) -> list[ModelVersion]:
        """All registered versions of a hazard, the newest first."""
        found = self._client.search_model_versions(f"name = '{hazard}'")
        return sorted(found, key=lambda version: -int(version.version))

    def champion(self, hazard: str) -> ModelVersion | None:
        """The registered version in service; None if none was promoted."""
        return self._bearer(hazard, CHAMPION)

    def challenger(self, hazard: str) -> ModelVersion | None:
        """The registered version that forecasts in the shadow of the champion; None if none does."""
        return self._bearer(hazard, CHALLENGER)

    def crown(self, hazard: str, registered_version: str) -> None:
        """Gives the alias `champion` to a registered version."""
        self._client.set_registered_model_alias(hazard, CHAMPION, registered_version)

    def shade(self, hazard: str, registered_version: str | None) -> None:
        """Gives the alias `challenger` to a registered version, or takes it away for None."""
        if registered_version is not None:
            self._client.set_registered_model_alias(hazard, CHALLENGER, registered_version)
        elif self.challenger(hazard) is not None:
            self._client.delete_registered_model_alias(hazard, CHALLENGER)

    def registered(self, hazard: str, forecaster: str) -> ModelVersion | None:
        """The newest registered version of a forecaster by its digest; None if it was not tracked here."""
        return next((one for one in self.versions(hazard) if one.tags.get("forecaster") == forecaster), None)

    def answers(self, version: ModelVersion) -> KeptAnswers | None:
        """The answers that were kept of a version's backtest; None where there was none, or before they were kept."""
        run = str(version.run_id)
        if _ANSWERS not in {one.path for one in self._client.list_artifacts(run)}:
            return None
        with tempfile.TemporaryDirectory() as folder:
            return answers_of_table(pd.read_parquet(self._client.download_artifacts(run, _ANSWERS, folder)))

    def record_decision(self, version: ModelVersion, decision: Decision) -> None:
        """Writes what was decided on a challenger, with every figure, to its run."""
        run = str(version.run_id)
        for name, value in decision.figures.items():
            self._client.log_metric(run, f"gate_{name}", value)
        reasons = "; ".join(one.en for one in decision.reasons)
        for name, told in (("verdict", decision.verdict), ("reasons", reasons), ("champion", str(decision.champion))):
            self._client.set_tag(run, f"gate_{name}", told[:5000])
        facts = json.dumps(decision.facts(), ensure_ascii=False, indent=1)
        self._client.log_text(run, facts, f"decisions/{decision.champion or 'first'}.json")

    def download(self, hazard: str, registered_version: str | None, to: Path) -> tuple[Path, str]:
        """Fetches the files of a registered forecaster.

        Args:
            hazard: name of the hazard.
            registered_version: the version; the newest for None.
            to: an empty folder.

        Returns:
            The forecaster's folder, and the version.

        Raises:
            HaidangError: if there is no such version.
        """
        known = [str(version.version) for version in self.versions(hazard)]
        if not known:
            raise HaidangError(f"no forecaster of {hazard} was trained: run `haidang train {hazard}`")
        wanted = registered_version or known[0]
        if wanted not in known:
            raise HaidangError(f"{hazard} has no version {wanted}: there is {', '.join(known)}")
        local = Path(mlflow.artifacts.download_artifacts(f"models:/{hazard}/{wanted}", dst_path=str(to)))
        cards = sorted(local.rglob("digests.json"))
        if len(cards) != 1:
            raise HaidangError(f"version {wanted} of {hazard} holds {len(cards)} forecasters: train it anew")
        return cards[0].parent, wanted

    def _bearer(self, hazard: str, alias: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(hazard, alias)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def _registered(self, hazard: str) -> str:
        """The name of a hazard's registered model, which is made if there is none."""
        if not self._client.search_registered_models(f"name = '{hazard}'"):
            self._client.create_registered_model(hazard)
        return hazard

    def _experiment(self, hazard: str) -> str:
        known = self._client.get_experiment_by_name(hazard)
        if known is not None:
            return str(known.experiment_id)
        place = None if self._artifacts is None else (self._artifacts / hazard).as_uri()
        return str(self._client.create_experiment(hazard, artifact_location=place))


def open_tracking(settings: Settings) -> Tracking:
    """The MLflow store that the settings of a deployment name."""
    return Tracking(settings.tracking, settings.home / "artifacts")


def _log_skill(skill: Iterable[Skill]) -> None:
    for row in skill:
        metrics = {
            f"{name}_{row.cut:g}": value
            for name, value in row.model_dump().items()
            if name.startswith(("brier", "skill"))
        }
        mlflow.log_metrics(metrics, step=row.lead)


def _log_backtest(tested: Backtest, card: Card) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / _ANSWERS
        kept_answers(tested).table().to_parquet(file, compression="zstd")
        mlflow.log_artifact(str(file))
    for lead, scores in ranked_probability_scores(tested).iterrows():
        mlflow.log_metrics({f"rps_{name}": value for name, value in scores.items()}, step=int(str(lead)))
    mlflow.log_figure(skill_figure(tested, card.skill), "skill_by_lead.png")
    for cut in tested.hazard.target.cuts:
        mlflow.log_figure(reliability_diagram(tested, cut), f"reliability_{cut:g}.png")


def _load_pyfunc(path: str) -> "_PyfuncForecaster":
    """Called by MLflow to load a stored forecaster."""
    folder = Path(path)
    hazards = read_hazards(Settings().hazards)
    return _PyfuncForecaster(load_forecaster(folder, hazard_named(hazards, read_card(folder).hazard)))


class _PyfuncForecaster:
    """What MLflow asks: rows of `ask` in, one probability column per cut out."""

    def __init__(self, forecaster: Forecaster) -> None:
        self._forecaster = forecaster

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Probabilities for rows with the index (issue_time, site, period)."""
        return self._forecaster.answer(rows)


def _plain(path: str) -> str:
    """A path without brackets, which MLflow does not take in names."""
    return path.replace("[", ".").replace("]", "")


def _of_amount(amount: SpreadSkill) -> dict[str, float]:
    """Scores of quantiles at one lead; a share of no interval at all is left out."""
    told = amount.model_dump(exclude={"lead", "n", "told_by_season", "covered_by_season"})
    told |= {f"covered_{season}": share for season, share in amount.covered_by_season.items()}
    return {f"spread_{name}": float(value) for name, value in told.items() if value is not None}


def _parameters(hazard: Hazard) -> dict[str, object]:
    return {
        "target": repr(hazard.target),
        "periods": repr(hazard.periods),
        "n_features": len(hazard.features),
        "features": "; ".join(feature.name for feature in hazard.features)[:5900],
        "model": " ".join(repr(hazard.model).split())[:5900],
        "embargo_days": hazard.embargo_days,
        "train_every_days": hazard.train_every_days,
        "refit_every_days": hazard.refit_every_days,
    }


def _signature(hazard: Hazard) -> ModelSignature:
    return ModelSignature(_doubles(feature.name for feature in hazard.features), _doubles(map(str, hazard.target.cuts)))


def _doubles(names: Iterable[str]) -> Schema:
    columns: list[ColSpec | TensorSpec] = [ColSpec("double", name) for name in names]
    return Schema(columns)
