"""The part of the record of a hazard that a question is about, as far as the caller may see it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.errors import UnknownNameError
from models.hazard import Hazard
from serving.access.refusals import FieldError
from serving.answering.answers import Answers
from serving.issued.as_issued import AsIssued
from serving.verification.trigger_models import RecordView
from serving.views.warning_levels import lowest_cut


def record_of(answers: Answers, hazard: Hazard) -> AsIssued:
    """All that is held of a hazard, of every site: to be narrowed to what the caller may see before it is told."""
    return answers.deployment.as_issued.of(hazard)


def chosen_sites(answers: Answers, asked: Sequence[str] | None) -> frozenset[str]:
    """Codes of the sites that are asked about, all that the caller may see for None.

    Raises:
        FieldError: if there is no such site.
    """
    sites = answers.deployment.sites
    if asked is None:
        return frozenset(sites.codes)
    codes = set()
    for position, text in enumerate(asked):
        try:
            codes.add(sites.find(text).code)
        except UnknownNameError as error:
            raise FieldError(f"sites.{position}", str(error)) from error
    return frozenset(codes)


def chosen_cut(hazard: Hazard, cut: float | None) -> float:
    """One of the hazard's cuts; that of its lowest level for None.

    Raises:
        FieldError: if it is none.
    """
    if cut is None:
        return lowest_cut(hazard)
    if cut not in hazard.target.cuts:
        told = ", ".join(f"{one:g}" for one in hazard.target.cuts)
        raise FieldError("cut", f"{cut:g} is not one of the cuts of {hazard.name}: {told} {hazard.target.unit}")
    return cut


def chosen_leads(hazard: Hazard, first: int | None, last: int | None, *, names: tuple[str, str]) -> list[int]:
    """The leads of a window, all for None.

    Raises:
        FieldError: if the hazard has none in it.
    """
    leads = [int(lead) for lead in hazard.periods.leads]
    low, high = leads[0] if first is None else first, leads[-1] if last is None else last
    found = [lead for lead in leads if low <= lead <= high]
    if not found:
        name = names[0] if first is not None else names[1]
        raise FieldError(
            name, f"{hazard.name} is forecast {', '.join(map(str, leads))} days ahead: none lies in between"
        )
    return found


def narrowed(record: AsIssued, sites: frozenset[str], leads: Sequence[int]) -> AsIssued:
    """The questions at some sites and leads."""
    of_lead = np.isin(np.array([0, *record.leads]), leads)[record.asked.lead]
    return record.of(record.at_sites(sites) & of_lead)


def told_of(record: AsIssued, cut: float, leads: Sequence[int]) -> RecordView:
    """What the answer says that it rests on."""
    asked, hazard = record.asked, record.hazard
    some = len(record) > 0
    return RecordView(
        hazard=hazard.name,
        unit=hazard.target.unit,
        cut=cut,
        sense=hazard.target.sense,
        leads=list(leads),
        sites=len(np.unique(asked.site)),
        n=len(record),
        issued_from=as_day(int(asked.issued.min())) if some else None,
        issued_to=as_day(int(asked.issued.max())) if some else None,
        verified_until=None if record.until is None else pd.Timestamp(record.until).to_pydatetime(),
    )


def as_day(number: int) -> str:
    """A local day number as a date."""
    return str(np.datetime64(number, "D"))
