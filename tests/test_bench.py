"""The benchmark: what it times can be asked."""

import pandas as pd

from features.sources.simulated import SimulatedProvince
from haidang.benchmarks.speed import of_the_oracles
from models.catalogue import read_hazards
from training.oracle import oracle


def test_the_hazards_that_it_times_have_a_truth() -> None:
    province = SimulatedProvince(years=2, seed=3, first_year=2019)
    rain, slides, disease = of_the_oracles(read_hazards())
    assert rain.periods.leads.tolist() == slides.periods.leads.tolist() == [1, 2, 3, 4, 5]
    for hazard in (rain, slides, disease):
        truth = oracle(hazard, province, pd.DatetimeIndex([pd.Timestamp("2020-05-01 07:00", tz=province.zone)]))
        told = truth.probability.dropna()
        assert len(told) > 0
        assert told.to_numpy().min() >= 0
        assert told.to_numpy().max() <= 1
