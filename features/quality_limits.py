"""Thresholds of quality control by variable: a table of data, in which each row says where it comes from."""

import csv
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator


class Limits(BaseModel):
    """Thresholds of one variable, in its canonical unit; what is not stated is not tested.

    What lies beyond a fail threshold is refused, what lies beyond a suspect one is kept and told; a fail threshold
    without its suspect one is both. A change is judged by the hour up to one hour apart, by the day up to a day, and by
    days up to two; further apart it is not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fail_low: float = Field(-np.inf, description="lowest value that the sensor can mean")
    suspect_low: float = Field(-np.inf, description="lowest value that is usual in such waters")
    suspect_high: float = Field(np.inf, description="highest value that is usual in such waters")
    fail_high: float = Field(np.inf, description="highest value that the sensor can mean")
    spike_suspect: float = Field(np.inf, gt=0, description="a reading that far from the one before and the one after")
    spike_fail: float = Field(np.inf, gt=0)
    hour_suspect: float = Field(np.inf, gt=0, description="change within an hour")
    hour_fail: float = Field(np.inf, gt=0)
    day_suspect: float = Field(np.inf, gt=0, description="change within a day")
    day_fail: float = Field(np.inf, gt=0)
    stuck_tolerance: float = Field(0.0, ge=0, description="readings that differ by less stand still; 0 for no test")
    stuck_suspect_hours: float = Field(np.inf, gt=0, description="how long, over three readings or more")
    stuck_fail_hours: float = Field(np.inf, gt=0, description="how long, over five readings or more")

    @model_validator(mode="before")
    @classmethod
    def _suspect_at_most(cls, stated: object) -> object:
        if not isinstance(stated, dict):
            return stated
        fails = [name for name in stated if "fail" in name and name in cls.model_fields]
        return {name.replace("fail", "suspect"): stated[name] for name in fails} | stated

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.fail_low <= self.suspect_low <= self.suspect_high <= self.fail_high:
            raise ValueError("fail_low, suspect_low, suspect_high and fail_high do not rise in this order")
        for test in ("spike_{}", "hour_{}", "day_{}", "stuck_{}_hours"):
            if getattr(self, test.format("suspect")) > getattr(self, test.format("fail")):
                raise ValueError(f"{test.format('suspect')} is above {test.format('fail')}")
        return self

    def but(self, own: "Limits") -> "Limits":
        """These thresholds, with those that are stated elsewhere in their place."""
        return Limits.model_validate(self.model_dump(exclude_unset=True) | own.model_dump(exclude_unset=True))


def _read(path: Path) -> dict[str, Limits]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {"variable", "source"}
    stated = {row["variable"]: {name: text for name, text in row.items() if text and name not in told} for row in rows}
    return {variable: Limits.model_validate(limits) for variable, limits in stated.items()}


LIMITS: Mapping[str, Limits] = MappingProxyType(_read(Path(__file__).with_name("quality_limits.csv")))
"""Thresholds by variable; where each comes from stands in `features/quality_limits.csv`."""
