"""Heavy rain at one station without any forecast of the weather: the tree's hazard, three days ahead.

All that forecasts would tell is missing; what is left are the season and the rain of the days before. The tree's own
model answers without them too, hardly better than the climatology; the season and yesterday's rain alone did best in
1970 to 2004, and neither more of the past nor trees added anything.
"""

from dataclasses import replace

from features.periods import Periods
from models.blend import PerPeriod
from models.hazards.heavy_rain import HAZARD as WITH_FORECASTS
from models.logistic import Logistic
from models.season import SEASON

HAZARD = replace(
    WITH_FORECASTS,
    periods=Periods(days=1, count=3),
    model=PerPeriod(member=Logistic(columns=(WITH_FORECASTS.persistence.name, SEASON), C=0.1)),
)
