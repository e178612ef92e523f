"""Tuning: inside the training years, by folds, and only what is better than chance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import MakeArchive, at

from features.archive import Archive
from features.errors import HaidangError
from models.baselines import Climatology
from models.blend import Blend, PerPeriod
from models.boosted import Boosted
from models.hazard import Hazard
from models.logistic import Logistic
from training.search_space import Range, declared, search_space, with_values
from training.tune import tune

UNTIL = at("2023-03-01")


@pytest.fixture(scope="module")
def too_stiff(tiny_hazard: Hazard) -> Hazard:
    """A model whose ridge is so strong that it hardly learns."""
    return replace(tiny_hazard, model=PerPeriod(member=Logistic(C=1e-7)))


def test_the_parameters_of_all_estimators_within_a_model_are_found_where_they_stand() -> None:
    model = Blend(
        members=(Climatology(), PerPeriod(member=Logistic(C=0.5))), trees=Boosted(max_depth=2, min_child_weight=7.0)
    )
    space = search_space(model)
    assert space["model.members[1].member.C"] == Range(0.001, 10.0)
    assert space["model.trees.max_depth"].whole and not space["model.trees.learning_rate"].whole
    assert not [path for path in space if "members[0]" in path]
    stated = declared(model)
    assert stated.keys() == space.keys()
    assert stated["model.members[1].member.C"] == 0.5 and stated["model.trees.min_child_weight"] == 7.0


def test_other_values_make_another_model_and_leave_the_declared_one() -> None:
    model = Blend(members=(Climatology(), PerPeriod(member=Logistic(C=0.5))), trees=Boosted())
    changed = with_values(model, {"model.members[1].member.C": 2.0, "model.trees.rounds": 33})
    after = declared(changed)
    assert after["model.members[1].member.C"] == 2.0 and after["model.trees.rounds"] == 33
    assert after["model.trees.max_depth"] == Boosted().max_depth
    assert declared(model)["model.members[1].member.C"] == 0.5


def test_a_better_parameter_is_found_and_the_line_for_the_hazard_file_told(
    too_stiff: Hazard, tiny_archive: Archive
) -> None:
    tuned = tune(too_stiff, tiny_archive, UNTIL, trials=12)
    assert tuned.declared == {"model.member.C": 1e-7}
    assert tuned.best["model.member.C"] >= 0.01
    assert tuned.verdict == "change" and 0 < tuned.low < tuned.gain < tuned.high
    assert tuned.lines == (f"model.member: Logistic(C={tuned.best['model.member.C']})",)
    assert len(tuned.trials) == 12 and tuned.trials["model.member.C"][0] == 1e-7
    whole = tuned.trials[tuned.trials["state"] == "complete"]
    assert whole["score"].min() == whole["score"][whole["model.member.C"] == tuned.best["model.member.C"]].min()


def test_what_a_search_found_is_kept_by_the_next(too_stiff: Hazard, tiny_archive: Archive) -> None:
    found = tune(too_stiff, tiny_archive, UNTIL, trials=6)
    settled = replace(too_stiff, model=with_values(too_stiff.model, found.best))
    again = tune(settled, tiny_archive, UNTIL, trials=6)
    assert again.verdict == "keep" and again.lines == ()
    assert again.low <= 0 <= again.high


def test_nothing_after_the_end_of_the_search_is_read(
    too_stiff: Hazard, tiny_archive: Archive, tiny_entries: pd.DataFrame, archive: MakeArchive
) -> None:
    moment = at("2022-12-01")
    late = tiny_entries["known_time"] > moment
    garbage = tiny_entries.assign(value=tiny_entries["value"].where(~late, 333.0))
    revised = tiny_entries[tiny_entries["valid_time"] < moment - pd.Timedelta(days=30)]
    revised = revised[revised["source"] == "station"].assign(
        value=444.0, known_time=moment + pd.Timedelta(hours=1), source="planted"
    )
    spoilt = archive(entries=garbage)
    spoilt.append(revised)
    one, other = (tune(too_stiff, held, moment, trials=5) for held in (tiny_archive, spoilt))
    pd.testing.assert_frame_equal(one.trials, other.trials, check_exact=True)
    assert (one.best, one.gain, one.low, one.high) == (other.best, other.gain, other.low, other.high)


def test_a_seed_gives_the_same_search_and_another_seed_another(too_stiff: Hazard, tiny_archive: Archive) -> None:
    first, again, other = (tune(too_stiff, tiny_archive, UNTIL, trials=5, seed=seed) for seed in (3, 3, 4))
    pd.testing.assert_frame_equal(first.trials, again.trials, check_exact=True)
    assert not np.allclose(first.trials["model.member.C"][1:], other.trials["model.member.C"][1:])


def test_a_model_without_parameters_and_a_record_too_short_are_refused(
    tiny_hazard: Hazard, too_stiff: Hazard, tiny_archive: Archive
) -> None:
    with pytest.raises(HaidangError, match="the model of tiny has nothing to tune"):
        tune(replace(tiny_hazard, model=Climatology()), tiny_archive, UNTIL)
    with pytest.raises(HaidangError, match="tune with a longer record"):
        tune(too_stiff, tiny_archive, at("2021-02-01"))
