"""The model of rare events: a climatology that few features may correct."""

from features.past import MeanOver, TotalOver
from models.baselines import Climatology
from models.blend import PerPeriod
from models.catalogue import read_hazards
from models.logistic import Logistic
from models.rare_events import rare_events

MARINE = ("clam_mortality", "fish_nervous_necrosis", "fish_white_spot", "oyster_mortality")


def test_the_climatology_is_always_among_the_members() -> None:
    climatology, correction = rare_events(MeanOver("rain", days=7)).members
    assert isinstance(climatology, Climatology)
    assert isinstance(correction, PerPeriod)


def test_the_correction_reads_the_features_and_the_season_and_nothing_else() -> None:
    _, correction = rare_events(MeanOver("rain", days=7), TotalOver("rain", days=3)).members
    assert isinstance(correction, PerPeriod)
    assert isinstance(correction.member, Logistic)
    assert correction.member.columns == (
        "mean_over(rain, days=7)", "total_over(rain, days=3, coverage=0.8)", "season_harmonic",
    )  # fmt: skip


def test_an_event_in_the_sea_is_one_event_or_more_in_a_place_that_has_the_stock() -> None:
    hazards = read_hazards()
    assert {hazards[name].target.cuts for name in MARINE} == {(1.0,)}
    assert {name: hazards[name].where for name in MARINE} == {
        "clam_mortality": "clam_beds",
        "fish_nervous_necrosis": "fish_cages",
        "fish_white_spot": "fish_cages",
        "oyster_mortality": "oyster_rafts",
    }


def test_an_event_counts_once_the_monthly_report_can_tell_of_it() -> None:
    """By the 15th of the month after it, Circular 04/2016/TT-BNNPTNT, Article 4: within 45 days."""
    hazards = read_hazards()
    assert {hazards[name].target.settle_days for name in MARINE} == {45}
