"""The months that Article 48 counts: those that are over, the running one, and the level of a whole run."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from conftest import HANOI, a_row_of_sites, at

from features.archive import Archive
from features.snapshot import Snapshot
from models.catalogue import read_hazards
from models.climate.monthly_targets import Shortfall
from models.law.legal_rule import forecast_levels, steps_of_past
from models.law.months import months_known, running_month

HAZARD = read_hazards()["month_shortfall"]
TARGET = HAZARD.target
assert isinstance(TARGET, Shortfall)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Rain at S1 as known on 12 September 2020: 2 mm a day in odd years and none in even ones, so that 1 mm is normal.

    In 2020 there is 1 mm a day to the end of June, 0.25 in July, 0.5 in August; in September 12 mm on the first day
    and none to the tenth. The eleventh is not told yet.
    """
    days = pd.date_range("1990-01-01", "2020-09-10", freq="D", tz=HANOI)
    rain = np.where(days.year % 2, 2.0, 0.0)
    for month, value in {1: 1.0, 2: 1.0, 3: 1.0, 4: 1.0, 5: 1.0, 6: 1.0, 7: 0.25, 8: 0.5, 9: 0.0}.items():
        rain[(days.year == 2020) & (days.month == month)] = value
    rain[days == at("2020-09-01")] = 12.0
    known = days + pd.Timedelta(days=1, hours=6)
    entries = {
        "site": "S1",
        "variable": "rain",
        "valid_time": days,
        "known_time": known,
        "value": rain,
        "source": "gauge",
    }
    archive = Archive(tmp_path_factory.mktemp("months"), a_row_of_sites(), HANOI)
    archive.append(pd.DataFrame(entries))
    return archive.as_of(at("2020-09-12 07:00"))


def test_months_that_are_over_lack_what_they_lack_of_the_mean_of_thirty_years(snapshot: Snapshot) -> None:
    known = months_known(snapshot, TARGET, 3)
    assert known["month"].to_numpy().tolist() == [-3, -2, -1]
    assert known.sel(site="S1").to_numpy() == pytest.approx([0.0, 75.0, 50.0])
    assert known.sel(site="S2").isnull().all()


def test_the_rest_of_the_running_month_comes_as_in_each_earlier_year(snapshot: Snapshot) -> None:
    # of 30 mm that are normal there are 12, and nothing more (60 % lacking) or 40 more (none lacking)
    found = running_month(snapshot, TARGET)
    assert found.sel(site="S1", lead=0).to_numpy().tolist() == [0.5, 0.5, 0.0]
    assert found.sel(site="S2").isnull().all()


def test_the_level_is_that_of_the_whole_run_of_months(snapshot: Snapshot) -> None:
    assert HAZARD.law is not None
    table = HAZARD.law.read(HAZARD)
    ahead = xr.DataArray(
        [[[0.6, 0.2, 0.0]]], {"site": ["S1"], "lead": [1], "cut": [20.0, 50.0, 70.0]}, ("site", "lead", "cut")
    )
    known = months_known(snapshot, TARGET, steps_of_past(table)).sel(site=["S1"])
    found = forecast_levels(
        table,
        ahead,
        known,
        places=["bac_bo"],
        correlation=0.0,
        running=running_month(snapshot, TARGET).sel(site=["S1"]),
    )
    # July and August lack 20 % or more, and a fourth month of it, level 1, needs September (0.5) and October (0.6).
    assert float(found["at_least"].sel(site="S1", lead=1, level=1)) == pytest.approx(0.3, abs=0.004)
    # July alone passes 50 %: August lacks just that, so that October over 50 % is at most the second month of it.
    assert float(found["at_least"].sel(site="S1", lead=1, level=2)) == pytest.approx(0.0, abs=0.004)
