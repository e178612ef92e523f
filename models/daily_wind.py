"""The highest wind of a local day: what the hazards of wind read, and by what they tell it.

Runs of the model and its ensemble carry what the monsoon brings. Near a storm, track, strength and the wind of the
storm's profile at the place do (official errors: 69 km at one day, 175 km at three, Hong Kong Observatory, tropical
cyclones in 2015): there a regression and the profile, averaged over the errors of the track, are pooled; both go on
beyond the strongest storm of the record.
"""

from features.ahead import HighestAhead, LowestAhead
from features.feature import AnyFeature, named
from features.given import Attribute, Lead, season
from features.past import MeanOver
from features.transformed import Logarithm
from models.exceedance import Exceedance
from models.log_normal import LogNormal
from models.normal_scores import NormalScores
from models.passage import Passage
from models.pool import EqualPool
from models.regimes import Regimes

RUNS = (HighestAhead("wind_speed"), HighestAhead("wind_speed_ensemble_high"))
"""What the runs tell; more of it never lowers the risk."""
NOW = MeanOver("wind_speed", days=1)
"""What is the case now."""
_WINDS = (
    Logarithm(RUNS[0]),
    Logarithm(RUNS[1]),
    Logarithm(HighestAhead("storm_wind")),
    Logarithm(HighestAhead("storm_wind", margin_days=1)),
    Logarithm(HighestAhead("storm_strength")),
)
_DISTANCE = Logarithm(LowestAhead("storm_distance"))
_PLACE = (Attribute("island"), Attribute("coastal"))
_NEAR = HighestAhead("storm_wind", margin_days=1)
_STORM_NEAR = 6.0
WIND_FEATURES: tuple[AnyFeature, ...] = (*RUNS, *_WINDS, _DISTANCE, _NEAR, NOW, *season(harmonics=3), Lead(), *_PLACE)


def daily_wind() -> Exceedance:
    """The unfitted estimator of the highest wind of a day, m/s, for the columns of `WIND_FEATURES`."""
    near_a_storm = EqualPool(
        members=(
            LogNormal(
                location=named(*_WINDS, _DISTANCE, *_PLACE),
                bent=named(_DISTANCE),
                scale=named(*_WINDS, _DISTANCE),
                ridge=500.0,
            ),
            Passage(
                run=_WINDS[0].name,
                wind=_WINDS[2].name,
                distance=_DISTANCE.name,
                strength=_WINDS[4].name,
                place=named(*_PLACE),
            ),
        )
    )
    elsewhere = NormalScores(scored=named(*RUNS), columns=named(NOW), ridge=100.0, min_events=0)
    return Regimes(column=_NEAR.name, threshold=_STORM_NEAR, within=near_a_storm, without=elsewhere)
