"""What a question names, held against what there is: sites, a moment, thresholds; what cannot be used is refused."""

from collections.abc import Sequence
from datetime import datetime

from features.errors import UnknownNameError
from features.sites import Sites
from models.hazard import Hazard
from serving.access.refusals import FieldError


def codes_of(sites: Sites, asked: Sequence[str]) -> dict[str, int]:
    """The codes of sites by code or name, each with its first place in the question.

    Raises:
        FieldError: if there is no such site.
    """
    codes: dict[str, int] = {}
    for position, text in enumerate(asked):
        try:
            site = sites.find(text)
        except UnknownNameError as error:
            raise FieldError(f"sites.{position}", str(error)) from error
        codes.setdefault(site.code, position)
    return codes


def codes_forecast(sites: Sites, hazard: Hazard, asked: Sequence[str]) -> dict[str, int]:
    """The same of sites at which a hazard is forecast.

    Raises:
        FieldError: if there is no such site, or the hazard is not forecast there.
    """
    where = dict(zip(sites.codes, sites.having(hazard.where), strict=True))
    codes = codes_of(sites, asked)
    for code, position in codes.items():
        if not where[code]:
            raise FieldError(
                f"sites.{position}",
                f"{hazard.name} is not forecast at {code} {sites[code].name_vi}: it has no {hazard.where}",
            )
    return codes


def check_moment(moment: datetime | None, now: datetime) -> None:
    """Refuses a moment that is still to come."""
    if moment is not None and moment > now:
        raise FieldError("issue_time", f"{moment.isoformat()} lies in the future: ask about now or earlier")


def check_thresholds(hazard: Hazard, thresholds: Sequence[float], where: str) -> None:
    """Refuses thresholds outside the cuts; `where` is their field in the question."""
    low, high = min(hazard.target.cuts), max(hazard.target.cuts)
    for position, threshold in enumerate(thresholds):
        if not low <= threshold <= high:
            raise FieldError(
                f"{where}.{position}",
                f"{threshold:g} lies outside {low:g} to {high:g} {hazard.target.unit}, between which {hazard.name} "
                "is forecast",
            )
