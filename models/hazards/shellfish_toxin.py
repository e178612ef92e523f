"""Paralytic toxin in shellfish: saxitoxin in a sample from a shellfish zone, week 1 to 3 ahead.

Harvest stops at 80 ug of saxitoxin equivalents in 100 g (Codex STAN 292-2008; EU 853/2004 as 800 ug/kg); half of it is
watched. Toxin goes down slowly, so that the newest sample, its age, and the cells in the water carry the skill; Maine's
sites are forecast from past samples too: Record et al. 2022, doi:10.3389/fmars.2022.923738. The outcome is the highest
sample of the week, and a week without a sample tells nothing. Without any outcome on record the rule is that what was
measured last goes on.
"""

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

_LATEST = Latest("saxitoxin", days=60)
_SAMPLES = (
    Logarithm(_LATEST),
    Logarithm(HighestOver("saxitoxin", days=45)),
    Logarithm(Latest("harmful_algae", days=60)),
    NeighbourMean(Logarithm(Latest("saxitoxin", days=21)), scale_km=20.0),
    NeighbourMax(Logarithm(Latest("saxitoxin", days=21)), within_km=30.0),
    NeighbourMean(Logarithm(Latest("harmful_algae", days=21)), scale_km=20.0),
)
_SEA = (
    Logarithm(MeanOver("satellite_chlorophyll", days=7)),
    Logarithm(MeanOver("satellite_chlorophyll", days=21)),
    MeanOver("water_temperature", days=7),
    MeanOver("wind_speed", days=7),
    Logarithm(TotalOver("rain", days=10)),
)

HAZARD = Hazard(
    name="shellfish_toxin",
    title_vi="Độc tố gây liệt trong nhuyễn thể",
    title_en="Paralytic toxin in shellfish",
    target=Highest("saxitoxin", cuts=(40.0, 80.0), settle_days=14),
    periods=Periods(days=7, count=3),
    features=(*_SAMPLES, _LATEST, AgeOfLatest("saxitoxin", days=60), *_SEA, *season(harmonics=3), Lead()),
    persistence=_LATEST,
    model=Blend(
        members=(
            Climatology(),
            PerPeriod(member=Logistic(columns=(*named(*_SAMPLES, *_SEA), "age_of", "season_harmonic"), C=0.1)),
        ),
        trees=Boosted(max_depth=3, rounds=100, learning_rate=0.05, min_child_weight=10.0),
        folds=3,
    ),
    levels={
        "watch": AtLeast(0.3, cut=40.0),
        "warning": AtLeast(0.2, cut=80.0),
        "severe": AtLeast(0.5, cut=80.0),
    },
    amount=True,
    issue_every_days=7,
    refit_every_days=365,
    train_every_days=7,
    where="oyster_rafts",
    reference="Codex STAN 292-2008",
    rule=Rule(
        clauses=((1, 1.0, (at_least(_LATEST, 40.0),)), (2, 1.0, (at_least(_LATEST, 80.0),))),
        reference="Codex STAN 292-2008, limit of 80 ug in 100 g and half of it, newest sample",
    ),
)
