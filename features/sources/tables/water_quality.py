"""Water quality: readings of sensors and monitoring programmes, judged before they become daily values.

Thresholds and their sources stand in `features/quality_limits.csv`; the tests are those of the QARTOD manuals, see
`features/quality.py`. What fails goes into the quarantine with the reason; what is suspect is kept and told.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import pandas as pd
from pydantic import BeforeValidator, Field

from features.errors import HaidangError
from features.norms import Norm, norms_named
from features.quality import judge
from features.quality_limits import LIMITS, Limits
from features.sources.tables.mapping import Mapping, read_declared
from features.sources.tables.readings import refuse
from features.sources.tables.source import TableSource
from features.variables import variable_named

_DAY = ["site", "variable", "day"]
_DAILY = {"dissolved_oxygen": "lowest"} | dict.fromkeys(
    ("water_temperature", "water_salinity", "water_ph", "water_chlorophyll"), "mean"
)


class WaterMapping(Mapping):
    """What the columns of a table of readings mean, and thresholds of one's own."""

    limits: dict[str, Limits] = Field({}, description="variable -> thresholds in place of built-in ones")


def _read(stated: object) -> object:
    return read_declared(WaterMapping, stated) if isinstance(stated, str | Path) else stated


@dataclass(frozen=True)
class WaterQualitySource(TableSource):
    """Readings of water sensors and monitoring programmes from a file, with quality control.

    All readings of a site and variable in the file are taken for those of one sensor: give each sensor or depth of a
    site a file of its own.

    Attributes:
        mapping: what its columns mean; `several` says how the readings of a day become one, for instance `mean`, and
            for dissolved oxygen `lowest`.
        norms: norms that hold for these waters, such as "QCVN 02-19"; how many values lie outside is told.
    """

    mapping: Annotated[WaterMapping, BeforeValidator(_read)]
    norms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Checks variables, units, thresholds, norms, and that days become what the variables are declared as.

        Raises:
            HaidangError: if a variable or norm is not known, a unit does not convert, the values are forecasts, or for
                instance the mean of a day would stand for its lowest dissolved oxygen.
        """
        super().__post_init__()
        for variable, rule in self.mapping.rules.items():
            if rule not in ("refuse", declared := _DAILY.get(variable, rule)):
                raise HaidangError(
                    f"{self.name}: {variable} is declared as the {declared} of a day, not the {rule}: state "
                    f'several = "{declared}" for it in the mapping'
                )
        for variable in self.mapping.limits:
            variable_named(variable)
        if self.mapping.kind != "observation":
            raise HaidangError(f"{self.name}: quality control is for readings, not for forecasts; use the kind tables")
        _ = self._norms

    @cached_property
    def _norms(self) -> tuple[Norm, ...]:
        return tuple(norm for name in self.norms for norm in norms_named(name))

    def _judged(self, readings: pd.DataFrame) -> pd.DataFrame:
        """The readings with what fails refused, and the test that suspects each of the others in `suspect`."""
        readable = readings[readings["reason"] == ""]
        day_known = readable.groupby(_DAY)["known"].transform("max")
        own = {name: LIMITS.get(name, Limits()).but(limits) for name, limits in self.mapping.limits.items()}
        verdict = judge(readable.assign(known=day_known), {**LIMITS, **own}).reindex(readings.index)
        fail = verdict["fail"].fillna("")
        refuse(
            readings, (fail != "").to_numpy(), lambda bad: [
                f"{variable} at site {site} on {when} {text}; check the sensor" for variable, site, when, text in
                zip(bad["variable"], bad["site"], self._told(bad), fail[bad.index], strict=True)
            ],
        )  # fmt: skip
        return readings.assign(suspect=verdict["suspect"].fillna("").where(readings["reason"] == "", ""))

    def _told(self, readings: pd.DataFrame) -> list[str]:
        """When readings were made, for people."""
        local = readings["moment"].dt.tz_convert(self.zone)
        days, times = local.dt.strftime("%Y-%m-%d"), [moment.isoformat(timespec="minutes") for moment in local]
        return [day if dated else time for day, time, dated in zip(days, times, readings["dated"], strict=True)]

    def _remarks(self, readings: pd.DataFrame, entries: pd.DataFrame) -> tuple[str, ...]:
        suspect = readings[(readings["suspect"] != "") & (readings["reason"] == "")]
        kinds = (suspect["variable"] + "/" + suspect["suspect"]).value_counts().sort_index()
        counts = ", ".join(f"{str(kind).replace('/', ' by ')} {count:,}" for kind, count in kinds.items())
        told = [f"suspect readings that were kept: {counts}"] if counts else []
        for norm in self._norms:
            values = entries.loc[entries["variable"] == norm.variable, "value"]
            if outside := int((norm.within(values) == (norm.kind == "agent")).sum()):
                where = "within" if norm.kind == "agent" else "outside"
                share = f"{outside:,} of {len(values):,} daily values lie {where}"
                told.append(f"{share} {norm.norm} (mark {norm.mark}): {norm.span}")
        return tuple(told)
