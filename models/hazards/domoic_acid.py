"""Domoic acid in razor clams above the closure level, by beach, next week and the week after.

Closure at 20 ug/g: US FDA, Fish and Fishery Products Hazards and Controls Guidance, natural toxins. The other cuts
bound safe (5), rising (10) and far above closure (50). Task and drivers: DATect, a peer on the same coast.
"""

from features.given import Attribute, Lead, season
from features.past import AgeOfLatest, HighestOver, Latest, MeanOver, TrendOver
from features.periods import Periods
from features.spatial import NeighbourMax, NeighbourMean
from models.baselines import Climatology, Persistence
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Highest

_LATEST = Latest("domoic_acid", days=90)

HAZARD = Hazard(
    name="domoic_acid",
    title_vi="Axit domoic trong ngao móng tay",
    title_en="Domoic acid in razor clams",
    target=Highest("domoic_acid", cuts=(5.0, 10.0, 20.0, 50.0), settle_days=8),
    periods=Periods(days=7, count=2),
    features=(
        _LATEST,
        AgeOfLatest("domoic_acid", days=90),
        HighestOver("domoic_acid", days=28),
        MeanOver("domoic_acid", days=28),
        MeanOver("domoic_acid", days=90),
        HighestOver("domoic_acid", days=365),
        TrendOver("domoic_acid", days=42),
        NeighbourMean(Latest("domoic_acid", days=28), scale_km=60.0),
        NeighbourMax(HighestOver("domoic_acid", days=28), within_km=120.0),
        HighestOver("pseudo_nitzschia", days=28),
        MeanOver("pseudo_nitzschia", days=28),
        NeighbourMax(HighestOver("pseudo_nitzschia", days=28), within_km=120.0),
        MeanOver("sea_surface_temperature", days=30),
        MeanOver("sea_surface_temperature_anomaly", days=30),
        MeanOver("chlorophyll", days=30),
        MeanOver("chlorophyll_anomaly", days=30),
        MeanOver("photosynthetic_radiation", days=30),
        MeanOver("river_discharge", days=30),
        MeanOver("nutrient_upwelling", days=14),
        MeanOver("nutrient_upwelling", days=60),
        Latest("oceanic_nino_index", days=120),
        Latest("pacific_decadal_index", days=120),
        *season(harmonics=2),
        Lead(),
        Attribute("latitude"),
    ),
    persistence=_LATEST,
    model=Blend(
        members=(
            Climatology(),
            Persistence(column=_LATEST.name),
            PerPeriod(
                member=Logistic(
                    columns=("latest(domoic", "age_of", "highest_over(domoic", "neighbour_m", "season_harmonic"), C=0.3
                )
            ),
            Boosted(max_depth=3, rounds=150, learning_rate=0.04, min_child_weight=10.0),
        ),
        folds=4,
    ),
    levels={
        "watch": AtLeast(0.2, cut=20.0),
        "warning": AtLeast(0.5, cut=20.0),
    },
    amount=True,
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="razor_clams",
    reference="https://www.fda.gov/food/seafood-guidance-documents-regulatory-information/"
    "fish-and-fishery-products-hazards-and-controls",
)
