"""The records of one issue as an answer, with the levels of the law where the hazard has a matrix."""

import pandas as pd

from features.errors import HaidangError
from models.forecaster import Card
from models.hazard import Hazard
from serving.access.refusals import WithheldError
from serving.deployment import Deployment
from serving.schemas.answer_models import RiskAnswer
from serving.views.legal import Teller, with_legal_levels, without_levels
from serving.views.rendering import Origin, render
from serving.views.track_view import ByPlace


def issue_answer(
    deployment: Deployment, hazard: Hazard, records: pd.DataFrame, card: Card | None, origin: Origin, *, track: ByPlace
) -> RiskAnswer:
    """Renders an issue, as `render` does, with its levels; where they cannot be told the answer says why."""
    told = render(deployment, hazard, records, card, origin, track=track)
    if hazard.law is None:
        return told
    try:
        teller = _teller(deployment, hazard, records, card)
        return with_legal_levels(told, hazard.law, deployment, teller)
    except HaidangError as error:
        return without_levels(told, hazard.law, hazard.law.told_by or hazard.name, error)


def standing(deployment: Deployment, hazard: Hazard, asked: pd.Timestamp) -> pd.DataFrame:
    """The records of the issue that stands at a moment; empty if there is none."""
    times = deployment.issued.issue_times(hazard.name)
    newest = times[(times <= asked) & (times > asked - pd.Timedelta(days=hazard.issue_every_days))]
    return deployment.issued.at(hazard.name, newest[-1] if len(newest) else asked)


def _teller(deployment: Deployment, hazard: Hazard, records: pd.DataFrame, card: Card | None) -> Teller:
    """Whose forecast tells the values of the matrix: the hazard's own, or the one that stands of another hazard."""
    teller, told = hazard, records
    if hazard.law is not None and hazard.law.told_by is not None:
        teller = deployment.hazard(hazard.law.told_by)
        told = standing(deployment, teller, records["issue_time"].iloc[0])
        if told.empty:
            raise WithheldError(
                f"no forecast of {teller.name} stands at this issue time: issue it as well",
                f"không có dự báo {teller.name} nào có hiệu lực tại thời điểm này: hãy phát cả dự báo đó",
            )
        its: Card | None = deployment.shelf.card(teller.name)
    else:
        its = card
    same = its is not None and its.version == told["forecaster"].iloc[0]
    return Teller(teller, told, its if same else None)
