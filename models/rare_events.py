"""The model of events of which a place sees a few in a decade: a climatology, and few columns that may correct it."""

from features.feature import AnyFeature, named
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.logistic import Logistic

_SEASON = "season_harmonic"


def rare_events(*features: AnyFeature) -> Blend:
    """A pool of the climatology and, for each period, a strongly shrunk logistic regression on some features.

    With so few events trees would learn chance; the ridge keeps what cannot be told from chance near zero.

    Args:
        features: what the regression reads besides the season.
    """
    logistic = Logistic(columns=(*named(*features), _SEASON), C=0.03)
    return Blend(members=(Climatology(), PerPeriod(member=logistic)), folds=3, ridge=20.0)
