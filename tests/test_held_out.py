"""Groups of sites left out: who is asked about them has not learned from them."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from conftest import TINY_TEST, at

from features.archive import Archive
from features.errors import HaidangError, UnknownNameError
from features.sites import Site, Sites
from models.exceedance import Exceedance
from models.hazard import Hazard
from training.held_out import leave_groups_out

START, END = at(TINY_TEST[0]), at(TINY_TEST[1])
LESSONS: list[set[str]] = []


class Pupil(Exceedance):
    """Writes down the sites that it learns from, and answers with the base rates."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 20) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: npt.NDArray[np.float64]) -> None:
        LESSONS.append(set(X.index.get_level_values("site")))

    def _predict(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.tile(self.base_rates_[self.learned_], (len(X), 1))


@pytest.fixture
def taught(tiny_hazard: Hazard) -> Hazard:
    LESSONS.clear()
    return replace(tiny_hazard, model=Pupil())


@pytest.fixture
def grouped(tiny_archive: Archive) -> Archive:
    """The tiny archive with S1 and S2 on coast 1, S3 on coast 2, S4 on coast 3, and S5 on none that is known."""
    coasts = {"S1": 1.0, "S2": 1.0, "S3": 2.0, "S4": 3.0}
    sites = [
        Site(
            s.code, s.name_vi, s.name_en, s.latitude, s.longitude, {**s.attributes, "coast": coasts.get(s.code, np.nan)}
        )
        for s in tiny_archive.sites.values()
    ]
    return Archive(tiny_archive._entries.parent, Sites(sites), tiny_archive.zone)


def test_each_group_is_asked_of_who_learned_from_the_others(taught: Hazard, grouped: Archive) -> None:
    tested = leave_groups_out(taught, grouped, "coast", start=START, end=END)
    learned = [sorted(lesson) for lesson in LESSONS]
    assert learned == [["S3", "S4"], ["S1", "S2", "S4"], ["S1", "S2", "S3"]]
    asked = tested.outcome.index
    assert set(asked.unique("site")) == {"S1", "S2", "S3", "S4"}, "of S5 nobody knows the coast"
    assert asked.is_unique
    assert len(asked) == 120 * 4 * 2, "120 days, four sites, two periods"


def test_an_answer_is_that_of_the_estimator_fitted_on_the_other_groups(tiny_hazard: Hazard, grouped: Archive) -> None:
    tested = leave_groups_out(tiny_hazard, grouped, "coast", start=START, end=END)
    times = tiny_hazard.issue_times(START, END, grouped.zone, every_days=1)
    rows = tiny_hazard.ask(grouped, times)
    outcome = tiny_hazard.outcomes(grouped, times, by=grouped.ends())
    site = rows.index.get_level_values("site")
    fitted = tiny_hazard.estimator().fit(rows[site.isin(["S1", "S2", "S4"])], outcome[site.isin(["S1", "S2", "S4"])])
    there = tested.outcome.index.get_level_values("site") == "S3"
    np.testing.assert_allclose(
        tested.probabilities["model"][there], fitted.predict_exceedance(rows[site == "S3"]), rtol=1e-12
    )


def test_progress_is_told_after_each_group(taught: Hazard, grouped: Archive) -> None:
    told: list[tuple[int, int]] = []
    leave_groups_out(taught, grouped, "coast", start=START, end=END, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_one_group_cannot_be_left_out(taught: Hazard, grouped: Archive) -> None:
    alone = [replace(site, attributes={"coast": 1.0}) for site in grouped.sites.values()]
    archive = Archive(grouped._entries.parent, Sites(alone), grouped.zone)
    with pytest.raises(HaidangError, match="1 group of sites by coast has outcomes of tiny: there must be two"):
        leave_groups_out(replace(taught, features=taught.features[:-1]), archive, "coast", start=START, end=END)


def test_an_attribute_that_no_site_has_is_named(taught: Hazard, grouped: Archive) -> None:
    with pytest.raises(UnknownNameError, match="unknown site attribute 'farm'"):
        leave_groups_out(taught, grouped, "farm", start=START, end=END)


def test_a_stretch_without_an_issue_time_is_refused(taught: Hazard, grouped: Archive) -> None:
    with pytest.raises(HaidangError, match="tiny is not asked from"):
        leave_groups_out(taught, grouped, "coast", start=START, end=START)
