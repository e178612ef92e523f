"""Fits: the card says where a forecaster comes from, the verdict what it may be trusted with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, at

from features.archive import Archive
from features.errors import HaidangError
from models.forecaster import Forecaster, Skill
from models.hazard import Hazard
from training.backtest import Backtest
from training.fit import fit, verdict

MOMENT = at("2023-03-01")


def skill(lead: int, cut: float, *, climatology_low: float, persistence_low: float, events: int = 40) -> Skill:
    return Skill(
        lead=lead, cut=cut, n=400, events=events, brier=0.1, brier_climatology=0.2, brier_persistence=0.2,
        skill_climatology=0.5, skill_climatology_low=climatology_low, skill_climatology_high=0.9,
        skill_persistence=0.5, skill_persistence_low=persistence_low, skill_persistence_high=0.9,
    )  # fmt: skip


def test_the_card_says_what_was_fitted_and_on_what(tiny_forecaster: Forecaster, tiny_hazard: Hazard) -> None:
    card = tiny_forecaster.card
    assert (card.hazard, card.fingerprint, card.unit) == ("tiny", tiny_hazard.fingerprint, "mm")
    assert card.fitted_at == card.truth_read_at == MOMENT
    assert card.archive_version >= 0
    assert {"numpy", "pandas", "scikit-learn", "skops", "xarray"} <= set(card.libraries)
    assert card.code_version


def test_the_card_ends_where_the_embargo_begins(tiny_forecaster: Forecaster) -> None:
    card = tiny_forecaster.card
    embargo = MOMENT - pd.Timedelta(days=8)
    assert embargo - pd.Timedelta(days=2) <= card.learned_until < embargo
    assert at("2021-01-01") <= card.learned_from < at("2021-01-04")


def test_the_card_counts_rows_and_events(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive
) -> None:
    card = tiny_forecaster.card
    every_other_day = pd.date_range(card.learned_from, card.learned_until, freq="2D")
    outcome = tiny_hazard.outcomes(tiny_archive, every_other_day, by=MOMENT)
    assert card.rows == outcome.notna().sum() == len(every_other_day) * 5 * 2
    assert card.events == {"10.0": int((outcome >= 10).sum()), "30.0": int((outcome >= 30).sum())}
    assert card.events["10.0"] > card.events["30.0"] > 0


def test_equal_estimators_have_one_version(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive
) -> None:
    assert fit(tiny_hazard, tiny_archive, moment=MOMENT).version == tiny_forecaster.version


def test_different_estimators_have_different_versions(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_archive: Archive
) -> None:
    other = fit(tiny_hazard, tiny_archive, moment=MOMENT - pd.Timedelta(days=100))
    assert other.version != tiny_forecaster.version
    assert len(other.version) == len(tiny_forecaster.version) == 12


def test_a_fit_knows_nothing_that_became_known_later(
    tiny_forecaster: Forecaster, tiny_hazard: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    then = archive(entries=tiny_entries[tiny_entries["known_time"] <= MOMENT])
    earlier = fit(tiny_hazard, then, moment=MOMENT)
    assert earlier.card.events == tiny_forecaster.card.events
    np.testing.assert_array_equal(earlier.exam.answers, tiny_forecaster.exam.answers)


def test_a_fit_without_a_backtest_is_not_tested(tiny_forecaster: Forecaster) -> None:
    assert tiny_forecaster.card.baselines_beaten == "not tested: no backtest was run"
    assert tiny_forecaster.card.skill == ()
    assert tiny_forecaster.card.tested_from is None


def test_a_fit_with_a_backtest_carries_its_scores(
    tiny_hazard: Hazard, tiny_archive: Archive, tiny_backtest: Backtest
) -> None:
    card = fit(tiny_hazard, tiny_archive, moment=MOMENT, tested=tiny_backtest).card
    assert [(row.lead, row.cut) for row in card.skill] == [(1, 10.0), (1, 30.0), (4, 10.0), (4, 30.0)]
    assert card.tested_from == at("2022-11-01 07:00")
    assert card.tested_until == at("2023-02-28 07:00")
    assert card.baselines_beaten.startswith("leads at which both climatology and persistence are beaten: >= 10: ")


def test_the_verdict_names_the_leads_at_which_both_baselines_are_beaten() -> None:
    rows = (
        skill(1, 10.0, climatology_low=0.2, persistence_low=0.1),
        skill(1, 30.0, climatology_low=0.2, persistence_low=-0.1),
        skill(4, 10.0, climatology_low=0.1, persistence_low=0.1),
        skill(4, 30.0, climatology_low=-0.1, persistence_low=0.1),
    )
    assert verdict(rows) == "leads at which both climatology and persistence are beaten: >= 10: 1 d, 4 d; >= 30: none"


def test_a_verdict_that_beats_nothing_does_not_claim_to() -> None:
    rows = (skill(1, 10.0, climatology_low=-0.2, persistence_low=0.1),)
    assert verdict(rows) == "leads at which both climatology and persistence are beaten: >= 10: none"


def test_a_verdict_on_few_events_is_withheld() -> None:
    few = skill(1, 30.0, climatology_low=0.2, persistence_low=0.1, events=29)
    assert "too few events to judge" in verdict((few,))
    enough = skill(4, 30.0, climatology_low=0.2, persistence_low=0.1)
    assert verdict((few, enough)) == "leads at which both climatology and persistence are beaten: >= 30: 4 d"


def test_a_fit_before_any_outcome_is_known_is_refused(tiny_hazard: Hazard, tiny_archive: Archive) -> None:
    for moment in ("2021-01-05", "2021-01-09"):
        with pytest.raises(HaidangError):
            fit(tiny_hazard, tiny_archive, moment=at(moment))


def test_a_fit_where_nobody_looked_is_refused(
    tiny_hazard: Hazard, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    forecasts = tiny_entries[tiny_entries["source"] == "model"]
    with pytest.raises(HaidangError, match="no outcome of tiny is known"):
        fit(tiny_hazard, archive(entries=forecasts), moment=MOMENT)


def test_a_fit_learns_only_where_the_hazard_can_happen(tiny_hazard: Hazard, tiny_archive: Archive) -> None:
    ponds = fit(replace(tiny_hazard, where="shrimp_ponds"), tiny_archive, moment=MOMENT)
    assert ponds.exam.rows.index.unique("site").isin(["S2", "S3"]).all()
    assert ponds.forecast(tiny_archive, at("2023-03-05 07:00")).index.unique("site").tolist() == ["S2", "S3"]
