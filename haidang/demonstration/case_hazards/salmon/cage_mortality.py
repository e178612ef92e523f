"""Mortality of salmon in a cage, next week, as the log-odds of the share of fish that die.

Cuts are the log-odds of shares of 0.005 to 3 % a week. A week begins on Monday and is asked about on the Thursday
before; what is known then are the weeks to the Sunday before that. What drives it (temperature, waves, treatments,
gills, lice): the study that the data belong to, see the reference. Of several models the best on farms A to D, each
left out in turn, was kept; a pool whose shares are learned from so short a record fell behind persistence.
"""

from scipy.special import logit

from features.given import Attribute, Lead, season
from features.past import HighestOver, Latest, MeanOver
from features.periods import Periods
from features.spatial import NeighbourMax, NeighbourMean
from models.boosted import Boosted
from models.hazard import Hazard
from models.levels import AtLeast
from models.targets import Highest

_SHARES = (0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.03)
_CUTS = tuple(round(float(logit(share)), 3) for share in _SHARES)
_LATEST = Latest("cage_mortality_log_odds", days=28)
_FARM_KM = 1.0

HAZARD = Hazard(
    name="cage_mortality",
    title_vi="Cá hồi chết trong lồng",
    title_en="Mortality of salmon in a cage",
    target=Highest("cage_mortality_log_odds", cuts=_CUTS, settle_days=10),
    periods=Periods(days=7, count=1),
    features=(
        _LATEST,
        MeanOver("cage_mortality_log_odds", days=35),
        MeanOver("cage_mortality_log_odds", days=63),
        HighestOver("cage_mortality_log_odds", days=63),
        NeighbourMean(_LATEST, scale_km=_FARM_KM),
        NeighbourMean(MeanOver("cage_mortality_log_odds", days=35), scale_km=_FARM_KM),
        NeighbourMax(_LATEST, within_km=_FARM_KM),
        Latest("cage_water_temperature", days=28),
        Latest("cage_water_speed", days=28),
        Latest("cage_wind_speed", days=28),
        Latest("cage_biomass_density", days=28),
        Latest("cage_days_since_stocking", days=28),
        Latest("gill_disease_score", days=42),
        NeighbourMean(Latest("gill_disease_score", days=28), scale_km=_FARM_KM),
        Latest("sea_lice", days=28),
        Latest("weeks_since_gill_treatment", days=28),
        Latest("weeks_since_mechanical_delousing", days=28),
        Latest("weeks_since_medicinal_delousing", days=28),
        *season(harmonics=1),
        Lead(),
        Attribute("wave_height_m"),
    ),
    persistence=_LATEST,
    model=Boosted(max_depth=3, rounds=150, learning_rate=0.04, min_child_weight=10.0),
    levels={"watch": AtLeast(0.3, cut=_CUTS[4]), "warning": AtLeast(0.3, cut=_CUTS[6])},
    issue_every_days=7,
    refit_every_days=91,
    train_every_days=7,
    where="salmon_cages",
    reference="https://github.com/Sz-Tim/OffshoreFishWelfare",
)
