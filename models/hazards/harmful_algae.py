"""Harmful algae: cells of a toxic group in a sample from a shellfish zone, week 1 to 3 ahead.

At 500 cells of Alexandrium in a litre Denmark stops the harvest until the toxin is measured (Danish Veterinary and Food
Administration, guidance on hygiene, annex 8, action values for toxic algae); 5,000 is ten times that, a choice of this
service. The numbers that were counted last, warm calm weather and runoff carry skill: Karlson et al. 2021,
doi:10.1016/j.hal.2021.101989. Nobody samples on a fixed day; the outcome is the highest sample of the week, and a week
without a sample tells nothing. Without any outcome on record the rule is that what was counted last goes on.
"""

from features.ahead import MeanAhead, TotalAhead
from features.feature import named
from features.given import Lead, season
from features.past import AgeOfLatest, HighestOver, Latest, MeanOver, TotalOver
from features.periods import Periods
from features.spatial import NeighbourMax, NeighbourMean
from features.transformed import Logarithm
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.levels import AtLeast
from models.logistic import Logistic
from models.rule import Rule, at_least
from models.targets import Highest

_LATEST = Latest("harmful_algae", days=60)
_SAMPLES = (
    Logarithm(_LATEST),
    Logarithm(HighestOver("harmful_algae", days=45)),
    NeighbourMean(Logarithm(Latest("harmful_algae", days=21)), scale_km=20.0),
    NeighbourMax(Logarithm(Latest("harmful_algae", days=21)), within_km=30.0),
    Logarithm(Latest("saxitoxin", days=60)),
)
_SEA = (
    Logarithm(MeanOver("satellite_chlorophyll", days=7)),
    Logarithm(MeanOver("satellite_chlorophyll", days=21)),
    MeanOver("water_temperature", days=7),
    MeanOver("wind_speed", days=7),
    Logarithm(TotalOver("rain", days=10)),
    MeanOver("water_salinity", days=7),
)
_AHEAD = (MeanAhead("wind_speed"), MeanAhead("air_temperature"), Logarithm(TotalAhead("rain")))

HAZARD = Hazard(
    name="harmful_algae",
    title_vi="Tảo độc hại",
    title_en="Harmful algae",
    target=Highest("harmful_algae", cuts=(500.0, 5000.0), settle_days=14),
    periods=Periods(days=7, count=3),
    features=(
        *_SAMPLES,
        _LATEST,
        AgeOfLatest("harmful_algae", days=60),
        *_SEA,
        *_AHEAD,
        *season(harmonics=3),
        Lead(),
    ),
    persistence=_LATEST,
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(
                member=Logistic(
                    columns=(*named(*_SAMPLES, *_SEA, *_AHEAD), "age_of", "season_harmonic"),
                    C=0.1,
                )
            ),
        ),
        trees=Boosted(max_depth=3, rounds=100, learning_rate=0.05, min_child_weight=10.0),
        folds=3,
    ),
    levels={
        "watch": AtLeast(0.3, cut=500.0),
        "warning": AtLeast(0.6, cut=500.0),
        "severe": AtLeast(0.5, cut=5000.0),
    },
    amount=True,
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="oyster_rafts",
    reference="https://foedevarestyrelsen.dk/lovstof/vejledninger/hygiejnevejledningen/"
    "bilag-8-vejledende-aktionsvaerdier-for-giftige-alger",
    rule=Rule(
        clauses=((1, 1.0, (at_least(_LATEST, 500.0),)), (2, 1.0, (at_least(_LATEST, 5000.0),))),
        reference="Danish Veterinary and Food Administration, action value 500 cells/L for Alexandrium, newest sample",
    ),
)
