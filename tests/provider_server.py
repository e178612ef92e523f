"""A server that answers as Open-Meteo does (https://open-meteo.com/en/docs): places, days, hours, members and runs.

It gives what it is asked for, in the documented form; tests say which values stand there, and change an answer before
it is sent.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

UNITS = {
    "temperature": "°C", "precipitation": "mm", "et0": "mm", "wind": "m/s", "relative": "%", "shortwave": "MJ/m²",
    "pressure": "hPa", "soil": "m³/m³", "wave_height": "m", "wave_period": "s", "sea_surface": "°C", "sea_level": "m",
    "river": "m³/s", "pm": "μg/m³", "ozone": "μg/m³",
}  # fmt: skip
Change = Callable[[list[dict[str, Any]]], Any]
Fault = Callable[[], Response]


def unit_of(name: str) -> str:
    return next(unit for begins, unit in UNITS.items() if name.startswith(begins))


def day_of_year(name: str, place: int, moment: str) -> float:
    """The number of the day in its year, plus a hundredth for each place before this one."""
    return date.fromisoformat(moment[:10]).timetuple().tm_yday + place / 100


@dataclass
class OpenMeteoServer:
    """What it says, and what it was asked.

    Attributes:
        httpserver: where it listens.
        value: of a series, for the place's number in the question, at a local date or hour.
        runs: model -> its newest run, start and availability.
        members: of its ensembles, the control among them.
        change: what becomes of an answer, a list of places, before it is sent.
        faults: answers that come first, in their order, instead of values.
        asked: the parameters of each question for values.
    """

    httpserver: HTTPServer
    value: Callable[[str, int, str], float | None] = day_of_year
    runs: dict[str, tuple[str, str]] = field(default_factory=dict)
    members: int = 1
    change: Change = lambda places: places
    faults: list[Fault] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for path in ("archive", "forecast", "ensemble", "marine", "flood", "air-quality"):
            self.httpserver.expect_request(f"/v1/{path}").respond_with_handler(self._answer)
        self.httpserver.expect_request(re.compile("/data/.+/static/meta.json")).respond_with_handler(self._run)

    @property
    def address(self) -> str:
        return self.httpserver.url_for("").rstrip("/")

    def _run(self, request: Request) -> Response:
        model = request.path.split("/")[2]
        if model not in self.runs:
            return _json({"error": True, "reason": "Not Found"}, 404)
        began, available = (int(pd.Timestamp(text).timestamp()) for text in self.runs[model])
        told = {"last_run_initialisation_time": began, "last_run_modification_time": available - 60}
        told |= {"last_run_availability_time": available, "temporal_resolution_seconds": 10800}
        return _json(told | {"data_end_time": began + 1296000, "update_interval_seconds": 21600})

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.args.to_dict())
        if self.faults:
            return self.faults.pop(0)()
        places = self._places(request.args)
        changed = self.change(places)
        return _json(changed[0] if isinstance(changed, list) and len(changed) == 1 else changed)

    def _places(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        section = "daily" if "daily" in asked else "hourly"
        names = [
            name + (f"_member{member:02}" if member else "")
            for name in asked[section].split(",")
            for member in range(self.members)
        ]
        times = _times(asked["start_date"], asked["end_date"], section)
        hours = -int(asked.get("timezone", "Etc/GMT+0").removeprefix("Etc/GMT"))  # the sign of POSIX
        pairs = zip(asked["latitude"].split(","), asked["longitude"].split(","), strict=True)
        return [
            {
                "latitude": round(float(latitude) * 4) / 4,
                "longitude": round(float(longitude) * 4) / 4,
                "generationtime_ms": 0.05,
                "utc_offset_seconds": hours * 3600,
                "timezone": asked.get("timezone", "GMT"),
                "timezone_abbreviation": "x",
                "elevation": 11.0,
                **({"location_id": place} if place else {}),
                f"{section}_units": {"time": "iso8601"} | {name: unit_of(name) for name in names},
                section: {"time": times}
                | {name: [self.value(name, place, moment) for moment in times] for name in names},
            }
            for place, (latitude, longitude) in enumerate(pairs)
        ]


def _times(first: str, last: str, section: str) -> list[str]:
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    dates = [str(begin + timedelta(days=day)) for day in range((end - begin).days + 1)]
    return dates if section == "daily" else [f"{day}T{hour:02}:00" for day in dates for hour in range(24)]


def _json(told: object, status: int = 200) -> Response:
    return Response(json.dumps(told), status, content_type="application/json; charset=utf-8")
