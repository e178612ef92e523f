"""What a feature is: a frozen value with a name, the variables it reads, and a pure function of a snapshot."""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Protocol

import xarray as xr

from features.periods import Periods
from features.snapshot import Snapshot


class AnyFeature(Protocol):
    """The shape of a feature, for hazards and tables."""

    @property
    def name(self) -> str: ...

    @property
    def variables(self) -> tuple[str, ...]: ...

    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray: ...


@dataclass(frozen=True)
class Feature(ABC):
    """One column of the rows that a model reads. Nothing in it is fitted."""

    @property
    def name(self) -> str:
        """Kind and all fields, for instance `mean_over(rain, days=7)`."""
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        parts = [
            value if key == "variable" else value.name if isinstance(value, Feature) else f"{key}={value}"
            for key, value in values
        ]
        return f"{kind}({', '.join(parts)})"

    @property
    @abstractmethod
    def variables(self) -> tuple[str, ...]:
        """The declared variables that it reads; none for what is given."""

    @abstractmethod
    def __call__(self, snapshot: Snapshot, periods: Periods) -> xr.DataArray:
        """The feature's values; dims among (issue_time, site, period). NaN where it cannot be known."""


@dataclass(frozen=True)
class VariableFeature(Feature):
    """A feature of one variable."""

    variable: str

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.variable,)


def named(*features: AnyFeature) -> tuple[str, ...]:
    """The names of features, for estimators that read some columns only."""
    return tuple(feature.name for feature in features)
