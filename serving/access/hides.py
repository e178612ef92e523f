"""What is not said to everybody: small counts, and values of variables that a deployment restricts."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.feature import AnyFeature
from features.given import Attribute
from features.variables import VARIABLES
from models.hazard import Hazard
from serving.schemas.forecast_models import BeyondTraining


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
            name: float("nan") if name in self.counted_attributes and self._small(value) else value
            for name, value in of_site.items()
        }

    def values(self, hazard: Hazard, told: list[BeyondTraining]) -> list[BeyondTraining]:
        """Inputs of a hazard at a site, without the values that are not said.

        Of a feature that the hazard does not read any more, as in old records, it is not known what it tells of: where
        anything is hidden, its value is as well.
        """
        if not told:
            return told
        read = {feature.name: feature for feature in hazard.features}
        return [
            one.model_copy(update={"value": None}) if self._hidden(read.get(one.feature), one.value) else one
            for one in told
        ]

    def changes(self, variable: str) -> bool:
        """Whether a what-if question must not change a variable, as the answers would tell its value."""
        return variable in self.variables or (self.below > 0 and _counts_reports(variable))

    def _hidden(self, feature: AnyFeature | None, value: float | None) -> bool:
        if feature is None:
            return self != NOTHING
        counted = any(_counts_reports(name) for name in feature.variables)
        counted |= isinstance(feature, Attribute) and feature.attribute in self.counted_attributes
        return (counted and self._small(value)) or not self.variables.isdisjoint(feature.variables)

    def _small(self, value: float | None) -> bool:
        return value is not None and 0 < value < self.below


def _counts_reports(variable: str) -> bool:
    return VARIABLES[variable].unit == "count" and VARIABLES[variable].subject == "reports"


NOTHING = Hides()
