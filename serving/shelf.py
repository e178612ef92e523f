"""The shelf: promoted forecasters in a BentoML model store; each sits its exam before it is served."""

import shutil
from pathlib import Path

import bentoml
from bentoml._internal.models.model import ModelStore
from bentoml.exceptions import NotFound

from features.errors import HaidangError
from models.forecaster import ArtifactError, Forecaster, load_forecaster, read_card
from models.hazard import Hazard


class Shelf:
    """One BentoML model per promoted forecaster, tagged `hazard:version`; the newest of a hazard is the champion."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._store = ModelStore(str(folder.absolute()))

    def put(self, folder: Path, hazard: Hazard) -> Forecaster:
        """Promotes a forecaster at rest: it sits its exam and becomes the champion of its hazard.

        Args:
            folder: where the forecaster was saved.
            hazard: the hazard as it is declared today.

        Raises:
            ArtifactError: if it was changed, or fitted for another declaration.
            ExamError: if it does not answer as it did.
        """
        forecaster = load_forecaster(folder, hazard)
        tag = f"{hazard.name}:{forecaster.version}"
        if tag in self.tags():
            bentoml.models.delete(tag, _model_store=self._store)
        labels = {"hazard": hazard.name, "fingerprint": hazard.fingerprint}
        with bentoml.models.create(tag, labels=labels, _model_store=self._store) as model:
            shutil.copytree(folder, model.path, dirs_exist_ok=True)
        return forecaster

    def tags(self) -> tuple[str, ...]:
        """Tags of all forecasters on the shelf."""
        return tuple(str(model.tag) for model in bentoml.models.list(_model_store=self._store))

    def version(self, hazard: str) -> str | None:
        """Version of a hazard's champion; None if none was promoted."""
        try:
            return bentoml.models.get(f"{hazard}:latest", _model_store=self._store).tag.version
        except NotFound:
            return None

    def champion(self, hazard: Hazard) -> Forecaster:
        """Loads the champion of a hazard; it sits its exam.

        Raises:
            HaidangError: if none was promoted.
            ArtifactError: if it was changed after promotion, or the hazard file was.
            ExamError: if it does not answer as it did.
        """
        version = self.version(hazard.name)
        if version is None:
            raise HaidangError(
                f"no forecaster of {hazard.name} was promoted: run `haidang train {hazard.name}` and `haidang promote "
                f"{hazard.name}`"
            )
        model = bentoml.models.get(f"{hazard.name}:{version}", _model_store=self._store)
        folder = Path(model.path)
        if read_card(folder).version != version:
            raise ArtifactError(f"the shelf holds another forecaster under {hazard.name}:{version}: promote it again")
        return load_forecaster(folder, hazard)
