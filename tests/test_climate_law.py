import numpy as np
import pandas as pd
import pytest

from models.climate_law import ClimateLaw


def asked(issue_days: list[int], leads: list[int]) -> pd.DataFrame:
    """Questions of one site about some days ahead, without any season."""
    times = pd.Timestamp("2001-01-01", tz="UTC") + pd.to_timedelta(issue_days, unit="D")
    index = pd.MultiIndex.from_product([times, ["a"], range(1, len(leads) + 1)], names=["issue_time", "site", "period"])
    lead = np.tile(np.array(leads, dtype=float), len(issue_days))
    return pd.DataFrame({"season_harmonic(sine)": 0.0, "season_harmonic(cosine)": 1.0, "lead()": lead}, index)


def days_spoken_of(X: pd.DataFrame) -> np.ndarray:
    return (
        (X.index.get_level_values("issue_time") - pd.Timestamp("2001-01-01", tz="UTC")).days + X["lead()"]
    ).to_numpy(int)


RAIN = np.random.default_rng(5).exponential(10.0, 5000)
VALUES = np.array([5.0, 20.0, 45.0, 90.0])


@pytest.mark.parametrize(
    ("every", "leads"), [(1, [1, 2, 3]), (4, [1, 2, 3, 4]), (2, [1, 2, 3, 4]), (7, [1, 8])], ids=str
)
def test_a_day_counts_once_however_often_it_was_asked_about(every: int, leads: list[int]) -> None:
    rows = asked(list(range(0, 1400, every)), leads)
    day = days_spoken_of(rows)
    told = ClimateLaw().fit(rows, RAIN[day])
    each = sorted(set(day.tolist()))
    once = asked([one - 1 for one in each], [1])
    expected = ClimateLaw().fit(once, RAIN[each])
    np.testing.assert_allclose(told.scores(once[:1], VALUES), expected.scores(once[:1], VALUES), atol=1e-9)
