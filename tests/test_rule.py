"""Published rules: what they say, what they cannot say, and a hazard without labels that is answered by one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import a_tiny_hazard, at
from sklearn.base import clone

from features.archive import Archive
from features.errors import HaidangError
from features.past import MeanOver
from models.forecaster import Forecaster, load_forecaster
from models.hazard import Hazard
from models.rule import Rule, at_least
from models.targets import Highest
from serving.issued.issue import issue
from training.examples import NoOutcomeError
from training.fit import fit

MOMENT = at("2023-03-01")
TWO_CLAUSES = Rule(
    (1.0, 2.0),
    clauses=((1, 1.0, (("heat", "at_least", 3.0), ("salt", "at_most", 1.0))), (2, 0.7, (("heat", "at_least", 9.0),))),
    reference="a law",
)


def said(heat: float, salt: float) -> list[float]:
    asked = pd.DataFrame({"heat": [heat], "salt": [salt]})
    (row,) = clone(TWO_CLAUSES).fit(asked).predict_exceedance(asked).tolist()
    return list(row)


def test_a_clause_needs_all_of_its_conditions() -> None:
    assert said(3.0, 1.0) == [1.0, 0.0]
    assert said(3.0, 1.1) == [0.0, 0.0]
    assert said(2.9, 1.0) == [0.0, 0.0]


def test_the_chance_is_the_published_one_and_counts_for_the_milder_cuts_too() -> None:
    assert said(9.0, 5.0) == [0.7, 0.7]
    assert said(9.0, 0.0) == [1.0, 0.7]


def test_a_missing_input_that_could_change_the_answer_leaves_none() -> None:
    assert np.isnan(said(np.nan, 0.0)).all()
    assert np.isnan(said(5.0, np.nan)).all()


def test_a_missing_input_that_cannot_change_the_answer_does_not_matter() -> None:
    assert said(1.0, np.nan) == [0.0, 0.0]


def test_a_rule_is_asked_for_the_columns_it_was_made_for() -> None:
    with pytest.raises(ValueError, match="made for the columns"):
        clone(TWO_CLAUSES).fit(pd.DataFrame({"heat": [1.0], "salt": [1.0]})).predict_exceedance(
            pd.DataFrame({"salt": [1.0], "heat": [1.0]})
        )


WEEK = MeanOver("rain", days=7)
WET_WEEK = Rule(clauses=((1, 1.0, (at_least(WEEK, 5.0),)),), reference="Article 7")


@pytest.fixture(scope="module")
def unlabelled() -> Hazard:
    """Asks for landslides, of which the tiny archive has none on record, and knows a rule."""
    return a_tiny_hazard(
        name="slides", target=Highest("landslides", cuts=(1.0,), settle_days=1), levels={}, rule=WET_WEEK
    )


@pytest.fixture(scope="module")
def by_rule(unlabelled: Hazard, tiny_archive: Archive) -> Forecaster:
    return fit(unlabelled, tiny_archive, moment=MOMENT)


def test_a_hazard_without_outcomes_is_answered_by_its_rule(by_rule: Forecaster, tiny_archive: Archive) -> None:
    rows = by_rule.hazard.ask(tiny_archive, at("2022-08-01 07:00"))
    wet = rows[WEEK.name].to_numpy() >= 5
    assert wet.sum() > 0
    np.testing.assert_array_equal(by_rule.answer(rows)[1.0], wet.astype(float))


def test_its_card_says_that_it_is_a_rule_and_has_no_skill_to_tell(by_rule: Forecaster) -> None:
    card = by_rule.card
    assert (card.basis, card.rows, card.events, card.skill) == ("rule", 0, {"1.0": 0}, ())
    assert card.learned_from is None
    assert card.learned_until is None
    assert card.baselines_beaten == "a published rule, Article 7: no outcome is known, no skill can be told"


def test_a_hazard_with_outcomes_is_learned_though_it_has_a_rule(tiny_archive: Archive) -> None:
    card = fit(a_tiny_hazard(rule=WET_WEEK), tiny_archive, moment=MOMENT).card
    assert card.basis == "model"
    assert card.rows > 0


def test_without_outcomes_and_without_a_rule_there_is_no_forecaster(unlabelled: Hazard, tiny_archive: Archive) -> None:
    with pytest.raises(NoOutcomeError, match="no outcome of slides is known"):
        fit(replace(unlabelled, rule=None), tiny_archive, moment=MOMENT)


def test_a_rule_is_kept_and_sits_its_exam(by_rule: Forecaster, unlabelled: Hazard, tmp_path: Path) -> None:
    by_rule.save(tmp_path / "kept")
    again = load_forecaster(tmp_path / "kept", unlabelled)
    assert isinstance(again.estimator, Rule)
    assert again.card.basis == "rule"
    assert json.loads((tmp_path / "kept" / "card.json").read_text(encoding="utf-8"))["basis"] == "rule"


def test_another_bound_is_another_fingerprint(unlabelled: Hazard) -> None:
    stricter = Rule(clauses=((1, 1.0, (at_least(WEEK, 6.0),)),), reference="Article 7")
    assert replace(unlabelled, rule=stricter).fingerprint != unlabelled.fingerprint
    assert replace(unlabelled, rule=None).fingerprint != unlabelled.fingerprint


def test_a_rule_reads_the_features_of_its_hazard_and_no_other() -> None:
    stranger = Rule(clauses=((1, 1.0, (at_least(MeanOver("rain", days=8), 5.0),)),), reference="Article 7")
    with pytest.raises(ValueError, match=r"its rule reads mean_over\(rain, days=8\)"):
        a_tiny_hazard(rule=stranger)


def test_an_issue_by_rule_tells_no_expected_outcome(by_rule: Forecaster, tiny_archive: Archive) -> None:
    time = at("2022-08-01 07:00")
    records = issue(by_rule, tiny_archive, time, issued_at=time)
    assert records["expected"].isna().all()
    assert {p for row in records["probabilities"] for p in row} <= {0.0, 1.0}


def test_sites_at_which_the_rule_cannot_be_told_are_left_out_and_an_issue_without_any_is_refused(
    by_rule: Forecaster, tiny_archive: Archive, tiny_entries: pd.DataFrame, tmp_path: Path
) -> None:
    time = at("2022-08-01 07:00")
    silent = (tiny_entries["site"] == "S2") & (tiny_entries["valid_time"] > at("2022-07-01"))
    partly = Archive(tmp_path / "partly", tiny_archive.sites, tiny_archive.zone)
    partly.append(tiny_entries[~silent])
    assert set(issue(by_rule, partly, time, issued_at=time)["site"]) == {"S1", "S3", "S4", "S5"}
    nowhere = Archive(tmp_path / "nowhere", tiny_archive.sites, tiny_archive.zone)
    lately = tiny_entries["valid_time"].between(at("2022-07-01"), at("2022-08-01"), inclusive="left")
    nowhere.append(tiny_entries[~lately])
    with pytest.raises(HaidangError, match="what the rule of slides reads was known nowhere"):
        issue(by_rule, nowhere, time, issued_at=time)
