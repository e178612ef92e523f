"""Crowning: a registered forecaster sits its exam and becomes the champion on the shelf; there is no gate here."""

import tempfile
from pathlib import Path

from models.forecaster import Forecaster, load_forecaster
from models.hazard import Hazard
from serving.deployment import Deployment
from training.tracking import open_tracking


def promote(deployment: Deployment, hazard: Hazard, registered_version: str | None = None) -> tuple[Forecaster, str]:
    """Puts a registered version on the shelf as champion, once it sat its exam, also on rows built anew.

    There is no gate here: whether it should be champion is decided in `haidang/champions/promoting.py`.

    Returns:
        The forecaster and its registered version.

    Raises:
        HaidangError: if there is no such version, it was changed, or it fails its exam.
    """
    tracking = open_tracking(deployment.settings)
    with tempfile.TemporaryDirectory(dir=deployment.settings.home) as scratch:
        folder, version = tracking.download(hazard.name, registered_version, Path(scratch))
        forecaster = load_forecaster(folder, hazard)
        known = deployment.archive.at_version(forecaster.card.archive_version)
        forecaster.exam.sit_from_archive(hazard, known)
        deployment.shelf.put(folder, forecaster)
    tracking.crown(hazard.name, version)
    return forecaster, version
