"""Who issued an answer, and the rows that were asked for it: for questions that work on with an issued forecast."""

from datetime import datetime

import pandas as pd

from features.archive import Archive
from features.errors import HaidangError
from features.snapshot import Snapshot
from models.forecaster import Forecaster
from models.hazard import Hazard
from serving.access.refusals import WithheldError
from serving.answering.answers import Answers
from serving.schemas.answer_models import RiskAnswer
from serving.views.replay import kept_forecaster


def issuer(answers: Answers, hazard: Hazard, issued: RiskAnswer) -> Forecaster:
    """Who issued an answer: the champion, or who was it then.

    Raises:
        WithheldError: if it is not kept any more.
    """
    champion = answers.champion(hazard)
    if champion is not None and champion.version == issued.model_version:
        return champion
    try:
        return kept_forecaster(answers.deployment, hazard, issued.model_version)
    except HaidangError as error:
        raise WithheldError(
            f"{hazard.name} at this moment was issued by another forecaster, which cannot be asked any more: {error}",
            f"{hazard.name} tại thời điểm này do mô hình khác phát, nay không hỏi lại được ({error})",
        ) from error


def asked_rows(hazard: Hazard, snapshot: Snapshot, issued: RiskAnswer) -> pd.DataFrame:
    """The rows of `ask` of the sites and leads that are answered, from a snapshot of the issue time."""
    rows = hazard.rows(snapshot)
    told = {(forecast.site, period.lead) for forecast in issued.forecasts for period in forecast.periods}
    pairs = zip(rows.index.get_level_values("site"), hazard.leads(rows.index), strict=True)
    return rows[[(str(site), int(lead)) in told for site, lead in pairs]]


class Moments:
    """What was known at the issue times of the answers of one question, each read once for all its hazards."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._held: dict[tuple[int, datetime], Snapshot] = {}

    def known(self, answer: RiskAnswer) -> Snapshot:
        """What was known at the issue time of an answer, in the version of the archive that was read for it."""
        moment = answer.archive_version, answer.issue_time
        if moment not in self._held:
            self._held[moment] = self._archive.at_version(moment[0]).as_of(pd.Timestamp(moment[1]))
        return self._held[moment]
