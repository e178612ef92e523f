"""Answers of the service as tables and cubes."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, Literal

import httpx
import pandas as pd
import xarray as xr

from features.errors import HaidangError

Language = Literal["vi", "en"]
_TIMES = ("issue_time", "issued_at", "valid_from", "valid_to")
_PLACE = ["issue_time", "site", "lead"]
_OF_SITES = {"name": object, "latitude": float, "longitude": float}
_CUBES = {"probability": "cut", "threshold": "threshold", "quantile": "quantile"}


def numbers(answers: Iterable[httpx.Response], language: Language, zone: str) -> pd.DataFrame:
    """The long tables of answers in Parquet as one: a row for each number, as `Client.risk` tells the columns."""
    parts = [pd.read_parquet(BytesIO(answer.content)) for answer in answers]
    table = pd.concat(parts, ignore_index=True)
    for name in _TIMES:
        table[name] = table[name].dt.tz_convert(zone)
    other = "en" if language == "vi" else "vi"
    return table.rename(columns={f"name_{language}": "name"}).drop(columns=f"name_{other}")


def spoken(told: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A record in one language: `title_vi` and `title_en` become `title`."""
    other = "_en" if language == "vi" else "_vi"
    return {name.removesuffix(f"_{language}"): value for name, value in told.items() if not name.endswith(other)}


def moments_in(table: pd.DataFrame, names: Sequence[str], zone: str) -> pd.DataFrame:
    """A table whose columns of ISO 8601 are moments in a zone."""
    here = [name for name in names if name in table]
    return table.assign(**{name: pd.to_datetime(table[name], utc=True).dt.tz_convert(zone) for name in here})


def flat(rows: Sequence[Mapping[str, Any]], *, without: str) -> pd.DataFrame:
    """Rows whose figures with an interval become columns of their own: `skill`, `skill_low`, `skill_high`.

    Args:
        rows: as the service tells them.
        without: the list in them that has no place in a table.
    """
    return pd.DataFrame(
        [
            {column: told for name, value in row.items() if name != without for column, told in _columns(name, value)}
            for row in rows
        ]
    )


def _columns(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        return [(name, value)]
    return [(name if inner in ("skill", "share") else f"{name}_{inner}", told) for inner, told in value.items()]


def cube(table: pd.DataFrame) -> xr.Dataset:
    """The numbers of one hazard, as `Client.risk` and `Client.forecasts` give them, on their dimensions.

    Where a forecast was issued twice, as by another champion, the last one stands.

    Returns:
        `probability` (issue_time, site, lead, cut), and where they are told `threshold` (.., threshold), `quantile`
        (.., quantile) in the hazard's unit, and `expected` (issue_time, site, lead). Coordinates `valid_from` and
        `valid_to` (issue_time, lead) and name, latitude and longitude (site); times are UTC without a zone, as xarray
        has none. What is not told is NaN.

    Raises:
        HaidangError: if the table is empty or of several hazards.
    """
    hazards = table["hazard"].unique()
    if len(hazards) != 1:
        raise HaidangError(f"a cube holds one hazard, and the table has {len(hazards)}: choose one of them")
    table = table.sort_values("issued_at", kind="stable").copy()
    for name in _TIMES:
        table[name] = table[name].dt.tz_convert("UTC").dt.tz_localize(None)
    parts = []
    for kind, dimension in _CUBES.items():
        chosen = table[table["kind"] == kind].rename(columns={"at": dimension})
        if len(chosen):
            parts.append(_on([*_PLACE, dimension], chosen).rename(kind))
    expected = table[table["kind"] == "expected"]
    if len(expected):
        parts.append(_on(_PLACE, expected).rename("expected"))
    places = table.drop_duplicates("site", keep="last").set_index("site")
    periods = table.drop_duplicates(["issue_time", "lead"]).set_index(["issue_time", "lead"])
    told = xr.merge(parts, join="outer", compat="no_conflicts")
    first = table.iloc[-1]
    return told.assign_coords(
        {name: ("site", places.loc[told["site"].to_numpy(), name].to_numpy(kind)) for name, kind in _OF_SITES.items()}
        | {name: periods[name].to_xarray() for name in ("valid_from", "valid_to")}
    ).assign_attrs({name: str(first[name]) for name in ("hazard", "unit", "sense", "simulated")})


def _on(dimensions: list[str], rows: pd.DataFrame) -> xr.DataArray:
    return rows.drop_duplicates(dimensions, keep="last").set_index(dimensions)["value"].to_xarray()
