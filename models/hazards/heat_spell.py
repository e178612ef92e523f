"""Spell of heat: days on end with at least 35 °C, within six days that begin 1, 3 or 5 days ahead, by commune.

Article 47 of Decision 18/2021/QĐ-TTg counts spells of heat (35 °C and above) of three to five, more than five, more
than ten and more than twenty-five days. Six days are the shortest stretch that holds both of its first two bands; the
stretches overlap, so that a spell that a border cuts is whole in the next, and the last ends on day 10, where the runs
do. The disaster-risk level, which also counts the days that have been, is told from the days of `heat`; this model
says how probable the spell itself is, of days that err together.
"""

from features.ahead import DaysAhead, MeanAhead
from features.feature import named
from features.given import Attribute, Lead, season
from features.held import HeldAhead
from features.past import MeanOver, RunLength
from features.periods import Periods
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.hazard import Hazard
from models.law.legal_rule import LegalRule
from models.levels import AtLeast
from models.logistic import Logistic
from models.targets import Spell

_HEAT = "highest_air_temperature"
_HELD = (HeldAhead(_HEAT, run_days=3), HeldAhead(_HEAT, run_days=6), MeanAhead(_HEAT))
_NOW = RunLength(_HEAT, threshold=35.0, days=10)
_READ = (*_HELD, MeanOver(_HEAT, days=1), Attribute("elevation_m"), Attribute("coastal"))

HAZARD = Hazard(
    name="heat_spell",
    title_vi="Đợt nắng nóng",
    title_en="Spell of heat",
    target=Spell(_HEAT, cuts=(3.0, 6.0), settle_days=2, threshold=35.0),
    periods=Periods(days=6, count=3, step_days=2),
    features=(*_READ, DaysAhead(_HEAT, threshold=35.0), _NOW, *season(harmonics=3), Lead()),
    persistence=_NOW,
    model=Blend(
        members=(Climatology(), PerPeriod(member=Logistic(columns=(*named(*_READ), "season_harmonic"), C=0.1))),
        folds=2,
        ridge=20.0,
    ),
    levels={"watch": AtLeast(0.3, cut=3.0), "warning": AtLeast(0.6, cut=3.0), "severe": AtLeast(0.3, cut=6.0)},
    law=LegalRule("heat", told_by="heat"),
    rising=_HELD,
    issue_every_days=1,
    refit_every_days=365,
    train_every_days=2,
    reference="Decision 18/2021/QĐ-TTg, Article 47",
)
