"""What is not said to everybody: small counts, and values of variables that a deployment restricts."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.variables import VARIABLES
from models.hazard import Hazard
from serving.questions import BeyondTraining


@dataclass(frozen=True)
class Hides:
    """What is not said.

    Attributes:
        counted_attributes: attributes of sites that count farms.
        variables: of which no value at a site is said.
        below: counts from 1 up to this, itself not among them, are not said.
    """

    counted_attributes: frozenset[str] = frozenset()
    variables: frozenset[str] = frozenset()
    below: int = 0

    def attributes(self, of_site: Mapping[str, float]) -> dict[str, float]:
        """The attributes of a site, NaN in the place of small counts."""
        return {
            name: float("nan") if name in self.counted_attributes and 0 < value < self.below else value
            for name, value in of_site.items()
        }

    def values(self, hazard: Hazard, told: list[BeyondTraining]) -> list[BeyondTraining]:
        """Inputs of a hazard at a site, without the values that are not said."""
        read = {feature.name: frozenset(feature.variables) for feature in hazard.features}
        return [
            one.model_copy(update={"value": None})
            if self._hidden(read.get(one.feature, frozenset()), one.value)
            else one
            for one in told
        ]

    def _hidden(self, variables: frozenset[str], value: float | None) -> bool:
        counted = any(VARIABLES[name].unit == "count" and VARIABLES[name].subject == "reports" for name in variables)
        small = counted and value is not None and 0 < value < self.below
        return bool(small or variables & self.variables)


NOTHING = Hides()
