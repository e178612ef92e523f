"""What can be tuned in a hazard's model: which parameters of which estimators, and between which bounds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sklearn.base import clone

from models.boosted import Boosted
from models.counts import Counts
from models.exceedance import Exceedance
from models.log_normal import LogNormal
from models.logistic import Logistic
from models.normal_scores import NormalScores

Number = float | int


@dataclass(frozen=True)
class Range:
    """Bounds of a parameter, searched on the scale of the logarithm; of whole numbers where both bounds are.

    Attributes:
        low: lowest value.
        high: highest value.
    """

    low: Number
    high: Number

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return isinstance(self.low, int) and isinstance(self.high, int)


SEARCHED: Mapping[type[Exceedance], Mapping[str, Range]] = {
    Boosted: {
        "max_depth": Range(1, 6),
        "rounds": Range(30, 300),
        "learning_rate": Range(0.02, 0.2),
        "min_child_weight": Range(3.0, 100.0),
        "ridge": Range(1.0, 100.0),
    },
    Logistic: {"C": Range(0.001, 10.0)},
    NormalScores: {"ridge": Range(0.3, 300.0)},
    LogNormal: {"ridge": Range(3.0, 3000.0)},
    Counts: {"ridge": Range(0.3, 300.0)},
}


def estimators_within(model: Exceedance, path: str = "model") -> Iterator[tuple[str, Exceedance]]:
    """A model and all estimators that it is made of, each with where it stands, such as `model.members[1].member`."""
    yield path, model
    for name, value in model.get_params(deep=False).items():
        if isinstance(value, Exceedance):
            yield from estimators_within(value, f"{path}.{name}")
        elif isinstance(value, tuple):
            for k, part in enumerate(value):
                if isinstance(part, Exceedance):
                    yield from estimators_within(part, f"{path}.{name}[{k}]")


def search_space(model: Exceedance) -> dict[str, Range]:
    """All parameters of a model that can be tuned, by where they stand, such as `model.members[2].max_depth`."""
    return {
        f"{path}.{name}": bounds
        for path, estimator in estimators_within(model)
        for name, bounds in SEARCHED.get(type(estimator), {}).items()
    }


def declared(model: Exceedance) -> dict[str, Number]:
    """The values of these parameters in a model."""
    return {
        f"{path}.{name}": getattr(estimator, name)
        for path, estimator in estimators_within(model)
        for name in SEARCHED.get(type(estimator), {})
    }


def with_values(model: Exceedance, values: Mapping[str, Number]) -> Exceedance:
    """A fresh model with other values of some of these parameters."""
    changed: Exceedance = clone(model)
    for path, estimator in estimators_within(changed):
        names = SEARCHED.get(type(estimator), {})
        estimator.set_params(**{name: values[f"{path}.{name}"] for name in names if f"{path}.{name}" in values})
    return changed
