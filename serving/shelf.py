"""The shelf: promoted forecasters in a BentoML model store; each sits its exam before it is served."""

import shutil
from pathlib import Path

import bentoml
from bentoml._internal.models.model import ModelStore
from bentoml.exceptions import NotFound

from features.errors import HaidangError
from models.forecaster import Card, Forecaster, load_forecaster, read_card
from models.hazard import Hazard


class Shelf:
    """One BentoML model per promotion, tagged `hazard:version-n`; the last promoted of a hazard is its champion.

    A promotion is never changed, so that a reader sees the one before or the one after; one that was killed half way
    is never pointed at.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()
        self._store = ModelStore(str(self._folder))

    def put(self, folder: Path, forecaster: Forecaster) -> str:
        """Makes a forecaster the champion of its hazard.

        Args:
            folder: where it was saved.
            forecaster: the forecaster that was loaded from there, which let it sit its exam.

        Returns:
            The tag.
        """
        hazard = forecaster.hazard
        earlier = sum(1 for place in (self._folder / hazard.name).glob(f"{forecaster.version}-*"))
        tag = f"{hazard.name}:{forecaster.version}-{earlier + 1}"
        labels = {"hazard": hazard.name, "fingerprint": hazard.fingerprint}
        with bentoml.models.create(tag, labels=labels, _model_store=self._store) as model:
            shutil.copytree(folder, model.path, dirs_exist_ok=True)
        return tag

    def tag(self, hazard: str) -> str | None:
        """Tag of a hazard's champion; None if none was promoted."""
        try:
            return str(bentoml.models.get(f"{hazard}:latest", _model_store=self._store).tag)
        except NotFound:
            return None

    def card(self, hazard: str) -> Card | None:
        """Card of a hazard's champion; None if none was promoted.

        Raises:
            ArtifactError: if it was changed after promotion.
        """
        tag = self.tag(hazard)
        return None if tag is None else read_card(Path(bentoml.models.get(tag, _model_store=self._store).path))

    def champion(self, hazard: Hazard) -> Forecaster:
        """Loads the champion of a hazard; it sits its exam.

        Raises:
            HaidangError: if none was promoted.
            ArtifactError: if it was changed after promotion, or the hazard file was.
            ExamError: if it does not answer as it did.
        """
        tag = self.tag(hazard.name)
        if tag is None:
            raise HaidangError(
                f"no forecaster of {hazard.name} was promoted: run `haidang train {hazard.name}` and "
                f"`haidang promote {hazard.name}`"
            )
        return load_forecaster(Path(bentoml.models.get(tag, _model_store=self._store).path), hazard)
