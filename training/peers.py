"""Peers: recipes of other systems, made anew and learned from the same examples, to be beaten.

They are recipes on our data, not the systems themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
from sklearn.base import clone

from features.errors import HaidangError
from models.boosted import Boosted
from models.columns import places
from models.exceedance import Exceedance, Floats
from models.hazard import Hazard
from training.examples import Examples


@dataclass(frozen=True)
class Peer:
    """A recipe.

    Attributes:
        name: short name.
        columns: beginnings of the names of the features that it reads.
        model: its unfitted estimator.
    """

    name: str
    columns: tuple[str, ...]
    model: Exceedance = field(compare=False)

    def answer(self, hazard: Hazard, known: Examples, rows: pd.DataFrame) -> Floats:
        """What it says of rows after it learned from examples, shape (row, cut).

        Raises:
            HaidangError: if a feature that it reads is not among the hazard's.
        """
        lacking = [column for column in self.columns if not places(rows, (column,))]
        if lacking:
            raise HaidangError(
                f"{self.name} reads {', '.join(lacking)}, which {hazard.name} has not: see training/peers.py"
            )
        read = places(rows, self.columns)
        fitted = clone(self.model).set_params(cuts=hazard.target.severity_cuts)
        fitted.fit(known.rows.iloc[:, read], hazard.target.severity(known.outcome))
        return fitted.predict_exceedance(rows.iloc[:, read])


PEERS: Mapping[str, Peer] = {
    "landslide": Peer(
        "lhasa_like",
        (
            "logarithm(total_ahead(rain))",
            "antecedent_index(rain, days=10",
            "latest(soil_wetness",
            "attribute(attribute=landslide_susceptibility)",
        ),
        Boosted(max_depth=2, rounds=300, learning_rate=0.1, min_child_weight=1.0, subsample=1.0, ridge=1.0),
    ),
}
"""Landslides: four drivers, 300 shallow trees and no climatology, as in LHASA 2 (Stanley et al. 2021,
doi:10.3389/feart.2021.640043): rain, the rain before it, wetness of the soil, susceptibility of the slope."""
