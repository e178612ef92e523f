"""Heavy rain at one station without any forecast of the weather: the tree's hazard, three days ahead.

All that forecasts would tell is missing; what is left are the season and the rain of the days before. The tree's own
model answers without them too. Here the climatology is pooled with a regression on the season and yesterday's rain,
which did best in 1975 to 2004, by itself less well beyond the first day; more of the past and trees added nothing.
"""

from dataclasses import replace

from features.periods import Periods
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.hazards.heavy_rain import HAZARD as WITH_FORECASTS
from models.logistic import Logistic
from models.season import SEASON

_YESTERDAY = Logistic(columns=(WITH_FORECASTS.persistence.name, SEASON), C=0.1)

HAZARD = replace(
    WITH_FORECASTS,
    periods=Periods(days=1, count=3),
    model=Blend(members=(Climatology(), PerPeriod(member=_YESTERDAY)), folds=2),
)
