"""What tells the salinity of a shrimp pond in the days ahead: the water that is in it, and the rain that thins it."""

from features.ahead import TotalAhead, TotalThrough, TotalWithin
from features.feature import AnyFeature, named
from features.past import AntecedentIndex, HighestOver, Latest, MeanOver, TotalOver, TrendOver
from features.transformed import Logarithm
from models.blend import Blend
from models.law.legal_rule import Unread
from models.law.matrix import Text
from models.normal import Normal
from models.normal_scores import NormalScores
from models.targets import Sense

PONDS = "shrimp_ponds"
ARTICLE_49 = Unread(
    "49",
    Text(
        "Điều 49 xét khoảng cách ranh mặn 1‰ và 4‰ xâm nhập vào sông, km; độ mặn trong ao không cho biết điều đó. "
        "Cần số liệu đo mặn dọc sông của tỉnh.",
        "Article 49 goes by how far, in km, the lines of 1 and 4 ‰ come up a river, which the salinity of a pond does "
        "not tell. It needs measurements of salinity along the rivers of the province.",
    ),
)
LIMITS = "QCVN 02-19:2014/BNNPTNT, salinity of 5 to 35 g/kg"
NOW = Latest("pond_salinity", days=14)
MEASURED: tuple[AnyFeature, ...] = (
    NOW,
    MeanOver("pond_salinity", days=3),
    MeanOver("pond_salinity", days=30),
    HighestOver("pond_salinity", days=365),
)
WATER: tuple[AnyFeature, ...] = (
    TrendOver("pond_salinity", days=10),
    TotalOver("rain", days=1, coverage=1.0),
    AntecedentIndex("rain", days=30, decay=0.95),
)
RAIN_AHEAD: tuple[AnyFeature, ...] = (
    TotalThrough("rain"),
    TotalThrough("rain_ensemble_mean"),
    Logarithm(TotalThrough("rain_ensemble_mean")),
    Logarithm(TotalAhead("rain_ensemble_high")),
    TotalWithin("rain_ensemble_mean", days=10),
)


def pond_model(*, sense: Sense = "at_least", shape: float = 0.1) -> Blend:
    """A pool of two: salinity as its rank in the climate of the pond, and as a balance of sea water and rain.

    Args:
        sense: of the target.
        shape: expected shape of the climate's tail, see `models/climate_law.py`.
    """
    measured, rest = named(*MEASURED), named(*WATER, *RAIN_AHEAD)
    return Blend(
        members=(
            NormalScores(scored=measured, columns=rest, sense=sense, shape=shape, ridge=10.0, min_events=0),
            Normal(location=(*measured, *rest), scale=("season_harmonic", *named(*RAIN_AHEAD)), ridge=1.0),
        ),
        folds=2,
        ridge=20.0,
        min_events=0,
    )
