"""The shelf: promoted forecasters in a BentoML model store; each sits its exam before it is served."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import bentoml
from bentoml._internal.models.model import ModelStore
from bentoml.exceptions import BentoMLException, NotFound

from features.errors import HaidangError
from models.exam import ExamError
from models.forecaster import ArtifactError, Card, Forecaster, load_forecaster, read_card
from models.hazard import Hazard
from serving.examined import forget, has_passed, remember

SHELF_ERRORS = (BentoMLException,)
"""What reading a shelf may raise while it is written."""

_LATEST, _HELD_BACK, _EXAMINED = "latest", "held_back", "examined"
_SECONDS_TO_POINT = 2.0


@dataclass(frozen=True)
class Promotion:
    """A forecaster on the shelf, whole.

    Attributes:
        tag: of the promotion.
        card: of the forecaster.
        folder: where it lies.
    """

    tag: str
    card: Card
    folder: Path


class Shelf:
    """One BentoML model per promotion, tagged `hazard:version-n`; the one pointed at is the champion of its hazard.

    A promotion is pointed at when it is made, and an earlier one when it is put back. It is never changed, so that a
    reader sees the one before or the one after; one that was killed half way is never pointed at. A champion may be
    held back: it stays, and nobody is answered by it until another promotion is pointed at.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()
        self._store = ModelStore(str(self._folder))
        self._seen: dict[str, tuple[str, str]] = {}

    def put(self, folder: Path, forecaster: Forecaster) -> str:
        """Makes a forecaster the champion of its hazard.

        Args:
            folder: where it was saved.
            forecaster: the forecaster that was loaded from there, which let it sit its exam.

        Returns:
            The tag.
        """
        hazard = forecaster.hazard
        earlier = sum(1 for place in (self._folder / hazard.name).glob(f"{forecaster.version}-*/"))
        tag = f"{hazard.name}:{forecaster.version}-{earlier + 1}"
        labels = {"hazard": hazard.name, "fingerprint": hazard.fingerprint}
        with bentoml.models.create(tag, labels=labels, _model_store=self._store) as model:
            shutil.copytree(folder, model.path, dirs_exist_ok=True)
        return tag

    def put_back(self, hazard: str, tag: str) -> None:
        """Points at an earlier promotion again, in one step.

        Raises:
            HaidangError: if it is not on the shelf, whole.
        """
        if tag not in {one.tag for one in self.promotions(hazard)}:
            raise HaidangError(f"{tag} is not on the shelf: `haidang status` tells what is")
        aside = self._folder / hazard / f".{_LATEST}"
        aside.write_text(tag.partition(":")[2], encoding="utf-8")
        aside.replace(self._folder / hazard / _LATEST)

    def promotions(self, hazard: str) -> list[Promotion]:
        """All promotions of a hazard that are whole, the oldest first."""
        found = []
        for place in (self._folder / hazard).glob("*/"):
            try:
                made = bentoml.models.get(f"{hazard}:{place.name}", _model_store=self._store).info.creation_time
                found.append((made, Promotion(f"{hazard}:{place.name}", read_card(place), place)))
            except (ArtifactError, BentoMLException):
                continue  # it was killed half way
        return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].tag))]

    def hold_back(self, hazard: str, reason: str) -> None:
        """Holds back the champion of a hazard.

        Raises:
            HaidangError: if it has none.
        """
        tag = self.tag(hazard)
        if tag is None:
            raise HaidangError(f"{hazard} has no champion to hold back")
        mark = self._mark(tag)
        aside = mark.with_name(f".{mark.name}")
        aside.write_text(reason, encoding="utf-8")
        aside.replace(mark)

    def held_back(self, hazard: str) -> str | None:
        """Why the champion of a hazard is held back; None where it is not."""
        tag = self.tag(hazard)
        return None if tag is None else self._reason(tag)

    def tag(self, hazard: str) -> str | None:
        """Tag of a hazard's champion; None if none was promoted."""
        pointer = self._folder / hazard / _LATEST
        until = time.monotonic() + _SECONDS_TO_POINT
        while pointer.exists() and not pointer.read_text(encoding="utf-8") and time.monotonic() < until:
            time.sleep(0.01)  # BentoML empties it before it writes it
        seen = self._seen.get(hazard)
        if seen is not None and pointer.exists() and pointer.read_text(encoding="utf-8") == seen[0]:
            return seen[1]  # a promotion never changes, and BentoML takes milliseconds to read one
        try:
            found = bentoml.models.get(f"{hazard}:{_LATEST}", _model_store=self._store).tag
        except NotFound:
            return None
        self._seen[hazard] = str(found.version), str(found)
        return str(found)

    def card(self, hazard: str) -> Card | None:
        """Card of a hazard's champion; None if none was promoted.

        Raises:
            ArtifactError: if it was changed after promotion.
        """
        tag = self.tag(hazard)
        return None if tag is None else read_card(self._place(tag))

    def champion(self, hazard: Hazard, tag: str | None = None) -> Forecaster:
        """Loads the champion of a hazard, to answer people; it sits its exam.

        Args:
            hazard: the hazard.
            tag: of the promotion, where it was read before; None reads it now.

        Raises:
            HaidangError: if none was promoted, or it is held back.
            ArtifactError: if it was changed after promotion, or the hazard file was.
            ExamError: if it does not answer as it did.
        """
        return self.loaded(hazard, self._answering(hazard, tag))

    def examined(self, hazard: Hazard, tag: str | None = None) -> Card | None:
        """Card of the champion of a hazard where it is known to pass its exam; None where it must sit it first.

        Args and errors are those of `champion`.
        """
        pointed = self._answering(hazard, tag)
        place = self._place(pointed)
        card = read_card(place, hazard)
        return card if has_passed(self._mark(pointed, _EXAMINED), place, card) else None

    def loaded(self, hazard: Hazard, tag: str | None = None) -> Forecaster:
        """Loads the champion of a hazard as `champion` does, to be looked at: also where it is held back."""
        pointed = self._pointed(hazard, tag)
        place, mark = self._place(pointed), self._mark(pointed, _EXAMINED)
        try:
            forecaster = load_forecaster(place, hazard)
        except ExamError:
            forget(mark)
            raise
        if not has_passed(mark, place, forecaster.card):
            remember(mark, place, forecaster.card)
        return forecaster

    def _pointed(self, hazard: Hazard, tag: str | None) -> str:
        pointed = tag or self.tag(hazard.name)
        if pointed is None:
            raise HaidangError(
                f"no forecaster of {hazard.name} was promoted: run `haidang train {hazard.name}` and "
                f"`haidang promote {hazard.name}`"
            )
        return pointed

    def _answering(self, hazard: Hazard, tag: str | None) -> str:
        """The tag of a champion that is not held back."""
        pointed = self._pointed(hazard, tag)
        reason = self._reason(pointed)
        if reason is not None:
            raise HaidangError(f"the champion of {hazard.name} is held back: {reason}")
        return pointed

    def _place(self, tag: str) -> Path:
        return Path(bentoml.models.get(tag, _model_store=self._store).path)

    def _mark(self, tag: str, what: str = _HELD_BACK) -> Path:
        """Beside the promotion, which itself never changes."""
        hazard, _, version = tag.partition(":")
        return self._folder / hazard / f"{version}.{what}"

    def _reason(self, tag: str) -> str | None:
        mark = self._mark(tag)
        return mark.read_text(encoding="utf-8") if mark.exists() else None
