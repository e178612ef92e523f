"""Explaining: what drives the latest issued forecast at a site, worked out when somebody asks."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from features.archive import Archive
from features.drivers import USUAL_INPUTS
from features.sites import Site
from models.exceedance import log_odds
from models.explained import explain, in_words
from models.forecaster import Forecaster
from serving.questions import DriverView, Explanation, PeriodExplanation, RiskAnswer


def explanation(
    forecaster: Forecaster, archive: Archive, answer: RiskAnswer, site: Site, *, leads: Sequence[int], cut: float
) -> Explanation:
    """Explains periods of an issued answer at one site.

    Args:
        forecaster: who issued it.
        archive: what was known; it is read at the version of the issue.
        answer: the issued answer.
        site: one of its sites.
        leads: leads of the periods.
        cut: which of the cuts, in the target's unit.

    Raises:
        UnexplainedError: if a published rule answers.
    """
    hazard = forecaster.hazard
    known = archive.at_version(answer.archive_version)
    rows = hazard.ask(known, pd.Timestamp(answer.issue_time))
    asked = (rows.index.get_level_values("site") == site.code) & np.isin(hazard.leads(rows.index), leads)
    rows = rows[asked]
    told = explain(forecaster, rows, cut=cut)
    probabilities = forecaster.answer(rows)[cut].to_numpy()
    climate = log_odds(probabilities) - told.sum(axis=1).to_numpy()
    usual = expit(climate + told[USUAL_INPUTS.name].to_numpy())
    caution = forecaster.caution(rows)
    return Explanation(
        hazard=hazard.name,
        title_vi=hazard.title_vi,
        title_en=hazard.title_en,
        unit=hazard.target.unit,
        simulated=answer.simulated,
        site=site.code,
        name_vi=site.name_vi,
        name_en=site.name_en,
        issue_time=answer.issue_time,
        model_version=forecaster.version,
        cut=cut,
        sense=hazard.target.sense,
        periods=[
            PeriodExplanation(
                lead=int(lead),
                probability=round(float(probabilities[row]), 6),
                climatology=round(float(expit(climate[row])), 6),
                usual=round(float(usual[row]), 6),
                step=caution["step"].iloc[row],
                drivers=[
                    DriverView(
                        name=one.driver.name,
                        title_vi=one.driver.title_vi,
                        title_en=one.driver.title_en,
                        log_odds=round(one.log_odds, 4),
                        told_vi=one.vi,
                        told_en=one.en,
                    )
                    for one in in_words(hazard, told.iloc[row])
                ],
            )
            for row, lead in enumerate(hazard.leads(rows.index))
        ],
    )
