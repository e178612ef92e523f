"""Seasons and storms left out: who is asked about them has not learned from them, nor from their neighbours in time."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from conftest import TINY_TEST, MakeArchive, at, entry

from features.archive import Archive
from features.errors import HaidangError
from models.exceedance import Exceedance
from models.hazard import Hazard
from training.held_out import Stretch, leave_stretches_out, seasons, storms

START, END = at(TINY_TEST[0]), at(TINY_TEST[1])
LESSONS: list[pd.DatetimeIndex] = []


class Pupil(Exceedance):
    """Writes down the times that it learns from, and answers with the base rates."""

    def __init__(self, cuts: tuple[float, ...] = (), *, min_events: int = 20) -> None:
        self.cuts = cuts
        self.min_events = min_events

    def _fit(self, X: pd.DataFrame, outcome: npt.NDArray[np.float64]) -> None:
        LESSONS.append(pd.DatetimeIndex(X.index.get_level_values("issue_time")))

    def _predict(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        return np.tile(self.base_rates_[self.learned_], (len(X), 1))


@pytest.fixture
def taught(tiny_hazard: Hazard) -> Hazard:
    LESSONS.clear()
    return replace(tiny_hazard, model=Pupil())


def test_the_seasons_of_a_stretch_have_the_year_of_their_january(tiny_archive: Archive) -> None:
    found = seasons(tiny_archive, at("2022-11-01"), at("2023-03-02"))
    assert [stretch.name for stretch in found] == ["2022 SON", "2023 DJF", "2023 MAM"]
    assert (found[1].start, found[1].end) == (at("2022-12-01"), at("2023-03-01"))


def test_each_stretch_is_asked_of_who_learned_outside_it_and_its_embargo(taught: Hazard, tiny_archive: Archive) -> None:
    cut = [Stretch("a", at("2022-11-20"), at("2022-12-10")), Stretch("b", at("2023-01-10"), at("2023-01-20"))]
    tested = leave_stretches_out(taught, tiny_archive, cut, start=START, end=END)
    assert len(tested.issue_times) == 30
    assert tested.outcome.index.is_unique
    # the embargo of the tiny hazard: a reach of six days, the day after, one day to settle
    first, second = LESSONS
    assert not ((first >= at("2022-11-12")) & (first < at("2022-12-18"))).any()
    assert ((first >= at("2022-11-11")) & (first < at("2022-11-12"))).any()
    assert first.max() > at("2023-02-15")
    assert not ((second >= at("2023-01-02")) & (second < at("2023-01-28"))).any()


def test_one_stretch_cannot_be_left_out(taught: Hazard, tiny_archive: Archive) -> None:
    one = [Stretch("a", at("2022-11-20"), at("2022-12-10")), Stretch("never", at("1999-01-01"), at("1999-02-01"))]
    with pytest.raises(HaidangError, match="1 stretch of time with outcomes of tiny"):
        leave_stretches_out(taught, tiny_archive, one, start=START, end=END)


def test_a_storm_is_the_issue_times_that_speak_of_its_days(tiny_hazard: Hazard, archive: MakeArchive) -> None:
    distances = {1: 900.0, 10: 250.0, 11: 400.0, 12: 299.0, 20: 100.0, 30: 301.0}
    held = archive(*(entry("S2", "storm_distance", f"2023-09-{d:02}", "2023-10-02", km) for d, km in distances.items()))
    found = storms(tiny_hazard, held, at("2023-09-01"), at("2023-09-30"))
    assert [storm.name for storm in found] == ["2023-09-10", "2023-09-20"]
    # six days of reach before the first near day, until the day before the last
    assert [(storm.start, storm.end) for storm in found] == [
        (at("2023-09-04"), at("2023-09-12")),
        (at("2023-09-14"), at("2023-09-20")),
    ]


def test_storms_that_follow_each_other_share_no_issue_time(tiny_hazard: Hazard, archive: MakeArchive) -> None:
    held = archive(*(entry("S2", "storm_distance", f"2023-09-{d:02}", "2023-10-02", 10.0) for d in (10, 14)))
    found = storms(tiny_hazard, held, at("2023-09-01"), at("2023-09-30"))
    assert [(storm.start, storm.end) for storm in found] == [
        (at("2023-09-04"), at("2023-09-10")),
        (at("2023-09-10"), at("2023-09-14")),
    ]


def test_without_storms_none_can_be_left_out(tiny_hazard: Hazard, tiny_archive: Archive, archive: MakeArchive) -> None:
    with pytest.raises(HaidangError, match="holds no storm_distance"):
        storms(tiny_hazard, tiny_archive, START, END)
    held = archive(entry("S2", "storm_distance", "2023-09-01", "2023-09-03", 900.0))
    with pytest.raises(HaidangError, match="no storm came within 300 km"):
        storms(tiny_hazard, held, at("2023-09-01"), at("2023-09-02"))
