"""Answers of Open-Meteo: asked for in bounded pieces, and checked against what is documented before they are taken.

Format, parameters and `daily`, `hourly` with their `_units`: https://open-meteo.com/en/docs and the OpenAPI files in
https://github.com/open-meteo/open-meteo/tree/main/openapi. Of several places the answer is a list; all but the first
then carry their `location_id`. Members of an ensemble stand beside the control as `<name>_member01` and so on.
A series that a model does not have comes as nulls in the unit "undefined".
Metadata of runs: https://open-meteo.com/en/docs/model-updates. Weights: https://open-meteo.com/en/pricing.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.entries import Floats
from features.local_days import Days
from features.sites import Site
from features.sources.web.daily_series import FARTHEST_KM, Series, Told, apart_km
from features.sources.web.service import ProviderError, WebService

_PLACES_AT_ONCE, _WEIGHT_AT_ONCE = 100, 300.0
_REFERENCE_SERIES, _REFERENCE_DAYS = 10, 14
_HOURS = 24
_UNDEFINED = "undefined"


@dataclass(frozen=True)
class Question:
    """What is asked of one of the provider's services, for any days and places.

    Attributes:
        path: of the service.
        section: daily values, or hourly ones.
        series: what is wanted.
        parameters: further ones, for instance the model.
        members: of the ensemble, the control among them; 1 where there is none.
    """

    path: str
    section: Literal["daily", "hourly"]
    series: tuple[Series, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    members: int = 1

    @property
    def units(self) -> dict[str, str]:
        """Each column that the answer must have, and its unit."""
        told = {one.name: one.told for one in self.series}
        told |= {one.whole_by: "" for one in self.series if one.whole_by is not None and one.whole_by not in told}
        return told

    def weight(self, days: int) -> float:
        """How many calls the provider counts a question for one place and some days for."""
        calls = len(self.units) * self.members / _REFERENCE_SERIES
        return max(1.0, calls, calls * days / _REFERENCE_DAYS)


@dataclass(frozen=True)
class Run:
    """A run of a model.

    Attributes:
        began: the moment it starts from.
        available: when the provider had it.
    """

    began: pd.Timestamp
    available: pd.Timestamp


def newest_run(service: WebService, model: str) -> Run:
    """The newest run of a model that the provider serves.

    Raises:
        ProviderError: if it does not tell.
    """
    path = f"/data/{model}/static/meta.json"
    answer = service.json(path, weight=0.0)
    try:
        told = (answer["last_run_initialisation_time"], answer["last_run_availability_time"])
        return Run(*(pd.Timestamp(int(seconds), unit="s", tz="UTC") for seconds in told))
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderError(
            f"{service.provider} {path}: last_run_initialisation_time or last_run_availability_time is missing or no "
            f"number of seconds: {error!r}; see https://open-meteo.com/en/docs/model-updates"
        ) from error


def ask(
    service: WebService, question: Question, sites: Sequence[Site], days: Days, offset_hours: int, source: str
) -> Told:
    """Asks for some places and consecutive days.

    Args:
        service: of the provider.
        question: what is wanted.
        sites: the places.
        days: local days.
        offset_hours: how far their midnights are ahead of UTC's.
        source: name of the source, for what is rejected.

    Raises:
        ProviderError: if there is no answer, or it is not what is documented.
    """
    weight = question.weight(len(days))
    at_once = max(1, min(_PLACES_AT_ONCE, int(_WEIGHT_AT_ONCE // weight)))
    asked = f"{service.provider} {question.path}"
    near: list[_Place] = []
    far: list[dict[str, object]] = []
    for first in range(0, len(sites), at_once):
        places = sites[first : first + at_once]
        stated = _parameters(question, places, days, offset_hours)
        answer = service.json(question.path, stated, weight=weight * len(places))
        for site, told in zip(places, _each_place(answer, places, asked), strict=True):
            place = _place(told, question, days, offset_hours, site, f"{asked}, site {site.code}")
            if (apart := apart_km(site, *place.position)) > FARTHEST_KM:
                far.append({"site": site.code, "latitude": place.position[0], "longitude": place.position[1]})
                far[-1]["km"] = round(apart)
            else:
                near.append(place)
    nothing = np.empty((0, len(days), 1))
    return Told(
        [place.site.code for place in near],
        {name: np.stack([place.values[name] for place in near]) if near else nothing for name in question.units},
        tuple(f"{asked} has no {name} of this model" for name in sorted({n for place in near for n in place.lacking})),
        _rejected(far, source),
        len(far) * len(days) * len(question.series),
    )


@dataclass(frozen=True)
class _Place:
    """What was answered for one site: where that is, parts of shape (day, part), and series that the model lacks."""

    site: Site
    position: tuple[float, float]
    values: Mapping[str, Floats]
    lacking: frozenset[str]


def _place(
    told: Mapping[str, Any], question: Question, days: Days, offset_hours: int, site: Site, where: str
) -> _Place:
    try:
        section = _section(told, question, days, offset_hours, where)
        position = float(told["latitude"]), float(told["longitude"])
        values = {name: _column(section, question, name, len(days), where) for name in question.units}
        lacking = frozenset(name for name in question.units if section["units"][name] == _UNDEFINED)
    except ProviderError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise ProviderError(f"{where}: the answer is not what is documented: {error!r}") from error
    return _Place(site, position, values, lacking)


def _parameters(question: Question, places: Sequence[Site], days: Days, offset_hours: int) -> dict[str, str]:
    first, last = days[[0, -1]].astype("datetime64[D]")
    # The provider counts a whole answer by the offset that a zone has today, so it is told the one of these days.
    zone = {"timezone": f"Etc/GMT{-offset_hours:+d}"} if offset_hours else {}
    return {
        "latitude": ",".join(f"{site.latitude:.4f}" for site in places),
        "longitude": ",".join(f"{site.longitude:.4f}" for site in places),
        "start_date": str(first),
        "end_date": str(last),
        **zone,
        "wind_speed_unit": "ms",
        question.section: ",".join(question.units),
        **question.parameters,
    }


def _each_place(answer: Any, places: Sequence[Site], where: str) -> Iterator[Mapping[str, Any]]:
    """The answers for each place, in their order."""
    listed = answer if isinstance(answer, list) else [answer]
    if len(listed) != len(places):
        raise ProviderError(f"{where}: {len(listed)} places were answered for, {len(places)} were asked for")
    for place, told in enumerate(listed):
        if not isinstance(told, dict) or told.get("location_id", place) != place:
            raise ProviderError(f"{where}: the answer for site {places[place].code} is missing or out of its order")
        yield told


def _section(
    told: Mapping[str, Any], question: Question, days: Days, offset_hours: int, where: str
) -> Mapping[str, Any]:
    """The values and units of an answer, once its days are those asked for."""
    if told["utc_offset_seconds"] != offset_hours * 3600:
        stated = told["utc_offset_seconds"]
        raise ProviderError(f"{where}: days are {stated} s from UTC, {offset_hours * 3600} s were asked for")
    dates = [str(date) for date in days.astype("datetime64[D]")]
    if question.section == "hourly":
        dates = [f"{date}T{hour:02}:00" for date in dates for hour in range(_HOURS)]
    times = told[question.section]["time"]
    if times != dates:
        twice = next((f"; {time} stands there twice" for time, count in Counter(times).items() if count > 1), "")
        raise ProviderError(
            f"{where}: {len(times)} times from {times[:1]} to {times[-1:]} are not the {len(dates)} asked for, from "
            f"{dates[0]} to {dates[-1]}{twice}"
        )
    return {"values": told[question.section], "units": told[f"{question.section}_units"]}


def _column(section: Mapping[str, Any], question: Question, name: str, n_days: int, where: str) -> Floats:
    """The parts of one series, shape (day, part); NaN where nothing was measured."""
    members = [name, *(f"{name}_member{member:02}" for member in range(1, question.members))]
    beyond = f"{name}_member{question.members:02}"
    if question.members > 1 and beyond in section["values"]:
        raise ProviderError(f"{where}: {beyond} is a member too many: state `members` of the model")
    columns: list[npt.NDArray[np.float64]] = []
    for member in members:
        if member not in section["values"] or member not in section["units"]:
            raise ProviderError(f"{where}: {member} is missing from the answer: the provider may have renamed it")
        values = np.array(section["values"][member], dtype=float)
        unit, wanted = section["units"][member], question.units[name]
        known = unit != _UNDEFINED or not np.isnan(values).all()
        if known and wanted and not _same(unit, wanted):
            raise ProviderError(f"{where}: {member} is in {unit!r}, not in {wanted!r}: its unit has changed")
        columns.append(values)
    expected = n_days * (_HOURS if question.section == "hourly" else 1)
    if any(values.shape != (expected,) for values in columns):
        raise ProviderError(f"{where}: {name} has {len(columns[0])} values for {expected} times")
    return columns[0].reshape(n_days, _HOURS) if question.section == "hourly" else np.stack(columns, axis=-1)


def _same(unit: object, wanted: str) -> bool:
    """Whether two units are written alike; the signs for micro are one."""
    return isinstance(unit, str) and unicodedata.normalize("NFKC", unit) == unicodedata.normalize("NFKC", wanted)


def _rejected(far: Sequence[Mapping[str, object]], source: str) -> pd.DataFrame:
    reason = [f"answered for a place {place['km']} km from site {place['site']}: check its position" for place in far]
    rows = [json.dumps(place) for place in far]
    return pd.DataFrame({"source": source, "reason": reason, "row": rows}, dtype=str)
