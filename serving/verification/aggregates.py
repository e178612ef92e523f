"""The latest forecast for sites that a caller may not see: means over the sites of a commune, and over all."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from serving.access.suppression import hidden
from serving.answering.answers import Answers
from serving.answering.hidden_sites import TOO_FEW, HiddenSites, hidden_sites
from serving.answering.restricted import SMALLEST_COUNT
from serving.verification.verification_models import AggregateProbability, AggregateRow, AggregatesAnswer, Scope

_NOTE_VI = "Trung bình trên các địa điểm hạn chế; ai có quyền thì thấy từng địa điểm trong các dự báo."
_NOTE_EN = "Means over restricted sites; who has the right sees each of them among the forecasts."
_OF_COMMUNE: Scope = "restricted sites of a commune"
_OF_ALL: Scope = "all restricted sites"


def aggregates(answers: Answers, name: str) -> AggregatesAnswer:
    """The latest forecast of a hazard for the sites that the caller may not see, brought together.

    Raises:
        UnknownNameError: if there is no such hazard.
    """
    deployment = answers.deployment
    hazard, unseen = deployment.hazard(name), hidden_sites(answers)
    records = deployment.issued.latest(hazard.name)
    issue_time = None if records.empty else records["issue_time"].iloc[0].to_pydatetime()
    records = records[records["site"].isin(unseen.codes)]
    return AggregatesAnswer(
        hazard=hazard.name,
        unit=hazard.target.unit,
        sense=hazard.target.sense,
        issue_time=issue_time,
        fewest=SMALLEST_COUNT,
        rows=list(aggregated(records, unseen)) if len(records) else [],
        note_vi=_NOTE_VI,
        note_en=_NOTE_EN,
    )


def aggregated(records: pd.DataFrame, unseen: HiddenSites) -> Iterator[AggregateRow]:
    """A row for each lead of what may be told, and one of what may not.

    Args:
        records: the columns of `models.issued.ISSUED` of one issue, of sites that are hidden.
        unseen: these sites.
    """
    group = unseen.groups(tuple(records["site"]))
    present = np.unique(group)
    sites = np.array([records[group == one].groupby("lead")["site"].nunique().min() for one in present])
    kept = hidden(sites, np.zeros((len(present), 0), dtype=np.int64), SMALLEST_COUNT)
    for one, n, silent in zip(present, sites, kept.groups, strict=True):
        commune = unseen.communes[one] or None
        yield from _rows(records[group == one], _OF_COMMUNE, commune, int(n), silent=bool(silent))
    yield from _rows(records, _OF_ALL, None, int(sites.sum()), silent=kept.total)


def _rows(
    records: pd.DataFrame, scope: Scope, commune: str | None, sites: int, *, silent: bool
) -> Iterator[AggregateRow]:
    if silent:
        yield AggregateRow(
            scope=scope, site=commune, lead=None, sites=None, probabilities=[], suppressed=True, reason=TOO_FEW
        )
        return
    for _, of_lead in records.groupby("lead"):
        cuts, means = of_lead["cuts"].iloc[0], np.stack(of_lead["probabilities"].to_list()).mean(axis=0)
        yield AggregateRow(
            scope=scope,
            site=commune,
            lead=int(of_lead["lead"].iloc[0]),
            sites=sites,
            probabilities=[
                AggregateProbability(cut=float(cut), probability=round(float(mean), 4))
                for cut, mean in zip(cuts, means, strict=True)
            ],
            suppressed=False,
            reason=None,
        )
